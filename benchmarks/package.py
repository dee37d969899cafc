"""How large the default grader zip is, how fast it starts under AWS's runtime client, and how fast it grades.

    python benchmarks/package.py            # table
    python benchmarks/package.py --json     # for machines

Cold start is from process start to the first answer, beside a bare isolated interpreter and an empty function in the
same runs, in turn, so that load falls on all alike; `cpu` is what the function's process itself worked. Budgets: zip at
most 100 KB, each of 1,024 bytes as in Lambda's quotas and in what `rft` prints; cold start at most 60 ms on an idle
machine, where a bare interpreter takes 8 ms; on a slower or a busy one compare with the empty function, which may be
faster by 10 ms. Samples are tool plans of 4 KB; 64 make a step of a training job, 240 of 24 KB come
close to 6 MB.
"""

from __future__ import annotations

import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from lambda_package.handler import handler_for
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from lambda_package.runtime import Runtime
from rewards import load_reward
from rewards.rows import rollout_of

RUNS = 9
EXAMPLE = Path(__file__).parents[1] / "examples" / "regulatory_tools" / "reward.py"
EMPTY = b"def lambda_handler(event, context):\n    return event\n"
BUDGETS = {"zip_kb": 100.0, "cold_ms": 60.0, "warm_64_over_reward_and_json": 1.3}


def sample(index: int, size: int) -> dict[str, Any]:
    """A row with a right answer, padded to `size` characters by its reasoning."""
    tool = {"Tool": "regulation_retrieval", "Parameters": {"control": f"AC-{index}"}, "Reasoning": "x" * size}
    answer = {"Query analysis": {"Type": "control lookup", "Information needed": "text", "Tools": [tool]}}
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": json.dumps(answer)}]
    return {"id": str(index), "messages": messages, "reference_answer": answer}


class Start(NamedTuple):
    """One process: seconds on the clock, and seconds of work of its own."""

    wall_s: float
    cpu_s: float


def bare(python: str) -> Start:
    """An isolated interpreter that does nothing."""
    start, cpu_s = time.perf_counter(), cpu_of_children_s()
    subprocess.run([python, "-I", "-S", "-c", "pass"], check=True)
    return Start(time.perf_counter() - start, cpu_of_children_s() - cpu_s)


def cold(path: Path) -> Start:
    """From process start to the first answer."""
    cpu_s = cpu_of_children_s()
    with Runtime(path) as runtime:
        invocation = runtime.invoke([])
    assert invocation.error is None, invocation.error
    return Start(invocation.init_s + invocation.duration_s, cpu_of_children_s() - cpu_s)


def cpu_of_children_s() -> float:
    """Seconds of work of all processes that we started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def warm_s(path: Path, event: list[dict[str, Any]], runs: int) -> list[float]:
    """Seconds of calls after the first, sorted."""
    with Runtime(path, timeout_s=60) as runtime:
        assert runtime.invoke(event).error is None
        return sorted(runtime.invoke(event).duration_s for _ in range(runs))


class Clock:
    """The part of Lambda's context that the handler looks at: with it, every sample has a deadline and its timers."""

    def get_remaining_time_in_millis(self) -> int:
        """A minute."""
        return 60_000


def handler_ratios(event: list[dict[str, Any]], rounds: int = 9, calls: int = 40) -> dict[str, float]:
    """What the handler works over reward and JSON alone, in processor time: without a deadline, and under Lambda's.

    The processor's clock advances in steps here and there, so that calls are timed by the block, all kinds in turn;
    the median of the rounds counts. Reading rows is the handler's, and so in what is measured.
    """
    reward = load_reward(f"{EXAMPLE}:reward")
    handler, text = handler_for(reward), json.dumps(event)
    rollouts, response = [rollout_of(row) for row in event], handler(event)

    def alone() -> None:
        json.loads(text)
        for rollout in rollouts:
            reward(rollout.sample, rollout.completion)
        json.dumps(response)

    kinds: dict[str, Callable[[], object]] = {
        "alone": alone,
        "handler": lambda: json.dumps(handler(json.loads(text))),
        "deadline": lambda: json.dumps(handler(json.loads(text), Clock())),
    }
    spent = [{name: block_s(call, calls) for name, call in kinds.items()} for _ in range(rounds)]
    return {name: statistics.median(each[name] / each["alone"] for each in spent) for name in ("handler", "deadline")}


def block_s(call: Callable[[], object], calls: int) -> float:
    """Processor time of so many calls in a row, in seconds."""
    start = time.process_time()
    for _ in range(calls):
        call()
    return time.process_time() - start


def measure(folder: Path) -> dict[str, float]:
    """All figures."""
    package = build(f"{EXAMPLE}:reward", folder / "grader.zip")
    empty = write_zip(folder / "empty.zip", {"lambda_function.py": EMPTY}).path
    with Runtime(empty) as runtime:
        python = runtime.config.python
    rounds = [{"bare": bare(python), "empty": cold(empty), "cold": cold(package.path)} for _ in range(RUNS)]
    ratios = handler_ratios([sample(n, 3700) for n in range(64)])
    one, echo = warm_s(package.path, [sample(0, 3700)], 200), warm_s(empty, [sample(0, 3700)], 200)
    figures = {
        "zip_kb": package.size_bytes / 1024,
        **{f"{name}_ms": 1000 * statistics.median(each[name].wall_s for each in rounds) for name in rounds[0]},
        **{f"{name}_cpu_ms": 1000 * statistics.median(each[name].cpu_s for each in rounds) for name in rounds[0]},
        "warm_1_p50_ms": statistics.median(one) * 1000,
        "warm_1_echo_p50_ms": statistics.median(echo) * 1000,
        "warm_64_over_reward_and_json": ratios["handler"],
        "warm_64_with_deadline_over_reward_and_json": ratios["deadline"],
        "warm_1_p95_ms": one[int(0.95 * len(one))] * 1000,
        "warm_64_ms": statistics.median(warm_s(package.path, [sample(n, 3700) for n in range(64)], 20)) * 1000,
        "warm_240_ms": statistics.median(warm_s(package.path, [sample(n, 11800) for n in range(240)], 5)) * 1000,
    }
    return {name: round(value, 2) for name, value in figures.items()}


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder))
    if "--json" in sys.argv[1:]:
        print(json.dumps({"runs": RUNS, "results": figures, "budgets": BUDGETS}, indent=2))
        return
    for name, value in figures.items():
        budget = f"  (budget {BUDGETS[name]:g})" if name in BUDGETS else ""
        print(f"{name:<20} {value:9.2f}{budget}")


if __name__ == "__main__":
    main()

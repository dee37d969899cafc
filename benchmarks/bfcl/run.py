"""Our tool-call reward against the verdicts of the Berkeley Function-Calling Leaderboard's own checker.

    pip install --no-deps bfcl-eval==2026.3.23
    python benchmarks/bfcl/run.py            # table; --json for machines; exit 1 where a gate fails

Every usable case is damaged in 10 ways and changed without harm in 4, by a seed; BFCL's `ast_checker` says which
answers are right. The `live_*` categories are held out: they are measured, and nothing was ever tuned on them.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from itertools import pairwise
from random import Random
from typing import Any

from cases import HELD_OUT, TUNED, Call, Case, load
from mutate import DAMAGE, EQUIVALENT

from rewards import Completion, tool_calls
from rft.judging.figures import Pair, auroc, rank_correlation

SEED = 0
CHAIN = 4
GATES = {"auroc": (0.999, 1.0), "false_positive": (0.0, 0.0), "false_negative": (0.0, 0.001), "rises": (0, 0)}


def answers(case: Case) -> Iterator[list[Call]]:
    """The canonical answer and every change that applies to it."""
    yield case.canonical
    for change in (*DAMAGE, *EQUIVALENT):
        changed = change(case, case.canonical, Random(f"{SEED}/{case.id}/{change.__name__}"))
        if changed is not None:
            yield changed


def score(case: Case, calls: list[Call]) -> float:
    """What our reward gives an answer."""
    return tool_calls(values=case.comparison)(case.sample, Completion(json.dumps(calls))).value


def exact(case: Case, calls: list[Call]) -> float:
    """The reward most people write first: 1 where the calls are the canonical ones."""
    return float(calls == case.canonical)


def chain(case: Case) -> list[float]:
    """The scores along a chain of pure damage, which never may rise."""
    random = Random(f"{SEED}/{case.id}/chain")
    calls = case.canonical
    scores = [score(case, calls)]
    for _ in range(CHAIN):
        # Damage that could undo earlier damage is left out: dropping a surplus call repairs.
        changed = random.choice([d for d in DAMAGE if d.__name__ in _ONE_WAY])(case, calls, random)
        if changed is not None:
            calls = changed
            scores.append(score(case, calls))
    return scores


_ONE_WAY = {"unknown_tool", "rename_tool", "unknown_argument", "extend_text", "drop_argument"}


def measure(categories: Iterable[str]) -> dict[str, Any]:
    """The figures over all cases of some categories."""
    cases = [case for category in categories for case in load(category)]
    chains = [chain(case) for case in cases]
    judged = [(case, calls, case.is_right(calls)) for case in cases for calls in answers(case)]
    ours = [(score(case, calls), label) for case, calls, label in judged]
    us, loads_us = cost_us([(case, calls) for case, calls, _ in judged])
    return {
        "cases": len(cases),
        "right": sum(label for _, label in ours),
        "wrong": sum(not label for _, label in ours),
        **_figures(ours),
        "rises": sum(after > before + 1e-12 for scores in chains for before, after in pairwise(scores)),
        "rank": round(rank_correlation([Pair(-s, n, 0) for scores in chains for n, s in enumerate(scores)]), 4),
        "us_per_answer": round(us, 1),
        "times_json_loads": round(us / loads_us, 1),
        "exact_match": _figures([(exact(case, calls), label) for case, calls, label in judged]),
    }


def cost_us(judged: list[tuple[Case, list[Call]]]) -> tuple[float, float]:
    """Microseconds of CPU time for an answer under our reward, and for `json.loads` of it: the least of five runs."""
    asked = [(tool_calls(values=case.comparison), case.sample, Completion(json.dumps(calls))) for case, calls in judged]
    least = [math.inf, math.inf]
    for _ in range(5):
        ends = [time.process_time()]
        for reward, sample, completion in asked:
            reward(sample, completion)
        ends.append(time.process_time())
        for _, _, completion in asked:
            json.loads(completion.text)
        ends.append(time.process_time())
        least = [min(before, end - began) for before, (began, end) in zip(least, pairwise(ends), strict=True)]
    ours, loads = (1e6 * seconds / len(asked) for seconds in least)
    return ours, loads


def _figures(pairs: list[tuple[float, bool]]) -> dict[str, float]:
    right = [value for value, label in pairs if label]
    wrong = [value for value, label in pairs if not label]
    return {
        "auroc": round(auroc([Pair(score, label, 0) for score, label in pairs]), 5),
        "false_positive": sum(value == 1.0 for value in wrong) / len(wrong),
        "false_negative": sum(value < 1.0 for value in right) / len(right),
    }


def failures(figures: dict[str, Any]) -> list[str]:
    """The gates that do not hold."""
    return [
        f"{name} is {figures[name]}, must lie in [{low}, {high}]"
        for name, (low, high) in GATES.items()
        if not low <= figures[name] <= high
    ]


def main() -> None:
    """Print the figures, and leave with 1 where a gate fails on the tuned categories."""
    results = {"tuned": measure(TUNED), "held out": measure(HELD_OUT)}
    if "--json" in sys.argv:
        print(json.dumps(results, indent=2))
    else:
        for name, figures in results.items():
            print(name, *(f"{key} {value}" for key, value in figures.items()), sep="\n  ")
    failed = failures(results["tuned"])
    for failure in failed:
        print(failure, file=sys.stderr)
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()

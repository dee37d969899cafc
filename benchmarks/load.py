"""What large files cost: grading with one worker and two, memory by rows, comparing, and the report.

    python benchmarks/load.py                # table; --json for machines; exit 1 where a budget is exceeded
    python benchmarks/load.py --rows 20000   # smaller

Every figure is of a process of its own. On a machine that does other work, read the CPU times: two workers are faster
than one by at most `2 x CPU of one / CPU of all three processes`, whatever else runs, and that is what the budget asks.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

BUDGETS = {  # name: (least, most)
    "grading: two workers over one, by CPU": (1.7, None),
    "grading: bytes of memory a prompt, from 100,000 to 200,000": (None, 20.0),
    "compare: CPU s": (None, 60.0),
    "report: MB": (None, 3.0),
}
REWARD = """
weighted:
  parts:
    names: {reward: tool_choice, weight: 0.4}
    values: {reward: parameters, weight: 0.6}
"""
COMPLETIONS = 4  # of each prompt
REPORT_ROWS = 10_000
REPEATS = 3  # of the gradings: other work on the machine makes CPU time longer, never shorter
PROMPTS = (100_000, 200_000)


def rollout(number: int, *, chars: int = 700) -> dict[str, Any]:
    """A row of about 1 KB, as an evaluation saves it."""
    prompt = number // COMPLETIONS
    random = Random(f"load/{prompt}")
    words = " ".join(f"w{random.randrange(10**6)}" for _ in range(chars // 8))
    reference = [{"name": "search", "arguments": {"q": str(prompt), "n": prompt % 7}}]
    answer = [{"name": "search", "arguments": {"q": str(prompt), "n": number % 7}}]
    turns = [{"role": "user", "content": words}, {"role": "assistant", "content": json.dumps(answer)}]
    return {"id": f"r{number}", "messages": turns, "reference_answer": reference}


def write_rollouts(path: Path, rows: int) -> Path:
    """A file of rollouts without grades."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(f"{json.dumps(rollout(number))}\n" for number in range(rows))
    return path


def write_graded(path: Path, rows: int, seed: str) -> Path:
    """A file of graded rollouts, one of each prompt, with five parts and a metric."""
    random = Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(rows):
            file.write(f"{json.dumps(graded(number, random))}\n")
    return path


def graded(number: int, random: Random) -> dict[str, Any]:
    """A graded rollout with scores of its own."""
    record = {**rollout(number * COMPLETIONS), "rollout_version": 1, "row_id": f"r{number}", "sample": 0}
    parts = {f"part {index}": random.random() for index in range(5)}
    return {**record, "score": random.random(), "parts": parts, "metrics": {"chars": random.random()}}


def grading(path: Path, reward: Path, workers: int) -> dict[str, float]:
    """Seconds of a run in this process: elapsed, CPU of this process and of its workers, and memory."""
    from rewards import bounds_of
    from rewards.grading import Job, Totals, grade_chunks, read_rows
    from rewards.grading.grade import opened

    job = Job(str(reward))
    totals = Totals(bounds_of(opened(job.reward)))
    began, before = time.monotonic(), cpu_s(resource.RUSAGE_SELF)
    for chunk in grade_chunks(job, read_rows(path), workers=workers):
        for grade in chunk:
            totals.add(grade)
    totals.to_json()
    elapsed, own = time.monotonic() - began, cpu_s(resource.RUSAGE_SELF) - before
    for child in multiprocessing.active_children():
        child.join()
    return {"s": elapsed, "parent CPU s": own, "workers CPU s": cpu_s(resource.RUSAGE_CHILDREN), "rss": peak_bytes()}


def totalling(prompts: int) -> dict[str, float]:
    """CPU seconds and memory of the statistics of so many prompts, of two completions each."""
    from rewards import Bounds
    from rewards.grading import Grade, Totals

    totals, random = Totals(Bounds(0.0, 1.0)), Random("prompts")
    before = cpu_s(resource.RUSAGE_SELF)
    for number in range(prompts):
        key = random.getrandbits(64)
        for score in (0.25, 0.75):
            parts = {"names": score, "values": score}
            totals.add(Grade(number, "", key, key, None, score, parts, {"chars": score}))
    totals.to_json()
    return {"CPU s": cpu_s(resource.RUSAGE_SELF) - before, "rss": peak_bytes()}


def comparing(first: Path, second: Path) -> dict[str, float]:
    """CPU seconds and memory of `rft eval compare` of two files."""
    from estimators.results.compare import compare
    from estimators.results.outputs import read_judged

    before = cpu_s(resource.RUSAGE_SELF)
    compare({path.stem: read_judged(path, keep_rows=False) for path in (first, second)})
    return {"CPU s": cpu_s(resource.RUSAGE_SELF) - before, "MB": peak_bytes() / 1e6}


def reporting(folder: Path, rows: int) -> dict[str, float]:
    """CPU seconds and size of the page of a run with so many held-out rows."""
    from rft.project import load_project
    from rft.report import render
    from rft.stages.reporting import collect

    root = write_run(folder, rows)
    project = folder / "demo" / "project.yaml"
    before = cpu_s(resource.RUSAGE_SELF)
    page = render(collect(load_project(project), root))
    return {"CPU s": cpu_s(resource.RUSAGE_SELF) - before, "MB": len(page.encode()) / 1e6}


def write_run(folder: Path, rows: int) -> Path:
    """A finished run as its stages leave it, with made-up scores of `rows` held-out rows; beside it its project."""
    from rft.pipeline import MANIFEST
    from rft.stages.evaluation import GREEDY, SAMPLED, summarise
    from rft.stages.reporting import MODELS, STAGES
    from rft.stages.training import NOTES, RECIPE
    from rft.templates import write_project

    folder.mkdir(exist_ok=True)
    write_project("demo", "extraction", folder)
    root = folder / "run"
    manifest = {"counts": {"train": rows, "test": rows}, "files": {"a.jsonl": "0" * 64}}
    for stage in STAGES:
        (root / stage).mkdir(parents=True)
        (root / stage / MANIFEST).write_text(json.dumps(manifest))
    summaries: dict[str, dict[str, Any]] = {}
    for stage, model in MODELS:
        for mode in (GREEDY, SAMPLED):
            random = Random(f"{model}/{mode}")
            records = [graded(number, random) for number in range(rows)]
            lines = (f"{json.dumps(record)}\n" for record in records)
            (root / stage / f"{model}.{mode}.jsonl").write_text("".join(lines))
            found = {name: value._asdict() for name, value in summarise(records).items()}
            summaries.setdefault(stage, {}).setdefault(model, {})[mode] = found
    for stage, summary in summaries.items():
        (root / stage / "summary.json").write_text(json.dumps(summary))
    for stage in ("sft", "rft"):
        steps = ({"step_number": n, "training_loss": 1 / n, "critic/rewards/mean": n % 7 / 7} for n in range(1, rows))
        (root / stage / "metrics.jsonl").write_text("".join(f"{json.dumps(step)}\n" for step in steps))
        (root / stage / NOTES).write_text("[]")
        (root / stage / RECIPE).write_text("run: {}\n")
    return root


def cpu_s(of: int) -> float:
    """CPU seconds of this process, or of its children that have ended."""
    used = resource.getrusage(of)
    return used.ru_utime + used.ru_stime


def peak_bytes() -> float:
    """The greatest memory of this process so far."""
    return 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def apart(work: Callable[..., dict[str, float]], *arguments: Any) -> dict[str, float]:
    """What `work` measures in a process of its own."""
    context = multiprocessing.get_context("spawn")
    receive, send = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(send, work, arguments))
    process.start()
    send.close()
    found: dict[str, float] = receive.recv()
    process.join()
    return found


def best_of_both(rollouts: Path, reward: Path) -> tuple[dict[str, float], dict[str, float]]:
    """The figures of one worker and of two, each of its run with the least CPU; the runs take turns."""
    runs = [[apart(grading, rollouts, reward, workers) for workers in (1, 2)] for _ in range(REPEATS)]
    one, two = (
        min(kind, key=lambda run: run["parent CPU s"] + run["workers CPU s"]) for kind in zip(*runs, strict=True)
    )
    return one, two


def _send(connection: Any, work: Callable[..., dict[str, float]], arguments: tuple[Any, ...]) -> None:
    connection.send(work(*arguments))


def measured(rows: int, folder: Path) -> Iterator[tuple[str, float]]:
    """Every figure by its name."""
    (folder / "reward.yaml").write_text(REWARD)
    whole = write_rollouts(folder / "rollouts.jsonl", rows)
    yield "grading: bytes of a row", whole.stat().st_size / rows
    one, two = best_of_both(whole, folder / "reward.yaml")
    yield "grading: us of a row, one worker, elapsed", 1e6 * one["s"] / rows
    yield "grading: us of a row, two workers, elapsed", 1e6 * two["s"] / rows
    yield "grading: us of a row, CPU of the one process", 1e6 * one["parent CPU s"] / rows
    yield "grading: us of a row, CPU of the parent of two", 1e6 * two["parent CPU s"] / rows
    yield "grading: us of a row, CPU of the two workers", 1e6 * two["workers CPU s"] / rows
    both = two["parent CPU s"] + two["workers CPU s"]
    yield "grading: two workers over one, elapsed", one["s"] / two["s"]
    yield "grading: two workers over one, by CPU", 2 * one["parent CPU s"] / both
    few, many = (apart(totalling, prompts) for prompts in PROMPTS)
    yield "grading: MB of memory", one["rss"] / 1e6
    yield "grading: MB of memory, totals of 200,000 prompts", many["rss"] / 1e6
    yield "grading: us of a prompt, totals", 1e6 * many["CPU s"] / PROMPTS[1]
    yield (
        "grading: bytes of memory a prompt, from 100,000 to 200,000",
        (many["rss"] - few["rss"]) / (PROMPTS[1] - PROMPTS[0]),
    )
    yield from _prefixed("compare", apart(comparing, *(write_graded(folder / f"{m}.jsonl", rows, m) for m in "ab")))
    yield from _prefixed("report", apart(reporting, folder / "report", min(rows, REPORT_ROWS)))


def _prefixed(name: str, figures: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    for key, value in figures.items():
        yield f"{name}: {key}", value


def main() -> None:
    """Print the figures, and leave with 1 where a budget is exceeded."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = dict(measured(options.rows, Path(folder)))
    exceeded = [
        f"{name}: {figures[name]:.3g}"
        for name, (least, most) in BUDGETS.items()
        if (least is not None and figures[name] < least) or (most is not None and figures[name] > most)
    ]
    if options.json:
        print(json.dumps({"rows": options.rows, "figures": figures, "exceeded": exceeded}, indent=2))
    else:
        print(*(f"{name:<56}{value:10.2f}" for name, value in figures.items()), sep="\n")
    for line in exceeded:
        print(f"over budget: {line}", file=sys.stderr)
    sys.exit(bool(exceeded))


if __name__ == "__main__":
    main()

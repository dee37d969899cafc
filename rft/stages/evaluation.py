"""Stages `eval_sft` and `eval_rft`: models complete the held-out rows, and the packaged grader scores the rollouts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from estimators.platforms.local import Overlay, generate
from estimators.results.graded import GradedRows, graded_rows
from rewards import estimate
from rewards.rollouts import Record, graded_by_lambda, read_records, row_of, signals_of_record, write_records
from rewards.types import JSON
from rewards.writing import write_text
from rft.progress import bar
from rft.report import TOTAL, Interval
from rft.stages.package import PackagedGrader, grader_digest, packaged_grader

BATCH = 128  # samples per invocation; the default of AWS's newest RFT recipes (lambda_batch_size)
GREEDY, SAMPLED = "greedy", "sampled"
HEALTH = UNGRADABLE, TIMED_OUT = "ungradable", "timed_out"  # faults of ours: shares of all completions


def evaluate_models(
    models: Mapping[str, Path],
    *,
    rows: Path,
    grader: Path,
    overlay: Overlay,
    max_new_tokens: int,
    out: Path,
    allow_network: bool = False,
) -> Mapping[str, JSON]:
    """Let each model complete `rows` greedily and by sampling, grade all completions with the zip, and summarise.

    Writes one file of graded rollouts per model and mode, and `summary.json`. Returns the mean score of each.
    """
    summary: dict[str, dict[str, dict[str, Interval]]] = {}
    modes = ((GREEDY, 1, 0.0), (SAMPLED, overlay.eval_samples, overlay.eval_temperature))
    with (
        packaged_grader(grader, allow_network=allow_network) as judge,
        bar("evaluate", len(models) * len(modes), "passes") as done,
    ):
        for name, model in models.items():
            for mode, samples, temperature in modes:
                rollouts = out / f"{name}.{mode}.jsonl"
                generate(
                    model,
                    rows,
                    out=rollouts,
                    name=name,
                    samples=samples,
                    temperature=temperature,
                    seed=overlay.seed,
                    max_new_tokens=max_new_tokens,
                    drop_system_prompt=overlay.drop_system_prompt,
                    threads=overlay.threads,
                )
                graded = list(grade(rollouts, judge, grader_digest(grader)))
                write_records(rollouts, graded)
                summary.setdefault(name, {})[mode] = summarise(graded)
                done()
    _write_summary(summary, out)
    return {f"{name} {mode}": found[TOTAL].mean for name, by_mode in summary.items() for mode, found in by_mode.items()}


def _write_summary(summary: Mapping[str, Mapping[str, Mapping[str, Interval]]], out: Path) -> None:
    plain = {
        name: {mode: {key: value._asdict() for key, value in metrics.items()} for mode, metrics in by_mode.items()}
        for name, by_mode in summary.items()
    }
    write_text(out / "summary.json", json.dumps(plain, indent=2) + "\n")


def grade(rollouts: Path, grader: PackagedGrader, digest: str) -> Iterator[Record]:
    """Each rollout record with what the packaged grader says of it."""
    records = [record for _, record in read_records(rollouts)]
    for start in range(0, len(records), BATCH):
        batch = records[start : start + BATCH]
        results = grader([row_of(record) for record in batch])
        for record, result in zip(batch, results, strict=True):
            yield graded_by_lambda(
                record, float(result["aggregate_reward_score"]), result["metrics_list"], grader=digest
            )


def summarise(records: list[Record]) -> dict[str, Interval]:
    """Mean and standard error per metric over the rows for which it was measured; completions of one row are averaged
    first.

    >>> grade = {"rollout_version": 1, "messages": [], "metrics": {}}
    >>> summary = summarise([{**grade, "row_id": "a", "score": 1.0}, {**grade, "row_id": "b", "score": 0.0}])
    >>> summary["score"], summary["ungradable"].mean
    (Interval(mean=0.5, standard_error=0.5, rows=2), 0.0)
    """
    rows = graded_rows(enumerate(records, 1), None, "rollouts")
    names = dict.fromkeys([TOTAL, *(name for row in rows.values() for name in row.metrics)])
    summary = {name: interval_of(rows, name) for name in names}
    faults = {UNGRADABLE: sum(UNGRADABLE in record for record in records), TIMED_OUT: sum(map(_timed_out, records))}
    return {**summary, **{name: _share(count, len(records)) for name, count in faults.items()}}


def _timed_out(record: Record) -> bool:
    return bool(signals_of_record(record).get(TIMED_OUT))


def interval_of(rows: GradedRows, metric: str) -> Interval:
    """The mean of a metric over the rows for which it was measured."""
    return Interval.of(estimate(value for row in rows.values() if (value := row.metrics.get(metric)) is not None))


def _share(count: int, of: int) -> Interval:
    return Interval.of(estimate([1.0] * count + [0.0] * (of - count)))

"""Graded rollouts of any source, with the accuracy at a threshold as one more metric of each completion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from estimators.errors import OutputError
from estimators.results.graded import TOTAL, GradedRows, graded_rows
from estimators.results.outputs import eval_records
from rewards import Reward, UngradableError
from rewards.errors import RowError
from rewards.rollouts import Record, RolloutFileError, graded, read_records, row_of
from rewards.rollouts.record import ungraded
from rewards.rows import rollout_of

SLACK = 1e-9  # sums of weighted parts differ in their last bits
Numbered = tuple[int, Record]


def accuracy_name(threshold: float) -> str:
    """What the share of completions at or above a score is called.

    >>> accuracy_name(1.0)
    'score ≥ 1'
    """
    return f"score ≥ {threshold:g}"


def judged_records(path: Path, reward: Reward | None = None) -> list[Numbered]:
    """The rollouts of a file, or of an evaluation job's unpacked folder, with their lines; with a reward judged anew.

    Raises `OutputError` for what is no rollout.
    """
    try:
        found = enumerate(eval_records(path), 1) if path.is_dir() else read_records(path)
        return [(line, _judged(record, reward, f"{path}:{line}") if reward else record) for line, record in found]
    except RolloutFileError as error:
        raise OutputError(str(error)) from error


def with_accuracy(records: Iterable[Numbered], threshold: float) -> Iterator[Numbered]:
    """Each graded record with a metric that is 1 where its score reaches `threshold`, else 0.

    >>> [record["metrics"] for _, record in with_accuracy([(1, {"score": 0.5})], threshold=0.5)]
    [{'score ≥ 0.5': 1.0}]
    """
    name = accuracy_name(threshold)
    for line, record in records:
        score, metrics = record.get("score"), record.get("metrics")
        if isinstance(score, int | float):
            known = metrics if isinstance(metrics, dict) else {}
            record = {**record, "metrics": {name: float(score >= threshold - SLACK), **known}}
        yield line, record


def rows_of(records: Iterable[Numbered], path: Path, *, threshold: float, keep_rows: bool = False) -> GradedRows:
    """Graded rows by prompt, each with its accuracy: the share of its completions that reach `threshold`."""
    found = graded_rows(with_accuracy(records, threshold), None, path, keep_rows=keep_rows)
    first = (TOTAL, accuracy_name(threshold))
    for name, row in found.items():
        found[name] = replace(row, metrics={**{key: row.metrics[key] for key in first}, **row.metrics})
    return found


def part_names(records: Iterable[Numbered]) -> frozenset[str]:
    """The names of the parts that the score is made of; any other number is only recorded."""
    for _, record in records:
        parts = record.get("parts")
        if isinstance(parts, dict) and parts:
            return frozenset(parts)
    return frozenset()


def _judged(record: Record, reward: Reward, where: str) -> Record:
    try:
        rollout = rollout_of(row_of(record))
        return graded(record, reward(rollout.sample, rollout.completion))
    except RowError as error:
        raise OutputError(f"{where}: {error}") from error
    except UngradableError as error:
        return {**ungraded(record), "ungradable": str(error)}

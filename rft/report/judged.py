"""Graded rollouts of any source, with the accuracy at a threshold as one more metric of each completion."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from estimators.errors import OutputError
from estimators.results.graded import TOTAL, GradedRows, graded_rows
from estimators.results.outputs import eval_records
from rewards import Reward, UngradableError
from rewards.errors import RowError
from rewards.rollouts import Record, RolloutFileError, graded, read_records, row_of
from rewards.rollouts.record import ungraded
from rewards.rows import rollout_of
from rewards.types import Score

SLACK = 1e-9  # sums of weighted parts differ in their last bits
ACCURACY = f"{TOTAL} ≥"  # how the names of such metrics begin
Numbered = tuple[int, Record]


def accuracy_name(threshold: float) -> str:
    """What the share of completions at or above a score is called.

    >>> accuracy_name(1.0)
    'score ≥ 1'
    """
    return f"{ACCURACY} {threshold:g}"


class Judged(NamedTuple):
    """A rollout with its line and, where it was judged anew, the whole score with the reasons of its parts."""

    line: int
    record: Record
    score: Score | None = None


def judged_records(path: Path, reward: Reward | None = None) -> list[Numbered]:
    """The rollouts of a file, or of an evaluation job's unpacked folder, with their lines; with a reward judged anew.

    Raises `OutputError` for what is no rollout.
    """
    return list(numbered(path, reward))


def numbered(path: Path, reward: Reward | None = None) -> Iterator[Numbered]:
    """As `judged_records`, one by one."""
    return ((line, record) for line, record, _ in judged(path, reward))


def judged(path: Path, reward: Reward | None = None) -> Iterator[Judged]:
    """As `judged_records`, one by one and with the whole scores."""
    try:
        for line, record in enumerate(eval_records(path), 1) if path.is_dir() else read_records(path):
            yield _judged(line, record, reward, path) if reward else Judged(line, record)
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


def is_judged(metric: str, parts: Collection[str]) -> bool:
    """Whether rows are won by a metric: the score, its accuracy and its `parts`, not what is only recorded.

    >>> is_judged("score", ()), is_judged("boxes", {"right"})
    (True, False)
    """
    return metric == TOTAL or metric.startswith(ACCURACY) or metric in parts


def share_cut(records: Sequence[Numbered]) -> float:
    """The share of completions that end at the token limit."""
    return sum(record.get("finish_reason") == "length" for _, record in records) / max(len(records), 1)


def decoding_of(records: Mapping[str, Sequence[Numbered]]) -> str:
    """How the completions were sampled, as far as the rollouts tell."""
    found = {record.get("temperature") for numbered in records.values() for _, record in numbered}
    known = sorted(float(value) for value in found if isinstance(value, int | float))
    if not known:
        return "decoding not recorded"
    told = ", ".join("greedy" if value == 0 else f"temperature {value:g}" for value in known)
    return f"{told}, not recorded for some" if None in found else told


def _judged(line: int, record: Record, reward: Reward, path: Path) -> Judged:
    try:
        rollout = rollout_of(row_of(record))
        score = reward(rollout.sample, rollout.completion)
    except RowError as error:
        raise OutputError(f"{path}:{line}: {error}") from error
    except UngradableError as error:
        return Judged(line, {**ungraded(record), "ungradable": str(error)})
    return Judged(line, graded(record, score), score)

"""Answers with their scores, row by row: what a local run, a saved file or an evaluation job leaves behind."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from datagen.formats import read_jsonl
from estimators.errors import OutputError
from lambda_package.wire import parse_event
from rewards import Reward, UngradableError, signals_in

TOTAL: Final = "score"
ABSENT: Final = "-"


@dataclass(frozen=True, slots=True)
class GradedRow:
    """One prompt and what its answers are worth: `metrics["score"]` in the reward's range, and every part by name.

    Several answers to one prompt are one row with their mean, so that a row counts once; `answer` is the first.
    """

    id: str
    metrics: Mapping[str, float]
    answer: str = ""
    row: Mapping[str, Any] | None = None

    def slice(self, path: Sequence[str]) -> str:
        """The value below nested keys of the data row, as text: a list by its length, `-` where there is none.

        >>> GradedRow("1", {}, row={"boxes": []}).slice(["boxes"])
        '0 items'
        >>> GradedRow("1", {}, row={"reference_answer": {"Type": "comparison"}}).slice(["reference_answer", "Type"])
        'comparison'
        """
        value: Any = self.row
        for key in path:
            value = value.get(key) if isinstance(value, Mapping) else None
        if isinstance(value, list):
            return f"{len(value)} items"
        return ABSENT if value is None else str(value)


def read_graded(path: Path, reward: Reward | None = None) -> dict[str, GradedRow]:
    """Rows of a JSONL file of answers by the id of their prompt.

    With a `reward` every answer is judged anew; without one each line must carry `score`, and may carry `metrics`.
    Raises `OutputError` for a line without an answer or a score.
    """
    answers: dict[str, list[GradedRow]] = {}
    for line, row in read_jsonl(path):
        graded = _judged(row, reward, f"{path}:{line}") if reward else _recorded(row, f"{path}:{line}")
        answers.setdefault(graded.id, []).append(graded)
    return {row_id: merged(rows) for row_id, rows in answers.items()}


def merged(rows: Sequence[GradedRow]) -> GradedRow:
    """Several answers to one prompt as one row: the mean of every metric.

    >>> merged([GradedRow("1", {"score": 1.0}, "a"), GradedRow("1", {"score": 0.0}, "b")])
    GradedRow(id='1', metrics={'score': 0.5}, answer='a', row=None)
    """
    names = [name for name in rows[0].metrics if all(name in row.metrics for row in rows)]
    means = {name: statistics.fmean(row.metrics[name] for row in rows) for name in names}
    return GradedRow(rows[0].id, means, rows[0].answer, rows[0].row)


def grade_rows(rows: Iterable[Mapping[str, Any]], reward: Reward) -> Iterator[GradedRow]:
    """Each row (prompt and answer in `messages`) judged by `reward`; rows that cannot be judged raise `OutputError`."""
    for index, row in enumerate(rows, start=1):
        yield _judged(row, reward, f"row {index}")


def _recorded(row: Mapping[str, Any], where: str) -> GradedRow:
    value = row.get(TOTAL)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise OutputError(f"{where}: no number under 'score'; give a reward to judge the answers with")
    metrics = row.get("metrics")
    named = metrics if isinstance(metrics, Mapping) else {}
    item = parse_event([row]).items[0]
    answer = item.rollout.completion.text if item.rollout else ""
    return GradedRow(_id(row, item.id), {TOTAL: float(value), **named}, answer, row)


def _judged(row: Mapping[str, Any], reward: Reward, where: str) -> GradedRow:
    item = parse_event([row]).items[0]
    if item.rollout is None:
        raise OutputError(f"{where}: {item.problem}")
    try:
        score = reward(item.rollout.sample, item.rollout.completion)
    except UngradableError as error:
        raise OutputError(f"{where}: cannot be judged: {error}") from error
    measured = {name: value for name, value in signals_in(score).items() if value is not None}
    metrics = {TOTAL: score.value, **measured}
    return GradedRow(_id(row, item.id), metrics, item.rollout.completion.text, row)


def _id(row: Mapping[str, Any], item_id: str | int) -> str:
    """The prompt's id: several answers to one prompt have ids of their own and share `row_id`."""
    return str(row.get("row_id", item_id))

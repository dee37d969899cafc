"""Graded completions by prompt, from a rollout file or an evaluation job."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from estimators.errors import OutputError
from rewards import Reward, UngradableError, signals_in
from rewards.errors import RowError
from rewards.rollouts import (
    Record,
    RolloutFileError,
    prompt_of,
    read_records,
    row_of,
    said_in,
    signals_of_record,
)
from rewards.rollouts.record import asked_digest
from rewards.rows import rollout_of

TOTAL: Final = "score"
ABSENT: Final = "-"


@dataclass(frozen=True, slots=True)
class GradedRow:
    """One prompt and what its completions are worth: `metrics["score"]` in the reward's range, and every part and
    metric by name, None where none was measured.

    Several completions of one prompt are one row with their mean, so that a prompt counts once; `completion` is the
    first. `prompt` is a digest of all that was asked, by which rows of files pair up that do not name their rows.
    """

    id: str
    metrics: Mapping[str, float | None]
    completion: str = ""
    row: Mapping[str, Any] | None = None
    prompt: int | None = None
    is_named: bool = True

    @property
    def score(self) -> float:
        """The mean score; every row has one."""
        return self.metrics[TOTAL] or 0.0

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


class GradedRows(dict[str, GradedRow]):
    """Graded rows by id; `ungradable` counts the completions that are in none, because their row cannot be judged."""

    ungradable: int = 0


def read_graded(path: Path, reward: Reward | None = None, *, keep_rows: bool = True) -> GradedRows:
    """The graded prompts of a rollout file. With a `reward`, every completion is graded again. The data rows, which
    take most of the memory, are only needed to slice by their keys.

    Completions belong to one prompt by `row_id`, else by what was asked. A row is called by its `row_id`, or by the
    `id` that its completions share; where some prompt has neither, by what was asked. Raises `OutputError` for a line
    without a completion, or without a score where no reward is given.
    """
    try:
        return graded_rows(read_records(path), reward, path, keep_rows=keep_rows)
    except RolloutFileError as error:
        raise OutputError(str(error)) from error


def graded_rows(
    records: Iterable[tuple[int, Record]], reward: Reward | None, path: Path | str, *, keep_rows: bool = True
) -> GradedRows:
    """As `read_graded`, of numbered records that come from `path`."""
    found, groups = GradedRows(), dict[int, list[GradedRow]]()
    for line, record in records:
        where = f"{path}:{line}"
        row = _judged(record, reward, where) if reward else _recorded(record, where)
        if row is None:
            found.ungradable += 1
        else:
            groups.setdefault(prompt_of(record), []).append(row if keep_rows else replace(row, row=None))
    if not all(_is_named(rows) for rows in groups.values()) or _names_repeat(groups.values()):
        groups = _by_prompt(row for rows in groups.values() for row in rows)
        found.update((f"{prompt:016x}", replace(merged(rows), is_named=False)) for prompt, rows in groups.items())
        return found
    found.update((rows[0].id, merged(rows)) for rows in groups.values())
    return found


def merged(rows: Sequence[GradedRow]) -> GradedRow:
    """Several completions of one prompt as one row: the mean of every metric over those for which it was measured.

    >>> merged([GradedRow("1", {"score": 1.0, "boxes": None}, "a"), GradedRow("1", {"score": 0.0, "boxes": 2.0}, "b")])
    GradedRow(id='1', metrics={'score': 0.5, 'boxes': 2.0}, completion='a', row=None, prompt=None, is_named=True)
    """
    names = [name for name in rows[0].metrics if all(name in row.metrics for row in rows)]
    return replace(rows[0], metrics={name: _mean(row.metrics[name] for row in rows) for name in names})


def aligned(models: Mapping[str, Mapping[str, GradedRow]]) -> Mapping[str, Mapping[str, GradedRow]]:
    """The models' rows under common keys: row ids if all rows have one, else prompts."""
    rows = [row for graded in models.values() for row in graded.values()]
    if len({row.is_named for row in rows}) < 2 or any(row.prompt is None for row in rows):
        return models
    return {
        name: {f"{prompt:016x}": merged(same) for prompt, same in _by_prompt(graded.values()).items()}
        for name, graded in models.items()
    }


def _by_prompt(rows: Iterable[GradedRow]) -> dict[int, list[GradedRow]]:
    groups: dict[int, list[GradedRow]] = {}
    for row in rows:
        groups.setdefault(row.prompt or 0, []).append(row)
    return groups


def _is_named(rows: Sequence[GradedRow]) -> bool:
    return all(row.is_named for row in rows) or len({row.id for row in rows}) == 1


def _names_repeat(groups: Iterable[Sequence[GradedRow]]) -> bool:
    names = [rows[0].id for rows in groups]
    return len(set(names)) < len(names)


def _mean(values: Iterable[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return statistics.fmean(measured) if measured else None


def _recorded(record: Record, where: str) -> GradedRow | None:
    if "ungradable" in record:
        return None
    score = record.get(TOTAL)
    if not isinstance(score, int | float):
        raise OutputError(f"{where}: no number under 'score'; give a reward to judge the completions with")
    return _row(record, {TOTAL: float(score), **signals_of_record(record)})


def _judged(record: Record, reward: Reward, where: str) -> GradedRow | None:
    try:
        rollout = rollout_of(row_of(record))
        score = reward(rollout.sample, rollout.completion)
    except RowError as error:
        raise OutputError(f"{where}: {error}") from error
    except UngradableError:
        return None
    return _row(record, {TOTAL: score.value, **signals_in(score)})


def _row(record: Record, metrics: Mapping[str, float | None]) -> GradedRow:
    row_id = record.get("row_id")
    name = row_id if isinstance(row_id, str) else str(record.get("id", ""))
    return GradedRow(name, metrics, said_in(record), record, asked_digest(record), isinstance(row_id, str))


def ungradable_line(name: str, rows: Mapping[str, GradedRow]) -> Iterator[str]:
    """A line on the ungradable completions, which are in no mean."""
    count = rows.ungradable if isinstance(rows, GradedRows) else 0
    if count:
        yield f"{name}: {count:,} completions are in no mean, because their rows cannot be judged"

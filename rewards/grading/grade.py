"""Grades rows in this process or in many, in order, and keeps a bad row from hurting its neighbours."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from multiprocessing import active_children, get_context
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeAlias

from rewards.children import begin_worker
from rewards.components.judge import prefetch
from rewards.evaluation import judged
from rewards.load import load_reward
from rewards.reward_tree import metrics_in, parts_in
from rewards.rollouts.files import Row, Span, json_of
from rewards.rollouts.record import (
    VERSION,
    VERSION_KEY,
    Record,
    graded,
    group_of,
    json_text,
    prompt_of,
    record_of,
    row_of,
    ungraded,
)
from rewards.rows import rollout_of
from rewards.types import JSON, Reward, Rollout

CHUNK_ROWS = 256
CHUNK_BYTES = 4_000_000  # 256 rows with pictures in them may be a gigabyte
_Sent: TypeAlias = tuple[Any, ...]


class Grade(NamedTuple):
    """One row's score with its parts and metrics, or why it is `ungradable` or `unreadable`.

    `prompt` is the same for all completions of one prompt, `group` for those of one training step among them. `sample`
    is the number of the completion within the group where the row tells, and `record` the rollout record without `row`
    and `sample`, as JSON text, where the job keeps records.
    """

    row: int
    id: str = ""
    group: int = 0
    prompt: int = 0
    sample: int | None = None
    score: float | None = None
    parts: Mapping[str, float] = {}
    metrics: Mapping[str, float | None] = {}
    ungradable: str = ""
    unreadable: str = ""
    record: str = ""


@dataclass(frozen=True)
class Job:
    """What to do with rows, as it travels to other processes.

    `reward` names the reward as `load_reward` takes it. With `keep_records` each grade brings its rollout record,
    `grader` in it.
    """

    reward: str
    keep_records: bool = False
    grader: str = ""


class _Read(NamedTuple):
    record: Record
    rollout: Rollout


def grade_chunks(job: Job, rows: Iterable[Row], *, workers: int = 1) -> Iterator[list[Grade]]:
    """The grades of `rows` in their order, chunk by chunk; at most two chunks for each worker are in memory.

    A row that cannot be read, or whose sample cannot be judged, is graded as such. Any other error is a bug in the
    reward: it is raised, with a note that names the row.
    """
    chunks = _chunks(rows)
    if workers == 1:
        for chunk in chunks:
            yield grade_rows(job, chunk)
        return
    others = active_children()
    pool = ProcessPoolExecutor(workers, get_context("spawn"), begin_worker, (os.getpid(),))
    try:
        window: deque[Future[list[_Sent]]] = deque()
        for chunk in chunks:
            window.append(pool.submit(_grade_apart, job, Span.of(chunk) or chunk))
            if len(window) >= 2 * workers:
                yield _grades_in(window.popleft().result())
        while window:
            yield _grades_in(window.popleft().result())
    except BaseException:
        for worker in set(active_children()) - set(others):
            worker.kill()  # Python would wait at its end for a reward that never does
        raise
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def grade_rows(job: Job, rows: list[Row]) -> list[Grade]:
    """The grades of `rows`. Judges in the reward are asked about all of them in parallel first."""
    reward = opened(job.reward)
    read = [_read(row) for row in rows]
    prefetch(reward, [each.rollout for each in read if isinstance(each, _Read)])
    return [_grade(job, reward, row, each) for row, each in zip(rows, read, strict=True)]


def _grade_apart(job: Job, rows: Span | list[Row]) -> list[_Sent]:
    """Grades in a process of its own, which reads the file for itself where it can: sending the rows costs the parent
    more than all else it does. Back go plain tuples, which cost a third of what a class costs to send."""
    return [tuple(grade) for grade in grade_rows(job, rows.read() if isinstance(rows, Span) else rows)]


def _grades_in(sent: list[_Sent]) -> list[Grade]:
    return [Grade._make(grade) for grade in sent]


def grade_of(record: Mapping[str, JSON], row: int) -> Grade:
    """The grade that a record holds, as it was when it was written."""
    known = {name: record[name] for name in ("score", "parts", "metrics", "ungradable", "unreadable") if name in record}
    sample = record.get("sample")
    number = sample if isinstance(sample, int) else None
    return Grade(row, str(record.get("id", row)), *_group_and_prompt(record), number, **known)  # type: ignore[arg-type]  # `record_of` checked the types


def opened(where: str) -> Reward:
    """The reward that `load_reward` opens, opened once in a process for each place that `where` names from here."""
    return _opened(where, Path.cwd())


@cache
def _opened(where: str, folder: Path) -> Reward:
    return load_reward(where)


def _read(row: Row) -> _Read | str:
    try:
        record = record_of(json_of(row.content))
        return _Read(record, rollout_of(row_of(record), index=row.number))
    except ValueError as error:
        return str(error)


def _grade(job: Job, reward: Reward, row: Row, read: _Read | str) -> Grade:
    if isinstance(read, str):
        return Grade(row.number, unreadable=read, record=_text(job, {"unreadable": read}))
    record, sample = read.record, read.rollout.sample
    with _Noting(f"while grading row {row.number}, id {sample.id!r}"):
        result = judged(reward, read.rollout)
    number = record.get("sample")
    known = (row.number, sample.id, *_group_and_prompt(record), number if isinstance(number, int) else None)
    if result.score is None:
        text = _text(job, {**ungraded(record), "ungradable": result.ungradable})
        return Grade(*known, ungradable=result.ungradable, record=text)
    score = result.score
    text = _text(job, graded(record, score)) if job.keep_records else ""
    return Grade(*known, score.value, parts_in(score), metrics_in(score), record=text)


def _group_and_prompt(record: Record) -> tuple[int, int]:
    prompt = prompt_of(record)
    return (prompt if record.get("step") is None else group_of(record)), prompt


def _text(job: Job, record: Record) -> str:
    if not job.keep_records:
        return ""
    own = {key: value for key, value in record.items() if key not in (VERSION_KEY, "sample")}
    return json_text({**own, "grader": job.grader} if job.grader else own)


def line_of_grade(grade: Grade, sample: int) -> str:
    """The line of a grade in a file of rollouts; `sample` counts where the row itself does not tell."""
    head = f'{{"{VERSION_KEY}": {VERSION}, "row": {grade.row}, '
    return head + ("" if grade.unreadable else f'"sample": {sample}, ') + grade.record[1:] + "\n"


class _Noting:
    """Adds a note to an error on its way up, so that a bug in a reward names the row that shows it."""

    def __init__(self, note: str) -> None:
        self.note = note

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        if error is not None:
            error.add_note(self.note)


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size_bytes = 0
    for row in rows:
        chunk.append(row)
        size_bytes += row.size_bytes
        if len(chunk) == CHUNK_ROWS or size_bytes >= CHUNK_BYTES:
            yield chunk
            chunk, size_bytes = [], 0
    if chunk:
        yield chunk

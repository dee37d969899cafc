"""Grades rows in this process or in many, in order, and keeps a bad row from hurting its neighbours."""

from __future__ import annotations

import hashlib
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from typing import TypeAlias

from rewards.components.judge import prefetch
from rewards.errors import RewardError
from rewards.evaluation import judged
from rewards.grading.files import Row, json_of
from rewards.load import load_reward
from rewards.reward_tree import signals_in
from rewards.types import JSON, Reward, Rollout, Sample

CHUNK_ROWS = 256
Graded: TypeAlias = dict[str, JSON]
"""What is written for a row: `score` with its `signals`, or why it is `ungradable` or `unreadable`."""


class UnreadableRowError(RewardError, ValueError):
    """A row does not hold a rollout."""


@dataclass(frozen=True)
class Job:
    """What to do with a row. It travels to other processes, so `read` is a function that can be imported.

    `reward` names the reward as `load_reward` takes it; `read` makes a rollout of a row's JSON, or raises
    UnreadableRowError.
    """

    reward: str
    read: Callable[[JSON], Rollout]


def grade_chunks(job: Job, rows: Iterable[Row], *, workers: int = 1) -> Iterator[list[Graded]]:
    """The grades of `rows` in their order, chunk by chunk; at most two chunks for each worker are in memory.

    A row that cannot be read, or whose sample cannot be judged, is graded as such. Any other error is a bug in the
    reward: it is raised, with a note that names the row.
    """
    chunks = _chunks(rows)
    if workers == 1:
        for chunk in chunks:
            yield grade_rows(job, chunk)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _leave_interrupts_to_the_parent)
    try:
        window: deque[Future[list[Graded]]] = deque()
        for chunk in chunks:
            window.append(pool.submit(grade_rows, job, chunk))
            if len(window) >= 2 * workers:
                yield window.popleft().result()
        while window:
            yield window.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def grade_rows(job: Job, rows: list[Row]) -> list[Graded]:
    """The grades of `rows`. Judges in the reward are asked about all of them in parallel first."""
    reward = _opened(job.reward)
    read = [_rollout(job, row) for row in rows]
    prefetch(reward, [rollout for rollout in read if isinstance(rollout, Rollout)])
    return [_graded(reward, row, rollout) for row, rollout in zip(rows, read, strict=True)]


@cache
def _opened(where: str) -> Reward:
    return load_reward(where)


def _rollout(job: Job, row: Row) -> Rollout | str:
    try:
        return job.read(json_of(row.content))
    except ValueError as error:
        return str(error)


def _graded(reward: Reward, row: Row, rollout: Rollout | str) -> Graded:
    if isinstance(rollout, str):
        return {"row": row.number, "unreadable": rollout}
    known: Graded = {"row": row.number, "id": rollout.sample.id, "prompt": prompt_key(rollout.sample)}
    with _Noting(f"while grading row {row.number}, id {rollout.sample.id!r}"):
        result = judged(reward, rollout)
    if result.score is None:
        return {**known, "ungradable": result.ungradable}
    signals: Graded = {**signals_in(result.score)}
    return {**known, "score": result.score.value, "reason": result.score.reason, "signals": signals}


class _Noting:
    """Adds a note to an error on its way up, so that a bug in a reward names the row that shows it."""

    def __init__(self, note: str) -> None:
        self.note = note

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if error is not None:
            error.add_note(self.note)


def prompt_key(sample: Sample) -> str:
    """16 characters that rollouts of the same prompt and reference share."""
    digest = hashlib.blake2b(digest_size=8)
    for part in (*(f"{message.role}\0{message.content}" for message in sample.messages), repr(sample.reference)):
        digest.update(part.encode("utf-8", "surrogatepass") + b"\0")
    return digest.hexdigest()


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while chunk := list(islice(rows, CHUNK_ROWS)):
        yield chunk


def _leave_interrupts_to_the_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)

"""Batched, cached scoring; one bad answer never affects the others.

All results are kept for the checks that make no call themselves (bounds, metric names, monotone parts).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from statistics import fmean
from typing import NamedTuple

from rewards.audit.config import AuditConfig
from rewards.audit.grader import Explorer, Fault, Grader
from rewards.audit.pace import Allowance
from rewards.audit.replies import Problem, Reading, Result, read
from rewards.audit.rows.cases import Answer, Case

MAX_FAULTS = 200  # beyond this many lost answers, failing batches are no longer taken apart


class OutOfTimeError(Exception):
    """The time of a part of the audit is spent, and an answer was to be graded that is not known yet."""


@dataclass(frozen=True, slots=True)
class Graded:
    """An answer's result, or the fault or problem that left it without one."""

    result: Result | None
    fault: Fault | None = None
    problems: tuple[Problem, ...] = ()

    @property
    def value(self) -> float | None:
        """The score, None if there is none."""
        return self.result.value if self.result else None


class Watched(NamedTuple):
    """What one answer got under observation, and how many branches of the grader's own code it took first."""

    graded: Graded
    new: int


@dataclass
class Scorer:
    """The grader as a function from answers to scores."""

    grader: Grader
    config: AuditConfig
    known: dict[tuple[int, str], Graded] = field(default_factory=dict)
    log: list[tuple[Answer, Graded]] = field(default_factory=list)
    rows_asked: int = 0
    calls: int = 0
    limit: Allowance = field(default_factory=Allowance)
    """What the part of the audit that runs now may take."""
    _faults: int = 0

    def graded(self, answers: Sequence[Answer]) -> list[Graded]:
        """The result of each answer, in order; equal answers are graded once. Raises `OutOfTimeError` at the limit."""
        new = {_key(answer): answer for answer in answers if _key(answer) not in self.known}
        pending = list(new.values())
        for start in range(0, len(pending), self.config.batch):
            if self.limit.is_over:
                raise OutOfTimeError
            batch = pending[start : start + self.config.batch]
            for answer, graded in zip(batch, self._ask(batch), strict=True):
                self.known[_key(answer)] = graded
                self.log.append((answer, graded))
        return [self.known[_key(answer)] for answer in answers]

    def values(self, answers: Sequence[Answer]) -> list[float | None]:
        """The score of each answer, None if the grader gave none."""
        return [graded.value for graded in self.graded(answers)]

    def value(self, case: Case, text: str) -> float | None:
        """The score of one answer."""
        return self.values([Answer(case, text)])[0]

    def watched(self, explorer: Explorer, answers: Sequence[Answer]) -> list[Watched]:
        """One call for each answer; what a quiet grader gave counts as its score."""
        events = [[answer.case.asked(answer.text, f"{answer.case.id}/0")] for answer in answers]
        self.calls += len(events)
        self.rows_asked += len(events)
        found: list[Watched] = []
        for answer, event, (reply, new) in zip(answers, events, explorer.steps(events), strict=True):
            if reply.fault is not None:
                graded = Graded(None, reply.fault)
            else:
                (result,), problems = read(reply.payload, event, self.config.consumer)
                graded = Graded(result, problems=tuple(problems))
            if self.config.repeats == 1 and _key(answer) not in self.known:
                self.known[_key(answer)] = graded
                self.log.append((answer, graded))
            found.append(Watched(graded, new))
        return found

    def unwatched(self, answers: Sequence[Answer]) -> list[Graded]:
        """Answers graded afresh, whatever is known of them."""
        for answer in answers:
            self.known.pop(_key(answer), None)
        return self.graded(answers)

    def _ask(self, batch: Sequence[Answer]) -> list[Graded]:
        rows = [answer.case.asked(answer.text, f"{answer.case.id}/{n}") for n, answer in enumerate(batch)]
        readings: list[Reading] = []
        for _ in range(self.config.repeats):
            reply = self.grader.ask(rows)
            self.calls += 1
            self.rows_asked += len(rows)
            if reply.fault is not None:
                return list(self._taken_apart(batch, reply.fault))
            readings.append(read(reply.payload, rows, self.config.consumer))
        return [
            Graded(_mean(results), problems=tuple(p for p in readings[0].problems if p.row in (None, index)))
            for index, results in enumerate(zip(*(reading.results for reading in readings), strict=True))
        ]

    def _taken_apart(self, batch: Sequence[Answer], fault: Fault) -> Iterator[Graded]:
        self._faults += len(batch) == 1
        if len(batch) == 1 or self._faults > MAX_FAULTS:
            yield from (Graded(None, fault) for _ in batch)
        else:
            middle = len(batch) // 2
            yield from self._ask(batch[:middle])
            yield from self._ask(batch[middle:])


def _mean(results: Sequence[Result | None]) -> Result | None:
    """The mean of what one answer got several times; None where it got nothing once."""
    known = [one for one in results if one is not None]
    if len(known) < len(results) or len(known) == 1:
        return results[0]
    parts = {name: fmean(one.components.get(name, 0.0) for one in known) for name in known[0].components}
    return replace(known[0], value=fmean(one.value for one in known), components=parts)


def _key(answer: Answer) -> tuple[int, str]:
    return id(answer.case), answer.text

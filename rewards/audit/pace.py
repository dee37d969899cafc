"""The time of an audit: how fast a grader is, what can be tried of it within `audit_s`, and what was left out.

A fast grader is asked everything. Of a slow one, such as those built on sympy, everything would take many minutes: it
is asked fewer answers of each kind, the most telling first, and the report says which share was tried.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from rewards.audit.apart import apart
from rewards.audit.config import AuditConfig
from rewards.audit.grader import Event, Explorer, Grader, Reply, Step, explorer_of
from rewards.audit.rows.cases import GARBAGE, Case, sample_of

FORESEEN = 0.6  # of the time, for what is counted beforehand; the rest is for texts that take as long as they take
MOST_HALVED = 6  # times
PROBES = 12  # answers by which the pace is measured


class Left(NamedTuple):
    """How much of something was tried, and how much there is."""

    what: str
    tried: int
    of: int


@dataclass
class Meter:
    """Seconds that a grader took so far, and what was left out for want of time."""

    spent_s: float = 0.0
    left: list[Left] = field(default_factory=list)

    def tried(self, what: str, tried: int, of: int) -> None:
        """Say what was tried of something, where that is not all of it; parts of one name are counted together."""
        if tried < of:
            before = next((one for one in self.left if one.what == what), Left(what, 0, 0))
            self.left = [one for one in self.left if one.what != what]
            self.left.append(Left(what, before.tried + tried, before.of + of))


@dataclass(frozen=True)
class Metered:
    """A grader of which the seconds are counted."""

    grader: Grader
    meter: Meter

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.grader, name)

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.grader.name

    def ask(self, event: Event, /) -> Reply:
        """One call, counted."""
        reply = self.grader.ask(event)
        self.meter.spent_s += reply.seconds
        return reply

    def explored(self) -> Explorer | None:
        """The grader under observation, counted as well."""
        inner = explorer_of(self.grader)
        return _Counted(inner, self.meter) if inner is not None else None

    def apart(self, cpu_s: float) -> Grader | None:
        """The grader within limits, counted as well."""
        inner = apart(self.grader, cpu_s)
        return replace(self, grader=inner) if inner is not None else None


@dataclass(frozen=True)
class _Counted:
    inner: Explorer
    meter: Meter

    def constants(self) -> list[str | float]:
        return self.inner.constants()

    def steps(self, events: Sequence[Event], /) -> list[Step]:
        found = self.inner.steps(events)
        self.meter.spent_s += sum(step.reply.seconds for step in found)
        return found


@dataclass(frozen=True)
class Allowance:
    """What one part of an audit may take: it is over once the grader took so many seconds in all."""

    meter: Meter = field(default_factory=Meter)
    until_s: float = math.inf

    @property
    def is_over(self) -> bool:
        """Whether the time is spent."""
        return self.meter.spent_s >= self.until_s

    def share(self, of_rest: float) -> Allowance:
        """A part of what is left of it.

        >>> Allowance(Meter(spent_s=2), until_s=10).share(0.5).until_s
        6.0
        """
        now_s = self.meter.spent_s
        return replace(self, until_s=now_s + of_rest * max(0.0, self.until_s - now_s))


@dataclass(frozen=True)
class Timetable:
    """How the time of an audit is divided among its parts, in their order; what one leaves over the later ones get."""

    whole: Allowance = field(default_factory=Allowance)
    foreseen_s: float = 0.0
    """What the parts that are counted beforehand are likely to take."""

    @property
    def has_time_again(self) -> bool:
        """Whether laws and attacks could be tried once more."""
        return self.whole.meter.spent_s + self.foreseen_s <= self.whole.until_s

    def part(self, weight: float, later: float) -> Allowance:
        """What a part of this weight may take, where parts of the weight `later` come after it."""
        rest_s = self.whole.until_s - self.whole.meter.spent_s
        if math.isinf(rest_s):
            return self.whole
        kept_s = min(self.foreseen_s, max(0.0, rest_s) * later / (weight + later))
        return replace(self.whole, until_s=self.whole.until_s - kept_s)


def timetable(meter: Meter, config: AuditConfig, pace_s: float, rows: int) -> Timetable:
    """The time of an audit of so many rows, at this pace."""
    return Timetable(
        Allowance(meter, config.audit_s or math.inf), pace_s * config.repeats * answers_foreseen(config, rows)
    )


def pace_of(grader: Grader, cases: Sequence[Case], config: AuditConfig) -> float:
    """Seconds an answer takes, of answers that no check before has asked: other rows' ones, which are worked out."""
    some = sample_of(cases, PROBES, f"{config.seed}/pace")
    golds = [case.gold or GARBAGE for case in some]
    rows = [case.asked(text, f"{n}") for n, (case, text) in enumerate(zip(some, golds[1:] + golds[:1], strict=True))]
    return grader.ask(rows).seconds / len(rows)


def answers_foreseen(config: AuditConfig, rows: int) -> int:
    """About how many answers an audit of so many rows grades, apart from hostile ones; measured on several tasks.

    >>> answers_foreseen(AuditConfig(), 1000)
    17456
    """
    gold = min(rows, config.gold_rows)
    laws, attacks, constant = 22 * config.law_examples, 50 * min(rows, config.attack_rows), 100 * config.constant_rows
    return 2 * gold + laws + attacks + constant + config.search_calls + config.groups * config.group_size


def fitted(config: AuditConfig, pace_s: float, rows: int) -> AuditConfig:
    """`config` with fewer answers of each kind, so that a grader of this pace can be asked them in time.

    >>> slow = fitted(AuditConfig(), pace_s=0.03, rows=500)
    >>> slow.attack_rows, slow.law_examples, fitted(AuditConfig(), pace_s=0.001, rows=500) == AuditConfig()
    (4, 10, True)
    """
    if not config.audit_s:
        return config
    time_s = FORESEEN * config.audit_s / config.repeats
    plans = [_halved(config, times, rows) for times in range(MOST_HALVED + 1)]
    return next((plan for plan in plans if pace_s * answers_foreseen(plan, rows) <= time_s), plans[-1])


def _halved(config: AuditConfig, times: int, rows: int) -> AuditConfig:
    if not times:
        return config

    def fewer(count: int, least: int) -> int:
        return min(count, max(least, count >> times))

    return replace(
        config,
        gold_rows=fewer(min(config.gold_rows, rows), 48),
        attack_rows=fewer(config.attack_rows, 4),
        constant_rows=fewer(config.constant_rows, 6),
        law_examples=fewer(config.law_examples, 10),
        search_calls=fewer(config.search_calls, 60),
        groups=fewer(config.groups, 6),
    )

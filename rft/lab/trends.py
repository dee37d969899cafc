"""What changes over the steps of a training, and from which step on: a part that starts to rise alone is a warning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

from rewards.grading.group_stats import Running
from rft.lab.groups import Group

LEAST_STEPS: Final = 8
_CRITICAL: Final = 1.63  # sup of a Brownian bridge, 1 %: Kolmogorov's distribution


class Change(NamedTuple):
    """A change of a series: the index from which on it differs, and its mean before and after."""

    onset: int
    before: float
    after: float


@dataclass
class Trends:
    """Means of each step: score, parts, groups with zero standard deviation, characters, truncation, duplicates."""

    names: Sequence[str]
    steps: dict[int, dict[str, Running]] = field(default_factory=dict)

    def add(self, group: Group) -> None:
        """Take one more group into account; one without a step is in no trend."""
        if group.step is None:
            return
        running = self.steps.get(group.step)
        if running is None:
            running = self.steps[group.step] = {}
        for name, values in self._values(group):
            if name not in running:
                running[name] = Running()
            for value in values:
                running[name].add(value)

    def _values(self, group: Group) -> list[tuple[str, list[float]]]:
        rollouts = group.rollouts
        found = [("score", group.scores)]
        found += zip(self.names, map(list, zip(*(rollout.parts for rollout in rollouts), strict=True)), strict=True)
        found.append(("zero_std_groups", [float(group.has_zero_std)]))
        found.append(("characters", [rollout.chars for rollout in rollouts]))
        found.append(("truncated", [rollout.cut for rollout in rollouts if rollout.cut == rollout.cut]))
        found.append(("distinct", [len({rollout.digest for rollout in rollouts}) / len(rollouts)]))
        return found

    def result(self) -> dict[str, object]:
        """For each signal: its mean at the first and at the last step, and the change where there is one."""
        steps = sorted(self.steps)
        if not steps:
            return {"steps": 0}
        return {
            "steps": len(steps),
            "first": steps[0],
            "last": steps[-1],
            "signals": {name: self._told(name, steps) for name in self._signals()},
        }

    def _signals(self) -> list[str]:
        names = dict.fromkeys(name for running in self.steps.values() for name in running)
        return [name for name in names if any(name in r and r[name].count for r in self.steps.values())]

    def _told(self, name: str, steps: Sequence[int]) -> dict[str, object]:
        there = [step for step in steps if name in self.steps[step] and self.steps[step][name].count]
        means = [self.steps[step][name].mean for step in there]
        change = change_of(means)
        found = None if change is None else {**change._asdict(), "onset": there[change.onset]}
        return {"first": means[0], "last": means[-1], "change": found}


def change_of(series: Sequence[float]) -> Change | None:
    """The change of a series, where its CUSUM leaves what noise explains (1 %); None where it does not.

    Noise is estimated from the differences of neighbours, which a change hardly touches. The onset is that of the step
    or the ramp, whichever leaves the smaller squared error, with the level before it constant.

    >>> change_of([0, 1] * 4 + [5, 6] * 4)
    Change(onset=8, before=0.5, after=5.5)
    """
    n = len(series)
    if n < LEAST_STEPS:
        return None
    squares = sum((b - a) ** 2 for a, b in pairwise(series))
    noise = math.sqrt(squares / (2 * (n - 1)))
    if noise <= 1e-12 or _greatest_cusum(series) / (noise * math.sqrt(n)) < _CRITICAL:
        return None
    onset = min((_error_of_step(series), _error_of_ramp(series)))[1]
    return Change(onset, sum(series[:onset]) / onset, sum(series[onset:]) / (n - onset))


def _greatest_cusum(series: Sequence[float]) -> float:
    mean, total, greatest = sum(series) / len(series), 0.0, 0.0
    for value in series:
        total += value - mean
        greatest = max(greatest, abs(total))
    return greatest


def _error_of_step(series: Sequence[float]) -> tuple[float, int]:
    """The least squared error of two levels, up to a constant, and where the second begins."""
    n, whole, head = len(series), sum(series), 0.0
    best = (math.inf, 1)
    for at in range(1, n):
        head += series[at - 1]
        best = min(best, (-(head * head / at + (whole - head) ** 2 / (n - at)), at))
    return best


def _error_of_ramp(series: Sequence[float]) -> tuple[float, int]:
    """The same of a level and a straight line from it; the ramp begins where the line leaves the level."""
    n, whole = len(series), sum(series)
    best = (math.inf, 1)
    tail = rising = 0.0  # sums of y, and of x y with x = 1, 2, ... from `at` on
    for at in range(n - 1, 0, -1):
        tail += series[at]
        rising += tail
        m = n - at
        x, xx = m * (m + 1) / 2, m * (m + 1) * (2 * m + 1) / 6
        spread = xx - x * x / n
        slope = rising - x * whole / n
        best = min(best, (-(whole * whole / n + slope * slope / spread), at))
    return best

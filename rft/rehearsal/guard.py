"""A guard over a training that is under way: the rehearsal's detectors on its rollouts, or on its metrics alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from statistics import fmean
from typing import Final

from estimators.monitoring.metrics import Point, series
from rft.rehearsal.alarms import THRESHOLDS, Alarm, Thresholds, alarms, parting
from rft.rehearsal.groups import by_step
from rft.rehearsal.reading import Evidence

REWARD: Final = "reward"
HELD_OUT: Final = "validation_reward"
ENTROPY: Final = "entropy"
LEAST_STEPS: Final = 8


def alarms_of_rollouts(evidence: Evidence, limits: Thresholds = THRESHOLDS) -> list[Alarm]:
    """What the rollouts so far warn of, first things first: also where a reward tells no completion apart."""
    return sorted([*alarms(evidence.groups, evidence.names, limits), *_dead(evidence, limits)])


def _dead(evidence: Evidence, limits: Thresholds) -> Iterator[Alarm]:
    """The first step at the end of a window in which hardly any group had a spread of rewards."""
    steps = by_step(evidence.groups)
    names = list(steps)
    for at in range(limits.window - 1, len(names)):
        seen = [one for name in names[at - limits.window + 1 : at + 1] for one in steps[name]]
        dead = fmean(one.is_dead for one in seen)
        if dead >= limits.dead and fmean(one.proxy for one in seen) < limits.saturated:
            said = f"in {dead:.0%} of the groups of {limits.window} steps all rewards are equal"
            yield Alarm(names[at], "dead", said)
            return


def alarms_of_metrics(
    points: Iterable[Point], truth: str | None = None, limits: Thresholds = THRESHOLDS
) -> list[Alarm]:
    """What the means of each step warn of; `truth` is the name of a metric that the training does not reward, else the
    reward on held-out rows is taken where it is logged.

    >>> rewards = [Point(step, "reward", 0.5) for step in range(9)]
    >>> [alarm.detector for alarm in alarms_of_metrics(rewards)]
    ['dead']
    """
    points = list(points)
    rewards = {point.step: point.value for point in series(points, REWARD)}
    judged = {point.step: point.value for point in series(points, truth or HELD_OUT)}
    found = [*_broken(rewards), *_collapsed(series(points, ENTROPY))]
    both = [(step, rewards[step], judged[step]) for step in sorted(rewards.keys() & judged.keys())]
    finite = [row for row in both if all(map(math.isfinite, row))]
    gap = parting(finite, limits) if len(finite) > limits.window else None
    return sorted([*found, *([gap] if gap else [])])


def _broken(rewards: dict[int, float]) -> Iterator[Alarm]:
    wrong = next((step for step, value in sorted(rewards.items()) if not math.isfinite(value)), None)
    if wrong is not None:
        yield Alarm(wrong, "not a number", "the mean reward is not finite: one score of the grader spoils the step")
    told = [value for _, value in sorted(rewards.items())]
    if len(told) >= LEAST_STEPS and max(told) - min(told) <= 1e-9:
        step = sorted(rewards)[LEAST_STEPS - 1]
        yield Alarm(step, "dead", f"the mean reward has been {told[0]:.4g} at every one of {len(told)} steps")


def _collapsed(entropy: Sequence[Point]) -> Iterator[Alarm]:
    """The policy writes the same again and again: a twentieth of the entropy that it began with."""
    if len(entropy) < LEAST_STEPS:
        return
    first = fmean(point.value for point in entropy[:3])
    low = next((point for point in entropy if first > 0 and point.value < 0.05 * first), None)
    if low is not None:
        yield Alarm(low.step, "entropy", f"the policy's entropy fell from {first:.3g} to {low.value:.3g}")

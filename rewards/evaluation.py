"""Judges many rollouts, and keeps what could not be judged apart from what was judged badly."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final

from rewards.components.judge import prefetch
from rewards.errors import UngradableError
from rewards.reward_tree import score_of, signals_in
from rewards.types import Reward, Rollout, Score

SAME_SCORE: Final = 1e-6  # a float32 standard deviation of equal rewards is not exactly 0


@dataclass(frozen=True, slots=True)
class Judged:
    """One rollout's score, or why its sample is ungradable."""

    id: str
    score: Score | None = None
    ungradable: str = ""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean with its standard error, 0 for fewer than two values: see `estimate`."""

    mean: float
    standard_error: float
    count: int

    def __str__(self) -> str:
        if not self.count:
            return "not measured (n = 0)"
        return f"{self.mean:.3f} ± {self.standard_error:.3f} (n = {self.count:,})"


@dataclass(frozen=True, slots=True)
class Summary:
    """What a set of scores comes to."""

    total: Estimate
    signals: dict[str, Estimate] = field(default_factory=dict)
    ungradable: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The results in the order of the rollouts, and their summary."""

    results: tuple[Judged, ...]
    summary: Summary


def has_zero_std(low: float, high: float) -> bool:
    """Whether scores from `low` to `high` are all equal, up to rounding: a group of them teaches GRPO nothing.

    >>> has_zero_std(0.3, 0.1 + 0.2), has_zero_std(0.3, 0.4)
    (True, False)
    """
    return high - low <= SAME_SCORE


def evaluate(reward: Reward, rollouts: Iterable[Rollout]) -> Evaluation:
    """Judge every rollout; a sample that cannot be judged is reported by its id and counts in no mean, and a
    metric that was not measured counts in no mean of its own.

    >>> from rewards import Completion, Sample, tool_choice
    >>> sample = Sample("a", (), reference=[{"name": "search"}])
    >>> rollouts = [Rollout(sample, Completion('[{"name": "search"}]')), Rollout(Sample("b", ()), Completion(""))]
    >>> summary = evaluate(tool_choice(), rollouts).summary
    >>> str(summary.total), summary.ungradable
    ('1.000 ± 0.000 (n = 1)', ('b',))
    """
    rollouts = list(rollouts)
    prefetch(reward, rollouts)
    results = tuple(judged(reward, rollout) for rollout in rollouts)
    return Evaluation(results, _summary(results))


def judged(reward: Reward, rollout: Rollout) -> Judged:
    """Judge one rollout; the only place besides the Lambda handler that catches UngradableError.

    Raises InvalidScoreError where the reward returns something else than a Score.
    """
    try:
        return Judged(rollout.sample.id, score_of(reward, rollout.sample, rollout.completion))
    except UngradableError as error:
        return Judged(rollout.sample.id, ungradable=str(error) or "ungradable")


class ClusteredError:
    """The standard error of a mean whose values come in clusters, such as the completions of one prompt: values of one
    cluster resemble each other, so more of them tell less than their number says.

    Clusters count as independent, whatever is inside them: the variance of a ratio estimator, W. G. Cochran, Sampling
    Techniques (1977), 6.4; of clusters of one value it is that of their plain mean.
    """

    __slots__ = ("clusters", "count", "mean", "squares")

    def __init__(self, mean: float) -> None:
        self.mean, self.squares, self.count, self.clusters = mean, 0.0, 0.0, 0

    def add(self, total: float, count: float) -> None:
        """Take a cluster of `count` values whose sum is `total` into account."""
        if count:
            self.squares += (total - count * self.mean) ** 2
            self.count += count
            self.clusters += 1

    def of(self, deviation: float) -> float:
        """The standard error. Of one cluster, which says nothing of others, it is that of independent values with this
        standard `deviation`."""
        if self.clusters < 2:
            return deviation / math.sqrt(self.count) if self.count else 0.0
        return math.sqrt(self.squares * self.clusters / (self.clusters - 1)) / self.count


def estimate(values: Iterable[float], clusters: Iterable[Hashable] | None = None) -> Estimate:
    """The mean of `values` with its standard error; a mean of 0 with a count of 0 where there are none.

    Values of the same of `clusters` (one for each value) are not taken as independent.

    >>> str(estimate([0.0, 0.0, 1.0, 1.0])), str(estimate([0.0, 0.0, 1.0, 1.0], clusters="aabb"))
    ('0.500 ± 0.289 (n = 4)', '0.500 ± 0.500 (n = 4)')
    """
    values = list(values)
    if not values:
        return Estimate(0.0, 0.0, 0)
    mean = math.fsum(values) / len(values)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / max(1, len(values) - 1))
    groups = list(range(len(values)) if clusters is None else clusters)
    counts = Counter(groups)
    if len(counts) == len(values):
        return Estimate(mean, deviation / math.sqrt(len(values)), len(values))
    sums = dict.fromkeys(counts, 0.0)
    for value, group in zip(values, groups, strict=True):
        sums[group] += value
    error = ClusteredError(mean)
    for group, count in counts.items():
        error.add(sums[group], count)
    return Estimate(mean, error.of(deviation), len(values))


def _summary(results: Iterable[Judged]) -> Summary:
    columns: dict[str, list[float]] = {}
    totals, ungradable = [], []
    for result in results:
        if result.score is None:
            ungradable.append(result.id)
            continue
        totals.append(result.score.value)
        for name, value in signals_in(result.score).items():
            columns.setdefault(name, []).extend([] if value is None else [value])
    return Summary(estimate(totals), {name: estimate(values) for name, values in columns.items()}, tuple(ungradable))

"""Statistics of a stream of grades: means, quantiles, and per-prompt group statistics such as pass@k.

Memory does not grow with the number of rows, only by about 300 bytes for each distinct prompt.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from rewards.evaluation import has_zero_std
from rewards.grading.grade import Grade
from rewards.reward_tree import Bounds

_BINS = 2000
_SHOWN_IDS = 20
_ROUNDING = 1e-9  # of a sum that should be the upper bound
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def pass_at_k(completions: int, solved: int, k: int) -> float:
    """The chance that at least one of `k` completions drawn from `completions` is among the `solved` ones, in [0, 1].

    The unbiased estimator of Chen et al., "Evaluating large language models trained on code" (arXiv 2107.03374).

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 3, 2)
    (0.25, 0.5, 1.0)
    """
    if not 1 <= k <= completions:
        raise ValueError(f"k must lie between 1 and the number of completions, {completions}, got {k!r}")
    return 1.0 - math.comb(completions - solved, k) / math.comb(completions, k)


@dataclass(slots=True)
class Running:
    """Mean and spread of numbers as they come (B. P. Welford, 1962), without keeping them."""

    count: int = 0
    mean: float = 0.0
    _squares: float = 0.0

    def add(self, value: float) -> None:
        """Take one more number into account."""
        self.count += 1
        step = value - self.mean
        self.mean += step / self.count
        self._squares += step * (value - self.mean)

    @property
    def deviation(self) -> float:
        """The sample standard deviation; 0 for fewer than two numbers."""
        return math.sqrt(max(0.0, self._squares) / (self.count - 1)) if self.count > 1 else 0.0

    def to_json(self) -> dict[str, float]:
        """Mean, standard error and count."""
        error = self.deviation / math.sqrt(self.count) if self.count else 0.0
        return {"mean": self.mean, "standard_error": error, "count": self.count}


@dataclass(slots=True)
class Group:
    """The completions of one prompt: how many there are, and the statistics of those with a score."""

    completions: int = 0
    scores: Running = field(default_factory=Running)
    solved: int = 0
    low: float = math.inf
    high: float = -math.inf

    def add(self, score: float, *, solved: bool) -> None:
        """Take one more score into account."""
        self.scores.add(score)
        self.solved += solved
        self.low, self.high = min(self.low, score), max(self.high, score)

    @property
    def has_zero_std(self) -> bool:
        """Whether all scores are equal."""
        return has_zero_std(self.low, self.high)


class Totals:
    """What a set of grades comes to. A completion solves its prompt where its score is at least
    `success_threshold`."""

    def __init__(self, bounds: Bounds, *, success_threshold: float | None = None) -> None:
        self.bounds = bounds
        self.success_threshold = bounds.high if success_threshold is None else success_threshold
        self.rows = 0
        self.score = Running()
        self.parts: dict[str, Running] = {}
        self.metrics: dict[str, Running] = {}
        self.groups: dict[int, Group] = {}
        self.ungradable: list[str] = []
        self.unreadable: list[int] = []
        self._counts = {"ungradable": 0, "unreadable": 0}
        self._first = {"ungradable": "", "unreadable": ""}
        self._histogram = [0] * (_BINS + 1)
        self._low, self._high = math.inf, -math.inf

    @property
    def problems(self) -> int:
        """How many rows have no score."""
        return sum(self._counts.values())

    def add(self, grade: Grade) -> int:
        """Take one more grade into account; returns the number of its completion within its prompt, from 0."""
        self.rows += 1
        if grade.unreadable:
            self._count("unreadable", self.unreadable, grade.row, grade.unreadable)
            return 0
        group = self.groups.get(grade.group)
        if group is None:
            group = self.groups[grade.group] = Group()
        number = group.completions if grade.sample is None else grade.sample
        group.completions += 1
        if grade.score is None:
            self._count("ungradable", self.ungradable, grade.id, grade.ungradable)
        else:
            self._add_score(grade, grade.score, group)
        return number

    def to_json(self) -> dict[str, Any]:
        """The summary; the ids of rows without a score are cut after 20, the first comes with its
        reason."""
        return {
            "rows": self.rows,
            "ungradable": {"count": self._counts["ungradable"], "ids": self.ungradable, **self._reason("ungradable")},
            "unreadable": {"count": self._counts["unreadable"], "rows": self.unreadable, **self._reason("unreadable")},
            "score": {**self.score.to_json(), **self._spread()},
            "parts": {name: running.to_json() for name, running in self.parts.items()},
            "metrics": {name: running.to_json() for name, running in self.metrics.items()},
            "groups": self._group_statistics(),
        }

    def _reason(self, kind: str) -> dict[str, str]:
        return {"first_reason": self._first[kind]} if self._counts[kind] else {}

    def _count(self, kind: str, shown: list[Any], name: Any, reason: str) -> None:
        self._counts[kind] += 1
        self._first[kind] = self._first[kind] or reason
        if len(shown) < _SHOWN_IDS:
            shown.append(name)

    def _add_score(self, grade: Grade, score: float, group: Group) -> None:
        self.score.add(score)
        self._low, self._high = min(self._low, score), max(self._high, score)
        self._histogram[self._bin(score)] += 1
        for name, value in grade.parts.items():
            self.parts.setdefault(name, Running()).add(value)
        for name, measured in grade.metrics.items():
            running = self.metrics.setdefault(name, Running())
            if measured is not None:
                running.add(measured)
        group.add(score, solved=score >= self.success_threshold - _ROUNDING)

    def _bin(self, score: float) -> int:
        share = (score - self.bounds.low) / (self.bounds.high - self.bounds.low or 1.0)
        return round(min(max(share, 0.0), 1.0) * _BINS)

    def _spread(self) -> dict[str, Any]:
        """Least, greatest and quantiles; a quantile is exact to 1/2000 of the range of the reward."""
        if not self.score.count:
            return {}
        quantiles = {f"p{round(100 * q)}": self._quantile(q) for q in _QUANTILES}
        return {"least": self._low, "greatest": self._high, "deviation": self.score.deviation, "quantiles": quantiles}

    def _quantile(self, share: float) -> float:
        wanted, seen = share * self.score.count, 0
        for index, count in enumerate(self._histogram):
            seen += count
            if seen >= wanted:
                return self.bounds.low + (self.bounds.high - self.bounds.low) * index / _BINS
        raise AssertionError("the counts of the histogram add up to the count")

    def _group_statistics(self) -> dict[str, Any]:
        """Of prompts with at least two scores: GRPO learns from the differences inside such a group, and from
        nothing else."""
        groups = [group for group in self.groups.values() if group.scores.count > 1]
        if not groups:
            return {"count": 0}
        least = min(group.scores.count for group in groups)
        return {
            "count": len(groups),
            "completions_each": {"least": least, "greatest": max(group.scores.count for group in groups)},
            "zero_std_groups": _share(group.has_zero_std for group in groups),
            "solve_all": _share(group.solved == group.scores.count for group in groups),
            "solve_none": _share(not group.solved for group in groups),
            "solve_none_ranked": _share(not group.solved and not group.has_zero_std for group in groups),
            "reward_std_within_group": math.fsum(group.scores.deviation for group in groups) / len(groups),
            "pass_at": {str(k): _mean_pass_at(groups, k) for k in (1, 2, 4, 8, 16, 32, 64) if k <= least},
        }


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values)


def _mean_pass_at(groups: list[Group], k: int) -> float:
    return math.fsum(pass_at_k(group.scores.count, group.solved, k) for group in groups) / len(groups)

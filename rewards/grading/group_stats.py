"""Statistics of a stream of grades: means, quantiles, and what a group of answers to one prompt will teach.

Memory does not grow with the number of rows, only by about 200 bytes for each distinct prompt.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from rewards.grading.grade import Graded
from rewards.reward_tree import Bounds

_BINS = 2000
_SHOWN_IDS = 20
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def pass_at_k(answers: int, right: int, k: int) -> float:
    """The chance that at least one of `k` answers drawn from `answers` is among the `right` ones, in [0, 1].

    The unbiased estimator of Chen et al., "Evaluating large language models trained on code" (arXiv 2107.03374).

    >>> pass_at_k(4, 1, 1), pass_at_k(4, 1, 2), pass_at_k(4, 3, 2)
    (0.25, 0.5, 1.0)
    """
    if not 1 <= k <= answers:
        raise ValueError(f"k must lie between 1 and the number of answers, {answers}, got {k!r}")
    return 1.0 - math.comb(answers - right, k) / math.comb(answers, k)


@dataclass
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


@dataclass
class Group:
    """The answers to one prompt."""

    scores: Running = field(default_factory=Running)
    right: int = 0
    low: float = math.inf
    high: float = -math.inf

    def add(self, score: float, *, right: bool) -> None:
        """Take one more answer into account."""
        self.scores.add(score)
        self.right += right
        self.low, self.high = min(self.low, score), max(self.high, score)


class Totals:
    """What a set of grades comes to. An answer is right where its score is at least `right_from`."""

    def __init__(self, bounds: Bounds, *, right_from: float | None = None) -> None:
        self.bounds = bounds
        self.right_from = bounds.high if right_from is None else right_from
        self.rows = 0
        self.score = Running()
        self.signals: dict[str, Running] = {}
        self.groups: dict[str, Group] = {}
        self.ungradable: list[str] = []
        self.unreadable: list[int] = []
        self._counts = {"ungradable": 0, "unreadable": 0}
        self._histogram = [0] * (_BINS + 1)
        self._low, self._high = math.inf, -math.inf

    @property
    def problems(self) -> int:
        """How many rows have no score."""
        return sum(self._counts.values())

    def add(self, grade: Graded) -> None:
        """Take one more grade into account."""
        self.rows += 1
        if "unreadable" in grade:
            self._count("unreadable", self.unreadable, grade["row"])
        elif "ungradable" in grade:
            self._count("ungradable", self.ungradable, grade["id"])
        else:
            self._add_score(grade)

    def to_json(self) -> dict[str, Any]:
        """The summary; the ids of rows without a score are cut after 20."""
        return {
            "rows": self.rows,
            "ungradable": {"count": self._counts["ungradable"], "ids": self.ungradable},
            "unreadable": {"count": self._counts["unreadable"], "rows": self.unreadable},
            "score": {**self.score.to_json(), **self._spread()},
            "signals": {name: running.to_json() for name, running in self.signals.items()},
            "groups": self._group_statistics(),
        }

    def _count(self, kind: str, shown: list[Any], name: Any) -> None:
        self._counts[kind] += 1
        if len(shown) < _SHOWN_IDS:
            shown.append(name)

    def _add_score(self, grade: Any) -> None:
        score: float = grade["score"]
        self.score.add(score)
        self._low, self._high = min(self._low, score), max(self._high, score)
        self._histogram[self._bin(score)] += 1
        for name, value in grade["signals"].items():
            self.signals.setdefault(name, Running()).add(value)
        # Allow for the rounding of a sum that should be the bound.
        self.groups.setdefault(grade["prompt"], Group()).add(score, right=score >= self.right_from - 1e-9)

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
        """Of prompts with at least two answers: GRPO learns from the differences inside such a group, and from
        nothing else."""
        groups = [group for group in self.groups.values() if group.scores.count > 1]
        if not groups:
            return {"count": 0}
        least = min(group.scores.count for group in groups)
        return {
            "count": len(groups),
            "answers_each": {"least": least, "greatest": max(group.scores.count for group in groups)},
            "zero_variance": _share(group.high - group.low <= 1e-12 for group in groups),
            "all_right": _share(group.right == group.scores.count for group in groups),
            "none_right": _share(not group.right for group in groups),
            "none_right_but_ranked": _share(not group.right and group.high - group.low > 1e-12 for group in groups),
            "deviation_within": math.fsum(group.scores.deviation for group in groups) / len(groups),
            "pass_at": {str(k): _mean_pass_at(groups, k) for k in (1, 2, 4, 8, 16, 32, 64) if k <= least},
        }


def _share(truths: Any) -> float:
    values = [bool(truth) for truth in truths]
    return sum(values) / len(values)


def _mean_pass_at(groups: list[Group], k: int) -> float:
    return math.fsum(pass_at_k(group.scores.count, group.right, k) for group in groups) / len(groups)

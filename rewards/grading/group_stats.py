"""Statistics of a stream of grades: means, quantiles, and per-prompt group statistics such as pass@k.

Memory grows neither with the number of rows nor with that of prompts: those beyond the newest wait in a temporary file.
"""

from __future__ import annotations

import math
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from struct import Struct
from typing import Any, NamedTuple, Self

from rewards.evaluation import ClusteredError, has_zero_std
from rewards.grading.grade import Grade
from rewards.grading.spill import HELD, Spilled
from rewards.reward_tree import Bounds

_BINS = 2000
_LOG_STEP = math.log(1.001)  # of how far a score is beyond the bounds
_SHOWN_IDS = 20
_ROUNDING = 1e-9  # of a sum that should be the upper bound
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
_PASS_AT = (1, 2, 4, 8, 16, 32, 64)
_GROUP = Struct("qqddqdd")


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

    def packed(self) -> bytes:
        """All of it in 56 bytes."""
        scores = self.scores
        return _GROUP.pack(
            self.completions, scores.count, scores.mean, scores._squares, self.solved, self.low, self.high
        )

    @classmethod
    def of_packed(cls, packed: bytes) -> Self:
        """What `packed` made bytes of."""
        completions, count, mean, squares, solved, low, high = _GROUP.unpack(packed)
        return cls(completions, Running(count, mean, squares), solved, low, high)


class _Column:
    """One number of each grade: its running mean, and where its sum and count are in the sums of a prompt."""

    __slots__ = ("place", "running")

    def __init__(self, place: int) -> None:
        self.place, self.running = place, Running()

    def add(self, value: float, sums: array[float]) -> None:
        self.running.add(value)
        place = self.place
        if len(sums) <= place:
            sums.extend([0.0] * (place + 2 - len(sums)))
        sums[place] += value
        sums[place + 1] += 1.0

    def told(self, error: ClusteredError) -> dict[str, float]:
        running = self.running
        return {"mean": running.mean, "standard_error": error.of(running.deviation), "count": running.count}


class Totals:
    """What a set of grades comes to. A completion solves its prompt where its score is at least
    `success_threshold`; at most `held` prompts are in memory."""

    def __init__(self, bounds: Bounds, *, success_threshold: float | None = None, held: int = HELD) -> None:
        self.bounds = bounds
        self.success_threshold = bounds.high if success_threshold is None else success_threshold
        self.rows = 0
        self._score = _Column(0)
        self._columns: dict[str, dict[str, _Column]] = {"parts": {}, "metrics": {}}
        self._groups = Spilled(Group, Group.packed, Group.of_packed, held=held)
        self._prompts: Spilled[array[float]] = Spilled(_no_sums, array.tobytes, _sums_of, held=held)
        self._shown: dict[str, list[Any]] = {"ungradable": [], "unreadable": []}
        self._counts = {"ungradable": 0, "unreadable": 0}
        self._first = {"ungradable": "", "unreadable": ""}
        self._histogram: Counter[float] = Counter()
        self._low, self._high = math.inf, -math.inf

    @property
    def problems(self) -> int:
        """How many rows have no score."""
        return sum(self._counts.values())

    def add(self, grade: Grade) -> int:
        """Take one more grade into account; returns the number of its completion within its prompt, from 0."""
        self.rows += 1
        if grade.unreadable:
            self._count("unreadable", grade.row, grade.unreadable)
            return 0
        group = self._groups[grade.group]
        number = group.completions if grade.sample is None else grade.sample
        group.completions += 1
        if grade.score is None:
            self._count("ungradable", grade.id, grade.ungradable)
        else:
            self._add_score(grade, grade.score, group)
        return number

    def to_json(self) -> dict[str, Any]:
        """The summary; the ids of rows without a score are cut after 20, the first comes with its
        reason."""
        score, parts, metrics = self._estimates()
        return {
            "rows": self.rows,
            "ungradable": self._without_score("ungradable", "ids"),
            "unreadable": self._without_score("unreadable", "rows"),
            "score": {**score, **self._spread()},
            "parts": parts,
            "metrics": metrics,
            "groups": self._group_statistics(),
        }

    def _without_score(self, kind: str, names: str) -> dict[str, Any]:
        count = self._counts[kind]
        reason = {"first_reason": self._first[kind]} if count else {}
        return {"count": count, names: self._shown[kind], **reason}

    def _count(self, kind: str, name: Any, reason: str) -> None:
        self._counts[kind] += 1
        self._first[kind] = self._first[kind] or reason
        if len(self._shown[kind]) < _SHOWN_IDS:
            self._shown[kind].append(name)

    def _add_score(self, grade: Grade, score: float, group: Group) -> None:
        sums = self._prompts[grade.prompt]
        self._score.add(score, sums)
        self._low, self._high = min(self._low, score), max(self._high, score)
        self._histogram[self._near(score)] += 1
        for name, value in grade.parts.items():
            self._column("parts", name).add(value, sums)
        for name, measured in grade.metrics.items():
            column = self._column("metrics", name)
            if measured is not None:
                column.add(measured, sums)
        group.add(score, solved=score >= self.success_threshold - _ROUNDING)

    def _column(self, kind: str, name: str) -> _Column:
        columns = self._columns[kind]
        column = columns.get(name)
        if column is None:
            column = columns[name] = _Column(2 * (1 + sum(map(len, self._columns.values()))))
        return column

    def _estimates(self) -> tuple[dict[str, float], dict[str, Any], dict[str, Any]]:
        """Of the score, every part and every metric: mean, standard error (by prompt) and count."""
        parts, metrics = self._columns["parts"], self._columns["metrics"]
        columns = [self._score, *parts.values(), *metrics.values()]
        errors = [ClusteredError(column.running.mean) for column in columns]
        for sums in self._prompts:
            for column, error in zip(columns, errors, strict=True):
                if column.place < len(sums):
                    error.add(sums[column.place], sums[column.place + 1])
        told = [column.told(error) for column, error in zip(columns, errors, strict=True)]
        of_parts, of_metrics = told[1 : 1 + len(parts)], told[1 + len(parts) :]
        return told[0], dict(zip(parts, of_parts, strict=True)), dict(zip(metrics, of_metrics, strict=True))

    def _near(self, score: float) -> float:
        """One of few numbers near a score: within the bounds of the reward, one of 2,000 steps; beyond them, where the
        scores of a function of a user's may lie, nearer to them by at most 1/1000 of the way."""
        low, high = self.bounds
        if low <= score <= high:
            return low + (high - low) * round((score - low) / (high - low or 1.0) * _BINS) / _BINS
        beyond = score - high if score > high else low - score
        rounded = math.exp(math.floor(math.log(beyond) / _LOG_STEP) * _LOG_STEP)
        return high + rounded if score > high else low - rounded

    def _spread(self) -> dict[str, Any]:
        """Least, greatest and quantiles. A quantile is exact to 1/2000 of the range of the reward; beyond it, to 1/1000
        of the way from there."""
        scores = self._score.running
        if not scores.count:
            return {}
        quantiles = {f"p{round(100 * q)}": self._quantile(q) for q in _QUANTILES}
        return {"least": self._low, "greatest": self._high, "deviation": scores.deviation, "quantiles": quantiles}

    def _quantile(self, share: float) -> float:
        wanted, seen = share * self._score.running.count, 0
        for score, count in sorted(self._histogram.items()):
            seen += count
            if seen >= wanted:
                return score
        raise AssertionError("the counts of the histogram add up to the count")

    def _group_statistics(self) -> dict[str, Any]:
        """Of prompts with at least two scores: GRPO learns from the differences inside such a group, and from
        nothing else."""
        deviation, kinds = Running(), Counter[_Kind]()
        for group in self._groups:
            if group.scores.count > 1:
                deviation.add(group.scores.deviation)
                kinds[_Kind(group.scores.count, group.solved, group.has_zero_std)] += 1
        if not kinds:
            return {"count": 0}
        least, greatest = min(kinds).scores, max(kinds).scores
        return {
            "count": kinds.total(),
            "completions_each": {"least": least, "greatest": greatest},
            "zero_std_groups": _mean(kinds, lambda kind: kind.zero_std),
            "solve_all": _mean(kinds, lambda kind: kind.solved == kind.scores),
            "solve_none": _mean(kinds, lambda kind: not kind.solved),
            "solve_none_ranked": _mean(kinds, lambda kind: not kind.solved and not kind.zero_std),
            "reward_std_within_group": deviation.mean,
            "pass_at": {str(k): _mean_pass_at(kinds, k) for k in _PASS_AT if k <= least},
        }


class _Kind(NamedTuple):
    scores: int
    solved: int
    zero_std: bool


def _mean(kinds: Counter[_Kind], value: Callable[[_Kind], float]) -> float:
    return math.fsum(value(kind) * groups for kind, groups in kinds.items()) / kinds.total()


def _mean_pass_at(kinds: Counter[_Kind], k: int) -> float:
    return _mean(kinds, lambda kind: pass_at_k(kind.scores, kind.solved, k))


def _no_sums() -> array[float]:
    return array("d")


def _sums_of(packed: bytes) -> array[float]:
    return array("d", packed)

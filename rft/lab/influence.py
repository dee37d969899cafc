"""Which part of a reward the advantage comes from: a weight is not an influence.

The advantage of a rollout is its score minus the mean of its group, over the group's standard deviation. For a weighted
sum it is a sum of contributions, one of each part, and the share of a part is the covariance of its contribution with
the advantage: shares add up to 1, and a part that hardly differs within groups has a share near 0 whatever its weight.

Rollouts with equal totals get equal advantages although their parts differ: that loss is the collapse that GDPO
(arXiv 2601.05242) avoids by normalising each part by itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import mul
from statistics import fmean
from typing import Final

from rft.lab.groups import Group, Rollout, top_parts

_NOTHING: Final = 1e-9  # of a squared deviation, relative to that of all parts


@dataclass
class Influence:
    """Within-group products of the parts named in `names` with each other and with the score."""

    names: Sequence[str]
    weights: Mapping[str, float] = field(default_factory=dict)
    places: list[int] = field(init=False)
    products: list[list[float]] = field(init=False)
    with_score: list[float] = field(init=False)
    rollouts: int = 0
    pairs: float = 0
    equal: float = 0
    collapsed_pairs: float = 0
    zero_std: int = 0
    collapsed_groups: int = 0

    def __post_init__(self) -> None:
        self.places = top_parts(list(self.names))
        self.products = [[0.0] * len(self.places) for _ in self.places]
        self.with_score = [0.0] * len(self.places)

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        if len(group.rollouts) < 2 or not self.places:
            return
        self._count_pairs(group.rollouts, zero_std=group.has_zero_std)
        if not group.has_zero_std:
            self._add_products(group.rollouts)

    def _add_products(self, rollouts: Sequence[Rollout]) -> None:
        """Products of deviations from the means of the group, over its variance: each rollout weighs the same."""
        scores = _deviations([rollout.score for rollout in rollouts])
        columns = [_deviations([rollout.parts[place] for rollout in rollouts]) for place in self.places]
        scale = len(scores) / _dot(scores, scores)
        self.rollouts += len(scores)
        for i, column in enumerate(columns):
            self.with_score[i] += _dot(column, scores) * scale
            row = self.products[i]
            for j in range(i + 1):
                row[j] += _dot(column, columns[j]) * scale

    def _count_pairs(self, rollouts: Sequence[Rollout], *, zero_std: bool) -> None:
        totals = Counter(round(rollout.score, 6) for rollout in rollouts)
        whole = Counter((round(rollout.score, 6), rollout.parts) for rollout in rollouts)
        equal = sum(math.comb(count, 2) for count in totals.values())
        self.pairs += math.comb(len(rollouts), 2)
        self.equal += equal
        self.collapsed_pairs += equal - sum(math.comb(count, 2) for count in whole.values())
        self.zero_std += zero_std
        self.collapsed_groups += zero_std and len(whole) > 1

    def result(self) -> dict[str, object]:
        """Weight, share of the weights and share of the advantage of each part; how often different parts collapse."""
        if not self.places or not self.pairs:
            return {"parts": {}}
        names = [self.names[place] for place in self.places]
        found = solved(self.products, self.with_score) if self.rollouts else [None] * len(names)
        used = [self.weights.get(name, weight) for name, weight in zip(names, found, strict=True)]
        whole = math.fsum(abs(weight) for weight in used if weight is not None)
        shares = [
            weight * product / self.rollouts if weight is not None and self.rollouts else 0.0
            for weight, product in zip(used, self.with_score, strict=True)
        ]
        return {
            "declared": bool(self.weights),
            "explained": math.fsum(shares) if self.rollouts else None,
            "parts": {
                name: {
                    "weight": weight,
                    "share_of_weights": abs(weight) / whole if weight is not None and whole else None,
                    "share_of_advantage": share,
                }
                for name, weight, share in zip(names, used, shares, strict=True)
            },
            "pairs_collapsed": self.collapsed_pairs / self.pairs,
            "groups_collapsed": self.collapsed_groups,
            "zero_std_groups": self.zero_std,
        }


def solved(products: Sequence[Sequence[float]], right: Sequence[float]) -> list[float | None]:
    """Least-squares weights out of the lower half of a matrix of products; None for what the data do not tell.

    >>> solved([[2.0], [0.0, 4.0]], [1.0, 1.0])
    [0.5, 0.25]
    """
    size = len(right)
    rows = [[products[max(i, j)][min(i, j)] for j in range(size)] + [right[i]] for i in range(size)]
    least = _NOTHING * max((rows[i][i] for i in range(size)), default=0.0)
    told = []
    for i in range(size):
        if rows[i][i] <= least:
            continue
        told.append(i)
        for j in range(size):
            if j != i:
                factor = rows[j][i] / rows[i][i]
                rows[j] = [a - factor * b for a, b in zip(rows[j], rows[i], strict=True)]
    return [rows[i][size] / rows[i][i] if i in told else None for i in range(size)]


def _deviations(values: Sequence[float]) -> list[float]:
    mean = fmean(values)
    return [value - mean for value in values]


def _dot(one: Sequence[float], other: Sequence[float]) -> float:
    return math.fsum(map(mul, one, other))

"""How many groups would have zero standard deviation with another group size, from the rollouts that there are.

A group of g completions has it where all of its scores are equal. With p_v for a prompt's chance of the score v, that
happens with sum_v p_v^g. Up to the saved size nothing is modelled: subsets are counted. Beyond it the chances of each
score value are distributed as `rft.lab.chances` finds them, once smoothly and once freely. Few completions of a prompt
do not tell which of the two is right, so the prediction is their mean, and both are shown.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rewards.evaluation import SAME_SCORE
from rft.lab.chances import fitted, freely_fitted
from rft.lab.groups import Group

SIZES: Final = (2, 4, 8, 12, 16, 24, 32)
_VALUES: Final = 64  # scores with a fit of their own; rarer ones share one


class Predicted(NamedTuple):
    """A share of groups, and what it is with either distribution."""

    zero_std_groups: float
    low: float
    high: float


@dataclass
class ZeroStd:
    """Counts of equal scores in groups, and what they say of other group sizes."""

    groups: int = 0
    zero_std: int = 0
    sizes: Counter[int] = field(default_factory=Counter)
    values: Counter[float] = field(default_factory=Counter)
    cells: dict[float, Counter[tuple[int, int]]] = field(default_factory=dict)
    rare: Counter[tuple[int, int]] = field(default_factory=Counter)
    """Of scores beyond the first distinct ones: per completion, how many others of its group have its score."""

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        n = len(group.rollouts)
        if n < 2:
            return
        self.groups += 1
        self.sizes[n] += 1
        counts = _equal_scores(group.scores)
        self.zero_std += len(counts) == 1
        for score, k in counts.items():
            cells = self.cells.get(score)
            if cells is None and len(self.cells) < _VALUES:
                cells = self.cells[score] = Counter()
            if cells is None:
                self.rare[n - 1, k - 1] += k
            else:
                cells[n, k] += 1

    def result(self) -> dict[str, object]:
        """The share now, and predicted for each of `SIZES`."""
        if not self.groups:
            return {"groups": 0}
        most = max(self.sizes, key=lambda size: (self.sizes[size], size))
        shares = self.predicted(SIZES)
        return {
            "groups": self.groups,
            "group_size": most,
            "share": self.zero_std / self.groups,
            "predicted": {
                str(size): {**share._asdict(), "completions_that_teach": size * (1 - share.zero_std_groups)}
                for size, share in shares.items()
            },
        }

    def predicted(self, sizes: Sequence[int]) -> dict[int, Predicted]:
        """The share of groups with zero standard deviation, by group size."""
        least = min(self.sizes)
        larger = [size for size in sizes if size > least]
        found = dict(zip(larger, self._modelled(larger), strict=True)) if larger else {}
        return {size: found[size] if size in found else Predicted(*[self._exact(size)] * 3) for size in sizes}

    def _exact(self, size: int) -> float:
        """The share of all subsets of so many completions that have equal scores, a mean over groups."""
        of_cells = math.fsum(
            weight * _share(n, k, size) for cells in self.cells.values() for (n, k), weight in cells.items()
        )
        of_rare = math.fsum(weight / (k + 1) * _share(n + 1, k + 1, size) for (n, k), weight in self.rare.items())
        return (of_cells + of_rare) / self.groups

    def _modelled(self, sizes: Sequence[int]) -> Iterator[Predicted]:
        counts = [self._with_none(cells) for cells in self.cells.values()]
        smooth = list(map(fitted, counts))
        free = list(map(freely_fitted, counts, smooth))
        rare = fitted(self.rare) if self.rare else None
        completions = math.fsum(n * groups for n, groups in self.sizes.items())
        for size in sizes:
            of_rare = math.fsum(self.rare.values()) / completions * rare.all_of(size - 1) if rare else 0.0
            shares = [min(1.0, of_rare + math.fsum(fit.all_of(size) for fit in fits)) for fits in (smooth, free)]
            yield Predicted(sum(shares) / 2, min(shares), max(shares))

    def _with_none(self, cells: Counter[tuple[int, int]]) -> dict[tuple[int, int], float]:
        """The counts together with those of groups in which the score does not occur."""
        there = Counter[int]()
        for (n, _), groups in cells.items():
            there[n] += groups
        none = {(n, 0): float(groups - there[n]) for n, groups in self.sizes.items() if groups > there[n]}
        return {**{cell: float(groups) for cell, groups in cells.items()}, **none}


def _share(n: int, k: int, size: int) -> float:
    return math.comb(k, size) / math.comb(n, size)


def _equal_scores(scores: list[float]) -> Counter[float]:
    """How often each score occurs; scores that differ by rounding only are one."""
    found, last = Counter[float](), math.nan
    for score in sorted(scores):
        last = last if score - last <= SAME_SCORE else score
        found[round(last, 5)] += 1
    return found

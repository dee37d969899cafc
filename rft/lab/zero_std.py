"""How many groups would have zero standard deviation with another group size, from the rollouts that there are.

A group of g completions has it where all of its scores are equal. With p_v for a prompt's chance of the score v, that
happens with sum_v p_v^g. For each score value the chances p_v are taken to be Beta distributed over the prompts, so
that the number of completions with this score is beta-binomial (J. G. Skellam, 1948); its parameters are those of
greatest likelihood, and E[p^g] = B(a + g, b) / B(a, b). Up to the saved size nothing is modelled: subsets are counted.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from rewards.evaluation import SAME_SCORE
from rft.lab.groups import Group

SIZES: Final = (2, 4, 8, 12, 16, 24, 32)
_VALUES: Final = 64  # scores with a fit of their own; rarer ones share one
_LEAST: Final = 1e-4  # parameters of Beta: all prompts decided, one way or the other
_MOST: Final = 1e4  # all prompts alike
_FINEST: Final = 5e-3  # of a logarithm
_GAIN: Final = 1e-9  # of a log-likelihood

Counts = Mapping[tuple[int, int], float]
"""How many groups of n completions have k with the score: (n, k) to a count."""


class BetaBinomial(NamedTuple):
    """The number of successes among n tries. The chance of one is 0 for a share `never` of the prompts, 1 for a share
    `always`, and Beta(a, b) distributed over the others."""

    a: float
    b: float
    never: float = 0.0
    always: float = 0.0

    def all_of(self, g: int) -> float:
        """E[p^g], the chance that all of g tries succeed.

        >>> BetaBinomial(1.0, 1.0).all_of(3), BetaBinomial(1.0, 1.0, always=0.5).all_of(3)
        (0.25, 0.625)
        """
        logs = (math.log((self.a + i) / (self.a + self.b + i)) for i in range(g))
        return self.always + (1 - self.never - self.always) * math.exp(math.fsum(logs))

    def chance(self, n: int, k: int) -> float:
        """The chance of k given successes, and no other, among n tries."""
        ratio = _log_beta(self.a + k, self.b + n - k) - _log_beta(self.a, self.b)
        mixed = (1 - self.never - self.always) * math.exp(ratio)
        return mixed + self.never * (k == 0) + self.always * (k == n)

    def log_likelihood(self, counts: Counts) -> float:
        """Of the counts, up to a constant."""
        return math.fsum(weight * math.log(max(self.chance(n, k), 1e-300)) for (n, k), weight in counts.items())


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def fitted(counts: Counts) -> BetaBinomial:
    """The beta-binomial under which the counts are likeliest; with prompts that never or always succeed beside it where
    the counts ask for them (Schwarz's criterion).

    >>> fitted({(2, 0): 10, (2, 1): 10, (2, 2): 10}).all_of(2) > 0.33
    True
    """
    tries = math.fsum(n * weight for (n, _), weight in counts.items())
    mean = math.fsum(k * weight for (_, k), weight in counts.items()) / tries
    mean = min(max(mean, 1e-9), 1 - 1e-9)
    start = math.log(mean / (1 - mean))
    plain = _likeliest(counts, [start, 0.0], [0.5, 4.0])
    asked = math.log(math.fsum(counts.values()))  # half of the criterion: two more parameters
    if _log_likelihood_at_best(counts) - plain.log_likelihood(counts) <= asked:
        return plain
    starts = [[start, size, rest, rest] for size in (math.log(plain.a + plain.b), 1.5) for rest in (-4.0, -1.0)]
    mixed = max(
        (_likeliest(counts, at, [0.5, 1.0, 1.0, 1.0]) for at in starts), key=lambda fit: fit.log_likelihood(counts)
    )
    return mixed if mixed.log_likelihood(counts) - plain.log_likelihood(counts) > asked else plain


def _likeliest(counts: Counts, at: list[float], steps: list[float]) -> BetaBinomial:
    """A search along one parameter after the other, each time finer."""
    best = _of(at).log_likelihood(counts)
    while max(steps) > _FINEST:
        before = best
        for i, step in enumerate(steps):
            for change in (-step, step):
                moved = [*at[:i], at[i] + change, *at[i + 1 :]]
                value = _of(moved).log_likelihood(counts)
                if value > best + _GAIN:
                    best, at = value, moved
        if best == before:
            steps = [step / 2 for step in steps]
    return _of(at)


def _of(at: Sequence[float]) -> BetaBinomial:
    """Parameters of any size as a beta-binomial: the logit of its mean, log(a + b), logs of the odds of the rest."""
    mean, size = 1 / (1 + math.exp(-min(max(at[0], -30.0), 30.0))), math.exp(min(max(at[1], -12.0), 12.0))
    odds = [math.exp(min(value, 12.0)) for value in at[2:]] or [0.0, 0.0]
    never, always = (odd / (1 + sum(odds)) for odd in odds)
    a, b = (min(max(share * size, _LEAST), _MOST) for share in (mean, 1 - mean))
    return BetaBinomial(a, b, never, always)


def _log_likelihood_at_best(counts: Counts) -> float:
    """That of a model which gives each count its own chance."""
    whole: dict[int, float] = {}
    for (n, _), weight in counts.items():
        whole[n] = whole.get(n, 0.0) + weight
    return math.fsum(
        weight * math.log(weight / whole[n] / math.comb(n, k)) for (n, k), weight in counts.items() if weight
    )


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
                str(size): {"zero_std_groups": share, "completions_that_teach": size * (1 - share)}
                for size, share in shares.items()
            },
        }

    def predicted(self, sizes: tuple[int, ...]) -> dict[int, float]:
        """The share of groups with zero standard deviation, by group size."""
        least = min(self.sizes)
        fits = (
            {score: fitted(self._with_none(cells)) for score, cells in self.cells.items()} if max(sizes) > least else {}
        )
        rare = fitted(self.rare) if self.rare else None
        return {size: self._exact(size) if size <= least else self._modelled(size, fits, rare) for size in sizes}

    def _exact(self, size: int) -> float:
        """The share of all subsets of so many completions that have equal scores, a mean over groups."""
        of_cells = math.fsum(
            weight * _share(n, k, size) for cells in self.cells.values() for (n, k), weight in cells.items()
        )
        of_rare = math.fsum(weight / (k + 1) * _share(n + 1, k + 1, size) for (n, k), weight in self.rare.items())
        return (of_cells + of_rare) / self.groups

    def _modelled(self, size: int, fits: Mapping[float, BetaBinomial], rare: BetaBinomial | None) -> float:
        share = math.fsum(fit.all_of(size) for fit in fits.values())
        if rare is not None:
            completions = math.fsum(n * groups for n, groups in self.sizes.items())
            share += math.fsum(self.rare.values()) / completions * rare.all_of(size - 1)
        return min(share, 1.0)

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

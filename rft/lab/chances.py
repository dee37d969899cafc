"""How the chances of prompts are distributed, from how many of a few completions succeeded.

The counts leave it open. The smoothest distribution that we fit is a Beta, with prompts that never or always succeed
beside it where the counts ask for them: the number of successes is beta-binomial (J. G. Skellam, 1948). The freest is
that of greatest likelihood among all (J. Kiefer, J. Wolfowitz, 1956), here on a grid of log-odds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from operator import mul
from typing import Final, NamedTuple

_LEAST: Final = 1e-4  # parameters of Beta: all prompts decided, one way or the other
_MOST: Final = 1e4  # all prompts alike
_FINEST: Final = 5e-3  # of a logarithm
_GAIN: Final = 1e-9  # of a log-likelihood
_STEP: Final = 0.3  # of log-odds
_ODDS: Final = [_STEP * i for i in range(-30, 31)]
_GRID: Final = [0.0, *(1 / (1 + math.exp(-odds)) for odds in _ODDS), 1.0]
_ROUNDS: Final = 300

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


class Free(NamedTuple):
    """Chances of success on a grid, and the share of the prompts that have each."""

    shares: Sequence[float]

    def all_of(self, g: int) -> float:
        """E[p^g], the chance that all of g tries succeed."""
        return math.fsum(share * p**g for share, p in zip(self.shares, _GRID, strict=True))


def freely_fitted(counts: Counts, start: BetaBinomial) -> Free:
    """The distribution of greatest likelihood, by expectation maximisation from the smooth one.

    >>> counts = {(4, 0): 53.0, (4, 1): 12.5, (4, 2): 18.8, (4, 3): 12.5, (4, 4): 3.1}  # p is 0 or 0.5
    >>> round(freely_fitted(counts, fitted(counts)).all_of(8), 2)
    0.0
    """
    shares, total = _on_grid(start), math.fsum(counts.values())
    chances = [
        (weight / total, [p**k * (1 - p) ** (n - k) for p in _GRID]) for (n, k), weight in counts.items() if weight
    ]
    for _ in range(_ROUNDS):
        factors = [weight / math.fsum(map(mul, shares, of)) for weight, of in chances]
        gains = [
            math.fsum(column)
            for column in zip(*(_times(f, of) for f, (_, of) in zip(factors, chances, strict=True)), strict=True)
        ]
        shares = list(map(mul, shares, gains))
    return Free(shares)


def _times(factor: float, values: Iterable[float]) -> list[float]:
    return [factor * value for value in values]


def _on_grid(fit: BetaBinomial) -> list[float]:
    """The shares of a fitted distribution; what lies beyond the grid is added to its ends."""
    base, least = _log_beta(fit.a, fit.b), math.log(_GRID[1]) - _STEP / 2
    inner = [
        _STEP * math.exp(fit.a * math.log(p) + fit.b * math.log(q) - base)
        for p, q in zip(_GRID[1:-1], reversed(_GRID[1:-1]), strict=True)
    ]
    low, high = (math.exp(c * least - base) / c for c in (fit.a, fit.b))
    rest = (1 - fit.never - fit.always) / math.fsum((low, high, *inner))
    return [fit.never + rest * low, *_times(rest, inner), fit.always + rest * high]

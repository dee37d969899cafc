"""The figures of a calibration. All intervals are of 95 %, over prompts: answers to one prompt are not independent."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Sequence
from random import Random
from statistics import fmean
from typing import Final, NamedTuple

from rft.judging.labelled import RIGHT

RESAMPLES: Final = 400
_Z: Final = 1.96


class Estimated(NamedTuple):
    """A figure with its interval; NaN where too little tells it."""

    value: float
    low: float
    high: float

    def to_json(self) -> list[float | None]:
        """Value, lower and upper end; null for what is not known."""
        return [None if math.isnan(number) else round(number, 6) for number in self]


class Pair(NamedTuple):
    """What the judge says, what a person says, and the prompt."""

    score: float
    label: float
    prompt: int


Figure = Callable[[Sequence[Pair]], float]


def auroc(pairs: Sequence[Pair]) -> float:
    """The chance that a good answer scores above a bad one, ties counting half, in [0, 1]; NaN without both.

    >>> auroc([Pair(0.9, 1, 1), Pair(0.4, 0, 1), Pair(0.4, 1, 2)])
    0.75
    """
    good = [pair.score for pair in pairs if pair.label > RIGHT]
    bad = sorted(pair.score for pair in pairs if pair.label <= RIGHT)
    if not good or not bad:
        return math.nan
    below = sum(bisect_left(bad, score) + bisect_right(bad, score) for score in good)
    return below / 2 / (len(good) * len(bad))


def kappa(pairs: Sequence[Pair]) -> float:
    """Cohen's kappa of judge and person, both cut at 0.5, in [-1, 1]; NaN where chance alone agrees always.

    >>> kappa([Pair(1, 1, 1), Pair(0, 0, 1), Pair(1, 0, 2), Pair(0, 0, 2)])
    0.5
    """
    count = len(pairs)
    if not count:
        return math.nan
    agreed = sum((pair.score > 0.5) == (pair.label > RIGHT) for pair in pairs) / count
    said = sum(pair.score > 0.5 for pair in pairs) / count
    true = sum(pair.label > RIGHT for pair in pairs) / count
    chance = said * true + (1 - said) * (1 - true)
    return math.nan if chance == 1 else (agreed - chance) / (1 - chance)


def rank_correlation(pairs: Sequence[Pair]) -> float:
    """Spearman's, ties with their mean rank, in [-1, 1]; NaN where either side is constant.

    >>> round(rank_correlation([Pair(0.1, 0, 1), Pair(0.5, 0.5, 1), Pair(0.9, 1, 1)]), 12)
    1.0
    """
    if len(pairs) < 2:
        return math.nan
    a, b = (_ranks([pair[column] for pair in pairs]) for column in (0, 1))
    mean_a, mean_b = fmean(a), fmean(b)
    scale = math.sqrt(sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b))
    return sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True)) / scale if scale else math.nan


def mean_error(pairs: Sequence[Pair]) -> float:
    """The mean distance of score and label, in [0, 1]."""
    return fmean(abs(pair.score - pair.label) for pair in pairs) if pairs else math.nan


def estimated(figure: Figure, pairs: Sequence[Pair], *, seed: str) -> Estimated:
    """A figure with the percentile interval of a bootstrap that draws prompts (Efron, Tibshirani 1993, chapter 13)."""
    by_prompt: dict[int, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_prompt[pair.prompt].append(pair)
    prompts, rng = list(by_prompt.values()), Random(f"{seed}/{figure.__name__}")
    drawn = [figure([one for several in rng.choices(prompts, k=len(prompts)) for one in several])
             for _ in range(RESAMPLES if len(prompts) > 1 else 0)]  # fmt: skip
    told = sorted(value for value in drawn if not math.isnan(value))
    if len(told) < RESAMPLES / 2:
        return Estimated(figure(pairs), math.nan, math.nan)
    return Estimated(figure(pairs), told[int(0.025 * len(told))], told[min(int(0.975 * len(told)), len(told) - 1)])


def mean_change(changes: Sequence[tuple[float, int]]) -> Estimated:
    """The mean of changes, each with its prompt, with a normal interval over the means of prompts.

    >>> mean_change([(0.1, 1), (0.3, 1), (0.2, 2)]).value
    0.2
    """
    by_prompt: dict[int, list[float]] = defaultdict(list)
    for change, prompt in changes:
        by_prompt[prompt].append(change)
    means = [fmean(values) for values in by_prompt.values()]
    if not means:
        return Estimated(math.nan, math.nan, math.nan)
    mean = fmean(means)
    if len(means) < 2:
        return Estimated(mean, math.nan, math.nan)
    error = math.sqrt(sum((one - mean) ** 2 for one in means) / (len(means) - 1) / len(means))
    return Estimated(mean, mean - _Z * error, mean + _Z * error)


def _ranks(values: Sequence[float]) -> list[float]:
    ordered = sorted(values)
    return [(bisect_left(ordered, value) + bisect_right(ordered, value) - 1) / 2 for value in values]

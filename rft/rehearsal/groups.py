"""One group of rollouts in the numbers that a rehearsal needs: what the reward gave, and what a true metric gives."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from statistics import fmean
from typing import Final, NamedTuple

from rewards.evaluation import SAME_SCORE
from rft.lab.groups import Group

TRUTH: Final = "true metric"
"""The name under which a rollout carries its true metric, among its parts."""


class Judged(NamedTuple):
    """The rollouts of one prompt at one step, summed up. Scores are in [0, 1]; NaN where the files do not tell.

    `chosen` is how far the completions with the highest reward are above the mean of the true metric, `best` how far
    the best completions are.

    `cov` is the covariance of reward and true metric over the standard deviation of the reward: what the advantage of
    this group buys in true metric. `concordant` and `discordant` count pairs that both rank, alike or the other way.
    `parts` are means of the parts of the score, and `pushes` what the advantage does to each, as `cov` to the true
    metric: of a trick, by how much the reward teaches it.
    """

    step: int
    prompt: int
    size: int
    proxy: float
    truth: float
    proxy_sd: float
    truth_sd: float
    cov: float
    chosen: float
    best: float
    concordant: int
    discordant: int
    distinct: float
    chars: float
    length_cov: float
    cut: float
    parts: tuple[float, ...] = ()
    pushes: tuple[float, ...] = ()

    @property
    def gap(self) -> float:
        """What the reward gives beyond the true metric, on average."""
        return self.proxy - self.truth

    @property
    def is_dead(self) -> bool:
        """Whether the reward told no completion of this group from another."""
        return self.proxy_sd <= SAME_SCORE


class Scored(NamedTuple):
    """One rollout: its reward, its true metric, and what else is known of it."""

    proxy: float
    truth: float = math.nan
    digest: float = 0.0
    chars: float = math.nan
    cut: float = math.nan
    parts: tuple[float, ...] = ()


def judged(step: int, prompt: int, rollouts: Sequence[Scored]) -> Judged:
    """The numbers of a group.

    >>> one = judged(1, 7, [Scored(1.0, 0.0), Scored(0.0, 1.0), Scored(0.0, 1.0)])
    >>> one.discordant, round(one.cov, 3), round(one.truth_sd, 3)
    (2, -0.471, 0.471)
    """
    proxy = [one.proxy for one in rollouts]
    both = [(one.proxy, one.truth) for one in rollouts if one.truth == one.truth]
    told, truth = [p for p, _ in both], [t for _, t in both]
    ranks = [_order(one, other) for one, other in combinations(both, 2)]
    chars = [one.chars for one in rollouts]
    columns = list(zip(*(one.parts for one in rollouts), strict=True))
    return Judged(
        step=step,
        prompt=prompt,
        size=len(rollouts),
        proxy=fmean(proxy),
        truth=fmean(truth) if truth else math.nan,
        proxy_sd=_sd(proxy),
        truth_sd=_sd(truth) if truth else math.nan,
        cov=_per_sd(told, truth) if truth else math.nan,
        chosen=_chosen(told, truth) if truth else math.nan,
        best=max(truth) - fmean(truth) if truth else math.nan,
        concordant=ranks.count(1),
        discordant=ranks.count(-1),
        distinct=len({one.digest for one in rollouts}) / len(rollouts),
        chars=fmean(chars),
        length_cov=_per_sd(proxy, chars),
        cut=_mean_of_told(one.cut for one in rollouts),
        parts=tuple(map(fmean, columns)),
        pushes=tuple(_per_sd(proxy, column) for column in columns),
    )


def judged_groups(
    groups: Iterable[Group], parts: Sequence[str], scale: tuple[float, float] = (0.0, 1.0)
) -> list[Judged]:
    """The groups of saved rollouts in order of their steps, rewards mapped from the range `scale` to [0, 1].

    Groups without a step are of step 0. Of a group of one completion nothing can be learnt; it is left out.
    """
    place = parts.index(TRUTH) if TRUTH in parts else None
    found = [_of_group(group, place, scale) for group in groups if len(group.rollouts) > 1]
    return sorted(found, key=lambda one: (one.step, one.prompt))


def range_of(groups: Iterable[Group]) -> tuple[float, float]:
    """The range that scores are mapped from: [0, 1] where all lie in it, else from the lowest to the highest."""
    low, high = 0.0, 1.0
    seen = [(min(group.scores), max(group.scores)) for group in groups]
    if seen:
        least, most = min(low for low, _ in seen), max(high for _, high in seen)
        if least < -SAME_SCORE or most > 1 + SAME_SCORE:
            return least, most
    return low, high


def by_step(groups: Iterable[Judged]) -> dict[int, list[Judged]]:
    """The groups of each step, in order of the steps."""
    found: dict[int, list[Judged]] = {}
    for group in groups:
        found.setdefault(group.step, []).append(group)
    return dict(sorted(found.items()))


def _of_group(group: Group, place: int | None, scale: tuple[float, float]) -> Judged:
    return judged(group.step or 0, group.prompt, list(_scored(group, place, scale)))


def _scored(group: Group, place: int | None, scale: tuple[float, float]) -> Iterator[Scored]:
    low, high = scale
    for one in group.rollouts:
        truth = math.nan if place is None or place >= len(one.parts) else one.parts[place]
        parts = tuple(value for at, value in enumerate(one.parts) if at != place)
        yield Scored((one.score - low) / (high - low), truth, one.digest, one.chars, one.cut, parts)


def _chosen(proxy: Sequence[float], truth: Sequence[float]) -> float:
    """What choosing by the reward gains in true metric, over choosing blindly."""
    top = max(proxy) - SAME_SCORE
    return fmean(worth for earned, worth in zip(proxy, truth, strict=True) if earned >= top) - fmean(truth)


def _order(one: tuple[float, float], other: tuple[float, float]) -> int:
    proxy, truth = one[0] - other[0], one[1] - other[1]
    if abs(proxy) <= SAME_SCORE or abs(truth) <= SAME_SCORE:
        return 0
    return 1 if (proxy > 0) == (truth > 0) else -1


def _sd(values: Sequence[float]) -> float:
    mean = fmean(values)
    return math.sqrt(fmean((value - mean) ** 2 for value in values))


def _per_sd(of: Sequence[float], other: Sequence[float]) -> float:
    """Their covariance over the standard deviation of the first; 0 where the first is constant."""
    mean, others, sd = fmean(of), fmean(other), _sd(of)
    if sd <= SAME_SCORE:
        return 0.0
    return fmean((a - mean) * (b - others) for a, b in zip(of, other, strict=True)) / sd


def _mean_of_told(values: Iterable[float]) -> float:
    told = [value for value in values if value == value]
    return fmean(told) if told else math.nan

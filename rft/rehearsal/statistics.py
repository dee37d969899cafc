"""What tells a reward that is being learnt from one that is being cheated: pure functions over judged groups."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from operator import attrgetter
from statistics import fmean
from typing import Final, NamedTuple, TypeAlias

from rft.rehearsal.groups import Judged, by_step

Z: Final = 1.96  # of a two-sided interval of 95 %
Value: TypeAlias = Callable[[Judged], float]
PROXY: Final[Value] = attrgetter("proxy")
TRUE: Final[Value] = attrgetter("truth")
GAP: Final[Value] = attrgetter("gap")


class Measured(NamedTuple):
    """An estimate with its standard error, from so many groups or steps; infinite where too few tell it."""

    value: float
    standard_error: float
    units: int

    @property
    def low(self) -> float:
        """The lower end of its interval of 95 %."""
        return self.value - Z * self.standard_error

    @property
    def high(self) -> float:
        """The upper end of its interval of 95 %."""
        return self.value + Z * self.standard_error


UNKNOWN: Final = Measured(math.nan, math.inf, 0)


def agreement(groups: Iterable[Judged]) -> Measured:
    """How much of the true metric's possible gain this reward's advantages buy, in [-1, 1]: 1 is the metric itself.

    The mean over groups of cov(reward, truth) / sd(reward), over the mean of sd(truth): the first is what a step along
    the reward's normalised advantage changes in the true metric, the second what a step along its own would. Groups in
    which the reward is constant do not count: they teach nothing, which is another fault. It needs no training: the
    rollouts of the untrained policy tell it.

    >>> from rft.rehearsal.groups import Scored, judged
    >>> good = judged(1, 1, [Scored(0.0, 0.0), Scored(1.0, 1.0)])
    >>> bad = judged(1, 2, [Scored(1.0, 0.0), Scored(0.0, 1.0)])
    >>> agreement([good, good]).value, agreement([good, bad]).value
    (1.0, 0.0)
    """
    return _ratio([(one.cov, one.truth_sd) for one in groups if one.truth_sd == one.truth_sd and not one.is_dead])


def selection(groups: Iterable[Judged]) -> Measured:
    """How much of what the best completion of a group gains over its mean, the one with the highest reward gains; 1
    where the reward's best are the true metric's best. A coarse reward, right or wrong only, can agree little with a
    graded metric and still select the best: it is no cheat.

    >>> from rft.rehearsal.groups import Scored, judged
    >>> coarse = judged(1, 1, [Scored(0.0, 0.0), Scored(0.0, 0.8), Scored(1.0, 1.0)])
    >>> round(agreement([coarse]).value, 2), selection([coarse]).value
    (0.65, 1.0)
    """
    return _ratio([(one.chosen, one.best) for one in groups if one.best == one.best and not one.is_dead])


def _ratio(pairs: Sequence[tuple[float, float]]) -> Measured:
    """The sum of the first numbers over that of the second, with its standard error."""
    possible = math.fsum(whole for _, whole in pairs)
    if possible <= 1e-9:
        return UNKNOWN
    ratio = math.fsum(part for part, _ in pairs) / possible
    if len(pairs) < 2:
        return Measured(ratio, math.inf, len(pairs))
    squares = math.fsum((part - ratio * whole) ** 2 for part, whole in pairs)
    return Measured(ratio, math.sqrt(squares * len(pairs) / (len(pairs) - 1)) / possible, len(pairs))


def discordance(groups: Iterable[Judged]) -> float:
    """Share of the pairs of one prompt, ranked by both, that the reward ranks the other way; NaN without such pairs."""
    pairs = [(one.discordant, one.concordant) for one in groups]
    ranked = sum(map(sum, pairs))
    return sum(one for one, _ in pairs) / ranked if ranked else math.nan


def slope(groups: Sequence[Judged], value: Value) -> Measured:
    """Change of `value` a step, paired by prompt: each prompt is compared with itself at other steps.

    Raw means mislead, because each step has other prompts. Where no prompt comes again there is nothing to pair, and
    the plain slope is taken. The standard error is that of steps as clusters.
    """
    told = [one for one in groups if math.isfinite(value(one))]
    seen: dict[int, list[Judged]] = {}
    for one in told:
        seen.setdefault(one.prompt, []).append(one)
    again = [several for several in seen.values() if len({one.step for one in several}) > 1]
    paired = sum(map(len, again)) * 2 >= len(told) and bool(again)
    points = [point for several in (again if paired else [told]) for point in _centred(several, value)]
    return _slope(points)


def _centred(several: Sequence[Judged], value: Value) -> list[tuple[int, float, float]]:
    if not several:
        return []
    step, mean = fmean(one.step for one in several), fmean(map(value, several))
    return [(one.step, one.step - step, value(one) - mean) for one in several]


def _slope(points: Sequence[tuple[int, float, float]]) -> Measured:
    xx = math.fsum(x * x for _, x, _ in points)
    steps = {step for step, _, _ in points}
    if xx <= 0 or len(steps) < 3:
        return UNKNOWN
    rise = math.fsum(x * y for _, x, y in points) / xx
    sums = dict.fromkeys(steps, 0.0)
    for step, x, y in points:
        sums[step] += x * (y - rise * x)
    clusters = len(steps)
    variance = math.fsum(value**2 for value in sums.values()) * clusters / (clusters - 2) / xx**2
    return Measured(rise, math.sqrt(variance), clusters)


def gained(groups: Sequence[Judged], value: Value) -> Measured:
    """How much higher `value` is in the last third of the steps than in the first, paired by prompt where prompts come
    again in both; with its standard error."""
    steps = list(by_step(groups))
    if len(steps) < 2:
        return UNKNOWN
    third = max(1, len(steps) // 3)
    early, late = set(steps[:third]), set(steps[-third:])
    before, after = ([one for one in groups if one.step in chosen] for chosen in (early, late))
    old, new = _by_prompt(before, value), _by_prompt(after, value)
    both = old.keys() & new.keys()
    if len(both) * 2 >= len(new) > 0:
        return _mean([new[prompt] - old[prompt] for prompt in sorted(both)])
    first, last = (_mean([value(one) for one in part if math.isfinite(value(one))]) for part in (before, after))
    return Measured(last.value - first.value, math.hypot(first.standard_error, last.standard_error), last.units)


def _by_prompt(groups: Sequence[Judged], value: Value) -> dict[int, float]:
    """The mean of `value` of each prompt that has one."""
    seen: dict[int, list[float]] = {}
    for one in groups:
        if math.isfinite(value(one)):
            seen.setdefault(one.prompt, []).append(value(one))
    return {prompt: fmean(values) for prompt, values in seen.items()}


def _mean(values: Sequence[float]) -> Measured:
    if not values:
        return UNKNOWN
    mean = fmean(values)
    if len(values) < 2:
        return Measured(mean, math.inf, 1)
    squares = math.fsum((value - mean) ** 2 for value in values)
    return Measured(mean, math.sqrt(squares / (len(values) - 1) / len(values)), len(values))


def cusum(series: Sequence[float], *, base: int, slack: float = 0.5, least_sd: float = 0.03) -> list[float]:
    """The one-sided CUSUM of a series in standard deviations of its first `base` values; 0 while it is learnt.

    Source: E. S. Page, Continuous inspection schemes, Biometrika 41 (1954). `slack` is the drift that is tolerated.

    >>> cusum([0.1] * 4 + [0.2, 0.3, 0.4], base=4, least_sd=0.1)
    [0.0, 0.0, 0.0, 0.0, 0.5, 2.0, 4.5]
    """
    head = series[:base]
    if not head:
        return []
    mean = fmean(head)
    sd = max(least_sd, math.sqrt(fmean((value - mean) ** 2 for value in head)))
    sums, total = [0.0] * len(head), 0.0
    for value in series[base:]:
        total = max(0.0, total + (value - mean) / sd - slack)
        sums.append(round(total, 9))
    return sums


class Opening(NamedTuple):
    """How far a series has opened from its lowest level to its highest after that, and the indices at which a tenth
    and half of it were reached."""

    size: float
    onset: int
    half: int


def opening(series: Sequence[float], *, width: int = 0) -> Opening:
    """The opening of a series, smoothed over `width` values on either side.

    >>> opening([0.2, 0.1, 0.1, 0.15, 0.4, 0.6])
    Opening(size=0.5, onset=3, half=4)
    """
    smooth = [fmean(series[max(0, at - width) : at + width + 1]) for at in range(len(series))]
    top = max(range(len(smooth)), key=smooth.__getitem__)
    base = min(smooth[: top + 1])
    start = max(at for at in range(top + 1) if smooth[at] == base)
    size = smooth[top] - base
    onset, half = (
        next(at for at in range(start, top + 1) if smooth[at] - base >= s * size - 1e-12) for s in (0.1, 0.5)
    )
    return Opening(round(size, 9), onset, half)


def paired_means(groups: Sequence[Judged], value: Value) -> dict[int, float]:
    """The mean of `value` at each step without what the step owes to its prompts: to each group is added how far its
    prompt is from the mean of all prompts. Equal to the plain means where no prompt comes again."""
    told = [one for one in groups if math.isfinite(value(one))]
    seen: dict[int, list[float]] = {}
    for one in told:
        seen.setdefault(one.prompt, []).append(value(one))
    if not told or len(seen) == len(told):
        return {step: fmean(map(value, several)) for step, several in by_step(told).items()}
    whole, of = fmean(map(value, told)), {prompt: fmean(values) for prompt, values in seen.items()}
    return {
        step: fmean(value(one) - of[one.prompt] + whole for one in several) for step, several in by_step(told).items()
    }

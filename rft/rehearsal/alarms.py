"""When to warn: the same detectors for a finished rehearsal and for a training that is under way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Final, NamedTuple

from rft.rehearsal.groups import Judged, by_step
from rft.rehearsal.statistics import PROXY, TRUE, Measured, agreement, cusum, gained, paired_means, selection
from rft.rehearsal.tricks import TRICK


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Every threshold of a rehearsal, chosen on the open half of benchmarks/rehearse; see docs/rehearse.md."""

    agreement: float = 0.9
    """Agreement and selection both surely below this mean that the reward pays for something else too."""
    window_agreement: float = 0.85
    """The same over the last `window` steps; what a guard warns of."""
    window: int = 4
    """Steps that a guard looks back."""
    least_groups: int = 12
    """Groups that tell something, without which a window says nothing."""
    least_spread: float = 0.03
    """Mean standard deviation of the true metric within groups, below which there is nothing left to agree on."""
    dead: float = 0.9
    """Share of groups with equal rewards from which on nothing is learnt."""
    ungradable: float = 0.5
    """Share of rollouts that the grader could not judge, from which on nothing is learnt."""
    few_ungradable: float = 0.05
    """The same, below which a reward may go on."""
    truncated: float = 0.5
    """Share of completions cut at the token limit."""
    saturated: float = 0.97
    """Mean reward that leaves nothing to gain."""
    little_to_gain: float = 0.9
    """Mean reward of a flat training from which on rows are likely too easy."""
    trick_share: float = 0.5
    """Share of completions in the last steps that are one trick, where it has become more."""
    trick_rise: float = 0.1
    """Rise of that share, surely."""
    collapse: float = 0.5
    """Distinct completions of a group, as a share of those at first, below which a note says so."""
    longer: float = 2.0
    """Growth of the completions from which on a note says so."""
    dominant: float = 0.8
    """Share of one part in what the advantage moves from which on a note says so."""
    cusum: float = 5.0
    """Standard deviations of the first `window` steps, summed up, for the gap without a look into groups."""


THRESHOLDS: Final = Thresholds()


class Alarm(NamedTuple):
    """What was seen first at a step, and by which detector."""

    step: int
    detector: str
    message: str


def low_agreement(groups: Sequence[Judged], limits: Thresholds = THRESHOLDS) -> Alarm | None:
    """The first step at which the last steps' agreement with the true metric is surely too low, and their selection."""
    steps = by_step(groups)
    names = list(steps)
    for at, step in enumerate(names):
        seen = [one for name in names[max(0, at - limits.window + 1) : at + 1] for one in steps[name]]
        told = [one for one in seen if one.truth_sd == one.truth_sd and not one.is_dead]
        found, chosen = agreement(told), selection(told)
        if found.units < limits.least_groups or fmean(one.truth_sd for one in told) < limits.least_spread:
            continue
        if max(found.high, chosen.high) < limits.window_agreement:
            bought = f"{found.value:.0%} ({found.low:.0%} to {found.high:.0%}) of the possible gain"
            best = f"its best completions {chosen.value:.0%}"
            message = f"over {min(at + 1, limits.window)} steps the reward's advantages buy {bought}, {best}"
            return Alarm(step, "agreement", message)
    return None


def rising_tricks(
    groups: Sequence[Judged], names: Sequence[str], limits: Thresholds = THRESHOLDS
) -> list[tuple[str, float, Measured]]:
    """Tricks that have surely become more: name, share in the last third of the steps, and rise; the greatest first."""
    found = []
    late = last_third(groups)
    for place, name in enumerate(names):
        if not name.startswith(TRICK) or not late:
            continue
        rise = gained(groups, Part(place))
        share = fmean(one.parts[place] for one in late)
        if rise.low > limits.trick_rise / 2 and rise.value >= limits.trick_rise:
            found.append((name.removeprefix(TRICK), share, rise))
    return sorted(found, key=lambda one: -one[1])


@dataclass(frozen=True, slots=True)
class Part:
    """The mean of one part of the score in a group, by its place."""

    place: int

    def __call__(self, group: Judged, /) -> float:
        """Its mean."""
        return group.parts[self.place]


def last_third(groups: Sequence[Judged]) -> list[Judged]:
    """The groups of the last third of the steps."""
    steps = list(by_step(groups))
    late = set(steps[-max(1, len(steps) // 3) :])
    return [one for one in groups if one.step in late]


def trick_alarm(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds = THRESHOLDS) -> Alarm | None:
    """The first step at which one trick is half of what is written, having begun as less than half of that."""
    steps = by_step(groups)
    first = list(steps)[: limits.window]
    early = [one for step in first for one in steps[step]]
    for step, several in steps.items():
        for place, name in enumerate(names):
            if not name.startswith(TRICK) or step in first:
                continue
            share, before = fmean(one.parts[place] for one in several), fmean(one.parts[place] for one in early)
            if share >= limits.trick_share and before < limits.trick_share / 2:
                what = name.removeprefix(TRICK)
                return Alarm(
                    step, "trick", f"{share:.0%} of the completions are a trick ({what}), {before:.0%} at first"
                )
    return None


def parting(means: Iterable[tuple[int, float, float]], limits: Thresholds = THRESHOLDS) -> Alarm | None:
    """The first step at which the gap between two curves has left what noise explains (CUSUM) while the true metric
    falls: of means alone, where the rollouts are out of reach. Each of `means` is step, reward and true metric."""
    rows = list(means)
    sums = cusum([proxy - truth for _, proxy, truth in rows], base=limits.window)
    for at, total in enumerate(sums):
        if total <= limits.cusum:
            continue
        early, late = rows[: limits.window], rows[max(limits.window, at - limits.window + 1) : at + 1]
        proxy, truth = (fmean(row[k] for row in late) - fmean(row[k] for row in early) for k in (1, 2))
        if truth < 0 < proxy:
            message = (
                f"the reward has risen by {proxy:.3f} and the true metric fallen by {-truth:.3f} since the first steps"
            )
            return Alarm(rows[at][0], "gap", message)
    return None


def mean_rows(groups: Sequence[Judged]) -> list[tuple[int, float, float]]:
    """Step, reward and true metric, paired by prompt."""
    proxy, truth = paired_means(groups, PROXY), paired_means(groups, TRUE)
    return [(step, proxy[step], truth[step]) for step in proxy if step in truth]


def alarms(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds = THRESHOLDS) -> list[Alarm]:
    """What the detectors say, first things first."""
    found = [low_agreement(groups, limits), trick_alarm(groups, names, limits), parting(mean_rows(groups), limits)]
    return sorted((one for one in found if one is not None), key=lambda one: one.step)

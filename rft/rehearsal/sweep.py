"""Which weights, and which settings of RFT, serve the true metric best: weights from rollouts alone, settings by
training with each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean
from typing import Final, NamedTuple

from rft.errors import RftError
from rft.lab.groups import Group
from rft.rehearsal.groups import TRUTH, Judged, Scored, judged
from rft.rehearsal.reading import Evidence
from rft.rehearsal.statistics import TRUE, Measured, agreement, gained, selection
from rft.rehearsal.tricks import TRICK
from rft.rehearsal.verdict import Verdict

QUARTERS: Final = 4
MOST_PARTS: Final = 6  # 126 weightings
KEYS: Final[Mapping[str, str]] = {
    "group": "training_config.rollout.advantage_strategy.number_generation",
    "temperature": "training_config.rollout.generator.temperature",
    "top_k": "training_config.rollout.generator.top_k",
}
"""What can be swept, each with its key of the RFT recipe."""


class Weighting(NamedTuple):
    """One weighting of the parts of a reward, and what it would teach on these rollouts."""

    weights: dict[str, float]
    agreement: Measured
    selection: Measured
    zero_std_groups: float

    def to_json(self) -> dict[str, object]:
        """Its numbers; what is not known is null."""
        told = {"agreement": self.agreement.value, "selection": self.selection.value}
        known = {name: value if math.isfinite(value) else None for name, value in told.items()}
        return {"weights": self.weights, **known, "zero_std_groups": self.zero_std_groups}


class Setting(NamedTuple):
    """One setting of RFT, the verdict on its training, and what the true metric gained."""

    value: str
    verdict: Verdict
    truth: Measured
    zero_std_groups: float
    rollouts: int


def weightings(names: Sequence[str], quarters: int = QUARTERS) -> Iterator[dict[str, float]]:
    """Every weighting in steps of a quarter that sums to 1.

    >>> list(weightings(["a", "b"], quarters=2))
    [{'a': 0.0, 'b': 1.0}, {'a': 0.5, 'b': 0.5}, {'a': 1.0, 'b': 0.0}]
    """
    for counts in _shared_out(len(names), quarters):
        yield {name: count / quarters for name, count in zip(names, counts, strict=True)}


def _shared_out(places: int, count: int) -> Iterator[tuple[int, ...]]:
    if places == 1:
        yield (count,)
        return
    for first in range(count + 1):
        for rest in _shared_out(places - 1, count - first):
            yield (first, *rest)


def compared_weightings(evidence: Evidence) -> list[Weighting]:
    """Every weighting of the reward's own parts on the rollouts at hand, the one that agrees most with the true metric
    first. No training: it says which advantages each would give to these completions.

    Raises `RftError` where there is no true metric, or where there are not 2 to 6 parts.
    """
    parts = evidence.rollouts.parts
    names = [name for name in parts if name != TRUTH and "/" not in name and not name.startswith(TRICK)]
    if TRUTH not in parts:
        raise RftError("weightings are compared on a true metric; name one with --truth")
    if not 2 <= len(names) <= MOST_PARTS:
        raise RftError(
            f"weightings need a reward of 2 to {MOST_PARTS} parts, these rollouts have {len(names)}: {names}"
        )
    places, truth = [parts.index(name) for name in names], parts.index(TRUTH)
    groups = [group for group in evidence.rollouts if len(group.rollouts) > 1]
    found = [_weighed(weights, groups, places, truth) for weights in weightings(names)]
    return sorted(found, key=lambda one: -one.agreement.value if math.isfinite(one.agreement.value) else math.inf)


def _weighed(weights: dict[str, float], groups: Sequence[Group], places: Sequence[int], truth: int) -> Weighting:
    again = [_reweighted(group, tuple(weights.values()), places, truth) for group in groups]
    return Weighting(weights, agreement(again), selection(again), fmean(one.is_dead for one in again))


def _reweighted(group: Group, weights: Sequence[float], places: Sequence[int], truth: int) -> Judged:
    rollouts = [
        Scored(
            sum(w * one.parts[place] for w, place in zip(weights, places, strict=True)), one.parts[truth], one.digest
        )
        for one in group.rollouts
    ]
    return judged(group.step or 0, group.prompt, rollouts)


def setting_of(value: str, found: Verdict, groups: Sequence[Judged]) -> Setting:
    """What a training with one setting came to."""
    dead = fmean(one.is_dead for one in groups) if groups else math.nan
    return Setting(value, found, gained(groups, TRUE), dead, sum(one.size for one in groups))


def swept(text: str) -> tuple[str, list[float | int]]:
    """The name and the values of a sweep, written as NAME=VALUE,VALUE.

    >>> swept("group=4,8"), swept("temperature=0.7")
    (('group', [4, 8]), ('temperature', [0.7]))
    """
    name, _, listed = text.partition("=")
    if name not in KEYS or not listed:
        raise RftError(f"a sweep is written NAME=VALUE,VALUE with a NAME of {', '.join(KEYS)}; got {text!r}")
    try:
        return name, [float(one) if name == "temperature" else int(one) for one in listed.split(",")]
    except ValueError:
        raise RftError(f"the values of {name!r} must be numbers, got {listed!r}") from None


def lines_of_weightings(found: Sequence[Weighting], shown: int = 10) -> Iterator[str]:
    """The best weightings for people, and the worst one."""
    names = list(found[0].weights)
    yield f"weightings, best first: {'  '.join(names)}   agreement   selection   zero-std groups"
    rows = [*found[:shown], *(found[-1:] if len(found) > shown else ())]
    for one in rows:
        weights = "  ".join(f"{one.weights[name]:>{max(4, len(name))}.2f}" for name in names)
        told = f"{one.agreement.value:>9.0%}   {one.selection.value:>9.0%}   {one.zero_std_groups:>15.0%}"
        yield f"                        {weights}   {told}"


def lines_of_settings(name: str, found: Sequence[Setting]) -> Iterator[str]:
    """The settings for people, in the order given."""
    yield f"{name:<12} {'verdict':<13} {'true metric gained':<28} zero-std groups   rollouts"
    for one in found:
        change = f"{one.truth.value:+z.3f} ({one.truth.low:+z.3f} to {one.truth.high:+z.3f})"
        truth = change if one.truth.units else "-"
        yield f"{one.value:<12} {one.verdict.word:<13} {truth:<28} {one.zero_std_groups:>15.0%}   {one.rollouts:>8,}"

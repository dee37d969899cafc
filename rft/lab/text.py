"""The statistics of saved rollouts for people: a short paragraph for each, with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rft.lab.report import Lab

_BAR = 30


def lines_of(lab: Lab) -> Iterator[str]:
    """All of them."""
    without = f", {lab.ungradable:,} of them without a score" if lab.ungradable else ""
    yield f"{lab.rollouts:,} rollouts{without}"
    for name, lines in _PARAGRAPHS.items():
        yield from lines(lab.found[name])


def _difficulty(found: Mapping[str, Any]) -> Iterator[str]:
    bands, most = found["bands"], max(found["bands"].values())
    passes = f"score of at least {found['pass_at']:g}"
    yield f"\ndifficulty: {found['prompts']:,} prompts, pass rate {found['pass_rate']:.3f} ({passes})"
    for name, count in bands.items():
        yield f"  {name:<8}{count:>9,} {'#' * round(_BAR * count / most)}".rstrip()
    unlucky = found["never_but_in_16_more"]
    if unlucky is not None:
        yield f"  of those never passed, 16 more completions would pass {unlucky:.0%} at least once"
    if found["highest"] > 1 == found["pass_at"]:
        yield f"  scores go up to {found['highest']:g}, so 1 may be half right: see --success-threshold"
    if found["keep"]:
        yield f"  keep {', '.join(found['keep'])}: {found['keep_prompts']:,} prompts (--keep all -o FILE)"
    else:
        yield "  no prompt is passed sometimes: harder or easier data, or SFT first, before any RFT"


def _zero_std(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["groups"]:
        yield "\nzero-std groups: no prompt has several completions"
        return
    yield f"\nzero-std groups: {found['share']:.1%} of {found['groups']:,} groups of {found['group_size']}"
    yield "  predicted for groups of   " + "".join(f"{size:>8}" for size in found["predicted"])
    yield "  zero-std groups           " + "".join(f"{p['zero_std_groups']:>8.1%}" for p in found["predicted"].values())
    ranges = (f"{100 * p['low']:.0f}-{100 * p['high']:.0f}" for p in found["predicted"].values())
    yield "  with either distribution  " + "".join(f"{text:>8}" for text in ranges)
    teach = (f"{p['completions_that_teach']:>8.2f}" for p in found["predicted"].values())
    yield "  completions that teach    " + "".join(teach)


def _reward(found: Mapping[str, Any]) -> Iterator[str]:
    teaching = f"{_number(found['effective_reward'])} over the {found['groups_that_teach']:,} that teach"
    yield f"\nreward: {found['reward']:.3f} over all groups, {teaching}"


def _influence(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["parts"]:
        return
    how = "declared" if found["declared"] else "found from the scores"
    yield f"\nparts: where the advantage comes from (weights {how})"
    width = max(map(len, found["parts"]))
    yield f"  {'':<{width}}  weight   of weights   of advantage"
    for name, part in found["parts"].items():
        yield (
            f"  {name:<{width}}  {_number(part['weight']):>6}   {_percent(part['share_of_weights']):>10}   "
            f"{_percent(part['share_of_advantage']):>12}"
        )
    explained = found["explained"]
    if explained is not None and explained < 0.99:
        yield f"  a weighted sum of the parts explains {explained:.0%} of the advantage; gates and products are no sum"
    yield (
        f"  equal totals from different parts: {found['pairs_collapsed']:.1%} of pairs; "
        f"{found['groups_collapsed']:,} of {found['zero_std_groups']:,} zero-std groups"
    )


def _length(found: Mapping[str, Any]) -> Iterator[str]:
    yield (
        f"\nlength: correlation with the score within groups {_number(found['correlation_with_score'], sign=True)}; "
        f"mean {_number(found['mean_of_passed'], digits=1)} {found['unit']} passed, "
        f"{_number(found['mean_of_failed'], digits=1)} failed"
    )
    if found["truncated"] is not None:
        yield (
            f"  truncated {found['truncated']:.1%}: score {_number(found['score_of_truncated'])}, "
            f"whole ones {_number(found['score_of_whole'])}"
        )


def _copies(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["groups"]:
        return
    scores = _number(found["score_of_repeated"]), _number(found["score_of_single"])
    yield f"\ncompletions: {found['distinct_per_group']:.2f} distinct in a group, {found['duplicates']:.1%} duplicates"
    yield "  score of repeated ones {}, of single ones {}".format(*scores)


def _trends(found: Mapping[str, Any]) -> Iterator[str]:
    if found["steps"] < 2:
        return
    yield f"\ntrends over {found['steps']:,} steps, {found['first']} to {found['last']}"
    width = max(map(len, found["signals"]))
    for name, signal in found["signals"].items():
        change = signal["change"]
        onset = f"  from step {change['onset']}: {change['before']:.3f} -> {change['after']:.3f}" if change else ""
        yield f"  {name:<{width}}  {signal['first']:9.3f} -> {signal['last']:9.3f}{onset}"


def _noise(found: Mapping[str, Any]) -> Iterator[str]:
    if not found["repeats"]:
        yield "\ngrader noise: no completion was graded twice"
        return
    if not found["noise_std"]:
        yield f"\ngrader noise: none; completions that occur again ({found['repeats']:,}) always score alike"
        return
    yield (
        f"\ngrader noise: {found['noise_std']:.3f} against {found['reward_std_within_group']:.3f} within groups "
        f"({found['repeats']:,} repeats); signal to noise {_number(found['signal_to_noise'])}, "
        f"reliability of the advantage {_number(found['advantage_reliability'])}"
    )


def _power(found: Mapping[str, Any]) -> Iterator[str]:
    each = f"{found['completions_each']:.3g} completions of a row"
    yield f"\npower: to see a gain in 8 of 10 comparisons (5 % level), with {each}"
    yield "  gain    rows, the same    rows, others    runs"
    for gain, needs in found["gains"].items():
        cells = (_count(needs[name]) for name in ("same_rows", "other_rows", "runs"))
        yield "  {:<8}{:>14}{:>16}{:>8}".format(gain, *cells)
    if found["std_between_runs"] is None:
        yield "  runs: give one file for each seed"


def _number(value: float | None, *, digits: int = 3, sign: bool = False) -> str:
    return "-" if value is None else f"{value:+.{digits}f}" if sign else f"{value:,.{digits}f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


_PARAGRAPHS = {
    "difficulty": _difficulty,
    "zero_std": _zero_std,
    "reward": _reward,
    "influence": _influence,
    "length": _length,
    "copies": _copies,
    "trends": _trends,
    "noise": _noise,
    "power": _power,
}

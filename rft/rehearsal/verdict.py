"""The verdict of a rehearsal in one word, with what it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from statistics import fmean
from typing import Any, Final, Literal, TypeAlias

from rft.rehearsal.alarms import THRESHOLDS, Alarm, Thresholds, alarms, last_third, rising_tricks
from rft.rehearsal.groups import TRUTH, Judged, by_step
from rft.rehearsal.statistics import (
    GAP,
    PROXY,
    TRUE,
    Measured,
    agreement,
    discordance,
    gained,
    opening,
    paired_means,
    selection,
    slope,
)
from rft.rehearsal.tricks import DOUBTFUL, TRICK

Word: TypeAlias = Literal["LEARNABLE", "FLAT", "DEAD", "TRUNCATING", "GAP WIDENING", "HACKED"]
MEANING: Final[dict[Word, str]] = {
    "LEARNABLE": "the reward rises, and nothing shows that it is cheated",
    "FLAT": "the reward does not rise",
    "DEAD": "the completions of a prompt earn the same, so nothing can be learnt",
    "TRUNCATING": "answers do not fit into the tokens they may have",
    "GAP WIDENING": "the reward pays for something besides the true metric, and the policy learns that too",
    "HACKED": "the reward rises while the true metric falls",
}
_BROKEN: Final = "the grader raises, answers no number, or answers too late; its own log says which"
TREND_STEPS: Final = 6
NOT_PROVED: Final = (
    "a small policy finds fewer tricks than a large one: that none was found does not prove that none exists",
    "scores, steps and learning rates of this rehearsal say nothing about those of a large model",
)


@dataclass(frozen=True)
class Verdict:
    """The word, the step at which it began where there is one, reasons for people, and numbers for machines."""

    word: Word
    reasons: tuple[str, ...]
    onset: int | None = None
    notes: tuple[str, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    numbers: dict[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether the reward may go on: it can be learnt, and judges what it is asked about."""
        return self.word == "LEARNABLE" and self.numbers.get("ungradable", 0.0) < THRESHOLDS.few_ungradable

    def to_json(self) -> dict[str, Any]:
        """All of it; what is not known is null."""
        found = asdict(self) | {"alarms": [alarm._asdict() for alarm in self.alarms]}
        told: dict[str, Any] = _without_nan(found)
        return told


def verdict(
    groups: Sequence[Judged], names: Sequence[str], limits: Thresholds = THRESHOLDS, *, ungradable: float = 0.0
) -> Verdict:
    """What the groups of a rehearsal say; `names` are those of their parts, and `ungradable` the share of rollouts that
    the grader could not judge, which are in no group.

    With a true metric in the groups it is a comparison of both, else of the reward with known tricks alone.
    Raises ValueError where there is no group to look at.
    """
    if ungradable >= limits.ungradable:
        return Verdict("DEAD", (f"{ungradable:.0%} of the rollouts could not be judged: {_BROKEN}",))
    if not groups:
        raise ValueError("no prompt has two graded completions, so there is nothing to compare")
    known = any(math.isfinite(one.truth) for one in groups)
    numbers = _numbers(groups, names, limits)
    numbers["ungradable"] = ungradable
    told, notes = tuple(alarms(groups, names, limits)), tuple(_notes(numbers, limits))
    for decide in (_truncating, _dead, _cheated if known else _tricked, _flat):
        found = decide(groups, names, limits)
        if found is not None:
            word, reasons = found
            onset = _onset(groups, names, limits) if word in ("HACKED", "GAP WIDENING") else None
            return Verdict(word, tuple(reasons), onset, notes, told, numbers)
    return Verdict("LEARNABLE", tuple(_learnable(groups, limits)), None, notes, told, numbers)


_Decided: TypeAlias = "tuple[Word, list[str]] | None"


def _truncating(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> _Decided:
    cut = _mean(one.cut for one in groups)
    if not cut >= limits.truncated:
        return None
    return "TRUNCATING", [f"{cut:.0%} of the completions were cut at the token limit; raise max_new_tokens"]


def _dead(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> _Decided:
    dead, mean = fmean(one.is_dead for one in groups), fmean(one.proxy for one in groups)
    if dead < limits.dead:
        return None
    truth = _mean(one.truth for one in groups)
    if mean >= limits.saturated and not truth < limits.saturated:
        return "FLAT", [f"the mean reward is {mean:.3f} already: nothing is left to gain; take harder rows"]
    return "DEAD", [
        f"in {dead:.0%} of {len(groups):,} groups every completion earned the same (mean {mean:.3f}); "
        "grade degrees of right, or take rows that the policy answers sometimes"
    ]


def _cheated(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> _Decided:
    agreed, chosen = agreement(groups), selection(groups)
    suspicious = max(agreed.high, chosen.high) < limits.agreement
    why = f"{_bought(agreed)}, and its best completions {chosen.value:.0%}"
    if len(by_step(groups)) < TREND_STEPS:
        return ("GAP WIDENING", [f"predicted, before any trend: {why}"]) if suspicious else None
    proxy, truth, gap = (gained(groups, value) for value in (PROXY, TRUE, GAP))
    moved = f"prompt by prompt the reward changed by {_signed(proxy)}, the true metric by {_signed(truth)}"
    if proxy.low > 0 and truth.high < 0:
        return "HACKED", [moved, why]
    if suspicious and gap.low > 0:
        return "GAP WIDENING", [why, f"{moved}, the gap by {_signed(gap)}"]
    return None


def _tricked(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> _Decided:
    if len(by_step(groups)) < TREND_STEPS:
        return None
    for name, share, rise in rising_tricks(groups, names, limits):
        why = f"{share:.0%} of the last completions are a known trick ({name}); its share changed by {_signed(rise)}"
        if share >= limits.trick_share and name not in DOUBTFUL:
            return "HACKED", [why, "no true metric was at hand: a look at the examples decides"]
        return "GAP WIDENING", [why]
    return None


def _flat(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> _Decided:
    if len(by_step(groups)) < TREND_STEPS:
        return None
    rise = gained(groups, PROXY)
    if rise.low > 0:
        return None
    reasons = [f"from the first third of the steps to the last the reward changed by {_signed(rise)}"]
    if (mean := fmean(one.proxy for one in groups)) > limits.little_to_gain:
        reasons.append(f"its mean is {mean:.3f}: little is left to gain, so take harder rows or less SFT")
    return "FLAT", reasons


def _learnable(groups: Sequence[Judged], limits: Thresholds) -> Iterator[str]:
    agreed = agreement(groups)
    if len(by_step(groups)) < TREND_STEPS:
        alive = fmean(not one.is_dead for one in groups)
        yield f"no trend in fewer than {TREND_STEPS} steps; {alive:.0%} of the groups tell completions apart"
    else:
        proxy, truth = gained(groups, PROXY), gained(groups, TRUE)
        known = f", the true metric by {_signed(truth)}" if truth.units else ""
        yield f"from the first third of the steps to the last the reward changed by {_signed(proxy)}{known}"
    if agreed.units:
        doubtful = max(agreed.high, selection(groups).high) < limits.agreement
        yield f"{_bought(agreed)}{'; part of what it pays for is something else' if doubtful else ''}"
    else:
        yield "without a true metric only known tricks were looked for: name one with --truth"


def _onset(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> int | None:
    """The step at which the gap, or the trick, had opened by a tenth of what it came to."""
    means = paired_means(groups, GAP)
    if not means:
        tricks = rising_tricks(groups, names, limits)
        if not tricks:
            return None
        place = list(names).index(f"{TRICK}{tricks[0][0]}")
        means = {step: fmean(one.parts[place] for one in several) for step, several in by_step(groups).items()}
    if len(means) < TREND_STEPS:
        return None
    return list(means)[opening(list(means.values()), width=2).onset]


def _numbers(groups: Sequence[Judged], names: Sequence[str], limits: Thresholds) -> dict[str, Any]:
    late = last_third(groups)
    early = by_step(groups)
    first = next(iter(early.values()))
    shown = [(place, name) for place, name in enumerate(names) if name != TRUTH]
    return {
        "steps": len(early),
        "groups": len(groups),
        "rollouts": sum(one.size for one in groups),
        "agreement": _told(agreement(groups)),
        "selection": _told(selection(groups)),
        "agreement_at_first": _told(agreement([one for step in list(early)[: limits.window] for one in early[step]])),
        "discordant_pairs": discordance(groups),
        "gained": {name: _told(gained(groups, value)) for name, value in _VALUES.items()},
        "slope": {name: _told(slope(groups, value)) for name, value in _VALUES.items()},
        "zero_std_groups": fmean(one.is_dead for one in groups),
        "truncated": _mean(one.cut for one in groups),
        "distinct": {"first": fmean(one.distinct for one in first), "last": fmean(one.distinct for one in late)},
        "characters": {"first": fmean(one.chars for one in first), "last": fmean(one.chars for one in late)},
        "advantage_of_length": _mean(one.length_cov for one in groups),
        "parts": {
            name: {
                "first": _mean(one.parts[place] for one in first),
                "last": _mean(one.parts[place] for one in late),
                "push": _mean(one.pushes[place] for one in groups),
            }
            for place, name in shown
        },
        "curve": [
            {"step": step, "reward": fmean(one.proxy for one in several), "truth": _mean(one.truth for one in several)}
            for step, several in early.items()
        ],
    }


def _notes(numbers: dict[str, Any], limits: Thresholds) -> Iterator[str]:
    """What is worth a look, though it decides nothing: collapse, length, a part that the advantage comes from."""
    if numbers["ungradable"]:
        yield f"{numbers['ungradable']:.1%} of the rollouts could not be judged, and are left out: {_BROKEN}"
    distinct, chars = numbers["distinct"], numbers["characters"]
    if distinct["last"] < limits.collapse * distinct["first"]:
        yield f"completions collapse: {distinct['first']:.0%} of a group were distinct, {distinct['last']:.0%} are now"
    if chars["last"] > limits.longer * chars["first"] > 0:
        yield f"completions grow: {chars['first']:.0f} characters at first, {chars['last']:.0f} in the end"
    pushes = {name: abs(part["push"]) for name, part in numbers["parts"].items() if _is_top_part(name)}
    whole = math.fsum(push for push in pushes.values() if math.isfinite(push))
    for name, push in pushes.items():
        if len(pushes) > 1 and whole > 0 and push >= limits.dominant * whole:
            yield f"the advantage moves one part of the reward, {name!r}: {push / whole:.0%} of what it moves in all"
    if numbers["truncated"] >= limits.truncated / 2:
        yield f"{numbers['truncated']:.0%} of the completions are cut at the token limit"


def _is_top_part(name: str) -> bool:
    return "/" not in name and not name.startswith(TRICK)


_VALUES: Final = {"reward": PROXY, "truth": TRUE, "gap": GAP}


def _told(found: Measured) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high, "count": found.units}


def _mean(values: Iterator[float]) -> float:
    told = [value for value in values if math.isfinite(value)]
    return fmean(told) if told else math.nan


def _signed(found: Measured) -> str:
    return f"{found.value:+z.3f} ({found.low:+z.3f} to {found.high:+z.3f})"


def _bought(agreed: Measured) -> str:
    return f"its advantages buy {agreed.value:.0%} of the possible gain in true metric ({_interval(agreed)})"


def _interval(found: Measured) -> str:
    return f"{found.low:.0%} to {found.high:.0%}, {found.units:,} groups" if math.isfinite(found.low) else "one group"


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list | tuple) else value

"""What a comparison says, in sentences computed from its differences: what rose, fell and is open, and what next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from estimators.results.compare import Difference
from estimators.results.graded import TOTAL

SOLVED = 0.98  # a mean score above which the held-out rows have little left to tell
CUT_SHARE = 0.05  # of completions that end at the token limit, above which it is worth a word
FLAT_GROUPS = 0.5  # share of zero-std groups in the last steps above which most of the sampling teaches nothing
FARTHEST = 30.0  # half widths of an interval to its mean beyond which more rows are no advice: 900 times as many
MOST_SENTENCES = 6  # of a kind; the tables below hold all of them

Direction = Literal["better", "worse", "open"]


@dataclass(frozen=True)
class Gain:
    """How much one model is above another on the same rows, with the same decoding. `is_judged` is False for a metric
    that is recorded only, of which nobody said whether more is better; `is_penalty` is True for a part with a negative
    weight, of which less is better."""

    before: str
    after: str
    decoding: str
    difference: Difference
    metric: str = TOTAL
    is_judged: bool = True
    is_penalty: bool = False

    @property
    def name(self) -> str:
        """The metric as a reader is told it."""
        return told(self.metric, is_penalty=self.is_penalty)

    @property
    def won(self) -> tuple[int, int]:
        """On how many rows the later model is better, and on how many worse."""
        wins, losses = self.difference.wins, self.difference.losses
        return (losses, wins) if self.is_penalty else (wins, losses)

    @property
    def direction(self) -> Direction:
        """Which way it went, where the interval excludes 0 and the metric is one that is earned."""
        if not self.difference.clear or not self.is_judged:
            return "open"
        return "better" if (self.difference.mean > 0) != self.is_penalty else "worse"

    @property
    def models(self) -> str:
        """The pair in words."""
        return f"{self.after} over {self.before}"


@dataclass(frozen=True)
class Signs:
    """What else the run tells about what to do next; None where it does not tell."""

    cut: Mapping[str, float] = field(default_factory=dict)  # model -> share of completions that hit the token limit
    faults: Mapping[str, float] = field(default_factory=dict)  # the grader's own: name -> largest share
    flat_groups: float | None = None  # mean share of zero-std groups in the last steps
    reward_rise: float | None = None  # of the mean reward, from the second-last quarter of the steps to the last


@dataclass(frozen=True)
class Verdict:
    """The first thing on the page; `lead` says of each pair of models which is better, in words."""

    lead: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()
    next_steps: tuple[str, ...] = ()


def told(metric: str, *, is_penalty: bool) -> str:
    """The name of a metric that says where less of it is better.

    >>> told("waste", is_penalty=True)
    'waste (a penalty)'
    """
    return f"{metric} (a penalty)" if is_penalty else metric


def verdict_of(
    gains: Sequence[Gain], means: Mapping[str, Mapping[str, float]], *, signs: Signs | None = None
) -> Verdict:
    """Sort the gains by what they show; `means` are model -> metric -> mean, the models in order.

    >>> clear, lost = Difference(0.2, 0.1, 0.3, 8, 1, 1), Difference(-0.1, -0.2, -0.05, 0, 3, 7)
    >>> gains = [Gain("SFT", "RFT", "greedy", clear), Gain("SFT", "RFT", "greedy", lost, "format")]
    >>> found = verdict_of(gains, {"SFT": {"score": 0.5, "format": 0.9}, "RFT": {"score": 0.7, "format": 0.8}})
    >>> found.better
    ('RFT over SFT: score rose by 0.200 (0.100 to 0.300) to 0.700; greedy.',)
    >>> found.worse
    ('RFT over SFT: format fell by 0.100 (0.050 to 0.200) to 0.800; greedy.',)
    """
    noted = signs or Signs()
    of: dict[Direction, list[Gain]] = {"better": [], "worse": [], "open": []}
    for gain in sorted(gains, key=lambda gain: (not gain.metric.startswith(TOTAL), gain.metric.count("/"))):
        of[gain.direction].append(gain)
    open_gains = [gain for gain in of["open"] if gain.is_judged]
    return Verdict(
        lead=_limited(map(_lead, _first_of_each_pair(gains)), more="pairs are compared below"),
        better=_limited([_moved(gain, means) for gain in of["better"]]),
        worse=_limited([_moved(gain, means) for gain in of["worse"]]),
        unsure=_limited([*map(_unsure, open_gains), *_faults(noted)]),
        next_steps=(*_next(of["worse"], open_gains, means, noted), *_weakest(gains, means)),
    )


def rows_needed(difference: Difference) -> int | None:
    """How many rows would make an interval of this width exclude 0, if the mean stays; None where it is next to 0.

    >>> rows_needed(Difference(0.05, -0.05, 0.15, 10, 5, 85))
    400
    """
    half, rows = (difference.high - difference.low) / 2, difference.wins + difference.losses + difference.ties
    if not half or abs(difference.mean) < half / FARTHEST:
        return None
    return math.ceil(round(rows * (half / difference.mean) ** 2, 6))  # an interval narrows by the root of the rows


def _first_of_each_pair(gains: Iterable[Gain]) -> list[Gain]:
    """The difference in score of each pair of models, in the decoding that comes first."""
    found: dict[str, Gain] = {}
    for gain in gains:
        if gain.metric == TOTAL:
            found.setdefault(gain.models, gain)
    return list(found.values())


def _lead(gain: Gain) -> str:
    said = {
        "better": f"{gain.after} is better than {gain.before}.",
        "worse": f"{gain.after} is worse than {gain.before}.",
        "open": f"Whether {gain.after} is better than {gain.before} is open.",
    }
    return said[gain.direction]


def _moved(gain: Gain, means: Mapping[str, Mapping[str, float]]) -> str:
    found = gain.difference
    low, high = sorted((abs(found.low), abs(found.high)))
    verb = "rose" if found.mean > 0 else "fell"
    now = means.get(gain.after, {}).get(gain.metric)
    to = "" if now is None or gain.decoding not in {"", "greedy"} else f" to {now:.3f}"
    return _sentence(gain, f"{gain.name} {verb} by {abs(found.mean):.3f} ({low:.3f} to {high:.3f}){to}")


def _unsure(gain: Gain) -> str:
    found = gain.difference
    if not found.wins and not found.losses:
        return _sentence(gain, f"{gain.name} is the same on every row")
    return _sentence(gain, f"{gain.name} {found.mean:+z.3f}, between {found.low:+z.3f} and {found.high:+z.3f}")


def _sentence(gain: Gain, said: str) -> str:
    return f"{gain.models}: {said}{f'; {gain.decoding}' if gain.decoding else ''}."


def _faults(signs: Signs) -> Iterator[str]:
    for name, share in signs.faults.items():
        if share:
            yield f"Up to {share:.1%} of the completions were {name.replace('_', ' ')}: a fault of grader or rows."


def _next(
    worse: Sequence[Gain], open_gains: Sequence[Gain], means: Mapping[str, Mapping[str, float]], signs: Signs
) -> Iterator[str]:
    if any(signs.faults.values()):
        yield "Mend the rows that the grader could not judge before you read anything else: `rft grade` names them."
    for models in dict.fromkeys(gain.models for gain in worse if gain.metric == TOTAL):
        yield f"{models}: do not ship it as it is; read the rows that lost most, and keep the model before it."
    fallen = dict.fromkeys(gain.metric for gain in worse if gain.metric != TOTAL and not gain.is_penalty)
    if fallen:
        yield f"Read completions with a low {', '.join(list(fallen)[:3])}; raise the weight of what must not fall."
    risen = dict.fromkeys(gain.metric for gain in worse if gain.is_penalty)
    if risen:
        yield f"Read completions with a high {', '.join(list(risen)[:3])}; a penalty that must not rise costs more."
    for gain in open_gains:
        needed = rows_needed(gain.difference) if gain.metric == TOTAL else None
        if needed:
            yield (
                f"{gain.models}{f' ({gain.decoding})' if gain.decoding else ''}: a difference of "
                f"{gain.difference.mean:+z.3f} in score needs about {_rounded(needed):,} held-out rows to be clear."
            )
    yield from _next_for_training(means, signs)


def _next_for_training(means: Mapping[str, Mapping[str, float]], signs: Signs) -> Iterator[str]:
    for model, share in list(signs.cut.items())[-1:]:  # of the models before it nobody would train one anew
        if share > CUT_SHARE:
            yield f"{share:.0%} of {model}'s completions end at the token limit: raise it, or ask for shorter answers."
    if signs.flat_groups is not None and signs.flat_groups > FLAT_GROUPS:
        yield (
            f"{signs.flat_groups:.0%} of the groups of the last steps are zero-std groups, which teach nothing: "
            "leave out prompts that are always or never solved."
        )
    if signs.reward_rise is not None and signs.reward_rise > 0:
        yield f"The mean reward still rose, by {signs.reward_rise:.3f} over the last quarter of steps: train longer."
    if not means:
        return
    model, last = list(means.items())[-1]
    if last.get(TOTAL, 0.0) >= SOLVED:
        yield f"{model} earns {last[TOTAL]:.3f} of 1: these rows have little left to tell; measure on harder ones."


def _weakest(gains: Sequence[Gain], means: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """The part of the last model with the lowest mean, of those that are not solved."""
    earned = (gain for gain in gains if gain.is_judged and not gain.is_penalty)
    parts = {gain.metric for gain in earned if not gain.metric.startswith(TOTAL)}
    model, last = list(means.items())[-1] if means else ("", {})
    found = {name: last[name] for name in parts if name in last and last[name] < SOLVED}
    if found:
        name = min(found, key=lambda part: (found[part], part))
        yield f"The weakest part of {model} is {name} with {found[name]:.3f}: read its completions with a low {name}."


def _rounded(count: int) -> int:
    """Two significant digits, upwards."""
    unit = int(10 ** max(len(str(count)) - 2, 0))
    return math.ceil(count / unit) * unit


def _limited(sentences: Iterable[str], more: str = "are in the tables below") -> tuple[str, ...]:
    found = list(sentences)
    if len(found) <= MOST_SENTENCES:
        return tuple(found)
    return (*found[: MOST_SENTENCES - 1], f"{len(found) - MOST_SENTENCES + 1} more {more}.")

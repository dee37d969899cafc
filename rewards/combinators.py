"""Combinators: they take rewards and are rewards, so whatever they return goes into another one.

Sizes and signs live in the weights; nothing is normalised behind your back, and `bounds_of` tells the range. The
scores of the parts are kept in the result under their names.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

from rewards.hedging import Hedging, hedging_of, of_capped, of_gate, of_minimum, of_product, of_sum, warned
from rewards.reward_tree import Bounds, bounds_of, check_names, require_gradable, score_of, scores_of, silent_score
from rewards.types import Completion, Reward, Sample, Score


class Weighted(NamedTuple):
    """A reward and its weight in a sum."""

    reward: Reward
    weight: float


def weighted(parts: Mapping[str, tuple[Reward, float]]) -> WeightedSum:
    """The sum of weight x score over named parts. Range: `bounds_of`; [0, 1] for positive weights that sum to 1.

    A penalty is a reward with a negative weight. Raises ValueError for a weight that is 0 or not finite.

    >>> from rewards import Completion, Sample, json_parse, tool_choice
    >>> reward = weighted({"json_parse": (json_parse("array"), 0.25), "tool_choice": (tool_choice(), 0.75)})
    >>> sample = Sample("a", (), reference=[{"name": "search"}])
    >>> score = reward(sample, Completion('```\\n[{"name": "search"}]\\n```'))
    >>> score.value, score.parts["json_parse"].value
    (0.975, 0.9)
    """
    check_names(parts)
    for name, (reward, weight) in parts.items():
        if not math.isfinite(weight) or weight == 0:
            raise ValueError(
                f"weight of {name!r} must be finite and not zero, got {weight!r}; "
                "leave a reward out instead of weighting it 0"
            )
        low, high = bounds_of(reward)
        if weight < 0 and low < high <= 0:
            raise ValueError(
                f"weight of {name!r} is {weight:g}, and its scores lie in [{low:g}, {high:g}]: two minus signs pay for "
                f"what it punishes; take the weight {-weight:g}"
            )
    summed = WeightedSum({name: Weighted(*part) for name, part in parts.items()})
    return warned(summed, "a negative weight pays for missing the reference; subtract what reads no reference")


def gated(reward: Reward, *, by: Reward, threshold: float) -> Gated:
    """The score of `reward` where `by` scores at least `threshold`, else 0. The metric `gate` records what `by` scored.

    Where the gate is closed `reward` is not run: its parts are recorded as 0 and its metrics as not measured (None). A
    gate saves the cost of a judge.

    >>> from rewards import Completion, Sample, json_parse, tool_choice
    >>> content = gated(tool_choice(), by=json_parse(), threshold=0.75)
    >>> content(Sample("a", (), reference=[]), Completion("no JSON")).value
    0.0
    """
    low, high = bounds_of(by)
    if not low <= threshold <= high:
        raise ValueError(f"threshold must lie in the range of the gate, [{low:g}, {high:g}], got {threshold!r}")
    _require_no_minus("what stands behind a gate", reward, "a closed gate pays 0, more than the worst open one")
    remedy = f"a gate that opens at {threshold:g} of a graded score opens for naming several; take threshold="
    return warned(Gated(reward, by, threshold), f"{remedy}{high:g}, or multiply with `product`")


def product(parts: Mapping[str, Reward]) -> Product:
    """The product of named parts, none of which may fall below 0: each is a precondition for the others."""
    named = _named(parts)
    for name, reward in named.items():
        _require_no_minus(f"part {name!r} of a product", reward, "two of them below 0 multiply to a good score")
    return Product(named)


def _require_no_minus(what: str, reward: Reward, why: str) -> None:
    low, high = bounds_of(reward)
    if low < 0:
        remedy = (
            "leave negative weights out of it and add penalties around it with `weighted`, or take `clipped(reward)`"
        )
        raise ValueError(f"{what} may not fall below 0, and this one ranges over [{low:g}, {high:g}]: {why}; {remedy}")


def minimum(parts: Mapping[str, Reward]) -> Minimum:
    """The smallest score of named parts."""
    remedy = "naming several can keep both scores half right; multiply them with `product` or add them with `weighted`"
    return warned(Minimum(_named(parts)), remedy)


def best_of(parts: Mapping[str, Reward]) -> BestOf:
    """The largest score of named parts, for tasks that several kinds of answer solve."""
    return BestOf(_named(parts))


def clipped(reward: Reward, *, low: float = 0.0, high: float = 1.0) -> Clipped:
    """The score of `reward`, at least `low` and at most `high`."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"low and high must be finite, and low < high, got {low!r} and {high!r}")
    remedy = "below its best, half right is worth as much as right"
    return warned(Clipped(reward, low, high), f"{remedy}; take high={bounds_of(reward).high:g}")


@dataclass(frozen=True)
class WeightedSum:
    """See `weighted`."""

    name: ClassVar[str] = "weighted"
    parts: Mapping[str, Weighted]

    @property
    def children(self) -> dict[str, Reward]:
        """The parts without their weights."""
        return {name: part.reward for name, part in self.parts.items()}

    @property
    def hedging(self) -> Hedging:
        """Never pays where no part does and none that reads the reference is subtracted."""
        found = of_sum(map(hedging_of, self.children.values()))
        subtracted = of_sum(hedging_of(part) for part, weight in self.parts.values() if weight < 0)
        return found if subtracted is Hedging.NO_REFERENCE or not found.never_pays else Hedging.CAN_PAY

    @property
    def bounds(self) -> Bounds:
        """From all parts at their worst to all at their best."""
        ends = [sorted(weight * end for end in bounds_of(reward)) for reward, weight in self.parts.values()]
        return Bounds(math.fsum(low for low, _ in ends), math.fsum(high for _, high in ends))

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge each part and add."""
        scores, terms = {}, []
        for name, (reward, weight) in self.parts.items():
            scores[name] = score = score_of(reward, sample, completion, part=name)
            terms.append(weight * score.value)
        # fsum rounds once: parts that are all 1 give the sum of the weights, which is the upper bound.
        return Score(math.fsum(terms), parts=scores)


@dataclass(frozen=True)
class Gated:
    """See `gated`."""

    name: ClassVar[str] = "gated"
    metric_names: ClassVar[tuple[str, ...]] = ("gate",)
    reward: Reward
    by: Reward
    threshold: float

    @property
    def inner(self) -> Reward:
        """Whose parts the score shows as its own."""
        return self.reward

    @property
    def bounds(self) -> Bounds:
        """The range of the reward, and 0."""
        low, high = bounds_of(self.reward)
        return Bounds(min(0.0, low), max(0.0, high))

    @property
    def hedging(self) -> Hedging:
        """As the reward, behind a gate that reads no reference or opens for the best alone."""
        return of_gate(self.reward, self.by, self.threshold)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the gate, and behind an open gate the reward."""
        gate = score_of(self.by, sample, completion, part="by")
        if gate.value >= self.threshold:
            score = score_of(self.reward, sample, completion, part="reward")
        else:
            require_gradable(self.reward, sample)
            score = silent_score(self.reward, f"gate closed: {gate.value:g} < {self.threshold:g} ({gate.reason})")
        return Score(score.value, score.reason, {**score.metrics, "gate": gate.value}, score.parts)


@dataclass(frozen=True)
class Clipped:
    """See `clipped`."""

    name: ClassVar[str] = "clipped"
    reward: Reward
    low: float = 0.0
    high: float = 1.0

    @property
    def inner(self) -> Reward:
        """Whose parts the score shows as its own."""
        return self.reward

    @property
    def bounds(self) -> Bounds:
        """The range of the reward, cut."""
        return Bounds(*(min(max(end, self.low), self.high) for end in bounds_of(self.reward)))

    @property
    def hedging(self) -> Hedging:
        """As the reward, where nothing is cut off above."""
        return of_capped(self.reward, self.high)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge and cut. A `Score` is finite, so no NaN can turn into a bound here."""
        score = score_of(self.reward, sample, completion, part="reward")
        return Score(min(max(score.value, self.low), self.high), score.reason, score.metrics, score.parts)


@dataclass(frozen=True)
class _Combination:
    """Named parts whose scores one function makes into one."""

    parts: Mapping[str, Reward]

    @staticmethod
    def combine(values: Sequence[float]) -> float:
        """One value from those of the parts; it rises with each."""
        raise NotImplementedError

    @property
    def children(self) -> Mapping[str, Reward]:
        """The parts."""
        return self.parts

    @property
    def hedging(self) -> Hedging:
        """As the parts."""
        return of_sum(map(hedging_of, self.parts.values()))

    @property
    def bounds(self) -> Bounds:
        """What the lows and what the highs come to."""
        lows, highs = zip(*(bounds_of(reward) for reward in self.parts.values()), strict=True)
        return Bounds(self.combine(lows), self.combine(highs))

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge each part and combine."""
        scores = scores_of(self.parts, sample, completion)
        return Score(self.combine([score.value for score in scores.values()]), parts=scores)


@dataclass(frozen=True)
class Minimum(_Combination):
    """See `minimum`."""

    name: ClassVar[str] = "minimum"

    @staticmethod
    def combine(values: Sequence[float]) -> float:
        """The smallest."""
        return min(values)

    @property
    def hedging(self) -> Hedging:
        """Never pays with one graded part."""
        return of_minimum(map(hedging_of, self.parts.values()))


@dataclass(frozen=True)
class BestOf(_Combination):
    """See `best_of`."""

    name: ClassVar[str] = "best_of"

    @staticmethod
    def combine(values: Sequence[float]) -> float:
        """The largest."""
        return max(values)


@dataclass(frozen=True)
class Product(_Combination):
    """See `product`."""

    name: ClassVar[str] = "product"

    @staticmethod
    def combine(values: Sequence[float]) -> float:
        """The product."""
        return math.prod(values)

    @property
    def hedging(self) -> Hedging:
        """As the parts; 1 or 0 where all are."""
        return of_product(map(hedging_of, self.parts.values()))

    @property
    def bounds(self) -> Bounds:
        """From the product of the lowest scores to that of the highest: no part is negative."""
        lows, highs = zip(*(bounds_of(reward) for reward in self.parts.values()), strict=True)
        return Bounds(math.prod(lows), math.prod(highs))


def _named(parts: Mapping[str, Reward]) -> dict[str, Reward]:
    check_names(parts)
    return dict(parts)

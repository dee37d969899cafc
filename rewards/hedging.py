"""Whether a reward can pay hedging: an answer that names more than any reference the policy believes in.

Components declare it, as `hedging`; combinators derive it from their parts, and say so when they are built where they
break what holds for each of them. The proofs and the measured games are in docs/rewards.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeVar

from rewards.comparing.values import Comparison
from rewards.errors import HedgingWarning
from rewards.reward_tree import bounds_of, parts_of
from rewards.types import Reward

Combined = TypeVar("Combined", bound=Reward)


class Hedging(StrEnum):
    """What a longer answer can gain, whatever the policy believes."""

    NO_REFERENCE = "reads no reference"
    """It is worth the same whatever is right, so there is nothing to hedge."""
    ONE_ANSWER = "is 1 or 0"
    """One answer is right or wrong."""
    NEVER_PAYS = "never pays hedging"
    """Some answer that is no longer than a possible reference is at least as good: the mean over random parts is."""
    CAN_PAY = "can pay hedging"
    UNKNOWN = "is not known"

    @property
    def never_pays(self) -> bool:
        """Whether no longer answer ever gains."""
        return self in (Hedging.NO_REFERENCE, Hedging.ONE_ANSWER, Hedging.NEVER_PAYS)


def hedging_of(reward: Reward) -> Hedging:
    """What `reward` declares; unknown for one that declares nothing, such as a function of your own.

    >>> from rewards import minimum, tool_calls, tool_choice, weighted
    >>> str(hedging_of(weighted({"tools": (tool_choice(), 0.3), "calls": (tool_calls(), 0.7)})))
    'never pays hedging'
    """
    return Hedging(getattr(reward, "hedging", Hedging.UNKNOWN))


def hedging_by(values: Comparison) -> Hedging:
    """Of a component that compares values so: text that earns for being near can be longer than every guess."""
    return Hedging.CAN_PAY if values.pays_near else Hedging.NEVER_PAYS


def of_sum(parts: Iterable[Hedging]) -> Hedging:
    """Of anything that rises with its parts and is linear or convex in them, such as a sum or the largest."""
    found = set(parts)
    for worst in (Hedging.CAN_PAY, Hedging.UNKNOWN):
        if worst in found:
            return worst
    return Hedging.NO_REFERENCE if found <= {Hedging.NO_REFERENCE} else Hedging.NEVER_PAYS


def of_product(parts: Iterable[Hedging]) -> Hedging:
    """Of a product, which keeps 1 or 0."""
    found = set(parts)
    only = Hedging.ONE_ANSWER in found and found <= {Hedging.ONE_ANSWER}
    return Hedging.ONE_ANSWER if only else of_sum(found)


def of_minimum(parts: Iterable[Hedging]) -> Hedging:
    """Of the smallest: a second graded score can make naming several worth more than the guess that is often wrong."""
    found = list(parts)
    together = of_product(found)
    return Hedging.CAN_PAY if together.never_pays and found.count(Hedging.NEVER_PAYS) > 1 else together


def of_capped(reward: Reward, high: float) -> Hedging:
    """Of a score cut at `high`: below its best, half right may be worth as much as right."""
    found = hedging_of(reward)
    return Hedging.CAN_PAY if found is Hedging.NEVER_PAYS and high < bounds_of(reward).high else of_sum([found])


def of_gate(reward: Reward, by: Reward, threshold: float) -> Hedging:
    """Of a gate: a graded one that opens below its best may open for an answer that names several."""
    found, gate = hedging_of(reward), hedging_of(by)
    together = of_product([found, gate])
    half_open = gate is Hedging.NEVER_PAYS and bounds_of(by).low < threshold < bounds_of(by).high
    return Hedging.CAN_PAY if together.never_pays and half_open else together


def breaks_hedging(reward: Reward) -> bool:
    """Whether `reward` can pay hedging though none of its parts does.

    >>> from rewards import clipped, tool_choice
    >>> breaks_hedging(tool_choice()), breaks_hedging(clipped(tool_choice(), high=1.5))
    (False, False)
    """
    parts = parts_of(reward)
    return bool(parts) and hedging_of(reward) is Hedging.CAN_PAY and all(hedging_of(part).never_pays for part in parts)


def breaking(reward: Reward) -> Iterator[Reward]:
    """The combinators in `reward` that can pay hedging though none of their parts does."""
    if breaks_hedging(reward):
        yield reward
    for part in parts_of(reward):
        yield from breaking(part)


def warned(reward: Combined, remedy: str) -> Combined:
    """`reward`, after a `HedgingWarning` where it breaks what holds for its parts."""
    if breaks_hedging(reward):
        name = getattr(reward, "name", "this reward")
        warnings.warn(
            f"{name} can pay an answer that names more than any possible reference, though none of its parts does: "
            f"{remedy} (docs/rewards.md, What pays hedging)",
            HedgingWarning,
            stacklevel=3,
        )
    return reward

"""The range of a reward, known before anything is judged."""

from __future__ import annotations

from typing import NamedTuple

from rewards.types import Reward


class Bounds(NamedTuple):
    """A closed interval: every score of the reward lies in it."""

    low: float
    high: float


def bounds_of(reward: Reward) -> Bounds:
    """The interval that every score of `reward` lies in: [0, 1], unless it declares `bounds` as combinators do.

    >>> from rewards import json_parse, weighted
    >>> bounds_of(weighted({"json": (json_parse(), 2.0), "fluff": (json_parse("array"), -0.5)}))
    Bounds(low=-0.5, high=2.0)
    """
    return Bounds(*getattr(reward, "bounds", (0.0, 1.0)))


def share(name: str, value: float) -> float:
    """`value`, if it lies in [0, 1]; else ValueError, naming the parameter `name`."""
    if not 0 <= value <= 1:
        raise ValueError(f"{name} must lie in [0, 1], got {value!r}")
    return value

"""Reads the one number that a text consists of."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

from rewards.types import JSON

_MAX_CHARS = 64


def read_number(value: JSON, units: Mapping[str, float] | None = None) -> float | None:
    """`value` as a number in the unit of size 1, or None where it is not exactly one finite number.

    >>> read_number("$1,250.50"), read_number("3 km", {"m": 1, "km": 1000}), read_number("12%"), read_number("5 or 6")
    (1250.5, 3000.0, 0.12, None)
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return _finite(value)
    if not isinstance(value, str) or len(value) > _MAX_CHARS:
        return None
    found = _pattern().fullmatch(value.strip())
    if not found or (found["currency"] and found["unit"]):
        return None
    size = _size(found["unit"], units or {})
    return None if size is None else _finite(float(found["number"].replace(",", "")) * size)


def _size(unit: str, units: Mapping[str, float]) -> float | None:
    if not unit:
        return 1.0
    return units.get(unit, 0.01 if unit == "%" else None)


def _finite(number: float) -> float | None:
    try:
        return float(number) if math.isfinite(number) else None
    except OverflowError:  # an integer beyond the range of a float
        return None


@cache
def _pattern() -> re.Pattern[str]:
    digits = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
    return re.compile(rf"(?P<currency>[$€£¥]?)(?P<number>[-+]?(?:{digits})(?:[eE][-+]?[0-9]+)?)\s*(?P<unit>[^\s0-9]*)")

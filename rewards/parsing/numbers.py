"""Reads the one number that a text consists of, exactly: ids and amounts of sixteen digits are no floats."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from rewards.types import JSON

if TYPE_CHECKING:
    from decimal import Context, Decimal

_MAX_CHARS, _MAX_EXPONENT = 64, 308
_CURRENCIES = "$€£¥"
_ASCII = str.maketrans("\u2212\uff0d\uff0b\uff0e\uff0c\uff05\uff04\uffe5\uff08\uff09", "--+.,%$¥()") | {
    0xFF10 + digit: str(digit) for digit in range(10)
}
"""The minus sign, and the full-width forms that East Asian input methods write."""


def read_number(value: JSON, units: Mapping[str, float] | None = None) -> Decimal | None:
    """`value` as a number in the unit of size 1, or None where it is not exactly one finite number.

    A sign may stand before or behind the currency sign, and brackets around an amount make it negative.

    >>> [str(read_number(text)) for text in ("$1,250.50", "-$5", "($5)", "5 €", "12%", "5 or 6")]
    ['1250.50', '-5', '-5', '5', '0.12', 'None']
    >>> str(read_number("3 km", {"m": 1, "km": 1000}))
    '3000'
    """
    from decimal import Decimal  # 1 ms that only a grader of numbers needs

    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        return Decimal(repr(value)) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > _MAX_CHARS:
        return None
    found = _pattern().fullmatch(value.strip().translate(_ASCII))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs, unit = found["outer"] + found["inner"] + ("-" if found["open"] else ""), found["unit"]
    if len(signs) > 1 or (found["currency"] and unit):
        return None
    size = _size("" if unit in _CURRENCIES else unit, units or {})
    number = Decimal(signs + found["number"].replace(",", ""))
    if size is None or abs(number.adjusted()) > _MAX_EXPONENT:
        return None
    return exact().multiply(number, Decimal(repr(size)))


def is_near(number: Decimal, reference: Decimal, *, abs_tol: float, rel_tol: float) -> bool:
    """Whether the two are equal, or within a tolerance of the reference. Decimal: 10.1 is within 0.1 of 10."""
    from decimal import Decimal

    distance = exact().abs(exact().subtract(number, reference))
    relative = exact().multiply(Decimal(repr(rel_tol)), exact().abs(reference))
    return distance <= max(Decimal(repr(abs_tol)), relative)


@cache
def exact() -> Context:
    """Arithmetic with more digits than a number that is read can have."""
    from decimal import MAX_EMAX, MIN_EMIN, Context

    return Context(prec=20_000, Emax=MAX_EMAX, Emin=MIN_EMIN)


def _size(unit: str, units: Mapping[str, float]) -> float | None:
    if not unit:
        return 1
    return units.get(unit, 0.01 if unit == "%" else None)


@cache
def _pattern() -> re.Pattern[str]:
    digits = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]*)?|\.[0-9]+"
    return re.compile(
        rf"(?P<open>\(?)(?P<outer>[-+]?)(?P<currency>[{_CURRENCIES}]?)(?P<inner>[-+]?)"
        rf"(?P<number>(?:{digits})(?:[eE][-+]?[0-9]{{1,3}})?)\s*(?P<unit>[^\s0-9()]*)(?P<close>\)?)"
    )

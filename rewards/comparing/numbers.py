"""Reads the one number that a text consists of, exactly: ids and amounts of sixteen digits are no floats."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Literal, TypeAlias

from rewards.types import JSON

if TYPE_CHECKING:
    from decimal import Context, Decimal

DecimalMark: TypeAlias = Literal[".", ","]

_MAX_CHARS, _MAX_EXPONENT = 64, 308
_CURRENCIES = "$€£¥₩₹円元원"
_CODES = ("USD", "EUR", "GBP", "JPY", "CNY", "INR", "KRW", "CHF", "CAD", "AUD")
TO_ASCII = str.maketrans("\u2212\uff0d\uff0b\uff0e\uff0c\uff05\uff04\uffe5\uff08\uff09", "--+.,%$¥()") | {
    0xFF10 + digit: str(digit) for digit in range(10)
}
"""The minus sign, and the full-width forms that East Asian input methods write."""


def read_number(
    value: JSON,
    units: Mapping[str, float] | None = None,
    *,
    decimal: DecimalMark = ".",
    magnitudes: Mapping[str, float] | None = None,
) -> Decimal | None:
    """`value` as a number in the unit of size 1, or None where it is not exactly one finite number.

    A sign may stand before or behind the currency, a sign or a code such as USD or US$, and brackets around an amount
    make it negative. Thousands are divided by commas; where the comma is the `decimal` mark, by dots or spaces; by
    apostrophes in either case.
    `magnitudes` maps the words that may stand behind the figures to what they multiply by.

    >>> [str(read_number(text)) for text in ("$1,250.50", "-$5", "($5)", "5 EUR", "12%", "5 or 6")]
    ['1250.50', '-5', '-5', '5', '0.12', 'None']
    >>> str(read_number("3 km", {"m": 1, "km": 1000})), str(read_number("1.234,56 €", decimal=","))
    ('3000', '1234.56')
    >>> str(read_number("$1.5 million", magnitudes={"million": 1_000_000}))
    '1500000.0'
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
    found = _pattern(decimal).fullmatch(value.strip().translate(TO_ASCII))
    if not found or bool(found["open"]) != bool(found["close"]):
        return None
    signs = found["outer"] + found["inner"] + ("-" if found["open"] else "")
    size = _size(found["unit"], units or {}, magnitudes or {}, has_currency=bool(found["currency"]))
    number = Decimal(signs[:1] + _plain(found["number"], decimal))
    if len(signs) > 1 or size is None or abs(number.adjusted()) > _MAX_EXPONENT:
        return None
    return exact().multiply(number, size)


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


def _plain(figures: str, decimal: DecimalMark) -> str:
    thousands = str.maketrans("", "", "'\u2019, \u00a0\u202f" if decimal == "." else "'\u2019. \u00a0\u202f")
    return figures.translate(thousands).replace(",", ".")


def _size(
    tail: str, units: Mapping[str, float], magnitudes: Mapping[str, float], *, has_currency: bool
) -> Decimal | None:
    """What stands behind the figures: a unit or a currency, after a magnitude or alone; None where it is neither."""
    from decimal import Decimal

    found = _size_of_unit(tail, units, has_currency=has_currency)
    if found is not None:
        return Decimal(repr(found))
    for word in sorted(filter(tail.startswith, magnitudes), key=len, reverse=True):
        found = _size_of_unit(tail[len(word) :].strip(), units, has_currency=has_currency)
        if found is not None:
            return exact().multiply(Decimal(repr(magnitudes[word])), Decimal(repr(found)))
    return None


def _size_of_unit(unit: str, units: Mapping[str, float], *, has_currency: bool) -> float | None:
    if not unit:
        return 1
    if has_currency:
        return 1 if unit in _CODES else None  # $5 USD
    return units.get(unit, 0.01 if unit == "%" else 1 if unit in (*_CURRENCIES, *_CODES) else None)


@cache
def _pattern(decimal: DecimalMark) -> re.Pattern[str]:
    mark, groups = (r"\.", r"[,'\u2019]") if decimal == "." else (",", r"[.'\u2019 \u00a0\u202f]")
    digits = rf"[0-9]{{1,3}}(?P<by>{groups})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*(?:{mark}[0-9]+)?"
    currency = rf"(?:(?P<currency>(?:US|C|A)?[{_CURRENCIES}]|{'|'.join(_CODES)})[ \u00a0]?)?"
    return re.compile(
        rf"(?P<open>\(?)(?P<outer>[-+]?){currency}(?P<inner>[-+]?)"
        rf"(?P<number>(?:{digits}|[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?)"
        r"\s*(?P<unit>[^\s0-9()]*(?:\s+[^\s0-9()]+)?)(?P<close>\)?)"
    )

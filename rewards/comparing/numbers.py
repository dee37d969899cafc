"""Reads the one number that a text consists of, exactly: ids and amounts of sixteen digits are no floats."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

from rewards.comparing.currencies import currencies_of, currency_pattern
from rewards.comparing.dress import undressed
from rewards.comparing.numerals import in_figures
from rewards.types import JSON

if TYPE_CHECKING:
    from decimal import Context, Decimal

DecimalMark: TypeAlias = Literal[".", ","]

_MAX_CHARS, _MAX_DRESSED_CHARS, _MAX_EXPONENT, _DIGITS = 64, 200, 308, 60
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10)  # Arabic, Persian, Devanagari, Bengali, Thai, full-width
TO_ASCII = str.maketrans(
    "\u2012\u2013\u2212\uff0d\uff0b\uff0e\uff0c\uff05\u066a\uff04\uffe5\uffe1\uffe6\uff08\uff09\uff0f\u2215\u2044",
    "----+.,%%$¥£₩()///",
) | {zero + digit: str(digit) for zero in _ZEROS for digit in range(10)}
TO_ASCII |= {0xFF21 + letter: chr(0x41 + letter) for letter in (*range(26), *range(32, 58))}
"""The minus sign, the digits of other scripts, and the full-width forms that East Asian input methods write."""
_PERCENTS = {
    "%": 0.01, "percent": 0.01, "per cent": 0.01, "pct": 0.01, "prozent": 0.01, "pour cent": 0.01, "por ciento": 0.01,
    "パーセント": 0.01, "‰": 0.001,
}  # fmt: skip


class Quantity(NamedTuple):
    """A number, and the currencies that it may be an amount of: empty for a mere number."""

    number: Decimal
    currencies: frozenset[str] = frozenset()

    def __str__(self) -> str:
        """The number, at most 20 digits of it, and its currencies."""
        return " ".join((f"{self.number:.20g}", "/".join(sorted(self.currencies)))).strip()

    def may_be_of(self, other: Quantity) -> bool:
        """Whether both may be amounts of one currency; a mere number may be of any."""
        return not self.currencies or not other.currencies or not self.currencies.isdisjoint(other.currencies)


def read_number(
    value: JSON,
    units: Mapping[str, float] | None = None,
    *,
    decimal: DecimalMark = ".",
    magnitudes: Mapping[str, float] | None = None,
) -> Decimal | None:
    """`value` as a number in the unit of size 1, or None where it is not exactly one finite number.

    A sign may stand before or behind the currency, a sign, a code or a word, and brackets around an amount make it
    negative. Thousands are divided by commas or spaces; where the comma is the `decimal` mark, by dots or spaces; by
    apostrophes in either case. Fractions, powers of ten and English, Chinese and Japanese numerals are read, and what
    `undressed` takes off does not matter.
    `magnitudes` maps the words that may stand behind the figures to what they multiply by.

    >>> [str(read_number(text)) for text in ("$1,250.50", "-$5", "($5)", "5 EUR", "12%", "5 or 6")]
    ['1250.50', '-5', '-5', '5', '0.12', 'None']
    >>> [str(read_number(text)) for text in ("**1 234.5**", "2½", "1.2 × 10^3", "forty-two", "三万円", "٣٫٥")]
    ['1234.5', '2.5', '1.2E+3', '42', '30000', '3.5']
    >>> str(read_number("3 km", {"m": 1, "km": 1000})), str(read_number("1.234,56 €", decimal=","))
    ('3000', '1234.56')
    >>> str(read_number("$1.5 million", magnitudes={"million": 1_000_000}))
    '1500000.0'
    """
    found = read_quantity(value, units, decimal=decimal, magnitudes=magnitudes)
    return found.number if found else None


def read_quantity(
    value: JSON,
    units: Mapping[str, float] | None = None,
    *,
    decimal: DecimalMark = ".",
    magnitudes: Mapping[str, float] | None = None,
) -> Quantity | None:
    """As `read_number`, with the currencies that are written; one that `units` has is a unit like any other."""
    from decimal import Decimal  # 1 ms that only a grader of numbers needs

    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return Quantity(Decimal(value))
    if isinstance(value, float):
        return Quantity(Decimal(repr(value))) if math.isfinite(value) else None
    if not isinstance(value, str) or len(value) > _MAX_DRESSED_CHARS:
        return None
    text = _joined(_plain(undressed(value), decimal), magnitudes or {})
    found = _pattern(decimal).fullmatch(text) if len(text) <= _MAX_CHARS else None
    signs = found["outer"] + found["inner"] if found else ""
    if not found or (bool(found["open"]) + signs.count("(")) != bool(found["close"]):
        return None
    signs = (signs + ("-" if found["open"] else "")).replace("(", "-")
    size = _size(found["unit"], units or {}, magnitudes or {}, found["currency"] or "")
    number = _value(found, decimal)
    if len(signs) > 1 or size is None or number is None or abs(number.adjusted()) > _MAX_EXPONENT:
        return None
    number = exact().multiply(number.copy_negate() if signs == "-" else number, Decimal(repr(size.factor)))
    return Quantity(exact().multiply(number, Decimal(repr(size.magnitude))), size.currencies)


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


def _plain(text: str, decimal: DecimalMark) -> str:
    """The text with the signs of ASCII, its first number in figures, fractions as 1/2, powers of ten as e3."""
    text = text.translate(TO_ASCII).replace("\u066b", decimal).replace("\u066c", "").strip()
    text = _without_latex(text) if "\\" in text or "{" in text else text
    text = re.sub(r"(?<=[0-9])(?:/-|[.,]--?)(?=\s|$)", "", text)
    text = re.sub(r"(?<=[0-9A-Za-z])\s?\(([^\s0-9()]{1,12})\)$", r" \1", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"\1", text)  # around a part, **5** kg
    text = re.sub(r"^(?:-\s+|(?i:minus|negative)\s+)", "-", text)
    text = in_figures(text) if text[:1] != "-" else f"-{in_figures(text[1:])}"
    if not text.isascii():
        from unicodedata import normalize

        text = _vulgar().sub(lambda found: f" {normalize('NFKC', found[0])}".replace("\u2044", "/"), text)
        text = _raised().sub(lambda found: f"^{normalize('NFKC', found[0])}".replace("\u2212", "-"), text)
    text = re.sub(r"(?<=[0-9])\s?(?:[×x*·]|\\times|\\cdot)\s?10\^\{?([-+]?[0-9]{1,3})\}?", r"e\1", text)
    return text.strip()


def _without_latex(text: str) -> str:
    r"""The text of `1{,}250\text{ km}`, `5\,\mathrm{kg}`, `\$5` and `\tfrac12`, without LaTeX's commands for them."""
    text = re.sub(r"\\(?=[%$€£])", "", text).replace("{,}", ",").replace("\\!", "")
    text = re.sub(r"^\\[(\[]|\\[)\]]$", "", text)
    text = re.sub(r"\\(?:[,;: ]|quad(?![a-z]))|(?<=[0-9])~(?=\\)", " ", text)
    text = re.sub(r"\\(?:text|math)(?:rm|bf|it|sf)?\s?\{([^{}]*)\}", r" \1", text)
    return re.sub(r"\\[dt]?frac\s?(?:\{([0-9]+)\}\{([0-9]+)\}|([0-9])([0-9]))", r" \1\3/\2\4", text).strip()


def _joined(text: str, magnitudes: Mapping[str, float]) -> str:
    """`1億2345万6789` as one number, where its magnitudes are declared and each is smaller than the one before."""
    words = "|".join(re.escape(word) for word in sorted(magnitudes, key=len, reverse=True))
    if not words or text.isascii() or len(text) > _MAX_CHARS:
        return text
    found = re.match(rf"((?:[0-9][0-9,]*(?:{words}))+)(?=[0-9])([0-9][0-9,]*)?({words})?", text)
    parts = re.findall(rf"([0-9][0-9,]*)({words})?", found[0]) if found else []
    values = [(int(figures.replace(",", "")), magnitudes.get(word, 1)) for figures, word in parts]
    if len(values) < 2 or any(size <= number * after for (_, size), (number, after) in pairwise(values)):
        return text
    return f"{sum(number * int(size) for number, size in values)}{text[len(found[0]) if found else 0 :]}"


def _value(found: re.Match[str], decimal: DecimalMark) -> Decimal | None:
    from decimal import Context, Decimal

    if found["bottom"] is None:
        groups = str.maketrans("", "", "'\u2019_ \u00a0\u202f\u2009" + ("," if decimal == "." else "."))
        return Decimal(found["number"].translate(groups).replace(",", "."))
    if not int(found["bottom"]):
        return None
    top = int(found["whole"] or 0) * int(found["bottom"]) + int(found["top"])
    return Context(prec=_DIGITS).divide(Decimal(top), Decimal(found["bottom"]))


class _Size(NamedTuple):
    """What the figures are multiplied by, and the currencies that stand beside them."""

    factor: float
    magnitude: float = 1
    currencies: frozenset[str] = frozenset()


def _size(tail: str, units: Mapping[str, float], magnitudes: Mapping[str, float], currency: str) -> _Size | None:
    """What stands around the figures: a unit or a currency, behind a magnitude or alone; None where it is neither."""
    found = _size_of_unit(tail, units, currency)
    if found is not None:
        return found
    for word in sorted(magnitudes, key=len, reverse=True):
        if not (tail.startswith(word) or (len(word) > 2 and tail.casefold().startswith(word.casefold()))):
            continue
        found = _size_of_unit(tail[len(word) :].strip(), units, currency)
        if found is not None:
            return found._replace(magnitude=magnitudes[word])
    return None


def _size_of_unit(unit: str, units: Mapping[str, float], currency: str) -> _Size | None:
    if currency in units:
        return _Size(units[currency]) if not unit else None
    before, behind = currencies_of(currency), currencies_of(unit)
    if currency:
        both = before & behind if unit else before  # $5 USD
        return _Size(1, currencies=both) if both else None
    if not unit or unit in units:
        return _Size(units.get(unit, 1))
    if behind:
        return _Size(1, currencies=behind)
    percent = _PERCENTS.get(unit.casefold())
    return _Size(percent) if percent else None


@cache
def _pattern(decimal: DecimalMark) -> re.Pattern[str]:
    spaces = r" \u00a0\u202f\u2009"
    mark, groups = (r"\.", rf"[,'\u2019_{spaces}]") if decimal == "." else (",", rf"[.'\u2019_{spaces}]")
    indian = rf"|[0-9]{{1,2}}(?:,[0-9]{{2}})+,[0-9]{{3}}(?:{mark}[0-9]+)?" if decimal == "." else ""
    digits = rf"[0-9]{{1,3}}(?P<by>{groups})[0-9]{{3}}(?:(?P=by)[0-9]{{3}})*(?:{mark}[0-9]+)?{indian}"
    plain = rf"(?:{digits}|[0-9]+(?:{mark}[0-9]*)?|{mark}[0-9]+)(?:[eE][-+]?[0-9]{{1,3}})?"
    fraction = r"(?:(?P<whole>[0-9]{1,9})\s{1,2})?(?P<top>[0-9]{1,9})\s?/\s?(?P<bottom>[0-9]{1,9})(?![0-9/])"
    return re.compile(
        rf"(?P<open>\(?)(?P<outer>[-+]?)(?:(?P<currency>{currency_pattern()})\s?)?(?P<inner>[-+(]?)\s?"
        rf"(?P<number>{fraction}|{plain})"
        r"\s*(?P<unit>[^\s0-9()]*(?:\s+[^\s0-9()]+)?)(?P<close>\)?)"
    )


@cache
def _vulgar() -> re.Pattern[str]:
    return re.compile("[\u00bc-\u00be\u2150-\u215e\u2189]")


@cache
def _raised() -> re.Pattern[str]:
    """A raised power, of ten only: 5² is no number of one meaning."""
    return re.compile("(?<=10)[\u207b\u207a]?[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,3}(?!\\w)")

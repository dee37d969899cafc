"""The shape that all references share, such as a capital, two digits, a dot and a digit: so short an answer can be
found in any text, and graders do that with a pattern."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence
from typing import NamedTuple

MOST_SHAPES = 6  # beyond which the texts have no shape in common
QUANTITY = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*([^\d\s%.,]\D{0,12})")  # a number with a unit
CURRENCIES = "USD|EUR|GBP|JPY|CHF|CNY|INR|CAD|AUD|SEK|NOK|DKK|PLN|KRW|BRL|MXN|ZAR|SGD|HKD|NZD"
PRICE = re.compile(rf"({CURRENCIES})\s?(-?\d[\d,]*(?:\.\d+)?)")  # a number behind its currency
MARKS = "@/:_#.-"  # within a text, by which a pattern can tell it from prose: the surest first
LONGEST_MARKED = 80  # signs
LONGEST = 40  # signs
CLASSES = (("[A-Z]", str.isupper), ("[a-z]", str.islower), (r"\d", str.isdecimal))
_RUNS = re.compile(r"[A-Z]+|[a-z]+|[0-9]+|[^A-Za-z0-9]")


def is_python(text: str) -> bool:
    """Whether a text can be compiled as Python."""
    try:
        ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def pattern_of(texts: Sequence[str]) -> str:
    """A pattern for all of these texts; empty where they have too little in common, or are words as prose has them.

    >>> import re
    >>> [bool(re.search(pattern_of(["F32.9", "I10.1"]), text)) for text in ("It is G44.2, I think", "F3 or G44")]
    [True, False]
    >>> pattern_of(["billing", "refund"]), pattern_of(["Ada Lovelace", "Alan Turing"])
    ('', '')
    """
    shapes: dict[tuple[str, ...], list[list[str]]] = {}
    for text in texts:
        if len(text) > LONGEST or "\n" in text or not (is_code(text) or re.search(r"[0-9]", text)):
            return ""
        runs = _RUNS.findall(text)
        shapes.setdefault(tuple(map(_class_of, runs)), []).append(runs)
    if not 0 < len(shapes) <= min(MOST_SHAPES, max(1, len(texts) // 2)):
        return ""
    listed = sorted((_joined(shape, runs) for shape, runs in shapes.items()), key=len, reverse=True)
    return rf"(?<![\w.])(?:{'|'.join(listed)})(?!\w)"


def marked_pattern_of(texts: Sequence[str]) -> str:
    """A pattern for texts without white space that all hold one of the marks, such as addresses of mail; else empty.

    >>> import re
    >>> re.findall(marked_pattern_of(["ada.b@acme.org", "cy@hooli.net"]), "Write to dee.f@globex.com, please.")
    ['dee.f@globex.com']
    >>> marked_pattern_of(["billing", "refund/late"])
    ''
    """
    if not texts or any(re.search(r"\s", text) or len(text) > LONGEST_MARKED for text in texts):
        return ""
    inside = [set(re.findall(r"\W|_", text[1:-1])) for text in texts]
    mark = next((mark for mark in MARKS if all(mark in signs for signs in inside)), "")
    signs = "".join(re.escape(sign) for sign in sorted(set().union(*inside)))
    return rf"(?<!\w)\w[\w{signs}]*{re.escape(mark)}[\w{signs}]*\w" if mark else ""


def is_code(text: str) -> bool:
    """Whether a text is one word that no prose has: it holds a digit, or is all capitals.

    >>> [is_code(text) for text in ("F32.9", "Nf3", "EUR", "GATTACA", "billing", "Paris", "12.5 km")]
    [True, True, True, True, False, False, False]
    """
    return re.fullmatch(r"[A-Z]{2,}|(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[^\s]+", text) is not None


def unit_of(value: object) -> str:
    """The unit of a text that is a number with one; empty for anything else.

    >>> unit_of("747.98 km"), unit_of("USD 747.98"), unit_of("747.98"), unit_of("AC-2")
    ('km', 'USD', '', '')
    """
    found = quantity_in(value)
    return found.unit if found else ""


def ends_of(value: object) -> str:
    """The brackets of an interval; empty where a text is none.

    >>> ends_of("(2, 5]"), ends_of("f(2)"), ends_of("[1, 2, 3]")
    ('(]', '', '')
    """
    found = re.fullmatch(r"\s*([\[(])[^,\[\]()]*\d[^,\[\]()]*,[^,\[\]()]*\d[^,\[\]()]*([\])])\s*", str(value))
    return found[1] + found[2] if found else ""


class Quantity(NamedTuple):
    """A number with its unit, as they are written."""

    number: str
    unit: str
    before: bool
    """Whether the unit stands in front, as currencies do."""

    def __str__(self) -> str:
        return f"{self.unit} {self.number}" if self.before else f"{self.number} {self.unit}"


def quantity_in(value: object) -> Quantity | None:
    """The number with a unit that a text is; None where it is something else.

    >>> quantity_in("USD 12.50"), str(quantity_in("3km"))
    (Quantity(number='12.50', unit='USD', before=True), '3 km')
    """
    text = value.strip() if isinstance(value, str) else ""
    if found := QUANTITY.fullmatch(text):
        return Quantity(found[1], found[2], before=False)
    found = PRICE.fullmatch(text)
    return Quantity(found[2], found[1], before=True) if found else None


def _class_of(run: str) -> str:
    return next((name for name, holds in CLASSES if run.isascii() and holds(run)), re.escape(run))


def _joined(shape: tuple[str, ...], runs: Sequence[Sequence[str]]) -> str:
    parts = []
    for index, name in enumerate(shape):
        lengths = [len(one[index]) for one in runs]
        low, high = min(lengths), max(lengths)
        times = "" if high == 1 or name not in dict(CLASSES) else f"{{{low}}}" if low == high else f"{{{low},{high}}}"
        parts.append(name + times)
    return "".join(parts)

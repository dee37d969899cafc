"""The shape that all references share, such as a capital, two digits, a dot and a digit: so short an answer can be
found in any text, and graders do that with a pattern."""

from __future__ import annotations

import re
from collections.abc import Sequence

MOST_SHAPES = 6  # beyond which the texts have no shape in common
QUANTITY = re.compile(r"(-?\d[\d,]*(?:\.\d+)?)\s*([^\d\s%.,]\D{0,12})")  # a number with a unit
LONGEST = 40  # signs
CLASSES = (("[A-Z]", str.isupper), ("[a-z]", str.islower), (r"\d", str.isdecimal))
_RUNS = re.compile(r"[A-Z]+|[a-z]+|[0-9]+|[^A-Za-z0-9]")


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


def is_code(text: str) -> bool:
    """Whether a text is one word that no prose has: it holds a digit, or is all capitals.

    >>> [is_code(text) for text in ("F32.9", "Nf3", "EUR", "GATTACA", "billing", "Paris", "12.5 km")]
    [True, True, True, True, False, False, False]
    """
    return re.fullmatch(r"[A-Z]{2,}|(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[^\s]+", text) is not None


def unit_of(value: object) -> str:
    """The unit of a text that is a number with one; empty for anything else.

    >>> unit_of("747.98 km"), unit_of("747.98"), unit_of("AC-2")
    ('km', '', '')
    """
    found = QUANTITY.fullmatch(value.strip()) if isinstance(value, str) else None
    return found[2] if found else ""


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

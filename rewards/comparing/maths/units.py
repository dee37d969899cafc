"""Units behind a quantity: which words are one, and which names mean the same."""

from __future__ import annotations

import re

from rewards.comparing.maths.building import folded
from rewards.comparing.maths.cursor import Cursor
from rewards.comparing.maths.vocabulary import (
    CLOSING,
    FUNCTIONS,
    INFINITIES,
    JOINTS,
    NAMED_LETTERS,
    SEPARATORS,
    UNIT_WORDS,
    UNITS,
)

_ALIASES = {
    "meter": "m", "metre": "m", "centimeter": "cm", "centimetre": "cm", "millimeter": "mm", "millimetre": "mm",
    "kilometer": "km", "kilometre": "km", "kilogram": "kg", "gram": "g", "liter": "l", "litre": "l", "mile": "mi",
    "second": "s", "sec": "s", "millisecond": "ms",
    "minute": "min", "hour": "h", "hr": "h", "foot": "ft", "feet": "ft", "inch": "in",
    "inche": "in", "usd": "dollar", "eur": "euro", "pound": "lb", "ounce": "oz", "milligram": "mg", "milliliter": "ml",
    "millilitre": "ml", "yard": "yd", "sq": "square", "cu": "cubic", "mph": "mi per h", "kph": "km per h",
}  # fmt: skip
_SQUARED = re.compile(r"\b(square|cubic) (\w+)")


def unit_at(cursor: Cursor) -> str:
    """The words behind a quantity; empty where none stand there."""
    words: list[str] = []
    while True:
        token = cursor.next
        if (token.kind == "sign" and token.text == "%") or token.text == "\\%":
            cursor.take()
            words.append("%")
        elif token.kind == "text" and token.text.strip(" ,").casefold() not in JOINTS:
            words.append(cursor.take().text.strip())
        elif _is_unit(cursor, words):
            words.append(cursor.take().text)
        elif (
            words and words[-1] != "%" and token.text == "^" and cursor.tokens[cursor.at + 1].kind in ("number", "sign")
        ):
            cursor.take()
            words[-1] += f"^{cursor.raw()}"
        elif words and token.text == "/" and cursor.tokens[cursor.at + 1].kind in ("name", "text"):
            cursor.take()
            words.append("per")
        else:
            return _name(words)


def _is_unit(cursor: Cursor, words: list[str]) -> bool:
    """Whether the next name is a unit: a word, or such as `cm`, with which a quantity ends."""
    token, behind = cursor.next, cursor.tokens[cursor.at + 1]
    if token.text in (("per",) if words else ("square", "sq", "cu")) and behind.kind == "name":
        return True
    if token.kind != "name" or token.text in NAMED_LETTERS or token.text in INFINITIES:
        return False
    if token.text in FUNCTIONS and (token.text not in ("min", "sec") or behind.kind != "end"):
        return False
    if len(token.text) >= 4 or token.text in UNITS:
        return behind.text != "_"
    ends = behind.kind == "end" or behind.text in (*SEPARATORS, *CLOSING, *JOINTS, "/", "^", "}", "per")
    return token.text in UNIT_WORDS and (token.spaced or len(token.text) > 1 or bool(words)) and ends


def common_name(name: str) -> str:
    """One name for a unit that has several.

    >>> [common_name(name) for name in ("square centimeters", "mph", "hrs", "apples")]
    ['cm^2', 'mi per h', 'h', 'apple']
    """
    words = (
        word.strip(".").removesuffix("s") if len(word) > 2 else word for word in name.replace("/", " per ").split()
    )
    name = " ".join(_ALIASES.get(word, word) for word in words)
    return _SQUARED.sub(lambda found: f"{found[2]}^{2 if found[1] == 'square' else 3}", name)


def _name(words: list[str]) -> str:
    joined = folded(" ".join(words))
    return UNITS.get(joined, joined)

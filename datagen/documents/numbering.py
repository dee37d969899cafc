"""The numbers of a Word document's lists, which are in none of its texts: Word counts when it draws."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from datagen.documents.archives import attribute, children, inside, name_of

BULLET = "-"
_ROMAN = {
    1000: "m", 900: "cm", 500: "d", 400: "cd", 100: "c", 90: "xc", 50: "l", 40: "xl", 10: "x", 9: "ix",
    5: "v", 4: "iv", 1: "i",
}  # fmt: skip


class Level(NamedTuple):
    """How one level of a list counts: its first number, the form of its numbers and the text around them."""

    start: int = 1
    form: str = "decimal"
    around: str = ""


class Place(NamedTuple):
    """A paragraph's list and its level in it, outermost 0."""

    number: str
    level: int


class Lists:
    """The labels of a document's list paragraphs, counted in the order of the text."""

    def __init__(self, numbering: ET.Element, styles: ET.Element) -> None:
        abstract = {attribute(node, "abstractNumId"): _levels(node) for node in children(numbering, "abstractNum")}
        self._lists = {attribute(num, "numId"): _list_of(num, abstract) for num in children(numbering, "num")}
        self._styles = {attribute(style, "styleId"): style for style in children(styles, "style")}
        self._counts: dict[tuple[str, int], int] = {}

    def label(self, paragraph: ET.Element) -> str:
        """What Word draws before the paragraph, such as ``2.1.``, and nothing where it is in no list."""
        place = self._place(paragraph)
        counter, levels = self._lists.get(place.number, ("", {}))
        if place.level not in levels:
            return ""
        level = levels[place.level]
        key = (counter, place.level)
        self._counts[key] = self._counts.get(key, level.start - 1) + 1
        for deeper in [old for old in self._counts if old[0] == counter and old[1] > place.level]:
            del self._counts[deeper]
        if level.form == "bullet":
            return BULLET
        return re.sub(r"%(\d)", lambda found: self._drawn(counter, levels, int(found[1]) - 1), level.around)

    def _drawn(self, counter: str, levels: Mapping[int, Level], number: int) -> str:
        level = levels.get(number, Level())
        return drawn(self._counts.get((counter, number), level.start), level.form)

    def _place(self, paragraph: ET.Element) -> Place:
        found: dict[str, str] = {}
        for properties in self._inherited(paragraph):
            for part in (part for number in children(properties, "numPr") for part in number):
                found.setdefault(name_of(part), attribute(part, "val"))
        return Place(found.get("numId", ""), int(found.get("ilvl") or 0))

    def _inherited(self, paragraph: ET.Element) -> Iterator[ET.Element]:
        """The properties of a paragraph, then of its style and of each style that this is based on."""
        own = next(children(paragraph, "pPr"), ET.Element("pPr"))
        yield own
        name, seen = _named(own, "pStyle"), set[str]()
        while name in self._styles and name not in seen:
            seen.add(name)
            yield from children(self._styles[name], "pPr")
            name = _named(self._styles[name], "basedOn")


def _named(node: ET.Element, name: str) -> str:
    return next((attribute(child, "val") for child in children(node, name)), "")


def _levels(node: ET.Element) -> dict[int, Level]:
    return {int(attribute(level, "ilvl") or 0): _level(level) for level in children(node, "lvl")}


def _level(node: ET.Element) -> Level:
    value = {name_of(part): attribute(part, "val") for part in node}
    return Level(int(value.get("start") or 1), value.get("numFmt", "decimal"), value.get("lvlText", ""))


def _list_of(num: ET.Element, abstract: Mapping[str, dict[int, Level]]) -> tuple[str, dict[int, Level]]:
    """What counts for a list, itself or the definition that it shares with others, and its levels."""
    shared = next((attribute(node, "val") for node in children(num, "abstractNumId")), "")
    levels = dict(abstract.get(shared, {}))
    counter = f"shared {shared}"
    for override in children(num, "lvlOverride"):
        number = int(attribute(override, "ilvl") or 0)
        for level in children(override, "lvl"):
            levels[number] = _level(level)
        for start in inside(override, "startOverride"):
            levels[number] = levels.get(number, Level())._replace(start=int(attribute(start, "val") or 1))
            counter = f"own {attribute(num, 'numId')}"
    return counter, levels


def drawn(number: int, form: str) -> str:
    """A number in one of Office's forms; an unknown form is drawn in decimal digits.

    >>> [drawn(4, form) for form in ("decimal", "decimalZero", "upperRoman", "lowerLetter", "none")]
    ['4', '04', 'IV', 'd', '']
    >>> drawn(28, "upperLetter")
    'BB'
    """
    match form:
        case "none":
            return ""
        case "decimalZero":
            return f"{number:02}"
        case "lowerLetter" | "upperLetter" if number > 0:
            letters = chr(ord("a") + (number - 1) % 26) * min((number - 1) // 26 + 1, 9)
            return letters if form == "lowerLetter" else letters.upper()
        case "lowerRoman" | "upperRoman" if 0 < number < 4000:
            return _roman(number) if form == "lowerRoman" else _roman(number).upper()
        case _:
            return str(number)


def _roman(number: int) -> str:
    parts = []
    for value, letters in _ROMAN.items():
        parts.append(letters * (number // value))
        number %= value
    return "".join(parts)

"""The words of a text and the items of a list, in every script: not everybody writes spaces and commas."""

from __future__ import annotations

import re
from functools import cache

# Han, kana, Thai, Lao, Myanmar, Khmer, Tibetan: scripts without spaces between words. Hangul has spaces.
SPACELESS = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff"
)
SPACELESS_MARKS = "\u0300-\u036f\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u3099\u309a"
"""Accents, vowel signs and voicing marks that belong to the character before them."""


def words_of(text: str) -> list[str]:
    """What stands between white space; in a script without spaces, each character.

    >>> words_of("the cat sat."), words_of("USBメモリを買う")
    (['the', 'cat', 'sat.'], ['USB', 'メ', 'モ', 'リ', 'を', '買', 'う'])
    """
    return text.split() if text.isascii() else _word().findall(text)


def items_of(text: str) -> list[str]:
    """The items of a list in plain text: divided by lines, by the commas and semicolons of any script, or by bars.

    Bullets are left out, and a heading, which ends in a colon; numbers are bullets where they count the lines: "1.
    tax", "2. audit". Before the last of several items "and" is none of it, but "tax and audit" is one.

    >>> items_of("- tax\\n- audit, lease"), items_of("税務、監査，賃貸借"), items_of("1. 税務\\n2. 2024年度")
    (['tax', 'audit', 'lease'], ['税務', '監査', '賃貸借'], ['税務', '2024年度'])
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].rstrip("*_").endswith((":", "：")):
        del lines[0]
    bare = [_without_bullet(line, number) for number, line in enumerate(lines, 1)]
    items = [item.strip() for line in bare for item in _comma().split(line) if item.strip()]
    return [*items[:-1], _joint().sub("", items[-1])] if len(items) > 1 else items


def _without_bullet(line: str, number: int) -> str:
    found = _bullet().match(line)
    counts = found and (found["number"] is None or int(found["number"]) == number)
    return line[found.end() :] if found and counts else line


# Compiled when first needed: a Lambda starts cold.
@cache
def _word() -> re.Pattern[str]:
    return re.compile(rf"[{SPACELESS}][{SPACELESS_MARKS}]*|[^\s{SPACELESS}]+")


@cache
def _comma() -> re.Pattern[str]:
    """Latin, ideographic, full-width, half-width and Arabic ones."""
    return re.compile("[,;|\uff5c\u3001\uff0c\uff1b\uff64\u060c\u061b]")


@cache
def _joint() -> re.Pattern[str]:
    return re.compile(r"^(?:and|und|et|y|e|及|和|および)\s+", re.IGNORECASE)


@cache
def _bullet() -> re.Pattern[str]:
    """A hyphen, star or plus needs a space behind it: -5 and *args are no bullets."""
    return re.compile(
        "[-*+\u2013\u2014]\\s+(?:\\[[ xX]\\]\\s+)?"
        "|[\u2022\u2023\u2043\u2219\u25aa\u25cf\u25cb\u25a0\u25a1\u25e6\u30fb\uff65\u00b7]\\s*"
        "|[(\uff08]?(?P<number>[0-9\uff10-\uff19]{1,4})(?:[.)]\\s+|[\uff0e\uff09\u3001]\\s*)"
    )

"""Grounding: the share of a sample's words that occur in its source text.

A teacher that has not read the document still writes fluent samples. Names, numbers and citations give it away: they
are specific, and either stand in that text or were invented.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from datagen.words import is_spaceless, words
from rewards.comparing.words import SPACELESS
from rewards.types import JSON

_HANGUL = "\uac00-\ud7a3"  # has spaces between words, and none before a unit or a particle
_AT_END = rf"(?![^\W{SPACELESS}{_HANGUL}])"  # not inside a word; a character of these scripts may follow
_AT_START = rf"(?<![^\W{SPACELESS}{_HANGUL}])"
_CITATION = re.compile(
    rf"{_AT_START}\d+\s+C\.?F\.?R\.?\s+(?:§\s*)?[\d.]+(?:\([a-z0-9]+\))*"  # 17 CFR 230.144(d)
    rf"|{_AT_START}[A-Z][\w.]+ v\. [A-Z]\w+|§+\s*\d[A-Za-z0-9_.\-]*"  # A v. B, § 12
    rf"|{_AT_START}[A-Z]{{2,}}-\d+(?:\(\d+\)|{_AT_END})"  # AC-2(3)
)
_NUMBER = re.compile(rf"{_AT_START}(?<!\d[.,])(?:\d[\d,.]*\d|\d){_AT_END}(?![.,]\d)")
_NAME = re.compile(r"(?<![.!?:\"] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)+\b")
_LETTERS = 4  # from which a word says something


def grounding(claims: JSON, text: str) -> float:
    """Share of the content words in `claims` that occur in `text`, in [0, 1]; 1 without any.

    >>> grounding({"answer": "The limit is a mountain"}, "The limit is 10,000 for each rule.")
    0.5
    """
    claimed = [word for claim in _texts(claims) for word in _content(claim)]
    known = _index(text).words
    return sum(word in known for word in claimed) / len(claimed) if claimed else 1.0


def _content(text: str) -> Iterator[str]:
    """Words of some length, and of a script without spaces each two characters in a row."""
    before = ""
    for word in words(text):
        dense = is_spaceless(word)
        if dense and before:
            yield before + word
        elif not dense and len(word) >= _LETTERS and word.isalpha():
            yield word
        before = word if dense else ""


def inventions(claims: JSON, text: str) -> tuple[str, ...]:
    """The names, numbers and citations in `claims` that `text` lacks.

    >>> inventions({"answer": "SEC v. Ralston set the limit of 5,000"}, "The limit is 10,000 for each rule.")
    ('SEC v. Ralston', '5,000')
    """
    said = "\n".join(map(_plain, _texts(claims)))
    specific = dict.fromkeys(found for pattern in (_CITATION, _NUMBER, _NAME) for found in pattern.findall(said))
    invented = [found for found in specific if not _stands_in(found, _index(text))]
    return tuple(found for found in invented if not any(found != other and found in other for other in invented))


class _Index(NamedTuple):
    """A text as claims are looked up in it."""

    text: str
    words: frozenset[str]
    numbers: frozenset[str]


@lru_cache(maxsize=4)  # all samples of a document are looked at in a row, and a document may have 20 MB
def _index(text: str) -> _Index:
    low = _plain(text).casefold()
    return _Index(low, frozenset(_content(text)), frozenset(_NUMBER.findall(low)))


def _plain(text: str) -> str:
    """Full-width letters and digits as what they stand for."""
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _stands_in(claim: str, index: _Index) -> bool:
    """Whether the claim is in the text, and not as a part of a longer word or number."""
    if _NUMBER.fullmatch(claim):
        return claim in index.numbers
    low = claim.casefold()
    at = index.text.find(low)
    while at >= 0:
        before, after = index.text[at - 1 : at], index.text[at + len(low) : at + len(low) + 1]
        if not (low[0].isalnum() and _goes_on(before)) and not _goes_on(after):
            return True
        at = index.text.find(low, at + 1)
    return False


def _goes_on(char: str) -> bool:
    """Whether a word that stands beside this character goes on in it."""
    return (char.isalnum() or char == "_") and not is_spaceless(char)


def _texts(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield str(value)

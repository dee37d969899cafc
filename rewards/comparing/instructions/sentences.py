"""The sentences and tokens of a text, by rules that stand for NLTK's trained models as IFEval and IFBench use them."""

from __future__ import annotations

import re
from functools import cache

_ABBREVIATIONS = frozenset(re.findall(r"\S+", """
    mr mrs ms dr prof st jr sr rev gen col lt sgt capt gov sen rep hon vs etc e.g i.e a.m p.m u.s u.k u.n d.c no vol fig
    inc ltd co corp ave blvd jan feb mar apr jun jul aug sep sept oct nov dec mt ft ph.d m.d b.a m.a al cf approx est
    dept univ assn bros
"""))  # fmt: skip
_STARTS_ANEW = frozenset(("a.m", "p.m", "etc", "u.s", "u.k", "inc", "ltd", "co", "corp", "jr", "sr", "d.c", "al", "no"))
"""Abbreviations with which a sentence may end, where a capital follows."""


def sentences_of(text: str) -> list[str]:
    """The sentences: each ends in a full stop, a question or an exclamation mark before white space.

    A full stop behind an abbreviation or an initial ends none; a line ends none without a mark; straight quotes may
    close behind a mark, but as to NLTK's Punkt no curly ones.

    >>> sentences_of('Mr. Ito left at 5 p.m. today. Why? "I see." Go on!')
    ['Mr. Ito left at 5 p.m. today.', 'Why?', '"I see."', 'Go on!']
    """
    found: list[str] = []
    start = 0
    for mark in _end().finditer(text):
        if mark.start() >= start and _ends(text, mark):
            found.append(text[start : mark.end()].strip())
            start = mark.end()
    rest = text[start:].strip()
    return [*found, rest] if rest else found


def _ends(text: str, mark: re.Match[str]) -> bool:
    if mark[1] != ".":
        return True
    before = _word_before().search(text, max(0, mark.start() - 40), mark.start())
    word = before[0].casefold() if before else ""
    after = _next_character().match(text, mark.end())
    if word in _ABBREVIATIONS:
        return word in _STARTS_ANEW and after is not None and after[1].isupper()
    return not (len(word) == 1 and before is not None and before[0].isupper())


def tokens_of(text: str) -> list[str]:
    """The tokens, as the Penn Treebank divides them: marks apart, `don't` as `do n't`, `it's` as `it 's`.

    Source: the conventions of the Penn Treebank, as NLTK's word_tokenize applies them to each sentence.

    >>> tokens_of("It's 3,000 well-made USA-flags. DON'T!")
    ['It', "'s", '3,000', 'well-made', 'USA-flags', '.', 'DO', "N'T", '!']
    """
    return [
        token for sentence in sentences_of(text) for token in _token().findall(_final_stop().sub(r"\1 \2", sentence))
    ]


@cache
def _end() -> re.Pattern[str]:
    return re.compile(r"([.?!])[.?!]{0,40}[\"')\]*_]{0,6}(?=\s|\Z)")


@cache
def _next_character() -> re.Pattern[str]:
    return re.compile(r"\s*(\S)")


@cache
def _word_before() -> re.Pattern[str]:
    return re.compile(r"[A-Za-z](?:[A-Za-z]|\.(?=[A-Za-z]))*\Z")


@cache
def _final_stop() -> re.Pattern[str]:
    return re.compile(r"([^.])(\.[\])}>\"'”’]{0,6})\s*\Z")


@cache
def _token() -> re.Pattern[str]:
    return re.compile(
        r"\.{2,}|--+|[\"“”‘’«»`]|''|[?!;@#$%&()\[\]{}<>]|,(?!\d)|:(?!\d)"
        r"|(?i:n't)(?!\w)|'(?i:s|m|d|ll|re|ve)(?!\w)"
        r"|(?:(?!(?i:n't)(?!\w)|'(?i:s|m|d|ll|re|ve)(?!\w)|--|\.{2,}|''|,(?!\d)|:(?!\d))[^\s\"“”‘’«»`?!;@#$%&()\[\]{}<>])+"
    )

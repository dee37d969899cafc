"""Named ways to say that two strings mean the same. A reward declares one per field; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

Normaliser = Callable[[str], str]


def strict(text: str) -> str:
    """The text itself."""
    return text


def nfc(text: str) -> str:
    """Unicode composed (NFC, UAX 15) and outer white space removed: the default.

    >>> nfc(" cafe\\u0301 ") == "caf\\u00e9"
    True
    """
    text = text.strip()
    if text.isascii():
        return text
    from unicodedata import normalize  # a shared library of its own: not loaded for plain ASCII

    return normalize("NFC", text).strip() if _is_stream_safe(text) else text


def casefold(text: str) -> str:
    """As `nfc`, letter case ignored.

    >>> casefold("Straße") == casefold("STRASSE")
    True
    """
    return nfc(nfc(text).casefold())


def collapse(text: str) -> str:
    """As `casefold`, and every run of white space counts as one space."""
    return " ".join(casefold(text).split())


def bfcl(text: str) -> str:
    """Lower case without the characters ` ,./-_*^'"`: the rule of the Berkeley Function-Calling Leaderboard.

    It also equates "-5" with "5" and "1.0.0.1" with "10.01", so use it for comparing with BFCL only.
    Source: bfcl_eval/eval_checker/ast_eval/ast_checker.py, `standardize_string`, bfcl-eval 2026.3.23.
    """
    return text.lower().translate(_BFCL)


def date(text: str) -> str:
    """A calendar date as YYYY-MM-DD; text that is not a date stays as `collapse` leaves it.

    Reads 2024-01-31, 2024/1/31, 20240131, 31 January 2024, January 31, 2024 and Jan. 31st 2024. All-number forms with
    the year last are ambiguous between countries and stay as they are.

    >>> date("March 5th, 2024"), date("5 Mar 2024"), date("2024/3/5"), date("03/05/2024")
    ('2024-03-05', '2024-03-05', '2024-03-05', '03/05/2024')
    """
    plain = collapse(text)
    for pattern in _date_patterns():
        found = pattern.fullmatch(plain)
        if found:
            return _iso(found["y"], found["m"], found["d"]) or plain
    return plain


def citation(text: str) -> str:
    """A legal citation with letter case, spacing, section signs and dots of abbreviations ignored.

    Numbers, hyphens, parentheses and dots between digits stay, since they tell provisions apart.

    >>> citation("17 C.F.R. § 230.144(a)"), citation("17 CFR Sec. 230.144 (a)")
    ('17cfr230.144(a)', '17cfr230.144(a)')
    """
    words, dot, spacing = _citation_patterns()
    # Marks that a space kept apart may compose once it is gone.
    return nfc(spacing.sub("", dot.sub("", words.sub(" ", casefold(text).replace("§", " ")))))


def normaliser(name: str) -> Normaliser:
    """The normaliser called `name`. Raises ValueError naming the known ones."""
    try:
        return NORMALISERS[name]
    except KeyError:
        raise ValueError(f"no text normaliser {name!r}; known: {', '.join(NORMALISERS)}") from None


def _is_stream_safe(text: str) -> bool:
    """Whether no more than 30 combining marks follow each other (UAX 15, section 13, Stream-Safe Text Format).

    Composing sorts each run of marks in quadratic time: 260,000 of them took 150 seconds.
    """
    if not _long_run().search(text):
        return True
    from unicodedata import combining

    run = 0
    for character in text:
        run = run + 1 if combining(character) else 0
        if run > 30:
            return False
    return True


def _iso(year: str, month: str, day: str) -> str:
    number = int(month) if month.isdigit() else 1 + _MONTHS.index(month[:3])
    valid = 1 <= number <= 12 and 1 <= int(day) <= 31
    return f"{year}-{number:02d}-{int(day):02d}" if valid else ""


_BFCL = str.maketrans("'", '"', " ,./-_*^")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


# Compiled when first needed: importing `rewards` has a budget of 50 ms, and a Lambda starts cold.
@cache
def _long_run() -> re.Pattern[str]:
    return re.compile("[\u0300-\U0010ffff]{31}")  # every combining mark is in this range, as are most scripts


@cache
def _date_patterns() -> tuple[re.Pattern[str], ...]:
    month = (
        r"(?P<m>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
        r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
    )
    day, year = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?", r"(?P<y>[0-9]{4})"
    return (
        re.compile(r"(?P<y>[0-9]{4})([-/.])(?P<m>[0-9]{1,2})\2(?P<d>[0-9]{1,2})"),
        re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
        re.compile(rf"{day} {month},? {year}"),
        re.compile(rf"{month} {day},? {year}"),
    )


@cache
def _citation_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The words for section and paragraph, the dot of an abbreviation, and spacing."""
    words = re.compile(r"\b(?:sections?|secs?\b\.?|paras?\b\.?|paragraphs?)")
    return words, re.compile(r"(?<=[a-z])\."), re.compile(r"[\s,]+")


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(
    {f.__name__: f for f in (strict, nfc, casefold, collapse, bfcl, date, citation)}
)

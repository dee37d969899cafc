"""Named ways to say that two strings mean the same. A reward declares one per field; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from rewards.comparing.dates import iso_date
from rewards.comparing.dress import INVISIBLE, undressed
from rewards.comparing.numbers import TO_ASCII, DecimalMark, exact, read_number

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
    """As `casefold`, every run of white space as one space, and typographic quotes, dashes and full-width forms plain.

    >>> collapse("O’Brien –  ＡＢＣ")
    "o'brien - abc"
    """
    folded = casefold(text)
    return " ".join((folded if folded.isascii() else casefold(folded.translate(_TYPOGRAPHY))).split())


def bfcl(text: str) -> str:
    """Lower case without the characters ` ,./-_*^'"`: the rule of the Berkeley Function-Calling Leaderboard.

    It also equates "-5" with "5" and "1.0.0.1" with "10.01", so use it for comparing with BFCL only.
    Source: bfcl_eval/eval_checker/ast_eval/ast_checker.py, `standardize_string`, bfcl-eval 2026.3.23.
    """
    return text.lower().translate(_BFCL)


def amount(text: str) -> str:
    """A number or amount as plain decimal digits, its currency sign left out; other text stays as `collapse` leaves it.

    Reads what `numeric_match` reads: 1,234.50, $1,234.5, (5) for -5, 12% for 0.12. That the currencies agree is not
    compared.

    >>> amount("$1,234.50"), amount("1234.5"), amount("(5)"), amount("12345.0"), amount("12,34")
    ('1234.5', '1234.5', '-5', '12345', '12,34')
    """
    return _amount(text, ".")


def amount_comma(text: str) -> str:
    """As `amount`, where the comma is the decimal mark: 1.234,50 or 1 234,5.

    >>> amount_comma("1.234,50 €"), amount_comma("1 234,5"), amount_comma("1.234")
    ('1234,5', '1234,5', '1234')
    """
    return _amount(text, ",")


def date(text: str) -> str:
    """A calendar date as YYYY-MM-DD; text that is not a date stays as `collapse` leaves it.

    Reads 2024-01-31, 2024/1/31, 20240131, also with a midnight behind; 31 January 2024, 31-Jan-2024, the 31st of
    January 2024, January 31, 2024, 2024 January 31 and Wed, Jan. 31st 2024; the same in 17 other languages of Europe,
    in Turkish and in Indonesian; 2024年1月31日, also in full-width digits or 二〇二四年一月三十一日, in
    Japanese eras and years of the Republic of China; 2024년 1월 31일. All-number forms with the year last are ambiguous
    between countries and stay as they are, unless one number is above 12: 1/31/2024.

    >>> date("March 5th, 2024"), date("5 Mar 2024"), date("2024/3/5"), date("03/05/2024")
    ('2024-03-05', '2024-03-05', '2024-03-05', '03/05/2024')
    >>> date("令和6年3月5日"), date("２０２４年３月５日"), date("二〇二四年十二月二十五日"), date("2024년 3월 5일")
    ('2024-03-05', '2024-03-05', '2024-12-25', '2024-03-05')
    """
    plain = collapse(text)
    return iso_date(undressed(plain)) or plain


def identifier(text: str) -> str:
    """The letters and digits of a number that names something, letter case ignored: an SSN, an EIN, an IBAN, a phone.

    Spaces, hyphens, dots, slashes, brackets and a plus are left out; a masked digit stays.

    >>> identifier("123-45-6789"), identifier("DE89 3704 0044"), identifier("***-**-6789")
    ('123456789', 'de8937040044', '*****6789')
    """
    plain = collapse(text).translate(TO_ASCII)
    return nfc("".join(mark for mark in plain if mark not in _SEPARATORS)) or plain


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


def _amount(text: str, decimal: DecimalMark) -> str:
    number = read_number(text, decimal=decimal)
    if number is None:
        return collapse(text)
    return f"{exact().normalize(number):f}".replace(".", decimal) if number else "0"


_BFCL = str.maketrans("'", '"', " ,./-_*^")
_SEPARATORS = frozenset(" -./()+")
_TYPOGRAPHY = {
    **str.maketrans(
        "\u2018\u2019\u201b\u2032\u201c\u201d\u201f\u2033\u2010\u2011\u2012\u2013\u2014\u2212",
        "\x27" * 4 + "\x22" * 4 + "-" * 6,
    ),
    **{0xFF01 + offset: chr(0x21 + offset) for offset in range(94)},
    **dict.fromkeys(map(ord, INVISIBLE)),
}
"""Typographic quotes and dashes, full-width forms, and characters of no width."""


# Compiled when first needed: importing `rewards` has a budget of 50 ms, and a Lambda starts cold.
@cache
def _long_run() -> re.Pattern[str]:
    return re.compile("[\u0300-\U0010ffff]{31}")  # every combining mark is in this range, as are most scripts


@cache
def _citation_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The words for section and paragraph, the dot of an abbreviation, and spacing."""
    words = re.compile(r"\b(?:sections?|secs?\b\.?|paras?\b\.?|paragraphs?)")
    return words, re.compile(r"(?<=[a-z])\."), re.compile(r"[\s,]+")


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(
    {f.__name__: f for f in (strict, nfc, casefold, collapse, bfcl, amount, amount_comma, date, citation, identifier)}
)

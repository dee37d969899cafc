"""Named ways to say that two strings mean the same. A reward declares one per field; nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

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
    """As `casefold`, and every run of white space counts as one space."""
    return " ".join(casefold(text).split())


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

    Reads 2024-01-31, 2024/1/31, 20240131, 31 January 2024, 31-Jan-2024, the 31st of January 2024, January 31, 2024 and
    Wed, Jan. 31st 2024; 2024年1月31日, also in full-width digits or 二〇二四年一月三十一日, in Japanese eras and years
    of the Republic of China; 2024년 1월 31일.
    All-number forms with the year last are ambiguous between countries and stay as they are.

    >>> date("March 5th, 2024"), date("5 Mar 2024"), date("2024/3/5"), date("03/05/2024")
    ('2024-03-05', '2024-03-05', '2024-03-05', '03/05/2024')
    >>> date("令和6年3月5日"), date("２０２４年３月５日"), date("二〇二四年十二月二十五日"), date("2024년 3월 5일")
    ('2024-03-05', '2024-03-05', '2024-12-25', '2024-03-05')
    """
    plain = collapse(text)
    written = plain if plain.isascii() else plain.translate(TO_ASCII)
    for pattern in _date_patterns():
        found = pattern.fullmatch(written)
        if found:
            return _iso(found["y"], found["m"], found["d"]) or plain
    return plain if plain.isascii() else _east_asian_date(written) or plain


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


def _east_asian_date(text: str) -> str:
    found = _east_asian_pattern().fullmatch(text)
    if not found:
        return ""
    year = _figures(found["y"]) if found["y"] else _FIRST_YEARS[found["era"]] + _figures(found["year_of_era"]) - 1
    return _iso(f"{year:04d}", str(_figures(found["m"])), str(_figures(found["d"])))


def _figures(text: str) -> int:
    """A number below 10,000 in digits, in Chinese digits by place, or with 十 for the tens; 元 is the first."""
    if text == "元":
        return 1
    tens, ten, ones = text.translate(_CHINESE_DIGITS).rpartition("十")
    return 10 * int(tens or 1) + int(ones or 0) if ten else int(ones)


def _iso(year: str, month: str, day: str) -> str:
    number = int(month) if month.isdigit() else 1 + _MONTHS.index(month[:3])
    valid = 1 <= number <= 12 and 1 <= int(day) <= 31
    return f"{year}-{number:02d}-{int(day):02d}" if valid else ""


_BFCL = str.maketrans("'", '"', " ,./-_*^")
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
# The first year of each era; https://www.ndl.go.jp (Japanese calendar), and 1912 for the Republic of China.
_FIRST_YEARS = {"令和": 2019, "平成": 1989, "昭和": 1926, "大正": 1912, "明治": 1868, "民国": 1912, "民國": 1912}
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
    weekday = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?[.,]{0,2} )?"
    day, year = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?", r"(?P<y>[0-9]{4})"
    return (
        re.compile(r"(?P<y>[0-9]{4})([-/.])(?P<m>[0-9]{1,2})\2(?P<d>[0-9]{1,2})"),
        re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
        re.compile(rf"{weekday}(?:the )?{day}(?: of)?[ -]{month}(?:,? |-){year}"),
        re.compile(rf"{weekday}{month}[ -]{day}(?:,? |-){year}"),
    )


@cache
def _east_asian_pattern() -> re.Pattern[str]:
    digit = "[0-9〇零一二三四五六七八九]"
    small = f"{digit}{{1,2}}|[一二三]?十[一二三四五六七八九]?"
    return re.compile(
        rf"(?:(?P<y>{digit}{{4}})|(?P<era>{'|'.join(_FIRST_YEARS)})\s*(?P<year_of_era>元|{digit}{{3}}|{small}))\s*[年년]"
        rf"\s*(?P<m>{small})\s*[月월]\s*(?P<d>{small})\s*[日号號일]"
    )


@cache
def _citation_patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The words for section and paragraph, the dot of an abbreviation, and spacing."""
    words = re.compile(r"\b(?:sections?|secs?\b\.?|paras?\b\.?|paragraphs?)")
    return words, re.compile(r"(?<=[a-z])\."), re.compile(r"[\s,]+")


NORMALISERS: Mapping[str, Normaliser] = MappingProxyType(
    {f.__name__: f for f in (strict, nfc, casefold, collapse, bfcl, amount, amount_comma, date, citation)}
)

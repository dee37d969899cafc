"""Reads a calendar date as people of several countries write it."""

from __future__ import annotations

import re
from functools import cache

from rewards.comparing.numbers import TO_ASCII

# The months as dates name them, full and abbreviated: English, German, French, Spanish, Italian, Portuguese, Dutch, the
# Nordic languages, Finnish, Polish, Czech, Russian, Ukrainian, Romanian, Hungarian, Greek, Turkish, Indonesian.
# Left out is listopada: November in Polish, October in Croatian.
_MONTHS = (
    "january jan januar jänner janvier janv enero ene gennaio gen janeiro januari января янв"
    " tammikuuta stycznia ledna січня ianuarie január ιανουαρίου ocak",
    "february feb februar février févr fév febrero febbraio fevereiro fev februari февраля фев"
    " helmikuuta lutego února лютого februarie február φεβρουαρίου şubat",
    "march mar märz maerz mrz mars marzo março maart mrt marts марта мар"
    " maaliskuuta marca března березня martie március μαρτίου mart maret",
    "april apr avril avr abril abr aprile апреля апр huhtikuuta kwietnia dubna квітня aprilie április απριλίου nisan",
    "may mai mayo maggio mag maio mei maj мая май toukokuuta maja května травня május μαΐου mayıs mayis",
    "june jun juni juin junio giugno giu junho июня июн kesäkuuta czerwca června червня iunie június ιουνίου haziran",
    "july jul juli juillet juil julio luglio lug julho июля июл"
    " heinäkuuta lipca července липня iulie július ιουλίου temmuz",
    "august aug août aout agosto ago augustus augusti августа авг"
    " elokuuta sierpnia srpna серпня augusztus αυγούστου ağustos agustus",
    "september sept sep septembre septiembre settembre set setembro сентября сен"
    " syyskuuta września září вересня septembrie szeptember σεπτεμβρίου eylül",
    "october oct oktober okt octobre octubre ottobre ott outubro out октября окт"
    " lokakuuta października října жовтня octombrie október οκτωβρίου ekim",
    "november nov novembre noviembre novembro ноября ноя"
    " marraskuuta listopadu листопада noiembrie νοεμβρίου kasım kasim",
    "december dec dezember dez décembre déc diciembre dic dicembre dezembro desember декабря дек"
    " joulukuuta grudnia prosince грудня decembrie δεκεμβρίου aralık aralik",
)
_CHINESE_DIGITS = str.maketrans("〇零一二三四五六七八九", "00123456789")
# The first year of each era; https://www.ndl.go.jp (Japanese calendar), and 1912 for the Republic of China.
_FIRST_YEARS = {"令和": 2019, "平成": 1989, "昭和": 1926, "大正": 1912, "明治": 1868, "民国": 1912, "民國": 1912}


def iso_date(text: str) -> str:
    """A date in lower case and single spaces as YYYY-MM-DD; empty where it is none, or of several meanings.

    >>> iso_date("5. märz 2024"), iso_date("31/1/2024"), iso_date("3/5/2024")
    ('2024-03-05', '2024-01-31', '')
    """
    text = text.translate(TO_ASCII).removesuffix(".")
    for pattern in _western_patterns():
        found = pattern.fullmatch(text)
        if found:
            return _iso(found["y"], found["m"], found["d"])
    found = _year_last().fullmatch(text)
    if found:
        return _of_year_last(found["y"], int(found["one"]), int(found["two"]))
    return "" if text.isascii() else _east_asian_date(text)


def _of_year_last(year: str, one: int, two: int) -> str:
    """Day and month in either order, where only one order is a date."""
    if one != two and one <= 12 and two <= 12:
        return ""
    return _iso(year, str(min(one, two)), str(max(one, two)))


def _iso(year: str, month: str, day: str) -> str:
    number = int(month) if month.isdigit() else _numbers()[month]
    valid = 1 <= number <= 12 and 1 <= int(day) <= 31
    return f"{year}-{number:02d}-{int(day):02d}" if valid else ""


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


@cache
def _numbers() -> dict[str, int]:
    return {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}


# Compiled when first needed: importing `rewards` has a budget of 50 ms, and a Lambda starts cold.
@cache
def _western_patterns() -> tuple[re.Pattern[str], ...]:
    month = rf"(?P<m>{'|'.join(sorted(_numbers(), key=len, reverse=True))})\.?"
    weekday = (
        r"(?:(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?|(?:mon|diens|donners|frei|sams|sonn)tag"
        r"|mittwoch|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miércoles|jueves|viernes|sábado"
        r"|domingo)[.,]{0,2} )?"
    )
    day, year = r"(?P<d>[0-9]{1,2})(?:st|nd|rd|th|er|\.|º|°)?", r"(?P<y>[0-9]{4})"
    midnight = r"(?:[t ]00:00(?::00(?:\.0{1,9})?)?(?:z|\+00:00)?)?"
    return (
        re.compile(rf"(?P<y>[0-9]{{4}})(?P<by>[-/.]|\. )(?P<m>[0-9]{{1,2}})(?P=by)(?P<d>[0-9]{{1,2}}){midnight}"),
        re.compile(r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})"),
        re.compile(
            rf"{weekday}(?:the |le |den |am |el |il )?{day}(?: of| de)?[ -]{month}(?: de | ?,? |-){year}(?: [гр])?"
        ),
        re.compile(rf"{weekday}{month}[ -]{day}(?: ?,? |-){year}"),
        re.compile(rf"{year}\.?(?:,? |-){month}[ -]{day}"),
    )


@cache
def _year_last() -> re.Pattern[str]:
    return re.compile(r"(?P<one>[0-9]{1,2})([-/.])(?P<two>[0-9]{1,2})\2(?P<y>[0-9]{4})")


@cache
def _east_asian_pattern() -> re.Pattern[str]:
    digit = "[0-9〇零一二三四五六七八九]"
    small = f"{digit}{{1,2}}|[一二三]?十[一二三四五六七八九]?"
    return re.compile(
        rf"(?:(?P<y>{digit}{{4}})|(?P<era>{'|'.join(_FIRST_YEARS)})\s*(?P<year_of_era>元|{digit}{{3}}|{small}))\s*[年년]"
        rf"\s*(?P<m>{small})\s*[月월]\s*(?P<d>{small})\s*[日号號일]"
    )

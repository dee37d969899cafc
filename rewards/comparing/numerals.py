"""Numbers in words: English ones, and those of Chinese and Japanese, as figures."""

from __future__ import annotations

import re
from functools import cache

_ONES = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
_ONES += "seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_SCALES = {"billion": 10**9, "million": 10**6, "thousand": 10**3, "": 1}
_SHORT_FORMS = str.maketrans("〇零一二三四五六七八九两兩億萬", "0012345678922亿万")
_HAN_SCALES = {"兆": 10**12, "亿": 10**8, "万": 10**4, "": 1}


def in_figures(text: str) -> str:
    """`text` with the number in words that it begins with, if it does, in figures.

    >>> [in_figures(text) for text in ("Forty-two km", "one hundred and five", "三千五百万円", "二〇二四", "a dozen")]
    ['42 km', '105', '35000000円', '2024', 'a dozen']
    """
    if text[:1].isascii():
        found = _english().match(text) if text[:1].isalpha() else None
        value = _of_english(found[0]) if found else None
    else:
        found = _han().match(text)
        value = _of_han(found[0]) if found else None
    return text if found is None or value is None else f"{value}{text[found.end() :]}"


def _of_english(words: str) -> int | None:
    values = {word: value for value, word in enumerate(_ONES.split())}
    values |= {word: 20 + 10 * value for value, word in enumerate(_TENS.split())}
    total, part = 0, 0
    for word in re.findall("[a-z]+", words.casefold()):
        if word == "hundred":
            part *= 100
        elif word in _SCALES:
            total, part = total + part * _SCALES[word], 0
        else:
            part += values.get(word, 0)  # "and" is nothing
    return total + part


def _of_han(text: str) -> int | None:
    text = text.translate(_SHORT_FORMS)
    if not re.search("[千百十兆亿万]", text):
        return int(text)
    if re.search("[千百兆亿万][1-9]$", text):  # 二千三 is 2300 to some and 2003 to others
        return None
    total = 0
    for scale, size in _HAN_SCALES.items():
        head, mark, tail = text.rpartition(scale) if scale else (text, "", "")
        if not scale or mark:
            part = _below_ten_thousand(head)
            if part is None or not (head or not scale):
                return None
            total, text = total + part * size, tail
    return total


def _below_ten_thousand(text: str) -> int | None:
    found = re.fullmatch("(?:([0-9]?)千)?(?:0?([0-9]?)百)?(?:0?([0-9]?)十)?0?([0-9]?)", text)
    if found is None:
        return None
    digits = [digit if digit is None else int(digit or "1") for digit in found.groups()[:3]]
    return sum(digit * size for digit, size in zip(digits, (1000, 100, 10), strict=True) if digit) + int(found[4] or 0)


@cache
def _english() -> re.Pattern[str]:
    ones = "|".join(sorted(_ONES.split(), key=len, reverse=True))
    tens = "|".join(_TENS.split())
    below = rf"(?:(?:{tens})(?:[ -](?:{ones})\b)?|(?:{ones}))\b"
    group = rf"(?:(?:{ones}) hundred\b(?: (?:and )?{below})?|{below})"
    scaled = "".join(rf"(?:{group} {scale}\b,?(?: (?:and )?(?=[a-z])|(?![ ][a-z])|))?" for scale in _SCALES if scale)
    return re.compile(rf"{scaled}(?:{group})?(?<=[a-z])(?![a-z-])", re.IGNORECASE)


@cache
def _han() -> re.Pattern[str]:
    return re.compile("[〇零一二三四五六七八九十百千万萬亿億兆两兩]{1,24}")

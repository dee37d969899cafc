"""How many tokens a text may cost, without a tokenizer.

No tokenizer of Amazon Nova is public and CountTokens refuses Nova models, so this is an estimate by script. Characters
per token as measured with the public cl100k vocabulary: English prose 5.8, JSON 4.8, reStructuredText 4.3, dictionary
entries 3.3, Chinese and Japanese 1.35. Scripts between the two, such as Cyrillic and Arabic, and those of South and
Southeast Asia were not measured: their characters are taken at 2.3, and as dense as Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

_DENSE = re.compile(
    "[\u0900-\u109f\u1100-\u11ff\u1780-\u17ff\u2e80-\ua4cf\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\U0001f000-\U0003ffff]"
)
_MIDDLE = re.compile("[\u0370-\u08ff\u10a0-\u10ff\u1200-\u137f]")  # Greek, Cyrillic, Armenian, Hebrew, Arabic, Georgian


class Estimate(NamedTuple):
    """Tokens at the low, middle and high end of what the script usually costs."""

    low: int
    mid: int
    high: int


_CHARS_PER_TOKEN = Estimate(low=6, mid=5, high=3)  # AWS's rule of thumb for Nova is 6; limits use the dense end
_MIDDLE_CHARS_PER_TOKEN = (3.5, 2.3, 1.5)
_DENSE_CHARS_PER_TOKEN = (2.0, 1.2, 1.0)


def estimate(text: str) -> Estimate:
    """Tokens of `text`, from the cheapest to the dearest plausible reading.

    >>> estimate("Automatically terminate a user session.")
    Estimate(low=7, mid=8, high=13)
    """
    dense, middle = (0, 0) if text.isascii() else (len(_DENSE.findall(text)), len(_MIDDLE.findall(text)))
    sparse = len(text) - dense - middle
    rates = zip(_CHARS_PER_TOKEN, _MIDDLE_CHARS_PER_TOKEN, _DENSE_CHARS_PER_TOKEN, strict=True)
    return Estimate(*(-int(-(sparse / wide + middle / half + dense / narrow) // 1) for wide, half, narrow in rates))


def total(estimates: Iterable[Estimate]) -> Estimate:
    """The sums, end by end.

    >>> total([Estimate(1, 2, 3), Estimate(10, 20, 30)])
    Estimate(low=11, mid=22, high=33)
    """
    low = mid = high = 0
    for each in estimates:
        low, mid, high = low + each.low, mid + each.mid, high + each.high
    return Estimate(low, mid, high)


def reach(text: str, start: int, budget: int) -> int:
    """The largest end such that ``text[start:end]`` stays within `budget` tokens at the high estimate."""
    low, high = start + 1, min(len(text), start + int(budget * _CHARS_PER_TOKEN.high))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if estimate(text[start:middle]).high <= budget else (low, middle - 1)
    return low


def reach_back(text: str, end: int, budget: int) -> int:
    """The smallest start such that ``text[start:end]`` stays within `budget` tokens at the high estimate."""
    low, high = max(0, end - int(budget * _CHARS_PER_TOKEN.high)), end
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if estimate(text[middle:end]).high <= budget else (middle + 1, high)
    return low

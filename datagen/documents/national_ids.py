"""Identity numbers of people by country: the shape of each, and the check digits that tell one from other figures."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

_DIHEDRAL = (  # multiplication in the dihedral group D5, and the permutation of Verhoeff's scheme (1969)
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_PERMUTED = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"

SHAPES: Mapping[str, str] = {
    "CN_ID": r"[1-9]\d{5}(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]",
    "KR_ID": r"\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])-[1-8]\d{6}",
    "TH_ID": r"[1-8]([ -])\d{4}\1\d{5}\1\d\d\1\d",
    "IN_ID": r"[2-9]\d{3}([ -])\d{4}\1\d{4}",
    "FR_ID": r"[12] ?\d\d ?(?:0[1-9]|1[0-2]|[2-9]\d) ?(?:\d\d|2[AB]) ?\d{3} ?\d{3} ?\d\d",
    "ES_ID": r"(?:\d{8}|[XYZ]-?\d{7})-?[A-HJ-NP-TV-Z]",
    "BR_ID": r"\d{3}\.\d{3}\.\d{3}-\d\d|\d{11}",
    "TR_ID": r"[1-9]\d{10}",
    "RU_ID": r"\d{3}-\d{3}-\d{3}[ -]\d\d|\d{12}",
    "PT_ID": r"[1-35689]\d{2}( ?)\d{3}\1\d{3}",
    "VN_ID": r"0\d{11}",
}
"""The pattern of each kind: of Korea, Thailand, India and Brazil as they are written, with their marks."""
_NAMED = {
    "BR_ID": re.compile(r"\bCPF\b[^\d\n]{0,12}$", re.IGNORECASE),
    "RU_ID": re.compile(r"\bИНН\b[^\d\n]{0,16}$", re.IGNORECASE),
    "PT_ID": re.compile(r"\b(?:NIF|contribuinte)\b[^\d\n]{0,12}$", re.IGNORECASE),
    "VN_ID": re.compile(r"(?:\bCCCD|\bCMND|căn cước|định danh)[^\d\n]{0,24}$", re.IGNORECASE),
}
"""What must stand before figures of these kinds that have no marks, since many others look the same."""


def is_national_id(kind: str, value: str, before: str = "") -> bool:
    """Whether the check digits of a number of its shape are right, and what stands before it names it where it must.

    >>> is_national_id("IN_ID", "2345 6789 0124"), is_national_id("IN_ID", "2345 6789 0125")
    (True, False)
    """
    if kind in _NAMED and not re.search(r"[.-]", value) and not _NAMED[kind].search(before):
        return False
    return _CHECKS[kind](re.sub(r"[ .-]", "", value).upper())


def _china(number: str) -> bool:
    """GB 11643-1999: weights 2^(17-i) modulo 11, the last digit X for 10."""
    total = sum(int(digit) * pow(2, 17 - index, 11) for index, digit in enumerate(number[:17]))
    return number[17] == "10X98765432"[total % 11]


def _korea(number: str) -> bool:
    """The date is checked by the shape; numbers given out since October 2020 have no check digit."""
    return True


def _thailand(number: str) -> bool:
    return (11 - _weighted(number[:12], range(13, 1, -1)) % 11) % 10 == int(number[12])


def _india(number: str) -> bool:
    check = "0"
    for place, digit in enumerate(reversed(number)):
        check = _DIHEDRAL[int(check)][int(_PERMUTED[place % 8][int(digit)])]
    return check == "0"


def _france(number: str) -> bool:
    """97 less the remainder; the departments of Corsica count as 19 and 18."""
    plain = number[:13].replace("2A", "19").replace("2B", "18")
    return plain.isdigit() and 97 - int(plain) % 97 == int(number[13:])


def _spain(number: str) -> bool:
    digits = number[:-1].replace("X", "0").replace("Y", "1").replace("Z", "2")
    return _LETTERS[int(digits) % 23] == number[-1]


def _brazil(number: str) -> bool:
    if len(set(number)) == 1:
        return False
    ends = [(_weighted(number[:size], range(size + 1, 1, -1)) * 10) % 11 % 10 for size in (9, 10)]
    return ends == [int(number[9]), int(number[10])]


def _turkey(number: str) -> bool:
    digits = [int(digit) for digit in number]
    return (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10 == digits[9] and sum(digits[:10]) % 10 == digits[10]


def _russia(number: str) -> bool:
    """The pension number (SNILS) of eleven digits, the taxpayer's (INN) of twelve."""
    if len(number) == 11:
        return _weighted(number[:9], range(9, 0, -1)) % 101 % 100 == int(number[9:])
    weights = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)
    return [_weighted(number[:size], weights[11 - size :]) % 11 % 10 for size in (10, 11)] == [*map(int, number[10:])]


def _portugal(number: str) -> bool:
    rest = _weighted(number[:8], range(9, 1, -1)) % 11
    return int(number[8]) == (0 if rest < 2 else 11 - rest)


def _vietnam(number: str) -> bool:
    """Without a check digit: one of 96 provinces, and the century and sex of somebody alive."""
    return 1 <= int(number[1:3]) <= 96 and number[3] in "0123"


def _weighted(digits: str, weights: Sequence[int]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(digits, weights, strict=True))


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "CN_ID": _china,
    "KR_ID": _korea,
    "TH_ID": _thailand,
    "IN_ID": _india,
    "FR_ID": _france,
    "ES_ID": _spain,
    "BR_ID": _brazil,
    "TR_ID": _turkey,
    "RU_ID": _russia,
    "PT_ID": _portugal,
    "VN_ID": _vietnam,
}

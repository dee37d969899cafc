"""Words in every script: where a script puts no spaces between them, each of its characters counts as one.

So "the same three words in a row" means three characters in Chinese, and a Latin word inside a Japanese sentence is
still one word. Full-width letters and digits are read as what they stand for.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rewards.comparing.words import SPACELESS, SPACELESS_MARKS

# Accents, points of Hebrew and Arabic, and the vowel signs of India's scripts, which are no letters by themselves.
_SIGNS = (
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1\u05c2\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff]"
)
_TURKISH = {0x131: "i", 0x307: None}  # its two kinds of i, which are one in capitals and what `casefold` makes of them
_UNIT = re.compile(rf"[{SPACELESS}][{SPACELESS_MARKS}]*|(?:[^\W{SPACELESS}]{_SIGNS}*)+")
_SPACELESS = re.compile(f"[{SPACELESS}]")
CHARACTERS_PER_WORD = 20 / 13  # of spaceless text; a Chinese word has about one and a half


def words(text: str) -> list[str]:
    """The words of a text in lower case and compatibility form.

    >>> words("Le «Prix» AC-2"), words("限额为100元"), words("ＵＳＢメモリ")
    (['le', 'prix', 'ac', '2'], ['限', '额', '为', '100', '元'], ['usb', 'メ', 'モ', 'リ'])
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    return _UNIT.findall(plain if plain.isascii() else plain.translate(_TURKISH))


def is_spaceless(word: str) -> bool:
    """Whether a word is a character of a script without spaces."""
    return not word.isascii() and _SPACELESS.match(word) is not None


def runs(units: list[str], size: int) -> set[str]:
    """Every shortest run that is as long as `size` words: more characters than words of a spaced script.

    >>> runs(["a", "b", "c", "d"], 3) == {"a b c", "b c d"}
    True
    >>> len(next(iter(runs(list("安全措施包括访问控制审计问责配置管理应急规划"), 13))).split())
    20
    """
    return {" ".join(units[start:end]) for start, end in _run_ends(units, size)}


def run_hashes(units: list[str], size: int, sums: list[int] | None = None) -> set[int]:
    """The same runs as numbers below 2**61, for comparing more of them than memory takes as text.

    `sums` are the `prefix_hashes` of the units, where they are known.
    """
    sums = prefix_hashes(units) if sums is None else sums
    if "".join(units).isascii():  # no character counts as a word
        return _hashes_of(sums, size)
    return {_hash_between(sums, start, end) for start, end in _run_ends(units, size)}


def gram_hashes(units: list[str], size: int, sums: list[int] | None = None) -> set[int]:
    """Every run of `size` units as a number; the whole where it is shorter, nothing where it is empty."""
    if not units:
        return set()
    return _hashes_of(prefix_hashes(units) if sums is None else sums, min(size, len(units)))


def _hashes_of(sums: list[int], size: int) -> set[int]:
    """The hashes of all runs of so many units; a call for each would take three times as long."""
    prime, power = HASHES.prime, _power(size)
    return {(after - before * power) % prime for before, after in zip(sums, sums[size:], strict=False)}


class _Hashes(NamedTuple):
    """Polynomials of strong hashes of words: runs of different words collide with probability length / prime."""

    prime: int
    base: int


HASHES = _Hashes((1 << 61) - 1, 0x1B0F6B5C3A2D4E77 % ((1 << 61) - 1))  # the base is an arbitrary number


def _run_ends(units: list[str], size: int) -> Iterator[tuple[int, int]]:
    weights = [1 / CHARACTERS_PER_WORD if is_spaceless(unit) else 1.0 for unit in units]
    end, weight = 0, 0.0
    for start in range(len(units)):
        while end < len(units) and weight < size - 1e-9:
            weight += weights[end]
            end += 1
        if weight < size - 1e-9:
            break
        yield start, end
        weight -= weights[start]


def prefix_hashes(units: list[str]) -> list[int]:
    """The polynomial hash of the first 0, 1, 2 … units."""
    prime, base = HASHES
    found, last = [0], 0
    for unit in units:
        last = (last * base + _hash_of(unit)) % prime
        found.append(last)
    return found


def _hash_between(sums: list[int], start: int, end: int) -> int:
    return (sums[end] - sums[start] * _power(end - start)) % HASHES.prime


@lru_cache(maxsize=256)
def _power(length: int) -> int:
    return pow(HASHES.base, length, HASHES.prime)


@lru_cache(maxsize=1 << 16)
def _hash_of(word: str) -> int:
    """The same in every process, as `hash` is not."""
    strong = hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(strong, "little") % (HASHES.prime - 1) + 1

"""Where a text may be cut without breaking a character that a reader sees as one.

An approximation of Unicode TR29 that errs on the side of not cutting, so that it needs nothing beyond `unicodedata`:
every place called a border here is one of the `regex` package's ``\\X`` borders (tests compare them), not the reverse.
"""

from __future__ import annotations

import unicodedata

_ZERO_WIDTH_JOINER = "\u200d"
_GLUED_TO_THE_LEFT = frozenset("\u200c\u200d\uff9e\uff9f")
_VIRAMA = 9  # canonical combining class; a consonant after it may belong to the same cluster (rule GB9c)


def is_border(text: str, at: int, *, start: int = 0) -> bool:
    """Whether `text` may be cut before offset `at`; `start` is a border to the left that bounds the search.

    >>> [i for i in range(1, 4) if is_border("a\\r\\nb", i)]
    [1, 3]
    """
    if at <= start or at >= len(text):
        return True
    left, right = text[at - 1], text[at]
    if left < "\u0300" and right < "\u0300":
        return not (left == "\r" and right == "\n") and left != "\xad" and right != "\xad"
    if _joins_left(right) or _joins_right(left):
        return False
    if _is_flag(left) and _is_flag(right):
        return _flags_before(text, at, start) % 2 == 0
    return not (_is_hangul(left) and _is_hangul(right)) and not _after_virama(text, at, start)


def last_border(text: str, start: int, end: int) -> int:
    """The last border in (start, end], or `end` itself where a single cluster fills the whole span."""
    if start < end < len(text) and _is_plain(text, end):
        return end
    for at in range(min(end, len(text)), start, -1):
        if is_border(text, at, start=start):
            return at
    return end


def first_border(text: str, start: int, end: int, *, floor: int) -> int:
    """The first border in [start, end], or `end` where there is none; `floor` is a border to the left of `start`."""
    if 0 < start < end and _is_plain(text, start):
        return start
    for at in range(start, end):
        if is_border(text, at, start=floor):
            return at
    return end


def _is_plain(text: str, at: int) -> bool:
    """Whether a border lies between two plain letters or marks, as nearly all do: the quick way to know."""
    return text[at - 1] < "\xad" and "\n" < text[at] < "\xad"


def _joins_left(char: str) -> bool:
    return (
        unicodedata.category(char)[0] == "M"
        or char in _GLUED_TO_THE_LEFT
        or "\U0001f3fb" <= char <= "\U0001f3ff"  # skin tones
        or "\U000e0020" <= char <= "\U000e007f"  # tags, as in the flag of Scotland
        or char in "\u0e33\u0eb3"  # Thai and Lao vowel signs that are letters by category
    )


def _joins_right(char: str) -> bool:
    return char == _ZERO_WIDTH_JOINER or unicodedata.category(char) == "Cf" or char in "\u0d4e\U000111c2\U000111c3"


def _is_flag(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def _flags_before(text: str, at: int, start: int) -> int:
    count = 0
    while at - count > start and _is_flag(text[at - count - 1]):
        count += 1
    return count


def _is_hangul(char: str) -> bool:
    return "\u1100" <= char <= "\u11ff" or "\ua960" <= char <= "\ua97c" or "\uac00" <= char <= "\ud7fb"


def _after_virama(text: str, at: int, start: int) -> bool:
    while at > start and unicodedata.category(text[at - 1])[0] == "M":
        if unicodedata.combining(text[at - 1]) == _VIRAMA:
            return True
        at -= 1
    return False

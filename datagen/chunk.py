"""Cut a text into spans with a hard size limit, real overlap and exact offsets.

The spans cover the text exactly: nothing is trimmed, normalised or joined, so ``text[span.start:span.end]`` is what the
teacher saw and what a reader finds in the document. Only the tail of each span is looked at, so the cost grows with the
number of spans and not with the number of characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from datagen.documents.graphemes import first_border, last_border
from datagen.errors import ConfigError
from datagen.tokens import reach, reach_back

By: TypeAlias = Literal["characters", "sentences", "tokens"]


_PARAGRAPH = ("\n\n",)
_FULL_STOP = (". ", ".\n")
_OTHER_STOPS = ("? ", "?\n", "! ", "!\n", ".) ", '." ', ".” ", "。", "！", "？", "｡", "…")
_LINE = ("\n", "; ", "；")
_WORD = (" ", "\t", "\u3000", "\u2003", "\u00a0", "、", "，")
_MAY_HOLD_OTHER_STOP = re.compile(r"[?!。！？｡…]|\.[)\"”]")
_ANY_STOP = re.compile("|".join(map(re.escape, _FULL_STOP + _OTHER_STOPS)))
_ANY_WORD_END = re.compile("|".join(map(re.escape, _WORD)))


class Span(NamedTuple):
    """A half-open range of character offsets."""

    start: int
    end: int


def spans(text: str, *, size: int, overlap: int = 0, by: By = "sentences") -> list[Span]:
    """The spans of `text`, in order; none for an empty text.

    `size` is a hard limit, in characters (`characters`, `sentences`) or estimated tokens (`tokens`); `overlap` is the
    most that a span repeats of the one before, in the same unit. `sentences` and `tokens` prefer to cut after a
    paragraph, then a sentence, then a line, then a word; `characters` fills each span. No cut falls inside a grapheme
    unless one grapheme alone is longer than `size`. Raises `ConfigError` unless ``0 <= overlap <= size / 2``.

    >>> text = "One sentence. Another sentence. A third."
    >>> [text[s.start:s.end] for s in spans(text, size=18)]
    ['One sentence. ', 'Another sentence. ', 'A third.']
    """
    if size < 1 or not 0 <= overlap <= size // 2:
        raise ConfigError(f"chunks need size >= 1 and 0 <= overlap <= size / 2, got size={size!r}, overlap={overlap!r}")
    return list(_spans(text, size, overlap, by))


def _spans(text: str, size: int, overlap: int, by: By) -> Iterator[Span]:
    start = done = 0
    while start < len(text):
        limit = reach(text, start, size) if by == "tokens" else start + size
        end = len(text) if limit >= len(text) else _cut(text, start, limit, by)
        if end <= done:  # behind the overlap there was no room for the next cluster, so this span overlaps nothing
            start = done
            continue
        yield Span(start, end)
        done = end
        if end == len(text):
            return
        start = _next_start(text, start, end, overlap, by) if overlap else end


def _cut(text: str, start: int, limit: int, by: By) -> int:
    """Where the span from `start` ends: as late as possible after something that ends, within the last third."""
    if by == "characters":
        return last_border(text, start, limit)
    window = limit - (limit - start) // 3
    at = (
        _last_end(text, _PARAGRAPH, window, limit)
        or _last_stop(text, window, limit)
        or _last_end(text, _LINE, window, limit)
        or _last_end(text, _WORD, window, limit)
        or limit
    )
    return last_border(text, start, at)


def _next_start(text: str, start: int, end: int, overlap: int, by: By) -> int:
    """Where the span after [start, end) begins: where a sentence does, else a word, within the overlap."""
    earliest = reach_back(text, end, overlap) if by == "tokens" else end - overlap
    earliest = max(start + 1, earliest)
    if by != "characters":
        sentence = _first_end(text, _ANY_STOP, earliest, earliest + (end - earliest) // 2)
        earliest = sentence or _first_end(text, _ANY_WORD_END, earliest, end) or earliest
    return first_border(text, earliest, end, floor=start)


def _last_stop(text: str, low: int, high: int) -> int:
    """The offset after the last end of a sentence within [low, high), or 0; full stops are by far the most frequent."""
    best = _last_end(text, _FULL_STOP, low, high)
    if _MAY_HOLD_OTHER_STOP.search(text, max(low, best - 1), high):
        return max(best, _last_end(text, _OTHER_STOPS, low, high))
    return best


def _last_end(text: str, marks: tuple[str, ...], low: int, high: int) -> int:
    """The offset after the last of `marks` within [low, high), or 0."""
    best = 0
    for mark in marks:
        at = text.rfind(mark, low, high)
        if at >= 0 and at + len(mark) > best:
            best = at + len(mark)
    return best


def _first_end(text: str, marks: re.Pattern[str], low: int, high: int) -> int:
    """The smallest offset in [low, high] that directly follows one of `marks`, or 0."""
    match = marks.search(text, max(0, low - 3), high)
    while match and match.end() < low:
        match = marks.search(text, match.end(), high)
    return match.end() if match else 0

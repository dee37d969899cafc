"""The order in which a person reads what is drawn on a page: columns, vertical writing, and what each page repeats.

A page says where each letter is and not what follows it. The order in which a program drew the text is kept where it
can be right; it is given up where it jumps between columns or runs against the direction of the script.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from datagen.words import is_spaceless

_MARKS = re.compile("[\u3000-\u303f\ufe30-\ufe4f\uff01-\uff65]")  # of East Asian writing

_GUTTER = 0.8  # of a letter's height: the least space between two columns
_LEAST_LINES = 3  # of a column
_PROSE_LETTERS = 15  # of a line in a column, on average; cells of tables have fewer
_PROSE_FILL = 0.6  # of the longest lines' width that its lines have
_EDGE = 0.15  # of a page's height, where its header and footer are
_EDGE_LINES = 3
_BODY_LINES = 4  # of a page that says what a header is; on one with fewer they may be all that it says
_LEAST_REPEATS = 3  # pages that have the same header


class Run(NamedTuple):
    """Letters drawn beside each other. `line` is the same for the runs that share a line, in the order of drawing."""

    text: str
    left: float
    bottom: float
    right: float
    top: float
    line: int


class Glyph(NamedTuple):
    """A letter and the box of its font around it; marks of a font have no width."""

    char: str
    left: float
    bottom: float
    right: float
    top: float


class Repeated(NamedTuple):
    """A line that pages repeat at their top or bottom, as the first of them has it, and how many do."""

    text: str
    pages: int
    characters: int


def runs_of(glyphs: Sequence[Glyph | None]) -> list[Run]:
    """The glyphs in runs, in the order in which they were drawn; `None` ends a line.

    >>> [run.text for run in runs_of([Glyph("a", 0, 0, 5, 9), Glyph("b", 5, 0, 10, 9), Glyph("c", 90, 0, 95, 9)])]
    ['ab', 'c']
    """
    runs: list[Run] = []
    open_run: list[Glyph] = []
    line = 0

    def close() -> None:
        if any(not glyph.char.isspace() for glyph in open_run):
            runs.append(_run(open_run, line))
        open_run.clear()

    for glyph in glyphs:
        if glyph is None:
            close()
            line += 1
        elif glyph.top <= glyph.bottom or glyph.char.isspace():
            open_run.append(glyph)
        else:
            last = next((other for other in reversed(open_run) if other.top > other.bottom), None)
            if last and _is_elsewhere(last, glyph):
                close()
                line += 1
            elif last and glyph.left - last.right > _GUTTER * _height(glyph):
                close()
            open_run.append(glyph)
    close()
    return runs


def in_reading_order(runs: Sequence[Run]) -> list[Run]:
    """The runs of a page as they are read: line by line, or column by column where text runs in columns."""
    if _is_vertical(runs):
        turned = [_turned(run) for run in _columns_of_letters(runs)]
        return [_turned_back(run) for run in _ordered(turned)]
    return _ordered(list(runs))


def is_prose_beside_prose(runs: Sequence[Run]) -> bool:
    """Whether text runs in columns, as that of an article does and the cells of a table do not."""
    return _gutter(runs) is not None


def text_of(runs: Sequence[Run]) -> str:
    """The text of runs in order, those of one line with a space between them."""
    parts: list[str] = []
    for before, run in zip([None, *runs], runs, strict=False):
        gap = "" if before is None else " " if before.line == run.line else "\n"
        parts.append(gap + run.text)
    return "".join(parts)


def repeated(pages: Sequence[Sequence[Run]]) -> tuple[list[list[Run]], list[Repeated]]:
    """The pages without the lines that many of them have at the same height of their top or bottom.

    A number that counts the pages may differ. A third of the pages must have it, and no fewer than three.
    """
    edges = [list(_edges(page, number)) for number, page in enumerate(pages)]
    whole = [found for page, found in zip(pages, edges, strict=True) if len({run.line for run in page}) >= _BODY_LINES]
    counts = Counter(key for found in whole for key in {key for key, _ in found})
    least = max(_LEAST_REPEATS, len(pages) / 3)
    names = {key for key, count in counts.items() if count >= least}
    kept: list[list[Run]] = []
    first: dict[tuple[str, ...], str] = {}
    characters = Counter[tuple[str, ...]]()
    for page, found in zip(pages, edges, strict=True):
        dropped: set[int] = set()
        for key, line in found:
            if key in names and line not in dropped:
                dropped.add(line)
                text = text_of([run for run in page if run.line == line])
                characters[key] += len(text)
                first.setdefault(key, text)
        kept.append([run for run in page if run.line not in dropped])
    return kept, [Repeated(text, counts[key], characters[key]) for key, text in first.items()]


def _edges(page: Sequence[Run], number: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """The lines at a page's top and bottom, under each name that another page's line would share with them."""
    if not page:
        return
    top, bottom = max(run.top for run in page), min(run.bottom for run in page)
    edge = (top - bottom) * _EDGE
    lines = sorted({run.line for run in page})
    heights = {line: max(run.top for run in page if run.line == line) for line in lines}
    order = sorted(lines, key=lambda line: -heights[line])
    for name, some in (("top", order[:_EDGE_LINES]), ("bottom", order[-_EDGE_LINES:])):
        for line in some:
            far = top - heights[line] if name == "top" else heights[line] - bottom
            if far > max(edge, 30):
                continue
            text = " ".join(text_of([run for run in page if run.line == line]).split())
            place = str(round(heights[line] / 4))
            yield (name, place, text), line
            for found in re.finditer(r"\d{1,4}", text):
                named = f"{text[: found.start()]}\0{int(found[0]) - number}\0{text[found.end() :]}"
                yield (name, place, named), line


def _run(glyphs: Sequence[Glyph], line: int) -> Run:
    drawn = [glyph for glyph in glyphs if glyph.top > glyph.bottom] or list(glyphs)
    text = "".join(glyph.char for glyph in glyphs).strip()
    left, bottom = min(glyph.left for glyph in drawn), min(glyph.bottom for glyph in drawn)
    return Run(text, left, bottom, max(glyph.right for glyph in drawn), max(glyph.top for glyph in drawn), line)


def _height(glyph: Glyph) -> float:
    return glyph.top - glyph.bottom


def _is_elsewhere(last: Glyph, glyph: Glyph) -> bool:
    """Whether a glyph is on another line: above or below by most of its height, and not below in the same column."""
    shared = min(last.top, glyph.top) - max(last.bottom, glyph.bottom)
    if shared >= 0.2 * min(_height(last), _height(glyph)):
        return False
    return not _is_below(last, glyph)


def _is_below(last: Glyph, glyph: Glyph) -> bool:
    """Whether a letter of vertical writing follows: in the same column, right below."""
    size = max(_height(last), _height(glyph))
    beside = abs((last.left + last.right) - (glyph.left + glyph.right)) / 2
    step = (last.top + last.bottom) / 2 - (glyph.top + glyph.bottom) / 2
    return beside < 0.6 * size and 0 < step < 2.2 * size and _is_dense(last.char) and _is_dense(glyph.char)


def _is_dense(char: str) -> bool:
    return bool(char) and (is_spaceless(char) or _MARKS.match(char) is not None)


def _is_vertical(runs: Sequence[Run]) -> bool:
    """Whether most letters are of scripts that can be written downwards, and are."""
    dense = [run for run in runs if _is_dense(run.text[:1])]
    if len(dense) * 2 <= len(runs):
        return False
    tall = sum(
        len(run.text) for run in dense if len(run.text) > 1 and run.top - run.bottom > 1.5 * (run.right - run.left)
    )
    single = sum(
        1 for before, run in pairwise(dense) if len(before.text) == len(run.text) == 1 and _follows(before, run)
    )
    return (tall + single) * 2 > sum(len(run.text) for run in runs)


def _follows(before: Run, run: Run) -> bool:
    return _is_below(Glyph(before.text[-1], *before[1:5]), Glyph(run.text[0], *run[1:5]))


def _columns_of_letters(runs: Sequence[Run]) -> list[Run]:
    """Letters that were drawn one by one, below each other, as one run."""
    joined: list[Run] = []
    for run in runs:
        last = joined[-1] if joined else None
        if last and len(run.text) == 1 and _follows(last._replace(top=last.bottom + run.top - run.bottom), run):
            joined[-1] = Run(
                last.text + run.text,
                min(last.left, run.left),
                run.bottom,
                max(last.right, run.right),
                last.top,
                last.line,
            )
        else:
            joined.append(run)
    return [run._replace(line=number) for number, run in enumerate(joined)]


def _turned(run: Run) -> Run:
    """Vertical writing as lines from left to right: what was right is above, what was above is left.

    Boxes of vertical fonts may be twice as wide as the letters, so the width is that of a letter as it is high.
    """
    middle, size = (run.left + run.right) / 2, (run.top - run.bottom) / len(run.text)
    return Run(run.text, -run.top, middle - size / 2, -run.bottom, middle + size / 2, run.line)


def _turned_back(run: Run) -> Run:
    return Run(run.text, run.bottom, -run.right, run.top, -run.left, run.line)


def _ordered(runs: list[Run]) -> list[Run]:
    gutter = _gutter(runs)
    if gutter is None:
        return _downwards(runs)
    ordered: list[Run] = []
    for band in _bands(runs, gutter):
        left = [run for run in band if run.right <= gutter]
        right = [run for run in band if run.left >= gutter]
        across = [run for run in band if run.left < gutter < run.right]
        if across or not (left and right):
            ordered += _downwards(band)
            continue
        switches = sum(a.left < gutter <= b.left or b.left < gutter <= a.left for a, b in pairwise(band))
        if switches < 2:
            ordered += [*_ordered(left), *_ordered(right)]
        elif switches <= len(band) / 4:  # in blocks, as the cells of a table are
            ordered += band
        else:
            ordered += [*_ordered(lined_up(left)), *_ordered(lined_up(right))]
    return ordered


def _bands(runs: Sequence[Run], gutter: float) -> Iterator[list[Run]]:
    """From top to bottom: text on both sides of the gutter, and lines that run across it, in turns."""
    across = sorted((run for run in runs if run.left < gutter < run.right), key=lambda run: -run.top)
    rest = [run for run in runs if not run.left < gutter < run.right]
    for wide in across:
        middle = (wide.top + wide.bottom) / 2
        above = [run for run in rest if (run.top + run.bottom) / 2 > middle]
        rest = [run for run in rest if (run.top + run.bottom) / 2 <= middle]
        if above:
            yield above
        yield [wide]
    if rest:
        yield rest


def _gutter(runs: Sequence[Run]) -> float | None:
    """The middle of a white strip between two columns of prose, the one that the fewest lines cross."""
    if len(runs) < 2 * _LEAST_LINES:
        return None
    height = median(run.top - run.bottom for run in runs)
    best: tuple[int, float] | None = None
    for edge in sorted({round(run.left) for run in runs}):
        beside = [run.right for run in runs if run.right <= edge + 1]
        ends = sorted(beside)[len(beside) // 2 :]  # the ragged ends of lines are before the strip
        if not ends:
            continue
        left_end = max(end for end in ends if end <= edge + 1)
        if edge - left_end < _GUTTER * height * 0.75:
            continue
        middle = (edge + left_end) / 2
        crossing = sum(run.left < middle < run.right for run in runs)
        if (best is None or crossing < best[0]) and _is_between_columns(runs, middle):
            best = (crossing, middle)
    return best[1] if best else None


def _is_between_columns(runs: Sequence[Run], middle: float) -> bool:
    left = [run for run in runs if run.right <= middle]
    right = [run for run in runs if run.left >= middle]
    return _is_prose(left) and _is_prose(right) and _overlap(left, right) and len(left) + len(right) > len(runs) / 2


def _is_prose(runs: Sequence[Run]) -> bool:
    lines = Counter(run.line for run in runs)
    if len(lines) < _LEAST_LINES:
        return False
    letters = median(len(run.text) * (2 if _is_dense(run.text[:1]) else 1) for run in runs)
    widths = sorted(run.right - run.left for run in runs)
    return letters >= _PROSE_LETTERS and median(widths) >= _PROSE_FILL * widths[len(widths) * 9 // 10]


def _overlap(left: Sequence[Run], right: Sequence[Run]) -> bool:
    """Whether the two stand beside each other and not one below the other."""
    top = min(max(run.top for run in left), max(run.top for run in right))
    bottom = max(min(run.bottom for run in left), min(run.bottom for run in right))
    lowest = min(max(run.top for run in side) - min(run.bottom for run in side) for side in (left, right))
    return top - bottom > 0.5 * lowest


def _downwards(runs: list[Run]) -> list[Run]:
    """As they were drawn, or from the top where that runs upwards again and again."""
    pairs = [(a, b) for a, b in pairwise(runs) if min(a.right, b.right) - max(a.left, b.left) > 0]
    upwards = sum(b.bottom >= a.top - 0.2 * (a.top - a.bottom) for a, b in pairs)
    if len(pairs) < 2 or upwards * 3 <= len(pairs):
        return runs
    return lined_up(runs)


def lined_up(runs: Sequence[Run]) -> list[Run]:
    """The runs from top to bottom and left to right; those at the same height share a line."""
    rows: list[list[Run]] = []
    for run in sorted(runs, key=lambda run: -(run.top + run.bottom)):
        row = rows[-1] if rows else []
        if row and (run.top + run.bottom) / 2 > row[0].bottom + 0.2 * (row[0].top - row[0].bottom):
            row.append(run)
        else:
            rows.append([run])
    return [run._replace(line=row[0].line) for row in rows for run in sorted(row, key=lambda run: run.left)]

"""Tables of a page that lines are drawn around or between: which letters are in which cell, and what names the columns.

A PDF has no tables, only letters and lines. Where lines make a grid, or three or more of the same length lie below each
other as in a printed book, the letters between them are cells. All else stays text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby, pairwise, takewhile
from operator import itemgetter
from typing import NamedTuple

from datagen.documents.layout import Glyph, Run, in_reading_order, is_prose_beside_prose, runs_of, text_of
from datagen.documents.strokes import (
    NEAR,
    Rule,
    are_boxes,
    crosses,
    holds,
    in_one_piece,
    middle,
    places,
    spanning,
    stacked,
    touching,
)
from datagen.documents.tables import lines_of

_MOST_RULES = 500  # of a page with tables; drawings have more
_MOST_CELLS = 5_000
_LEAST_FILLED = 0.3  # of a table's cells; the boxes of a chart are empty
_LEAST_WHOLE = 0.7  # of the lines between level rules, that are rows and not the second line of a cell
_STRIP = 4.0  # points of white between two columns that no line divides
_FIGURE = re.compile(r"[-+(]?[$€£¥]?\s?\d[\d.,\s]*\)?%?")
_FAR = 1e6  # points; higher than any page
_FOOT = 60.0  # points above or below a table, in which a page has its header or its number


class Inked(NamedTuple):
    """A letter, the name of its font, and which of the lines it is in that the page was drawn in."""

    glyph: Glyph
    font: bytes
    line: int


class Table(NamedTuple):
    """Where a table is, where its columns begin, its rows of cells, and how many of them are its header."""

    box: Rule
    columns: tuple[float, ...]
    rows: list[list[str]]
    heads: int

    is_sure: bool  # whether its header is in a font of its own
    title: tuple[str, ...] = ()  # rows of one cell above the header

    def names(self) -> list[str]:
        """What the header calls each column; a header of several rows is read downwards."""
        return [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*self.rows[: self.heads], strict=True)]

    def lines(self) -> list[str]:
        """A line per row, each cell beside the name of its column."""
        grid = [self.names(), *self.rows[self.heads :]] if self.heads else self.rows
        return [*self.title, *lines_of(grid, has_header=self.heads > 0)]

    def after(self, before: Table) -> Table:
        """The table under the header of the one that ends the page before, where it goes on with the same columns."""
        same = len(self.columns) == len(before.columns) and all(
            abs(one - other) < NEAR for one, other in zip(self.columns, before.columns, strict=True)
        )
        if not same or self.is_sure or not before.heads or self.rows[: self.heads] == before.rows[: before.heads]:
            return self
        return self._replace(rows=[before.names(), *self.rows], heads=1)


def with_tables(
    inked: Sequence[Inked | None], rules: Sequence[Rule], before: Table | None
) -> tuple[list[Run], Table | None]:
    """The runs of what a page draws, each table a run per row in the place of its first letter.

    `before` is the table that ends the page before; with the runs comes the table that ends this one.
    """
    tables = tables_of(rules, [one for one in inked if one]) if rules else []
    if not tables:
        return runs_of([one and one.glyph for one in inked]), None
    owners = [next((at for at, table in enumerate(tables) if one and _is_in(one, table)), None) for one in inked]
    outside = [
        one.glyph for one, owner in zip(inked, owners, strict=True) if one and owner is None and one.glyph.char.strip()
    ]
    first, last = tables[0], min(tables, key=lambda table: table.box.bottom)
    ends = last if all(glyph.top > last.box.bottom - _FOOT for glyph in outside) else None
    if before and all(glyph.bottom < first.box.top + _FOOT for glyph in outside):
        tables[0] = first.after(before)
        ends = tables[0] if ends is first else ends
    runs: list[Run] = []
    stretch: list[Glyph | None] = []
    for owner, some in groupby(zip(owners, inked, strict=True), key=itemgetter(0)):
        if owner is None:
            stretch += [one and one.glyph for _, one in some]
        elif tables[owner].rows:
            runs += _behind(runs, runs_of(stretch))
            runs += _behind(runs, _runs_of_table(tables[owner]))
            tables[owner], stretch = tables[owner]._replace(rows=[]), []
        else:
            stretch.append(None)
    return [*runs, *_behind(runs, runs_of(stretch))], ends


def _is_in(one: Inked, table: Table) -> bool:
    return holds(table.box, middle(one.glyph))


def _behind(runs: Sequence[Run], more: Sequence[Run]) -> list[Run]:
    """Runs on lines of their own behind the others."""
    first = 1 + max((run.line for run in runs), default=-1)
    return [run._replace(line=run.line + first) for run in more]


def _runs_of_table(table: Table) -> list[Run]:
    """The lines of a table as runs that lie below each other where the table is."""
    left, bottom, right, top = table.box
    lines = table.lines()
    step = (top - bottom) / max(1, len(lines))
    return [Run(line, left, top - step * (at + 1), right, top - step * at, at) for at, line in enumerate(lines)]


def tables_of(rules: Sequence[Rule], inked: Sequence[Inked]) -> list[Table]:
    """The tables of a page from the top, none inside another."""
    found: list[Table] = []
    rules = [*in_one_piece(rules, is_level=True), *in_one_piece(rules, is_level=False)]
    if len(rules) > _MOST_RULES:
        return []
    for group in touching(rules):
        table = _grid(group, inked) if any(not rule.is_level for rule in group) else None
        if table:
            found.append(table)
    taken = [table.box for table in found]
    level = [rule for rule in rules if rule.is_level and not any(holds(box, middle(rule)) for box in taken)]
    for group in stacked(level):
        table = _open_table(group, inked)
        if table:
            found.append(table)
    found.sort(key=lambda table: (-table.box.top, table.box.left))
    return [one for at, one in enumerate(found) if not any(holds(two.box, middle(one.box)) for two in found[:at])]


def _grid(rules: Sequence[Rule], inked: Sequence[Inked]) -> Table | None:
    """The table of a group of rules that meet, with cells that span others."""
    level = [rule for rule in rules if rule.is_level]
    upright = [rule for rule in rules if not rule.is_level]
    if not level:
        return None
    xs = places([rule.left for rule in upright] + [edge for rule in level for edge in (rule.left, rule.right)])
    ys = places([rule.top for rule in level] + [edge for rule in upright for edge in (rule.bottom, rule.top)])[::-1]
    if len(xs) < 3 or len(ys) < 3 or len(xs) * len(ys) > _MOST_CELLS:
        return None
    below = [[crosses(level, y, (a + b) / 2, True) for a, b in pairwise(xs)] for y in ys[1:]]
    beside = [[crosses(upright, x, (a + b) / 2, False) for x in xs[1:]] for a, b in pairwise(ys)]
    cells = spanning(below, beside)
    return _filled(xs, ys, cells, inked) if are_boxes(cells) else None


def _open_table(rules: Sequence[Rule], inked: Sequence[Inked]) -> Table | None:
    """The table between level rules alone: columns divided by white, and a row per line below the second rule."""
    ys = places([rule.top for rule in rules])[::-1]
    box = Rule(rules[0].left, ys[-1], rules[0].right, ys[0])
    inside = [one for one in inked if holds(box, middle(one.glyph))]
    if not inside:
        return None
    runs = runs_of([one.glyph for one in inside])
    if is_prose_beside_prose(runs):
        return None
    xs = _white_strips([one.glyph for one in inside if not one.glyph.char.isspace()], box)
    if len(xs) < 3:
        return None
    if len(_lines(inside, ys[0])) == len(ys) - 1:  # a rule under each row, or the edges of each second one's fill
        over, under = (_row_beside(box, xs, inked, is_above=side) for side in (True, False))
        inside = [*over, *inside, *under]
        ys = [*_edge(over, max), *ys, *_edge(under, min)]
        box = box._replace(bottom=ys[-1], top=ys[0])
    heads = _lines([one for one in inside if one.glyph.bottom + one.glyph.top > 2 * ys[1]], ys[0])
    body = _lines([one for one in inside if one.glyph.bottom + one.glyph.top <= 2 * ys[1]], ys[1])
    steps = places([*heads, *body, ys[-1]])[::-1]
    if not heads or len(body) < 2:
        return None
    alone = {(row, column): row * len(xs) + column for row in range(len(steps) - 1) for column in range(len(xs) - 1)}
    table = _filled(xs, steps, alone, inside)
    if table and not all(table._replace(heads=len(heads)).names()[1:]):
        return None
    if table and sum(sum(map(bool, row)) > 1 for row in table.rows[len(heads) :]) < _LEAST_WHOLE * len(body):
        return None  # cells of several lines, which nothing divides
    return table._replace(box=box, heads=len(heads), is_sure=True) if table else None


def _row_beside(box: Rule, xs: Sequence[float], inked: Sequence[Inked], *, is_above: bool) -> list[Inked]:
    """The letters of the line above or below a table where they stand in its columns, with white between them."""
    line = [one for one in inked if holds(box._replace(bottom=-_FAR, top=_FAR), middle(one.glyph))]
    line = [one for one in line if _is_beside(one.glyph, box, is_above)]
    letters = [one.glyph for one in line if not one.glyph.char.isspace()]
    for at, x in enumerate(xs[1:-1]):
        before = [glyph.right for glyph in letters if middle(glyph)[0] <= x]
        behind = [glyph.left for glyph in letters if middle(glyph)[0] > x]
        if not behind or (at and max(before, default=0) < xs[at]) or min(behind) - max(before, default=0) <= _STRIP:
            return []
    return line


def _is_beside(glyph: Glyph, box: Rule, is_above: bool) -> bool:
    gap = glyph.bottom - box.top if is_above else box.bottom - glyph.top
    return -1 <= gap < glyph.top - glyph.bottom


def _edge(line: Sequence[Inked], outermost: Callable[..., float]) -> list[float]:
    """The far edge of a line of letters: the highest of their tops, or the lowest of their bottoms."""
    return [outermost(edge for one in line for edge in (one.glyph.bottom, one.glyph.top))] if line else []


def _white_strips(glyphs: Sequence[Glyph], box: Rule) -> list[float]:
    """The edges of the box, and the middle of each white strip that no letter of it enters."""
    edges = [box.left]
    end = None
    for glyph in sorted(glyphs, key=lambda glyph: glyph.left):
        if end is not None and glyph.left - end > _STRIP:
            edges.append((glyph.left + end) / 2)
        end = glyph.right if end is None else max(end, glyph.right)
    return [*edges, box.right]


def _lines(inked: Sequence[Inked], top: float) -> list[float]:
    """Where each line of the letters begins, from above; the first at `top`."""
    starts: list[float] = []
    floor = None
    for one in sorted(inked, key=lambda one: -(one.glyph.bottom + one.glyph.top)):
        if floor is None or middle(one.glyph)[1] < floor:
            starts.append(top if floor is None else one.glyph.top)
            floor = one.glyph.bottom
    return starts


def _filled(
    xs: Sequence[float], ys: Sequence[float], cells: Mapping[tuple[int, int], int], inked: Sequence[Inked]
) -> Table | None:
    """The table with its letters; None where too few of its cells hold any."""
    held: dict[int, list[Inked]] = {}
    for one in inked:
        x, y = middle(one.glyph)
        row = next((at for at, (top, bottom) in enumerate(pairwise(ys)) if bottom <= y <= top), None)
        column = next((at for at, (left, right) in enumerate(pairwise(xs)) if left <= x <= right), None)
        if row is not None and column is not None:
            held.setdefault(cells[row, column], []).append(one)
    texts = {cell: _text(some) for cell, some in held.items()}
    grid = [[cells[row, column] for column in range(len(xs) - 1)] for row in range(len(ys) - 1)]
    titles = list(takewhile(lambda row: len(set(row)) == 1, grid))
    heads = 1 + any(one == other for row in grid[len(titles) :][:1] for one, other in pairwise(row))
    rows = [
        [
            texts.get(cell, "") if row < heads or not column or cell != numbers[column - 1] else ""
            for column, cell in enumerate(numbers)
        ]
        for row, numbers in enumerate(grid[len(titles) :])
    ]
    full = [row for row in rows if sum(map(bool, row)) > 1]
    if len(full) < 2 or len(rows) <= heads or len(set(cells.values())) * _LEAST_FILLED > sum(map(bool, texts.values())):
        return None
    if len(rows) == 2 and not all(map(all, rows)):  # boxes of a drawing
        return None
    fonts = [[{one.font for one in held.get(cell, ())} for cell in row] for row in grid[len(titles) :]]
    is_sure = _are_apart(fonts[0], fonts[heads])
    if heads == 1 and not is_sure and not _is_above_figures(rows):
        heads = 0
    box = Rule(xs[0], ys[-1], xs[-1], ys[0])
    title = tuple(filter(None, (texts.get(row[0], "") for row in titles)))
    return Table(box, tuple(xs), rows, heads, is_sure, title)


def _text(inked: Sequence[Inked]) -> str:
    glyphs: list[Glyph | None] = []
    for before, one in zip([inked[0], *inked], inked, strict=False):
        glyphs += [one.glyph] if before.line == one.line else [None, one.glyph]
    return " ".join(text_of(in_reading_order(runs_of(glyphs))).split())


def _are_apart(head: Sequence[set[bytes]], body: Sequence[set[bytes]]) -> bool:
    """Whether the header is in another font than the row below it; the first column may be in that of the header."""
    pairs = [(one, other) for one, other in zip(head[1:], body[1:], strict=True) if one and other]
    return bool(pairs) and not any(one & other for one, other in pairs)


def _is_above_figures(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row has words above figures, and no figure."""
    figures = [sum(bool(_FIGURE.fullmatch(row[column])) for row in rows[1:]) for column in range(len(rows[0]))]
    named = [bool(cell) and not _FIGURE.fullmatch(cell) for cell in rows[0]]
    if sum(named) < 2 or sum(named) < sum(map(bool, rows[0])):
        return False
    return any(is_name and count * 2 >= len(rows) - 1 for is_name, count in zip(named, figures, strict=True))

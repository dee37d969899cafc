"""Tables in text: one line per row, and each value beside the name of its column."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence


def lines_of(rows: Sequence[Sequence[str]], *, has_header: bool) -> Iterator[str]:
    """A line per row that holds anything; its cells are named by the first row where that is a header.

    The header is a line of its own where a column has no value that would name it.

    >>> list(lines_of([["rule", "limit"], ["AC-7", "3"], ["AC-11", ""]], has_header=True))
    ['rule: AC-7; limit: 3', 'rule: AC-11']
    >>> list(lines_of([["rule", "limit"], ["AC-7", ""]], has_header=True))
    ['rule | limit', 'rule: AC-7']
    >>> list(lines_of([["AC-7", "3"]], has_header=False))
    ['AC-7 | 3']
    """
    filled = [[" ".join(cell.split()) for cell in row] for row in rows if any(cell.strip() for cell in row)]
    if not has_header or len(filled) < 2:
        yield from (" | ".join(filter(None, row)) for row in filled)
        return
    names = filled[0]
    used = {column for row in filled[1:] for column, value in enumerate(row) if value}
    if any(name and column not in used for column, name in enumerate(names)):
        yield " | ".join(filter(None, names))
    for row in filled[1:]:
        named = zip([*names, *[""] * len(row)], row, strict=False)
        yield "; ".join(f"{name}: {value}" if name else value for name, value in named if value)


def lines_of_sheet(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """A sheet's rows: those of one cell at its top are a title, the first of more cells is the header.

    >>> list(lines_of_sheet([["Limits of 2026"], [], ["rule", "limit"], ["AC-7", "3"]]))
    ['Limits of 2026', 'rule: AC-7; limit: 3']
    """
    title = list(itertools.takewhile(lambda row: sum(map(bool, row)) < 2, rows))
    yield from lines_of(title, has_header=False)
    yield from lines_of(rows[len(title) :], has_header=True)

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
    filled = _one_header(filled)
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


def _one_header(rows: list[list[str]]) -> list[list[str]]:
    """The rows with a header of two rows as one: a name with blanks behind it stands above several columns, which the
    row below names in words, and in one of which there are numbers.

    >>> _one_header([["Item", "2024", ""], ["", "Revenue", "Cost"], ["Pump", "10", "7"]])
    [['Item', '2024 Revenue', '2024 Cost'], ['Pump', '10', '7']]
    """
    if len(rows) < 3:
        return rows
    upper, lower, *below = rows
    width = max(map(len, rows))
    upper, lower = ([*row, *[""] * (width - len(row))] for row in (upper, lower))
    blank = [at for at in range(1, width) if lower[at] and not upper[at]]
    every = upper[0] and all(lower[at] or upper[at] for at in range(width))
    if not blank or not every or any(map(_is_number, lower)):
        return rows
    if not any(at < len(row) and _is_number(row[at]) for row in below for at in blank):
        return rows
    for at in blank:
        upper[at] = upper[at - 1]
    names = [" ".join(dict.fromkeys(filter(None, pair))) for pair in zip(upper, lower, strict=True)]
    return [names, *below]


def _is_number(cell: str) -> bool:
    return any(map(str.isdigit, cell)) and not any(map(str.isalpha, cell))

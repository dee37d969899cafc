"""Workbooks of Excel: each sheet by its name, each row beside its header, values as a person sees them."""

from __future__ import annotations

import datetime
import io
import itertools
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from datagen.documents import tables
from datagen.documents.archives import Archive, parts_not_read
from datagen.documents.pieces import NEEDS_OCR, TEXT_FIELD, Bad, Part, Piece, Text, field
from datagen.documents.slides import paragraphs
from datagen.errors import FormatError, MissingExtraError

_FORMULA = re.compile(rb"<(\w+:)?f[ />]")
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell\s[^>]*?ref="\$?([A-Z]+)\$?(\d+):\$?([A-Z]+)\$?(\d+)"')
_SHOWN = 3  # cells named in a message
_DIALECT = {
    b"http://purl.oclc.org/ooxml/spreadsheetml/main": b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    b"http://purl.oclc.org/ooxml/officeDocument/": b"http://schemas.openxmlformats.org/officeDocument/2006/",
}  # what Strict files call things, and what all others do
_STRICT = re.compile(b"|".join(map(re.escape, _DIALECT)))


class Sheet(NamedTuple):
    """The rows of a sheet that hold anything, as text, its formulas without a value, and the numbers of the rows."""

    title: str
    rows: list[list[str]]
    unknown: list[str]
    numbers: list[int]


def read_xlsx(path: Path) -> Iterator[Piece]:
    """The sheets as one text; of a sheet with a column of texts each row is a document of its own.

    Formulas have the value that the workbook was saved with; where there is none, the cells are listed.
    """
    with Archive(path) as archive:
        sheets = _sheets_in(archive)
        parts = list(parts_not_read(archive))
        has_pictures = any("/media/" in name for name in archive)
        drawings = [name for name in archive if "/drawings/drawing" in name and name.endswith(".xml")]
        boxes = [line for name in drawings for line in paragraphs(archive.xml(name)) if line.strip()]
    lines: list[str] = []
    read: list[Part] = []
    for sheet in sheets:
        if sheet.unknown:
            yield Bad(f"#{sheet.title}", _without_value(sheet.unknown))
        if sheet.rows and TEXT_FIELD in sheet.rows[0]:
            yield from _documents(sheet.title, sheet.rows)
        elif sheet.rows:
            rows = list(tables.lines_of_sheet(sheet.rows))
            lines += ["", f"Sheet {sheet.title}", *rows]
            read.append(Part(sheet.title, sum(map(len, rows))))
    lines += ["", "Text boxes", *boxes] if boxes else []
    yield from parts
    if lines:
        yield Text("", "\n".join(lines[1:]), tuple(read))
    elif has_pictures:
        yield Bad("", NEEDS_OCR)


def sheets_of(path: Path) -> list[Sheet]:
    """The sheets of a workbook, each with its rows as text."""
    with Archive(path) as archive:
        return _sheets_in(archive)


def _sheets_in(archive: Archive) -> list[Sheet]:
    try:
        import openpyxl
    except ImportError as error:
        raise MissingExtraError("openpyxl", "data") from error
    inner = [name for name in archive if name.endswith((".xml", ".rels"))]
    for name in inner:
        archive.reserve(name)
    has_formulas = any("/worksheets/" in name and _FORMULA.search(archive.peek(name)) for name in inner)
    try:
        sheets = _sheets(openpyxl.load_workbook, _transitional(archive), has_formulas=has_formulas)
        return [_one_header(sheet, _merged(archive, part)) for sheet, part in sheets]
    except (TypeError, AttributeError) as error:  # how openpyxl ends where a part misses or an attribute has no sense
        raise FormatError(f"no workbook that openpyxl can read: {error}") from error


def _transitional(archive: Archive) -> io.BytesIO:
    """The parts that openpyxl needs, in the dialect of Office that it knows."""
    copy = io.BytesIO()
    with zipfile.ZipFile(copy, "w") as changed:
        for name in archive:
            if name.endswith((".xml", ".rels")):
                changed.writestr(name, _STRICT.sub(lambda found: _DIALECT[found[0]], archive.peek(name)))
    return copy


def _sheets(load: Callable[..., Any], data: io.BytesIO, *, has_formulas: bool) -> list[tuple[Sheet, str]]:
    """The sheets, each with the name of its part."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what it drops when it saves, and nothing is saved here
        saved = load(data, read_only=True, data_only=True)
        written = load(data, read_only=True) if has_formulas else saved
        return [
            (_sheet(sheet, written[sheet.title] if has_formulas else None), str(sheet._worksheet_path).lstrip("/"))
            for sheet in saved.worksheets
        ]


def _sheet(saved: Any, written: Any) -> Sheet:  # openpyxl has no types
    saved.reset_dimensions()  # other programs write a range that is too small, and the rest would be lost
    rows = ([_shown(cell) for cell in row] for row in saved.iter_rows())
    numbered = {number: row for number, row in enumerate(rows, 1) if any(row)}
    filled, numbers = list(numbered.values()), list(numbered)
    if written is None:
        return Sheet(saved.title, filled, [], numbers)
    written.reset_dimensions()
    unknown = (
        formula.coordinate
        for row, formulas in zip(saved.iter_rows(), written.iter_rows(), strict=True)
        for cell, formula in zip(row, formulas, strict=True)
        if formula.value is not None and cell.value is None
    )
    return Sheet(saved.title, filled, list(unknown), numbers)


def _merged(archive: Archive, part: str) -> dict[int, set[int]]:
    """The columns, from 0, of each row in which cells beside each other are one."""
    found: dict[int, set[int]] = {}
    for left, top, right, bottom in _MERGED.findall(archive.peek(part)) if part in archive else ():
        columns = range(_column(left), _column(right) + 1)
        if len(columns) > 1 and top == bottom:
            found.setdefault(int(top), set()).update(columns)
    return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number - 1


def _one_header(sheet: Sheet, merged: Mapping[int, set[int]]) -> Sheet:
    """The sheet with names above several columns read as part of the name of each, as a header of two rows has them."""
    top = next((at for at, row in enumerate(sheet.rows) if sum(map(bool, row)) > 1), len(sheet.rows))
    if top + 1 >= len(sheet.rows) or not (one := merged.get(sheet.numbers[top])):
        return sheet
    upper, lower = [*sheet.rows[top], *[""] * len(one)], sheet.rows[top + 1]
    if not all(at < len(lower) and lower[at] for at in one):
        return sheet
    for at in sorted(one - {0}):
        upper[at] = upper[at] or (upper[at - 1] if at - 1 in one else "")
    pairs = itertools.zip_longest(upper, lower, fillvalue="")
    names = [" ".join(dict.fromkeys(filter(None, pair))) for pair in pairs]
    return sheet._replace(rows=[*sheet.rows[:top], names, *sheet.rows[top + 2 :]])


def _without_value(cells: list[str]) -> str:
    named = ", ".join(cells[:_SHOWN]) + (" ..." if len(cells) > _SHOWN else "")
    return f"formulas without a value: {len(cells)} ({named}); open it in a spreadsheet program and save it there"


def _documents(sheet: str, rows: list[list[str]]) -> Iterator[Piece]:
    column = rows[0].index(TEXT_FIELD)
    for number, row in enumerate(rows[1:], 1):
        yield field(row[column] if column < len(row) else "", f"#{sheet} {number}")


def _shown(cell: Any) -> str:
    """What the cell shows, as far as its value and format say: dates as ISO 8601, shares in per cent."""
    value = cell.value
    match value:
        case None:
            return ""
        case bool():
            return str(value).upper()
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case int() | float() if "%" in (cell.number_format or ""):
            return f"{value * 100:.10g}%"
        case float() if value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        case _:
            return str(value).strip()

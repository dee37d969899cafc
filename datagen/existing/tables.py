"""Read rows from CSV or TSV of any dialect, Excel workbooks, Parquet and Arrow, and from JSON by `json_rows`."""

from __future__ import annotations

import ast
import base64
import csv
import datetime
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import IO, Any, NamedTuple, TypeAlias, cast

from datagen.errors import FormatError, MissingExtraError

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_PACKED = ".gz"
_PIPES = Path("/dev/fd")
_HEAD_BYTES = 4096
_SAMPLE_CHARACTERS = 64_000
_LONGEST_FIELD = 2**31 - 1  # csv refuses fields over 128 KiB by itself
_GZIP = b"\x1f\x8b"
_NOT_UNPACKED = frozenset({".zip", ".bz2", ".xz", ".zst", ".7z", ".tar", ".tgz", ".lz4"})
_MARKS = {b"PK\x03\x04": ".zip", b"BZh91AY&SY": ".bz2", b"\xfd7zXZ": ".xz", b"\x28\xb5\x2f\xfd": ".zst"}  # first bytes

Skip: TypeAlias = Callable[[int, str], None]


class Row(NamedTuple):
    """A row and where it stands: the physical line of a text file, else its number from 1."""

    line: int
    values: dict[str, Any]


def read_rows(path: Path, *, skip: Skip | None = None) -> Iterator[Row]:
    """The rows of a file, by its suffix, behind which may stand `.gz`.

    A row that cannot be read is told to `skip`, by its line and why; without `skip` it raises `FormatError`, as does a
    file that cannot be read at all, or holds no row.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    packed = suffixes[-1:] == [_PACKED]
    kind = "jsonl" if path == Path("/dev/stdin") else KINDS.get("".join(suffixes[-2:-1] if packed else suffixes[-1:]))
    if path.is_dir():
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in KINDS)
        raise FormatError(f"{path}: a folder; name a file of rows in it{f', such as {inside[0]}' if inside else ''}")
    if path.suffix.lower() in _NOT_UNPACKED:
        raise FormatError(f"{path}: packed as {path.suffix}, which is not read; unpack it first, or pack it with gzip")
    if kind is None or (packed and kind in ("parquet", "xlsx", "arrow")):
        hint = "; a pipe has no name that says what is in it: write it to a file" if path.parent == _PIPES else ""
        raise FormatError(f"{path}: a file of rows ends in {', '.join(KINDS)}; text may have {_PACKED} behind it{hint}")
    if kind != "jsonl" and not path.is_file():
        raise FormatError(f"{path}: no such file")
    read, found = _Reading(path, skip), False
    try:
        for row in _READERS[kind](read):
            found = True
            yield row
    except (gzip.BadGzipFile, EOFError) as error:
        raise FormatError(f"{path}: not a gzip file that can be read: {error}") from error
    except FileNotFoundError as error:
        raise FormatError(f"{path}: no such file") from error
    if not found and not read.skipped:
        raise FormatError(f"{path}: there is no row in it")


class _Reading:
    """A file that is read, and whom to tell of rows that cannot be."""

    def __init__(self, path: Path, skip: Skip | None) -> None:
        self.path = path
        self.skipped = 0
        self._skip = skip

    def bad(self, line: int, reason: str) -> None:
        if self._skip is None:
            raise FormatError(f"{self.path}:{line}: {reason}")
        self.skipped += 1
        self._skip(line, reason)

    def opened(self) -> IO[bytes]:
        """The bytes, unpacked."""
        file = self.path.open("rb")
        if self.path.suffix.lower() == _PACKED or (self.path.is_file() and file.peek(2)[:2] == _GZIP):
            file.close()
            return cast("IO[bytes]", gzip.open(self.path))
        start = file.peek(max(map(len, _MARKS))) if self.path.is_file() else b""
        if kind := next((kind for mark, kind in _MARKS.items() if start.startswith(mark)), ""):
            file.close()
            what = "a workbook or an archive" if kind == ".zip" else f"packed as {kind}"
            book = ", or call it .xlsx" if kind == ".zip" else ""
            raise FormatError(f"{self.path}: {what} by its bytes, whatever its name; unpack it first{book}")
        return file

    def text(self) -> str:
        """All of it, in whichever encoding it proves to be."""
        from datagen.documents.encodings import decoded

        with self.opened() as file:
            data = file.read()
        try:
            return decoded(data)
        except FormatError as error:
            raise FormatError(f"{self.path}: {error}") from error


def _table(read: _Reading) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    if _is_utf8(read):
        with read.opened() as file, io.TextIOWrapper(file, encoding="utf-8-sig", newline="") as text:
            yield from _of_columns(read, text)
    else:
        yield from _of_columns(read, io.StringIO(read.text(), newline=""))


def _is_utf8(read: _Reading) -> bool:
    """Whether every line is; then the file need not be held to be read."""
    with read.opened() as file:
        if b"\0" in file.read(_HEAD_BYTES):
            return False
    with read.opened() as file, io.TextIOWrapper(file, encoding="utf-8", newline="") as text:
        try:
            while text.read(1 << 20):
                pass
        except UnicodeDecodeError:
            return False
    return True


def _of_columns(read: _Reading, file: io.TextIOBase) -> Iterator[Row]:
    sample = file.read(_SAMPLE_CHARACTERS)
    file.seek(0)
    before = 0
    if sample[:4].lower() == "sep=":  # a line for Excel alone
        file.readline()
        before = 1
    lines = map(_quotes_doubled, file) if _ESCAPED.search(sample) else file
    reader = csv.reader(lines, dialect=_dialect(sample, read.path))
    head = next(filter(any, _values(read, reader, before)), [])
    names, rows = _named(head, _values(read, reader, before))
    if len(set(names)) < len(names):
        twice = sorted({name for name in names if names.count(name) > 1})
        raise FormatError(f"{read.path}:1: two columns are called {', '.join(map(repr, twice))}")
    for values in rows:
        line = reader.line_num + before
        if any(values[len(names) :]):
            read.bad(line, f"more values than the {len(names)} columns; {_beyond(names)}")
        elif values:
            cells = zip(names, values, strict=False)
            yield Row(line, {name: _of_pandas(value) for name, value in cells if value != ""})


def _named(head: list[str], rows: Iterator[list[str]]) -> tuple[list[str], Iterator[list[str]]]:
    """The names of the columns, and the rows below. A name above several columns is part of the name of each, where
    the next row names them apart: as in a workbook, a header may have two rows."""
    names = [name.strip() for name in head]
    below = next(rows, []) if len(set(names) - {""}) < len(list(filter(None, names))) else []
    apart = [name.strip() for name in below]
    both = [" ".join(dict.fromkeys(filter(None, pair))) for pair in zip(names, apart, strict=False)]
    if len(set(both)) == len(names) and all(apart) and not any(map(_NUMBER.fullmatch, apart)):
        names = both
    elif below:
        rows = chain([below], rows)
    return [name or f"column {at}" for at, name in enumerate(names, 1)], rows


_NUMBER = re.compile(r"[-+]?\d[\d.,]*")


def _values(read: _Reading, reader: Any, before: int) -> Iterator[list[str]]:
    """The values of each row; one whose quotes are not as CSV has them is bad, where reading on would change it."""
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            opened = "a quote is opened and not closed" if "end of data" in str(error) else str(error)
            read.bad(reader.line_num + before, f"{opened}; a quote inside a quoted value is written twice")


def _beyond(names: list[str]) -> str:
    if len(names) == 1:
        return f"the first line must name the columns, and has only {names[0]!r}"
    return "a value with the separator in it needs quotes"


_ESCAPED = re.compile(r'(?<!\\)\\"(?=[^",;\t|\r\n])')  # quotes as MySQL and Spark write them


def _quotes_doubled(line: str) -> str:
    return _ESCAPED_QUOTE.sub('""', line)


_ESCAPED_QUOTE = re.compile(r'(?<!\\)\\"')


def _of_pandas(value: str) -> str:
    """A value, its lines ended by line feeds; a list of objects in Python's words, as pandas writes a column of turns,
    in those of JSON."""
    if not value.startswith("[{'"):
        return _LINE_ENDS.sub("\n", value) if "\r" in value else value
    try:
        return json.dumps(ast.literal_eval(value), ensure_ascii=False, allow_nan=False)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return value


_LINE_ENDS = re.compile(r"\r\n?")


def _dialect(sample: str, path: Path) -> type[csv.Dialect]:
    """What stands between values: what the file names, a tab, or whichever mark the first line holds most of."""
    head = sample.partition("\n")[0].strip("\r\ufeff")
    if head[:4].lower() == "sep=" and len(head) == len("sep=;"):
        mark = head[-1]
    else:
        mark = "\t" if ".tsv" in map(str.lower, path.suffixes) else max(",;\t|", key=head.count)

    class Found(csv.excel):
        delimiter = mark
        strict = True
        skipinitialspace = mark != "\t" and 0 < head.count(mark) == head.count(f"{mark} ")

    return Found


def _workbook(read: _Reading) -> Iterator[Row]:
    from datagen.documents.sheets import sheets_of

    try:
        sheets = [sheet for sheet in sheets_of(read.path) if sheet.rows]
    except FormatError as error:
        raise FormatError(f"{read.path}: {error}") from error
    if len(sheets) > 1:
        names = ", ".join(repr(sheet.title) for sheet in sheets)
        raise FormatError(f"{read.path}: rows in several sheets ({names}); save the one that is meant as CSV")
    for sheet in sheets:
        if sheet.unknown:
            raise FormatError(f"{read.path}: formulas without a value in {', '.join(sheet.unknown[:3])}; save it anew")
        titles = _titles(sheet.rows)
        head, *rows = sheet.rows[titles:]
        named = [name for name in head if name]
        if len(set(named)) < len(named):
            raise FormatError(f"{read.path}: two columns of the sheet {sheet.title!r} have one name")
        for number, row in enumerate(rows, 2 + titles):
            if any(row[len(head) :]):
                names = ", ".join(map(repr, filter(None, head)))
                read.bad(number, f"more values than the columns that the row {1 + titles} names: {names}")
            else:
                columns = zip(head, row, strict=False)
                yield Row(number, {name or f"column {at}": cell for at, (name, cell) in enumerate(columns, 1) if cell})


def _titles(rows: Sequence[Sequence[str]]) -> int:
    """How many rows of one cell stand above the names of the columns."""
    filled = [sum(map(bool, row)) for row in rows]
    first = next((at for at, count in enumerate(filled) if count > 1), 0)
    return first if first + 1 < len(rows) else 0


def _parquet(read: _Reading) -> Iterator[Row]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error
    try:
        batches = parquet.ParquetFile(read.path).iter_batches()
        for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), 1):
            yield Row(number, as_json(without_nulls(row)))
    except (OSError, ValueError) as error:
        raise FormatError(f"{read.path}: not a Parquet file that can be read: {error}") from error


def _arrow(read: _Reading) -> Iterator[Row]:
    """A table as Arrow writes it, whole or as a stream; Hugging Face's data sets are such files on the disk."""
    try:
        import pyarrow
        from pyarrow import ipc
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error
    try:
        with pyarrow.memory_map(str(read.path)) as file:
            is_whole = file.read(len(_ARROW)) == _ARROW
            file.seek(0)
            opened = ipc.open_file(file) if is_whole else ipc.open_stream(file)
            batches = map(opened.get_batch, range(opened.num_record_batches)) if is_whole else opened
            for number, row in enumerate((row for batch in batches for row in batch.to_pylist()), 1):
                yield Row(number, as_json(without_nulls(row)))
    except (OSError, ValueError) as error:
        raise FormatError(f"{read.path}: not an Arrow file that can be read: {error}") from error


_ARROW = b"ARROW1"


def as_json(value: Any) -> Any:
    """A value of a table as JSON has it: times in ISO 8601, decimals as text with every digit, bytes as base64.

    >>> from decimal import Decimal
    >>> as_json({"at": datetime.date(2026, 1, 2), "price": Decimal("1.50"), "raw": b"ab"})
    {'at': '2026-01-02', 'price': '1.50', 'raw': 'YWI='}
    """
    match value:
        case Mapping():
            return {str(key): as_json(item) for key, item in value.items()}
        case list() | tuple():
            return [as_json(item) for item in value]
        case datetime.datetime() | datetime.date() | datetime.time():
            return value.isoformat()
        case bytes():
            return base64.b64encode(value).decode()
        case None | str() | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else str(value)
    return str(value)


def without_nulls(value: Any) -> Any:
    """A value without keys that are null, or NaN, as pandas writes it: a column of objects has every key of every row.

    >>> without_nulls({"a": None, "b": [{"c": None, "d": 1}], "e": float("nan")})
    {'b': [{'d': 1}]}
    """
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None and item == item}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


def _lines(read: _Reading) -> Iterator[Row]:
    from datagen.existing.json_rows import rows_of_lines

    with read.opened() as file:
        for line, values in rows_of_lines(file, read.bad):
            yield Row(line, values)


def _document(read: _Reading) -> Iterator[Row]:
    from datagen.existing.json_rows import rows_of_document

    try:
        for number, values in rows_of_document(read.text(), read.bad):
            yield Row(number, values)
    except ValueError as error:
        raise FormatError(f"{read.path}: not JSON: {error}") from error


_READERS: Mapping[str, Callable[[_Reading], Iterator[Row]]] = {
    "jsonl": _lines,
    "json": _document,
    "csv": _table,
    "xlsx": _workbook,
    "parquet": _parquet,
    "arrow": _arrow,
}

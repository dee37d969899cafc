"""Read rows from JSON Lines, a JSON array, CSV or TSV of any dialect, or Parquet."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from datagen.errors import FormatError, MissingExtraError

KINDS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
_SAMPLE_CHARACTERS = 64_000
_LONGEST_FIELD = 2**31 - 1  # csv refuses fields over 128 KiB by itself


class Row(NamedTuple):
    """A row and where it stands: the physical line of a text file, else its number from 1."""

    line: int
    values: dict[str, Any]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, by its suffix. Raises `FormatError` with the path and line of the first bad row."""
    kind = "jsonl" if path == Path("/dev/stdin") else KINDS.get(path.suffix.lower())
    if kind is None:
        raise FormatError(f"{path}: a file of rows ends in {', '.join(KINDS)}")
    if not path.is_file():
        raise FormatError(f"{path}: no such file")
    try:
        yield from {"jsonl": _lines, "json": _array, "csv": _table, "parquet": _parquet}[kind](path)
    except UnicodeDecodeError as error:
        raise FormatError(f"{path}: not UTF-8 at byte {error.start + 1}; save it as UTF-8") from error


def _lines(path: Path) -> Iterator[Row]:
    from datagen.validate.line import read_line

    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.strip():
                continue
            row, _, problems = read_line(text)
            if row is None or problems:
                raise FormatError(f"{path}:{number}: {problems[0].code}: {problems[0].message}")
            yield Row(number, row)


def _array(path: Path) -> Iterator[Row]:
    try:
        value = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise FormatError(f"{path}: not JSON: {error}") from error
    if isinstance(value, dict):  # {"data": [...]} and its like
        lists = [item for item in value.values() if isinstance(item, list) and all(isinstance(x, dict) for x in item)]
        value = lists[0] if len(lists) == 1 else [value]
    if not isinstance(value, list):
        raise FormatError(f"{path}: expected a list of objects, got {type(value).__name__}")
    for number, row in enumerate(value, 1):
        if not isinstance(row, dict):
            raise FormatError(f"{path}: item {number} is no object but {type(row).__name__}")
        yield Row(number, row)


def _table(path: Path) -> Iterator[Row]:
    csv.field_size_limit(_LONGEST_FIELD)
    with path.open(encoding="utf-8-sig", newline="") as file:
        sample = file.read(_SAMPLE_CHARACTERS)
        file.seek(0)
        reader = csv.DictReader(file, dialect=_dialect(sample, path), restkey="")
        names = reader.fieldnames or []
        if len(set(names)) < len(names):
            twice = sorted({name for name in names if names.count(name) > 1})
            raise FormatError(f"{path}:1: two columns are called {', '.join(map(repr, twice))}")
        for row in reader:
            if "" in row:
                raise FormatError(f"{path}:{reader.line_num}: more values than the {len(names)} columns")
            yield Row(reader.line_num, {name: value for name, value in row.items() if value not in (None, "")})


def _dialect(sample: str, path: Path) -> type[csv.Dialect]:
    """What stands between values: a tab, or whichever of the usual marks the first line holds most of."""
    head = sample.partition("\n")[0]
    mark = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=head.count)

    class Found(csv.excel):
        delimiter = mark

    return Found


def _parquet(path: Path) -> Iterator[Row]:
    try:
        import pyarrow.parquet as parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error
    try:
        batches = parquet.ParquetFile(path).iter_batches()
        rows = (row for batch in batches for row in batch.to_pylist())
        yield from (Row(number, without_nulls(row)) for number, row in enumerate(rows, 1))
    except (OSError, ValueError) as error:
        raise FormatError(f"{path}: not a Parquet file that can be read: {error}") from error


def without_nulls(value: Any) -> Any:
    """A value without keys that are null: a column of objects has every key of every row.

    >>> without_nulls({"a": None, "b": [{"c": None, "d": 1}]})
    {'b': [{'d': 1}]}
    """
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value

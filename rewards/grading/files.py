"""Streams the rows of a file of rollouts without reading them: that is work for the processes that grade."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rewards.errors import SpecError
from rewards.types import JSON

_NESTED_COLUMNS = frozenset({"messages", "reference_answer", "tools", "metadata"})


class Row(NamedTuple):
    """A row as it stands in the file: the bytes of a line, or the columns of a Parquet row. `number` counts from 1."""

    number: int
    content: bytes | dict[str, JSON]
    size_bytes: int


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a `.jsonl` or `.parquet` file, in constant memory; "-" is standard input.

    Blank lines are no rows. In Parquet, nested columns (messages, reference_answer, tools, metadata) may be JSON
    text, which keeps keys apart that a struct column would fill up with nulls.
    """
    return _parquet_rows(path) if path.suffix == ".parquet" else _lines(path)


def json_of(content: bytes | dict[str, JSON]) -> JSON:
    """The value of a row. Raises ValueError where a line is not JSON."""
    if isinstance(content, dict):
        return content
    try:
        value: JSON = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _lines(path: Path) -> Iterator[Row]:
    number = 0
    with sys.stdin.buffer if str(path) == "-" else path.open("rb") as file:
        for line in file:
            if line.strip():
                number += 1
                yield Row(number, line, len(line))


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise SpecError("reading Parquet needs pyarrow: pip install pyarrow") from error
    number = 0
    for batch in parquet.ParquetFile(path).iter_batches(batch_size=1000):
        for columns in batch.to_pylist():
            number += 1
            yield Row(number, {key: _nested(key, value) for key, value in columns.items()}, 0)


def _nested(column: str, value: Any) -> JSON:
    if column not in _NESTED_COLUMNS or not isinstance(value, str) or not value.lstrip().startswith(("{", "[")):
        return value  # type: ignore[no-any-return]  # what pyarrow reads from JSON-like columns is JSON
    try:
        return json.loads(value)  # type: ignore[no-any-return]  # json.loads is typed Any
    except ValueError:
        return value

"""Rows and rollout records in JSONL and Parquet files, streamed: nothing here holds a whole file in memory."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple, Self

from rewards.packed import AN_ARRAY, lines_of
from rewards.rollouts.columns import TABLES, rows_of_table, write_table
from rewards.rollouts.record import Record, RolloutFileError, json_text, record_of
from rewards.types import JSON
from rewards.writing import drafting


class Row(NamedTuple):
    """A row as it stands in the file: the bytes of a line, or the columns of a Parquet row.

    `number` counts rows from 1, `line` lines; they differ where there are blank lines. `file` is where the line can be
    read again, from byte `start` on; empty for a pipe and a table.
    """

    number: int
    content: bytes | dict[str, JSON]
    size_bytes: int
    line: int
    file: str = ""
    start: int = 0


class Span(NamedTuple):
    """Rows that follow on each other in a file of lines, told to another process for less than they are themselves."""

    file: str
    start: int
    size_bytes: int
    first: int
    rows: int

    @classmethod
    def of(cls, rows: Sequence[Row]) -> Self | None:
        """Where the rows stand, or None where that cannot be told so."""
        first, last = rows[0], rows[-1]
        if not first.file or first.file != last.file or last.number - first.number + 1 != len(rows):
            return None
        return cls(first.file, first.start, last.start + last.size_bytes - first.start, first.number, len(rows))

    def read(self) -> list[Row]:
        """The rows, read again. Raises `RolloutFileError` where the file has changed in the meantime."""
        with Path(self.file).open("rb") as file:
            file.seek(self.start)
            data = file.read(self.size_bytes)
        lines = [line for line in io.BytesIO(data) if not line.isspace()]  # splitlines would cut at \r too
        if len(data) != self.size_bytes or len(lines) != self.rows:
            raise RolloutFileError(f"{self.file} was changed while it was being read; run the command again")
        return [Row(number, line, len(line), 0) for number, line in enumerate(lines, start=self.first)]


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a JSONL, Parquet or Arrow file, in constant memory; "-" is standard input. Blank lines are no rows.

    Raises `RolloutFileError` for a table in which a null may stand for a missing key: see docs/rollouts.md.
    """
    if path.suffix in TABLES:
        for number, columns in enumerate(rows_of_table(path), start=1):
            yield Row(number, columns, 0, number)
        return
    yield from _lines(path)


def json_of(content: bytes | dict[str, JSON]) -> JSON:
    """The value of a row. Raises ValueError where a line is not JSON."""
    if isinstance(content, dict):
        return content
    try:
        value: JSON = json.loads(content)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def read_records(path: Path) -> Iterator[tuple[int, Record]]:
    """The rollouts of a file with their lines, those of older files converted; lines marked as unreadable are left out.

    Raises `RolloutFileError` naming the first line that holds no rollout.
    """
    for row in read_rows(path):
        try:
            record = record_of(json_of(row.content))
        except ValueError as error:
            raise RolloutFileError(f"{path}:{row.line}: {error}") from error
        if "unreadable" not in record:
            yield row.line, record


def write_records(path: Path, records: Iterable[Mapping[str, JSON]]) -> int:
    """Write records as JSONL or, by the name of the file, as Parquet; the file is complete or not there. Returns how
    many there are."""
    with drafting(path) as file:
        if path.suffix == ".parquet":
            return write_table(file, records)
        count = 0
        for record in records:
            file.write(f"{json_text(record)}\n".encode())
            count += 1
    return count


def _lines(path: Path) -> Iterator[Row]:
    number = start = 0
    with lines_of(path) as file:
        known = _name_of(file)
        for count, line in enumerate(file, start=1):
            if not line.isspace():
                if number == 0 and line.lstrip().startswith(b"["):
                    raise RolloutFileError(f"{path}:{count}: {AN_ARRAY}")
                number += 1
                yield Row(number, line, len(line), count, known, start)
            start += len(line)


def _name_of(file: IO[bytes]) -> str:
    """The name by which another process can open it too, or nothing."""
    try:
        path = Path(f"/dev/fd/{file.fileno()}").resolve()
        same = os.path.samestat(path.stat(), os.fstat(file.fileno()))
    except OSError:  # it has no name any more, or never had, as what is unpacked
        return ""
    return str(path) if same and path.is_file() else ""

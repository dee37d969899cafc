"""JSON Lines: one compact object per line, written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from datagen.errors import FormatError
from rewards.types import JSON
from rewards.writing import drafting_text

AN_ARRAY = "this is an array; JSONL has one object on each line, without brackets and commas around them"


def compact(value: JSON) -> str:
    """JSON on one line without spaces, keys in the order given, no NaN."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def write_jsonl(path: Path, rows: Iterable[Mapping[str, JSON]]) -> int:
    """Write one compact JSON object per line, replacing the file only once it is complete; returns how many."""
    count = 0
    with drafting_text(path) as file:
        for count, row in enumerate(rows, 1):  # noqa: B007 -- the last value is the count
            file.write(compact(dict(row)) + "\n")
    return count


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, JSON]]]:
    """Physical line number and object of each line that is not blank; raises `FormatError` at the first bad line."""
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line.rstrip("\r\n"))
            except json.JSONDecodeError as error:
                if line.lstrip().startswith("["):
                    raise FormatError(f"{path}:{number}: {AN_ARRAY}") from error
                raise FormatError(f"{path}:{number}:{error.colno}: not JSON ({error.msg})") from error
            except ValueError as error:  # an integer of more digits than Python reads
                raise FormatError(f"{path}:{number}: not JSON that can be used ({error})") from error
            except RecursionError as error:
                raise FormatError(f"{path}:{number}: nested too deeply") from error
            if isinstance(row, list):
                raise FormatError(f"{path}:{number}: {AN_ARRAY}")
            if not isinstance(row, dict):
                raise FormatError(f"{path}:{number}: expected an object, got {type(row).__name__}")
            yield number, row

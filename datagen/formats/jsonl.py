"""JSON Lines: one compact object per line, written whole or not at all."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from datagen.errors import FormatError
from rewards.packed import AN_ARRAY, lines_of
from rewards.types import JSON
from rewards.writing import drafting_text

_MAY_BE_INFINITE = re.compile(r"\d[eE]\+?\d{3}|\d{309}")


def compact(value: JSON) -> str:
    """JSON on one line without spaces, keys in the order given. Raises `FormatError` for NaN and infinities."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise FormatError(f"JSON has neither NaN nor infinities, and one is in {value!r:.80}") from error


def write_jsonl(path: Path, rows: Iterable[Mapping[str, JSON]]) -> int:
    """Write one compact JSON object per line, replacing the file only once it is complete; returns how many."""
    count = 0
    with drafting_text(path) as file:
        for count, row in enumerate(rows, 1):  # noqa: B007 -- the last value is the count
            file.write(compact(dict(row)) + "\n")
    return count


def _object_in(line: str) -> Any:
    """The value of a line. Raises ValueError for NaN and infinities, which JSON does not have, and 1e999 is one too."""
    value = json.loads(line, parse_constant=_refused)
    if _MAY_BE_INFINITE.search(line):
        json.dumps(value, allow_nan=False)
    return value


def _refused(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number of JSON")


def read_jsonl(path: Path) -> Iterator[tuple[int, dict[str, JSON]]]:
    """Physical line number and object of each line that is not blank; raises `FormatError` at the first bad line."""
    with lines_of(path) as packed, TextIOWrapper(packed, encoding="utf-8-sig") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                row = _object_in(line.rstrip("\r\n"))
            except json.JSONDecodeError as error:
                if line.lstrip().startswith("["):
                    raise FormatError(f"{path}:{number}: {AN_ARRAY}") from error
                raise FormatError(f"{path}:{number}:{error.colno}: not JSON ({error.msg})") from error
            except ValueError as error:  # or an integer of more digits than Python reads
                raise FormatError(f"{path}:{number}: not JSON that can be used ({error})") from error
            except RecursionError as error:
                raise FormatError(f"{path}:{number}: nested too deeply") from error
            if isinstance(row, list):
                raise FormatError(f"{path}:{number}: {AN_ARRAY}")
            if not isinstance(row, dict):
                raise FormatError(f"{path}:{number}: expected an object, got {type(row).__name__}")
            yield number, row

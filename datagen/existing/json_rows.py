"""Rows of JSON as people save it: a line each, an array, objects one behind the other, or columns of values."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO, Any, TypeAlias

from datagen.validate.line import read_line

Numbered: TypeAlias = tuple[int, dict[str, Any]]
Bad: TypeAlias = Callable[[int, str], None]
_SPACE = re.compile(r"\s*")


def rows_of_lines(file: IO[bytes], bad: Bad) -> Iterator[Numbered]:
    """Number and row of each line; of a file that is one JSON text over many lines, its rows by number.

    `bad` is told of each line that holds no row, and why.
    """
    for number, line in enumerate(file, 1):
        line = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if number == 1 and line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # as PowerShell writes it
            text = (line + file.read()).decode("utf-16", "surrogatepass")
            yield from _of_lines(enumerate(map(str.encode, text.split("\n")), 1), bad)
        elif not line.strip():
            continue
        elif line.lstrip()[:1] in (b"[", b"{") and read_line(line).row is None:
            yield from _of_one_text(line + file.read(), number, bad)
        else:
            yield from _of_lines([(number, line)], bad)
            yield from _of_lines(enumerate(file, number + 1), bad)


def _of_one_text(data: bytes, number: int, bad: Bad) -> Iterator[Numbered]:
    try:
        found = list(rows_of_document(data.decode(), bad))
    except (ValueError, RecursionError):  # then it is lines, of which the first is broken
        yield from _of_lines(enumerate(data.splitlines(keepends=True), number), bad)
    else:
        yield from found


def _of_lines(lines: Iterable[tuple[int, bytes]], bad: Bad) -> Iterator[Numbered]:
    for number, line in lines:
        if line.strip():
            row, _, problems = read_line(line)
            if row is None or problems:
                bad(number, f"{problems[0].code}: {problems[0].message}")
            else:
                yield number, row


def rows_of_document(text: str, bad: Bad) -> Iterator[Numbered]:
    """Number and row of each object of a JSON text. Raises ValueError where it is none, or holds no list of objects."""
    values = list(_values(text))
    rows = _rows_in(values[0]) if len(values) == 1 else values
    for number, row in enumerate(chain.from_iterable(map(_one_by_one, rows)), 1):
        if not isinstance(row, dict):
            bad(number, f"item {number} is no object but {type(row).__name__}")
            continue
        try:
            json.dumps(row, ensure_ascii=False, allow_nan=False).encode()
        except ValueError:
            bad(number, f"item {number} holds a number larger than one can be, or half of a surrogate pair")
        else:
            yield number, row


def _values(text: str) -> Iterator[Any]:
    decoder = json.JSONDecoder(object_pairs_hook=_object_of, parse_constant=_refused)
    at = _end_of_space(text, 0)
    while at < len(text):
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError as error:
            trailing = text[: error.pos].rstrip().endswith(",") and text[error.pos : error.pos + 1] in "}]"
            raise ValueError(f"{error}{', after a comma that must not be there' if trailing else ''}") from error
        yield value
        at = _end_of_space(text, at)


def _end_of_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} stands twice in an object")
    return made


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no number of JSON")


def _rows_in(value: Any) -> list[Any]:
    """The rows of the one value of a file: a list, a list under a key, columns of values by name, or one row.

    >>> _rows_in({"a": [1, 2], "b": [3, 4]}) == _rows_in({"a": {"0": 1, "1": 2}, "b": {"0": 3, "1": 4}})
    True
    """
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return [value]
    if isinstance(names := value.get("columns"), list) and _is_table(names, value.get("data")):  # pandas' "split"
        return [dict(zip(names, cells, strict=True)) for cells in value["data"]]
    if (inner := _held(value)) is not None:
        return inner
    if _are_named_rows(value):
        return [{"id": name, **item} for name, item in value.items()]
    lists = [item for item in value.values() if isinstance(item, list) and all(isinstance(one, dict) for one in item)]
    if len(lists) == 1 and lists[0] and not any(_OF_ONE_ROW & set(item) for item in lists[0]):
        return lists[0]
    columns = [_column(item) for item in value.values()]
    found = [column for column in columns if column is not None]
    values = any(not isinstance(cell, dict) for column in found for cell in column)  # else they are splits
    if len(columns) > 1 and values and len(found) == len(columns) and len(set(map(len, found))) == 1:
        return [dict(zip(value, cells, strict=True)) for cells in zip(*found, strict=True)]
    return [value]


def _held(value: dict[str, Any]) -> list[Any] | None:
    """The rows where a service answers with more than them: Hugging Face's viewer, and promptfoo's results."""
    match value:
        case {"rows": [{"row_idx": _, "row": _}, *_] as rows}:
            return [item["row"] if isinstance(item, dict) and "row" in item else item for item in rows]
        case {"results": {"results": [{}, *_] as rows}}:
            return list(rows)
    return None


def _one_by_one(row: Any) -> Iterator[Any]:
    """The rows that an item of a file is: a list of turns is one, SQuAD's article one for each of its questions."""
    if isinstance(row, list) and row and all(isinstance(turn, dict) and _SPEAKER & set(turn) for turn in row):
        yield {"messages": row}
        return
    parts = row.get("paragraphs") if isinstance(row, dict) else None
    if not isinstance(parts, list) or not all(isinstance(p, dict) and isinstance(p.get("qas"), list) for p in parts):
        yield row
        return
    beside = {key: value for key, value in row.items() if key != "paragraphs"}
    for part in parts:
        about = {key: value for key, value in part.items() if key != "qas"}
        for asked in part["qas"]:
            yield {**beside, **about, **asked} if isinstance(asked, dict) else asked


_SPEAKER = frozenset({"role", "from"})


def _are_named_rows(value: dict[str, Any]) -> bool:
    """Whether each key names a row; all have the same columns, which are no numbers of rows."""
    columns = {tuple(sorted(item)) if isinstance(item, dict) else () for item in value.values()}
    return len(value) > 1 and len(columns) == 1 and not all(map(str.isdigit, columns.pop()))


def _is_table(names: list[Any], data: Any) -> bool:
    rows = data if isinstance(data, list) and data else [None]
    return all(isinstance(row, list) and len(row) == len(names) for row in rows) and all(
        isinstance(n, str) for n in names
    )


_OF_ONE_ROW = frozenset({"role", "from", "parts", "type", "function", "toolSpec", "parameters"})  # a turn, or a tool


def _column(value: Any) -> list[Any] | None:
    """The values of a column: a list, or an object with the numbers of the rows as keys, as pandas writes it."""
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and value and all(key.isdigit() for key in value):
        return list(value.values())
    return None

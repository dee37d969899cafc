"""One physical line of a JSONL file as an object, with what Python's reader of JSON lets pass in silence."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from datagen.validate.findings import Problem
from datagen.validate.walk import JsonObject, has_lone_surrogate, join, shown

_ESCAPED = re.compile(rb'\\["\\]')  # a quote or a backslash behind a backslash


class Double(NamedTuple):
    """A key that an object has twice: its place, the value that readers drop, and the last one, which they keep."""

    path: str
    dropped: Any
    kept: Any


class Line(NamedTuple):
    """The object of a line, where it is one, its doubled keys, and what is wrong with the line as JSON."""

    row: JsonObject | None
    doubles: list[Double]
    problems: list[Problem]


def read_line(line: bytes) -> Line:
    """Read one line; a line that is no JSON object has exactly one problem."""
    row = _surely_good(line)
    return Line(row, [], []) if row is not None else _read_slowly(line)


def _surely_good(line: bytes) -> JsonObject | None:
    """The object where a fast reader takes the line, dropped nothing of it, and made no infinite number."""
    if b"\\u" in line:  # perhaps half a surrogate pair
        return None
    try:
        row = msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if not isinstance(row, dict):
        return None
    again = msgspec.json.encode(row)  # what was read, without a doubled key, and null where a number was infinite
    whole = strings_written(again) == strings_written(line) and again.count(b"null") == line.count(b"null")
    return row if whole else None


def _read_slowly(line: bytes) -> Line:
    """The same by a reader that tells what is wrong, and where."""
    doubles: list[tuple[JsonObject, str, Any]] = []

    def object_of(pairs: list[tuple[str, Any]]) -> JsonObject:
        made = dict(pairs)
        if len(made) < len(pairs):
            seen: dict[str, Any] = {}
            for key, value in pairs:
                if key in seen:
                    doubles.append((made, key, seen[key]))
                seen[key] = value
        return made

    try:
        text = line.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        return _refused("not-utf8", f"byte {error.start + 1} of the line is {line[error.start : error.end]!r}")
    try:
        row = json.loads(text, object_pairs_hook=object_of)
        problems = list(_odd_values(row, "")) if isinstance(row, dict) else []
        places = {id(holder): path for path, holder in _objects(row, "")} if doubles else {}
    except json.JSONDecodeError as error:
        return _refused("json-syntax", f"column {error.colno}: {error.msg}{_hint(text, error.pos)}")
    except RecursionError:
        return _refused("json-syntax", "nested too deeply")
    except ValueError as error:  # an integer of more digits than Python reads
        return _refused("not-a-number", str(error))
    if not isinstance(row, dict):
        return _refused("not-an-object", f"expected an object, got {type(row).__name__}")
    found = [Double(join(places.get(id(made), ""), key), dropped, made[key]) for made, key, dropped in doubles]
    problems += [
        Problem("duplicate-key", double.path, f"twice in one object: {shown(double.dropped)} and {shown(double.kept)}")
        for double in found
    ]
    return Line(row, found, problems)


def _hint(text: str, at: int) -> str:
    """What people write where they mean JSON; empty where it is none of that."""
    before, there = text[:at].rstrip(), text[at : at + 1]
    if before.endswith(",") and there in "}]":
        return "; a comma must not stand before the end of an object or list"
    if before.endswith("}") and text[at:].strip() == ",":
        return "; a line is one object, without a comma behind it"
    if there == "'":
        return "; JSON writes text in double quotes, as json.dumps does"
    if before.lstrip() == "" and text[at:].lstrip().startswith(("//", "#", "/*")):
        return "; JSON has no comments"
    return ""


def _refused(code: str, message: str) -> Line:
    return Line(None, [], [Problem(code, "", message)])


def _odd_values(value: object, path: str) -> Iterator[Problem]:
    """NaN, numbers that no float holds, half a surrogate pair."""
    if isinstance(value, float) and not math.isfinite(value):
        yield Problem("not-a-number", path, f"{value!r}: not JSON, or larger than a number can be")
    elif isinstance(value, str) and has_lone_surrogate(value):
        yield Problem("lone-surrogate", path, "half of a surrogate pair is not text")
    elif isinstance(value, dict):
        for key, item in value.items():
            if has_lone_surrogate(key):
                yield Problem("lone-surrogate", path, f"half of a surrogate pair in the key {key!r}")
            yield from _odd_values(item, join(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _odd_values(item, f"{path}[{index}]")


def _objects(value: object, path: str) -> Iterator[tuple[str, JsonObject]]:
    if isinstance(value, dict):
        yield path, value
        for key, item in value.items():
            yield from _objects(item, join(path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _objects(item, f"{path}[{index}]")


def strings_written(text: bytes) -> int:
    """How many strings a JSON text holds, keys included, doubled ones counted twice.

    Together with the strings that a reader found it tells whether one was dropped. Single bytes are counted, which is
    faster than reading by far.

    >>> strings_written(rb'{"a": "\\"", "a": "\\\\"}')
    4
    """
    quotes = text.count(b'"')
    if b"\\" in text:
        quotes -= _ESCAPED.findall(text).count(b'\\"')
    return quotes // 2

"""Finds the JSON in what a model wrote, in time linear in its length, and says how cleanly it was written.

Strict by RFC 8259, and stricter where leniency would pay: a duplicate key lets an answer show two values, NaN and
1e999 poison arithmetic, and a repaired truncation teaches a policy to stop early. Such text is not JSON here.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Literal, NoReturn, TypeAlias

from rewards.limits import MAX_CANDIDATES, MAX_DEPTH, MAX_NODES, MAX_TEXT_CHARS
from rewards.types import JSON

Root: TypeAlias = Literal["any", "object", "array"]

WHOLE, FENCED, IN_PROSE, SEVERAL, INVALID, NONE = 1.0, 0.9, 0.75, 0.5, 0.1, 0.0
_SPACE = " \t\n\r"  # RFC 8259 section 2; str.strip() would also take a no-break space
_ROOT_TYPES: dict[str, type] = {"object": dict, "array": list}


class Place(StrEnum):
    """Where in the text the values stand."""

    WHOLE = "the whole text"
    FENCED = "one fence or tag"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Reading:
    """The JSON values of a text, in order, and where they stand. `problem` says why there are none."""

    place: Place
    values: tuple[JSON, ...] = ()
    problem: str = ""
    looks_like_json: bool = False

    def of_type(self, root: Root) -> tuple[JSON, ...]:
        """The values whose outermost type is `root`."""
        if root == "any":
            return self.values
        wanted = _ROOT_TYPES[root]
        return tuple([value for value in self.values if type(value) is wanted])

    def level(self, root: Root = "any") -> float:
        """How cleanly one value of type `root` was written: 1, 0.9, 0.75, 0.5, 0.1 or 0 (see `json_parse`)."""
        values = self.of_type(root)
        if values:
            return _LEVELS[self.place] if len(values) == 1 else SEVERAL
        return INVALID if self.looks_like_json or self.values else NONE

    def only(self, root: Root = "any") -> tuple[JSON, ...]:
        """The value in a tuple of one, or an empty tuple where there is none or more than one.

        Taking the first or the last of several would pay for showing several.
        """
        values = self.of_type(root)
        return values if len(values) == 1 else ()


_LEVELS = {Place.WHOLE: WHOLE, Place.FENCED: FENCED, Place.PROSE: IN_PROSE}


class _RefusedError(ValueError):
    """Well-formed text that we do not accept: duplicate keys, non-finite numbers, beyond a limit."""


def read_json(text: str, *, reasoning: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> Reading:
    """Every JSON value of `text`, found in linear time; never raises.

    `reasoning` names tags such as "think" whose block at the start is skipped if it is closed; an unclosed one leaves
    no answer. `tags` names tags such as "answer" that may enclose the value like a code fence. The last few readings
    are kept, so that the parts of a reward parse a completion once; nobody may change a value that came from here.

    >>> read_json('{"a": 1}').level()
    1.0
    >>> read_json('Sure: {"a": 1} or {"a": 2}').level()
    0.5
    >>> read_json('{"a": 1, "a": 2}')
    Reading(place=<Place.WHOLE: 'the whole text'>, values=(), problem="duplicate key 'a'", looks_like_json=True)
    """
    if len(text) > MAX_TEXT_CHARS:
        return Reading(Place.WHOLE, problem=f"longer than {MAX_TEXT_CHARS:,} characters")
    return _read(text, reasoning, tags)


def parse_strictly(text: str) -> JSON:
    """The one JSON value that `text` consists of. Raises ValueError saying why there is none."""
    value, end = _decode(text.strip(_SPACE), 0)
    if end != len(text.strip(_SPACE)):
        raise _RefusedError(f"extra text after the value, at character {end}")
    return value


@lru_cache(maxsize=16)
def _read(text: str, reasoning: tuple[str, ...], tags: tuple[str, ...]) -> Reading:
    body = text.strip(_SPACE)
    if reasoning:
        rest = _after_reasoning(body, reasoning)
        if rest is None:
            return Reading(Place.WHOLE, problem="reasoning that is never closed")
        body = rest
    try:
        return _read_whole(body, Place.WHOLE) or _read_wrapped(body, tags) or _read_prose(body)
    except _RefusedError as error:
        return Reading(Place.WHOLE, problem=str(error), looks_like_json=True)


def _after_reasoning(body: str, reasoning: tuple[str, ...]) -> str | None:
    for tag in reasoning:
        if body.startswith(f"<{tag}>"):
            _, closed, rest = body.partition(f"</{tag}>")
            return rest.strip(_SPACE) if closed else None
    return body


def _read_whole(body: str, place: Place) -> Reading | None:
    if not body or body[0] not in '{["-0123456789tfn':
        return None
    try:
        value, end = _decode(body, 0)
    except json.JSONDecodeError:
        return None
    return Reading(place, (value,)) if end == len(body) else None


def _read_wrapped(body: str, tags: tuple[str, ...]) -> Reading | None:
    inner = _inside_fence(body)
    for tag in tags:
        if body.startswith(f"<{tag}>") and body.endswith(f"</{tag}>"):
            inner = body[len(tag) + 2 : -len(tag) - 3]
    return None if inner is None else _read_whole(inner.strip(_SPACE), Place.FENCED)


def _inside_fence(body: str) -> str | None:
    if len(body) < 7 or not (body.startswith("```") and body.endswith("```")):
        return None
    language, newline, inner = body[3:-3].partition("\n")
    return inner if newline and (not language.strip() or language.strip().isalnum()) else None


def _read_prose(body: str) -> Reading:
    """Objects and arrays between other text.

    After a failed attempt the search goes on where the decoder stopped, not one character further: that keeps it
    linear, and a fragment of a broken answer is not taken for an answer.
    """
    values: list[JSON] = []
    problem, attempts, start = "no JSON", 0, _next_opening(body, 0)
    while start >= 0:
        attempts += 1
        if attempts > MAX_CANDIDATES:
            raise _RefusedError(f"more than {MAX_CANDIDATES} places that look like JSON")
        try:
            value, end = _decode(body, start)
            values.append(value)
        except json.JSONDecodeError as error:
            problem, end = f"{error.msg} at character {error.pos}", max(error.pos, start + 1)
        start = _next_opening(body, end)
    return Reading(Place.PROSE, tuple(values), "" if values else problem, looks_like_json=attempts > 0)


def _next_opening(body: str, start: int) -> int:
    brace = body.find("{", start)
    bracket = body.find("[", start, brace if brace >= 0 else len(body))
    return bracket if bracket >= 0 else brace


def _decode(body: str, start: int) -> tuple[JSON, int]:
    try:
        value, end = _DECODER.raw_decode(body, start)
    except RecursionError:
        raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels") from None
    except (json.JSONDecodeError, _RefusedError):
        raise
    except ValueError:
        # int() refuses more digits than sys.get_int_max_str_digits(), 4,300 by default.
        raise _RefusedError("a number with thousands of digits") from None
    _check_size(body, value)
    return value, end


def _check_size(body: str, value: JSON) -> None:
    """Refuse what is too deep or too large. Counting brackets is fast and decides nearly always: a value takes a
    character."""
    if len(body) > MAX_NODES or body.count("{") + body.count("[") > MAX_DEPTH:
        check_limits(value)


def check_limits(value: JSON) -> None:
    """Raise ValueError where `value` is nested deeper or holds more values than `rewards.limits` allows, or a number
    that is not finite."""
    layer, nodes, depth = [value], 1, 0
    while layer:
        depth += 1
        if any(type(item) is float and not math.isfinite(item) for item in layer):
            raise _RefusedError("a number that is not finite")
        layer = [child for parent in layer for child in _children(parent)]
        nodes += len(layer)
        if depth > MAX_DEPTH:
            raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise _RefusedError(f"more than {MAX_NODES:,} values")


def _children(value: JSON) -> list[JSON]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def _object_of(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _RefusedError(f"duplicate key {_first_repeated(pairs)!r}")
    return found


def _first_repeated(pairs: list[tuple[str, JSON]]) -> str:
    seen: set[str] = set()
    return next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]  # add returns None


def _finite_float(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise _RefusedError(f"the number {digits[:20]} is not finite")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise _RefusedError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_object_of, parse_float=_finite_float, parse_constant=_refuse_constant)

"""Finds the JSON in what a model wrote, in time linear in its length, and says how cleanly it was written.

Strict by RFC 8259, and stricter where leniency would pay: a duplicate key lets an answer show two values, NaN and
1e999 poison arithmetic, and a repaired truncation teaches a policy to stop early. Such text is not JSON here.

Which value is the answer depends on the text alone, never on the component that asks (`Reading.answers`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import cache, lru_cache
from typing import Literal, NamedTuple, NoReturn, TypeAlias

from rewards.limits import MAX_CANDIDATES, MAX_DEPTH, MAX_NODES, MAX_TEXT_CHARS
from rewards.parsing.tags import after_reasoning
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


class Reading(NamedTuple):
    """The JSON values of a text, in order, and where they stand. `problem` says what could not be read,
    `breaks_off` whether that is an object or a list that is never closed."""

    place: Place
    values: tuple[JSON, ...] = ()
    problem: str = ""
    looks_like_json: bool = False
    breaks_off: bool = False

    @property
    def answers(self) -> tuple[JSON, ...]:
        """The values that may be the answer: the objects; where there are none the lists; and a list of whole numbers
        only where nothing else looks like JSON, since "[1]" in prose cites a source. None where a value breaks off: it
        would be one more, or holds the others.

        >>> read_json('{"total": 12}, see [1]').answers, read_json('["tax"], see [1]').answers
        (({'total': 12},), (['tax'],))
        >>> read_json('{"total": 12} {"total": 13,').answers
        ()
        """
        if self.breaks_off:
            return ()
        if self.place is not Place.PROSE or (len(self.values) < 2 and not self.problem):
            return self.values
        objects = tuple([value for value in self.values if type(value) is dict])
        lists = tuple([value for value in self.values if not _is_citation(value)])
        return objects or lists or (() if self.problem else self.values)

    def only(self, root: Root = "any") -> tuple[JSON, ...]:
        """The answer in a tuple of one, or an empty tuple where there is none, more than one, or one of another type.

        Taking the first or the last of several would pay for showing several.
        """
        found = self.values if self.place is Place.WHOLE else self.answers
        return found if len(found) == 1 and _has_root(found[0], root) else ()

    def level(self, root: Root = "any") -> float:
        """How cleanly one value of type `root` was written: 1, 0.9, 0.75, 0.5, 0.1 or 0 (see `json_parse`)."""
        found = self.answers
        if found and _has_root(found[0], root):
            return _LEVELS[self.place] if len(found) == 1 else SEVERAL
        return INVALID if self.looks_like_json or self.values else NONE


def _has_root(value: JSON, root: Root) -> bool:
    return root == "any" or type(value) is _ROOT_TYPES[root]


def _is_citation(value: JSON) -> bool:
    return type(value) is list and len(value) > 0 and all(type(item) is int for item in value)


_LEVELS = {Place.WHOLE: WHOLE, Place.FENCED: FENCED, Place.PROSE: IN_PROSE}


class _RefusedError(ValueError):
    """Well-formed text that we do not accept: duplicate keys, non-finite numbers, beyond a limit."""


def read_json(text: str, *, reasoning: tuple[str, ...] = (), tags: tuple[str, ...] = ()) -> Reading:
    """Every JSON value of `text`, found in linear time; never raises.

    `reasoning` names tags such as "think" whose closed block at the start is skipped (see `after_reasoning`); an
    unclosed one leaves no answer. `tags` names tags such as "answer" that may enclose the value like a code fence. The
    last few readings are kept, so that the parts of a reward parse a completion once; nobody may change a value that
    came from here.

    >>> read_json('{"a": 1}').level()
    1.0
    >>> read_json('Sure: {"a": 1} or {"a": 2}').level()
    0.5
    >>> read_json('{"a": 1, "a": 2}').problem
    "duplicate key 'a'"
    """
    if len(text) > MAX_TEXT_CHARS:
        return Reading(Place.WHOLE, problem=f"longer than {MAX_TEXT_CHARS:,} characters")
    body = after_reasoning(text, reasoning) if reasoning else text
    if body is None:
        return Reading(Place.WHOLE, problem="reasoning that is never closed")
    return _read(body, tags)


def parse_strictly(text: str) -> JSON:
    """The one JSON value that `text` consists of. Raises ValueError saying why there is none."""
    body = text.strip(_SPACE)
    value, end = decode(body, 0)
    if end != len(body):
        raise _RefusedError(f"extra text after the value, at character {end}")
    return value


@lru_cache(maxsize=16)
def _read(text: str, tags: tuple[str, ...]) -> Reading:
    body = text.strip(_SPACE)
    try:
        return _read_whole(body, Place.WHOLE) or _read_wrapped(body, tags) or _read_prose(body)
    except _RefusedError as error:
        return Reading(Place.WHOLE, problem=str(error), looks_like_json=True)


def _read_whole(body: str, place: Place) -> Reading | None:
    if not body or body[0] not in '{["-0123456789tfn':
        return None
    try:
        value, end = decode(body, 0)
    except json.JSONDecodeError:
        return None
    return Reading(place, (value,)) if end == len(body) else None


def _read_wrapped(body: str, tags: tuple[str, ...]) -> Reading | None:
    inner = _inside_fence(body)
    for tag in tags:
        if body.startswith(f"<{tag}>") and body.endswith(f"</{tag}>"):
            inner = body[len(tag) + 2 : -len(tag) - 3].strip(_SPACE)
            inner = _inside_fence(inner) or inner
    return None if inner is None else _read_whole(inner.strip(_SPACE), Place.FENCED)


def _inside_fence(body: str) -> str | None:
    """What a fence around all of `body` holds: three or more backticks or tildes, closed by at least as many
    (CommonMark 0.31, section 4.5). The closing ones may share a line with the value."""
    mark = body[:1]
    opening, newline, rest = body.partition("\n")
    if mark not in ("`", "~") or not newline:
        return None
    length = len(opening) - len(opening.lstrip(mark))
    inner = rest.rstrip(mark)
    is_fence = length >= 3 and mark not in opening[length:] and len(rest) - len(inner) >= length
    return inner if is_fence else None


def _read_prose(body: str) -> Reading:
    """Objects and arrays between other text.

    After a failed attempt the search goes on behind the broken value where it has an end, else where the decoder
    stopped: that keeps it linear, and a fragment of a broken answer is not taken for an answer.
    """
    values: list[JSON] = []
    problem, attempts, start = "", 0, _next_opening(body, 0)
    ends: dict[int, int] | None = None
    breaks_off = False
    while start >= 0:
        attempts += 1
        if attempts > MAX_CANDIDATES:
            raise _RefusedError(f"more than {MAX_CANDIDATES} places that look like JSON")
        try:
            value, end = decode(body, start)
            values.append(value)
        except json.JSONDecodeError as error:
            problem, end = f"{error.msg} at character {error.pos}", max(error.pos, start + 1)
            if error.msg.startswith("Unterminated string"):  # reported where it starts, though read to the end
                end = len(body)
            if _has_begun(body, start, end):
                ends = _ends_of_brackets(body, start) if ends is None else ends
                breaks_off |= start not in ends and bool(_opens_a_value().match(body, start))
                end = max(end, ends.get(start, end))
        start = _next_opening(body, end)
    return Reading(Place.PROSE, tuple(values), problem if attempts else "no JSON", attempts > 0, breaks_off)


def _has_begun(body: str, start: int, stopped: int) -> bool:
    """Whether a value that broke off was one, and not a bracket of prose: something was read of it, or it begins as an
    object does in Python or JavaScript."""
    return bool(body[start + 1 : stopped].strip(_SPACE)) or bool(_begun().match(body, start))


@cache
def _begun() -> re.Pattern[str]:
    return re.compile(r"\{\s*(?:'|\w+\s*:)|\[\s*(?:'|(?:None|True|False|undefined)\b)")


@cache
def _opens_a_value() -> re.Pattern[str]:
    """An object with a key, quoted or bare, or a list of texts or objects; "[1, 2)" is an interval."""
    return re.compile(r"\{\s*(?:[\"']|\w+\s*:)|\[\s*[\"'{]")


@cache
def _brackets(*, outside_strings: bool) -> re.Pattern[str]:
    return re.compile(r"[\[\]{}]" + (r'|"(?:[^"\\]|\\.?)*"?' if outside_strings else ""), re.DOTALL)


def _ends_of_brackets(body: str, start: int) -> dict[int, int]:
    """Where each bracket from `start` on is closed: outside strings, or where none closes it there, because a quote
    was not escaped, anywhere. One that another kind closes over has no end."""
    anywhere, outside = (_closed(_brackets(outside_strings=only).finditer(body, start)) for only in (False, True))
    return anywhere | outside


def _closed(marks: Iterable[re.Match[str]]) -> dict[int, int]:
    ends: dict[int, int] = {}
    opened: list[tuple[str, int]] = []
    pending = {"[": 0, "{": 0}
    for found in marks:
        mark = found[0]
        if mark in pending:
            opened.append((mark, found.start()))
            pending[mark] += 1
        elif opening := {"]": "[", "}": "{"}.get(mark):
            while pending[opening]:
                last, place = opened.pop()
                pending[last] -= 1
                if last == opening:
                    ends[place] = found.end()
                    break
    return ends


def _next_opening(body: str, start: int) -> int:
    brace = body.find("{", start)
    bracket = body.find("[", start, brace if brace >= 0 else len(body))
    return bracket if bracket >= 0 else brace


def decode(body: str, start: int) -> tuple[JSON, int]:
    """The JSON value that starts at `start`, and where it ends. Raises ValueError where there is none to accept."""
    try:
        value, end = _SCAN(body, start)
    except StopIteration as stop:
        raise json.JSONDecodeError("Expecting value", body, stop.value) from None
    except RecursionError:
        raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels") from None
    except (json.JSONDecodeError, _RefusedError):
        raise
    except ValueError:
        # int() refuses more digits than sys.get_int_max_str_digits(), 4,300 by default.
        raise _RefusedError("a number with thousands of digits") from None
    # A value takes a character and a level two, so counting brackets is fast and decides nearly always.
    if (length := end - start) > 2 * MAX_DEPTH and (
        length > MAX_NODES or body.count("{", start, end) + body.count("[", start, end) > MAX_DEPTH
    ):
        check_limits(value)
    return value, end


def check_limits(value: JSON) -> None:
    """Raise ValueError where `value` is nested deeper or holds more values than `rewards.limits` allows, or a number
    that is not finite."""
    for _ in layers_of(value):
        pass


def layers_of(value: JSON) -> Iterator[list[JSON]]:
    """`value`, then its children, then theirs. Raises ValueError as `check_limits` does."""
    layer, nodes, depth = [value], 1, 0
    while layer:
        depth += 1
        if depth > MAX_DEPTH:
            raise _RefusedError(f"nested deeper than {MAX_DEPTH} levels")
        if nodes > MAX_NODES:
            raise _RefusedError(f"more than {MAX_NODES:,} values")
        if any(isinstance(item, float) and not math.isfinite(item) for item in layer):
            raise _RefusedError("a number that is not finite")
        yield layer
        layer = [child for parent in layer for child in _children(parent)]
        nodes += len(layer)


def _children(value: JSON) -> Iterable[JSON]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


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
_SCAN = _DECODER.scan_once  # type: ignore[attr-defined]  # what `raw_decode` calls; a call less for each answer

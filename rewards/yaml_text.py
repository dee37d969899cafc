"""Reads YAML nobody has vouched for, in bounded time: no alias bomb, no deep nesting, no number of a million digits."""

from __future__ import annotations

import importlib
import re
from typing import Any

from rewards.types import JSON

MAX_DEPTH = 50
MAX_NODES = 200_000  # aliases count as often as they are used
MAX_NUMBER_LENGTH = 400  # a float has at most 309 digits before its point
_NUMBER_LIKE = re.compile(r"[-+.0-9_:]+")  # 1:1:1 is a number in base 60 to YAML 1.1


def load_yaml(text: str) -> JSON:
    """The value of a YAML text. Raises ValueError, with one line that says where, for what is none or is out of bounds.

    >>> load_yaml("a: &x [1, 2]\\nb: *x")
    {'a': [1, 2], 'b': [1, 2]}
    """
    # Not an import statement: `rewards` ships to Lambda and stands on the standard library alone.
    yaml = importlib.import_module("yaml")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text.encode()  # the C parser would raise from within
        _check_bounds(yaml.parse(text, Loader=loader))
        value: JSON = yaml.load(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{line}{getattr(error, 'problem', None) or str(error).splitlines()[0]}") from error
    except UnicodeEncodeError:
        raise ValueError("it holds half a surrogate pair") from None
    return value


def _check_bounds(events: Any) -> None:
    sizes: dict[str, int] = {}
    opened: list[tuple[str | None, int]] = []
    nodes = 0
    for event in events:
        kind, line = type(event).__name__, event.start_mark.line + 1
        if kind == "AliasEvent":
            nodes += sizes.get(event.anchor, 1)
        elif kind == "ScalarEvent":
            nodes += 1
            _check_scalar(event, line)
            if event.anchor:
                sizes[event.anchor] = 1
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            opened.append((event.anchor, nodes))
            nodes += 1
            if len(opened) > MAX_DEPTH:
                raise ValueError(f"line {line}: nested deeper than {MAX_DEPTH}")
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            anchor, before = opened.pop()
            if anchor:
                sizes[anchor] = nodes - before
        if nodes > MAX_NODES:
            raise ValueError(f"line {line}: more than {MAX_NODES:,} values, counting each use of an alias")


def _check_scalar(event: Any, line: int) -> None:
    plain = event.implicit[0] and not event.style
    if plain and len(event.value) > MAX_NUMBER_LENGTH and _NUMBER_LIKE.fullmatch(event.value):
        raise ValueError(f"line {line}: a number of {len(event.value):,} characters")

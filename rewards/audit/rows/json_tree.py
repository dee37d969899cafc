"""Walk and change JSON values by path, so that a finding can name the damaged place.

A path is a tuple of keys and indexes. Nothing here changes a value in place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TypeAlias

from rewards.types import JSON

Path: TypeAlias = tuple[str | int, ...]

MISSING = object()


def dumps(value: JSON) -> str:
    """Compact JSON, as a gold completion is written.

    >>> dumps({"a": [1, True, "é"]})
    '{"a":[1,true,"é"]}'
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def walk(value: JSON, path: Path = ()) -> Iterator[tuple[Path, JSON]]:
    """Every value inside `value`, itself first, in document order."""
    yield path, value
    if isinstance(value, dict):
        for key, child in value.items():
            yield from walk(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from walk(child, (*path, index))


def leaves(value: JSON) -> Iterator[tuple[Path, JSON]]:
    """Scalars and empty containers: the values that a grader compares.

    >>> list(leaves({"a": [1, {}], "b": "x"}))
    [(('a', 0), 1), (('a', 1), {}), (('b',), 'x')]
    """
    return ((path, child) for path, child in walk(value) if not isinstance(child, dict | list) or not child)


def pattern(path: Path) -> str:
    """A path as shown in a report, the same for every item of a list.

    >>> pattern(("Query analysis", "Tools", 0, "Tool"))
    'Query analysis.Tools[].Tool'
    """
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}" if text else step
    return text or "(whole answer)"


def at(value: JSON, path: Path) -> JSON:
    """The value at `path`; raises KeyError or IndexError if there is none."""
    for step in path:
        if not isinstance(value, dict if isinstance(step, str) else list):
            raise KeyError(step)
        value = value[step]  # type: ignore[index]  # the line above matched step and container
    return value


def changed(value: JSON, path: Path, change: Callable[[JSON], object]) -> JSON:
    """A copy with `change` applied at `path`; a change that returns `MISSING` removes the key or item.

    >>> changed({"a": [1, 2]}, ("a", 1), lambda n: n + 1)
    {'a': [1, 3]}
    >>> changed({"a": [1, 2]}, ("a", 0), lambda n: MISSING)
    {'a': [2]}
    """
    if not path:
        return change(value)  # type: ignore[return-value]  # MISSING is caught by the caller one level up
    step, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(step, str):
        new = changed(value[step], rest, change)
        return {key: new if key == step else old for key, old in value.items() if key != step or new is not MISSING}
    if isinstance(value, list) and isinstance(step, int):
        new = changed(value[step], rest, change)
        return value[:step] + ([] if new is MISSING else [new]) + value[step + 1 :]
    raise KeyError(step)


def put(value: JSON, path: Path, new: JSON) -> JSON:
    """A copy with `new` at `path`."""
    return changed(value, path, lambda _: new)


def without(value: JSON, path: Path) -> JSON:
    """A copy without the key or item at `path`."""
    return changed(value, path, lambda _: MISSING)


def mapped(value: JSON, change: Callable[[Path, JSON], JSON], path: Path = ()) -> JSON:
    """A copy with every scalar and empty container replaced by `change(path, leaf)`.

    >>> mapped({"a": ["x", "y"]}, lambda path, leaf: leaf.upper())
    {'a': ['X', 'Y']}
    """
    if isinstance(value, dict) and value:
        return {key: mapped(child, change, (*path, key)) for key, child in value.items()}
    if isinstance(value, list) and value:
        return [mapped(child, change, (*path, index)) for index, child in enumerate(value)]
    return change(path, value)


def same(a: JSON, b: JSON) -> bool:
    """Equal as JSON: key order is ignored, 1 equals 1.0, and true is not 1.

    >>> same({"a": 1, "b": 2.0}, {"b": 2, "a": 1.0}), same(True, 1)
    (True, False)
    """
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(child, b[key]) for key, child in a.items())
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return a == b

"""Where in a line of JSON the values stand that somebody asks for."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Generator
from json.decoder import scanstring  # type: ignore[attr-defined]  # what json.loads itself reads strings with

from datagen.validate.walk import join

_GAP = re.compile(r"[\s,:]*")
_value_at = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # what raw_decode calls


def places_of(text: str, wanted: Collection[str]) -> dict[str, tuple[int, int]]:
    """Start and end of the values with these JSON paths, without paths that two values share. The text is JSON.

    >>> text = '{"a": [10, {"b": "x"}]}'
    >>> {path: text[slice(*span)] for path, span in places_of(text, ["a[1].b", "a[0]", "c"]).items()}
    {'a[0]': '10', 'a[1].b': '"x"'}
    """
    above = {path[:at] for path in wanted for at, char in enumerate(path) if char in ".["} | {""}
    asked = frozenset(wanted)
    found: dict[str, tuple[int, int]] = {}
    shared: set[str] = set()
    for path, start, end in _values(text, _behind_gap(text, 0), "", above):
        if path in found:
            shared.add(path)
        if path in asked:
            found[path] = (start, end)
    return {path: span for path, span in found.items() if path not in shared}


def _values(text: str, start: int, path: str, above: Collection[str]) -> Generator[tuple[str, int, int], None, int]:
    """The value there and those inside it, which are looked for only `above` what is wanted; returns its end."""
    if path not in above or text[start] not in "{[":
        end: int = _value_at(text, start)[1]
    else:
        at, index = _behind_gap(text, start + 1), 0
        while text[at] not in "}]":
            place = f"{path}[{index}]"
            if text[start] == "{":
                key, at = scanstring(text, at + 1)
                place = join(path, key)
            at = yield from _values(text, _behind_gap(text, at), place, above)
            at, index = _behind_gap(text, at), index + 1
        end = at + 1
    yield path, start, end
    return end


def _behind_gap(text: str, at: int) -> int:
    return _GAP.match(text, at).end()  # type: ignore[union-attr]  # it may be empty

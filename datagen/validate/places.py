"""Where in a line of JSON each value stands."""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Iterator

from datagen.validate.walk import join

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def places_of(text: str) -> dict[str, tuple[int, int]]:
    """Start and end of every value of a row by its JSON path, without paths that two values share.

    >>> text = '{"a": [10, {"b": "x"}]}'
    >>> {path: text[slice(*span)] for path, span in places_of(text).items() if path}
    {'a[0]': '10', 'a[1].b': '"x"', 'a[1]': '{"b": "x"}', 'a': '[10, {"b": "x"}]'}
    """
    tokens = _TOKEN.finditer(text)
    found: dict[str, tuple[int, int]] = {}
    shared: set[str] = set()
    for path, start, end in _values(text, tokens, next(tokens), ""):
        if path in found:
            shared.add(path)
        found[path] = (start, end)
    return {path: span for path, span in found.items() if path not in shared}


def _values(
    text: str, tokens: Iterator[re.Match[str]], first: re.Match[str], path: str
) -> Generator[tuple[str, int, int], None, None]:
    start, end = first.span()
    index = 0
    if first[0] in "{[":
        for token in tokens:
            if token[0] in "}]":
                end = token.end()
                break
            if token[0] == ",":
                continue
            place = f"{path}[{index}]"
            index += 1
            if first[0] == "{":
                place = join(path, json.loads(text[slice(*token.span())]))
                next(tokens)  # the colon
                token = next(tokens)
            yield from _values(text, tokens, token, place)
    yield path, start, end

"""Parse the responses of teachers: an unreadable one never ends a run, and is kept, since it was paid for."""

from __future__ import annotations

import json
from typing import Any

from datagen.errors import BusyError

UNREADABLE = "unreadable"  # how an answer stopped whose form is not the API's


def read_body(data: bytes, source: str) -> Any:
    """The JSON value of a response; `BusyError` with the reply where it is cut, a page, or anything else.

    Bytes that are no UTF-8 are replaced: the answer around them was paid for, and its reader sees what is wrong.
    """
    text = data.decode("utf-8", "replace").removeprefix("\ufeff")
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        what = "a page" if text.lstrip()[:1] == "<" else f"not JSON ({error})"
        raise BusyError(f"{source}: the response is {what}: {text[:100]!r}", raw=text) from error


def count_of(usage: Any, name: str) -> int:
    """Tokens in a report of usage, 0 where it has none.

    >>> count_of({"prompt_tokens": 7}, "prompt_tokens"), count_of(None, "prompt_tokens")
    (7, 0)
    """
    value = usage.get(name) if isinstance(usage, dict) else None
    return int(value) if isinstance(value, int | float) and 0 <= value < 2**53 else 0

"""Files of JSON: a day of a channel as Slack exports it, and lists of objects that hold a text each."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datagen.documents.encodings import decoded
from datagen.documents.pieces import TEXT_FIELD, LeftOut, Piece, Text, field
from datagen.errors import FormatError

_NEITHER = "neither messages of Slack nor a list of texts; write its texts as .jsonl, each under 'text'"
# Slack's documentation, "Formatting text for app surfaces": <@U1>, <#C1|name>, <!here>, <address|words>
_MARKUP = re.compile(r"<(?:[@#!][^|>]*|([^|>]+))(?:\|([^>]*))?>")
_SAID_BY_PEOPLE = frozenset({None, "", "thread_broadcast", "me_message", "file_share", "bot_message"})


def read_json(path: Path) -> Iterator[Piece]:
    """Each thread of a day's messages as a document, what is in no thread together; or each text of a list."""
    try:
        rows: Any = json.loads(decoded(path.read_bytes()))
    except ValueError as error:
        raise FormatError(f"not JSON: {error}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, Mapping) for row in rows):
        raise FormatError(_NEITHER)
    if all(_is_message(row) for row in rows):
        yield from _threads(rows)
    elif all(TEXT_FIELD in row for row in rows):
        yield from (field(row[TEXT_FIELD], f"#{number}") for number, row in enumerate(rows, 1))
    else:
        raise FormatError(_NEITHER)


def _is_message(row: Mapping[str, Any]) -> bool:
    return row.get("type") == "message" and isinstance(row.get("ts"), str) and isinstance(row.get("text"), str)


def _threads(messages: list[Mapping[str, Any]]) -> Iterator[Piece]:
    threads: dict[object, list[str]] = {}
    notes = 0
    for message in messages:
        text = _plain(message["text"]).strip()
        if message.get("subtype") not in _SAID_BY_PEOPLE:
            notes += len(text)
        elif text:
            threads.setdefault(message.get("thread_ts"), []).append(text)
    for number, texts in enumerate(threads.values(), 1):
        yield Text(f"#{number}", "\n\n".join(texts))
    if threads:
        yield LeftOut("", "who wrote it and when", sum(len(str(message.get("user", ""))) for message in messages))
    if notes:
        yield LeftOut("", "notes of who came and went", notes)


def _plain(text: str) -> str:
    """What people see of a message.

    >>> _plain("<@U1> see <https://a.example/x|the page> &amp; <#C1|fees>")
    ' see the page & fees'
    """
    return html.unescape(_MARKUP.sub(lambda found: found[2] or found[1] or "", text))

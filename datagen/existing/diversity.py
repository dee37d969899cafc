"""How varied a file of existing rows is, of any shape that `convert` reads."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from datagen.errors import FormatError
from datagen.existing.shapes import Conversation, conversation_of
from datagen.existing.tables import read_rows
from datagen.quality.diversity import NEAR, Diversity, Said, intent_of, measured, tools_of
from rewards.parsing.messages import calls_of
from rewards.parsing.references import structured
from rewards.rows import as_text


def diversity(path: Path, *, by: str = "", near: float = NEAR) -> Diversity:
    """The diversity of a file of rows of any shape that `convert` reads; rows of no such shape are counted as unread.

    `by` is the dotted key of a row's intent, such as ``metadata.topic``; without it the first of intent, type, topic,
    category and label that the reference or the row names.
    """
    unread = 0

    def said() -> Iterator[Said]:
        nonlocal unread
        for _, row in read_rows(path):
            try:
                yield _said(conversation_of(row), row, by)
            except FormatError:
                unread += 1

    found = measured(said(), near=near)
    return replace(found, unread=unread)


def of_conversations(told: Iterable[Conversation]) -> Diversity:
    """The diversity of one split of existing rows."""
    return measured(_said(one, one.extra, "") for one in told)


def _said(told: Conversation, row: Mapping[str, Any], by: str) -> Said:
    asked = "\n".join(as_text(turn.get("content") or "") for turn in told.messages if turn.get("role") == "user")
    reply = told.reply or {}
    answer = as_text(reply.get("content") or "") if told.reply else as_text(told.reference)
    turns = [*told.messages, reply]
    called = [call.name for turn in turns for call in calls_of(turn)]
    tools = tuple(called) or tools_of(structured(told.reference))
    intent = _at(row, by) if by else intent_of(structured(told.reference), {**told.extra, **row})
    return Said(asked, answer, tools, intent)


def _at(row: Mapping[str, Any], key: str) -> str:
    value: Any = row
    for part in key.split("."):
        value = structured(value).get(part) if isinstance(structured(value), Mapping) else None
    return "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

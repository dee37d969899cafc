"""What of a row no part of its conversation holds, whatever shape it was read as."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from datagen.existing.conversation import Conversation
from rewards.parsing.references import structured

_LETTER = 2  # at the root, what is not longer may name a choice
_MARKS = re.compile(  # of who speaks, where pictures stand, and that nothing does
    r"\b(?:Human|Assistant|USER|ASSISTANT|SYSTEM|FUNCTION RESPONSE):|<\|endoftext\|>|<(?:image|video|noinput|/?think)>"
)
_READ = frozenset({"role", "from", "type", "author", "is_error", "thought", "schemaVersion", "id", "weight"})


def unsaid(row: Mapping[str, Any], found: Conversation) -> dict[str, list[Any]]:
    """Values below the root of a row that its conversation has nowhere, by their place without numbers.

    >>> asked = Conversation("", [{"role": "user", "content": "Rome?"}])
    >>> unsaid({"messages": [{"content": "Rome?", "mood": "calm"}]}, asked)
    {'messages[].mood': ['calm']}
    """
    lost: dict[str, list[Any]] = {}
    told: _Told | None = None
    for place, key, value in _values(row, ""):
        told = told or _Told(found)
        if not told.holds(key, value):
            lost.setdefault(place, []).append(value)
    return lost


def _values(value: Any, place: str, key: str = "") -> Iterator[tuple[str, str, Any]]:
    """Place, key and value of each text of some length; below the root of each value."""
    value = structured(value) if place and isinstance(value, str) and value[:1] in ("{", "[") else value
    if isinstance(value, Mapping):
        for name, item in value.items():
            if name not in _READ:
                yield from _values(item, f"{place}.{name}" if place else str(name), str(name))
    elif isinstance(value, list):
        for item in value:
            yield from _values(item, f"{place}[]", key)
    elif "." in place:
        if value is not None and value != "":
            yield place, key, value
    elif isinstance(value, str) and len(value.strip()) > _LETTER:
        yield place, key, value


class _Told:
    """All texts and all keys of a conversation."""

    def __init__(self, found: Conversation) -> None:
        self.keys: set[str] = set()
        self.texts: set[str] = set()
        for part in (found.messages, found.reference, found.reply, found.worse, found.tools, found.extra, found.lost):
            self._take(part)
        self.texts.add(found.id)
        self.joined = ""

    def _take(self, value: Any) -> None:
        if isinstance(value, Mapping):
            for name, item in value.items():
                self.keys.add(str(name).rpartition(".")[2])
                self._take(item)
        elif isinstance(value, list):
            for item in value:
                self._take(item)
        elif isinstance(value, str):
            self.texts.add(value)
            if value[:1] in ("{", "[") and (inner := structured(value)) is not value:
                self._take(inner)

    def holds(self, key: str, value: Any) -> bool:
        if not isinstance(value, str):
            return key in self.keys
        if value in self.texts:
            return True
        self.joined = self.joined or _plain("\n".join(self.texts))
        return all(_plain(piece) in self.joined for piece in _MARKS.split(value))


def _plain(text: str) -> str:
    """Without the blanks that reading drops at the ends of what is said."""
    return " ".join(text.split())

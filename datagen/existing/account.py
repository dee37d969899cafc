"""What of a row no part of its conversation holds, whatever shape it was read as."""

from __future__ import annotations

import re
from typing import Any, TypeAlias

from datagen.existing.conversation import Conversation
from datagen.existing.templates import CALLS, MARKS
from rewards.parsing.references import structured

_LETTER = 2  # at the root, what is not longer may name a choice
_MARKS = re.compile(  # of who speaks, where pictures stand, and that nothing does
    r"\b(?:Human|Assistant|USER|ASSISTANT|SYSTEM|FUNCTION RESPONSE):|<\|endoftext\|>|<(?:image|video|noinput|/?think)>"
)
_READ = frozenset({"role", "from", "type", "author", "is_error", "thought", "schemaVersion", "id", "weight"})
_IN_LIST = "[]"
_Place: TypeAlias = "tuple[_Place | None, str]"  # what it is in, and its key


def unsaid(row: dict[str, Any], found: Conversation) -> dict[str, list[Any]]:
    """Values of a row that its conversation has nowhere, by their place without numbers.

    Numbers at the root, and texts of a letter or two, may have been read as another value: they are not looked for.

    >>> asked = Conversation("", [{"role": "user", "content": "Rome?"}])
    >>> unsaid({"messages": [{"content": "Rome?", "mood": "calm"}]}, asked)
    {'messages[].mood': ['calm']}
    """
    lost: dict[str, list[Any]] = {}
    told = _Told(found)
    waiting: list[tuple[Any, str, _Place | None]] = [(row, "", None)]
    while waiting:
        value, key, place = waiting.pop()
        kind = type(value)  # all of it came from JSON
        if kind is dict:
            inner = [(item, name, (place, name)) for name, item in value.items() if name not in _READ]
            waiting += reversed(inner)
        elif kind is list:
            waiting += reversed([(item, key, (place, _IN_LIST)) for item in value])
        elif kind is str:
            if value in told.texts or place is None:
                continue
            if len(pieces := CALLS.split(value)) > 1:
                waiting += [(piece.strip(), key, place) for piece in reversed(pieces)]
                continue
            if value[:1] in ("{", "[") and (parsed := structured(value)) is not value:
                waiting.append((parsed, key, place))
            elif len(value.strip()) > (_LETTER if place[0] is None else 0) and not told.says(value):
                lost.setdefault(_named(place), []).append(value)
        elif value is not None and key not in told.keys and "." in (name := _named(place)):
            lost.setdefault(name, []).append(value)
    return lost


def _named(place: _Place | None) -> str:
    names: list[str] = []
    while place is not None:
        place, name = place
        names.append(name if name == _IN_LIST else f".{name}")
    return "".join(reversed(names)).removeprefix(".")


class _Told:
    """All texts and all keys of a conversation."""

    def __init__(self, found: Conversation) -> None:
        self.keys = {name.rpartition(".")[2] for name in (*found.extra, *found.lost)}
        self.texts = {found.id}
        self._joined = ""
        waiting = [found.messages, found.reference, found.reply, found.worse, found.tools, found.extra, found.lost]
        while waiting:
            value: Any = waiting.pop()
            kind = type(value)
            if kind is str:
                self.texts.add(value)
                if value[:1] in ("{", "[") and (inner := structured(value)) is not value:
                    waiting.append(inner)
            elif kind is dict:
                self.keys.update(value)
                waiting += value.values()
            elif kind is list:
                waiting += value

    def says(self, value: str) -> bool:
        """Whether a text is a part of one of these, or all between its marks are."""
        self._joined = self._joined or _plain("\n".join(self.texts))
        pieces = (piece for part in _MARKS.split(value) for piece in MARKS.split(part))
        return all(_plain(piece) in self._joined for piece in pieces)


def _plain(text: str) -> str:
    """Without the blanks that reading drops at the ends of what is said."""
    return " ".join(text.split())

"""What a repair is, and the ones that rows of every format share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from datagen.formats import compact
from datagen.validate.walk import JsonObject, misspelt_keys, shown
from datagen.validate.words import may_hold_reserved, without_reserved

_ROLES = {
    "developer": "system",
    "human": "user",
    "bot": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "nova_assistant": "assistant",
}


class Change(NamedTuple):
    """One repair: the rule that was broken, where, and the value before and after."""

    code: str
    path: str
    before: str
    after: str


def rename(holder: JsonObject, known: tuple[str, ...], path: str) -> Iterator[Change]:
    """Keys that nearly are a known one get its name."""
    for key, meant in misspelt_keys(holder, known).items():
        holder[meant] = holder.pop(key)
        yield Change("misspelt-key", path, key, meant)


def without_strangers(holder: JsonObject, known: tuple[str, ...], path: str) -> Iterator[Change]:
    """A key that Forge refuses and nobody reads is left out; the log keeps its value."""
    for key in [key for key in holder if key not in known]:
        yield Change("unknown-key", f"{path}.{key}" if path else key, compact(holder.pop(key)), "")


def repair_role(turn: JsonObject, path: str) -> Iterator[Change]:
    """A role in another case or under another API's name."""
    role = turn.get("role")
    meant = _ROLES.get(role.lower(), role.lower()) if isinstance(role, str) else role
    if meant != role and meant in ("system", "user", "assistant", "tool"):
        turn["role"] = meant
        yield Change("role", path, str(role), str(meant))


def repair_words(holder: JsonObject, key: str, path: str) -> Iterator[Change]:
    """Reserved words in a text are made harmless."""
    text = holder.get(key)
    if isinstance(text, str) and may_hold_reserved(text) and (harmless := without_reserved(text)) != text:
        holder[key] = harmless
        yield Change("reserved-word", path, shown(text), shown(harmless))


def repair_description(holder: JsonObject, path: str) -> Iterator[Change]:
    """A tool without a description is described by its name, since the validators ask for one."""
    name, described = holder.get("name"), holder.get("description")
    blank = described is None or (isinstance(described, str) and not described.strip())
    if blank and isinstance(name, str) and name.strip():
        holder["description"] = name
        yield Change("tool-description", f"{path}.description", shown(described), shown(name))

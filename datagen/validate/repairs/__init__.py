"""The repairs that have one right answer, row by row: each changes the row in place and says what it did.

What a row says is kept wherever the format can say it: a conversation in OpenAI's form is written in Converse's, a
reference that is a number as its JSON text, an answer behind the prompt as the reference where there is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from datagen.formats import compact
from datagen.validate.repairs.changes import Change
from datagen.validate.repairs.converse import repair_converse
from datagen.validate.repairs.rft import repair_id, repair_multiturn, repair_rft
from datagen.validate.rules import RFT, SFT, Target
from datagen.validate.walk import JsonObject, has_lone_surrogate, shown

__all__ = ["Change", "repair"]

_CONVERSE = (*SFT, Target.DPO, Target.DISTILLATION)


def repair(row: JsonObject, number: int, target: Target, ids: set[str]) -> list[Change]:
    """Repair `row` itself; says what was done."""
    return [*_repair_surrogates(row, ""), *_repairs_of(row, number, target, ids)]


def _repairs_of(row: JsonObject, number: int, target: Target, ids: set[str]) -> Iterator[Change]:
    if target in RFT:
        yield from repair_rft(row)
        yield from repair_id(row, number, ids)
    elif target in _CONVERSE:
        yield from repair_converse(row, target)
    elif target is Target.RFT_MULTITURN:
        yield from repair_multiturn(row)
        yield from repair_id(row, number, ids)
    elif target is Target.GEN_QA:
        yield from _repair_metadata(row)


def _repair_surrogates(holder: Any, path: str) -> Iterator[Change]:
    items = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    for key, value in list(items):
        if isinstance(key, str) and has_lone_surrogate(key):
            yield Change("lone-surrogate", path, "a key", shown(_as_text(key)))
            key = _moved(holder, key)
        if isinstance(value, str) and has_lone_surrogate(value):
            holder[key] = _as_text(value)
            yield Change("lone-surrogate", f"{path}/{key}", "", shown(holder[key]))
        else:
            yield from _repair_surrogates(value, f"{path}/{key}")


def _as_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _moved(holder: JsonObject, key: str) -> str:
    """The key as text, with a further mark where the object has that one."""
    name = _as_text(key)
    while name in holder:
        name += "?"
    holder[name] = holder.pop(key)
    return name


def _repair_metadata(row: JsonObject) -> Iterator[Change]:
    if "metadata" in row and not isinstance(row["metadata"], str):
        before, row["metadata"] = row["metadata"], compact(row["metadata"])
        yield Change("metadata-type", "metadata", shown(before), shown(row["metadata"]))

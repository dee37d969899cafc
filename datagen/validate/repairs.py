"""The repairs that have one right answer, row by row: each changes the row in place and says what it did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from datagen.formats import SCHEMA_VERSION, compact
from datagen.validate.rules import Target
from datagen.validate.scan import WALKS
from datagen.validate.walk import JsonObject, has_lone_surrogate, misspelt_keys, shown
from datagen.validate.words import may_hold_reserved, without_reserved

_ROLES = {
    "developer": "system",
    "human": "user",
    "bot": "assistant",
    "model": "assistant",
    "nova_assistant": "assistant",
}
_SFT_KEYS = ("schemaVersion", "system", "messages", "toolConfig")
_RFT_KEYS = ("id", "messages", "reference_answer", "tools")
_FORMATS: Mapping[str, Mapping[str, str]] = {
    "image": {"jpg": "jpeg", "jpeg": "jpeg", "png": "png", "gif": "gif"},
    "video": {"mp4": "mp4", "mov": "mov", "quicktime": "mov", "mkv": "mkv"},
    "document": {"pdf": "pdf"},
}


class Change(NamedTuple):
    """One repair: the rule that was broken, where, and the value before and after."""

    code: str
    path: str
    before: str
    after: str


def repair(row: JsonObject, number: int, target: Target, ids: set[str]) -> list[Change]:
    """Repair `row` itself; says what was done."""
    return [*_repair_surrogates(row, ""), *_repairs_of(row, number, target, ids)]


def _repairs_of(row: JsonObject, number: int, target: Target, ids: set[str]) -> list[Change]:
    if WALKS[target] is WALKS[Target.RFT] or target is Target.RFT_EVAL:
        return [*_rename(row, _RFT_KEYS, ""), *_repair_prompt(row), *_repair_id(row, number, ids)]
    if target in (Target.BEDROCK_SFT, Target.TRAINING_JOB_SFT, Target.DPO, Target.DISTILLATION):
        return [*_rename(row, _SFT_KEYS, ""), *_repair_converse(row)]
    return list(_repair_metadata(row)) if target is Target.GEN_QA else []


def _repair_surrogates(holder: Any, path: str) -> Iterator[Change]:
    items = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    for key, value in list(items):
        if isinstance(value, str) and has_lone_surrogate(value):
            holder[key] = value.encode("utf-8", "replace").decode("utf-8")
            yield Change("lone-surrogate", f"{path}/{key}", "", shown(holder[key]))
        else:
            yield from _repair_surrogates(value, f"{path}/{key}")


def _rename(holder: JsonObject, known: tuple[str, ...], path: str) -> Iterator[Change]:
    for key, meant in misspelt_keys(holder, known).items():
        holder[meant] = holder.pop(key)
        yield Change("misspelt-key", path, key, meant)


def _repair_prompt(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        yield from _rename(turn, ("role", "content"), f"messages[{index}]")
        yield from _repair_role(turn, f"messages[{index}].role")
        yield from _repair_text_content(turn, f"messages[{index}].content")
    yield from _system_first(messages)
    while len(messages) > 1 and messages[-1].get("role") == "assistant":
        yield Change("answer-leak", f"messages[{len(messages) - 1}]", shown(messages.pop()), "")


def _repair_role(turn: JsonObject, path: str) -> Iterator[Change]:
    role = turn.get("role")
    meant = _ROLES.get(role.lower(), role.lower()) if isinstance(role, str) else role
    if meant != role and meant in ("system", "user", "assistant", "tool"):
        turn["role"] = meant
        yield Change("role", path, str(role), str(meant))


def _repair_text_content(turn: JsonObject, path: str) -> Iterator[Change]:
    content = turn.get("content")
    texts = [block.get("text") for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    if texts and all(isinstance(text, str) for text in texts):
        turn["content"] = "\n".join(map(str, texts))
        yield Change("content-blocks", path, shown(content), shown(turn["content"]))
    yield from _repair_words(turn, "content", path)


def _repair_words(holder: JsonObject, key: str, path: str) -> Iterator[Change]:
    text = holder.get(key)
    if isinstance(text, str) and may_hold_reserved(text) and (harmless := without_reserved(text)) != text:
        holder[key] = harmless
        yield Change("reserved-word", path, shown(text), shown(harmless))


def _system_first(messages: list[JsonObject]) -> Iterator[Change]:
    places = [index for index, turn in enumerate(messages) if turn.get("role") == "system"]
    if len(places) == 1 and places[0]:
        messages.insert(0, messages.pop(places[0]))
        yield Change("system-not-first", f"messages[{places[0]}]", str(places[0]), "0")


def _repair_id(row: JsonObject, number: int, ids: set[str]) -> Iterator[Change]:
    before = row.get("id")
    name = str(before) if isinstance(before, str | int) and str(before) else f"row-{number}"
    code = "id-missing" if not before else "id-type"
    if name in ids:
        name, code = f"{name}-{number}", "id-duplicate"
    ids.add(name)
    if name != before:
        row["id"] = name
        yield Change(code, "id", shown(before), name)


def _repair_converse(row: JsonObject) -> Iterator[Change]:
    if row.get("schemaVersion") != SCHEMA_VERSION:
        code = "schema-version" if "schemaVersion" in row else "schema-version-missing"
        yield Change(code, "schemaVersion", shown(row.get("schemaVersion")), SCHEMA_VERSION)
        row["schemaVersion"] = SCHEMA_VERSION
    if isinstance(row.get("system"), str):
        row["system"] = [{"text": row["system"]}]
        yield Change("wrong-type", "system", "text", "a list of blocks")
    yield from _repair_turns(row)
    for block in row["system"] if isinstance(row.get("system"), list) else []:
        yield from _repair_block(block, "system")


def _repair_turns(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        path = f"messages[{index}]"
        yield from _rename(turn, ("role", "content", "candidates"), path)
        yield from _repair_role(turn, f"{path}.role")
        if isinstance(turn.get("content"), str):
            turn["content"] = [{"text": turn["content"]}]
            yield Change("wrong-type", f"{path}.content", "text", "a list of blocks")
        for block in turn["content"] if isinstance(turn.get("content"), list) else []:
            yield from _repair_block(block, path)
    if messages and messages[0].get("role") == "system" and "system" not in row:
        row["system"] = messages.pop(0).get("content")
        yield Change("role", "messages[0]", "a system turn", "the key 'system'")


def _repair_block(block: Any, path: str) -> Iterator[Change]:
    if not isinstance(block, dict):
        return
    yield from _repair_words(block, "text", path)
    reasoning = block.get("reasoningContent")
    if isinstance(reasoning, dict) and isinstance(reasoning.get("reasoningText"), dict):
        yield from _repair_words(reasoning["reasoningText"], "text", path)
    result = block.get("toolResult")
    parts = result.get("content") if isinstance(result, dict) else None
    for part in parts if isinstance(parts, list) else []:
        yield from _repair_block(part, path)
    for kind, formats in _FORMATS.items():
        media = block.get(kind)
        meant = formats.get(str(media.get("format")).lower()) if isinstance(media, dict) else None
        if meant and isinstance(media, dict) and media["format"] != meant:
            yield Change("media-format", f"{path}.{kind}.format", str(media["format"]), meant)
            media["format"] = meant


def _repair_metadata(row: JsonObject) -> Iterator[Change]:
    if "metadata" in row and not isinstance(row["metadata"], str):
        before, row["metadata"] = row["metadata"], compact(row["metadata"])
        yield Change("metadata-type", "metadata", shown(before), shown(row["metadata"]))

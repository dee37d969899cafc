"""Repairs of rows in Converse form: fine-tuning, preference pairs, prompts of distillation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from datagen.formats import SCHEMA_VERSION, compact
from datagen.formats.translate import converse_tools, converse_turns
from datagen.validate.blocks import BLOCKS, FORMATS
from datagen.validate.repairs.changes import (
    Change,
    rename,
    repair_description,
    repair_role,
    repair_words,
    without_strangers,
)
from datagen.validate.rules import SFT, Target
from datagen.validate.walk import JsonObject, given, shown

_SFT_KEYS = ("schemaVersion", "system", "messages", "toolConfig")
_OTHER_SUFFIXES = {"jpg": "jpeg", "quicktime": "mov"}


def repair_converse(row: JsonObject, target: Target) -> Iterator[Change]:
    """A row in Converse form, which may have been in OpenAI's."""
    yield from rename(row, _SFT_KEYS, "")
    if row.get("schemaVersion") != SCHEMA_VERSION:
        code = "schema-version-missing" if row.get("schemaVersion") is None else "schema-version"
        yield Change(code, "schemaVersion", shown(row.get("schemaVersion")), SCHEMA_VERSION)
        row["schemaVersion"] = SCHEMA_VERSION
    if isinstance(row.get("system"), str):
        row["system"] = [{"text": row["system"]}]
        yield Change("wrong-type", "system", "text", "a list of blocks")
    yield from _repair_turns(row)
    yield from _repair_tool_config(row, target)
    for block in row["system"] if isinstance(row.get("system"), list) else []:
        yield from _repair_block(block, "system")
    yield from without_strangers(row, _SFT_KEYS, "")


def _repair_turns(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        yield from rename(turn, ("role", "content", "candidates"), f"messages[{index}]")
        yield from repair_role(turn, f"messages[{index}].role")
    yield from _from_openai(row, messages)
    for index, turn in enumerate(row["messages"]):
        path = f"messages[{index}]"
        known = ("role", "candidates") if "candidates" in turn else ("role", "content")
        yield from without_strangers(turn, known, path)
        yield from _repair_content(turn, path)
        for number, candidate in enumerate(turn["candidates"] if isinstance(turn.get("candidates"), list) else []):
            yield from _repair_candidate(candidate, f"{path}.candidates[{number}]")


def _repair_content(turn: JsonObject, path: str) -> Iterator[Change]:
    if not isinstance(turn.get("content"), list):
        return
    yield from _split_mixed(turn, path)
    for block in turn["content"]:
        yield from _repair_block(block, path)


def _repair_candidate(candidate: Any, path: str) -> Iterator[Change]:
    if not isinstance(candidate, dict):
        return
    if isinstance(candidate.get("content"), str):
        candidate["content"] = [{"text": candidate["content"]}]
        yield Change("wrong-type", f"{path}.content", "text", "a list of blocks")
    yield from _repair_content(candidate, path)
    label = candidate.get("preferenceLabel")
    if isinstance(label, str) and label != label.lower() and label.lower() in ("preferred", "non-preferred"):
        candidate["preferenceLabel"] = label.lower()
        yield Change("letter-case", f"{path}.preferenceLabel", label, label.lower())


def _from_openai(row: JsonObject, messages: list[JsonObject]) -> Iterator[Change]:
    """A conversation in OpenAI's form, where any turn is one that Converse does not have."""
    if not any(map(_is_openai, messages)) or any("candidates" in turn for turn in messages[:-1]):
        return
    last = messages.pop() if "candidates" in messages[-1] else None
    system, turns = converse_turns(messages)
    held = row.get("system")
    if system and isinstance(held, list | None):
        row["system"] = [*(held or []), *system]
        yield Change("role", "messages[0]", "a system turn", "the key 'system'")
    row["messages"] = turns if last is None else [*turns, last]
    yield Change("wrong-type", "messages", "OpenAI messages", "Converse turns")


def _is_openai(turn: JsonObject) -> bool:
    content = turn.get("content")
    typed = isinstance(content, list) and any(isinstance(part, dict) and "type" in part for part in content)
    return isinstance(content, str) or typed or bool(turn.get("tool_calls")) or turn.get("role") in ("system", "tool")


def _repair_tool_config(row: JsonObject, target: Target) -> Iterator[Change]:
    tools = row.get("tools")
    if isinstance(tools, list) and row.get("toolConfig") is None and target in SFT:
        del row["tools"]
        if tools:
            row["toolConfig"] = converse_tools(tools)
        yield Change("wrong-type", "tools", "OpenAI functions", "toolConfig")
    config = row.get("toolConfig")
    declared = config.get("tools") if isinstance(config, dict) else None
    for index, tool in enumerate(declared if isinstance(declared, list) else []):
        spec = tool.get("toolSpec") if isinstance(tool, dict) else None
        if isinstance(spec, dict):
            yield from repair_description(spec, f"toolConfig.tools[{index}].toolSpec")


def _split_mixed(turn: JsonObject, path: str) -> Iterator[Change]:
    made: list[Any] = []
    for block in turn["content"]:
        kinds = [kind for kind in given(block, BLOCKS) if kind in BLOCKS] if isinstance(block, dict) else []
        made += [{kind: block[kind]} for kind in kinds] if len(kinds) > 1 else [block]
    if len(made) != len(turn["content"]):
        yield Change("block-mixed", path, f"{len(turn['content'])} blocks", f"{len(made)} blocks")
        turn["content"] = made


def _repair_block(block: Any, path: str) -> Iterator[Change]:
    if not isinstance(block, dict):
        return
    yield from repair_words(block, "text", path)
    reasoning = block.get("reasoningContent")
    if isinstance(reasoning, dict) and isinstance(reasoning.get("reasoningText"), dict):
        yield from repair_words(reasoning["reasoningText"], "text", path)
    if isinstance(use := block.get("toolUse"), dict):
        yield from _repair_input(use, f"{path}.toolUse.input")
    result = block.get("toolResult")
    parts = result.get("content") if isinstance(result, dict) else None
    for part in parts if isinstance(parts, list) else []:
        yield from _repair_result_part(part, path)
    for kind in FORMATS:
        if isinstance(media := block.get(kind), dict):
            yield from _repair_media(kind, media, f"{path}.{kind}")


def _repair_input(use: JsonObject, path: str) -> Iterator[Change]:
    before = use.get("input")
    if not isinstance(before, str):
        return
    try:
        read = json.loads(before)
    except ValueError:
        return
    if isinstance(read, dict):
        use["input"] = read
        yield Change("wrong-type", path, shown(before), shown(read))


def _repair_result_part(part: Any, path: str) -> Iterator[Change]:
    """A result that is no object is said in text, which can say anything."""
    if not isinstance(part, dict):
        return
    value = part.get("json")
    if value is not None and not isinstance(value, dict) and "text" not in part:
        del part["json"]
        part["text"] = value if isinstance(value, str) else compact(value)
        yield Change("wrong-type", f"{path}.toolResult.json", shown(value), "text")
    yield from repair_words(part, "text", path)


def _repair_media(kind: str, media: JsonObject, path: str) -> Iterator[Change]:
    low = str(media.get("format")).lower()
    meant = _OTHER_SUFFIXES.get(low, low)
    if meant in FORMATS[kind] and media["format"] != meant:
        yield Change("media-format", f"{path}.format", str(media["format"]), meant)
        media["format"] = meant
    source = media.get("source")
    place = source.get("s3Location") if isinstance(source, dict) else None
    owner = place.get("bucketOwner") if isinstance(place, dict) else None
    if isinstance(place, dict) and type(owner) is int and 0 < owner < 10**12:
        place["bucketOwner"] = f"{owner:012}"  # an account has twelve digits; as a number it lost its leading zeros
        yield Change("wrong-type", f"{path}.source.s3Location.bucketOwner", str(owner), place["bucketOwner"])

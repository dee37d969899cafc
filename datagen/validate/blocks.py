"""Content blocks of Converse turns: text, media, tool calls and their results, reasoning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from datagen.validate.walk import JsonObject, Walk, shown

MAX_IMAGES = 10
FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpeg", "gif", "webp"),
    "video": ("mp4", "mov", "mkv", "webm"),
    "document": ("pdf",),
}
_S3_URI = re.compile(r"s3://[\w\-/.]+")
_USER_BLOCKS = frozenset({"text", "image", "video", "document", "toolResult"})
_ASSISTANT_BLOCKS = frozenset({"text", "reasoningContent", "toolUse"})


class Tools(NamedTuple):
    """The tools of one row: those declared, the ids of calls made so far, and those already answered."""

    declared: frozenset[str]
    called: set[str]
    answered: set[str]


def walk_block(walk: Walk, block: JsonObject, role: object, path: str, tools: Tools) -> None:
    """One block of a turn."""
    if len(block) != 1 or not set(block) <= _USER_BLOCKS | _ASSISTANT_BLOCKS:
        known = ", ".join(sorted(_USER_BLOCKS | _ASSISTANT_BLOCKS))
        walk.add("block", path, f"expected exactly one of {known}, got {shown(list(block))}")
        return
    kind, value = next(iter(block.items()))
    if kind not in {"user": _USER_BLOCKS, "assistant": _ASSISTANT_BLOCKS}.get(str(role), {kind}):
        walk.add("block-role", path, f"{kind} must not stand in a turn of the {role}")
    if kind == "text":
        walk.text(value, f"{path}.text")
    elif walk.has_type(value, dict, f"{path}.{kind}"):
        _walk_value(walk, kind, value, f"{path}.{kind}", tools)


def _walk_value(walk: Walk, kind: str, value: JsonObject, path: str, tools: Tools) -> None:
    match kind:
        case "toolUse":
            _walk_tool_use(walk, value, path, tools)
        case "toolResult":
            _walk_tool_result(walk, value, path, tools)
        case "reasoningContent":
            _walk_reasoning(walk, value, path)
        case _:
            _walk_source(walk, kind, value, path)


def _walk_tool_use(walk: Walk, use: JsonObject, path: str, tools: Tools) -> None:
    walk.keys(use, path, required=("toolUseId", "name", "input"), closed=True)
    name, call = use.get("name"), use.get("toolUseId")
    if "name" in use and not (isinstance(name, str) and name in tools.declared):
        known = ", ".join(sorted(tools.declared)) or "none"
        walk.add("tool-unknown", f"{path}.name", f"{shown(name)} is not declared in toolConfig; declared: {known}")
    if "input" in use:
        walk.has_type(use["input"], dict, f"{path}.input")
    if "toolUseId" not in use or not walk.filled(call, str, f"{path}.toolUseId") or not isinstance(call, str):
        return
    if call in tools.called:
        walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} was used before")
    tools.called.add(call)


def _walk_tool_result(walk: Walk, result: JsonObject, path: str, tools: Tools) -> None:
    walk.keys(result, path, required=("toolUseId", "content"), optional=("status",), closed=True)
    call = result.get("toolUseId")
    if "toolUseId" in result and walk.filled(call, str, f"{path}.toolUseId") and isinstance(call, str):
        if call not in tools.called:
            walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} answers no earlier call")
        elif call in tools.answered:
            walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} was answered before")
        tools.answered.add(call)
    if "content" in result and walk.filled(result["content"], list, f"{path}.content"):
        for index, block in enumerate(result["content"]):
            _walk_result_block(walk, block, f"{path}.content[{index}]")


def _walk_result_block(walk: Walk, block: object, path: str) -> None:
    if not isinstance(block, dict) or len(block) != 1 or not set(block) <= {"text", "json"}:
        walk.add("block", path, f"expected text or json, got {shown(block)}")
    elif "text" in block:
        walk.text(block["text"], f"{path}.text")


def _walk_reasoning(walk: Walk, value: JsonObject, path: str) -> None:
    if walk.model != "nova-2-lite":
        walk.add("reasoning-model", path, f"{walk.model} has no reasoning")
    inner = value.get("reasoningText")
    if not isinstance(inner, dict) or "text" not in inner:
        walk.add("block", path, 'expected {"reasoningText": {"text": ...}}')
    else:
        walk.text(inner["text"], f"{path}.reasoningText.text")


def _walk_source(walk: Walk, kind: str, value: JsonObject, path: str) -> None:
    walk.keys(value, path, required=("format", "source"), optional=("name",), closed=True)
    _walk_format(walk, kind, value, path)
    source = value.get("source")
    place = source.get("s3Location") if isinstance(source, dict) else None
    if not isinstance(place, dict):
        walk.add("block", f"{path}.source", f'expected {{"s3Location": {{"uri": ...}}}}, got {shown(source)}')
        return
    uri = place.get("uri")
    if not isinstance(uri, str) or not _S3_URI.fullmatch(uri):
        message = f"expected s3://bucket/key of letters, digits, _ - / and ., got {shown(uri)}"
        walk.add("s3-uri", f"{path}.source.s3Location.uri", message)
    if "bucketOwner" not in place:
        walk.add("bucket-owner", f"{path}.source.s3Location.bucketOwner", "the Forge SDK wants the account number")


def _walk_format(walk: Walk, kind: str, value: JsonObject, path: str) -> None:
    written = value.get("format")
    if "format" not in value:
        return
    if written not in FORMATS[kind]:
        expected = ", ".join(FORMATS[kind])
        walk.add("media-format", f"{path}.format", f"expected one of {expected}, got {shown(written)}")
    elif walk.model == "nova-2-lite" and written in ("webp", "webm"):
        walk.add(written, f"{path}.format", f"sources disagree whether Nova 2 Lite reads {written}")


def walk_media(walk: Walk, row: JsonObject) -> None:
    """The media of a row together: how many, and which kinds."""
    found = [kind for block in blocks_of(row) for kind in block if kind in FORMATS]
    counts = {kind: found.count(kind) for kind in FORMATS}
    if not found:
        return
    if walk.model == "nova-micro":
        walk.add("media-model", "messages", "Nova Micro reads text only")
    if counts["document"] and walk.model != "nova-2-lite":
        walk.add("media-model", "messages", f"{walk.model} has no documents in fine-tuning")
    for kind, limit in (("image", MAX_IMAGES), ("video", 1), ("document", 1)):
        if counts[kind] > limit:
            walk.add("media-count", "messages", f"{counts[kind]} of kind {kind}, at most {limit} are allowed")
    if len(set(found)) > 1:
        walk.add("media-together", "messages", f"{', '.join(sorted(set(found)))} in one row")
    if found[0] != "document" and any("reasoningContent" in block for block in blocks_of(row)):
        walk.add("reasoning-media", "messages", "reasoning does not go with images or video")


def blocks_of(row: JsonObject) -> list[JsonObject]:
    """Every content block of a row that is well-formed enough to have any."""
    messages = row.get("messages")
    turns = messages if isinstance(messages, list) else []
    contents = [turn.get("content") for turn in turns if isinstance(turn, dict)]
    return [block for content in contents if isinstance(content, list) for block in content if isinstance(block, dict)]

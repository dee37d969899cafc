"""Content blocks of Converse turns: text, media, tool calls and their results, reasoning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from datagen.validate.calls import Arguments
from datagen.validate.tools import Schemas
from datagen.validate.walk import JsonObject, Walk, anything, filled, given, is_object, returned, shown

MAX_IMAGES = 10
FORMATS: Mapping[str, tuple[str, ...]] = {
    "image": ("png", "jpeg", "gif", "webp"),
    "video": ("mp4", "mov", "mkv", "webm"),
    "document": ("pdf",),
}
S3_URI = re.compile(r"s3://[\w\-/.]+")
_S3 = "s3://"
ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_USER_BLOCKS = frozenset({"text", "image", "video", "document", "toolResult"})
_ASSISTANT_BLOCKS = frozenset({"text", "reasoningContent", "toolUse"})
BLOCKS = _USER_BLOCKS | _ASSISTANT_BLOCKS
_EXCLUSIVE = ({"toolUse", "toolResult"}, {"reasoningContent", "image"}, {"reasoningContent", "video"})


@dataclass(slots=True)
class Tools:
    """The tools of one row: what each declared one takes, the calls made so far with their turn, those answered."""

    declared: Schemas = field(default_factory=dict)
    configured: bool = False
    called: dict[str, str] = field(default_factory=dict)
    answered: set[str] = field(default_factory=set)


def walk_block(walk: Walk, block: JsonObject, role: object, path: str, tools: Tools) -> None:
    """One block of a turn."""
    block = given(block, BLOCKS)
    kinds = [kind for kind in block if kind in BLOCKS]
    if not kinds or any(pair <= set(kinds) for pair in _EXCLUSIVE):
        walk.add("block", path, f"expected exactly one of {', '.join(sorted(BLOCKS))}, got {shown(list(block))}")
        return
    if len(kinds) > 1:
        walk.add("block-mixed", path, f"one block holds {' and '.join(kinds)}; write one block for each")
    walk.keys(block, path, required=(), optional=BLOCKS, strangers="extra-key")
    for kind in kinds:
        if kind not in {"user": _USER_BLOCKS, "assistant": _ASSISTANT_BLOCKS}.get(str(role), {kind}):
            walk.add("block-role", path, f"{kind} must not stand in a turn of the {role}")
        if kind == "text":
            walk.said(block["text"], f"{path}.text")
        elif walk.has_type(block[kind], dict, f"{path}.{kind}"):
            _walk_value(walk, kind, block[kind], f"{path}.{kind}", tools)


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
    walk.keys(use, path, required=("toolUseId", "name", "input"), strangers="extra-key")
    name, call = use.get("name"), use.get("toolUseId", "")
    if "name" in use and walk.filled(name, str, f"{path}.name") and tools.configured and name not in tools.declared:
        known = ", ".join(sorted(tools.declared)) or "none"
        walk.add("tool-unknown", f"{path}.name", f"{shown(name)} is not declared in toolConfig; declared: {known}")
    elif "input" in use:
        walk.judged(Arguments(name, tools.declared), use["input"], f"{path}.input")
    if "toolUseId" not in use or not walk.judged(filled, call, f"{path}.toolUseId", compared=True):
        return
    if call in tools.called:
        walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} was used before")
    tools.called[call] = path


def _walk_tool_result(walk: Walk, result: JsonObject, path: str, tools: Tools) -> None:
    walk.keys(result, path, required=("toolUseId", "content"), optional=("status",), strangers="extra-key")
    call = result.get("toolUseId", "")
    if "toolUseId" in result and walk.judged(filled, call, f"{path}.toolUseId", compared=True):
        if call not in tools.called:
            walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} answers no earlier call")
        elif call in tools.answered:
            walk.add("tool-use-id", f"{path}.toolUseId", f"{call!r} was answered before")
        tools.answered.add(call)
    if "content" in result and walk.filled(result["content"], list, f"{path}.content"):
        for index, block in enumerate(result["content"]):
            if walk.has_type(block, dict, f"{path}.content[{index}]"):
                _walk_result_block(walk, block, f"{path}.content[{index}]")


def _walk_result_block(walk: Walk, block: JsonObject, path: str) -> None:
    block = given(block, ("text", "json"))
    if ("text" in block) == ("json" in block):
        walk.add("block", path, f"expected text or json, got {shown(block)}")
        return
    walk.keys(block, path, required=(), optional=("text", "json"), strangers="extra-key")
    if "json" in block:
        walk.judged(is_object, block["json"], f"{path}.json")
    else:
        walk.judged(returned, block["text"], f"{path}.text")


def _walk_reasoning(walk: Walk, value: JsonObject, path: str) -> None:
    if walk.model != "nova-2-lite":
        walk.add("reasoning-model", path, f"{walk.model} has no reasoning")
    walk.keys(value, path, required=(), optional=("reasoningText",), strangers="extra-key")
    inner = value.get("reasoningText")
    if not isinstance(inner, dict) or "text" not in inner:
        walk.add("block", path, 'expected {"reasoningText": {"text": ...}}')
        return
    walk.keys(inner, f"{path}.reasoningText", required=("text",), strangers="extra-key")
    if inner["text"] == "":
        walk.add("content-empty", f"{path}.reasoningText.text", "reasoning without text")
    else:
        walk.said(inner["text"], f"{path}.reasoningText.text")


def _walk_source(walk: Walk, kind: str, value: JsonObject, path: str) -> None:
    walk.keys(value, path, required=("format", "source"), optional=("name",), strangers="extra-key")
    if "name" in value:
        walk.judged(anything, value["name"], f"{path}.name")
    _walk_format(walk, kind, value, path)
    source = value.get("source")
    place = source.get("s3Location") if isinstance(source, dict) else None
    if not isinstance(source, dict) or not isinstance(place, dict):
        walk.add("block", f"{path}.source", f'expected {{"s3Location": {{"uri": ...}}}}, got {shown(source)}')
        return
    walk.keys(source, f"{path}.source", required=("s3Location",), strangers="extra-key")
    _walk_location(walk, place, f"{path}.source.s3Location")


def _walk_location(walk: Walk, place: JsonObject, path: str) -> None:
    place = given(place, ("bucketOwner",))
    walk.keys(place, path, required=(), optional=("uri", "bucketOwner"), strangers="extra-key")
    owner = place.get("bucketOwner")
    walk.judged(_address, place.get("uri"), f"{path}.uri")
    if "bucketOwner" not in place:
        walk.add("bucket-owner", f"{path}.bucketOwner", "the Forge SDK wants the account number")
    elif walk.has_type(owner, str, f"{path}.bucketOwner") and not ACCOUNT.fullmatch(str(owner)):
        walk.add("bucket-owner-digits", f"{path}.bucketOwner", f"an account has twelve digits, got {shown(owner)}")


def _address(walk: Walk, uri: object, path: str) -> None:
    if not isinstance(uri, str) or not S3_URI.fullmatch(uri):
        walk.add("s3-uri", path, f"expected s3://bucket/key of letters, digits, _ - / and ., got {shown(uri)}")
    if isinstance(uri, str) and uri.startswith(_S3):
        walk.buckets.add(uri.split("/", 3)[2])


def _walk_format(walk: Walk, kind: str, value: JsonObject, path: str) -> None:
    written = value.get("format")
    if "format" not in value:
        return
    meant = written.lower() if isinstance(written, str) else written
    if meant not in FORMATS[kind]:
        expected = ", ".join(FORMATS[kind])
        walk.add("media-format", f"{path}.format", f"expected one of {expected}, got {shown(written)}")
        return
    if meant != written:
        walk.add("letter-case", f"{path}.format", f"expected {meant!r}, got {written!r}")
    if walk.model == "nova-2-lite" and meant in ("webp", "webm"):
        walk.add(meant, f"{path}.format", f"sources disagree whether Nova 2 Lite reads {meant}")


def walk_turn_media(walk: Walk, content: list[JsonObject], path: str) -> None:
    """The media of one turn together: which kinds, and how many."""
    found = [kind for block in content for kind in block if kind in FORMATS and block[kind] is not None]
    kinds = set(found)
    if "video" in kinds and len(kinds) > 1:
        walk.add("media-together", path, f"{', '.join(sorted(kinds))} in one turn")
    elif len(kinds) > 1:
        walk.add("document-together", path, f"{', '.join(sorted(kinds))} in one turn")
    for kind, limit in (("image", MAX_IMAGES), ("video", 1)):
        if found.count(kind) > limit:
            walk.add("media-count", path, f"{found.count(kind)} of kind {kind}, at most {limit} are allowed")


def walk_media(walk: Walk, row: JsonObject) -> None:
    """The media of a row together: whether the model reads them, and what only the turns together break."""
    turns = [[kind for block in content for kind in block if kind in FORMATS] for content in _contents(row)]
    found = [kind for turn in turns for kind in turn]
    if not found:
        return
    if walk.model == "nova-micro":
        walk.add("media-model", "messages", "Nova Micro reads text only")
    elif "document" in found and walk.model != "nova-2-lite":
        walk.add("document-model", "messages", f"{walk.model} has no documents in fine-tuning")
    if found.count("document") > 1:
        walk.add("document-count", "messages", f"{found.count('document')} documents, at most 1 is allowed")
    for kind, limit in (("image", MAX_IMAGES), ("video", 1)):
        if found.count(kind) > limit >= max(turn.count(kind) for turn in turns):
            walk.add("media-count-row", "messages", f"{found.count(kind)} of kind {kind}, at most {limit} are allowed")
    if len(set(found)) > 1 and all(len(set(turn)) < 2 for turn in turns):
        walk.add("media-kinds", "messages", f"{', '.join(sorted(set(found)))} in one row")
    if set(found) != {"document"} and any("reasoningContent" in block for block in blocks_of(row)):
        walk.add("reasoning-media", "messages", "reasoning does not go with images or video")


def blocks_of(row: JsonObject) -> list[JsonObject]:
    """Every content block of a row that is well-formed enough to have any."""
    return [block for content in _contents(row) for block in content]


def _contents(row: JsonObject) -> list[list[JsonObject]]:
    messages = row.get("messages")
    turns = messages if isinstance(messages, list) else []
    contents = [turn.get("content") for turn in turns if isinstance(turn, dict)]
    return [
        [given(block, BLOCKS) for block in content if isinstance(block, dict)]
        for content in contents
        if isinstance(content, list)
    ]

"""Rows of supervised fine-tuning in Converse form, and of preference pairs, which are their sibling."""

from __future__ import annotations

from typing import Any

from datagen.validate.blocks import BLOCKS, Tools, walk_block, walk_media, walk_turn_media
from datagen.validate.findings import Problem
from datagen.validate.rules import Target
from datagen.validate.tools import walk_tool_config
from datagen.validate.walk import JsonObject, Walk, given, shown

SCHEMA_VERSION = "bedrock-conversation-2024"
TOOLS_ON_BEDROCK = Problem("tools-on-bedrock", "toolConfig", "Bedrock's page on Nova 2 SFT says tools may fail the job")
_ROLES = ("user", "assistant")
_OPTIONAL = ("schemaVersion", "system", "toolConfig")
_LABELS = ("preferred", "non-preferred")


def walk_sft(walk: Walk, row: JsonObject) -> None:
    """An SFT row."""
    row = given(row, _OPTIONAL)
    walk.keys(row, "", required=("messages",), optional=_OPTIONAL, strangers="unknown-key")
    _walk_version(walk, row)
    _walk_system(walk, row)
    tools = _walk_tools(walk, row)
    if "messages" in row:
        _walk_turns(walk, row["messages"], tools)
    walk_media(walk, row)


def walk_dpo(walk: Walk, row: JsonObject) -> None:
    """A row of preference pairs: turns as in SFT, candidates in place of the last answer."""
    if walk.model == "nova-2-lite":
        walk.add("model-method", "$", "Nova 2 Lite has no DPO; use a Nova 1 model")
    row = given(row, _OPTIONAL)
    walk.keys(row, "", required=("messages",), optional=_OPTIONAL, strangers="unknown-key")
    if "schemaVersion" in row:
        _walk_version(walk, row)
    _walk_system(walk, row)
    messages = row.get("messages")
    if "messages" not in row or not walk.filled(messages, list, "messages") or not isinstance(messages, list):
        return
    place = f"messages[{len(messages) - 1}]"
    _walk_candidates(walk, messages[-1], place)
    role = messages[-1].get("role") if isinstance(messages[-1], dict) else "assistant"
    answered = [*messages[:-1], {"role": role, "content": [{"text": "-"}]}]
    if isinstance(messages[-1], dict) and "role" not in messages[-1]:
        del answered[-1]["role"]
    _walk_turns(walk, answered, Tools())


def walk_distillation(walk: Walk, row: JsonObject) -> None:
    """A prompt of Bedrock model distillation: a user turn, and perhaps the answer that the teacher would give."""
    row = given(row, _OPTIONAL)
    walk.keys(row, "", required=("messages",), optional=("schemaVersion", "system"), strangers="unknown-key")
    _walk_version(walk, row)
    _walk_system(walk, row)
    messages = row.get("messages")
    if "messages" in row and walk.filled(messages, list, "messages") and isinstance(messages, list):
        answer = [] if len(messages) % 2 == 0 else [{"role": "assistant", "content": [{"text": "-"}]}]
        _walk_turns(walk, [*messages, *answer], Tools())


def _walk_version(walk: Walk, row: JsonObject) -> None:
    version = row.get("schemaVersion")
    if "schemaVersion" not in row:
        walk.add("schema-version-missing", "schemaVersion", f"write {SCHEMA_VERSION!r}")
    elif walk.has_type(version, str, "schemaVersion") and version != SCHEMA_VERSION:
        walk.add("schema-version", "schemaVersion", f"expected {SCHEMA_VERSION!r}, got {version!r}")


def _walk_system(walk: Walk, row: JsonObject) -> None:
    if "system" not in row or not walk.has_type(row["system"], list, "system"):
        return
    if not row["system"]:
        walk.add("blank", "system", "an empty list; leave the key out")
    for index, block in enumerate(row["system"]):
        if walk.has_type(block, dict, f"system[{index}]"):
            walk.keys(block, f"system[{index}]", required=("text",), strangers="extra-key")
            if "text" in block:
                walk.said(block["text"], f"system[{index}].text")


def _walk_tools(walk: Walk, row: JsonObject) -> Tools:
    if "toolConfig" not in row:
        return Tools()
    if walk.target is Target.BEDROCK_SFT:
        walk.problems.append(TOOLS_ON_BEDROCK)
    return Tools(walk_tool_config(walk, row["toolConfig"], "toolConfig"), configured=True)


def _walk_turns(walk: Walk, messages: object, tools: Tools) -> None:
    if not walk.has_type(messages, list, "messages") or not isinstance(messages, list):
        return
    if len(messages) < 2:
        walk.add("too-few-turns", "messages", f"expected a question and an answer, got {len(messages)} turns")
    for index, turn in enumerate(messages):
        if walk.has_type(turn, dict, f"messages[{index}]"):
            before = list(tools.called)
            _walk_turn(walk, turn, f"messages[{index}]", tools)
            _walk_unanswered(walk, before, tools)
    _walk_order(walk, [turn.get("role") if isinstance(turn, dict) else None for turn in messages])
    if tools.called and not tools.configured:
        walk.add("tool-config-missing", "toolConfig", "the row calls tools and declares none")


def _walk_unanswered(walk: Walk, before: list[str], tools: Tools) -> None:
    """Calls of the turn before that this turn does not answer; those of the last turn are what is learned."""
    for call in before:
        if call not in tools.answered and (path := tools.called[call]):
            walk.add("call-unanswered", path, f"the turn after it holds no toolResult of {call!r}")
            tools.called[call] = ""  # said once


def _walk_order(walk: Walk, roles: list[Any]) -> None:
    if roles and roles[0] != "user":
        walk.add("first-turn", "messages[0].role", f"the first turn must be the user's, got {shown(roles[0])}")
    if len(roles) > 1 and roles[-1] != "assistant":
        place = f"messages[{len(roles) - 1}].role"
        walk.add("last-turn", place, f"the last turn must be the assistant's, got {shown(roles[-1])}")
    for index in range(1, len(roles)):
        if roles[index] == roles[index - 1]:
            walk.add("alternation", f"messages[{index}].role", f"two turns of {shown(roles[index])} in a row")


def _walk_turn(walk: Walk, turn: JsonObject, path: str, tools: Tools) -> None:
    walk.keys(turn, path, required=("role", "content"), strangers="unknown-key")
    role = turn.get("role")
    if "role" in turn and role not in _ROLES:
        walk.add("role", f"{path}.role", f"expected user or assistant, got {shown(role)}")
    if "content" not in turn or not walk.has_type(turn["content"], list, f"{path}.content"):
        return
    for index, block in enumerate(turn["content"]):
        place = f"{path}.content[{index}]"
        if walk.has_type(block, dict, place):
            walk_block(walk, block, role, place, tools)
    blocks = [given(block, BLOCKS) for block in turn["content"] if isinstance(block, dict)]
    walk_turn_media(walk, blocks, f"{path}.content")
    _walk_substance(walk, blocks, f"{path}.content")


def _walk_substance(walk: Walk, blocks: list[JsonObject], path: str) -> None:
    """Whether the blocks together say something, as each validator asks it."""
    kinds = {kind for block in blocks for kind in block}
    texts = [block["text"] for block in blocks if "text" in block]
    if not blocks:
        walk.add("content-empty", path, "a turn without blocks")
    elif "reasoningContent" in kinds and not kinds - {"reasoningContent"}:
        walk.add("reasoning-alone", path, "a turn of reasoning and nothing else")
    if texts and not any(texts) and not kinds & {"image", "video"}:
        code = "answer-empty" if kinds & {"document", "reasoningContent"} else "empty"
        walk.add(code, path, "the texts of the turn are empty")


def _walk_candidates(walk: Walk, turn: object, path: str) -> None:
    candidates = turn.get("candidates") if isinstance(turn, dict) else None
    if not isinstance(candidates, list) or len(candidates) < 2:
        walk.add("candidates", path, "the last turn needs at least two candidates")
        return
    labels = [item.get("preferenceLabel") for item in candidates if isinstance(item, dict)]
    if {str(label).lower() for label in labels} != set(_LABELS):
        found = sorted({str(label) for label in labels})
        walk.add("candidates", path, f"labels must be 'preferred' and 'non-preferred', got {found}")
    for index, item in enumerate(candidates):
        place = f"{path}.candidates[{index}]"
        if not walk.has_type(item, dict, place):
            continue
        walk.keys(item, place, required=("content", "preferenceLabel"), strangers="extra-key")
        label = item.get("preferenceLabel")
        if isinstance(label, str) and label.lower() in _LABELS and label not in _LABELS:
            walk.add("letter-case", f"{place}.preferenceLabel", f"expected {label.lower()!r}, got {label!r}")
        if "content" in item and walk.filled(item["content"], list, f"{place}.content"):
            _walk_candidate(walk, item["content"], f"{place}.content")


def _walk_candidate(walk: Walk, content: list[Any], path: str) -> None:
    blocks = [block for index, block in enumerate(content) if walk.has_type(block, dict, f"{path}[{index}]")]
    for index, block in enumerate(blocks):
        if set(block) & {"image", "video", "document", "toolResult"}:
            walk.add("block-role", f"{path}[{index}]", "a candidate is an answer in text")
        else:
            walk_block(walk, block, "assistant", f"{path}[{index}]", Tools())
    if not any(block.get("text") or block.get("reasoningContent") for block in blocks):
        walk.add("empty", path, "the texts of the candidate are empty")

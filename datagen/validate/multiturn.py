"""Rows of multi-turn reinforcement fine-tuning: Forge's, and those of SageMaker's serverless service."""

from __future__ import annotations

import json

from datagen.validate.rft import named, walk_history
from datagen.validate.walk import JsonObject, Walk, anything, filled, given, is_text, shown

_ROLES = ("system", "user", "assistant", "tool")
_FACTS = ("answer", "task", "info")


def walk_multiturn(walk: Walk, row: JsonObject) -> None:
    """A row for Forge: an id, and metadata with the prompt."""
    walk.keys(row, "", required=("id", "metadata"), strangers="unknown-key")
    name = row.get("id")
    if "id" in row and not isinstance(name, str):
        walk.add("id-type", "id", f"expected text, got {shown(name)}")
    elif "id" in row:
        walk.judged(filled, name, "id")
    metadata = row.get("metadata")
    if "metadata" in row and walk.has_type(metadata, dict, "metadata") and isinstance(metadata, dict):
        _walk_metadata(walk, given(metadata, _FACTS))


def walk_serverless(walk: Walk, row: JsonObject) -> None:
    """A row for the serverless service, which reads the prompt and nothing else.

    https://docs.aws.amazon.com/sagemaker/latest/dg/, "Multi-turn reinforcement fine-tuning": only the prompt column is
    read, so what the agent's reward compares with must be inside it, or be looked up by the agent.
    """
    walk.keys(row, "", required=("prompt",), strangers="allowed")
    if "prompt" in row:
        _walk_prompt(walk, row["prompt"], "prompt")
    for key in row:
        if key != "prompt":
            walk.add("prompt-only", key, "only the prompt is read; put it into the prompt, or let the agent look it up")
            walk.judged(anything, row[key], key)


def _walk_metadata(walk: Walk, metadata: JsonObject) -> None:
    walk.keys(metadata, "metadata", required=("prompt",), optional=_FACTS, strangers="unknown-key")
    if "prompt" in metadata:
        _walk_prompt(walk, metadata["prompt"], "metadata.prompt")
    for key in ("answer", "task"):
        if key in metadata:
            walk.judged(is_text, metadata[key], f"metadata.{key}")
    if "info" in metadata:
        walk.judged(_info, metadata["info"], "metadata.info")


def _info(walk: Walk, info: object, path: str) -> None:
    if not isinstance(info, str):
        walk.has_type(info, dict, path)
        return
    try:
        json.loads(info)
    except ValueError as error:
        walk.add("info-json", path, f"as text it must be JSON, got {shown(info)}: {error}")


def _walk_prompt(walk: Walk, prompt: object, path: str) -> None:
    if not isinstance(prompt, list):
        walk.text(prompt, path)
        return
    if not walk.filled(prompt, list, path):
        return
    turns = [given(turn, ("content", "tool_calls", "tool_call_id")) for turn in prompt if isinstance(turn, dict)]
    for index, turn in enumerate(prompt):
        if walk.has_type(turn, dict, f"{path}[{index}]"):
            _walk_turn(walk, given(turn, ("content", "tool_calls", "tool_call_id")), f"{path}[{index}]")
    walk_history(walk, turns, path, {})
    if turns and turns[-1].get("role") == "assistant":
        walk.add("answer-leak", f"{path}[{len(prompt) - 1}]", "the prompt ends with an answer of the assistant")


def _walk_turn(walk: Walk, turn: JsonObject, path: str) -> None:
    optional = ("content", "tool_calls", "tool_call_id")
    walk.keys(turn, path, required=("role",), optional=optional, strangers="extra-key")
    role, calls = turn.get("role"), turn.get("tool_calls")
    if "role" in turn and role not in _ROLES:
        walk.add("role", f"{path}.role", f"expected one of {', '.join(_ROLES)}, got {shown(role)}")
    if "content" in turn and role == "assistant":
        walk.said(turn["content"], f"{path}.content")
    elif "content" in turn:
        walk.text(turn["content"], f"{path}.content")
    elif role != "assistant" or calls is None:
        walk.add("missing-key", f"{path}.content", "the key 'content' is required")
    if role == "tool" and "tool_call_id" not in turn:
        walk.add("missing-key", f"{path}.tool_call_id", "the key 'tool_call_id' is required")
    if "tool_call_id" in turn:
        walk.judged(named, turn["tool_call_id"], f"{path}.tool_call_id", compared=True)
    if calls is not None:
        _walk_calls(walk, calls, role, f"{path}.tool_calls")


def _walk_calls(walk: Walk, calls: object, role: object, path: str) -> None:
    good = isinstance(calls, list) and all(map(_is_call, calls))
    if not good or (role == "assistant" and not calls):
        message = 'expected calls as {"id", "type": "function", "function": {"name", "arguments"}}'
        walk.add("tool-calls", path, f"{message}, got {shown(calls)}")


def _is_call(call: object) -> bool:
    if not isinstance(call, dict) or not isinstance(call.get("id"), str) or call.get("type") != "function":
        return False
    function = call.get("function")
    return isinstance(function, dict) and {"name", "arguments"} <= set(function)

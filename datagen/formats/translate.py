"""Conversations from OpenAI's form into Converse's and back: turns, calls with their results, tool definitions.

Both say the same things in other words, so nothing needs to be lost: a system turn is a key beside the turns, a tool
turn is a block in a turn of the user, arguments as JSON text are an object, and two turns of one role in a row are one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from datagen.formats.jsonl import compact

_SYSTEM = ("system", "developer")
_TOOL = ("tool", "function")


def converse_turns(messages: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The system blocks and the turns of OpenAI messages.

    Results of tools go into one turn of the user, together with what the user says next.

    >>> call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": '{"rule": "R-1"}'}}
    >>> system, turns = converse_turns(
    ...     [
    ...         {"role": "system", "content": "Be brief."},
    ...         {"role": "user", "content": "What does R-1 ask for?"},
    ...         {"role": "assistant", "content": None, "tool_calls": [call]},
    ...         {"role": "tool", "tool_call_id": "c1", "content": "Reviews."},
    ...     ]
    ... )
    >>> system, [turn["role"] for turn in turns]
    ([{'text': 'Be brief.'}], ['user', 'assistant', 'user'])
    >>> turns[1]["content"]
    [{'toolUse': {'toolUseId': 'c1', 'name': 'read', 'input': {'rule': 'R-1'}}}]
    """
    system: list[dict[str, Any]] = []
    turns: list[dict[str, Any]] = []
    after_result = False
    for message in messages:
        role = message.get("role")
        if role in _SYSTEM and not turns:
            system += _blocks(message.get("content"))
            continue
        result = role in _TOOL
        blocks = [_result_block(message)] if result else [*_blocks(message.get("content")), *_use_blocks(message)]
        role = "user" if result else role
        if after_result and role == "user":
            turns[-1]["content"] += blocks
        else:
            rest = {key: value for key, value in message.items() if key not in _TAKEN and not result}
            turns.append({"role": role, "content": blocks, **rest})
        after_result = result
    return system, turns


_TAKEN = ("role", "content", "tool_calls", "tool_call_id", "name")


def _blocks(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [{"text": content}] if content else []
    if not isinstance(content, list):
        return [] if content is None else [content]
    return [
        {"text": part["text"]} if isinstance(part, dict) and part.get("type") == "text" and "text" in part else part
        for part in content
    ]


def _use_blocks(message: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else []):
        outer = call if isinstance(call, Mapping) else {}
        inner = outer.get("function")
        function = inner if isinstance(inner, Mapping) else outer
        name, arguments = function.get("name"), function.get("arguments", {})
        yield {"toolUse": {"toolUseId": outer.get("id") or f"call-{index}", "name": name, "input": _read(arguments)}}


def _read(arguments: Any) -> Any:
    """Arguments as an object; as they are where they are none."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def _result_block(message: Mapping[str, Any]) -> dict[str, Any]:
    content = message.get("content")
    words = content if isinstance(content, str) else compact(content)
    blocks = _blocks(content) if isinstance(content, list) else [{"text": words}]
    status = {"status": message["status"]} if "status" in message else {}
    return {
        "toolResult": {"toolUseId": message.get("tool_call_id") or message.get("name"), "content": blocks, **status}
    }


def converse_tools(tools: Iterable[Any]) -> dict[str, Any]:
    """A toolConfig of OpenAI functions. What has no description is described by its name, which Converse asks for.

    >>> converse_tools([{"type": "function", "function": {"name": "now"}}])["tools"][0]["toolSpec"]["description"]
    'now'
    """
    return {"tools": [{"toolSpec": _spec(tool)} for tool in tools]}


def _spec(tool: Any) -> dict[str, Any]:
    inner = tool.get("function", tool) if isinstance(tool, Mapping) else {}
    inner = inner.get("toolSpec", inner) if isinstance(inner, Mapping) else {}
    function = inner if isinstance(inner, Mapping) else {}
    nested = function.get("inputSchema")
    given = nested.get("json") if isinstance(nested, Mapping) else function.get("input_schema")
    schema = function.get("parameters") or given or {"type": "object", "properties": {}}
    name = function.get("name")
    return {"name": name, "description": function.get("description") or name, "inputSchema": {"json": schema}}


def openai_turns(system: Iterable[Any], turns: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """OpenAI messages of Converse turns; each result of a tool becomes a turn of its own.

    >>> use = {"toolUse": {"toolUseId": "t0", "name": "read", "input": {"rule": "R-1"}}}
    >>> openai_turns([], [{"role": "assistant", "content": [use]}])[0]["tool_calls"][0]["function"]
    {'name': 'read', 'arguments': '{"rule":"R-1"}'}
    """
    words = "\n".join(str(block.get("text") or "") for block in system if isinstance(block, Mapping))
    messages: list[dict[str, Any]] = [{"role": "system", "content": words}] if words else []
    for turn in turns:
        messages += _openai_messages(str(turn.get("role")), [b for b in turn.get("content", []) if isinstance(b, dict)])
    return messages


def _openai_messages(role: str, blocks: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for block in blocks:
        if isinstance(result := block.get("toolResult"), dict):
            status = {"status": result["status"]} if "status" in result else {}
            yield {"role": "tool", "tool_call_id": result.get("toolUseId"), "content": _result_text(result), **status}
    texts = [block["text"] for block in blocks if isinstance(block.get("text"), str)]
    shown = [block for block in blocks if not _SAID & set(block)]
    thoughts = [_thought(block["reasoningContent"]) for block in blocks if "reasoningContent" in block]
    calls = [_openai_call(block["toolUse"]) for block in blocks if isinstance(block.get("toolUse"), dict)]
    if texts or calls or shown or thoughts:
        parts = [
            block if block in shown else {"type": "text", "text": block["text"]} for block in blocks if _is_part(block)
        ]
        content = parts if shown else "\n".join(texts) if texts else None
        made = {"role": role, "content": content, **({"reasoning_content": "\n".join(thoughts)} if thoughts else {})}
        yield {**made, "tool_calls": calls} if calls else made


_SAID = frozenset({"text", "toolUse", "toolResult", "reasoningContent"})


def _is_part(block: Mapping[str, Any]) -> bool:
    return isinstance(block.get("text"), str) or not _SAID & set(block)


def _thought(reasoning: Any) -> str:
    inner = reasoning.get("reasoningText") if isinstance(reasoning, Mapping) else None
    return str(inner.get("text", "")) if isinstance(inner, Mapping) else compact(reasoning)


def _openai_call(use: Mapping[str, Any]) -> dict[str, Any]:
    function = {"name": use.get("name"), "arguments": compact(use.get("input", {}))}
    return {"id": use.get("toolUseId"), "type": "function", "function": function}


def _result_text(result: Mapping[str, Any]) -> Any:
    parts = [part for part in result.get("content", []) if isinstance(part, dict)]
    if any("text" not in part and "json" not in part for part in parts):  # a picture among them
        return parts
    return "\n".join(part["text"] if "text" in part else compact(part.get("json")) for part in parts)


def openai_tools(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    """OpenAI functions of a toolConfig.

    >>> openai_tools(converse_tools([{"type": "function", "function": {"name": "now", "description": "The time"}}]))
    [{'type': 'function', 'function': {'name': 'now', 'description': 'The time', 'parameters': {'type': 'object', \
'properties': {}}}}]
    """
    specs = [tool["toolSpec"] for tool in config.get("tools", []) if isinstance(tool, dict) and "toolSpec" in tool]
    return [{"type": "function", "function": _function(spec)} for spec in specs]


def _function(spec: Mapping[str, Any]) -> dict[str, Any]:
    schema = spec.get("inputSchema", {}).get("json", {"type": "object", "properties": {}})
    return {"name": spec.get("name"), "description": spec.get("description"), "parameters": schema}

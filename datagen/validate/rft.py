"""Rows of reinforcement fine-tuning: the OpenAI-style prompt, the reference, the tools."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from datagen.validate.calls import ArgumentsOf, walk_call, walk_native_call
from datagen.validate.findings import Problem
from datagen.validate.tools import Schemas, walk_functions
from datagen.validate.walk import JsonObject, Walk, anything, filled, given, is_text, shown
from rewards.parsing.tool_calls import native_calls

_ROLES = ("system", "user", "assistant", "tool")
_OTHER_ROLES = ("bot", "developer")  # Forge takes them, and renames the second
_OPTIONAL = ("id", "reference_answer", "tools", "metadata")
KEYS_OF_RFT = ("messages", *_OPTIONAL)
A_TOOL_TURN = "a tool turn"
TOOLS_MISSING = Problem("tools-missing", "tools", "the row declares none")
_MAY_BE_CALLS = frozenset({"tool_calls", "function", "toolUse"})
_CALL_KEYS = ("tool_calls", "tool_call_id")
_TURN_KEYS = ("role", "content", *_CALL_KEYS)


def walk_rft(walk: Walk, row: JsonObject) -> None:
    """An RFT row. Keys beyond the format's own are allowed and reach the grader."""
    row = given(row, _OPTIONAL)
    walk.keys(row, "", required=("messages",), optional=_OPTIONAL, strangers="allowed")
    schemas: Schemas = {}
    if "tools" in row:
        schemas = walk_functions(walk, row["tools"], "tools")
    else:
        walk.problems.append(TOOLS_MISSING)
    if "messages" in row:
        _walk_messages(walk, row["messages"], schemas)
    _walk_reference(walk, row, schemas)
    _walk_id(walk, row)
    for key in row:
        if key == "metadata" or key not in KEYS_OF_RFT:
            walk.judged(anything, row[key], key)


def walk_rft_eval(walk: Walk, row: JsonObject) -> None:
    """A row of `rft_eval`: the same as for training."""
    walk_rft(walk, row)


def _walk_messages(walk: Walk, messages: object, schemas: Schemas) -> None:
    if not walk.filled(messages, list, "messages") or not isinstance(messages, list):
        return
    turns = [turn for turn in messages if isinstance(turn, dict)]
    for index, turn in enumerate(messages):
        if walk.has_type(turn, dict, f"messages[{index}]"):
            _walk_turn(walk, given(turn, _CALL_KEYS), index, schemas)
    roles = [str(turn.get("role")).lower() for turn in turns]
    _walk_system_turns(walk, ["system" if role == "developer" else role for role in roles])
    unknown = set(roles) - {*_ROLES, *_OTHER_ROLES, "none"}  # then the cause was named
    if "user" not in roles and not unknown and len(turns) == len(messages):
        walk.add("no-user-turn", "messages", "no turn has the role 'user'")
    if roles[-1:] == ["assistant"]:
        walk.add("answer-leak", f"messages[{len(messages) - 1}]", "the prompt ends with an answer of the assistant")
    walk_history(walk, turns, "messages", schemas)


def _walk_turn(walk: Walk, turn: JsonObject, index: int, schemas: Schemas) -> None:
    path = f"messages[{index}]"
    walk.keys(turn, path, required=(), optional=_TURN_KEYS, strangers="unknown-key")
    _walk_role(walk, turn, path)
    content = turn.get("content")
    if content is not None:
        _walk_content(walk, content, f"{path}.content")
    elif not turn.get("tool_calls"):
        walk.add("content-missing", f"{path}.content", f"expected text, got {shown(content)}")
    if not isinstance(turn.get("tool_calls", []), list):
        walk.add("tool-calls", f"{path}.tool_calls", f"expected a list of calls, got {shown(turn['tool_calls'])}")
    if "tool_call_id" in turn:
        walk.judged(named, turn["tool_call_id"], f"{path}.tool_call_id", compared=True)


def named(walk: Walk, name: object, path: str) -> None:
    """The id of the call that a turn answers."""
    if not isinstance(name, str):
        walk.add("tool-calls", path, f"expected text, got {shown(name)}")


def _walk_role(walk: Walk, turn: JsonObject, path: str) -> None:
    role = turn.get("role")
    low = role.lower() if isinstance(role, str) else role
    if role is None:
        walk.add("role-missing", f"{path}.role", f"expected one of {', '.join(_ROLES)}, got {shown(role)}")
    elif low in _OTHER_ROLES:
        walk.add("role-forge", f"{path}.role", f"expected one of {', '.join(_ROLES)}, got {shown(role)}")
    elif low not in _ROLES:
        walk.add("role", f"{path}.role", f"expected one of {', '.join(_ROLES)}, got {shown(role)}")
    elif low != role:
        walk.add("letter-case", f"{path}.role", f"expected {low!r}, got {role!r}")
    if low == "tool":
        walk.add("role-tool", f"{path}.role", A_TOOL_TURN)


def _walk_system_turns(walk: Walk, roles: list[str]) -> None:
    places = [index for index, role in enumerate(roles) if role == "system"]
    if places and places[0]:
        walk.add("system-not-first", f"messages[{places[0]}].role", "a system turn must come first")
    elif places[1:]:
        walk.add("system-again", f"messages[{places[1]}].role", "a second system turn; write one")


def _walk_content(walk: Walk, content: object, path: str) -> None:
    if not isinstance(content, list):
        walk.text(content, path)
        return
    if walk.filled(content, list, path):
        walk.add("content-blocks", path, "content in blocks")
    for index, block in enumerate(content):
        text = block.get("text") if isinstance(block, dict) else None
        if isinstance(text, str):
            walk.said(text, f"{path}[{index}].text")
        else:
            walk.add(
                "content-parts", f"{path}[{index}]", f'expected {{"type": "text", "text": ...}}, got {shown(block)}'
            )


def walk_history(walk: Walk, turns: list[JsonObject], path: str, schemas: Schemas) -> None:
    """Calls in a prompt: whether they can be read, fit the tools of the row, and have their results behind them."""
    for index, turn in enumerate(turns):
        calls = turn.get("tool_calls")
        if not isinstance(calls, list):
            continue
        answered = [later.get("tool_call_id") for later in turns[index + 1 :] if later.get("role") == "tool"]
        for number, call in enumerate(calls):
            place = f"{path}[{index}].tool_calls[{number}]"
            function = call.get("function") if isinstance(call, dict) else None
            if isinstance(function, dict) and "arguments" in function:
                judge = ArgumentsOf(call, place, schemas)
                walk.judged(judge, function["arguments"], f"{place}.function.arguments")
            else:
                walk_native_call(walk, call, place, schemas)
            name = call.get("id") if isinstance(call, dict) else None
            if isinstance(name, str):
                walk.judged(is_text, name, f"{place}.id", compared=True)
            if index < len(turns) - 1 and name not in answered:
                walk.add("call-unanswered", place, f"no tool turn behind it has the tool_call_id {shown(name)}")


def _walk_reference(walk: Walk, row: JsonObject, schemas: Schemas) -> None:
    if "reference_answer" not in row:
        if not any(
            problem.code == "misspelt-key" and "reference_answer" in problem.message for problem in walk.problems
        ):
            walk.add("reference-missing", "reference_answer", "the grader has nothing to compare with")
        return
    walk.judged(_Reference(schemas), row["reference_answer"], "reference_answer")


@dataclass(frozen=True, slots=True, eq=False)
class _Reference:
    """Judges a reference by the tools that its row declares."""

    schemas: Schemas

    def __call__(self, walk: Walk, reference: Any, path: str) -> None:
        if isinstance(reference, str):
            start = reference.lstrip()[:1]
            if not start:
                walk.add("empty", path, "the reference must not be empty")
            elif start in "{[":
                _walk_json_text(walk, reference, self.schemas)
        elif reference == {}:
            walk.add("empty", path, "the reference must not be empty")
        elif isinstance(reference, dict):
            walk_reference_calls(walk, reference, self.schemas)
        else:
            walk.add("reference-type", path, f"expected text or an object, got {shown(reference)}")
            if isinstance(reference, list):
                walk_reference_calls(walk, reference, self.schemas)


def walk_reference_calls(walk: Walk, reference: object, schemas: Schemas) -> None:
    """Calls that the reference expects, where it holds any in the shape of an API."""
    if isinstance(reference, dict) and _MAY_BE_CALLS.isdisjoint(reference):
        return
    for call in native_calls(reference) or ():  # type: ignore[arg-type]  # it came from JSON
        if call.name:
            walk_call(walk, call.name, call.arguments, "reference_answer", schemas)


def _walk_json_text(walk: Walk, reference: str, schemas: Schemas) -> None:
    try:
        walk_reference_calls(walk, json.loads(reference), schemas)
    except ValueError as error:
        walk.add("reference-broken", "reference_answer", f"looks like JSON and does not parse: {error}")


def _walk_id(walk: Walk, row: JsonObject) -> None:
    name = row.get("id")
    if "id" not in row:
        walk.add("id-missing", "id", "a row without id cannot be found again in the grader's log")
    elif not isinstance(name, str):
        walk.add("id-type", "id", f"expected text, got {shown(name)}")
    else:
        walk.judged(filled, name, "id")

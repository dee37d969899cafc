"""Read and write the model's turn of an event row: plain text, or native tool calls in an API's format.

The audit works on texts, because a text can be cut, repeated and compared. An answer with native calls stands for

    {"content": "said beside them, if anything", "tool_calls": [{"name": "search", "arguments": {"q": "x"}}]}

and becomes a turn again when it is sent. Whatever attack or damage does to that text happens to the calls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.rows.json_tree import dumps
from rewards.errors import RowError
from rewards.parsing.json_text import parse_strictly
from rewards.parsing.messages import raw_calls, text_of
from rewards.rows import GOLD, split_turns, with_completion
from rewards.types import JSON

Row: TypeAlias = Mapping[str, JSON]
Turn: TypeAlias = dict[str, JSON]
Spelling: TypeAlias = Literal["text", "openai", "openai objects", "converse"]
"""Where calls stand in a turn: nowhere, in OpenAI's `tool_calls` with the arguments as JSON text or as an object, or in
Converse's `toolUse` blocks."""


class Written(NamedTuple):
    """A completion as text, and the API format of its calls."""

    text: str
    spelling: Spelling


def final_turn(row: Row) -> tuple[list[JSON], Turn | None]:
    """The conversation before the model's last turn, and that turn (None where there is none).

    >>> final_turn({"messages": [{"role": "user", "content": "2+2?"}, {"role": "assistant", "content": "4"}]})
    ([{'role': 'user', 'content': '2+2?'}], {'role': 'assistant', 'content': '4'})
    """
    try:
        turns, completion = split_turns(row)
    except RowError:
        return [], None
    return [dict(turn) for turn in turns], None if completion is None else dict(completion)


def written(turn: Turn) -> Written:
    """A turn as a text: its content, or the object with its calls.

    >>> call = {"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q": "x"}'}}
    >>> written({"role": "assistant", "content": None, "tool_calls": [call]})
    Written(text='{"tool_calls":[{"name":"search","arguments":{"q":"x"}}]}', spelling='openai')
    """
    text = text_of(turn.get("content"))
    listed, spelling = _listed(turn)
    if not listed:
        return Written(text, "text")
    said: dict[str, JSON] = {"content": text} if text else {}
    return Written(dumps({**said, "tool_calls": [_plain_call(call) for call in listed]}), spelling)


def _listed(turn: Turn) -> tuple[list[JSON], Spelling]:
    """The calls of a turn as they stand there, and how they are spelt."""
    calls = raw_calls(turn)
    if not calls:
        return [], "text"
    if not turn.get("tool_calls"):
        return calls, "converse"
    as_objects = any(isinstance(_function(call).get("arguments"), dict) for call in calls)
    return calls, "openai objects" if as_objects else "openai"


def _function(call: JSON) -> Row:
    function = call.get("function", call) if isinstance(call, dict) else None
    return function if isinstance(function, dict) else {}


def _plain_call(call: JSON) -> JSON:
    if not isinstance(call, dict):
        return call
    use = call.get("toolUse")
    if isinstance(use, dict):
        return {"name": use.get("name"), "arguments": use.get("input", {})}
    function = _function(call)
    return {"name": function.get("name"), "arguments": _parsed(function.get("arguments", {}))}


def _parsed(arguments: JSON) -> JSON:
    try:
        value: JSON = json.loads(arguments) if isinstance(arguments, str) else arguments
    except (ValueError, RecursionError):
        return arguments
    return value


def turn_of(text: str, spelling: Spelling) -> Turn:
    """The model's turn for `text`; a text without calls becomes its content.

    >>> turn_of('{"tool_calls":[{"name":"search","arguments":{"q":"x"}}]}', "converse")["content"]
    [{'toolUse': {'toolUseId': 'call_0', 'name': 'search', 'input': {'q': 'x'}}}]
    """
    answer = None if spelling == "text" else _answer(text)
    if answer is None:
        return {"role": "assistant", "content": text}
    calls, content = answer["tool_calls"], answer.get("content", "")
    if not isinstance(calls, list):
        return {"role": "assistant", "content": content, "tool_calls": calls}
    if spelling == "converse":
        said: list[JSON] = [{"text": content}] if content else []
        return {"role": "assistant", "content": [*said, *(_use(call, n) for n, call in enumerate(calls))]}
    listed: list[JSON] = [_openai(call, n, spelling) for n, call in enumerate(calls)]
    return {"role": "assistant", "content": content, "tool_calls": listed}


def _answer(text: str) -> dict[str, JSON] | None:
    """The object with the calls; None where the text is another, or shows a key twice."""
    try:
        value = parse_strictly(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) and "tool_calls" in value else None


def _openai(call: JSON, number: int, spelling: Spelling) -> JSON:
    if not isinstance(call, dict):
        return call
    function = {key: value for key, value in call.items() if key != "id"}
    if spelling == "openai" and isinstance(function.get("arguments"), dict | list):
        function["arguments"] = dumps(function["arguments"])
    return {"id": call.get("id", f"call_{number}"), "type": "function", "function": function}


def _use(call: JSON, number: int) -> JSON:
    if not isinstance(call, dict):
        return {"toolUse": call}
    use: dict[str, JSON] = {"toolUseId": call.get("id", f"call_{number}")}
    renamed = {"arguments": "input"}
    return {"toolUse": use | {renamed.get(key, key): value for key, value in call.items() if key != "id"}}


def with_answer(row: Row, text: str, row_id: str, spelling: Spelling = "text") -> dict[str, JSON]:
    """The event row that a training job would send: the prompt, the model's turn, and an id."""
    asked = {key: value for key, value in row.items() if key != GOLD}
    return {**with_completion(asked, turn_of(text, spelling)), "id": row_id}

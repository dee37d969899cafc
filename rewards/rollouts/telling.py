"""What a model wrote, for people to read: calls are lines, since a turn that only calls has no text."""

from __future__ import annotations

import json
from collections.abc import Mapping

from rewards.parsing.messages import is_model_turn, raw_calls, text_of
from rewards.parsing.tool_calls import NO_TOOL, native_call
from rewards.rollouts.record import completion_turns
from rewards.rows import completion_of
from rewards.types import JSON


def call_lines(turn: Mapping[str, JSON]) -> list[str]:
    """A line for each native call of a turn; one that cannot be read is shown as it stands.

    >>> call_lines({"tool_calls": [{"function": {"name": "move", "arguments": '{"bay": "east"}'}}]})
    ['→ move {"bay": "east"}']
    """
    return [_line(call) for call in raw_calls(turn)]


def said_in(record: Mapping[str, JSON]) -> str:
    """All that the model wrote in a rollout, its text and its calls; empty where it wrote nothing.

    >>> asked, called = {"role": "user", "content": "Go."}, [{"name": "ship", "arguments": {"pallet": "P8"}}]
    >>> said = [{"role": "assistant", "tool_calls": called}, {"role": "assistant", "content": "It is out."}]
    >>> said_in({"messages": [asked, *said], "completion_turns": 2})
    '→ ship {"pallet": "P8"}\\nIt is out.'
    """
    turns = [turn for turn in completion_turns(record) if isinstance(turn, dict) and is_model_turn(turn)]
    if len(turns) == 1 and not raw_calls(turns[0]):
        return completion_of(turns).text
    lines = [line for turn in turns for line in (text_of(turn.get("content")), *call_lines(turn))]
    return "\n".join(line for line in lines if line)


def _line(call: JSON) -> str:
    read = native_call(call)
    if read == NO_TOOL:
        return f"→ {json.dumps(call, ensure_ascii=False)}"
    return f"→ {read.name} {json.dumps(dict(read.arguments), ensure_ascii=False)}"

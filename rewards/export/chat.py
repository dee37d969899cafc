"""Chat messages as other frameworks pass them, read as our nouns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rewards.parsing.tool_calls import native_calls
from rewards.types import JSON, Completion, Message, Sample, ToolCall


def text_of(content: Any) -> str:
    """The text of a message's content: a string, a list of blocks with `text`, or null.

    >>> text_of([{"type": "output_text", "text": "a"}, {"type": "refusal"}])
    'a'
    """
    if isinstance(content, list):
        return "".join(text_of(block.get("text")) for block in content if isinstance(block, Mapping))
    return content if isinstance(content, str) else ""


def messages_of(prompt: Any) -> tuple[Message, ...]:
    """A prompt as messages; a bare string is what a user said."""
    if isinstance(prompt, str):
        return (Message("user", prompt),)
    turns = [turn for turn in prompt if isinstance(turn, Mapping)] if isinstance(prompt, Sequence) else []
    return tuple(Message(str(turn.get("role", "user")), text_of(turn.get("content"))) for turn in turns)


def completion_of(answer: Any) -> Completion:
    """An answer as a completion: a string, a message, or a list of messages whose last is the answer.

    >>> completion_of([{"role": "assistant", "content": "4"}])
    Completion(text='4', tool_calls=())
    """
    if isinstance(answer, Sequence) and not isinstance(answer, str):
        answer = answer[-1] if answer else ""
    if not isinstance(answer, Mapping):
        return Completion(text_of(answer))
    return Completion(text_of(answer.get("content")), calls_of(answer.get("tool_calls")))


def calls_of(listed: Any) -> tuple[ToolCall, ...]:
    """A message's list of tool calls, in OpenAI's shapes; null and anything that is no list are none."""
    return native_calls(listed) or () if isinstance(listed, list) else ()


def sample_of(identity: Any, prompt: Any, reference: Any, *, json_reference: bool, tools: Any = ()) -> Sample:
    """A sample. `json_reference` reads a reference from JSON text, as columns that hold one type keep it."""
    offered = tuple(tool for tool in tools or () if isinstance(tool, Mapping))
    return Sample(str(identity), messages_of(prompt), _reference(reference, json_reference), offered)


def _reference(value: Any, json_reference: bool) -> JSON:
    parsed: JSON = json.loads(value) if json_reference and isinstance(value, str) else value
    return parsed

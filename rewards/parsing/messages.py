"""What one turn of a conversation holds, in every API's spelling: who speaks, its text, its calls, its attachments."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, TypeGuard

from rewards.parsing.tool_calls import native_call
from rewards.types import JSON, Message, ToolCall

Turn: TypeAlias = Mapping[str, Any]

MODEL_ROLES = frozenset({"assistant", "nova_assistant"})
SOLUTION_START, SOLUTION_END = "<|begin_of_solution|>", "<|end_of_solution|>"
_CALL_BLOCKS = frozenset({"toolUse", "tool_use", "server_tool_use", "functionCall", "tool_call", "tool-call"})
"""Those of other APIs than Converse's and Anthropic's cannot be read, but are no silence either."""
_RESULT_BLOCKS = frozenset({"toolResult", "tool_result"})
_REASONING_BLOCKS = frozenset({"reasoningContent", "reasoning", "thinking", "redacted_thinking"})
_TOOL_ROLES = frozenset({"tool", "function", "ipython"})


def text_of(content: Any) -> str:
    """The text of a message's content: a text, a block, a list of either, or null. Reasoning is not part of it.

    >>> text_of([{"type": "text", "text": "a"}, {"text": "b"}, "c", {"image": {}}, {"type": "thinking", "text": "?"}])
    'abc'
    """
    if isinstance(content, str):
        return content
    return "".join([_block_text(block) for block in listed(content, single=True)])


def solution_of(text: str) -> str:
    """The solution block of a model's text where there is one, else the whole text.

    The last block counts; an unclosed block reaches to the end. Linear in the length of the text.

    >>> solution_of("thinking <|begin_of_solution|>4<|end_of_solution|>"), solution_of("just 4")
    ('4', 'just 4')
    """
    start = text.rfind(SOLUTION_START)
    if start < 0:
        return text
    start += len(SOLUTION_START)
    end = text.find(SOLUTION_END, start)
    return text[start:] if end < 0 else text[start:end]


def calls_of(turn: Any) -> tuple[ToolCall, ...]:
    """The native calls of a turn: OpenAI's `tool_calls` and `function_call`, Converse's and Anthropic's blocks.

    An entry that is no readable call takes its place as `NO_TOOL`, which matches no reference.

    >>> calls_of({"tool_calls": [{"name": "now", "arguments": ""}], "content": [{"toolUse": {"name": "find"}}]})
    (ToolCall(name='now', arguments={}), ToolCall(name='find', arguments={}))
    """
    calls = raw_calls(turn)
    return tuple([native_call(call) for call in calls]) if calls else ()


def raw_calls(turn: Any) -> list[Any]:
    """The native calls of a turn as they stand in it."""
    if not is_object(turn):
        return []
    calls, content = turn.get("tool_calls"), turn.get("content")
    calls = [] if calls is None else listed(calls, single=True)
    if (legacy := turn.get("function_call")) is not None:
        calls = [*calls, legacy]
    if isinstance(content, str) or content is None:
        return calls
    return calls + [block for block in listed(content, single=True) if _is_block(block, _CALL_BLOCKS)]


def is_model_turn(turn: Any) -> bool:
    """Whether the model speaks in a turn."""
    return is_object(turn) and role_of(turn) == "assistant"


def role_of(turn: Turn) -> str:
    """Who speaks; a turn that holds tools' results is the tool's, as Converse sends them in a user's turn."""
    role = turn.get("role")
    if not isinstance(role, str):
        return "user"
    if role in MODEL_ROLES:
        return "assistant"
    if role in _TOOL_ROLES:
        return "tool"
    content = turn.get("content")
    if role == "user" and isinstance(content, list):
        return "tool" if any(_is_block(block, _RESULT_BLOCKS) for block in content) else role
    return role


def message_of(turn: Turn) -> Message:
    """A turn as a message: its text with that of results, its calls, and its attachments."""
    content = turn.get("content")
    if isinstance(content, str):
        return Message(role_of(turn), content, calls_of(turn))
    blocks = listed(content, single=True)
    results = [result for block in blocks if _is_block(block, _RESULT_BLOCKS) for result in _result_blocks(block)]
    return Message(role_of(turn), text_of([*blocks, *results]), calls_of(turn), tuple(_attachments(blocks)))


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """A dict and null are told at once; asking `Mapping` takes longer than the rest of a field."""
    return type(value) is dict or (value is not None and isinstance(value, Mapping))


def listed(value: Any, *, single: bool = False) -> list[Any]:
    """A list as it is, an array or a tuple as a list, null as none; with `single`, anything else as the only item."""
    if isinstance(value, list):
        return value
    if value is None:
        return []
    if hasattr(value, "tolist"):  # arrays of NumPy, in which Parquet readers hand lists over
        return listed(value.tolist(), single=single)
    if isinstance(value, tuple):
        return list(value)
    return [value] if single else []


def _block_text(block: Any) -> str:
    if isinstance(block, str):
        return block
    if not is_object(block) or block.get("type") in _REASONING_BLOCKS:
        return ""
    text = block.get("text")
    return text if isinstance(text, str) else ""


def _is_block(block: Any, kinds: frozenset[str]) -> bool:
    """Whether a content block is of one of `kinds`: by a key that is not null, or by its `type`."""
    if not is_object(block):
        return False
    kind = block.get("type")
    return any(block.get(key) is not None for key in kinds) or (isinstance(kind, str) and kind in kinds)


def _result_blocks(block: Turn) -> list[Any]:
    result = block.get("toolResult")
    return listed((result if is_object(result) else block).get("content"), single=True)


def _attachments(blocks: list[Any]) -> Iterator[Mapping[str, JSON]]:
    """Pictures, documents and whatever else a message holds beside its text, calls and results."""
    for block in blocks:
        is_text = not is_object(block) or isinstance(block.get("text"), str)
        if not is_text and not _is_block(block, _CALL_BLOCKS | _RESULT_BLOCKS | _REASONING_BLOCKS):
            yield block

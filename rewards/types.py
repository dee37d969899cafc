"""The nouns of reinforcement fine-tuning that every package shares.

Message, ToolCall   one turn of a conversation, and a call made in it
Sample              what the model was asked, and what would be right
Completion          what the model answered
Rollout             the two together
Score               what the completion is worth: a small tree of named parts
Reward              anything that maps (sample, completion) to a score
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from rewards.errors import InvalidScoreError

LARGEST = 3.4028234663852886e38  # of float32, in which trainers keep rewards; beyond it they are infinite
JSON: TypeAlias = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None


@dataclass(frozen=True, slots=True, init=False)
class ToolCall:
    """One call of a tool: its name and its arguments, already parsed from JSON."""

    name: str
    arguments: Mapping[str, JSON] = field(default_factory=dict)

    def __init__(self, name: str, arguments: Mapping[str, JSON] | None = None) -> None:
        _set_tool(self, name)
        _set_arguments(self, {} if arguments is None else arguments)


# Judging an answer makes a dozen calls and scores, reading its row five values. The `__init__` that `dataclass` writes
# takes twice as long, since it looks up each attribute by its name.
_set_tool, _set_arguments = (vars(ToolCall)[name].__set__ for name in ("name", "arguments"))


@dataclass(frozen=True, slots=True, init=False)
class Message:
    """One turn. `role` is system, user, assistant or tool; `content` is plain text. `attachments` are the content
    blocks that are no text, such as pictures and documents, as they stand in the row."""

    role: str
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    attachments: tuple[Mapping[str, JSON], ...] = ()

    def __init__(
        self,
        role: str,
        content: str,
        tool_calls: tuple[ToolCall, ...] = (),
        attachments: tuple[Mapping[str, JSON], ...] = (),
    ) -> None:
        _set_role(self, role)
        _set_content(self, content)
        _set_calls(self, tool_calls)
        _set_attachments(self, attachments)


_set_role, _set_content, _set_calls, _set_attachments = (
    vars(Message)[name].__set__ for name in ("role", "content", "tool_calls", "attachments")
)


@dataclass(frozen=True, slots=True, init=False)
class Sample:
    """A prompt with its reference, the ground truth. `id` is unique within a data set; `tools` are OpenAI function
    definitions."""

    id: str
    messages: tuple[Message, ...]
    reference: JSON = None
    tools: tuple[Mapping[str, JSON], ...] = ()
    metadata: Mapping[str, JSON] = field(default_factory=dict)

    def __init__(
        self,
        id: str,
        messages: tuple[Message, ...],
        reference: JSON = None,
        tools: tuple[Mapping[str, JSON], ...] = (),
        metadata: Mapping[str, JSON] | None = None,
    ) -> None:
        _set_id(self, id)
        _set_messages(self, messages)
        _set_reference(self, reference)
        _set_tools(self, tools)
        _set_metadata(self, {} if metadata is None else metadata)


_set_id, _set_messages, _set_reference, _set_tools, _set_metadata = (
    vars(Sample)[name].__set__ for name in ("id", "messages", "reference", "tools", "metadata")
)


@dataclass(frozen=True, slots=True, init=False)
class Completion:
    """What the model wrote: its text, and native tool calls if the API returned them apart from the text."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()

    def __init__(self, text: str, tool_calls: tuple[ToolCall, ...] = ()) -> None:
        _set_text(self, text)
        _set_own_calls(self, tool_calls)


_set_text, _set_own_calls = (vars(Completion)[name].__set__ for name in ("text", "tool_calls"))


@dataclass(frozen=True, slots=True)
class Rollout:
    """One completion of one sample."""

    sample: Sample
    completion: Completion


@dataclass(frozen=True, slots=True, init=False)
class Score:
    """What a completion is worth.

    A leaf lies in [0, 1]; what a combinator returns lies in `bounds_of(reward)`. `parts` are the named scores the value
    was made of, `metrics` are recorded and never summed; a metric of None was not measured, which is not 0: an
    unreadable completion has no number of boxes. Booleans and NumPy's numbers become floats. Raises `InvalidScoreError`
    or TypeError for what is none of this. A NaN must be refused before anybody clamps it: `max(0, min(1, nan))` is 1.

    >>> Score(0.5, "one of two tools").value
    0.5
    """

    value: float
    reason: str = ""
    metrics: Mapping[str, float | None] = field(default_factory=dict)
    parts: Mapping[str, Score] = field(default_factory=dict)

    def __init__(
        self,
        value: float,
        reason: str = "",
        metrics: Mapping[str, float | None] | None = None,
        parts: Mapping[str, Score] | None = None,
    ) -> None:
        _set_value(self, value)
        _set_reason(self, reason)
        _set_metrics(self, {} if metrics is None else metrics)
        _set_parts(self, {} if parts is None else parts)
        self.__post_init__()

    def __post_init__(self) -> None:  # also for a dataclass that somebody derives from this one
        _set_value(self, _number("score", self.value))
        if self.metrics:
            _set_metrics(self, {n: v if v is None else _number(f"metric {n!r}", v) for n, v in _named(self.metrics)})
        if self.parts:
            for name, part in _named(self.parts):
                if not isinstance(part, Score):
                    raise InvalidScoreError(f"part {name!r} must be a Score, got {part!r:.99}")


_set_value, _set_reason, _set_metrics, _set_parts = (
    vars(Score)[name].__set__ for name in ("value", "reason", "metrics", "parts")
)


def _named(values: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    if isinstance(values, Mapping) and {*map(type, values)} <= {str}:
        return values.items()
    raise InvalidScoreError(f"names are text, got {values!r:.99}")


def _number(what: str, value: float) -> float:
    if math.isfinite(value) and abs(number := float(value)) <= LARGEST:
        return number
    raise InvalidScoreError(f"{what} must be finite in float32, got {value!r:.99}")


class Reward(Protocol):
    """A function of a sample and a completion. Pure, picklable, and total on every completion text."""

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge `completion`; raise `UngradableError` where the sample itself cannot be judged."""
        ...

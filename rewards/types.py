"""The nouns of reinforcement fine-tuning that every package shares.

Message, ToolCall   one turn of a conversation, and a call made in it
Sample              what the model was asked, and what would be right
Completion          what the model answered
Rollout             the two together
Score               what the completion is worth: a small tree of named parts
Reward              anything that maps (sample, completion) to a score
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, SupportsFloat, TypeAlias, TypeVar

from rewards.errors import InvalidScoreError

T = TypeVar("T")
LARGEST = 3.4028234663852886e38  # of float32, in which trainers keep rewards; beyond it they are infinite
_LEAST = -LARGEST
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
    for what is none of this. A NaN must be refused before anybody clamps it: `max(0, min(1, nan))` is 1.

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
        value = self.value
        if type(value) is not float:
            _set_value(self, value := _number("score", value))
        if not _LEAST <= value <= LARGEST:
            reason = self.reason or "no reason given"
            raise InvalidScoreError(f"score must be finite {_IN_FLOAT32}, got {value!r} ({reason})")
        if type(self.reason) is not str:
            raise InvalidScoreError(f"the reason of a score is text, got {self.reason!r:.100}")
        if self.metrics:
            _set_metrics(self, {name: _measured(name, value) for name, value in _named("metrics", self.metrics)})
        if self.parts:
            for name, part in _named("parts", self.parts):
                if type(part) is not Score and not isinstance(part, Score):
                    raise InvalidScoreError(f"part {name!r} is a Score such as Score(1.0), got {part!r:.100}")


_set_value, _set_reason, _set_metrics, _set_parts = (
    vars(Score)[name].__set__ for name in ("value", "reason", "metrics", "parts")
)


def _named(what: str, values: Mapping[str, T]) -> Iterable[tuple[str, T]]:
    if type(values) is not dict and not isinstance(values, Mapping):
        raise InvalidScoreError(f"the {what} of a score are a dictionary by name, got {values!r:.100}")
    for name in values:
        if type(name) is not str or not name:
            raise InvalidScoreError(f"the names of {what} are text, got {name!r:.100}")
    return values.items()


def _measured(name: str, value: float | None) -> float | None:
    if value is None or (type(value) is float and _LEAST <= value <= LARGEST):
        return value
    number = _number(f"metric {name!r}", value)
    if not _LEAST <= number <= LARGEST:
        raise InvalidScoreError(f"metric {name!r} must be finite {_IN_FLOAT32}, got {value!r:.100}")
    return number


_IN_FLOAT32 = "in float32, which trainers use"


def _number(what: str, value: SupportsFloat) -> float:
    try:
        if not isinstance(value, str | bytes):
            return float(value)
    except OverflowError:
        raise InvalidScoreError(f"{what} must be finite {_IN_FLOAT32}, got a number of over 300 digits") from None
    except (TypeError, ValueError):
        pass
    raise InvalidScoreError(f"{what} must be a number, got {value!r:.100}")


class Reward(Protocol):
    """A function of a sample and a completion. Pure, picklable, and total on every completion text."""

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge `completion`; raise `UngradableError` where the sample itself cannot be judged."""
        ...

"""Finds the tool calls in an answer and in a reference, where a reward declared them to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from rewards.errors import UngradableError
from rewards.limits import MAX_CALLS
from rewards.parsing.json_text import check_limits, parse_strictly, read_json
from rewards.types import JSON, Completion, Sample, ToolCall

NO_TOOL = ToolCall("")
"""Stands for an entry that is no call. It takes a place and matches nothing: a reference never has an empty name."""


@dataclass(frozen=True, slots=True)
class CallFormat:
    """Where the tool calls stand.

    Without arguments: native calls (`Completion.tool_calls`), or the same written as JSON: OpenAI `tool_calls`,
    Converse `toolUse` blocks, or `{"name", "arguments"}` objects. Text without any of these is an answer that calls
    nothing.

    With `unwrap` or `calls`: a plan that the model writes as JSON text. The object under the key `unwrap` (the whole
    value if empty) holds under the key `calls` a list of objects, each with a `name` and `arguments`. Text without a
    readable plan is no answer, and earns 0 even where nothing had to be called. `reasoning` names tags whose closed
    block may come first.

    >>> plan = CallFormat(unwrap="Query analysis", calls="Tools", name="Tool", arguments="Parameters")
    >>> plan.found(Completion('{"Query analysis": {"Tools": [{"Tool": "search", "Parameters": {"q": "x"}}]}}'))
    (ToolCall(name='search', arguments={'q': 'x'}),)
    >>> CallFormat().found(Completion("Nothing to look up."))
    ()
    """

    unwrap: str = ""
    calls: str = ""
    name: str = "name"
    arguments: str = "arguments"
    reasoning: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not (self.name and self.arguments):
            raise ValueError(f"a call needs a key for its name and one for its arguments, got {self!r}")
        object.__setattr__(self, "reasoning", tuple(self.reasoning))  # a list when it comes from YAML

    @property
    def is_plan(self) -> bool:
        """Whether the calls are part of a JSON text, rather than native."""
        return bool(self.unwrap or self.calls)

    def found(self, completion: Completion) -> tuple[ToolCall, ...] | None:
        """The calls of an answer in order, or None where it has no readable plan. Never raises."""
        calls = completion.tool_calls or _in_text(self, completion.text)
        return None if calls is not None and len(calls) > MAX_CALLS else calls

    def expected(self, sample: Sample) -> tuple[ToolCall, ...]:
        """The calls of the reference. Raises UngradableError where there is no readable one.

        The last reading is kept: the parts of a reward, and the answers of a group, ask for the same one in a row.
        """
        last = _last_reading[0]
        if last.sample is sample and last.calls == self:
            return last.found
        found = self._in_reference(sample)
        _last_reading[0] = _Reading(self, sample, found)
        return found

    def _in_reference(self, sample: Sample) -> tuple[ToolCall, ...]:
        if sample.reference is None:
            raise UngradableError(f"sample {sample.id!r} has no reference")
        calls = self._in_value(sample.reference)
        if calls is None:
            raise UngradableError(
                f"the reference of sample {sample.id!r} holds no calls as {self!r} says: {sample.reference!r:.200}"
            )
        for call in calls:
            if not call.name:
                raise UngradableError(
                    f"the reference of sample {sample.id!r} holds an entry that is no call: {sample.reference!r:.200}"
                )
        return calls

    def _in_value(self, value: JSON) -> tuple[ToolCall, ...] | None:
        if not self.is_plan:
            return native_calls(value)
        for key in (self.unwrap, self.calls):
            if key:
                if type(value) is not dict or key not in value:
                    return None
                value = value[key]
        if type(value) is not list:
            return None
        name, arguments = self.name, self.arguments
        return tuple(
            [
                ToolCall(tool, given)
                if type(item) is dict
                and type(tool := item.get(name)) is str
                and type(given := item.get(arguments, {})) is dict
                else NO_TOOL
                for item in value
            ]
        )


NATIVE = CallFormat()


class _Reading(NamedTuple):
    """The calls of a reference. The sample is known again by identity: a reference cannot be hashed, and comparing
    takes longer than reading."""

    calls: CallFormat
    sample: Sample
    found: tuple[ToolCall, ...]


_last_reading = [_Reading(NATIVE, Sample("", ()), ())]


@lru_cache(maxsize=16)
def _in_text(calls: CallFormat, text: str) -> tuple[ToolCall, ...] | None:
    """Kept for the last few answers: the parts of a reward share it."""
    value = read_json(text, reasoning=calls.reasoning).only("object" if calls.is_plan else "any")
    if not value:
        return None if calls.is_plan else ()
    found = calls._in_value(value[0])
    return () if found is None and not calls.is_plan else found


def native_calls(value: JSON) -> tuple[ToolCall, ...] | None:
    """Calls in the shapes that the OpenAI and Converse APIs return them in; None where the value is something else."""
    if isinstance(value, dict):
        for key in ("tool_calls", "content"):
            if isinstance(value.get(key), list):
                return native_calls(value[key])
        value = [value]
    if not isinstance(value, list):
        return None
    calls = [native_call(item) for item in value if not _is_text_block(item)]
    return tuple(calls) if any(call.name for call in calls) or not calls else None


def _is_text_block(item: JSON) -> bool:
    return isinstance(item, dict) and isinstance(item.get("text"), str) and len(item) == 1


def native_call(item: object) -> ToolCall:
    """One call as an API returns it: OpenAI's, also flat; Converse's `toolUse`; Anthropic's `tool_use`.

    Arguments that are absent, null or an empty text are none. A call without a name, or whose arguments are not one
    JSON object (a key named twice, NaN, other text), cannot be read: it is `NO_TOOL`.

    >>> native_call({"function": {"name": "now", "arguments": ""}})
    ToolCall(name='now', arguments={})
    >>> native_call({"name": "find", "arguments": '{"q": "x", "q": "y"}'}) == NO_TOOL
    True
    """
    if not isinstance(item, Mapping):
        return NO_TOOL
    inner = next((item[key] for key in ("function", "toolUse") if isinstance(item.get(key), Mapping)), item)
    name, arguments = inner.get("name"), _arguments(inner.get("arguments", inner.get("input")))
    return ToolCall(name, arguments) if isinstance(name, str) and isinstance(arguments, dict) else NO_TOOL


def _arguments(given: JSON) -> JSON:
    """The arguments as a JSON value; null where they cannot be read."""
    if given is None or (isinstance(given, str) and not given.strip()):
        return {}
    try:
        if isinstance(given, str):  # OpenAI sends the arguments as JSON text
            return parse_strictly(given)
        check_limits(given)
    except ValueError:
        return None
    return given

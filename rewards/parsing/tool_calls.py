"""Finds the tool calls in a completion and in a reference, where a reward declared them to be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rewards.comparing.values import ANY_OF, accepted_values
from rewards.errors import UngradableError
from rewards.limits import MAX_CALLS, MAX_TEXT_CHARS
from rewards.parsing.attempts import ARGUMENT_KEYS, CALL_TYPES, NAME_KEYS, WRAPPERS, holds_call, tries_to_call
from rewards.parsing.json_text import Reading, check_limits, decode, parse_strictly, read_json
from rewards.parsing.references import reference_of, shown, structure_of
from rewards.parsing.tags import after_reasoning, check_tag, check_tags
from rewards.reward_tree import declared
from rewards.types import JSON, Completion, Sample, ToolCall

NO_TOOL = ToolCall("")
"""An attempt to call that cannot be read. It takes a place and matches nothing: no reference has an empty name."""

TOOL_CALL_TAG = "tool_call"
_NAME, _ARGUMENTS = "name", "arguments"
_OTHER_BLOCKS = (
    *("text", "image", "document", "video", "audio", "reasoningContent", "toolResult", "cachePoint", "guardContent"),
    *("input_text", "output_text", "image_url", "refusal", "message", "reasoning", "thinking", "redacted_thinking"),
)
_SPACES = (" ", "\t", "\n", "\r")


@dataclass(frozen=True, slots=True)
class CallFormat:
    """Where the tool calls stand.

    Without `unwrap` and `calls`: native calls (`Completion.tool_calls`), or the same written as text: one JSON value
    (a message, its list of calls or content blocks, or a single call, each as `native_call` reads it), or a
    `<tool_call>` block for each call, as Hermes and Qwen write them. `name` and `arguments` are the keys of a call that
    is not in an API's wrapper, and `tag` the tag of a block. Text that does not try to call anything is an answer
    without calls, which can be right.

    With `unwrap` or `calls`: a plan that the model writes as JSON text. The object under the key `unwrap` (the whole
    value if empty) holds under the key `calls` a list of objects, each with a `name` and `arguments`. Text without a
    readable plan is no answer, and earns 0 even where nothing had to be called. A reference may leave out what wraps
    its calls: the object under `unwrap` is read as well, and the list itself where `calls` is declared.

    `reasoning` names tags whose closed block may come first, opened by the model or by the chat template.

    >>> plan = CallFormat(unwrap="Query analysis", calls="Tools", name="Tool", arguments="Parameters")
    >>> plan.found(Completion('{"Query analysis": {"Tools": [{"Tool": "search", "Parameters": {"q": "x"}}]}}'))
    (ToolCall(name='search', arguments={'q': 'x'}),)
    >>> CallFormat().found(Completion('<tool_call>{"name": "now"}</tool_call>'))
    (ToolCall(name='now', arguments={}),)
    >>> CallFormat().found(Completion("Nothing to look up.")), CallFormat().found(Completion('{"name": "sea'))
    ((), None)
    """

    unwrap: str = ""
    calls: str = ""
    name: str = _NAME
    arguments: str = _ARGUMENTS
    reasoning: tuple[str, ...] = ()
    tag: str = TOOL_CALL_TAG

    def __post_init__(self) -> None:
        if not all(isinstance(key, str) for key in (self.unwrap, self.calls, self.name, self.arguments)):
            raise ValueError(f"unwrap, calls, name and arguments are names of keys, got {self!r}")
        if not (self.name and self.arguments):
            raise ValueError(f"a call needs a key for its name and one for its arguments, got {self!r}")
        if self.name == self.arguments:
            raise ValueError(f"name and arguments must be two keys, got {self.name!r} for both")
        if self.is_plan and self.tag != TOOL_CALL_TAG:
            raise ValueError(f"a plan has no blocks, so tag={self.tag!r} has no effect; leave out unwrap and calls")
        check_tag("tag", self.tag)
        object.__setattr__(self, "reasoning", check_tags("reasoning", self.reasoning))

    @property
    def is_plan(self) -> bool:
        """Whether the calls are part of a JSON text, rather than native."""
        return bool(self.unwrap or self.calls)

    def found(self, completion: Completion) -> tuple[ToolCall, ...] | None:
        """The calls of a completion in order, `NO_TOOL` for each that cannot be read; None where there is no readable
        plan, or an attempt of which not even the number of calls can be read. Never raises.

        The last answer is kept: the parts of a reward ask for the same one in a row.
        """
        calls, last, kept = _last_found[0]
        if last is completion and (calls is self or calls == self):
            return kept
        found = completion.tool_calls or _in_text(self, completion.text)
        if found is not None and len(found) > MAX_CALLS:
            found = None
        _last_found[0] = (self, completion, found)
        return found

    def expected(self, sample: Sample) -> tuple[ToolCall, ...]:
        """The calls of the reference. Raises UngradableError where there is no readable one.

        The last reading is kept: the parts of a reward, and the answers of a group, ask for the same one in a row.
        """
        last = _last_reading[0]
        if last.sample is sample and (last.calls is self or last.calls == self):
            return last.found
        found = self._in_reference(sample)
        _last_reading[0] = _Reading(self, sample, found)
        return found

    def _in_reference(self, sample: Sample) -> tuple[ToolCall, ...]:
        path = [key for key in (self.unwrap, self.calls) if key]
        calls = self.read(_unfolded(sample, self.wrapped(structure_of(sample, reference_of(sample))), path))
        if calls is None:
            raise UngradableError(
                f"the reference of sample {sample.id!r} holds no calls as {self!r} says: {shown(sample.reference)}"
            )
        if not all(map(_is_expectable, calls)):
            raise UngradableError(
                f"the reference of sample {sample.id!r} holds an entry that is no call as {self!r} says: "
                f"{shown(sample.reference)}"
            )
        return calls

    def wrapped(self, reference: JSON) -> JSON:
        """A reference as an answer has to be written: with what wraps its calls, which data sets often leave out.

        >>> plan = CallFormat(unwrap="plan", calls="steps")
        >>> plan.wrapped({"steps": []}), plan.wrapped([]), plan.wrapped({"plan": {"steps": []}})
        ({'plan': {'steps': []}}, {'plan': {'steps': []}}, {'plan': {'steps': []}})
        """
        bare = isinstance(reference, list)
        if self.calls and bare:
            reference = {self.calls: reference}
        if self.unwrap and self.calls and isinstance(reference, dict) and self.unwrap not in reference:
            return {self.unwrap: reference} if bare or self.calls in reference else reference
        return reference

    def read(self, value: JSON) -> tuple[ToolCall, ...] | None:
        """The calls that a JSON value holds, or None where it is something else."""
        if not self.is_plan:
            return _calls_in(value, self.name, self.arguments)
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
                and type(given := item.get(arguments)) is dict
                else _call(item, name, arguments)
                for item in value
            ]
        )


NATIVE = CallFormat()


def plan_of(reward: object) -> CallFormat:
    """The plan that `reward` reads its calls from; `NATIVE` where it reads none, or its parts read several.

    >>> from rewards import gated, json_parse, tool_calls
    >>> plan_of(gated(tool_calls(CallFormat(calls="steps")), by=json_parse(), threshold=0.5)).calls
    'steps'
    """
    plans = set(declared(reward, CallFormat))
    return plans.pop() if len(plans) == 1 else NATIVE


class _Reading(NamedTuple):
    """The calls of a reference. The sample is known again by identity: a reference cannot be hashed, and comparing
    takes longer than reading."""

    calls: CallFormat
    sample: Sample
    found: tuple[ToolCall, ...]


# The calls of an answer, known again by identity; a plain tuple, since one is made for each answer.
_last_found: list[tuple[CallFormat, Completion, tuple[ToolCall, ...] | None]] = [(NATIVE, Completion(""), ())]
_last_reading = [_Reading(NATIVE, Sample("", ()), ())]


def native_call(item: JSON) -> ToolCall:
    """One call as an API returns it, from any JSON parser; `NO_TOOL` where it cannot be read.

    OpenAI's, in its wrapper or flat, and its older `function_call`; Converse's `toolUse`; Anthropic's `tool_use`.
    Arguments are an object or its JSON text; absent, null and "" are none. A key named twice, NaN, another JSON value,
    or arguments under another key make the call unreadable.

    >>> native_call({"type": "function", "function": {"name": "now", "arguments": ""}})
    ToolCall(name='now', arguments={})
    >>> native_call({"name": "now", "arguments": '{"zone": "CET", "zone": "UTC"}'}) == NO_TOOL
    True
    """
    call = _call(item, _NAME, _ARGUMENTS)
    return call if _is_json(call.arguments) else NO_TOOL


def native_calls(value: JSON) -> tuple[ToolCall, ...] | None:
    """The calls of a message, of its list of calls or content blocks, or of a single call, each as `native_call` reads
    it; blocks of text and the like are passed over. None where nothing in `value` looks like a call.

    >>> native_calls({"content": [{"text": "hm"}, {"toolUse": {"name": "now", "input": {}}}]})
    (ToolCall(name='now', arguments={}),)
    >>> native_calls({"total": 12}) is None
    True
    """
    calls = NATIVE.read(value)
    return None if calls is None else tuple([call if _is_json(call.arguments) else NO_TOOL for call in calls])


def _is_json(arguments: Mapping[str, JSON]) -> bool:
    try:
        check_limits(dict(arguments))
    except ValueError:
        return False
    return True


def _unfolded(sample: Sample, value: JSON, path: Sequence[str]) -> JSON:
    """`value` with the structures along `path`, and the last one, read from JSON text where they are that."""
    value = structure_of(sample, value)
    if not path or not isinstance(value, dict) or path[0] not in value:
        return value
    return {**value, path[0]: _unfolded(sample, value[path[0]], path[1:])}


def _is_expectable(call: ToolCall) -> bool:
    """Whether an answer could equal the call of a reference, whose arguments as a whole may be one of several."""
    if ANY_OF in call.arguments:
        return bool(call.name) and all(isinstance(given, dict) for given in accepted_values(dict(call.arguments)))
    return bool(call.name)


def _in_text(calls: CallFormat, text: str) -> tuple[ToolCall, ...] | None:
    if calls.is_plan:
        plan = read_json(text, reasoning=calls.reasoning).only("object")
        return calls.read(plan[0]) if plan else None
    if len(text) > MAX_TEXT_CHARS or (body := after_reasoning(text, calls.reasoning)) is None:
        return None
    if f"<{calls.tag}>" in body:
        return _in_blocks(calls, body)
    return _in_values(calls, body, read_json(body))


def _in_values(calls: CallFormat, body: str, reading: Reading) -> tuple[ToolCall, ...] | None:
    """The calls that the only JSON value of a text holds; none where the text does not try to call."""
    for value in reading.only():
        if found := calls.read(value):
            return found
    if any(calls.read(value) or holds_call(value) for value in reading.values) or tries_to_call(
        body, reading, calls.tag, (calls.name, calls.arguments)
    ):
        return None
    return ()


def _in_blocks(calls: CallFormat, body: str) -> tuple[ToolCall, ...]:
    """The calls in the blocks of a tag. After a block that cannot be read the search goes on behind its opening tag,
    so that no text is decoded twice for long."""
    found: list[ToolCall] = []
    opening = f"<{calls.tag}>"
    start = body.find(opening)
    while start >= 0 and len(found) <= MAX_CALLS:
        inside, end = _in_block(calls, body, start + len(opening))
        found += inside
        start = body.find(opening, end)
    return tuple(found)


def _in_block(calls: CallFormat, body: str, start: int) -> tuple[tuple[ToolCall, ...], int]:
    try:
        value, end = decode(body, _after_space(body, start))
    except ValueError:
        return (NO_TOOL,), start
    end, closing = _after_space(body, end), f"</{calls.tag}>"
    if not body.startswith(closing, end):
        return (NO_TOOL,), start
    return calls.read(value) or (NO_TOOL,), end + len(closing)


def _after_space(body: str, start: int) -> int:
    while body[start : start + 1] in _SPACES:
        start += 1
    return start


def _calls_in(value: JSON, name: str, arguments: str) -> tuple[ToolCall, ...] | None:
    """The calls of a message, of a list or of a single call; None where nothing in `value` looks like a call."""
    if isinstance(value, dict):
        blocks = value.get("content")
        if not (isinstance(blocks, list) and all(isinstance(block, dict) for block in blocks)):
            blocks = None
        if "tool_calls" in value or blocks is not None:
            inside = [block for block in blocks or () if _is_call(block, name, arguments)]
            inside[:0] = [*_listed(value.get("tool_calls")), *_listed(value.get("function_call"))]
            return tuple([_call(item, name, arguments) for item in inside])
        return (_call(value, name, arguments),) if _is_call(value, name, arguments) else None
    if not isinstance(value, list):
        return None
    if value and name == _NAME and arguments == _ARGUMENTS and len(plain := _plain_calls(value)) == len(value):
        return tuple(plain)
    items = [item for item in value if not _is_other_block(item)]
    if items and not any(_is_call(item, name, arguments) for item in items):
        return None
    return tuple([_call(item, name, arguments) for item in items])


def _plain_calls(items: Sequence[JSON]) -> list[ToolCall]:
    """The usual case: those that hold a name and an object of arguments, and nothing else."""
    return [
        ToolCall(tool, given)
        for item in items
        if type(item) is dict
        and len(item) == 2
        and type(tool := item.get(_NAME)) is str
        and tool
        and type(given := item.get(_ARGUMENTS)) is dict
    ]


def _listed(calls: JSON) -> list[JSON]:
    return calls if isinstance(calls, list) else [calls] if calls else []


def _is_call(item: JSON, name: str, arguments: str) -> bool:
    """Whether `item` tries to be a call: by a key of a call, or under undeclared keys that go for one together."""
    if not isinstance(item, dict):
        return False
    given = {key for key, value in item.items() if value is not None}  # columns fill what is missing with null
    if not given.isdisjoint((name, arguments, *WRAPPERS)) or item.get("type") in CALL_TYPES:
        return True
    return not (given.isdisjoint(NAME_KEYS) or given.isdisjoint(ARGUMENT_KEYS))


def _is_other_block(item: JSON) -> bool:
    """Whether `item` is a content block of another kind, such as text: by its `type`, or as Converse's single key."""
    if not isinstance(item, dict):
        return False
    given = [key for key, value in item.items() if value is not None]
    return item.get("type") in _OTHER_BLOCKS or (len(given) == 1 and given[0] in _OTHER_BLOCKS)


def _call(item: JSON, name: str, arguments: str) -> ToolCall:
    if not isinstance(item, dict):
        return NO_TOOL
    if isinstance(use := item.get("toolUse"), dict):
        return _tool_call(use, "name", "input")
    if item.get("type") == "tool_use":
        return _tool_call(item, "name", "input")
    for wrapper in ("function", "function_call"):
        if isinstance(function := item.get(wrapper), dict):
            return _tool_call(function, _NAME, _ARGUMENTS)
    return _tool_call(item, name, arguments)


def _tool_call(item: Mapping[str, JSON], name: str, arguments: str) -> ToolCall:
    tool, given = item.get(name), item.get(arguments)
    if arguments not in item and any(map(_could_be_arguments, (value for key, value in item.items() if key != name))):
        return NO_TOOL  # its arguments are under a key that was not declared
    if isinstance(given, str):  # OpenAI sends the arguments as JSON text
        try:
            given = parse_strictly(given) if given.strip() else None
        except ValueError:
            return NO_TOOL
    if given is None:
        given = {}
    return ToolCall(tool, given) if isinstance(tool, str) and tool and isinstance(given, dict) else NO_TOOL


def _could_be_arguments(value: JSON) -> bool:
    return (isinstance(value, dict) and bool(value)) or (isinstance(value, str) and value.lstrip().startswith("{"))

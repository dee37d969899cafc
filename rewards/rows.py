"""One reader for every documented row: it makes the Sample and the Completion that a reward is given, at every door.

| shape | the conversation is under | the reference is under |
|---|---|---|
| Nova RFT, OpenAI chat | `messages` | `reference_answer` |
| Nova `rft_eval` | `messages`, role `nova_assistant`, content as blocks | `reference_answer` |
| Bedrock RFT | `messages` | `metadata.reference_answer` or `metadata.ground_truth` |
| open-weight RLVR | `messages` | `ground_truth` |
| Converse | `system` and `messages`, calls as `toolUse` blocks | `reference_answer` |
| TRL columns | `prompt` and `completion`, text or turns | `reference_answer` |
| verl | `prompt` and `completion` | `reward_model.ground_truth` |
| NeMo Gym | `responses_create_params.input` and `response.output` | `reference_answer` |

Sources: AWS documentation pages "Implementing reward functions" (root `reference_answer`, role `assistant`), "RFT
evaluation" (role `nova_assistant`, content as blocks) and "Setting up reward functions for Amazon Nova models"
(Bedrock: everything else in `metadata`); TRL, "Dataset formats"; verl, docs/preparation/prepare_data.rst; NeMo Gym,
nemo_gym/base_resources_server.py. Where they disagree every variant is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from rewards.comparing.values import ANY_OF, canonical
from rewards.errors import RowError, UngradableError
from rewards.parsing.json_text import parse_strictly
from rewards.parsing.messages import (
    Turn,
    calls_of,
    is_model_turn,
    is_object,
    listed,
    message_of,
    raw_calls,
    role_of,
    solution_of,
    text_of,
)
from rewards.parsing.references import structured
from rewards.types import JSON, Completion, Message, Rollout, Sample

GOLD = "gold"
"""Our key beside Nova's own: a right completion, in rows whose reference is not one itself."""

CONVERSATION = frozenset({"messages", "system", "prompt", "completion", "responses_create_params", "response"})
"""The keys of a row that hold its turns, in one shape or another."""
_READ = CONVERSATION | frozenset(
    {"id", "reference_answer", "ground_truth", "reward_model", "tools", "toolConfig", "metadata"}
)
"""The keys that are read into the other fields of a sample; every other key of a row is metadata."""


class Turns(NamedTuple):
    """A conversation: what the model was given, and the turn in which it completed it (None where it did not)."""

    prompt: list[Turn]
    completion: Turn | None


def rollout_of(row: Any, *, index: int = 0) -> Rollout:
    """The rollout in a row: the sample, and the completion, which is the model's last turn.

    Where a tool's result follows that turn the model never answered, and the completion is empty. What a user says
    behind the completion is left out. `index` names a row that has no id. Raises RowError where there is no rollout.

    >>> turns = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    >>> rollout = rollout_of({"id": "a", "messages": turns, "reference_answer": "4", "unit": "none"})
    >>> rollout.completion.text, rollout.sample.reference, rollout.sample.metadata
    ('4', '4', {'unit': 'none'})
    """
    prompt, completion = _answered(_turns_of(row))
    return Rollout(_sample(row, prompt, index), _completion(completion))


def sample_of(row: Any, *, index: int = 0) -> Sample:
    """The sample in a row of training data: all turns are the prompt, but for a completion at the end.

    `index` names a row that has no id. Raises RowError where there is no conversation.

    >>> sample = sample_of({"prompt": "2 + 2?", "reward_model": {"ground_truth": "4"}}, index=7)
    >>> sample.id, [(message.role, message.content) for message in sample.messages], sample.reference
    ('7', [('user', '2 + 2?')], '4')
    """
    return _sample(row, split_turns(row).prompt, index)


def split_turns(row: Any) -> Turns:
    """The turns of a row as they stand in it; a final turn of the model is its completion.

    >>> split_turns({"messages": [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]})
    Turns(prompt=[{'role': 'user', 'content': '2 + 2?'}], completion={'role': 'assistant', 'content': '4'})
    """
    turns = _turns_of(row)
    if turns and is_model_turn(turns[-1]):
        return Turns(turns[:-1], turns[-1])
    return Turns(turns, None)


def with_completion(row: Turn, completion: str | Turn) -> dict[str, JSON]:
    """The row that a training job sends to a grader: the prompt in `messages` with the completion behind it.

    >>> with_completion({"id": "a", "prompt": "2 + 2?"}, "4")["messages"]
    [{'role': 'user', 'content': '2 + 2?'}, {'role': 'assistant', 'content': '4'}]
    """
    turn = {"role": "assistant", "content": completion} if isinstance(completion, str) else dict(completion)
    turns: list[JSON] = [dict(said) for said in split_turns(row).prompt]
    kept = {key: value for key, value in row.items() if key not in CONVERSATION}
    if "responses_create_params" in row and "tools" not in row:
        kept["tools"] = [dict(tool) for tool in _tools(row)]
    return {**kept, "messages": [*turns, turn]}


def completion_of(answer: Any) -> Completion:
    """A completion from a text, a turn, or the turns of a rollout, of which the last is the completion.

    >>> completion_of([{"role": "assistant", "content": "thinking <|begin_of_solution|>4<|end_of_solution|>"}])
    Completion(text='4', tool_calls=())
    >>> completion_of([{"role": "assistant", "content": "I look."}, {"role": "tool", "content": "4"}])
    Completion(text='', tool_calls=())
    """
    turns = _spoken("assistant", answer)
    return _completion(_answered(turns).completion if any(map(is_model_turn, turns)) else None)


def messages_of(prompt: Any) -> tuple[Message, ...]:
    """A prompt as messages; a text is what a user said.

    >>> messages_of([{"role": "user", "content": [{"image": {"format": "png"}}, {"text": "What is it?"}]}])
    (Message(role='user', content='What is it?', tool_calls=(), attachments=({'image': {'format': 'png'}},)),)
    """
    return tuple([message_of(turn) for turn in _spoken("user", prompt)])


def ground_truth_of(row: Turn) -> JSON:
    """The ground truth of a row, at its root or in its metadata; null where there is none."""
    found: JSON = row.get("reference_answer")
    if found is None:
        inner = _inner(row)
        places = ((inner, "reference_answer"), (inner, "ground_truth"), (row, "ground_truth"))
        for place, key in (*places, (row.get("reward_model"), "ground_truth")):
            if is_object(place) and (found := place.get(key)) is not None:
                break
    # JSON text that accepts several values is no text that an answer could equal
    return structured(found) if isinstance(found, str) and ANY_OF in found else found


def metadata_of(row: Turn) -> Mapping[str, JSON]:
    """The metadata of a row, and every key that is not read into another field of a sample."""
    inner = _inner(row)
    if row.keys() <= _READ:
        return inner
    return {**inner, **{key: value for key, value in row.items() if key not in _READ}}


def gold_of(sample: Sample) -> JSON:
    """One right completion of a sample: its `gold` where it has one, else the reference with every `$any_of` resolved
    to its first value and without optional keys. Raises UngradableError where that is nested too deeply.

    >>> gold_of(Sample("1", (), reference={"rule": {"$any_of": ["144", "17 CFR 230.144"]}}))
    {'rule': '144'}
    """
    gold = sample.metadata.get(GOLD)
    if gold is not None:
        return gold
    try:
        return canonical(sample.reference)
    except RecursionError:
        raise UngradableError(f"the reference of sample {sample.id!r} is nested too deeply") from None


def gold_text(sample: Sample) -> str:
    """`gold_of` as a model would write it: text as it is, anything else as compact JSON.

    >>> gold_text(Sample("1", (), reference={"Type": {"$any_of": ["control_text", "text"]}}))
    '{"Type":"control_text"}'
    """
    return as_text(gold_of(sample))


def gold_completion(sample: Sample) -> Completion:
    """`gold_of` as a completion: of an assistant turn its text and native calls, of anything else the text."""
    gold = gold_of(sample)
    return completion_of(gold) if is_model_turn(gold) else Completion(as_text(gold))


def as_text(answer: JSON) -> str:
    """An answer as a model would write it: text as it is, an assistant turn's text, anything else as compact JSON."""
    if isinstance(answer, dict) and is_model_turn(answer) and not raw_calls(answer):
        return text_of(answer.get("content"))
    if isinstance(answer, str):
        return answer
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def column_reference(value: Any, json_text: bool | None) -> Any:
    """A reference from a column: as it is (`json_text` false), from JSON text (true), or (None) read back where it is
    the text of an object or a list. Raises RowError for text that is declared to be JSON and is none.

    >>> column_reference("null", True), column_reference("null", None), column_reference('{"a": 1}', None)
    (None, 'null', {'a': 1})
    """
    if not json_text or not isinstance(value, str):
        return value if json_text is not None else structured(value)
    try:
        return parse_strictly(value)
    except ValueError as error:
        raise RowError(f"the reference is declared to be JSON text, got {value!r:.80} ({error})") from error


def _turns_of(row: Any) -> list[Turn]:
    """All turns of a row, whatever its shape. Raises RowError where there is no conversation."""
    if not is_object(row):
        raise RowError(f"a row is a JSON object, got {type(row).__name__}")
    if (messages := structured(row.get("messages"))) is not None:
        if type(messages) is not list and isinstance(messages, str | Mapping | int | float):
            raise RowError(f"no 'messages' list: 'messages' is {messages!r:.80}")
        return _with_system(row.get("system"), _spoken("user", messages))
    if (prompt := row.get("prompt")) is not None:
        return _with_system(row.get("system"), [*_spoken("user", prompt), *_completing(row.get("completion"))])
    if is_object(asked := row.get("responses_create_params")):
        answered = row.get("response")
        output = answered.get("output") if is_object(answered) else None
        turns = [*_turns(_spoken("user", asked.get("input")), join=False), *_turns(_completing(output), join=True)]
        return _with_system(asked.get("instructions"), turns)
    raise RowError("no 'messages' list, and no 'prompt'")


def _spoken(speaker: str, said: Any) -> list[Turn]:
    """Turns from a text of `speaker`, one turn, or a list of turns; what is no object is no turn, and a turn that names
    no role is the speaker's."""
    if isinstance(said, str):
        return [{"role": speaker, "content": said}]
    turns = [turn for turn in listed(said, single=True) if type(turn) is dict or is_object(turn)]
    for turn in turns:
        if "role" not in turn:
            break
    else:
        return turns
    return [turn if "role" in turn or _item(turn) else {**turn, "role": speaker} for turn in turns]


def _completing(said: Any) -> list[Turn]:
    """The turns of a completion; where there is one in which the model says nothing, that is an empty turn of it."""
    turns = _spoken("assistant", said)
    spoken = said is None or any(is_model_turn(turn) or _item(turn) for turn in turns)
    return turns if spoken else [*turns, {"role": "assistant", "content": ""}]


def _with_system(system: Any, turns: list[Turn]) -> list[Turn]:
    """Converse and OpenAI's Responses API keep the system prompt beside the turns."""
    if not system or any(role_of(turn) == "system" for turn in turns):
        return turns
    return [{"role": "system", "content": system}, *turns]


def _item(turn: Turn) -> str:
    """The type of an item of OpenAI's Responses API that is no message: a call, of a hosted tool too, its output, or
    reasoning; else empty."""
    kind = str(turn.get("type"))
    return kind if kind == "reasoning" or kind.endswith(("_call", "_call_output")) else ""


def _turns(items: list[Turn], *, join: bool) -> list[Turn]:
    """Items of OpenAI's Responses API as turns; with `join`, what the model says before a tool's result is one turn, of
    which the last text counts."""
    turns: list[Any] = []
    for item in items:
        kind, open_turn = _item(item), turns[-1] if turns and is_model_turn(turns[-1]) else None
        if kind.endswith("_output"):
            turns.append({"role": "tool", "content": item.get("output")})
        elif kind.endswith("_call") and open_turn is not None:
            open_turn["tool_calls"] = [*listed(open_turn.get("tool_calls")), item]
        elif kind.endswith("_call"):
            turns.append({"role": "assistant", "tool_calls": [item]})
        elif join and open_turn is not None and is_model_turn(item):
            open_turn["content"] = item.get("content")
        elif kind != "reasoning":
            turns.append(dict(item))
    return turns


def _answered(turns: list[Turn]) -> Turns:
    """The conversation, divided at the model's last turn. Raises RowError where the model has none."""
    if turns and is_model_turn(turns[-1]):
        return Turns(turns[:-1], turns[-1])
    for index in range(len(turns) - 2, -1, -1):
        if is_model_turn(turns[index]):
            if any(role_of(turn) == "tool" for turn in turns[index + 1 :]):
                return Turns(turns, None)
            return Turns(turns[:index], turns[index])
    raise RowError("no message of the model: no role 'assistant' or 'nova_assistant'")


def _sample(row: Turn, prompt: list[Turn], index: int) -> Sample:
    metadata = metadata_of(row)
    return Sample(
        id=_id(row, index),
        messages=tuple([message_of(turn) for turn in prompt]),
        reference=ground_truth_of(row),
        tools=_tools(row),
        metadata=metadata,
    )


def _id(row: Turn, index: int) -> str:
    """A text or an integer; verl keeps it in `extra_info`."""
    value = row.get("id")
    if type(value) is str:
        return value
    extra = row.get("extra_info")
    for given in (value, extra.get("index") if is_object(extra) else None):
        if isinstance(given, str | int) and not isinstance(given, bool):
            return str(given)
    return str(index)


def _completion(turn: Turn | None) -> Completion:
    if turn is None:
        return Completion("")
    return Completion(solution_of(text_of(turn.get("content"))), calls_of(turn))


def _inner(row: Turn) -> Mapping[str, JSON]:
    metadata = row.get("metadata")
    if metadata is None:
        return {}
    metadata = structured(metadata)
    return metadata if is_object(metadata) else {}


def _tools(row: Turn) -> tuple[Mapping[str, JSON], ...]:
    """The tools offered, as OpenAI function definitions."""
    tools = row.get("tools")
    tools = structured(_inner(row).get("tools") if tools is None else tools)
    if tools is None and is_object(config := row.get("toolConfig")):
        tools = config.get("tools")
    if tools is None and is_object(asked := row.get("responses_create_params")):
        tools = asked.get("tools")
    if tools is None:
        return ()
    return tuple([_function(tool) for tool in listed(tools) if is_object(tool)])


def _function(tool: Turn) -> Mapping[str, JSON]:
    if is_object(spec := tool.get("toolSpec")):
        schema = spec.get("inputSchema")
        given = {key: spec[key] for key in ("name", "description") if key in spec}
        parameters = schema.get("json", schema) if is_object(schema) else {"type": "object"}
        return {"type": "function", "function": {**given, "parameters": parameters}}
    if "function" not in tool and isinstance(tool.get("name"), str):
        return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}
    return tool

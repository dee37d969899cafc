"""Parse a row of any documented shape as one conversation: prompt, reference, and right completion.

Inside, turns are OpenAI's: they say most. What a row holds beyond the conversation stays beside it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from datagen.errors import FormatError
from datagen.formats.translate import converse_tools, openai_tools, openai_turns
from rewards.parsing.references import structured

Turn = dict[str, Any]
_SPEAKERS = {"human": "user", "gpt": "assistant", "bot": "assistant", "model": "assistant", "developer": "system"}
_CONVERSE_BLOCKS = frozenset({"text", "toolUse", "toolResult", "image", "video", "document", "reasoningContent"})
_SCHEMA_TYPES = {"dict": "object", "float": "number", "tuple": "array", "list": "array"}  # Python's words, as BFCL has
_ANSWERS = ("completion", "response", "output", "answer", "target")
_REFERENCES = ("reference_answer", "ground_truth")


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of prompt, answer, system prompt and id, if their names are not recognised."""

    prompt: str = ""
    answer: str = ""
    system: str = ""
    id: str = ""

    def __bool__(self) -> bool:
        return bool(self.prompt)


@dataclass(slots=True)
class Conversation:
    """`messages` are the prompt, `reference` what a grader compares with, `reply` a right turn of the assistant."""

    shape: str
    messages: list[Turn]
    reference: Any = None
    reply: Turn | None = None
    worse: Turn | None = None
    tools: list[Any] = field(default_factory=list)
    id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


def conversation_of(row: Mapping[str, Any], columns: Columns | None = None) -> Conversation:
    """The conversation in a row. Raises `FormatError`, naming the row's keys, if no shape fits.

    >>> found = conversation_of({"question": "2 + 2?", "answer": "Two and two is four. #### 4"})
    >>> found.shape, found.messages, found.reference
    ('GSM8K', [{'role': 'user', 'content': '2 + 2?'}], '4')
    """
    if columns:
        return _by_columns(row, columns)
    for fits, read in _SHAPES:
        if fits(row):
            return _with_id(read(row), row)
    raise FormatError(
        f"no shape fits the keys {', '.join(map(repr, row)) or 'of an empty row'}; "
        "name the columns: --prompt COLUMN --answer COLUMN"
    )


def _by_columns(row: Mapping[str, Any], columns: Columns) -> Conversation:
    named = {name: column for name in ("prompt", "answer", "system", "id") if (column := getattr(columns, name))}
    if missing := [column for name, column in named.items() if name in ("prompt", "answer") and column not in row]:
        raise FormatError(f"no value in the column {missing[0]!r}; the row has {', '.join(map(repr, row))}")
    said = structured(row[columns.prompt])
    messages = [*_system(row.get(columns.system)), *_turns(said)]
    answer = structured(row[columns.answer]) if columns.answer else None
    found = Conversation("columns", messages, answer, extra=_rest(row, *named.values()))
    found.id = _text(row[columns.id]) if columns.id and columns.id in row else ""
    return found if columns.id else _with_id(found, row)


def _with_id(found: Conversation, row: Mapping[str, Any]) -> Conversation:
    name = row.get("id")
    if not found.id and isinstance(name, str | int) and not isinstance(name, bool):
        found.id = str(name)
        found.extra.pop("id", None)
    return found


def _chat(row: Mapping[str, Any]) -> Conversation:
    """OpenAI chat, Hugging Face messages, Nova RFT, and Converse."""
    turns = [dict(turn) for turn in structured(row["messages"]) if isinstance(turn, Mapping)]
    tools = structured(row.get("tools")) or structured(row.get("functions")) or []
    system: Any = row.get("system")
    shape = "OpenAI chat"
    if _is_converse(row, turns):
        shape = "Converse"
        candidates = turns[-1].get("candidates") if turns else None
        if isinstance(candidates, list):
            return _pairs(row, turns[:-1], candidates)
        turns = openai_turns(system if isinstance(system, list) else [], turns)
        tools, system = tools or openai_tools(row.get("toolConfig") or {}), None
    turns = [*_system(system), *map(_named, turns)]
    reply = turns.pop() if turns and turns[-1].get("role") == "assistant" else None
    reference = next((row[key] for key in _REFERENCES if row.get(key) is not None), None)
    if reference is None and isinstance(metadata := row.get("metadata"), Mapping):
        reference = next((metadata[key] for key in _REFERENCES if metadata.get(key) is not None), None)
    used = ("messages", "tools", "functions", "toolConfig", "system", "schemaVersion", *_REFERENCES)
    if not turns:
        raise FormatError("messages hold no question")
    return Conversation(shape, turns, reference, reply, tools=_functions(tools), extra=_rest(row, *used))


def _pairs(row: Mapping[str, Any], turns: list[Turn], candidates: list[Any]) -> Conversation:
    labels = {str(item.get("preferenceLabel")).lower(): item for item in candidates if isinstance(item, Mapping)}
    if set(labels) != {"preferred", "non-preferred"}:
        raise FormatError(f"candidates are labelled {sorted(labels)}, expected preferred and non-preferred")
    system = row.get("system")
    prompt = openai_turns(system if isinstance(system, list) else [], turns)
    good, bad = (
        openai_turns([], [{"role": "assistant", "content": labels[label].get("content", [])}])[-1]
        for label in ("preferred", "non-preferred")
    )
    return Conversation(
        "preference pair", prompt, None, good, bad, extra=_rest(row, "messages", "system", "schemaVersion")
    )


def _is_converse(row: Mapping[str, Any], turns: list[Turn]) -> bool:
    if row.get("schemaVersion") or row.get("toolConfig") or any("candidates" in turn for turn in turns):
        return True
    contents = [turn.get("content") for turn in turns]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return bool(blocks) and all(
        isinstance(block, Mapping) and "type" not in block and _CONVERSE_BLOCKS & set(block) for block in blocks
    )


def _named(turn: Turn) -> Turn:
    """A turn with the role that OpenAI knows, and its text in one piece."""
    role = _text(turn.get("role"))
    content = turn.get("content")
    if isinstance(content, list) and all(
        isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in content
    ):
        content = "\n".join(part["text"] for part in content)
    return {**turn, "role": _SPEAKERS.get(role, role), "content": content}


def _share_gpt(row: Mapping[str, Any]) -> Conversation:
    said = structured(row["conversations"])
    turns = [
        {"role": _text(turn.get("from", turn.get("role"))), "content": turn.get("value", turn.get("content"))}
        for turn in said
        if isinstance(turn, Mapping)
    ]
    inner = {key: value for key, value in row.items() if key != "conversations"}
    found = _chat({**inner, "messages": turns})
    found.shape = "ShareGPT"
    return found


def _chosen(row: Mapping[str, Any]) -> Conversation:
    good, bad = (_turns(structured(row[key]), "assistant") for key in ("chosen", "rejected"))
    prompt = [*_system(row.get("system")), *(_turns(structured(row["prompt"])) if row.get("prompt") else good[:-1])]
    if not good or not bad or not prompt:
        raise FormatError("chosen and rejected need a prompt and an answer each")
    rest = _rest(row, "prompt", "chosen", "rejected", "system")
    return Conversation("chosen and rejected", prompt, None, good[-1], bad[-1], extra=rest)


def _alpaca(row: Mapping[str, Any]) -> Conversation:
    asked = "\n\n".join(_text(row[key]) for key in ("instruction", "input") if row.get(key))
    answer = next(row[key] for key in ("output", "response") if key in row)
    messages = [*_system(row.get("system")), {"role": "user", "content": asked}]
    rest = _rest(row, "instruction", "input", "output", "response", "system")
    return Conversation("Alpaca", messages, answer, extra=rest)


def _function_calling(row: Mapping[str, Any]) -> Conversation:
    """The Berkeley leaderboard: accepted values of each argument in a list, "" where it may be left out."""
    asked = structured(row["question"])
    turns = asked[0] if isinstance(asked, list) and asked and isinstance(asked[0], list) else asked
    functions = structured(row["function"])
    tools = [_python_types(tool) for tool in (functions if isinstance(functions, list) else [functions])]
    truth = structured(row.get("ground_truth"))
    calls = [_accepted(call) for call in truth] if isinstance(truth, list) else []
    extra = _rest(row, "question", "function", "ground_truth")
    reference = {"tool_calls": calls} if truth is not None else None
    return Conversation("BFCL", _turns(turns), reference, tools=_functions(tools), extra=extra)


def _accepted(call: Any) -> Any:
    if not isinstance(call, Mapping) or len(call) != 1:
        return call
    name, arguments = next(iter(call.items()))
    if not isinstance(arguments, Mapping):
        return call
    return {"name": name, "arguments": {key: _any_of(values) for key, values in arguments.items()}}


def _any_of(values: Any) -> Any:
    if not isinstance(values, list) or not values:
        return values
    given = [value for value in values if value != ""]
    if len(given) == len(values) == 1:
        return given[0]
    return {"$any_of": given or [""], **({"$optional": True} if len(given) < len(values) else {})}


def _python_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_python_types(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: _python_types(value) for key, value in schema.items()}
    kind = made.get("type")
    if kind == "any":
        del made["type"]
    elif isinstance(kind, str):
        made["type"] = _SCHEMA_TYPES.get(kind.lower(), kind.lower() if kind.lower() in _SCHEMA_TYPES else kind)
    return made


_FINAL = re.compile(r"####\s*(\S.*?)\s*\Z")


def _question(row: Mapping[str, Any]) -> Conversation:
    answer = structured(row["answer"])
    messages = [*_system(row.get("system")), *_turns(structured(row["question"]))]
    rest = _rest(row, "question", "answer", "system")
    if isinstance(answer, str) and (final := _FINAL.search(answer)):
        return Conversation("GSM8K", messages, final[1], {"role": "assistant", "content": answer}, extra=rest)
    return Conversation("question and answer", messages, answer, extra=rest)


def _gen_qa(row: Mapping[str, Any]) -> Conversation:
    messages = [*_system(row.get("system")), *_turns(row["query"])]
    return Conversation("gen_qa", messages, row["response"], extra=_rest(row, "query", "response", "system"))


def _prompt(row: Mapping[str, Any]) -> Conversation:
    messages = [*_system(row.get("system")), *_turns(structured(row["prompt"]))]
    judged = structured(row.get("reward_model"))
    truths = [judged.get("ground_truth")] if isinstance(judged, Mapping) else []
    reference = next((row[key] for key in _REFERENCES if row.get(key) is not None), truths[0] if truths else None)
    said = next((structured(row[key]) for key in _ANSWERS if row.get(key) is not None), None)
    reply = _turns(said, "assistant")[-1] if isinstance(said, str | list) and said else None
    rest = _rest(row, "prompt", "system", "reward_model", "tools", *_REFERENCES, *_ANSWERS)
    tools = _functions(structured(row.get("tools")) or [])
    reference = said if reference is None and reply is None else reference
    return Conversation("prompt and completion", messages, reference, reply, tools=tools, extra=rest)


def _multi_turn(row: Mapping[str, Any]) -> Conversation:
    told = dict(row["metadata"])
    info = structured(told.pop("info", None))
    extra = {**_rest(row, "metadata"), **{key: told[key] for key in told if key not in ("prompt", "answer")}}
    if info is not None:
        extra["info"] = info
    return Conversation("Forge multi-turn", _turns(told["prompt"]), told.get("answer"), extra=extra)


def _intent(row: Mapping[str, Any]) -> Conversation:
    key = next(key for key in _UTTERANCES if isinstance(row.get(key), str))
    truth = {name: structured(row[name]) for name in ("intent", "slots", "entities") if row.get(name) is not None}
    if "tokens" in row and "tags" in row:
        truth["slots"] = row["tags"]
    return Conversation("intent and slots", _turns(row[key]), truth, extra=_rest(row, key, *truth))


_UTTERANCES = ("text", "utterance", "sentence", "query")


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: all(row.get(key) is not None for key in keys)


_SHAPES: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Conversation]], ...] = (
    (lambda row: isinstance(structured(row.get("messages")), list), _chat),
    (lambda row: isinstance(structured(row.get("conversations")), list), _share_gpt),
    (_has("chosen", "rejected"), _chosen),
    (lambda row: "instruction" in row and ("output" in row or "response" in row), _alpaca),
    (_has("question", "function"), _function_calling),
    (_has("question", "answer"), _question),
    (_has("query", "response"), _gen_qa),
    (_has("prompt"), _prompt),
    (lambda row: isinstance(row.get("metadata"), Mapping) and "prompt" in row["metadata"], _multi_turn),
    (lambda row: "intent" in row and any(isinstance(row.get(key), str) for key in _UTTERANCES), _intent),
)


def _turns(said: Any, speaker: str = "user") -> list[Turn]:
    """Turns of a text, one turn, or a list of them."""
    if isinstance(said, Mapping):
        said = [said]
    if isinstance(said, list) and all(isinstance(turn, Mapping) for turn in said):
        return [_named({"role": speaker, **turn}) for turn in said]
    return [{"role": speaker, "content": _text(said)}]


def _system(said: Any) -> list[Turn]:
    if isinstance(said, list):
        said = "\n".join(_text(block.get("text")) if isinstance(block, Mapping) else _text(block) for block in said)
    return [{"role": "system", "content": said}] if isinstance(said, str) and said.strip() else []


def _functions(tools: Any) -> list[Any]:
    """Tools as complete OpenAI functions: a description and parameters, which Nova's formats ask for."""
    return openai_tools(converse_tools(tools)) if isinstance(tools, list) else []


def _rest(row: Mapping[str, Any], *used: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in used}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)

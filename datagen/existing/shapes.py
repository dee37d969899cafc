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
from datagen.existing.turns import Turn, openai_messages
from datagen.formats.translate import converse_tools, openai_tools, openai_turns
from datagen.validate import Target
from rewards.parsing.references import structured

_CONVERSE_BLOCKS = frozenset({"text", "toolUse", "toolResult", "image", "video", "document", "reasoningContent"})
_SCHEMA_TYPES = {  # Python's words, as BFCL and xLAM have
    "dict": "object",
    "float": "number",
    "tuple": "array",
    "list": "array",
    "set": "array",
    "str": "string",
    "int": "integer",
    "bool": "boolean",
}
_ANSWERS = ("completion", "response", "output", "answer", "target")
_CONTEXTS = ("context", "passage")
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
    """`messages` are the prompt, `reference` what a grader compares with, `reply` a right turn of the assistant.

    `extra` are keys of the row beside the conversation, `lost` what no conversation can hold.
    """

    shape: str
    messages: list[Turn]
    reference: Any = None
    reply: Turn | None = None
    worse: Turn | None = None
    tools: list[Any] = field(default_factory=list)
    id: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    lost: dict[str, Any] = field(default_factory=dict)


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
            return _thought_apart(_with_id(read(row), row))
    if not row:
        raise FormatError("an empty row")
    null = [key for key, value in row.items() if value is None]
    if null and len(null) < len(row):
        values = f"; {', '.join(map(repr, null))} hold{'s' if len(null) == 1 else ''} null"
    elif asked := next((key for key in _ASKED if row.get(key)), ""):
        values = f", and none is the answer to {asked!r}"
    else:
        values = "; a table needs a line of column names first" if any(key.count(" ") > 2 for key in row) else ""
    raise FormatError(
        f"no shape fits the keys {', '.join(map(repr, row))}{values}; name the columns: --prompt COLUMN --answer COLUMN"
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


_ASKED = ("question", "prompt", "instruction", "query", "problem")
_THOUGHT = re.compile(r"\s*<think>(.*?)</think>\s*", re.DOTALL)


def _thought_apart(found: Conversation) -> Conversation:
    """What the assistant thinks aloud in `<think>` tags before it answers is not part of the answer."""
    replies = [turn for turn in (*found.messages, found.reply, found.worse) if turn and turn["role"] == "assistant"]
    for turn in replies:
        if isinstance(said := turn.get("content"), str) and (thought := _THOUGHT.match(said)):
            turn["content"] = said[thought.end() :]
            turn.setdefault("reasoning_content", thought[1].strip())
    if isinstance(found.reference, str) and (thought := _THOUGHT.match(found.reference)):
        if found.reply is None:
            found.lost["reasoning"] = thought[1].strip()
        found.reference = found.reference[thought.end() :]
    return found


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
        _check_converse(row)
        candidates = turns[-1].get("candidates") if turns else None
        if isinstance(candidates, list):
            return _pairs(row, turns[:-1], candidates)
        turns = openai_turns(system if isinstance(system, list) else [], turns)
        tools, system = tools or openai_tools(row.get("toolConfig") or {}), None
    turns = [*_system(system), *openai_messages(turns)]
    reply = turns.pop() if turns and turns[-1].get("role") == "assistant" else None
    reference = next((row[key] for key in _REFERENCES if row.get(key) is not None), None)
    if reference is None and isinstance(metadata := row.get("metadata"), Mapping):
        reference = next((metadata[key] for key in _REFERENCES if metadata.get(key) is not None), None)
    used = ("messages", "tools", "functions", "toolConfig", "system", "schemaVersion", *_REFERENCES)
    if not turns:
        raise FormatError("messages hold no question")
    found = Conversation(shape, turns, reference, reply, extra=_rest(row, *used))
    return _with_tools(found, tools)


def _check_converse(row: Mapping[str, Any]) -> None:
    """Raise `FormatError` where a part of a Converse row is not what its place asks for, and reading would lose it."""
    from datagen.validate.sft import walk_dpo, walk_sft
    from datagen.validate.walk import Walk

    known = {key: structured(row[key]) for key in ("messages", "system", "toolConfig") if key in row}
    turns = known["messages"]
    pair = isinstance(turns, list) and turns and isinstance(turns[-1], dict) and "candidates" in turns[-1]
    walk = Walk(Target.DPO if pair else Target.TRAINING_JOB_SFT, "nova-lite" if pair else "nova-2-lite")
    (walk_dpo if pair else walk_sft)(walk, known)
    for code, place, message in walk.problems:
        if code in _UNREADABLE:
            raise FormatError(f"{place}: {message}")


_UNREADABLE = ("wrong-type", "missing-key", "block", "tool-config")


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


def _share_gpt(row: Mapping[str, Any]) -> Conversation:
    said = structured(row["conversations"])
    inner = {key: value for key, value in row.items() if key != "conversations"}
    found = _chat({**inner, "messages": [turn for turn in said if isinstance(turn, Mapping)]})
    found.shape = "ShareGPT"
    return found


def _chosen(row: Mapping[str, Any]) -> Conversation:
    good, bad = (_turns(_transcript(structured(row[key])), "assistant") for key in ("chosen", "rejected"))
    asked = row.get("prompt") or row.get("conversations")
    prompt = [*_system(row.get("system")), *(_turns(structured(asked)) if asked else good[:-1])]
    if not good or not bad or not prompt:
        raise FormatError("chosen and rejected need a prompt and an answer each")
    rest = _rest(row, "prompt", "conversations", "chosen", "rejected", "system")
    return Conversation("chosen and rejected", prompt, None, good[-1], bad[-1], extra=rest)


def _transcript(said: Any) -> Any:
    """Turns of one text in which each begins with its speaker, as Anthropic's HH has them."""
    if not isinstance(said, str) or not (found := _SPEAKER.split(said))[1:]:
        return said
    turns = [{"role": who, "content": text.strip()} for who, text in zip(found[1::2], found[2::2], strict=True)]
    return turns if not found[0].strip() else said


_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


def _preferred(row: Mapping[str, Any]) -> Conversation:
    """OpenAI's preference pairs."""
    inner = structured(row["input"])
    turns = inner["messages"] if isinstance(inner, Mapping) and "messages" in inner else inner
    good, bad = (_turns(structured(row[key]), "assistant") for key in ("preferred_output", "non_preferred_output"))
    rest = _rest(row, "input", "preferred_output", "non_preferred_output")
    found = Conversation("OpenAI preference pair", _turns(turns), None, good[-1], bad[-1], extra=rest)
    return _with_tools(found, inner.get("tools") if isinstance(inner, Mapping) else None)


def _alpaca(row: Mapping[str, Any]) -> Conversation:
    given = (row.get(key) for key in ("instruction", "input", "context"))
    asked = "\n\n".join(_text(value) for value in given if value and value != "<noinput>")
    answer = next(row[key] for key in ("output", "response") if key in row)
    earlier = structured(row.get("history")) or []
    told = isinstance(earlier, list) and all(isinstance(pair, list) and len(pair) == 2 for pair in earlier)
    before = [{"role": role, "content": _text(text)} for pair in earlier for role, text in zip(_TWO, pair, strict=True)]
    messages = [*_system(row.get("system")), *(before if told else ()), {"role": "user", "content": asked}]
    used = ("instruction", "input", "context", "output", "response", "system", *(("history",) if told else ()))
    return Conversation("Alpaca", messages, answer, extra=_rest(row, *used))


_TWO = ("user", "assistant")


def _xlam(row: Mapping[str, Any]) -> Conversation:
    """A query, the tools and the right calls, as Salesforce's xLAM has them."""
    calls = structured(row["answers"])
    reference = {"tool_calls": calls if isinstance(calls, list) else [calls]}
    messages = [*_system(row.get("system")), *_turns(row["query"])]
    found = Conversation("xLAM", messages, reference, extra=_rest(row, "query", "answers", "tools", "system"))
    tools = structured(row["tools"])
    return _with_tools(found, [_python_types(tool) for tool in tools] if isinstance(tools, list) else tools)


def _glaive(row: Mapping[str, Any]) -> Conversation:
    """One text of turns with their speakers; calls stay as they are written in it."""
    found = _GLAIVE.split(row["chat"])
    turns = [
        {"role": who.rpartition(" ")[2].lower(), "content": text.replace("<|endoftext|>", "").strip()}
        for who, text in zip(found[1::2], found[2::2], strict=True)
    ]
    system = _text(row.get("system")).removeprefix("SYSTEM:").strip()
    turns = [{**turn, "role": "tool" if turn["role"] == "response" else turn["role"]} for turn in turns]
    told = _chat({"messages": turns, **({"system": system} if system else {})})
    told.shape, told.extra = "Glaive", _rest(row, "chat", "system")
    return told


_GLAIVE = re.compile(r"(?:\A|\n)\s*(USER|ASSISTANT|FUNCTION RESPONSE):")


def _choice(row: Mapping[str, Any]) -> Conversation:
    """A question with choices, whose answer is a letter; the right one is named by place, letter or text."""
    asked = next(key for key in ("question", "ctx", "input", "prompt") if row.get(key))
    listed = next(key for key in _CHOICES if row.get(key))
    choices, labels = structured(row[listed]), None
    if isinstance(choices, Mapping):
        choices, labels = choices.get("text", list(choices.values())), choices.get("label", list(choices))
    if not isinstance(choices, list) or not choices:
        raise FormatError(f"{listed} holds no list of choices")
    letters = [chr(ord("A") + index) for index in range(len(choices))]
    labels = list(map(str, labels)) if isinstance(labels, list) else letters
    key = next((key for key in ("answerKey", "answer", "label", "target", "gold") if row.get(key) is not None), "")
    right = _place_of(row.get(key), labels, [_text(choice) for choice in choices])
    if right is None or right >= len(choices):
        raise FormatError(f"{row.get(key)!r} names none of the {len(choices)} choices")
    lines = [f"{letter}. {_text(choice)}" for letter, choice in zip(letters, choices, strict=True)]
    before = "".join(f"{_text(row[name])}\n\n" for name in _CONTEXTS if row.get(name))
    messages = [{"role": "user", "content": f"{before}{_text(row[asked])}\n\n" + "\n".join(lines)}]
    rest = _rest(row, asked, listed, key, *_CONTEXTS, "system")
    return Conversation("multiple choice", [*_system(row.get("system")), *messages], letters[right], extra=rest)


_CHOICES = ("choices", "options", "endings")


def _place_of(answer: Any, labels: list[str], choices: list[str]) -> int | None:
    """Which choice is meant: its number from 0, its label, its text, or its number written as text."""
    if isinstance(answer, int) and not isinstance(answer, bool):
        return answer if 0 <= answer < len(choices) else None
    said = _text(answer).strip()
    for known in (labels, choices):
        if said in known:
            return known.index(said)
    return int(said) if said.isdigit() and int(said) < len(choices) else None


def _squad(row: Mapping[str, Any]) -> Conversation:
    """A question about a context with the answers that count as right."""
    answers = structured(row["answers"])
    texts = answers.get("text") if isinstance(answers, Mapping) else answers
    if not isinstance(texts, list | None):
        raise FormatError(f"answers holds {_text(texts):.60}, expected texts")
    texts = [item.get("text") if isinstance(item, Mapping) else item for item in (texts or [])]
    right = list(dict.fromkeys(_text(text) for text in texts if _text(text).strip()))
    if not right:
        raise FormatError("answers holds no answer; a question without one needs an answer that says so")
    before = "".join(f"{_text(row[name])}\n\n" for name in _CONTEXTS if row.get(name))
    messages = [*_system(row.get("system")), {"role": "user", "content": before + _text(row["question"])}]
    rest = _rest(row, "question", "answers", *_CONTEXTS, "system")
    if isinstance(answers, Mapping) and answers.get("answer_start"):
        rest["answer_start"] = answers["answer_start"]
    return Conversation("SQuAD", messages, right[0] if len(right) == 1 else {"$any_of": right}, extra=rest)


def _math(row: Mapping[str, Any]) -> Conversation:
    """A problem with its worked solution, the answer in a box, or beside it."""
    solution = row.get("solution")
    boxed = _BOXED.findall(solution) if isinstance(solution, str) else []
    final = row["answer"] if row.get("answer") is not None else boxed[-1] if boxed else None
    reply = {"role": "assistant", "content": solution} if isinstance(solution, str) and final is not None else None
    messages = [*_system(row.get("system")), *_turns(row["problem"])]
    rest = _rest(row, "problem", "answer", "solution", "system")
    return Conversation("problem and solution", messages, solution if final is None else final, reply, extra=rest)


_BOXED = re.compile(r"\\boxed\{([^{}]*(?:\{[^{}]*\}[^{}]*)*)\}")


def _said_in_turn(row: Mapping[str, Any]) -> Conversation:
    """A list of texts, the user's first."""
    key = "dialog" if "dialog" in row else "dialogue"
    said = structured(row[key])
    found = _chat({"messages": [{"role": _TWO[at % 2], "content": _text(text)} for at, text in enumerate(said)]})
    found.shape, found.extra = "dialogue", _rest(row, key)
    return found


def _gemini(row: Mapping[str, Any]) -> Conversation:
    system = structured(row.get("systemInstruction") or row.get("system_instruction") or {})
    parts = system.get("parts") if isinstance(system, Mapping) else system
    found = _chat({"messages": structured(row["contents"]), "system": [parts] if isinstance(parts, Mapping) else parts})
    found.shape, found.extra = "Gemini", _rest(row, "contents", "systemInstruction", "system_instruction")
    return found


def _pair(row: Mapping[str, Any]) -> Conversation:
    asked, answered = next(pair for pair in _PAIRS if all(row.get(key) is not None for key in pair))
    messages = [*_system(row.get("system")), *_turns(structured(row[asked]))]
    rest = _rest(row, asked, answered, "system")
    return Conversation(f"{asked} and {answered}", messages, structured(row[answered]), extra=rest)


_PAIRS = (
    ("input", "output"),
    ("inputs", "targets"),
    ("question", "response"),
    ("question", "output"),
    ("query", "answer"),
    ("source", "target"),
    ("document", "summary"),
    ("article", "highlights"),
    ("text", "summary"),
)


def _function_calling(row: Mapping[str, Any]) -> Conversation:
    """The Berkeley leaderboard: accepted values of each argument in a list, "" where it may be left out."""
    asked = structured(row["question"])
    rounds = asked if isinstance(asked, list) and asked and isinstance(asked[0], list) else [asked]
    functions = structured(row["function"])
    tools = [_python_types(tool) for tool in (functions if isinstance(functions, list) else [functions])]
    truth = structured(row.get("ground_truth"))
    calls = [_accepted(call) for call in truth] if isinstance(truth, list) else []
    extra = _rest(row, "question", "function", "ground_truth")
    reference = {"tool_calls": calls} if truth is not None else None
    found = Conversation("BFCL", _turns(rounds[0]), reference, extra=extra)
    found.lost = {"question[1:]": rounds[1:]} if rounds[1:] else {}
    return _with_tools(found, tools)


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
    given = [_inner_values(value) for value in values if value != ""]
    if len(given) == len(values) == 1:
        return given[0]
    return {"$any_of": given or [""], **({"$optional": True} if len(given) < len(values) else {})}


def _inner_values(value: Any) -> Any:
    """An object among the accepted values names the accepted values of each of its keys."""
    if isinstance(value, Mapping):
        return {key: _any_of(inner) for key, inner in value.items()}
    return [_inner_values(inner) for inner in value] if isinstance(value, list) else value


def _python_types(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_python_types(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: _python_types(value) for key, value in schema.items()}
    if isinstance(given := made.get("parameters"), dict) and _is_named_types(given):
        made["parameters"] = _object_of(given)
    kind = made.get("type")
    if kind == "any":
        del made["type"]
    elif isinstance(kind, str):
        made["type"] = _SCHEMA_TYPES.get(kind.lower(), kind)
    return made


def _is_named_types(given: Mapping[str, Any]) -> bool:
    """Whether parameters are listed by name, without the object around them."""
    return "properties" not in given and all(isinstance(value, Mapping) and "type" in value for value in given.values())


def _object_of(named: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A schema of parameters listed by name, whose type may say ``str, optional``."""
    required = [
        name for name, about in named.items() if "optional" not in str(about["type"]) and "default" not in about
    ]
    properties = {name: {**about, **_python_type(str(about["type"]))} for name, about in named.items()}
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _python_type(said: str) -> dict[str, Any]:
    outer = re.split(r"[\[,( ]", said.strip(), maxsplit=1)[0].lower()
    return {"type": _SCHEMA_TYPES.get(outer, outer if outer in _SCHEMA_TYPES.values() else "string")}


_FINAL = re.compile(r"####\s*(\S.*?)\s*\Z")


def _question(row: Mapping[str, Any]) -> Conversation:
    answer = structured(row["answer"])
    before = [_text(row[name]) for name in _CONTEXTS if row.get(name)]
    asked = structured(row["question"])
    asked = "\n\n".join([*before, asked]) if isinstance(asked, str) else asked
    used = _CONTEXTS if isinstance(asked, str) else ()
    messages = [*_system(row.get("system")), *_turns(asked)]
    rest = _rest(row, "question", "answer", "system", *used)
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
    if (isinstance(judged, Mapping) and len(judged) > 1) or (judged and not isinstance(judged, Mapping)):
        rest["reward_model"] = judged
    reference = said if reference is None and reply is None else reference
    if row.get("label") is False and reference is None:  # a row of KTO that shows what is not wanted
        found = Conversation("prompt and completion", messages, None, None, reply, extra=rest)
        return _with_tools(found, structured(row.get("tools")))
    found = Conversation("prompt and completion", messages, reference, reply, extra=rest)
    return _with_tools(found, structured(row.get("tools")))


def _multi_turn(row: Mapping[str, Any]) -> Conversation:
    told = dict(row["metadata"])
    info = structured(told.pop("info", None))
    extra = {**_rest(row, "metadata"), **{key: told[key] for key in told if key not in ("prompt", "answer")}}
    if info is not None:
        extra["info"] = info
    return Conversation("Forge multi-turn", _turns(told["prompt"]), told.get("answer"), extra=extra)


def _intent(row: Mapping[str, Any]) -> Conversation:
    if isinstance(words := structured(row.get("tokens")), list) and not any(row.get(key) for key in _UTTERANCES):
        row = {**row, "text": " ".join(map(_text, words))}
    key = next((key for key in _UTTERANCES if isinstance(row.get(key), str)), "")
    if not key:
        raise FormatError(f"none of {', '.join(_UTTERANCES)} holds text")
    truth = {name: structured(row[name]) for name in _LABELS if row.get(name) is not None}
    tags = next((name for name in ("tags", "ner_tags", "slot_tags") if row.get(name) is not None), "")
    if "tokens" in row and tags:
        truth["slots"] = row[tags]
    return Conversation("intent and slots", _turns(row[key]), truth, extra=_rest(row, key, tags, "tokens", *truth))


_LABELS = ("intent", "slots", "entities", "label", "labels")


_UTTERANCES = ("text", "utterance", "sentence", "query")


def _has(*keys: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda row: all(row.get(key) is not None for key in keys)


_SHAPES: tuple[tuple[Callable[[Mapping[str, Any]], bool], Callable[[Mapping[str, Any]], Conversation]], ...] = (
    (lambda row: isinstance(structured(row.get("messages")), list), _chat),
    (_has("chosen", "rejected"), _chosen),
    (_has("preferred_output", "non_preferred_output", "input"), _preferred),
    (lambda row: isinstance(structured(row.get("conversations")), list), _share_gpt),
    (
        lambda row: isinstance(structured(row.get("conversation")), list),
        lambda row: _share_gpt({**_rest(row, "conversation"), "conversations": row["conversation"]}),
    ),
    (lambda row: isinstance(structured(row.get("contents")), list), _gemini),
    (lambda row: isinstance(structured(row.get("dialog", row.get("dialogue"))), list), _said_in_turn),
    (lambda row: isinstance(row.get("chat"), str) and _GLAIVE.search(row["chat"]) is not None, _glaive),
    (lambda row: "instruction" in row and ("output" in row or "response" in row), _alpaca),
    (_has("question", "function"), _function_calling),
    (_has("query", "tools", "answers"), _xlam),
    (lambda row: any(row.get(key) for key in _CHOICES) and any(map(row.get, ("question", "ctx", "input"))), _choice),
    (_has("question", "answers"), _squad),
    (_has("question", "answer"), _question),
    (_has("query", "response"), _gen_qa),
    (lambda row: _has("problem", "solution")(row) or _has("problem", "answer")(row), _math),
    (_has("prompt"), _prompt),
    (lambda row: isinstance(row.get("metadata"), Mapping) and "prompt" in row["metadata"], _multi_turn),
    (lambda row: "intent" in row and (any(map(row.get, _UTTERANCES)) or bool(row.get("tokens"))), _intent),
    (lambda row: row.get("label", row.get("labels")) is not None and any(map(row.get, _UTTERANCES)), _intent),
    (lambda row: any(_has(*pair)(row) for pair in _PAIRS), _pair),
)


def _turns(said: Any, speaker: str = "user") -> list[Turn]:
    """Turns of a text, one turn, or a list of them."""
    if isinstance(said, Mapping):
        said = [said]
    if isinstance(said, list) and all(isinstance(turn, Mapping) for turn in said):
        return openai_messages({"role": speaker, **turn} if "from" not in turn else turn for turn in said)
    return [{"role": speaker, "content": _text(said)}]


def _system(said: Any) -> list[Turn]:
    if isinstance(said, list):
        said = "\n".join(_text(block.get("text")) if isinstance(block, Mapping) else _text(block) for block in said)
    return [{"role": "system", "content": said}] if isinstance(said, str) and said.strip() else []


def _with_tools(found: Conversation, tools: Any) -> Conversation:
    """The conversation with complete OpenAI functions: a description and parameters, which Nova's formats ask for."""
    if not isinstance(tools, list):
        if tools:
            found.lost["tools"] = tools
        return found
    found.tools = openai_tools(converse_tools(tools))
    for tool in tools:
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        for key in inner if isinstance(inner, Mapping) else ():
            if key not in _TOOL_KEYS:
                found.lost.setdefault(f"tools[].{key}", []).append(inner[key])
    return found


_TOOL_KEYS = ("type", "name", "description", "parameters", "input_schema", "inputSchema", "toolSpec")


def _rest(row: Mapping[str, Any], *used: str) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in used}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)

"""Rows that hold turns: OpenAI, Hugging Face, Converse, Gemini, ShareGPT, Glaive, and logs of calls to a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datagen.errors import FormatError
from datagen.existing.conversation import (
    ANSWERS,
    REFERENCES,
    Conversation,
    rest_of,
    system_of,
    text_of,
    turns_of,
    with_tools,
)
from datagen.existing.preferences import candidates
from datagen.existing.templates import key_of_turns, turns_in
from datagen.existing.turns import Turn, openai_messages
from datagen.formats.translate import openai_tools, openai_turns
from datagen.validate import Target
from rewards.parsing.references import structured

_CONVERSE_BLOCKS = frozenset({"text", "toolUse", "toolResult", "image", "video", "document", "reasoningContent"})
_UNREADABLE = ("wrong-type", "missing-key", "block", "tool-config")
_TWO = ("user", "assistant")
_GLAIVE = re.compile(r"(?:\A|\n)\s*(USER|ASSISTANT|FUNCTION RESPONSE):")


def chat(row: Mapping[str, Any]) -> Conversation:
    """OpenAI chat, Hugging Face messages, Nova RFT, and Converse."""
    turns = [dict(turn) for turn in structured(row["messages"]) if isinstance(turn, Mapping)]
    tools = structured(row.get("tools")) or structured(row.get("functions")) or []
    system: Any = row.get("system")
    shape = "OpenAI chat"
    if _is_converse(row, turns):
        shape = "Converse"
        _check_converse(row)
        labelled = turns[-1].get("candidates") if turns else None
        if isinstance(labelled, list):
            return candidates(row, turns[:-1], labelled)
        turns = openai_turns(system if isinstance(system, list) else [], turns)
        tools, system = tools or openai_tools(row.get("toolConfig") or {}), None
    turns = [*system_of(system), *openai_messages(turns)]
    reply = turns.pop() if turns and turns[-1].get("role") == "assistant" else None
    reference = next((row[key] for key in REFERENCES if row.get(key) is not None), None)
    if reference is None and isinstance(metadata := row.get("metadata"), Mapping):
        reference = next((metadata[key] for key in REFERENCES if metadata.get(key) is not None), None)
    beside: dict[str, Any] = {}
    if reply is None and reference is None:
        key, reply, beside = _answered_beside(row)
        row = rest_of(row, key)
    used = ("messages", "tools", "functions", "toolConfig", "system", "schemaVersion", *REFERENCES)
    if not turns:
        raise FormatError("messages hold no question")
    found = Conversation(shape, turns, reference, reply, extra={**rest_of(row, *used), **beside})
    return with_tools(found, tools)


def _answered_beside(row: Mapping[str, Any]) -> tuple[str, Turn | None, dict[str, Any]]:
    """The key of an answer that stands beside its turns, as text or a model's response, and what else that holds."""
    for key in ANSWERS:
        said = structured(row.get(key))
        turn, rest = (turn_in(said) or (None, {})) if isinstance(said, Mapping) else (None, {})
        if isinstance(said, str) and said:
            turn = {"role": "assistant", "content": said}
        if turn:
            return key, openai_messages([turn])[-1], {f"{key}.{name}": value for name, value in rest.items()}
    return "", None, {}


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


def _is_converse(row: Mapping[str, Any], turns: list[Turn]) -> bool:
    if row.get("schemaVersion") or row.get("toolConfig") or any("candidates" in turn for turn in turns):
        return True
    contents = [turn.get("content") for turn in turns]
    blocks = [block for content in contents if isinstance(content, list) for block in content]
    return bool(blocks) and all(
        isinstance(block, Mapping) and "type" not in block and _CONVERSE_BLOCKS & set(block) for block in blocks
    )


def share_gpt(row: Mapping[str, Any]) -> Conversation:
    """Turns under `conversations`, or `conversation`, said `from` someone."""
    key = "conversations" if "conversations" in row else "conversation"
    said = [turn for turn in structured(row[key]) if isinstance(turn, Mapping)]
    if said and all({"input", "output"} <= turn.keys() for turn in said):
        said = [{"role": role, "content": turn[side]} for turn in said for role, side in zip(_TWO, _PAIR, strict=True)]
    found = chat({**rest_of(row, key), "messages": said})
    found.shape = "ShareGPT"
    return found


_PAIR = ("input", "output")


def glaive(row: Mapping[str, Any]) -> Conversation:
    """One text of turns with their speakers; calls stay as they are written in it."""
    found = _GLAIVE.split(row["chat"])
    turns = [
        {"role": who.rpartition(" ")[2].lower(), "content": text.replace("<|endoftext|>", "").strip()}
        for who, text in zip(found[1::2], found[2::2], strict=True)
    ]
    system = text_of(row.get("system")).removeprefix("SYSTEM:").strip()
    turns = [{**turn, "role": "tool" if turn["role"] == "response" else turn["role"]} for turn in turns]
    told = chat({"messages": turns, **({"system": system} if system else {})})
    told.shape, told.extra = "Glaive", rest_of(row, "chat", "system")
    return told


def templated(row: Mapping[str, Any]) -> Conversation:
    """One text that a chat template wrote, ChatML's, Llama's, Gemma's or another."""
    key = key_of_turns(row)
    found = chat({**rest_of(row, key), "messages": turns_in(row[key])})
    found.shape = "text of a chat template"
    return found


def is_glaive(row: Mapping[str, Any]) -> bool:
    """Whether `chat` is a text with Glaive's speakers."""
    return isinstance(row.get("chat"), str) and _GLAIVE.search(row["chat"]) is not None


DIALOGUES = ("dialog", "dialogue", "data")


def is_talk(row: Mapping[str, Any]) -> bool:
    """Whether a row holds a dialogue, as texts of two who take turns or as turns."""
    said = structured(row.get("data"))
    of_texts = isinstance(said, list) and len(said) > 1 and all(isinstance(text, str) for text in said)
    return of_texts or any(isinstance(structured(row.get(key)), list) for key in DIALOGUES[:2])


def said_in_turn(row: Mapping[str, Any]) -> Conversation:
    """A list of texts, the user's first, or of turns."""
    key = next(key for key in DIALOGUES if isinstance(structured(row.get(key)), list))
    said = structured(row[key])
    turns = [
        turn if isinstance(turn, Mapping) else {"role": _TWO[at % 2], "content": text_of(turn)}
        for at, turn in enumerate(said)
    ]
    found = chat({**rest_of(row, key), "messages": turns})
    found.shape = "dialogue"
    return found


def gemini(row: Mapping[str, Any]) -> Conversation:
    """Gemini's `contents` of `parts`."""
    system = structured(row.get("systemInstruction") or row.get("system_instruction") or {})
    parts = system.get("parts") if isinstance(system, Mapping) else system
    inner = rest_of(row, "contents", "systemInstruction", "system_instruction")
    said = [parts] if isinstance(parts, Mapping) else parts
    turns = [{"role": "user", **turn} if isinstance(turn, Mapping) else turn for turn in structured(row["contents"])]
    found = chat({**inner, "messages": turns, **({"system": said} if said else {})})
    found.shape = "Gemini"
    return found


def chat_gpt(row: Mapping[str, Any]) -> Conversation:
    """A conversation of ChatGPT's export: the branch of its tree that was open last."""
    nodes, at = row["mapping"], row["current_node"]
    turns: list[Turn] = []
    seen: set[str] = set()
    while isinstance(node := nodes.get(at), Mapping) and at not in seen:
        seen.add(at)
        match node.get("message"):
            case {"author": {"role": who}, "content": {"parts": list() as parts}} if any(parts):
                turns.append({"role": who, "content": [part for part in parts if part]})
        at = node.get("parent")
    found = chat({**rest_of(row, "mapping", "current_node"), "messages": turns[::-1]})
    found.shape = "ChatGPT's export"
    found.lost["mapping"] = nodes  # with the branches that were left
    return found


def claude_ai(row: Mapping[str, Any]) -> Conversation:
    """A conversation of Claude's export."""
    turns = [{"role": turn.get("sender"), "content": turn.get("text")} for turn in row["chat_messages"]]
    found = chat({**rest_of(row, "chat_messages"), "messages": turns})
    found.shape = "Claude's export"
    return found


def multi_turn(row: Mapping[str, Any]) -> Conversation:
    """Forge's multi-turn rows, all under `metadata`."""
    told = dict(row["metadata"])
    info = structured(told.pop("info", None))
    extra = {**rest_of(row, "metadata"), **{key: told[key] for key in told if key not in ("prompt", "answer")}}
    if info is not None:
        extra["info"] = info
    return Conversation("Forge multi-turn", turns_of(told["prompt"]), told.get("answer"), extra=extra)


def logged_request(row: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The body of the request that a log or a batch holds: Bedrock's logs and batches, OpenAI's."""
    for outer, inner in _REQUESTS:
        body = structured(row.get(outer))
        body = structured(body.get(inner)) if inner and isinstance(body, Mapping) else body
        if isinstance(body, Mapping) and any(isinstance(body.get(key), list) for key in ("messages", "contents")):
            return body
    return None


_REQUESTS = (
    *(("input", "inputBodyJson"), ("modelInput", ""), ("body", ""), ("request", "body"), ("request", "")),
    ("request_body", ""),
)
_RESPONSES = (
    *(("output", "outputBodyJson"), ("modelOutput", ""), ("response", "body"), ("response", "")),
    ("response_body", ""),
)


def unlogged(row: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What was asked of a model, with its reply where the log holds one, as a row; and what the log says beside it."""
    body = logged_request(row) or {}
    reply, rest = _logged_reply(row)
    key = "messages" if "messages" in body else "contents"
    outer = {name: value for name, value in row.items() if structured(value) is not body and name not in _OUTER}
    beside = {f"response.{name}": value for name, value in rest.items()}
    for outside, inside in (("input", "inputBodyJson"), ("output", "outputBodyJson")):
        facts = row.get(outside)
        if isinstance(facts, Mapping) and inside in facts:
            beside |= {f"{outside}.{name}": value for name, value in facts.items() if name != inside}
    return {**outer, **body, key: [*body[key], *([reply] if reply else [])]}, beside


_OUTER = (
    *("input", "output", "modelInput", "modelOutput", "body", "request", "response"),
    *("request_body", "response_body"),
)


def _logged_reply(row: Mapping[str, Any]) -> tuple[Turn | None, dict[str, Any]]:
    """The turn that the model answered, and what the response holds beside it."""
    for outer, inner in _RESPONSES:
        said = structured(row.get(outer))
        said = structured(said.get(inner)) if inner and isinstance(said, Mapping) else said
        if isinstance(said, Mapping) and (found := turn_in(said)):
            return found
    return None, {}


def turn_in(said: Mapping[str, Any]) -> tuple[Turn, dict[str, Any]] | None:
    """The turn of a model in a response of OpenAI's, Bedrock's, Anthropic's or Gemini's API, and what else it holds."""
    match said:
        case {"choices": [{"message": Mapping() as turn}, *_]}:
            return dict(turn), rest_of(said, "choices")
        case {"output": {"message": Mapping() as turn}}:
            return dict(turn), rest_of(said, "output")
        case {"content": list() as content, "role": "assistant"}:
            return {"role": "assistant", "content": content}, rest_of(said, "content", "role")
        case {"candidates": [{"content": Mapping() as turn}, *_]}:
            return {"role": "model", **turn}, rest_of(said, "candidates")
    return None

"""Turns of any API or data set as OpenAI's: one set of roles, calls with ids, each result under the id of its call.

What a turn holds and OpenAI's have no place for stays in the turn; whoever writes it says what was lost.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datagen.errors import FormatError
from datagen.existing.templates import results_apart, with_calls
from rewards.parsing.references import structured
from rewards.parsing.tool_calls import native_calls

Turn = dict[str, Any]
_ROLES = {
    **dict.fromkeys(("user", "human", "prompter", "instruction"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "chatbot", "model", "chatgpt", "ai", "bing", "bard"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("tool", "function", "observation", "ipython", "environment"), "tool"),
    **dict.fromkeys(("tool_response", "function_response", "function-response", "tool_result"), "tool"),
    **dict.fromkeys(("function_call", "function-call", "tool_call", "tool_calls"), "call"),
}
_SPOKEN = {"from": "role", "value": "content"}
_ITEMS = ("message", "function_call", "function_call_output", "reasoning")


def openai_messages(turns: Iterable[Mapping[str, Any]], *, native: bool = True) -> list[Turn]:
    """The turns in OpenAI's form. Raises `FormatError` at a role that is not known.

    A result whose call was written as text, so that it has no id, is what the user says next. With `native` off, a
    turn that is nothing but a call stays text.

    >>> openai_messages([{"from": "human", "value": "Rome?"}, {"from": "gpt", "value": "Sunny."}])
    [{'role': 'user', 'content': 'Rome?'}, {'role': 'assistant', 'content': 'Sunny.'}]
    """
    made: list[Turn] = []
    waiting: list[tuple[str, str]] = []  # id and name of the calls without a result
    for place, turn in enumerate(_items_joined(map(_said, turns))):
        for one in (told for part in _parts_apart(turn) for told in _told(part, place, native, bool(waiting))):
            if one["role"] == "assistant":
                _name_calls(one, place)
                waiting = [(call["id"], call["function"]["name"]) for call in one.get("tool_calls", ())]
            elif one["role"] == "tool":
                one = _answered(one, waiting)
            elif one["role"] == "system" and _is_blank(one["content"]):  # as templates write one that is none
                continue
            made.append(one)
    return made


def _told(turn: Turn, place: int, native: bool, waiting: bool) -> Iterator[Turn]:
    """A turn with its role, calls and results out of the text that holds them."""
    one = _with_role(turn, place)
    if one["role"] == "call":
        one = _call_turn(one, native)
    if one["role"] == "assistant" and native:
        one = with_calls(one)
    if one["role"] == "tool" or (one["role"] == "user" and waiting):
        yield from results_apart(one)
    else:
        yield one


def _said(turn: Mapping[str, Any]) -> Turn:
    """A turn with who speaks under `role` and what is said under `content`."""
    said = {_SPOKEN.get(key, key): value for key, value in turn.items()}
    if "role" not in said and isinstance(said.get("author"), str):
        said["role"] = said.pop("author")
    return said


def _items_joined(turns: Iterable[Turn]) -> Iterator[Turn]:
    """Turns of which those in a row that OpenAI's Responses hold as items are one: thoughts, calls and what is said."""
    held: Turn = {}
    for turn in turns:
        kind = turn.get("type") if turn.get("type") in _ITEMS else None
        own = {key: value for key, value in turn.items() if not (kind and key in ("type", "status", "id"))}
        if kind in ("function_call", "reasoning") or (kind and held and own.get("role") == "assistant"):
            item = _item(kind, turn) if kind != "message" else own
            calls = [*held.get("tool_calls", ()), *item.get("tool_calls", ())]
            held = {**held, **item, **({"tool_calls": calls} if calls else {})}
            continue
        if held:
            yield held
            held = {}
        if kind == "function_call_output":
            yield {"role": "tool", "tool_call_id": turn.get("call_id"), "content": turn.get("output")}
        else:
            yield own
    if held:
        yield held


def _item(kind: str | None, item: Turn) -> Turn:
    """A call or a thought of the assistant as a turn."""
    if kind == "reasoning":
        thoughts = [part.get("text") for part in item.get("summary") or () if isinstance(part, Mapping)]
        return {"role": "assistant", "content": None, "reasoning_content": "\n".join(map(str, thoughts))}
    function = {"name": item.get("name"), "arguments": item.get("arguments") or "{}"}
    return {"role": "assistant", "content": None, "tool_calls": [{"id": item.get("call_id"), "function": function}]}


def _with_role(turn: Turn, place: int) -> Turn:
    spoken = turn.get("role")
    role = _ROLES.get(str(spoken).strip().lower())
    if not isinstance(spoken, str):
        raise FormatError(
            f"messages[{place}] has no role, only {', '.join(map(repr, turn))}; a log of people's chat does not say "
            "which answer is right: write rows of a question and its answer"
        )
    if role is None:
        known = "user, assistant, system, tool"
        raise FormatError(f"messages[{place}] is spoken by {spoken!r}, expected one of {known} or their usual names")
    rest = {key: value for key, value in turn.items() if key not in ("role", "content") and value not in _NOTHING}
    content = _plain(turn.get("content"))
    if isinstance(content, str) and (beside := _beside_text(turn["content"])):
        rest["parts"] = beside
    return {"role": role, "content": content, **rest}


_NOTHING: tuple[Any, ...] = (None, [], {})


def _beside_text(content: Any) -> list[Any]:
    """What parts of text hold beside it, such as the marks of a cache."""
    parts = [part for part in content if isinstance(part, Mapping)] if isinstance(content, list) else []
    rest = [{key: part[key] for key in part if key not in _OF_TEXT and part[key] not in _NOTHING} for part in parts]
    return [one for one in rest if one]


_OF_TEXT = ("type", "text", "refusal")


def _is_blank(content: Any) -> bool:
    return content is None or (isinstance(content, str) and not content.strip())


def _plain(content: Any) -> Any:
    """Text where all parts are text, else the parts."""
    if isinstance(content, Mapping):
        known = "type" in content or "text" in content
        content = [content] if known else json.dumps(content, ensure_ascii=False)
    if not isinstance(content, list):
        return content if content is None or isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    parts = [_text_part(part) for part in content]
    if all(isinstance(part, Mapping) and isinstance(part.get("text"), str) for part in parts):
        return "\n".join(part["text"] for part in parts) if parts else None
    return parts


def _text_part(part: Any) -> Any:
    if isinstance(part, Mapping) and isinstance(part.get("refusal"), str):
        return {**part, "type": "text", "text": part["refusal"]}
    return {"type": "text", "text": part} if isinstance(part, str) else part


def _parts_apart(turn: Turn) -> Iterator[Turn]:
    """Anthropic's turn as OpenAI's: results of tools first, each a turn of its own; calls and thoughts beside the text.

    `parts` are Gemini's.
    """
    if "parts" in turn and "content" not in turn:
        turn = {**turn, "content": turn["parts"]}
        del turn["parts"]
        if isinstance(turn["content"], list):
            turn["content"] = [_of_gemini(part) for part in turn["content"]]
    content = turn.get("content")
    if not isinstance(content, list) or not any(_kind(part) for part in content):
        yield turn
        return
    kept = [part for part in content if not _kind(part)]
    for part in content:
        if _kind(part) == "tool_result":
            failed = {"status": "error"} if part.get("is_error") else {}
            beside = {key: part[key] for key in part if key not in _OF_RESULT}
            yield {
                "role": "tool",
                "tool_call_id": part.get("tool_use_id"),
                "content": part.get("content"),
                **failed,
                **beside,
            }
    calls = [
        {
            "id": part.get("id"),
            "type": "function",
            "function": {"name": part.get("name"), "arguments": _compact(part.get("input", {}))},
        }
        for part in content
        if _kind(part) == "tool_use"
    ]
    thinking = [part for part in content if _kind(part) == "thinking"]
    thoughts = "\n".join(str(part.get("thinking")) for part in thinking)
    more = {**({"tool_calls": calls} if calls else {}), **({"reasoning_content": thoughts} if thoughts else {})}
    rest = [{key: part[key] for key in part if key not in _OF_OTHERS} for part in content if _kind(part) in _SPEAKING]
    more |= {"parts": rest} if any(rest) else {}
    if kept or more:
        yield {**turn, "content": kept or None, **more}


_OF_RESULT = ("type", "tool_use_id", "content", "is_error")
_OF_OTHERS = ("type", "id", "name", "input", "thinking")
_SPEAKING = ("tool_use", "thinking")


def _of_gemini(part: Any) -> Any:
    """A part of Gemini's as Anthropic's: calls, results by the name of their function, and thoughts."""
    if not isinstance(part, Mapping):
        return part
    for key in ("functionCall", "function_call"):
        if isinstance(call := part.get(key), Mapping):
            return {"type": "tool_use", "id": call.get("id"), "name": call.get("name"), "input": call.get("args") or {}}
    for key in ("functionResponse", "function_response"):
        if isinstance(result := part.get(key), Mapping):
            made = {"type": "tool_result", "name": result.get("name"), "content": _compact(result.get("response"))}
            return {**made, "tool_use_id": result.get("id")}
    if part.get("thought") is True and isinstance(part.get("text"), str):
        rest = {key: value for key, value in part.items() if key not in ("thought", "text")}
        return {"type": "thinking", "thinking": part["text"], **rest}
    return part


def _kind(part: Any) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    return kind if kind in ("tool_use", "tool_result", "thinking") else ""


def _call_turn(turn: Turn, native: bool) -> Turn:
    """ShareGPT's turn that is a call, or several, written as JSON."""
    said = structured(turn["content"])
    calls = native_calls(said) if native else None
    if not calls or not all(call.name for call in calls):
        return {**turn, "role": "assistant"}
    made = [{"type": "function", "function": {"name": c.name, "arguments": _compact(dict(c.arguments))}} for c in calls]
    return {**turn, "role": "assistant", "content": None, "tool_calls": made}


def _name_calls(turn: Turn, place: int) -> None:
    """Calls as a list in OpenAI's wrapper, each with an id; the older `function_call` is one of them."""
    calls = structured(turn.get("tool_calls")) or []
    if not isinstance(calls, list):
        raise FormatError(f"messages[{place}].tool_calls is no list of calls: {_compact(calls)[:80]}")
    if (legacy := structured(turn.pop("function_call", None))) is not None:
        calls = [*calls, {"function": legacy}]
    if not calls:
        return
    made = []
    for index, call in enumerate(calls):
        outer = call if isinstance(call, Mapping) else {}
        inner = structured(outer.get("function"))
        function = dict(inner) if isinstance(inner, Mapping) else {k: v for k, v in outer.items() if k != "id"}
        if not isinstance(function.get("name"), str):
            raise FormatError(f"messages[{place}].tool_calls[{index}] is no call: {_compact(call)[:80]}")
        given = function.get("arguments", {})
        if isinstance(given, str) and not _is_object(given):
            raise FormatError(
                f"messages[{place}].tool_calls[{index}] has arguments that are no JSON object: {given[:80]!r}"
            )
        wrapped = {"name": function["name"], "arguments": given if isinstance(given, str) else _compact(given)}
        made.append({"id": str(outer.get("id") or f"call-{place}-{index}"), "type": "function", "function": wrapped})
    turn["tool_calls"] = made
    if _is_blank(turn.get("content")):  # as templates write a turn that only calls
        turn["content"] = None


def _is_object(text: str) -> bool:
    try:
        return not text.strip() or isinstance(json.loads(text), dict)
    except ValueError:
        return False


def _answered(turn: Turn, waiting: list[tuple[str, str]]) -> Turn:
    """The result under the id of its call: its own, that of the call of its name, or of the first still open."""
    name, own = turn.get("name"), turn.get("tool_call_id")
    rest = {key: value for key, value in turn.items() if key not in ("tool_call_id", "name")}
    match = next((pair for pair in waiting if pair[0] == own), None)
    match = match or (next((pair for pair in waiting if name and pair[1] == name), None) if own is None else None)
    match = match or (waiting[0] if waiting and own is None and not name else None)
    if match:
        waiting.remove(match)
        return {**rest, "tool_call_id": match[0]}
    return {**rest, "tool_call_id": own} if own is not None else {**rest, "role": "user"}


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

"""Bedrock's Converse wire format, known to this module only: requests from any row, responses as OpenAI turns.

Source: Bedrock's API reference, Converse: two roles which take turns, results of tools as blocks of the user, an object
schema for every tool, pictures as bytes or in S3, no blank text (botocore 1.44.8, service model `bedrock-runtime`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from datagen.formats.translate import converse_tools, converse_turns
from estimators.errors import OutputError
from rewards.parsing.messages import is_model_turn
from rewards.rows import sample_of, split_turns

_SYSTEM = ("system", "developer")
_TOOL = ("tool", "function")
_MEDIA = ("image", "document", "video")
_FORMATS = {"jpg": "jpeg"}  # what AWS calls otherwise than the rest of the world
_DATA_URL = re.compile(r"data:(?P<type>[\w.+/-]+)(;[\w=.-]+)*;base64,(?P<data>.*)", re.DOTALL)
_LONGEST_ID = 64


def converse_request(row: Mapping[str, Any], model: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The Converse request for the prompt of a row in any supported shape; a completion in the row is omitted.

    Raises `OutputError` for a picture that Bedrock cannot fetch, and for one that is no base64.

    >>> row = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "2 + 2?"}]}
    >>> converse_request(row, "arn", {"maxTokens": 10})["messages"]
    [{'role': 'user', 'content': [{'text': '2 + 2?'}]}]
    """
    spoken = _with_ids([_in_openai_s_words(turn) for turn in split_turns(row).prompt])
    first = [turn for turn in spoken if turn["role"] in _SYSTEM]
    system, turns = converse_turns([*first, *(turn for turn in spoken if turn["role"] not in _SYSTEM)])
    messages = _taking_turns(turns)
    request: dict[str, Any] = {"modelId": model, "messages": messages, "inferenceConfig": dict(settings)}
    if said := _said(system):
        request["system"] = said
    tools = [*sample_of(row).tools] or _tools_used(messages)
    if tools:
        request["toolConfig"] = converse_tools(tools)
    return request


def assistant_turn(reply: Mapping[str, Any]) -> dict[str, Any]:
    """A Converse response as an OpenAI assistant message; tool calls keep their arguments as JSON text.

    >>> content = [{"text": "I look."}, {"toolUse": {"toolUseId": "t", "name": "find", "input": {"q": 1}}}]
    >>> assistant_turn({"output": {"message": {"role": "assistant", "content": content}}})["tool_calls"][0]["function"]
    {'name': 'find', 'arguments': '{"q": 1}'}
    """
    blocks = reply["output"]["message"]["content"]
    turn: dict[str, Any] = {"role": "assistant", "content": "".join(block.get("text", "") for block in blocks)}
    calls = [block["toolUse"] for block in blocks if "toolUse" in block]
    if calls:
        turn["tool_calls"] = [
            {
                "id": call["toolUseId"],
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call["input"])},
            }
            for call in calls
        ]
    return turn


# --- turns -------------------------------------------------------------------------------------------------------
def _in_openai_s_words(turn: Mapping[str, Any]) -> dict[str, Any]:
    """Only the keys that carry words; another model's name for the assistant is the assistant."""
    kept = {key: turn[key] for key in ("content", "tool_calls", "tool_call_id", "name") if turn.get(key) is not None}
    return {**kept, "role": "assistant" if is_model_turn(turn) else str(turn.get("role"))}


def _with_ids(turns: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each call and its result under one id that Bedrock takes; a result without one belongs to the next open call."""
    made, open_ids = [], list[str]()
    for number, turn in enumerate(turns):
        calls = turn.get("tool_calls")
        if isinstance(calls, list):
            named = [_call(call, f"call-{number}-{index}") for index, call in enumerate(calls)]
            open_ids = [call["id"] for call in named]
            turn = {**turn, "tool_calls": named}
        elif turn["role"] in _TOOL:
            given = turn.get("tool_call_id")
            own = _id(given) if given else open_ids[0] if open_ids else f"call-{number}"
            open_ids = [other for other in open_ids if other != own]
            turn = {**turn, "tool_call_id": own}
        made.append(turn)
    return made


def _call(call: Any, number: str) -> dict[str, Any]:
    outer = call if isinstance(call, Mapping) else {}
    return {**outer, "id": _id(outer.get("id") or number)}


def _id(value: object) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]", "_", str(value))[:_LONGEST_ID]


def _taking_turns(turns: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Without empty turns, and two of one role in a row as one."""
    taking: list[dict[str, Any]] = []
    for turn in turns:
        blocks = _said(turn["content"])
        if taking and taking[-1]["role"] == turn["role"]:
            taking[-1]["content"] += blocks
        elif blocks:
            taking.append({"role": turn["role"], "content": blocks})
    return taking


# --- blocks ------------------------------------------------------------------------------------------------------
def _said(blocks: Iterable[Any]) -> list[dict[str, Any]]:
    return [block for given in blocks for block in [_block(given)] if block]


def _block(block: Any) -> dict[str, Any]:
    """One block as Converse takes it; empty for blank text."""
    if not isinstance(block, Mapping):
        return {"text": str(block)} if str(block).strip() else {}
    if isinstance(text := block.get("text"), str):
        return {"text": text} if text.strip() else {}
    if isinstance(use := block.get("toolUse"), Mapping):
        given = use.get("input")
        return {"toolUse": {**use, "toolUseId": _id(use.get("toolUseId")), "input": _object(given)}}
    if isinstance(result := block.get("toolResult"), Mapping):
        inner = result.get("content")
        blocks = _said(inner if isinstance(inner, list) else [inner or ""])
        return {
            "toolResult": {
                **result,
                "toolUseId": _id(result.get("toolUseId")),
                "content": blocks or [{"text": "(empty)"}],
            }
        }
    return _media(block) or dict(block)


def _object(value: Any) -> Any:
    """Arguments of a call; Bedrock takes an object only, so that any other value is one under its own name."""
    if isinstance(value, Mapping):
        return dict(value)
    return {} if value in (None, "") else {"input": value}


def _media(block: Mapping[str, Any]) -> dict[str, Any]:
    """A picture, document or video of Converse's, OpenAI's or Anthropic's form; empty for any other block."""
    for kind in _MEDIA:
        if isinstance(given := block.get(kind), Mapping):
            return {kind: {**given, "source": _source(given.get("source"))}}
    url = block.get("image_url")
    if url is not None:
        return _at(url.get("url") if isinstance(url, Mapping) else url)
    source = block.get("source")
    if block.get("type") == "image" and isinstance(source, Mapping):
        if source.get("type") == "base64":
            return _picture(str(source.get("media_type")), str(source.get("data")))
        return _at(source.get("url"))
    return {}


def _source(source: Any) -> Any:
    """In a row of JSON the bytes are base64; the client wants them as they are."""
    if isinstance(source, Mapping) and isinstance(source.get("bytes"), str):
        return {**source, "bytes": _decoded(source["bytes"])}
    return source


def _at(url: Any) -> dict[str, Any]:
    text = str(url)
    if found := _DATA_URL.fullmatch(text):
        return _picture(found["type"], found["data"])
    if text.startswith("s3://"):
        return {"image": {"format": _format(text.rpartition(".")[2]), "source": {"s3Location": {"uri": text}}}}
    raise OutputError(f"Bedrock takes a picture as a data: URL or from s3://, and the row names {text!r:.120}")


def _picture(media_type: str, data: str) -> dict[str, Any]:
    return {"image": {"format": _format(media_type.rpartition("/")[2]), "source": {"bytes": _decoded(data)}}}


def _format(name: str) -> str:
    return _FORMATS.get(name.lower(), name.lower())


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise OutputError(f"a picture in the row is no base64: {error}") from error


def _tools_used(messages: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Bedrock wants a definition of each tool that the history calls, also where the row offers none."""
    return [{"function": {"name": name}} for name in dict.fromkeys(_names(messages))]


def _names(messages: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    for message in messages:
        for block in message["content"]:
            if "toolUse" in block:
                yield str(block["toolUse"].get("name"))

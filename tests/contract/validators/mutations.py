"""Rows as AWS documents them, and every small damage to them: the same thousands in every run."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

TOOL_SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL_CONFIG = {
    "tools": [
        {"toolSpec": {"name": "weather", "description": "The weather", "inputSchema": {"json": TOOL_SCHEMA}}},
    ]
}
FUNCTIONS = [
    {"type": "function", "function": {"name": "weather", "description": "The weather", "parameters": TOOL_SCHEMA}}
]


def text(words: str) -> dict[str, Any]:
    return {"text": words}


def place(uri: str) -> dict[str, Any]:
    return {"s3Location": {"uri": uri, "bucketOwner": "123456789012"}}


def turns(*contents: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"role": ("user", "assistant")[index % 2], "content": content} for index, content in enumerate(contents)]


def sft(*contents: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {"schemaVersion": "bedrock-conversation-2024", **more, "messages": turns(*contents)}


USE = {"toolUse": {"toolUseId": "u1", "name": "weather", "input": {"city": "Oslo"}}}
RESULT = {"toolResult": {"toolUseId": "u1", "content": [{"text": "4 degrees"}]}}
JSON_RESULT = {"toolResult": {"toolUseId": "u1", "content": [{"json": {"degrees": 4}}], "status": "success"}}
THOUGHT = {"reasoningContent": {"reasoningText": {"text": "look first"}}}
IMAGE = {"image": {"format": "jpeg", "source": place("s3://bucket/a.jpg")}}
VIDEO = {"video": {"format": "mp4", "source": place("s3://bucket/a.mp4")}}
PDF = {"document": {"format": "pdf", "name": "rules", "source": place("s3://bucket/a.pdf")}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
HISTORY = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Weather in Oslo?"},
    {"role": "assistant", "content": None, "tool_calls": [CALL]},
    {"role": "tool", "tool_call_id": "c1", "content": "4 degrees"},
    {"role": "user", "content": "And is that cold?"},
]
PAIR = [
    {"role": "user", "content": [text("Is it cold?")]},
    {
        "role": "assistant",
        "candidates": [
            {"content": [text("Yes.")], "preferenceLabel": "preferred"},
            {"content": [text("Who knows.")], "preferenceLabel": "non-preferred"},
        ],
    },
]

BASES: dict[str, list[dict[str, Any]]] = {
    "sft": [
        sft(
            [text("Weather?")], [USE], [RESULT], [text("It is 4.")], system=[text("Be brief.")], toolConfig=TOOL_CONFIG
        ),
        sft([text("Weather?")], [text("I look."), USE], [JSON_RESULT], [text("4.")], toolConfig=TOOL_CONFIG),
        sft([text("Is it cold?")], [THOUGHT, text("Yes.")], system=[text("Be brief.")]),
        sft([IMAGE, text("What is it?")], [text("A map.")]),
        sft([VIDEO, text("What happens?")], [text("Rain.")]),
        sft([PDF, text("What is asked?")], [text("A form.")]),
        sft([text("Is it cold?")], [text("Yes.")]),
    ],
    "rft": [
        {"id": "r1", "messages": HISTORY[:2], "reference_answer": {"city": "Oslo"}, "tools": FUNCTIONS},
        {"id": "r2", "messages": HISTORY, "reference_answer": "yes", "tools": FUNCTIONS},
        {
            "messages": [{"role": "user", "content": [{"type": "text", "text": "Cold?"}]}],
            "reference_answer": {"answer": "yes"},
            "tools": FUNCTIONS,
        },
    ],
    "rft-multiturn": [
        {"id": "m1", "metadata": {"prompt": "2 + 2?", "answer": "4", "task": "sums", "info": {"level": "easy"}}},
        {"id": "m2", "metadata": {"prompt": HISTORY, "info": '{"level": 1}'}},
    ],
    "gen-qa": [
        {"query": "Cold?", "response": "Yes.", "system": "Be brief.", "metadata": "winter"},
        {"query": "What?", "response": "A map.", "images": [{"data": "data:image/png;base64,aGk="}]},
    ],
    "dpo": [
        {"schemaVersion": "bedrock-conversation-2024", "system": [text("Be brief.")], "messages": PAIR},
    ],
    "cpt": [{"text": "It is cold in Oslo."}],
}
VALUES: list[Any] = [
    None, 7, 1.5, True, "zz", "", " \t", "User: hi", "USER: hi", "user: hi", "x [EOS]", "x [eos]", "Thought: a",
    "<unk>", "<IMAGE>", [], {}, ["a"], {"foo": 1}, [{}], "tool", "developer", "webp", "jpg",
]  # fmt: skip


class Mutation(NamedTuple):
    """A damaged row, and what was done to it."""

    format: str
    what: str
    row: dict[str, Any]


def mutations() -> Iterator[Mutation]:
    """The rows themselves and every damage, always in the same order."""
    for name, rows in BASES.items():
        for number, row in enumerate(rows):
            yield Mutation(name, f"{number} as documented", row)
            for path in list(_paths(row, ())):
                for what, damaged in _damages(row, path):
                    if damaged != row:
                        yield Mutation(name, f"{number} {'.'.join(map(str, path))} {what}", damaged)


def _paths(value: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*path, key))


def _damages(row: dict[str, Any], path: tuple[Any, ...]) -> Iterator[tuple[str, dict[str, Any]]]:
    here = row
    for key in path:
        here = here[key]
    for value in VALUES:
        yield f"= {json.dumps(value)}", _with(row, path, value)
    yield "removed", _without(row, path)
    if isinstance(here, str):
        yield "in capitals", _with(row, path, here.upper())
    if isinstance(here, list):
        yield "doubled", _with(row, path, here * 2)
        yield "six times", _with(row, path, here * 6)
        yield "reversed", _with(row, path, here[::-1])
    if isinstance(here, dict):
        yield "with a key more", _with(row, path, {**here, "foo": 1})
        yield "with a text more", _with(row, path, {**here, "text": "more"})
    if len(path) == 1:
        yield "beside a stranger", {**row, "stranger": 1}


def _with(row: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    made = copy.deepcopy(row)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = copy.deepcopy(value)
    return made


def _without(row: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    made = copy.deepcopy(row)
    holder: Any = made
    for key in path[:-1]:
        holder = holder[key]
    del holder[path[-1]]
    return made

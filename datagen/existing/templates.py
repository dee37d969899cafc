"""Turns that a chat template already wrote as one text, and calls and results that a text holds between tags."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from rewards.parsing.references import structured
from rewards.parsing.tool_calls import native_calls

_TEXTS = ("text", "prompt", "chat", "conversation", "formatted_text")
_TAGGED = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
_LISTED = re.compile(r"\[TOOL_CALLS\]\s*(\[.*\])\s*\Z", re.DOTALL)
_RESULTS = re.compile(r"\s*<tool_response>\s*(.*?)\s*</tool_response>\s*", re.DOTALL)


class _Template(NamedTuple):
    """How turns are marked: what opens one, with who speaks as its group `who`, and what closes it."""

    opens: re.Pattern[str]
    closes: re.Pattern[str]


_TEMPLATES = (
    _Template(re.compile(r"<\|im_start\|>(?P<who>\w+)\n?"), re.compile(r"<\|im_end\|>")),  # ChatML: Qwen, Yi
    _Template(
        re.compile(r"<\|start_header_id\|>(?P<who>\w+)<\|end_header_id\|>\n*"), re.compile(r"<\|(?:eot|eom)_id\|>")
    ),  # Llama 3
    _Template(re.compile(r"<start_of_turn>(?P<who>\w+)\n?"), re.compile(r"<end_of_turn>")),  # Gemma
    _Template(
        re.compile(r"<\|(?P<who>system|user|assistant)\|>\n?"), re.compile(r"<\|end(?:oftext)?\|>|</s>")
    ),  # Phi, Zephyr
    _Template(re.compile(r"\n*### (?P<who>System|Human|User|Assistant): ?"), re.compile(r"\Z")),  # Guanaco
)
_EDGES = re.compile(r"<s>|</s>|<bos>|<eos>|<\|begin_of_text\|>|<\|end_of_text\|>|<\|endoftext\|>")
_LLAMA_2 = re.compile(r"\[INST\](.*?)\[/INST\](.*?)(?=\[INST\]|\Z)", re.DOTALL)
_SYSTEM = re.compile(r"<<SYS>>\s*(.*?)\s*<</SYS>>", re.DOTALL)
CALLS = re.compile(r"</?tool_(?:call|response)>|\[TOOL_CALLS\]")
# What is written around what is said, by templates and around thoughts.
MARKS = re.compile(
    "|".join(
        [
            *(part.pattern.replace("?P<who>", "?:") for one in _TEMPLATES for part in one if part.pattern != r"\Z"),
            *(_EDGES.pattern, r"\[/?INST\]", r"<</?SYS>>"),
            r"<\|(?:begin|end)_of_(?:thought|solution)\|>|</?(?:think|thinking|thought|reasoning|answer)>",
        ]
    )
)


def turns_in(text: str) -> list[dict[str, str]]:
    """The turns of a text that a chat template wrote; none where it is no such text, or holds words outside its turns.

    >>> turns_in("<|im_start|>user\\nRome?<|im_end|>\\n<|im_start|>assistant\\nSunny.<|im_end|>")
    [{'role': 'user', 'content': 'Rome?'}, {'role': 'assistant', 'content': 'Sunny.'}]
    >>> turns_in("<s>[INST] Rome? [/INST] Sunny.</s>")
    [{'role': 'user', 'content': 'Rome?'}, {'role': 'assistant', 'content': 'Sunny.'}]
    """
    plain = _EDGES.sub("", text)
    for template in _TEMPLATES:
        if template.opens.search(text):
            return _marked(text, template)
    return _of_llama_2(plain) if "[/INST]" in plain else []


def _marked(text: str, template: _Template) -> list[dict[str, str]]:
    opened = list(template.opens.finditer(text))
    if _EDGES.sub("", text[: opened[0].start()]).strip():
        return []
    turns: list[dict[str, str]] = []
    for one, end in zip(opened, [*(later.start() for later in opened[1:]), len(text)], strict=True):
        said, *after = template.closes.split(text[one.end() : end])
        if _EDGES.sub("", "".join(after)).strip():
            return []
        turns.append({"role": one["who"], "content": _EDGES.sub("", said).strip()})
    return turns if turns[-1]["content"] else turns[:-1]


def _of_llama_2(text: str) -> list[dict[str, str]]:
    if text.partition("[INST]")[0].strip():
        return []
    turns: list[dict[str, str]] = []
    for asked, said in _LLAMA_2.findall(text):
        if not turns and (system := _SYSTEM.search(asked)):
            turns.append({"role": "system", "content": system[1]})
            asked = asked.replace(system[0], "")
        turns += [{"role": "user", "content": asked.strip()}, {"role": "assistant", "content": said.strip()}]
    return turns if turns and turns[-1]["content"] else turns[:-1]


def key_of_turns(row: Mapping[str, Any]) -> str:
    """The key of a text that a template wrote, up to what the assistant says last; empty where there is none."""
    for key in _TEXTS:
        if isinstance(text := row.get(key), str) and (turns := turns_in(text))[1:]:
            return key if turns[-1]["role"].lower() in ("assistant", "model") else ""
    return ""


def with_calls(turn: dict[str, Any]) -> dict[str, Any]:
    """A turn of the assistant whose calls stand in its text as Hermes, Qwen and Mistral write them, with them as calls.

    The text stays as it is where one of them cannot be read.

    >>> with_calls({"content": '<tool_call>{"name": "now", "arguments": {}}</tool_call>'})["tool_calls"]
    [{'type': 'function', 'function': {'name': 'now', 'arguments': '{}'}}]
    """
    said = turn.get("content")
    if not isinstance(said, str) or turn.get("tool_calls"):
        return turn
    written, rest = _TAGGED.findall(said), _TAGGED.sub("", said)
    if not written and (listed := _LISTED.search(said)):
        written, rest = [listed[1]], said[: listed.start()]
    read = [native_calls(structured(text)) for text in written]
    if not read or not all(calls and all(call.name for call in calls) for calls in read):
        return turn
    made = [
        {"type": "function", "function": {"name": call.name, "arguments": _compact(dict(call.arguments))}}
        for calls in read
        for call in calls or ()
    ]
    return {**turn, "content": rest.strip() or None, "tool_calls": made}


def results_apart(turn: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A turn that is nothing but results between tags, as a turn of a tool for each."""
    said = turn.get("content")
    if isinstance(said, str) and (found := _RESULTS.findall(said)) and not _RESULTS.sub("", said):
        for result in found:
            yield {**turn, "role": "tool", "content": result}
    else:
        yield turn


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

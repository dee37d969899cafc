"""Tells a text that tries to call a tool, in whatever way, from plain prose.

An attempt that cannot be read must not count as the decision to call nothing, so this knows more spellings than are
read as calls.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rewards.parsing.json_text import Reading, layers_of
from rewards.types import JSON

WRAPPERS = ("function", "function_call", "toolUse")
CALL_TYPES = ("function", "function_call", "tool_use")
NAME_KEYS = ("name", "tool", "tool_name", "function_name", "recipient_name", "action")
ARGUMENT_KEYS = ("arguments", "parameters", "params", "args", "kwargs", "input", "inputs", "tool_input", "action_input")
_KEYS = (*NAME_KEYS, *ARGUMENT_KEYS, *WRAPPERS, "tool_calls", "tool_use", "toolUseId", "id", "type", "role", "content")


def tries_to_call(text: str, reading: Reading, tag: str, keys: tuple[str, ...]) -> bool:
    """Whether a text without a readable call tries to make one: by `tag` or the tag of another model, or by JSON that
    breaks and has one of `keys`, or another key of a call, or ends where one has begun.

    >>> from rewards.parsing.json_text import read_json
    >>> [tries_to_call(text, read_json(text), "tool_call", ()) for text in ('{"na', "{'tool': 'now'}", "as in [1] {2}")]
    [True, True, False]
    """
    end = text.rstrip()
    if any(end.endswith(f"<{tag}"[:length]) for length in range(2, len(tag) + 2)) or _opening(tag).search(text):
        return True
    if not (reading.problem and reading.looks_like_json):
        return False
    if end.endswith("[") or _key(keys).search(text):
        return True
    begun = end[end.rfind("{") + 1 :].strip().strip("\"'") if "{" in end else "}"
    return any(key.startswith(begun) for key in (*keys, *_KEYS))


def holds_call(value: JSON) -> bool:
    """Whether an object at any depth of `value` has a name and arguments, an object or its text, under undeclared keys.

    >>> holds_call({"plan": [{"Tool": "now", "Parameters": {}}]}), holds_call({"action": "refund"})
    (True, False)
    """
    return any(_is_undeclared_call(item) for layer in layers_of(value) for item in layer if isinstance(item, dict))


def _is_undeclared_call(item: dict[str, JSON]) -> bool:
    given = {key.lower(): value for key, value in item.items()}
    arguments = (given.get(key) for key in ARGUMENT_KEYS)
    return not given.keys().isdisjoint(NAME_KEYS) and any(
        isinstance(value, dict) or (isinstance(value, str) and value.startswith("{")) for value in arguments
    )


@lru_cache(maxsize=16)
def _opening(tag: str) -> re.Pattern[str]:
    """How models open a call in text: by `tag`, in tags as Qwen, Claude, Nemotron, Mistral, DeepSeek, InternLM and
    FunctionGemma do, as gpt-oss and in ReAct, or as Python in a list (Llama), in a fence (Gemma) or alone (Gorilla)."""
    return re.compile(
        rf"</?(?:{re.escape(tag)}|(?:\w+:)?(?:tool_?calls?|function_calls?|tool_use|tool_code|invoke))[\s>]"
        r"|<function[= ]|\[TOOL_CALLS\]|<\|python_tag|<\|action_start|<[|｜]tool[_▁]calls?|<start_function_call"
        r"|\bto=functions\.|^Action Input:|^```tool_c|^\[[\w.]+\(|\A\s*[\w.]+\((?:\w+\s*=|\)\s*\Z)",
        re.IGNORECASE | re.MULTILINE,
    )


@lru_cache(maxsize=16)
def _key(keys: tuple[str, ...]) -> re.Pattern[str]:
    """A key of a call in an object: in either kind of quotes, or bare right behind the brace."""
    names = "|".join(map(re.escape, (*keys, *_KEYS)))
    return re.compile(rf"[{{,]\s*[\"'](?:{names})[\"']\s*:|\{{\s*(?:{names})\s*:")

"""What every shape of row is read as: one conversation with its reference, its right reply and its tools."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from datagen.errors import FormatError
from datagen.existing.templates import turns_in
from datagen.existing.turns import Turn, openai_messages
from datagen.formats.translate import converse_tools, openai_tools
from rewards.parsing.references import structured

REFERENCES = ("reference_answer", "ground_truth", "referenceResponse")
ANSWERS = (
    *("completion", "response", "output", "answer", "target", "solution", "expected_answer", "canonical_solution"),
)
CONTEXTS = ("context", "passage", "article", "contexts", "retrieved_contexts")
_TURN_KEYS = frozenset({"role", "from", "content", "value", "parts", "tool_calls"})
_TOOL_KEYS = ("type", "name", "description", "parameters", "input_schema", "inputSchema", "toolSpec")
_SPEAKER = re.compile(r"(?:\A|\n\n)(Human|Assistant): ?")


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


def turns_of(said: Any, speaker: str = "user") -> list[Turn]:
    """Turns of a text, one turn, or a list of them; a list of one text is that text.

    >>> turns_of([{"role": "user", "content": "Rome?"}]) == turns_of("Rome?") == turns_of(["Rome?"])
    True
    """
    if isinstance(said, Mapping) and _TURN_KEYS & said.keys():
        said = [said]
    if isinstance(said, list) and said and all(isinstance(turn, Mapping) for turn in said):
        return openai_messages({"role": speaker, **turn} if "from" not in turn else turn for turn in said)
    if isinstance(said, list) and len(said) == 1 and isinstance(said[0], str):
        said = said[0]
    return [{"role": speaker, "content": text_of(said)}]


def reply_of(said: Any) -> tuple[list[Turn], Turn]:
    """The turns before the last one of an answer, and that one. Raises `FormatError` where another speaks last."""
    turns = turns_of(said, "assistant")
    if turns[-1]["role"] != "assistant":
        raise FormatError(f"the answer ends with a turn of the {turns[-1]['role']}, expected one of the assistant")
    return turns[:-1], turns[-1]


def transcript(said: Any) -> Any:
    """Turns of one text in which each begins with its speaker, as Anthropic's HH has them, or between the marks of a
    chat template; the last may be unsaid.

    >>> transcript("Human: Rome?\\n\\nAssistant:")
    [{'role': 'Human', 'content': 'Rome?'}]
    """
    if isinstance(said, str) and (written := turns_in(said)):
        return written
    if not isinstance(said, str) or len(found := _SPEAKER.split(said)) < 5 or found[0].strip():
        return said
    turns = [{"role": who, "content": text.strip()} for who, text in zip(found[1::2], found[2::2], strict=True)]
    return turns if turns[-1]["content"] else turns[:-1]


def system_of(said: Any) -> list[Turn]:
    """The system turn of a text or of blocks of text; none where nothing is said."""
    if isinstance(said, list):
        said = "\n".join(text_of(block.get("text")) if isinstance(block, Mapping) else text_of(block) for block in said)
    return [{"role": "system", "content": said}] if isinstance(said, str) and said.strip() else []


def contexts_of(row: Mapping[str, Any]) -> list[str]:
    """The texts that a question is about."""
    given = [structured(row[name]) for name in CONTEXTS if row.get(name)]
    texts = (item if isinstance(item, list) and all(isinstance(one, str) for one in item) else [item] for item in given)
    return [text_of(text) for some in texts for text in some]


def with_tools(found: Conversation, tools: Any) -> Conversation:
    """The conversation with complete OpenAI functions: a description and parameters, which Nova's formats ask for."""
    listed = _listed(tools)
    if listed is None:
        if tools:
            found.lost["tools"] = tools
        return found
    found.tools = openai_tools(converse_tools(listed))
    for tool in listed:
        inner = tool.get("function", tool) if isinstance(tool, Mapping) else {}
        for key in inner if isinstance(inner, Mapping) else ():
            if key not in _TOOL_KEYS:
                found.lost.setdefault(f"tools[].{key}", []).append(inner[key])
    return found


def _listed(tools: Any) -> list[Any] | None:
    """Tools as a list of definitions, each of which may be JSON text, Gemini's group of functions, or named by its key.

    >>> _listed({"now": {"description": "The time"}})
    [{'name': 'now', 'description': 'The time'}]
    """
    if isinstance(tools, Mapping) and tools and all(isinstance(about, Mapping) for about in tools.values()):
        return [{"name": name, **about} for name, about in tools.items()]
    if not isinstance(tools, list):
        return None
    made: list[Any] = []
    for tool in map(structured, tools):
        group = next((tool[key] for key in _GEMINI if key in tool), None) if isinstance(tool, Mapping) else None
        made += [_lower_types(one) for one in group] if isinstance(group, list) else [tool]
    return made


_GEMINI = ("functionDeclarations", "function_declarations")


def _lower_types(schema: Any) -> Any:
    """Gemini writes the types of JSON Schema in capitals."""
    if isinstance(schema, list):
        return [_lower_types(item) for item in schema]
    if not isinstance(schema, Mapping):
        return schema
    made = {key: _lower_types(value) for key, value in schema.items()}
    if isinstance(kind := made.get("type"), str):
        made["type"] = kind.lower()
    return made


def rest_of(row: Mapping[str, Any], *used: str) -> dict[str, Any]:
    """The keys of a row that were not used."""
    return {key: value for key, value in row.items() if key not in used}


def text_of(value: Any) -> str:
    """A value as text; JSON where it is none."""
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, ensure_ascii=False)

"""Repairs of rows of reinforcement fine-tuning, of one turn and of many."""

from __future__ import annotations

from collections.abc import Iterator

from datagen.formats import compact
from datagen.validate.repairs.changes import (
    Change,
    rename,
    repair_description,
    repair_role,
    repair_words,
    without_strangers,
)
from datagen.validate.walk import JsonObject, shown

_RFT_KEYS = ("id", "messages", "reference_answer", "tools")
_RFT_TURN_KEYS = ("role", "content", "tool_calls", "tool_call_id")
_MULTITURN_KEYS = ("prompt", "answer", "task", "info")


def repair_rft(row: JsonObject) -> Iterator[Change]:
    """A row's keys, prompt, reference and tools."""
    yield from rename(row, _RFT_KEYS, "")
    yield from _repair_prompt(row)
    yield from _repair_reference(row)
    yield from _repair_functions(row)


def _repair_prompt(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        path = f"messages[{index}]"
        yield from rename(turn, ("role", "content"), path)
        yield from without_strangers(turn, _RFT_TURN_KEYS, path)
        yield from repair_role(turn, f"{path}.role")
        yield from _repair_text_content(turn, f"{path}.content")
    yield from _system_first(messages)
    while len(messages) > 1 and messages[-1].get("role") == "assistant":
        yield from _take_answer(row, messages)


def _repair_text_content(turn: JsonObject, path: str) -> Iterator[Change]:
    content = turn.get("content")
    texts = [block.get("text") for block in content if isinstance(block, dict)] if isinstance(content, list) else []
    if isinstance(content, list) and texts and len(texts) == len(content) and all(isinstance(t, str) for t in texts):
        turn["content"] = "\n".join(map(str, texts))
        yield Change("content-blocks", path, shown(content), shown(turn["content"]))
    if turn.get("tool_calls") and isinstance(content, str) and not content.strip():
        turn["content"] = None
        yield Change("empty", path, shown(content), "null")
    yield from repair_words(turn, "content", path)


def _system_first(messages: list[JsonObject]) -> Iterator[Change]:
    places = [index for index, turn in enumerate(messages) if turn.get("role") == "system"]
    if len(places) == 1 and places[0]:
        messages.insert(0, messages.pop(places[0]))
        yield Change("system-not-first", f"messages[{places[0]}]", str(places[0]), "0")


def _take_answer(row: JsonObject, messages: list[JsonObject]) -> Iterator[Change]:
    """The answer behind the prompt goes; where the row has no reference, it is the reference."""
    path = f"messages[{len(messages) - 1}]"
    answer = messages.pop()
    yield Change("answer-leak", path, compact(answer), "")
    calls, content = answer.get("tool_calls"), answer.get("content")
    reference = {"tool_calls": calls} if calls else content
    if row.get("reference_answer") is None and reference:
        row["reference_answer"] = reference
        yield Change("reference-missing", "reference_answer", "", shown(reference))


def _repair_reference(row: JsonObject) -> Iterator[Change]:
    reference = row.get("reference_answer")
    if reference is not None and not isinstance(reference, str | dict):
        row["reference_answer"] = compact(reference)
        yield Change("reference-type", "reference_answer", shown(reference), shown(row["reference_answer"]))


def _repair_functions(row: JsonObject) -> Iterator[Change]:
    tools = row.get("tools")
    for index, tool in enumerate(tools if isinstance(tools, list) else []):
        function = tool.get("function") if isinstance(tool, dict) else None
        if isinstance(function, dict):
            path = f"tools[{index}].function"
            yield from repair_description(function, path)
            yield from _repair_parameters(function, path)


def _repair_parameters(function: JsonObject, path: str) -> Iterator[Change]:
    schema = function.get("parameters")
    if schema is None:
        function["parameters"] = {"type": "object", "properties": {}}
    elif isinstance(schema, dict) and schema.get("type") == "object" and "properties" not in schema:
        function["parameters"] = {**schema, "properties": {}}
    else:
        return
    yield Change("tool-parameters", f"{path}.parameters", shown(schema), shown(function["parameters"]))


def repair_id(row: JsonObject, number: int, ids: set[str]) -> Iterator[Change]:
    """An id for a row that has none, or that of another."""
    before = row.get("id")
    written = before if isinstance(before, str) else "" if before is None else compact(before)
    name = written if written.strip() else f"row-{number}"
    code = "id-type" if before and not isinstance(before, str) else "id-missing"
    while name in ids:
        name, code = f"{name}-{number}", "id-duplicate"
    ids.add(name)
    if name != before:
        row["id"] = name
        yield Change(code, "id", shown(before), name)


def repair_multiturn(row: JsonObject) -> Iterator[Change]:
    """Flat rows get their holder: Forge reads prompt, answer, task and info from metadata."""
    flat = {key: row.pop(key) for key in _MULTITURN_KEYS if key in row and "metadata" not in row}
    if flat:
        row["metadata"] = flat
        yield Change("missing-key", "metadata", ", ".join(flat), "metadata")
    metadata = row.get("metadata")
    if isinstance(metadata, dict):
        yield from rename(metadata, _MULTITURN_KEYS, "metadata")
        yield from without_strangers(metadata, _MULTITURN_KEYS, "metadata")
        yield from _as_texts(metadata, ("answer", "task"), "metadata")
    yield from without_strangers(row, ("id", "metadata"), "")


def _as_texts(holder: JsonObject, keys: tuple[str, ...], path: str) -> Iterator[Change]:
    for key in keys:
        value = holder.get(key)
        if value is not None and not isinstance(value, str):
            holder[key] = compact(value)
            yield Change("wrong-type", f"{path}.{key}", shown(value), shown(holder[key]))

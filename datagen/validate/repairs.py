"""The repairs that have one right answer, row by row: each changes the row in place and says what it did.

What a row says is kept wherever the format can say it: a conversation in OpenAI's form is written in Converse's, a
reference that is a number as its JSON text, an answer behind the prompt as the reference where there is none.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from datagen.formats import SCHEMA_VERSION, compact
from datagen.formats.translate import converse_tools, converse_turns
from datagen.validate.blocks import BLOCKS, FORMATS
from datagen.validate.rules import RFT, SFT, Target
from datagen.validate.walk import JsonObject, given, has_lone_surrogate, misspelt_keys, shown
from datagen.validate.words import may_hold_reserved, without_reserved

_ROLES = {
    "developer": "system",
    "human": "user",
    "bot": "assistant",
    "gpt": "assistant",
    "model": "assistant",
    "nova_assistant": "assistant",
}
_CONVERSE = (*SFT, Target.DPO, Target.DISTILLATION)
_SFT_KEYS = ("schemaVersion", "system", "messages", "toolConfig")
_RFT_KEYS = ("id", "messages", "reference_answer", "tools")
_RFT_TURN_KEYS = ("role", "content", "tool_calls", "tool_call_id")
_MULTITURN_KEYS = ("prompt", "answer", "task", "info")
_OTHER_SUFFIXES = {"jpg": "jpeg", "quicktime": "mov"}


class Change(NamedTuple):
    """One repair: the rule that was broken, where, and the value before and after."""

    code: str
    path: str
    before: str
    after: str


def repair(row: JsonObject, number: int, target: Target, ids: set[str]) -> list[Change]:
    """Repair `row` itself; says what was done."""
    return [*_repair_surrogates(row, ""), *_repairs_of(row, number, target, ids)]


def _repairs_of(row: JsonObject, number: int, target: Target, ids: set[str]) -> Iterator[Change]:
    if target in RFT:
        yield from _rename(row, _RFT_KEYS, "")
        yield from _repair_prompt(row)
        yield from _repair_reference(row)
        yield from _repair_functions(row)
        yield from _repair_id(row, number, ids)
    elif target in _CONVERSE:
        yield from _rename(row, _SFT_KEYS, "")
        yield from _repair_converse(row, target)
    elif target is Target.RFT_MULTITURN:
        yield from _repair_multiturn(row)
        yield from _repair_id(row, number, ids)
    elif target is Target.GEN_QA:
        yield from _repair_metadata(row)


def _repair_surrogates(holder: Any, path: str) -> Iterator[Change]:
    items = holder.items() if isinstance(holder, dict) else enumerate(holder) if isinstance(holder, list) else ()
    for key, value in list(items):
        if isinstance(key, str) and has_lone_surrogate(key):
            yield Change("lone-surrogate", path, "a key", shown(_as_text(key)))
            key = _moved(holder, key)
        if isinstance(value, str) and has_lone_surrogate(value):
            holder[key] = _as_text(value)
            yield Change("lone-surrogate", f"{path}/{key}", "", shown(holder[key]))
        else:
            yield from _repair_surrogates(value, f"{path}/{key}")


def _as_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _moved(holder: JsonObject, key: str) -> str:
    """The key as text, with a further mark where the object has that one."""
    name = _as_text(key)
    while name in holder:
        name += "?"
    holder[name] = holder.pop(key)
    return name


def _rename(holder: JsonObject, known: tuple[str, ...], path: str) -> Iterator[Change]:
    for key, meant in misspelt_keys(holder, known).items():
        holder[meant] = holder.pop(key)
        yield Change("misspelt-key", path, key, meant)


def _without_strangers(holder: JsonObject, known: tuple[str, ...], path: str) -> Iterator[Change]:
    """A key that Forge refuses and nobody reads is left out; the log keeps its value."""
    for key in [key for key in holder if key not in known]:
        yield Change("unknown-key", f"{path}.{key}" if path else key, compact(holder.pop(key)), "")


def _repair_role(turn: JsonObject, path: str) -> Iterator[Change]:
    role = turn.get("role")
    meant = _ROLES.get(role.lower(), role.lower()) if isinstance(role, str) else role
    if meant != role and meant in ("system", "user", "assistant", "tool"):
        turn["role"] = meant
        yield Change("role", path, str(role), str(meant))


def _repair_words(holder: JsonObject, key: str, path: str) -> Iterator[Change]:
    text = holder.get(key)
    if isinstance(text, str) and may_hold_reserved(text) and (harmless := without_reserved(text)) != text:
        holder[key] = harmless
        yield Change("reserved-word", path, shown(text), shown(harmless))


# reinforcement fine-tuning


def _repair_prompt(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        path = f"messages[{index}]"
        yield from _rename(turn, ("role", "content"), path)
        yield from _without_strangers(turn, _RFT_TURN_KEYS, path)
        yield from _repair_role(turn, f"{path}.role")
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
    yield from _repair_words(turn, "content", path)


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
            yield from _repair_description(function, path)
            yield from _repair_parameters(function, path)


def _repair_description(holder: JsonObject, path: str) -> Iterator[Change]:
    name, described = holder.get("name"), holder.get("description")
    blank = described is None or (isinstance(described, str) and not described.strip())
    if blank and isinstance(name, str) and name.strip():
        holder["description"] = name
        yield Change("tool-description", f"{path}.description", shown(described), shown(name))


def _repair_parameters(function: JsonObject, path: str) -> Iterator[Change]:
    schema = function.get("parameters")
    if schema is None:
        function["parameters"] = {"type": "object", "properties": {}}
    elif isinstance(schema, dict) and schema.get("type") == "object" and "properties" not in schema:
        function["parameters"] = {**schema, "properties": {}}
    else:
        return
    yield Change("tool-parameters", f"{path}.parameters", shown(schema), shown(function["parameters"]))


def _repair_id(row: JsonObject, number: int, ids: set[str]) -> Iterator[Change]:
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


def _repair_multiturn(row: JsonObject) -> Iterator[Change]:
    """Flat rows get their holder: Forge reads prompt, answer, task and info from metadata."""
    flat = {key: row.pop(key) for key in _MULTITURN_KEYS if key in row and "metadata" not in row}
    if flat:
        row["metadata"] = flat
        yield Change("missing-key", "metadata", ", ".join(flat), "metadata")
    metadata = row.get("metadata")
    if isinstance(metadata, dict):
        yield from _rename(metadata, _MULTITURN_KEYS, "metadata")
        yield from _without_strangers(metadata, _MULTITURN_KEYS, "metadata")
        yield from _as_texts(metadata, ("answer", "task"), "metadata")
    yield from _without_strangers(row, ("id", "metadata"), "")


def _as_texts(holder: JsonObject, keys: tuple[str, ...], path: str) -> Iterator[Change]:
    for key in keys:
        value = holder.get(key)
        if value is not None and not isinstance(value, str):
            holder[key] = compact(value)
            yield Change("wrong-type", f"{path}.{key}", shown(value), shown(holder[key]))


# Converse


def _repair_converse(row: JsonObject, target: Target) -> Iterator[Change]:
    if row.get("schemaVersion") != SCHEMA_VERSION:
        code = "schema-version-missing" if row.get("schemaVersion") is None else "schema-version"
        yield Change(code, "schemaVersion", shown(row.get("schemaVersion")), SCHEMA_VERSION)
        row["schemaVersion"] = SCHEMA_VERSION
    if isinstance(row.get("system"), str):
        row["system"] = [{"text": row["system"]}]
        yield Change("wrong-type", "system", "text", "a list of blocks")
    yield from _repair_turns(row)
    yield from _repair_tool_config(row, target)
    for block in row["system"] if isinstance(row.get("system"), list) else []:
        yield from _repair_block(block, "system")
    yield from _without_strangers(row, _SFT_KEYS, "")


def _repair_turns(row: JsonObject) -> Iterator[Change]:
    messages = row.get("messages")
    if not isinstance(messages, list) or not all(isinstance(turn, dict) for turn in messages):
        return
    for index, turn in enumerate(messages):
        yield from _rename(turn, ("role", "content", "candidates"), f"messages[{index}]")
        yield from _repair_role(turn, f"messages[{index}].role")
    yield from _from_openai(row, messages)
    for index, turn in enumerate(row["messages"]):
        path = f"messages[{index}]"
        known = ("role", "candidates") if "candidates" in turn else ("role", "content")
        yield from _without_strangers(turn, known, path)
        yield from _repair_content(turn, path)
        for number, candidate in enumerate(turn["candidates"] if isinstance(turn.get("candidates"), list) else []):
            yield from _repair_candidate(candidate, f"{path}.candidates[{number}]")


def _repair_content(turn: JsonObject, path: str) -> Iterator[Change]:
    if not isinstance(turn.get("content"), list):
        return
    yield from _split_mixed(turn, path)
    for block in turn["content"]:
        yield from _repair_block(block, path)


def _repair_candidate(candidate: Any, path: str) -> Iterator[Change]:
    if not isinstance(candidate, dict):
        return
    if isinstance(candidate.get("content"), str):
        candidate["content"] = [{"text": candidate["content"]}]
        yield Change("wrong-type", f"{path}.content", "text", "a list of blocks")
    yield from _repair_content(candidate, path)
    label = candidate.get("preferenceLabel")
    if isinstance(label, str) and label != label.lower() and label.lower() in ("preferred", "non-preferred"):
        candidate["preferenceLabel"] = label.lower()
        yield Change("letter-case", f"{path}.preferenceLabel", label, label.lower())


def _from_openai(row: JsonObject, messages: list[JsonObject]) -> Iterator[Change]:
    """A conversation in OpenAI's form, where any turn is one that Converse does not have."""
    if not any(map(_is_openai, messages)) or any("candidates" in turn for turn in messages[:-1]):
        return
    last = messages.pop() if "candidates" in messages[-1] else None
    system, turns = converse_turns(messages)
    held = row.get("system")
    if system and isinstance(held, list | None):
        row["system"] = [*(held or []), *system]
        yield Change("role", "messages[0]", "a system turn", "the key 'system'")
    row["messages"] = turns if last is None else [*turns, last]
    yield Change("wrong-type", "messages", "OpenAI messages", "Converse turns")


def _is_openai(turn: JsonObject) -> bool:
    content = turn.get("content")
    typed = isinstance(content, list) and any(isinstance(part, dict) and "type" in part for part in content)
    return isinstance(content, str) or typed or bool(turn.get("tool_calls")) or turn.get("role") in ("system", "tool")


def _repair_tool_config(row: JsonObject, target: Target) -> Iterator[Change]:
    tools = row.get("tools")
    if isinstance(tools, list) and row.get("toolConfig") is None and target in SFT:
        del row["tools"]
        if tools:
            row["toolConfig"] = converse_tools(tools)
        yield Change("wrong-type", "tools", "OpenAI functions", "toolConfig")
    config = row.get("toolConfig")
    declared = config.get("tools") if isinstance(config, dict) else None
    for index, tool in enumerate(declared if isinstance(declared, list) else []):
        spec = tool.get("toolSpec") if isinstance(tool, dict) else None
        if isinstance(spec, dict):
            yield from _repair_description(spec, f"toolConfig.tools[{index}].toolSpec")


def _split_mixed(turn: JsonObject, path: str) -> Iterator[Change]:
    made: list[Any] = []
    for block in turn["content"]:
        kinds = [kind for kind in given(block, BLOCKS) if kind in BLOCKS] if isinstance(block, dict) else []
        made += [{kind: block[kind]} for kind in kinds] if len(kinds) > 1 else [block]
    if len(made) != len(turn["content"]):
        yield Change("block-mixed", path, f"{len(turn['content'])} blocks", f"{len(made)} blocks")
        turn["content"] = made


def _repair_block(block: Any, path: str) -> Iterator[Change]:
    if not isinstance(block, dict):
        return
    yield from _repair_words(block, "text", path)
    reasoning = block.get("reasoningContent")
    if isinstance(reasoning, dict) and isinstance(reasoning.get("reasoningText"), dict):
        yield from _repair_words(reasoning["reasoningText"], "text", path)
    if isinstance(use := block.get("toolUse"), dict):
        yield from _repair_input(use, f"{path}.toolUse.input")
    result = block.get("toolResult")
    parts = result.get("content") if isinstance(result, dict) else None
    for part in parts if isinstance(parts, list) else []:
        yield from _repair_result_part(part, path)
    for kind in FORMATS:
        if isinstance(media := block.get(kind), dict):
            yield from _repair_media(kind, media, f"{path}.{kind}")


def _repair_input(use: JsonObject, path: str) -> Iterator[Change]:
    before = use.get("input")
    if not isinstance(before, str):
        return
    try:
        read = json.loads(before)
    except ValueError:
        return
    if isinstance(read, dict):
        use["input"] = read
        yield Change("wrong-type", path, shown(before), shown(read))


def _repair_result_part(part: Any, path: str) -> Iterator[Change]:
    """A result that is no object is said in text, which can say anything."""
    if not isinstance(part, dict):
        return
    value = part.get("json")
    if value is not None and not isinstance(value, dict) and "text" not in part:
        del part["json"]
        part["text"] = value if isinstance(value, str) else compact(value)
        yield Change("wrong-type", f"{path}.toolResult.json", shown(value), "text")
    yield from _repair_words(part, "text", path)


def _repair_media(kind: str, media: JsonObject, path: str) -> Iterator[Change]:
    low = str(media.get("format")).lower()
    meant = _OTHER_SUFFIXES.get(low, low)
    if meant in FORMATS[kind] and media["format"] != meant:
        yield Change("media-format", f"{path}.format", str(media["format"]), meant)
        media["format"] = meant
    source = media.get("source")
    place = source.get("s3Location") if isinstance(source, dict) else None
    owner = place.get("bucketOwner") if isinstance(place, dict) else None
    if isinstance(place, dict) and type(owner) is int and 0 < owner < 10**12:
        place["bucketOwner"] = f"{owner:012}"  # an account has twelve digits; as a number it lost its leading zeros
        yield Change("wrong-type", f"{path}.source.s3Location.bucketOwner", str(owner), place["bucketOwner"])


def _repair_metadata(row: JsonObject) -> Iterator[Change]:
    if "metadata" in row and not isinstance(row["metadata"], str):
        before, row["metadata"] = row["metadata"], compact(row["metadata"])
        yield Change("metadata-type", "metadata", shown(before), shown(row["metadata"]))

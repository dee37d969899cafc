"""Rows with functions and the right calls of them: the Berkeley leaderboard and xLAM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from datagen.existing.conversation import Conversation, rest_of, system_of, turns_of, with_tools
from rewards.parsing.references import structured

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


def xlam(row: Mapping[str, Any]) -> Conversation:
    """A query, the tools and the right calls, as Salesforce's xLAM has them."""
    calls = structured(row["answers"])
    reference = {"tool_calls": calls if isinstance(calls, list) else [calls]}
    messages = [*system_of(row.get("system")), *turns_of(row["query"])]
    found = Conversation("xLAM", messages, reference, extra=rest_of(row, "query", "answers", "tools", "system"))
    tools = structured(row["tools"])
    return with_tools(found, [_python_types(tool) for tool in tools] if isinstance(tools, list) else tools)


def function_calling(row: Mapping[str, Any]) -> Conversation:
    """The Berkeley leaderboard: accepted values of each argument in a list, "" where it may be left out."""
    asked = structured(row["question"])
    rounds = asked if isinstance(asked, list) and asked and isinstance(asked[0], list) else [asked]
    functions = structured(row["function"])
    tools = [_python_types(tool) for tool in (functions if isinstance(functions, list) else [functions])]
    truth = structured(row.get("ground_truth"))
    calls = [_accepted(call) for call in truth] if isinstance(truth, list) else []
    extra = rest_of(row, "question", "function", "ground_truth")
    reference = {"tool_calls": calls} if truth is not None else None
    found = Conversation("BFCL", turns_of(rounds[0]), reference, extra=extra)
    found.lost = {"question[1:]": rounds[1:]} if rounds[1:] else {}
    return with_tools(found, tools)


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

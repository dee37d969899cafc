"""Tool definitions: OpenAI functions in RFT rows, toolSpec in Converse rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias

from datagen.validate.walk import JsonObject, Walk, shown

_PLAIN = frozenset({"type", "properties", "required", "description", "title", "additionalProperties"})
_PLAIN_PROPERTY = frozenset({"type", "description", "title", "default", "examples", "enum"})
_KINDS: Mapping[object, type] = {"string": str, "integer": int, "boolean": bool}


class Plain(NamedTuple):
    """What a plain schema asks: the types of its properties, the words that some are limited to, what is required."""

    kinds: Mapping[str, type]
    enums: Mapping[str, list[Any]]
    required: frozenset[str]


@dataclass(frozen=True)
class Declared:
    """What a declared tool takes."""

    schema: Any

    @cached_property
    def plain(self) -> Plain | None:
        """The schema as far as it can be held to arguments without JSON Schema; None where it asks for more."""
        schema = self.schema
        if type(schema) is not dict or not schema.keys() <= _PLAIN or schema.get("type") != "object":
            return None
        declared, required = schema.get("properties"), schema.get("required", [])
        if type(declared) is not dict or type(required) is not list or not all(type(name) is str for name in required):
            return None
        plain = {name: one for name, one in declared.items() if _is_plain(one)}
        enums = {name: one["enum"] for name, one in plain.items() if one.get("enum") is not None}
        return Plain({name: _KINDS[one["type"]] for name, one in plain.items()}, enums, frozenset(required))


def _is_plain(schema: Any) -> bool:
    """Whether a property asks for a type and perhaps one of several words."""
    if type(schema) is not dict or not schema.keys() <= _PLAIN_PROPERTY or type(schema.get("type")) is not str:
        return False
    words = schema.get("enum")
    return schema["type"] in _KINDS and (
        words is None or (schema["type"] == "string" and type(words) is list and bool(words))
    )


Schemas: TypeAlias = Mapping[str, Declared]  # by the name of the tool


def walk_functions(walk: Walk, tools: object, path: str) -> Schemas:
    """A list of OpenAI function definitions; returns what each takes."""
    schemas: dict[str, Declared] = {}
    if not walk.filled(tools, list, path) or not isinstance(tools, list):
        return schemas
    for index, tool in enumerate(tools):
        place = f"{path}[{index}]"
        function = tool.get("function") if isinstance(tool, dict) else None
        if not isinstance(function, dict) or tool.get("type") != "function":
            message = f'expected {{"type": "function", "function": {{...}}}}, got {shown(tool)}'
            walk.add("tool-definition", place, message)
            continue
        name = _walk_name(walk, function, f"{place}.function", schemas)
        _walk_description(walk, function, f"{place}.function")
        _walk_parameters(walk, function.get("parameters"), f"{place}.function.parameters")
        schemas[name] = Declared(function.get("parameters"))
    return schemas


def walk_tool_config(walk: Walk, config: object, path: str) -> Schemas:
    """A Converse toolConfig; returns what each tool takes."""
    schemas: dict[str, Declared] = {}
    tools = config.get("tools") if isinstance(config, dict) else None
    if not isinstance(tools, list) or not tools:
        walk.add("tool-config", path, f'expected {{"tools": [...]}} with at least one tool, got {shown(config)}')
        return schemas
    for index, tool in enumerate(tools):
        place = f"{path}.tools[{index}].toolSpec"
        spec = tool.get("toolSpec") if isinstance(tool, dict) else None
        schema = spec.get("inputSchema") if isinstance(spec, dict) else None
        parameters = schema.get("json") if isinstance(schema, dict) else None
        if not isinstance(spec, dict) or not isinstance(parameters, dict) or "type" not in parameters:
            walk.add(
                "tool-config", place, f"expected name, description and inputSchema.json with a type, got {shown(tool)}"
            )
            continue
        name = _walk_name(walk, spec, place, schemas)
        _walk_description(walk, spec, place)
        _walk_schema(walk, parameters, f"{place}.inputSchema.json")
        schemas[name] = Declared(parameters)
    return schemas


def _walk_name(walk: Walk, holder: JsonObject, path: str, taken: Schemas) -> str:
    name = holder.get("name")
    if not isinstance(name, str) or not name.strip():
        walk.add("tool-definition", f"{path}.name", f"a tool needs a name, got {shown(name)}")
        return ""
    if name in taken:
        walk.add("tool-duplicate", f"{path}.name", f"a second tool is called {name!r}")
    return name


def _walk_description(walk: Walk, holder: JsonObject, path: str) -> None:
    walk.judged(described, holder.get("description"), f"{path}.description")


def described(walk: Walk, value: object, path: str) -> None:
    """What a tool does, in words."""
    if not (isinstance(value, str) and value.strip()):
        walk.add("tool-description", path, f"expected what the tool does, got {shown(value)}")


def _walk_parameters(walk: Walk, schema: object, path: str) -> None:
    """The parameters of a function: the validators read an object schema with properties, and a list of names."""
    if schema is None or (isinstance(schema, dict) and schema.get("type") == "object" and "properties" not in schema):
        message = 'expected {"type": "object", "properties": {...}}, with {} where the tool takes nothing'
        walk.add("tool-parameters", path, f"{message}, got {shown(schema)}")
        return
    if not isinstance(schema, dict) or schema.get("type") != "object":
        walk.add("tool-definition", path, f'expected a schema of {{"type": "object"}}, got {shown(schema)}')
        return
    walk.has_type(schema["properties"], dict, f"{path}.properties")
    required = schema.get("required")
    if required is not None and not (isinstance(required, list) and all(isinstance(name, str) for name in required)):
        walk.add("wrong-type", f"{path}.required", f"expected a list of names, got {shown(required)}")
        return
    _walk_schema(walk, schema, path)


def _walk_schema(walk: Walk, schema: JsonObject, path: str) -> None:
    """What no validator minds and no caller can satisfy: another type than object, names that are not declared."""
    if schema.get("type") != "object":
        walk.add(
            "tool-schema", f"{path}.type", f'arguments are an object, so expected "object", got {shown(schema["type"])}'
        )
    declared, required = schema.get("properties", {}), schema.get("required", [])
    if not isinstance(declared, dict) or not isinstance(required, list):
        walk.add("tool-schema", path, "properties must be an object and required a list")
        return
    for name in required:
        if not isinstance(name, str) or name not in declared:
            walk.add("tool-schema", f"{path}.required", f"{name!r} is required and not among the properties")

"""Whether calls fit the tools that a row declares: what no validator of AWS looks at, and what a model would learn."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from datagen.validate.tools import Declared, Schemas
from datagen.validate.walk import Walk, shown
from rewards.parsing.tool_calls import native_call


def walk_call(walk: Walk, name: object, arguments: object, path: str, schemas: Schemas) -> None:
    """Warnings where a row declares tools and this calls none of them, or with arguments that do not fit."""
    if not schemas:
        return
    if not isinstance(name, str) or name not in schemas:
        walk.add("call-unknown", path, f"{shown(name)} is not declared; declared: {', '.join(sorted(schemas))}")
    elif not fits_surely(arguments, schemas[name]) and (problem := misfit(arguments, schemas[name].schema)):
        walk.add("call-arguments", path, f"{name}: {problem}")


@dataclass(frozen=True, slots=True, eq=False)
class Arguments:
    """Judges the input of a Converse call by the tools that its row declares."""

    name: object
    schemas: Schemas

    def __call__(self, walk: Walk, value: object, path: str) -> None:
        """An object, which fits its tool."""
        if walk.has_type(value, dict, path):
            walk_call(walk, self.name, value, path, self.schemas)


@dataclass(frozen=True, slots=True, eq=False)
class ArgumentsOf:
    """Judges the arguments of a call in OpenAI's form, by the rest of the call and the tools that its row declares."""

    call: Mapping[str, Any]
    place: str
    schemas: Schemas

    def __call__(self, walk: Walk, value: object, path: str) -> None:
        """An object or its JSON text, which fits its tool."""
        walk_native_call(
            walk, {**self.call, "function": {**self.call["function"], "arguments": value}}, self.place, self.schemas
        )


def walk_native_call(walk: Walk, call: Any, path: str, schemas: Schemas) -> None:
    """Warnings where a call in a prompt cannot be read, or does not fit the tools of its row."""
    read = native_call(call)
    if read.name:
        walk_call(walk, read.name, read.arguments, f"{path}.function", schemas)
    else:
        walk.add("call-arguments", path, f"no name, or arguments that are no JSON object: {shown(call)}")


def fits_surely(arguments: object, declared: Declared) -> bool:
    """Whether the arguments fit by the plainest reading; False where only the whole of JSON Schema can tell."""
    plain = declared.plain
    if plain is None or type(arguments) is not dict or not plain.required <= arguments.keys():
        return False
    for name, value in arguments.items():
        if type(value) is not plain.kinds.get(name):
            return False
    return not plain.enums or all(arguments.get(name, allowed[0]) in allowed for name, allowed in plain.enums.items())


def misfit(arguments: object, schema: object) -> str:
    """What is wrong with the arguments by the schema of their tool; empty where nothing is, or the schema is none.

    >>> misfit({"rule": 7}, {"type": "object", "properties": {"rule": {"type": "string"}}})
    "rule: 7 is not of type 'string'"
    """
    if not isinstance(schema, dict):
        return ""
    from jsonschema.exceptions import best_match
    from referencing.exceptions import Unresolvable

    validator = _validator(json.dumps(schema))
    if validator is None:
        return ""
    try:
        error = best_match(validator.iter_errors(arguments))
    except (Unresolvable, re.error, RecursionError):  # a reference or pattern that leads nowhere
        return ""
    return f"{'.'.join(map(str, error.absolute_path)) or '$'}: {error.message:.200}" if error else ""


@lru_cache(maxsize=256)
def _validator(schema: str) -> Any:
    """The rows of a file share their tools, so that few schemas are read. References never lead into the network."""
    from jsonschema import Draft202012Validator, SchemaError
    from referencing import Registry

    read = json.loads(schema)
    try:
        Draft202012Validator.check_schema(read)
    except (SchemaError, re.error, RecursionError):
        return None
    return Draft202012Validator(read, registry=Registry())

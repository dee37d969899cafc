"""JSON Schemas of recipe classes, and what they say in words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from recipes.model.base import Recipe
from recipes.problems import shown

Schema = dict[str, Any]


@cache
def family_schema(family: type[Recipe]) -> Schema:
    """The JSON Schema of a recipe class, every reference written out."""
    schema = family.model_json_schema()
    inlined: Schema = _inlined({key: value for key, value in schema.items() if key != "$defs"}, schema["$defs"])
    return inlined


def _inlined(node: Any, definitions: Mapping[str, Any]) -> Any:
    if isinstance(node, list):
        return [_inlined(item, definitions) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target = definitions[node["$ref"].rpartition("/")[2]]
        node = {**target, **{key: value for key, value in node.items() if key != "$ref"}}
    # pydantic names every block and key after itself; that says nothing
    return {
        key: _inlined(value, definitions) for key, value in node.items() if key != "title" or isinstance(value, dict)
    }


def schema_at(schema: Schema, path: str) -> Schema:
    """The part of a recipe's schema that describes one key."""
    for step in path.split("."):
        schema = _block(schema)["properties"][step]
    return schema


def _block(schema: Schema) -> Schema:
    """The object branch of a block that may be left out."""
    branches = [schema, *schema.get("anyOf", [])]
    return next(branch for branch in branches if "properties" in branch)


def allowed_at(family: type[Recipe], path: str) -> str:
    """What a key of a recipe class may hold, in words.

    >>> from recipes import SftLora
    >>> allowed_at(SftLora, "training_config.max_steps")
    'integer from 4 to 100000'
    """
    return described(schema_at(family_schema(family), path))


def described(schema: Mapping[str, Any]) -> str:
    """A JSON Schema of one value in words.

    >>> described({"type": "number", "minimum": 0, "maximum": 1})
    'number from 0 to 1'
    """
    if "anyOf" in schema:
        return " or ".join(described(option) for option in schema["anyOf"])
    if "const" in schema or "enum" in schema:
        return " or ".join(shown(choice) for choice in schema.get("enum", [schema.get("const")]))
    name = "mapping" if schema.get("type") == "object" else str(schema.get("type", "any value"))
    return name + _range(schema)


def _range(schema: Mapping[str, Any]) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    above = schema.get("exclusiveMinimum")
    start = f" above {above:g}" if above is not None else "" if low is None else f" of at least {low:g}"
    if low is not None and high is not None:
        return f" from {low:.15g} to {high:.15g}"
    end = "" if high is None else f"{' and' if start else ' of'} at most {high:.15g}"
    if "rule" in schema:
        return f": {schema['rule']}; such as {schema['examples'][0]}"
    return start + end

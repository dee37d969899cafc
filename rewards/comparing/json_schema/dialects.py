"""What each draft of JSON Schema calls a keyword, and what a keyword must hold.

Everything else in a schema is an annotation, which the standard says to ignore: `title`, `example`, `x-order`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from rewards.types import JSON

Schema: TypeAlias = Mapping[str, Any] | bool


def is_number(value: JSON) -> bool:
    """Whether `value` is a JSON number; true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_integer(value: JSON) -> bool:
    return is_number(value) and (isinstance(value, int) or value.is_integer())  # type: ignore[union-attr]  # a float


def _is_string(value: JSON) -> bool:
    return isinstance(value, str)


def _is_list(value: JSON) -> bool:
    return isinstance(value, list)


def _is_object(value: JSON) -> bool:
    return isinstance(value, Mapping)


def _is_boolean(value: JSON) -> bool:
    return isinstance(value, bool)


JSON_TYPES: Mapping[str, Callable[[JSON], bool]] = MappingProxyType(
    {
        "null": lambda value: value is None,
        "boolean": _is_boolean,
        "integer": _is_integer,
        "number": is_number,
        "string": _is_string,
        "array": _is_list,
        "object": _is_object,
    }
)
"""The names that `type` may have, and what they mean: 1.0 is an integer, true is no number."""

WHOLE = "integer of draft-04"
"""Draft-04 has no 1.0 among its integers; the name stands for its `integer` in the rewritten form."""


class Keyword(NamedTuple):
    """What a keyword must hold, in words and as a test, and where schemas are in it."""

    wanted: str
    is_right: Callable[[Any], bool]
    holds: str = "plain"


class Dialect(NamedTuple):
    """One draft: its keywords, how a schema names itself, and whether a `$ref` hides what is beside it."""

    name: str
    keywords: Mapping[str, Keyword]
    id: str = "$id"
    ref_is_alone: bool = False


def _is_count(value: JSON) -> bool:
    return _is_integer(value) and value >= 0  # type: ignore[operator]  # a number


def _are_names(value: JSON) -> bool:
    return isinstance(value, list) and all(map(_is_string, value)) and len(set(map(str, value))) == len(value)


def _is_schema(value: JSON) -> bool:
    return isinstance(value, Mapping | bool)


def _are_schemas(value: JSON) -> bool:
    return isinstance(value, list) and len(value) > 0


_NUMBER = Keyword("a number", is_number)
_COUNT = Keyword("a whole number from 0 on", _is_count)
_BOOLEAN = Keyword("true or false", _is_boolean)
_STRING = Keyword("a string", _is_string)
_NAMES = Keyword("a list of different names", _are_names)
_ANYTHING = Keyword("anything", lambda value: True)
_SCHEMA = Keyword("an object or a boolean", _is_schema, "schema")
_SCHEMAS = Keyword("a list of at least one schema", _are_schemas, "schemas")
_NAMED = Keyword("an object", _is_object, "named")
_OF_EACH_NAME = Keyword("an object", _is_object, "named or names")
_SCHEMA_OR_LIST = Keyword(
    "a schema or a list of schemas", lambda value: _is_schema(value) or _is_list(value), "schema or schemas"
)
_NOT_A_LIST = Keyword(
    "an object or a boolean (2020-12 calls a list prefixItems; for an older draft say so in $schema)",
    _is_schema,
    "schema",
)

_DRAFT_04: Mapping[str, Keyword] = {
    **dict.fromkeys(("minimum", "maximum"), _NUMBER),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum", "uniqueItems"), _BOOLEAN),
    **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _COUNT),
    **dict.fromkeys(("properties", "patternProperties", "definitions"), _NAMED),
    **dict.fromkeys(("additionalProperties", "additionalItems", "not"), _SCHEMA),
    **dict.fromkeys(("allOf", "anyOf", "oneOf"), _SCHEMAS),
    **dict.fromkeys(("$ref", "pattern", "format"), _STRING),
    "multipleOf": Keyword("a number above 0", lambda value: is_number(value) and value > 0),
    "enum": Keyword("a list", _is_list),
    "required": _NAMES,
    "type": Keyword("a name or a list of names", lambda value: _is_string(value) or (value and _are_names(value))),
    "items": _SCHEMA_OR_LIST,
    "dependencies": _OF_EACH_NAME,
}
_DRAFT_06: Mapping[str, Keyword] = {
    **_DRAFT_04,
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
    **dict.fromkeys(("contains", "propertyNames"), _SCHEMA),
    "const": _ANYTHING,
}
_DRAFT_07: Mapping[str, Keyword] = {**_DRAFT_06, **dict.fromkeys(("if", "then", "else"), _SCHEMA)}
_DRAFT_2019: Mapping[str, Keyword] = {
    **{name: keyword for name, keyword in _DRAFT_07.items() if name != "dependencies"},
    **dict.fromkeys(("$defs", "dependentSchemas"), _NAMED),
    **dict.fromkeys(("minContains", "maxContains"), _COUNT),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _SCHEMA),
    **dict.fromkeys(("$anchor", "$recursiveRef"), _STRING),
    "$recursiveAnchor": _BOOLEAN,
    "dependentRequired": Keyword(
        "an object of lists of different names",
        lambda value: isinstance(value, Mapping) and all(map(_are_names, value.values())),
    ),
}
_OLDER_ONLY = ("additionalItems", "$recursiveRef", "$recursiveAnchor")
_DRAFT_2020: Mapping[str, Keyword] = {
    **{name: keyword for name, keyword in _DRAFT_2019.items() if name not in _OLDER_ONLY},
    **dict.fromkeys(("$dynamicRef", "$dynamicAnchor"), _STRING),
    "items": _NOT_A_LIST,
    "prefixItems": _SCHEMAS,
}

NEWEST = Dialect("2020-12", _DRAFT_2020)
"""What a schema without `$schema` is of."""
DIALECTS: Mapping[str, Dialect] = MappingProxyType(
    {
        "json-schema.org/draft-04/schema": Dialect("draft-04", _DRAFT_04, "id", ref_is_alone=True),
        "json-schema.org/draft-06/schema": Dialect("draft-06", _DRAFT_06, ref_is_alone=True),
        "json-schema.org/draft-07/schema": Dialect("draft-07", _DRAFT_07, ref_is_alone=True),
        "json-schema.org/draft/2019-09/schema": Dialect("2019-09", _DRAFT_2019),
        "json-schema.org/draft/2020-12/schema": NEWEST,
    }
)
"""The drafts by the end of their URI: http or https and an empty fragment make no difference."""
KNOWN = frozenset(name.lower() for dialect in DIALECTS.values() for name in dialect.keywords) | {
    *("nullable", "divisibleby", "disallow", "extends")
}
"""The keywords of any draft, of draft-03 and of OpenAPI, in lower case: who writes one means a rule."""


def schemas_in(schema: Schema, dialect: Dialect) -> Iterator[tuple[str, Any]]:
    """Every schema directly inside `schema`, by the JSON pointer that leads to it."""
    if not isinstance(schema, Mapping):
        return
    for key, value in schema.items():
        holds = dialect.keywords[key].holds if key in dialect.keywords else "plain"
        if holds in ("named", "named or names") and isinstance(value, Mapping):
            for name, inner in value.items():
                if not (holds == "named or names" and isinstance(inner, list)):
                    yield f"{key}/{escaped(name)}", inner
        elif holds in ("schemas", "schema or schemas") and isinstance(value, list):
            for index, inner in enumerate(value):
                yield f"{key}/{index}", inner
        elif holds in ("schema", "schema or schemas"):
            yield key, value


def escaped(name: str) -> str:
    """`name` as a step of a JSON pointer (RFC 6901)."""
    return str(name).replace("~", "~0").replace("/", "~1")

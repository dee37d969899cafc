"""Which JSON Schemas `schema_valid` takes, and what is wrong with the others: keyword, place and what would be right.

Everything the validation itself leaves out is refused here, so that it never guesses: a keyword we do not know, a
value of the wrong type, a `$ref` that leads nowhere or around in a circle, a draft in which it would mean another
thing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from rewards.errors import SpecError
from rewards.types import JSON

Schema: TypeAlias = Mapping[str, Any] | bool

_2020_12 = "https://json-schema.org/draft/2020-12/schema"
_DRAFT_07 = "http://json-schema.org/draft-07/schema"


def check_schema(schema: Schema) -> None:
    """Raise SpecError naming everything that is unknown or not supported, and where it stands.

    >>> check_schema({"properties": {"age": {"type": "int"}}})
    Traceback (most recent call last):
    rewards.errors.SpecError: this schema is not supported: #/properties/age/type names 'int'; known: null, boolean, \
integer, number, string, array, object
    """
    places = dict(_places(schema, "#"))
    problems = [problem for where, part in places.items() for problem in _problems(part, where)]
    if not problems:
        problems = [*_draft_problems(schema, places), *_reference_problems(schema, places)]
    if not problems and any(_leads_back(part, schema, ()) for part in places.values()):
        problems = ["a $ref leads back to itself without a step into the document"]
    if problems:
        raise SpecError("this schema is not supported: " + "; ".join(problems))


def resolve(reference: str, root: Schema) -> Schema:
    """The part of `root` that a `$ref` such as `#/$defs/name` points to (RFC 6901). KeyError where there is none."""
    found: Any = root
    for token in _unquoted(reference).split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        found = found[int(name)] if isinstance(found, list) else found[name]
    return found  # type: ignore[no-any-return]  # check_schema looked at it


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


@lru_cache(maxsize=256)
def compiled(pattern: str) -> re.Pattern[str]:
    """`pattern` as Python reads it, like the `jsonschema` package does."""
    return re.compile(pattern)


class _Value(NamedTuple):
    """What a keyword must hold, in words and as a test."""

    wanted: str
    holds: Callable[[Any], bool]


def _is_count(value: JSON) -> bool:
    return _is_integer(value) and value >= 0  # type: ignore[operator]  # a number


def _are_names(value: JSON) -> bool:
    return isinstance(value, list) and all(map(_is_string, value)) and len(set(map(str, value))) == len(value)


_NUMBER = _Value("a number", is_number)
_COUNT = _Value("a whole number from 0 on", _is_count)
_LIST = _Value("a list", _is_list)
_SCHEMAS = _Value("a list of at least one schema", lambda value: _is_list(value) and len(value) > 0)
_OBJECT = _Value("an object", _is_object)
_STRING = _Value("a string", _is_string)
_ANYTHING = _Value("anything", lambda value: True)

_NAMED_CHILDREN = ("properties", "$defs", "definitions")
_ONLY_CHILD = ("additionalProperties", "items", "not", "propertyNames")
_SAME_VALUE = ("allOf", "anyOf", "oneOf")
_LISTED_CHILDREN = (*_SAME_VALUE, "prefixItems")
_ANNOTATIONS = (
    "$comment",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "contentEncoding",
    "contentMediaType",
    "contentSchema",
    "discriminator",  # OpenAPI's: pydantic writes it beside a oneOf that says the same
)
_ROOT_ONLY = ("$schema", "$id")
_KEYWORDS: Mapping[str, _Value] = MappingProxyType(
    {
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), _NUMBER),
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), _COUNT),
        **dict.fromkeys(_NAMED_CHILDREN, _OBJECT),
        **dict.fromkeys(_LISTED_CHILDREN, _SCHEMAS),
        **dict.fromkeys((*_ONLY_CHILD, *_ANNOTATIONS, "const"), _ANYTHING),
        **dict.fromkeys((*_ROOT_ONLY, "$ref", "pattern"), _STRING),
        "multipleOf": _Value("a number above 0", lambda value: is_number(value) and value > 0),
        "enum": _LIST,
        "required": _Value("a list of different names", _are_names),
        "type": _Value("a name or a list of names", lambda value: _is_string(value) or (value and _are_names(value))),
        "uniqueItems": _Value("true or false", _is_boolean),
    }
)


def _places(schema: Any, where: str) -> Iterator[tuple[str, Any]]:
    """Every schema inside `schema`, itself first, by its JSON pointer."""
    yield where, schema
    if not isinstance(schema, Mapping):
        return
    for key, child in schema.items():
        if key in _NAMED_CHILDREN and isinstance(child, Mapping):
            for name, inner in child.items():
                yield from _places(inner, f"{where}/{key}/{name.replace('~', '~0').replace('/', '~1')}")
        elif key in _LISTED_CHILDREN and isinstance(child, list):
            for index, inner in enumerate(child):
                yield from _places(inner, f"{where}/{key}/{index}")
        elif key in _ONLY_CHILD:
            yield from _places(child, f"{where}/{key}")


def _problems(schema: Any, where: str) -> Iterator[str]:
    if isinstance(schema, bool):
        return
    if not isinstance(schema, Mapping):
        yield f"{where} must be an object or a boolean, got {schema!r:.80}"
        return
    for key, value in schema.items():
        if key not in _KEYWORDS:
            yield f"{where}/{key} is not supported"
        elif key in _ROOT_ONLY and where != "#":
            yield f"{where}/{key} is not supported below the root"
        elif not _KEYWORDS[key].holds(value):
            yield f"{where}/{key} must be {_KEYWORDS[key].wanted}, got {value!r:.80}"
        else:
            yield from _content_problems(key, value, where)


def _content_problems(key: str, value: Any, where: str) -> Iterator[str]:
    if key == "type":
        for name in [value] if isinstance(value, str) else value:
            if name not in JSON_TYPES:
                yield f"{where}/type names {name!r}; known: {', '.join(JSON_TYPES)}"
    elif key == "pattern":
        try:
            compiled(value)
        except re.error as error:
            yield f"{where}/pattern is no regular expression of Python: {error}"


def _draft_problems(schema: Schema, places: Mapping[str, Schema]) -> Iterator[str]:
    """In draft-07 a `$ref` hides the keywords beside it, and `prefixItems` is none."""
    draft = schema.get("$schema", _2020_12).rstrip("#") if isinstance(schema, Mapping) else _2020_12
    if draft not in (_2020_12, _DRAFT_07):
        yield f"#/$schema must be {_2020_12!r} or {_DRAFT_07!r}, got {draft!r}"
    if draft != _DRAFT_07:
        return
    silent = {*_ANNOTATIONS, *_ROOT_ONLY, "$ref", "$defs", "definitions"}
    for where, part in places.items():
        if isinstance(part, Mapping) and "$ref" in part and not part.keys() <= silent:
            beside = ", ".join(sorted(part.keys() - silent))
            yield f"{where}: draft-07 ignores what stands beside a $ref ({beside}); put both into an allOf"
        if isinstance(part, Mapping) and "prefixItems" in part:
            yield f"{where}/prefixItems is not of draft-07"


def _reference_problems(schema: Schema, places: Mapping[str, Schema]) -> Iterator[str]:
    for where, part in places.items():
        if isinstance(part, Mapping) and "$ref" in part and _unquoted(part["$ref"]) not in places:
            wanted = "# or #/ and the path of a schema in the same document"
            yield f"{where}/$ref: {part['$ref']!r} must be {wanted}, such as {_example(places)!r}"


def _example(places: Mapping[str, Schema]) -> str:
    return next((place for place in places if place.startswith(("#/$defs/", "#/definitions/"))), "#/$defs/NAME")


def _unquoted(reference: str) -> str:
    """A `$ref` without the percent-encoding of a URI."""
    if "%" not in reference:
        return reference
    from urllib.parse import unquote

    return unquote(reference)


def _leads_back(schema: Schema, root: Schema, above: tuple[int, ...]) -> bool:
    """Whether grading a value by `schema` would need the grade of the same value by the same schema."""
    if isinstance(schema, bool):
        return False
    if id(schema) in above:
        return True
    branches = [branch for key in _SAME_VALUE for branch in schema.get(key, ())]
    branches += [schema["not"]] if "not" in schema else []
    branches += [resolve(schema["$ref"], root)] if "$ref" in schema else []
    return any(_leads_back(branch, root, (*above, id(schema))) for branch in branches)

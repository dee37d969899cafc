"""A graded JSON Schema: how much of a document is as the schema says.

A subset of JSON Schema 2020-12 and draft-07, chosen so that a valid document is exactly what the `jsonschema` package
calls valid; what is beyond it is refused when the reward is built (`rewards.comparing.json_schema`). Our own,
because a Lambda should not carry 5 MB for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from rewards.comparing.json_schema import JSON_TYPES, Schema, check_schema, compiled, is_number, resolve
from rewards.parsing.answers import WHOLE_ANSWER, AnswerFormat
from rewards.types import JSON, Completion, Sample, Score

_ALMOST = 0.9


def schema_valid(schema: Schema, answer: AnswerFormat = WHOLE_ANSWER) -> SchemaValid:
    """1 where the JSON answer is valid, else 0.9 x the share of its slots that are, in [0, 1]; 0 without JSON.

    Slots of an object are its required, known and forbidden keys and their names, of an array its items, and in either
    each violated bound; `anyOf` and `oneOf` count their best branch, `allOf` the mean. `format` is an annotation, as
    the standard has it by default. Without `$schema`, 2020-12 is meant. Raises SpecError for what is not supported,
    with its place.

    Source: JSON Schema 2020-12 for what is valid; the slots are ours.

    >>> from rewards import Completion, Sample
    >>> schema = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age", "name"]}
    >>> schema_valid(schema)(Sample("a", ()), Completion('{"age": 7}')).value
    0.45
    """
    check_schema(schema)
    return SchemaValid(schema, answer)


@dataclass(frozen=True)
class SchemaValid:
    """See `schema_valid`."""

    name: ClassVar[str] = "schema_valid"
    schema: Schema
    answer: AnswerFormat = WHOLE_ANSWER

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Validate the answer; the sample plays no part."""
        found = self.answer.value(completion)
        if not found:
            return Score(0.0, "no JSON at the declared place")
        value = grade(found[0], self.schema)
        return Score(value, "valid" if value == 1 else "not valid")


def grade(value: JSON, schema: Schema) -> float:
    """1 where `value` is valid, else at most 0.9."""
    return _Grader(schema).grade(value, schema)


class _Grader:
    """One document under one schema. Each part is graded once: two recursive branches would double the work per
    level."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.known: dict[tuple[int, int], float] = {}

    def grade(self, value: JSON, schema: Schema) -> float:
        if isinstance(schema, bool):
            return float(schema)
        if not isinstance(value, dict | list):
            return self._grade(value, schema)
        key = id(value), id(schema)
        if key not in self.known:
            self.known[key] = self._grade(value, schema)
        return self.known[key]

    def _grade(self, value: JSON, schema: Mapping[str, Any]) -> float:
        if "type" in schema and not _has_type(value, schema["type"]):
            return 0.0
        slots = [*self._slots(value, schema), *self._combined_slots(value, schema)]
        return 1.0 if all(slot == 1.0 for slot in slots) else _ALMOST * sum(slots) / len(slots)

    def _slots(self, value: JSON, schema: Mapping[str, Any]) -> list[float]:
        violated = [
            0.0 for keyword, holds in _BOUNDS.items() if keyword in schema and not holds(value, schema[keyword])
        ]
        if isinstance(value, dict):
            return [*self._object_slots(value, schema), *violated]
        if isinstance(value, list):
            return [*self._array_slots(value, schema), *violated]
        return [0.0] if violated else [1.0]

    def _object_slots(self, value: dict[str, JSON], schema: Mapping[str, Any]) -> Iterator[float]:
        known, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key in schema.get("required", ()):
            if key not in value:
                yield 0.0
            elif key not in known and rest is True:
                yield 1.0
        if "propertyNames" in schema:
            yield from (self.grade(key, schema["propertyNames"]) for key in value)
        for key, item in value.items():
            if key in known or rest is not True:
                yield self.grade(item, known.get(key, rest))

    def _array_slots(self, value: list[JSON], schema: Mapping[str, Any]) -> Iterator[float]:
        prefix, rest = schema.get("prefixItems", ()), schema.get("items", True)
        for index, item in enumerate(value):
            of_item = prefix[index] if index < len(prefix) else rest
            if of_item is not True:
                yield self.grade(item, of_item)

    def _combined_slots(self, value: JSON, schema: Mapping[str, Any]) -> Iterator[float]:
        if "$ref" in schema:
            yield self.grade(value, resolve(schema["$ref"], self.root))
        if "allOf" in schema:
            grades = [self.grade(value, branch) for branch in schema["allOf"]]
            yield sum(grades) / len(grades)
        if "anyOf" in schema:
            yield max(self.grade(value, branch) for branch in schema["anyOf"])
        if "oneOf" in schema:
            grades = [self.grade(value, branch) for branch in schema["oneOf"]]
            yield max(grades) if grades.count(1.0) <= 1 else 0.0
        if "not" in schema:
            yield float(self.grade(value, schema["not"]) < 1.0)


def _has_type(value: JSON, types: str | list[str]) -> bool:
    return any(JSON_TYPES[name](value) for name in ([types] if isinstance(types, str) else types))


def _is_multiple(value: float, of: float) -> bool:
    """Decimal, so that 4.02 is a multiple of 0.01; the `jsonschema` package divides floats, and says it is not."""
    if isinstance(value, int) and isinstance(of, int):
        return value % of == 0
    from fractions import Fraction  # 5 ms that hardly any grader needs

    return (Fraction(repr(value)) / Fraction(repr(of))).denominator == 1


def _identity(value: JSON) -> object:
    """A key that two JSON values share if they are equal; true is not 1, but 1.0 is."""
    if isinstance(value, dict):
        return "object", frozenset((key, _identity(item)) for key, item in value.items())
    if isinstance(value, list):
        return "array", tuple(_identity(item) for item in value)
    return ("bool", value) if isinstance(value, bool) else ("scalar", value)


def _numbers(holds: Callable[[Any, Any], bool]) -> Callable[[JSON, Any], bool]:
    return lambda value, limit: not is_number(value) or holds(value, limit)


def _sized(kind: type, holds: Callable[[int, int], bool]) -> Callable[[JSON, Any], bool]:
    return lambda value, limit: not isinstance(value, kind) or holds(len(value), limit)  # type: ignore[arg-type]  # kind


def _at_least(value: float, limit: float) -> bool:
    return value >= limit


def _at_most(value: float, limit: float) -> bool:
    return value <= limit


_BOUNDS: dict[str, Callable[[JSON, Any], bool]] = {
    "enum": lambda value, allowed: _identity(value) in {_identity(item) for item in allowed},
    "const": lambda value, only: _identity(value) == _identity(only),
    "minimum": _numbers(_at_least),
    "maximum": _numbers(_at_most),
    "exclusiveMinimum": _numbers(lambda value, limit: value > limit),
    "exclusiveMaximum": _numbers(lambda value, limit: value < limit),
    "multipleOf": _numbers(_is_multiple),
    "minLength": _sized(str, _at_least),
    "maxLength": _sized(str, _at_most),
    "pattern": lambda value, pattern: not isinstance(value, str) or bool(compiled(pattern).search(value)),
    "minItems": _sized(list, _at_least),
    "maxItems": _sized(list, _at_most),
    "uniqueItems": lambda value, wanted: (
        not (wanted and isinstance(value, list)) or len({_identity(item) for item in value}) == len(value)
    ),
    "minProperties": _sized(dict, _at_least),
    "maxProperties": _sized(dict, _at_most),
}

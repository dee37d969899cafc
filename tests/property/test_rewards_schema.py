"""Our graded schema against the `jsonschema` package: valid is exactly what the package calls valid."""

from __future__ import annotations

import copy
import json
import re
from decimal import Decimal
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.comparing.json_schema import check_schema
from rewards.components.schema import grade
from rewards.errors import SpecError

Schema = dict[str, Any]
names = st.sampled_from(["a", "b", "c"])
numbers = st.sampled_from([-1, 0, 1, 2, 3, 0.5, 1.0, 2.5, 1e308])
strings = st.sampled_from(["", "a", "ab", "abc", "é", "1"])
scalars = st.none() | st.booleans() | numbers | strings
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
small = st.integers(0, 3)
keywords: dict[str, st.SearchStrategy[Any]] = {
    "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
    "enum": st.lists(documents, min_size=1, max_size=3),
    "const": documents,
    "minimum": numbers,
    "maximum": numbers,
    "exclusiveMinimum": numbers,
    "exclusiveMaximum": numbers,
    "multipleOf": st.sampled_from([1, 2, 3, 0.5, 1.5, 1e-308]),
    "minLength": small,
    "maxLength": small,
    "pattern": st.sampled_from(["a", "^a", "b$", "^$", "[a-c]{2}"]),
    "minItems": small,
    "maxItems": small,
    "uniqueItems": st.booleans(),
    "minProperties": small,
    "maxProperties": small,
    "required": st.lists(names, max_size=2, unique=True),
}


def schemas_over(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    nested: dict[str, st.SearchStrategy[Any]] = {
        "properties": st.dictionaries(names, inner, max_size=3),
        "additionalProperties": inner,
        "propertyNames": inner,
        "items": inner,
        "prefixItems": st.lists(inner, min_size=1, max_size=2),
        "allOf": st.lists(inner, min_size=1, max_size=2),
        "anyOf": st.lists(inner, min_size=1, max_size=2),
        "oneOf": st.lists(inner, min_size=1, max_size=2),
        "not": inner,
    }
    chosen = st.sets(st.sampled_from([*keywords, *nested]), max_size=4)
    return st.booleans() | chosen.flatmap(
        lambda keys: st.fixed_dictionaries({key: {**keywords, **nested}[key] for key in keys})
    )


schemas = st.recursive(st.fixed_dictionaries({}, optional={"type": types}), schemas_over, max_leaves=6)


def is_valid(document: object, schema: object) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(document))


@settings(max_examples=300)
@given(documents, schemas)
def test_1_means_valid_and_valid_means_1(document: Any, schema: Any) -> None:
    assert (grade(document, schema) == 1.0) == is_valid(document, schema)


@settings(max_examples=100)
@given(documents, schemas)
def test_what_is_not_valid_earns_at_most_09(document: Any, schema: Any) -> None:
    value = grade(document, schema)
    assert value == 1.0 or 0 <= value <= 0.9


@given(st.integers(-(10**6), 10**6), st.sampled_from(["0.01", "0.1", "0.05", "2.5"]))
def test_a_multiple_is_decimal(times: int, of: str) -> None:
    """The `jsonschema` package divides floats: 4.02 is none of 0.01 there."""
    value = json.loads(str(Decimal(times) * Decimal(of)))
    assert grade(value, {"multipleOf": float(of)}) == 1.0
    assert grade(value + 0.001, {"multipleOf": float(of)}) < 1.0


@pytest.mark.parametrize(("key", "expected"), [("left", 1.0), ("up", 0.45)])
def test_names_of_keys_are_judged(key: str, expected: float) -> None:
    schema = {"additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["left", "right"]}}
    assert grade({key: 1}, schema) == expected  # of two slots, its name and its value


OBJECT: Schema = {
    "type": "object",
    "properties": {
        "a": {"type": "integer"},
        "b": {"type": "array", "items": {"type": "string"}},
        "c": {"enum": [1, 2]},
    },
    "required": ["a", "b"],
    "additionalProperties": False,
}
RIGHT: Schema = {"a": 1, "b": ["x"], "c": 2}


@given(st.dictionaries(names, documents), names)
def test_repairing_a_key_never_lowers(document: Schema, key: str) -> None:
    assert grade({**document, key: RIGHT[key]}, OBJECT) >= grade(document, OBJECT)


@given(st.dictionaries(names, documents), documents)
def test_a_forbidden_key_never_raises(document: Schema, value: object) -> None:
    assert grade({**document, "unknown": value}, OBJECT) <= grade(document, OBJECT)


@given(st.dictionaries(names, documents))
def test_the_order_of_keys_does_not_matter(document: Schema) -> None:
    turned = dict(reversed(document.items()))
    assert grade(turned, OBJECT) == pytest.approx(grade(document, OBJECT), abs=1e-12)


TREE: Schema = {
    "$ref": "#/$defs/node",
    "$defs": {
        "node": {
            "anyOf": [
                {"type": "object", "properties": {"a": {"$ref": "#/$defs/node"}}, "required": ["a"]},
                {"type": "object", "properties": {"a": {"$ref": "#/$defs/node"}}, "required": ["a", "b"]},
                {"const": 1},
            ]
        }
    },
}


def test_recursive_branches_are_graded_once_for_each_part() -> None:
    document: Any = 2
    for _ in range(60):
        document = {"a": document}
    assert grade(document, TREE) < 1.0  # two branches for each of 60 levels: 2 ** 60 without the memo


@given(st.recursive(st.sampled_from([1, 2]), lambda inner: st.fixed_dictionaries({"a": inner}), max_leaves=5))
def test_references_to_definitions_agree_with_the_package(document: Any) -> None:
    assert (grade(document, TREE) == 1.0) == is_valid(document, TREE)


NOT_SUPPORTED = (
    "$anchor $dynamicAnchor $dynamicRef $vocabulary if then else contains minContains maxContains patternProperties "
    "dependentRequired dependentSchemas dependencies unevaluatedItems unevaluatedProperties "
    "additionalItems typ"
)


@pytest.mark.parametrize("keyword", NOT_SUPPORTED.split())
def test_a_keyword_that_is_not_supported_is_refused_when_built(keyword: str) -> None:
    with pytest.raises(SpecError, match=f"#/properties/a/{re.escape(keyword)} is not supported"):
        check_schema({"properties": {"a": {keyword: {}}}})


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"$ref": "#"}, "leads back to itself"),
        ({"anyOf": [{"$ref": "#/$defs/x"}], "$defs": {"x": {"not": {"$ref": "#"}}}}, "leads back to itself"),
        ({"$ref": "https://example.com/s"}, "must be # or #/ and the path of a schema in the same document"),
        ({"$ref": "#/$defs/b", "$defs": {"a": {}}}, "such as '#/\\$defs/a'"),
        ({"properties": []}, "#/properties must be an object, got \\[\\]"),
        ({"minLength": "3"}, "#/minLength must be a whole number from 0 on, got '3'"),
        ({"required": "name"}, "#/required must be a list of different names"),
        ({"$schema": "http://json-schema.org/draft-04/schema#"}, "#/\\$schema must be"),
        ({"properties": {"a": {"$id": "b"}}}, "#/properties/a/\\$id is not supported below the root"),
        ({"type": "int"}, "type names 'int'"),
        ({"pattern": "("}, "no regular expression"),
        ({"anyOf": []}, "#/anyOf must be a list of at least one schema"),
        ({"properties": {"a": 3}}, "must be an object or a boolean, got 3"),
    ],
)
def test_a_schema_that_cannot_work_is_refused_with_its_place(schema: Schema, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        check_schema(schema)


def test_draft_07_would_ignore_what_stands_beside_a_ref_so_it_is_refused() -> None:
    schema = {"$ref": "#/definitions/a", "minLength": 3, "definitions": {"a": {"type": "string"}}}
    check_schema(schema)
    with pytest.raises(SpecError, match="draft-07 ignores what stands beside a \\$ref \\(minLength\\)"):
        check_schema({"$schema": "http://json-schema.org/draft-07/schema#", **schema})


VALIDATING = sorted({*keywords, "properties", "items", "prefixItems", "allOf", "anyOf", "not", "additionalProperties"})


@settings(max_examples=300)
@given(st.sampled_from(VALIDATING), scalars | schemas | st.lists(scalars | schemas, max_size=2))
def test_a_keyword_takes_the_values_that_the_standard_gives_it(keyword: str, value: Any) -> None:
    try:
        jsonschema.Draft202012Validator.check_schema({keyword: value})
    except jsonschema.SchemaError:
        with pytest.raises(SpecError):
            check_schema({keyword: value})
    else:
        check_schema({keyword: value})


def test_grading_leaves_document_and_schema_alone() -> None:
    document, schema = copy.deepcopy(RIGHT), copy.deepcopy(OBJECT)
    grade(document, schema)
    assert (document, schema) == (RIGHT, OBJECT)

"""What a document earns under a schema, part by part, and what a schema that cannot be graded by is told."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import SpecError, schema_valid
from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import plan_of

NINETEEN = "https://json-schema.org/draft/2019-09/schema"
OLD = "http://json-schema.org/draft-04/schema#"
TREE = {"properties": {"value": {"type": "integer"}, "next": {"$ref": "#"}}, "required": ["value"]}
AB = {"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}, "required": ["a", "b"]}
STRICT = {**AB, "additionalProperties": False}
STRICT_TREE = {
    "$schema": NINETEEN,
    "$id": "https://example.org/strict",
    "$recursiveAnchor": True,
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "tree",
            "$recursiveAnchor": True,
            "properties": {"data": True, "children": {"items": {"$recursiveRef": "#"}}},
        }
    },
}
"""An inner tree holds trees of the outermost kind, which are strict."""
OWN_NAME = {
    "$id": "https://example.org/root",
    "$defs": {"n": {"type": "integer"}, "m": {"$id": "m", "$defs": {"n": {"type": "integer"}}}},
    "properties": {"p": {"$ref": "https://example.org/root#/$defs/n"}, "q": {"$ref": "m#/$defs/n"}},
}
GRADES: list[tuple[Any, Any, float]] = [
    (True, None, 1),
    (False, None, 0),
    ({}, None, 1),
    (AB, {"a": 1, "b": 2}, 1),
    (AB, {"a": 1, "b": "x"}, 0.45),
    (AB, {"a": 1}, 0.45),
    (AB, {}, 0),
    (AB, [], 1),
    (STRICT, {"a": 1, "b": 2, "c": 3}, 0.6),
    (STRICT, {"c": 3}, 0),
    ({"type": "object", "required": ["a"], "minProperties": 2}, {"a": 1}, 0.45),
    ({"type": "object", "required": ["a"]}, [], 0),
    ({"type": ["string", "null"]}, None, 1),
    ({"type": ["string", "null"]}, 1, 0),
    ({"type": "integer"}, 1.0, 1),
    ({"type": "integer"}, 1.5, 0),
    ({"type": "integer"}, True, 0),
    ({"type": "number"}, True, 0),
    ({"$schema": OLD, "type": "integer"}, 1.0, 0),
    ({"$schema": NINETEEN, "additionalProperties": {}, "unevaluatedProperties": False}, {"a": 1}, 1),
    ({"$schema": NINETEEN, "allOf": [{"additionalProperties": {}}], "unevaluatedProperties": False}, {"a": 1}, 1),
    ({"$schema": NINETEEN, "allOf": [{"unevaluatedProperties": {}}], "unevaluatedProperties": False}, {"a": 1}, 1),
    ({"$schema": NINETEEN, "items": [True], "additionalItems": {}, "unevaluatedItems": False}, [1, 2], 1),
    ({"minimum": 2, "maximum": 4}, 2, 1),
    ({"minimum": 2, "maximum": 4}, 4, 1),
    ({"minimum": 2, "maximum": 4}, 5, 0),
    ({"minimum": 2}, "1", 1),
    ({"minimum": 2}, True, 1),
    ({"exclusiveMinimum": 2}, 2, 0),
    ({"exclusiveMaximum": 2}, 2, 0),
    ({"$schema": OLD, "minimum": 2, "exclusiveMinimum": True}, 2, 0),
    ({"$schema": OLD, "minimum": 2, "exclusiveMinimum": False}, 2, 1),
    ({"$schema": OLD, "maximum": 2, "exclusiveMaximum": True}, 2, 0),
    ({"$schema": OLD, "exclusiveMaximum": True}, 9, 1),
    ({"multipleOf": 0.01}, 4.02, 1),
    ({"multipleOf": 0.01}, 4.025, 0),
    ({"multipleOf": 3}, 9, 1),
    ({"multipleOf": 3}, 10, 0),
    ({"minLength": 2, "maxLength": 3}, "ab", 1),
    ({"minLength": 2, "maxLength": 3}, "abcd", 0),
    ({"minLength": 2}, [1], 1),
    ({"pattern": "^a"}, "ba", 0),
    ({"pattern": "^a"}, 7, 1),
    ({"pattern": "(?i)^(a|b)+$"}, "AB", 1),
    ({"enum": [1, "a", [True]]}, [True], 1),
    ({"enum": [1, "a", [True]]}, [1], 0),
    ({"enum": [1]}, 1.0, 1),
    ({"enum": [1]}, True, 0),
    ({"const": {"a": [1, None]}}, {"a": [1.0, None]}, 1),
    ({"const": {"a": 1}}, {"a": 1, "b": 2}, 0),
    ({"uniqueItems": True}, [1, True, "1"], 1),
    ({"uniqueItems": True}, [1, 1.0], 0),
    ({"uniqueItems": False}, [1, 1], 1),
    ({"uniqueItems": True}, "aa", 1),
    ({"minItems": 2, "items": {"type": "integer"}}, [1], 0.45),
    ({"maxItems": 1, "items": {"type": "integer"}}, [1, 2], 0.6),
    ({"minItems": 2}, [1], 0),
    ({"minItems": 2}, {}, 1),
    ({"maxProperties": 1}, {"a": 1, "b": 2}, 0),
    ({"items": {"type": "integer"}}, [1, "x", 3, 4], 0.675),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, ["a", 1], 1),
    ({"prefixItems": [{"type": "string"}, {"type": "integer"}], "items": False}, ["a", 1, 2], 0.6),
    ({"prefixItems": [{"type": "string"}]}, ["a", 1, 2], 1),
    ({"$schema": OLD, "items": [{"type": "string"}], "additionalItems": {"type": "integer"}}, ["a", "b"], 0.45),
    ({"$schema": OLD, "items": {"type": "string"}, "additionalItems": False}, ["a", "b"], 1),
    ({"contains": {"type": "integer"}}, ["a", 1], 1),
    ({"contains": {"type": "integer"}}, ["a"], 0),
    ({"contains": {"type": "integer"}}, [], 0),
    ({"contains": {"type": "integer"}}, "a", 1),
    ({"contains": {"type": "integer"}, "minContains": 0}, [], 1),
    ({"contains": {"type": "integer"}, "minContains": 2}, [1, "a"], 0.45),
    ({"contains": {"type": "integer"}, "maxContains": 1}, [1, 2], 0.45),
    ({"contains": {"type": "integer"}, "maxContains": 2}, [1, 2], 1),
    ({"contains": AB, "minContains": 1}, [{}, {"a": 1}], 0.405),
    ({"patternProperties": {"^x": {"type": "integer"}}}, {"x1": 1, "x2": "a", "y": "b"}, 0.45),
    ({"patternProperties": {"^x": {"type": "integer"}}, "additionalProperties": False}, {"x": 1, "y": 1}, 0.45),
    ({"properties": {"x": {"minimum": 2}}, "patternProperties": {"x": {"maximum": 3}}}, {"x": 4}, 0),
    ({"properties": {"x": {"minimum": 2}}, "patternProperties": {"x": {"maximum": 3}}}, {"x": 1}, 0),
    ({"propertyNames": {"maxLength": 1}}, {"a": 1, "bb": 2}, 0.45),
    ({"dependentRequired": {"a": ["b", "c"]}}, {"a": 1, "b": 1}, 0.45),
    ({"dependentRequired": {"a": ["b", "c"]}}, {"d": 1}, 1),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"a": 1}, 0),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, {"c": 1}, 1),
    ({"dependentSchemas": {"a": {"required": ["b"]}}}, ["a"], 1),
    ({"$schema": OLD, "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}, {"a": 1, "c": 1, "d": 1}, 0.45),
    ({"$schema": OLD, "dependencies": {"a": ["b"]}}, {"a": 1, "b": 1}, 1),
    ({"allOf": [{"minimum": 2}, {"maximum": 4}]}, 5, 0.45),
    ({"allOf": [{"minimum": 2}, {"maximum": 4}]}, 3, 1),
    ({"anyOf": [AB, {"type": "string"}]}, {"a": 1}, 0.405),
    ({"anyOf": [AB, {"type": "string"}]}, "x", 1),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, 3, 0),
    ({"oneOf": [{"type": "integer"}, {"minimum": 2}]}, 1, 1),
    ({"oneOf": [AB, {"type": "string"}]}, {"a": 1}, 0.405),
    ({"not": {"type": "integer"}}, 1, 0),
    ({"not": {"type": "integer"}}, "a", 1),
    ({"not": AB}, {"a": 1}, 1),
    ({"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"minLength": 2}}, 1, 0),
    ({"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"minLength": 2}}, 2, 1),
    ({"if": {"type": "integer"}, "then": {"minimum": 2}, "else": {"minLength": 2}}, "a", 0),
    ({"if": {"type": "integer"}, "then": {"minimum": 2}}, "a", 1),
    ({"if": AB, "then": False}, {"a": 1}, 1),
    (TREE, {"value": 1, "next": {"value": 2}}, 1),
    (TREE, {"value": 1, "next": {"value": "x"}}, 0.45),
    (TREE, {"value": 1, "next": {}}, 0.45),
    ({"$defs": {"n": {"minimum": 2}}, "$ref": "#/$defs/n", "type": "integer"}, 1, 0),
    ({"$defs": {"n": {"$anchor": "far", "minimum": 2}}, "$ref": "#far", "type": "integer"}, 3, 1),
    ({"$defs": {"n": {"minimum": 2}}, "$dynamicRef": "#/$defs/n"}, 1, 0),
    ({"$defs": {"n": {"minimum": 2}}, "$dynamicRef": "#/$defs/n", "allOf": [{"maximum": 4}]}, 5, 0.45),
    (STRICT_TREE, {"data": 1, "children": [{"data": 2, "children": []}]}, 1),
    (STRICT_TREE, {"children": [{"daat": 2}]}, 0.295245),  # 0.45 at the leaf, and 0.9 for each of four ways there
    (OWN_NAME, {"p": 1, "q": 2}, 1),
    ({"$schema": OLD, "properties": {"a": {"id": "#", "type": "string"}, "b": {"$ref": "#"}}}, {"b": {"a": "x"}}, 1),
    ({"$ref": "#/allOf/0", "allOf": [{"type": "string"}]}, "a", 1),
    (OWN_NAME, {"p": 1, "q": "x"}, 0.45),
    (OWN_NAME, {"p": "x", "q": 2}, 0.45),
    ({"$schema": NINETEEN, "properties": {"a": {"$recursiveRef": "#"}}, "required": ["b"]}, {"b": 1, "a": {}}, 0.45),
    ({**AB, "unevaluatedProperties": False}, {"a": 1, "b": 2, "c": 3}, 0.6),
    ({"allOf": [AB], "unevaluatedProperties": False}, {"a": 1, "b": 2}, 1),
    ({"anyOf": [AB, {"properties": {"c": True}}], "unevaluatedProperties": False}, {"c": 1}, 1),
    ({"if": AB, "unevaluatedProperties": False}, {"a": 1, "b": 2}, 1),
    ({"if": {"properties": {"a": {"const": 1}}}, "unevaluatedProperties": False}, {"a": 2}, 0),
    ({"not": {"properties": {"a": {"const": 1}}}, "unevaluatedProperties": False}, {"a": 2}, 0.45),
    ({"prefixItems": [True], "unevaluatedItems": {"type": "integer"}}, ["a", 1], 1),
    ({"prefixItems": [True], "unevaluatedItems": {"type": "integer"}}, ["a", "b"], 0),
    ({"contains": {"type": "string"}, "unevaluatedItems": {"type": "integer"}}, ["a", 1], 1),
    ({"contains": {"type": "string"}, "unevaluatedItems": False}, ["a", 1], 0.45),
    ({"$schema": NINETEEN, "contains": {"type": "string"}, "unevaluatedItems": False}, ["a"], 0.45),
]


@pytest.mark.parametrize(("schema", "document", "grade"), GRADES, ids=range(len(GRADES)))
def test_a_document_earns_the_share_of_its_slots(schema: Any, document: Any, grade: float) -> None:
    assert grade_by(plan_of(schema), document) == pytest.approx(grade)


ROOT = "#/$defs/NAME"
REFUSED: list[tuple[Any, str]] = [
    ({"type": "int"}, "#/type names 'int'; known: null, boolean, integer, number, string, array, object"),
    ({"properties": {"a/b": {"type": "int"}}}, "#/properties/a~1b/type names 'int'"),
    ({"items": {"minimum": "1"}}, "#/items/minimum must be a number, got '1'"),
    ({"allOf": [{}, {"required": "a"}]}, "#/allOf/1/required must be "),
    ({"properties": {"a": 1}}, "#/properties/a must be an object or a boolean, got 1"),
    ({"properties": {1: {}}}, "#/properties has the key 1, which must be a string"),
    ({"pattern": "("}, "#/pattern: '(' is no regular expression of Python: "),
    ({"patternProperties": {"(": {}}}, "#/patternProperties: '(' is no regular expression of Python: "),
    ({"$ref": "other.json"}, f"#/$ref: 'other.json' must be # or #/ and the path of a schema in the same document, "
        f"such as '{ROOT}'"),
    ({"$ref": "#/$defs/b", "$defs": {"a": {}}}, "such as '#/$defs/a'"),
    ({"$schema": OLD, "$ref": "#/b", "definitions": {"a": {}}}, "such as '#/definitions/a'"),
    ({"$ref": "#/allOf/1", "allOf": [{}]}, "'#/allOf/1' must be # or #/ and the path of a schema"),
    ({"$ref": "#/allOf/x", "allOf": [{}]}, "'#/allOf/x' must be # or #/ and the path of a schema"),
    ({"$ref": "#"}, "a $ref leads back to itself without a step into the document"),
    ({"anyOf": [{"$ref": "#"}]}, "a $ref leads back to itself without a step into the document"),
    ({"$schema": OLD, "dependencies": {"a": [1]}}, "#/dependencies must be a list of names or a schema under 'a', got"),
    ({"$defs": {"unused": {"type": "int"}}}, "#/$defs/unused/type names 'int'"),
]  # fmt: skip


@pytest.mark.parametrize(("schema", "message"), REFUSED, ids=range(len(REFUSED)))
def test_a_schema_that_cannot_be_graded_by_is_refused_with_its_place(schema: Any, message: str) -> None:
    with pytest.raises(SpecError) as error:
        schema_valid(schema)
    assert str(error.value).startswith("this schema is not supported: ")
    assert message in str(error.value)


def test_all_that_is_wrong_is_told_at_once_and_each_thing_once() -> None:
    with pytest.raises(SpecError) as error:
        schema_valid({"type": "int", "minimum": "1", "items": {"type": "int"}})
    assert str(error.value).count("; #") == 2
    nested: Any = {}
    for _ in range(2_000):
        nested = {"items": nested}
    with pytest.raises(SpecError, match="it is nested too deeply, or contains itself"):
        schema_valid({"const": nested})


def test_what_is_no_rule_of_its_draft_is_named() -> None:
    format_ = "#/format is an annotation, so 'date' is not checked"
    assert schema_valid({"format": "date", "x-order": 1}).ignored == (format_,)
    assert schema_valid({"$schema": OLD, "const": 1}).ignored == ("#/const is no keyword of draft-04",)
    hidden: Any = {
        "$schema": OLD,
        "properties": {"a": {"$ref": "#/definitions/d", "minimum": 2}},
        "definitions": {"d": {}},
    }
    assert schema_valid(hidden).ignored == ("#/properties/a/minimum is beside a $ref, which hides it in draft-04",)
    hidden["properties"]["a"] = {"$ref": "#/definitions/d", "format": "date"}
    assert schema_valid(hidden).ignored == ()  # a format asserts nothing of itself

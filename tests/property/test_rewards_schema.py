"""Our graded schema against the `jsonschema` package: valid is exactly what the package calls valid, in every draft."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import jsonschema
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rewards import Completion, Formats, Sample, from_spec, schema_valid, to_spec
from rewards.comparing.json_schema.dialects import is_number
from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import plan_of
from rewards.errors import SpecError

Schema = dict[str, Any]


def grade(document: Any, schema: Any, formats: Formats | None = None) -> float:
    return grade_by(plan_of(schema, formats=formats), document)


def exact_multiples(_: Any, of: Any, instance: Any, schema: Any) -> Iterator[jsonschema.ValidationError]:
    """The package divides in binary, so that 4.02 is no multiple of 0.01, and 1e308 one of 1.5; the standard means the
    numbers as written."""
    if is_number(instance) and (Fraction(repr(instance)) / Fraction(repr(of))).denominator != 1:
        yield jsonschema.ValidationError(f"{instance!r} is no multiple of {of!r}")


def exact(validator: Any, **others: Any) -> Any:
    return jsonschema.validators.extend(validator, {"multipleOf": exact_multiples, **others})  # type: ignore[no-untyped-call]


# For 2019-09 the package takes the names inside an `additionalProperties` schema for the properties that it evaluated;
# the standard (9.3.2.3 there, 11.3 later) means the properties that it was applied to, as the package does for 2020-12.
BY_THE_STANDARD = jsonschema.Draft202012Validator.VALIDATORS["unevaluatedProperties"]


DRAFTS: dict[str, tuple[str, Any]] = {
    "draft-04": ("http://json-schema.org/draft-04/schema#", exact(jsonschema.Draft4Validator)),
    "draft-06": ("http://json-schema.org/draft-06/schema#", exact(jsonschema.Draft6Validator)),
    "draft-07": ("http://json-schema.org/draft-07/schema#", exact(jsonschema.Draft7Validator)),
    "2019-09": (
        "https://json-schema.org/draft/2019-09/schema",
        exact(jsonschema.Draft201909Validator, unevaluatedProperties=BY_THE_STANDARD),
    ),
    "2020-12": ("https://json-schema.org/draft/2020-12/schema", exact(jsonschema.Draft202012Validator)),
}
OLDER = ("draft-04", "draft-06", "draft-07")
each_draft = pytest.mark.parametrize("draft", DRAFTS)

names = st.sampled_from(["a", "b", "c"])
numbers = st.sampled_from([-1, 0, 1, 2, 3, 0.5, 1.0, 2.5, 1e308])
strings = st.sampled_from(["", "a", "ab", "abc", "é", "1"])
scalars = st.none() | st.booleans() | numbers | strings
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3), max_leaves=8
)
types = st.sampled_from(["null", "boolean", "integer", "number", "string", "array", "object"])
patterns = st.sampled_from(["a", "^a", "b$", "^$", "[a-c]{2}", "^(a|b)+$"])
small = st.integers(0, 3)
keywords: dict[str, st.SearchStrategy[Any]] = {
    "type": types | st.lists(types, min_size=1, max_size=3, unique=True),
    "enum": st.lists(scalars, min_size=1, max_size=3, unique_by=repr),
    "minimum": numbers,
    "maximum": numbers,
    "multipleOf": st.sampled_from([1, 2, 3, 0.5, 1.5]),
    "minLength": small,
    "maxLength": small,
    "pattern": patterns,
    "minItems": small,
    "maxItems": small,
    "uniqueItems": st.booleans(),
    "minProperties": small,
    "maxProperties": small,
    "required": st.lists(names, min_size=1, max_size=2, unique=True),
    "title": strings,
    "x-order": documents,
    "example": documents,
}
since_06 = {"const": documents, "exclusiveMinimum": numbers, "exclusiveMaximum": numbers}
definitions = {"$ref": st.sampled_from(["#/definitions/d", "#/definitions/e"])}


def nested_of(draft: str, inner: st.SearchStrategy[Any]) -> dict[str, st.SearchStrategy[Any]]:
    """The keywords of a draft that hold schemas."""
    listed = st.lists(inner, min_size=1, max_size=2)
    named = st.dictionaries(names, inner, max_size=3)
    found: dict[str, st.SearchStrategy[Any]] = {
        "properties": named,
        "patternProperties": st.dictionaries(patterns, inner, max_size=2),
        "additionalProperties": inner,
        "items": inner,
        "allOf": listed,
        "anyOf": listed,
        "oneOf": listed,
        "not": inner,
        **definitions,
    }
    if draft in OLDER:
        wanted = st.lists(names, min_size=1, max_size=2, unique=True)
        found |= {"items": inner | listed, "additionalItems": inner}
        found["dependencies"] = st.dictionaries(names, inner | wanted, max_size=2)
    if draft != "draft-04":
        found |= {"contains": inner, "propertyNames": inner}
    if draft not in ("draft-04", "draft-06"):
        found |= {"if": inner, "then": inner, "else": inner}
    if draft not in OLDER:
        found |= {"dependentSchemas": named, "dependentRequired": st.dictionaries(names, st.lists(names, max_size=2))}
        found |= {"unevaluatedProperties": inner, "unevaluatedItems": inner}
        found |= {"minContains": small, "maxContains": small}
        found["dependentRequired"] = st.dictionaries(names, st.lists(names, max_size=2, unique=True), max_size=2)
    if draft == "2019-09":
        found |= {"items": inner | listed, "additionalItems": inner}
    if draft == "2020-12":
        found["prefixItems"] = listed
    return found


def schemas_of(draft: str) -> st.SearchStrategy[Any]:
    """Schemas of a draft, whose references lead to two definitions at their root."""
    plain = keywords | ({} if draft == "draft-04" else since_06)
    if draft == "draft-04":
        plain |= {"exclusiveMinimum": st.booleans(), "exclusiveMaximum": st.booleans()}
    basis: st.SearchStrategy[Any] = st.fixed_dictionaries({}, optional={"type": types})

    def extended(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        every = plain | nested_of(draft, inner)
        chosen = st.sets(st.sampled_from(sorted(every)), max_size=4).map(lambda keys: _complete(draft, keys))
        made = chosen.flatmap(lambda keys: st.fixed_dictionaries({key: every[key] for key in keys}))
        return made if draft == "draft-04" else st.booleans() | made

    found = st.recursive(basis, extended, max_leaves=6)
    return st.builds(
        lambda schema, d, e: {**schema, "$schema": DRAFTS[draft][0], "definitions": {"d": d, "e": e}},
        found.filter(lambda schema: isinstance(schema, dict) and not (draft in OLDER and "$ref" in schema)),
        found,
        basis,
    )


def _complete(draft: str, keys: set[str]) -> set[str]:
    """Draft-04 has no exclusive limit without the limit."""
    if draft != "draft-04":
        return keys
    return keys | {key.replace("exclusiveM", "m") for key in keys if key.startswith("exclusiveM")}


def planned(schema: Any) -> Any:
    """The plan; a schema that leads back to itself is refused, and is no example."""
    try:
        return plan_of(schema)
    except SpecError as error:
        assume("leads back to itself" not in str(error))
        raise


@each_draft
@settings(max_examples=100, deadline=None)
@given(data=st.data(), document=documents)
def test_1_means_valid_and_valid_means_1(draft: str, data: st.DataObject, document: Any) -> None:
    schema = data.draw(schemas_of(draft))
    DRAFTS[draft][1].check_schema(schema)
    value = grade_by(planned(schema), document)
    assert (value == 1.0) == DRAFTS[draft][1](schema).is_valid(document)
    assert value == 1.0 or 0 <= value <= 0.9


@given(st.integers(-10_000, 10_000), st.sampled_from(["0.01", "0.1", "0.05", "0.25", "2.5", "1e-7", "1e300"]))
def test_multiples_are_those_of_the_decimal_numbers(count: int, step: str) -> None:
    value = json.loads(str(float(Fraction(step) * count)))
    assert grade(value, {"multipleOf": float(step)}) == 1.0
    assert (grade(count + 0.5, {"multipleOf": float(step)}) == 1.0) == (
        (Fraction(str(count + 0.5)) / Fraction(step)).denominator == 1
    )


def test_a_huge_number_is_a_multiple_by_its_digits() -> None:
    assert grade(1e308, {"multipleOf": 1.5}) < 1.0  # 1 and 308 zeros is not divisible by 3
    assert grade(1e308, {"multipleOf": 0.5}) == 1.0


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
    assert (grade(document, TREE) == 1.0) == jsonschema.Draft202012Validator(TREE).is_valid(document)


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
        (
            {"$schema": "http://json-schema.org/draft-03/schema#"},
            "#/\\$schema must name one of the drafts 4 to 2020-12",
        ),
        ({"items": [{}]}, "#/items must be an object or a boolean \\(2020-12 calls a list prefixItems"),
        ({"patternProperties": {"(": {}}}, "#/patternProperties: '\\(' is no regular expression"),
        ({"pattern": "(a*)\\1b"}, "has GROUPREF, which may take more than linear time"),
        ({"properties": {"a": {"$ref": "b.json"}}}, "#/properties/a/\\$ref: 'b.json' must be"),
        ({"properties": {1: {}}}, "#/properties has the key 1, which must be a string"),
        ({"patternProperties": {1: {}}}, "#/patternProperties has the key 1, which must be a string"),
        ({"$defs": {"unused": {"minLength": -1}}}, "#/\\$defs/unused/minLength must be a whole number"),
        ({"type": "int"}, "type names 'int'"),
        ({"pattern": "("}, "no regular expression"),
        ({"anyOf": []}, "#/anyOf must be a list of at least one schema"),
        ({"properties": {"a": 3}}, "must be an object or a boolean, got 3"),
    ],
)
def test_a_schema_that_cannot_work_is_refused_with_its_place(schema: Schema, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        plan_of(schema)


@pytest.mark.parametrize(("key", "expected"), [("left", 1.0), ("up", 0.45)])
def test_names_of_keys_are_judged(key: str, expected: float) -> None:
    schema = {"additionalProperties": {"type": "integer"}, "propertyNames": {"enum": ["left", "right"]}}
    assert grade({key: 1}, schema) == expected  # of two slots, its name and its value


@pytest.mark.parametrize("draft", OLDER)
def test_until_draft_07_a_ref_hides_what_is_beside_it(draft: str) -> None:
    schema = {"$ref": "#/definitions/a", "minLength": 3, "definitions": {"a": {"type": "string"}}}
    assert grade("x", schema) == 0.45  # one of two slots: the reference holds, the length does not
    assert grade("x", {"$schema": DRAFTS[draft][0], **schema}) == 1.0
    reward = schema_valid({"$schema": DRAFTS[draft][0], **schema})
    assert reward.ignored == (f"#/minLength is beside a $ref, which hides it in {draft}",)


@each_draft
@settings(max_examples=60)
@given(data=st.data())
def test_a_keyword_takes_the_values_that_its_draft_gives_it(draft: str, data: st.DataObject) -> None:
    plain = [*keywords, *([] if draft == "draft-04" else since_06)]
    key = data.draw(st.sampled_from([*plain, *nested_of(draft, st.just({})).keys() - {"$ref"}]))
    value = data.draw(scalars | st.lists(scalars, max_size=2) | st.dictionaries(names, scalars | st.lists(names)))
    schema = {"$schema": DRAFTS[draft][0], key: value}
    try:
        DRAFTS[draft][1].check_schema(schema)
    except jsonschema.SchemaError:
        has_a_clear_meaning = draft in OLDER or key == "title" or (key, value) == ("items", [])
        if not has_a_clear_meaning:
            with pytest.raises(SpecError):
                plan_of(schema)
    else:
        plan_of(schema)


@pytest.mark.parametrize("key", ["$comment", "id", "title", "_format", "example", "x-order", "self", "readonly", "typ"])
@given(value=documents)
def test_what_is_no_keyword_changes_nothing(key: str, value: Any) -> None:
    assert grade({"a": 1}, {"properties": {"a": {"type": "integer", key: value}}}) == 1.0


def test_what_looks_like_a_rule_and_is_none_is_named() -> None:
    schema = {
        "properties": {"a": {"format": "email", "additionalItems": False, "nullable": True, "minlength": 3}},
        "dependencies": {"a": ["b"]},
    }
    assert schema_valid(schema).ignored == (
        "#/dependencies is no keyword of 2020-12",
        "#/properties/a/format is an annotation, so 'email' is not checked",
        "#/properties/a/additionalItems is no keyword of 2020-12",
        "#/properties/a/nullable is no keyword of 2020-12",
        "#/properties/a/minlength is no keyword of 2020-12",
    )


EXTENSIBLE: Schema = {
    "$id": "https://example.com/strict",
    "$dynamicAnchor": "node",
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "tree",
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {"data": True, "children": {"type": "array", "items": {"$dynamicRef": "#node"}}},
        }
    },
}


@given(st.recursive(st.just({"data": 1}), lambda node: st.fixed_dictionaries({"children": st.lists(node, max_size=2)},
       optional={"daat": st.just(1)}), max_leaves=4))  # fmt: skip
def test_a_dynamic_reference_leads_to_the_outermost_anchor(document: Any) -> None:
    assert (grade(document, EXTENSIBLE) == 1.0) == ("daat" not in json.dumps(document))


@pytest.mark.parametrize(
    "reference", ["#word", "#/properties/word", "other#/$defs/word", "https://e.org/other#letters", "#/x-parts/w%6Frd"]
)
def test_references_of_every_kind_lead_into_the_document(reference: str) -> None:
    schema = {
        "$id": "https://e.org/root",
        "properties": {"word": {"$anchor": "word", "type": "string"}, "used": {"$ref": reference}},
        "x-parts": {"word": {"type": "string"}},
        "$defs": {"o": {"$id": "other", "$defs": {"word": {"$anchor": "letters", "type": "string"}}}},
    }
    assert grade({"used": "x"}, schema) == 1.0
    assert grade({"used": 1}, schema) < 1.0


def test_the_draft_is_that_of_the_part_that_names_it() -> None:
    older = {"$id": "older", "$schema": DRAFTS["draft-07"][0], "dependencies": {"a": ["b"]}}
    schema = {"$id": "https://e.org/newer", "$ref": "older", "$defs": {"older": older}, "dependencies": {"c": ["d"]}}
    assert grade({"c": 1}, schema) == 1.0
    assert grade({"a": 1}, schema) < 1.0


@pytest.mark.parametrize(
    ("document", "schema", "value"),
    [
        ({"left": 1, "up": 2}, {"propertyNames": {"enum": ["left", "right"]}}, 0.45),  # one key of two
        ({"a": 1}, {"dependentRequired": {"a": ["b", "c"]}}, 0.0),  # both are missing
        ({"a": 1, "b": 1}, {"dependentRequired": {"a": ["b", "c"]}}, 0.45),
        ([1, "x"], {"contains": {"type": "string"}, "minContains": 2}, 0.45),  # one of the two wanted
        (["x", "x", "x"], {"contains": {"type": "string"}, "maxContains": 2}, 0.6),  # 0.9 x 2 / 3
        ({"a": 1}, {"if": {"required": ["a"]}, "then": {"required": ["a", "b"]}}, 0.405),  # 0.9 x (0.9 x 1 / 2)
        ({"a_x": 1, "a_y": "1"}, {"patternProperties": {"^a_": {"type": "integer"}}}, 0.45),
        ({"a": 1, "b": 2}, {"properties": {"a": True}, "unevaluatedProperties": False}, 0.45),
        ([1, 2, 3], {"prefixItems": [True], "unevaluatedItems": {"const": 2}}, 0.45),  # one item of two
    ],
)
def test_each_keyword_is_graded_by_part(document: Any, schema: Schema, value: float) -> None:
    assert grade(document, schema) == pytest.approx(value, abs=1e-12)


def test_formats_are_asserted_where_they_are_asked_for() -> None:
    schema = {"properties": {"on": {"format": "date"}, "to": {"format": "email"}, "of": {"format": "colour"}}}
    document = {"on": "2024-02-30", "to": "nobody", "of": "?"}
    assert grade(document, schema) == 1.0
    assert grade(document, schema, Formats()) == pytest.approx(0.3)  # one slot of three
    assert grade(document, schema, Formats(only=("date",))) == pytest.approx(0.6)
    with pytest.raises(ValueError, match="no format 'dat'; known: date, date-time"):
        Formats(only=("dat",))


def test_formats_survive_a_specification() -> None:
    reward = schema_valid({"format": "date"}, formats=Formats(only=("date",)))
    spec = json.loads(json.dumps(to_spec(reward)))
    assert spec == {"schema_valid": {"schema": {"format": "date"}, "formats": {"only": ["date"]}}}
    assert from_spec(spec) == reward
    assert from_spec(spec)(Sample("s", ()), Completion('"2024-02-30"')).value == 0.0


CHECKED_BY_THE_PACKAGE = ("date", "ipv4", "ipv6", "uuid", "email", "regex")
address_texts = st.lists(st.sampled_from([*"0:.-/@aF19", "25", "::", "2024", "-02-", "30", "a@b"]), max_size=9)


@pytest.mark.parametrize("name", CHECKED_BY_THE_PACKAGE)
@settings(max_examples=200)
@given(text=address_texts.map("".join) | st.dates().map(str) | st.uuids().map(str) | st.ip_addresses().map(str))
def test_what_we_call_of_a_format_the_package_does_too(name: str, text: str) -> None:
    checker = jsonschema.Draft202012Validator.FORMAT_CHECKER
    if Formats().holds(name, text):
        assert checker.conforms(text, name)
    elif name in ("date", "ipv4", "ipv6", "uuid"):
        assert not checker.conforms(text, name)


def test_a_deep_document_under_many_steps_is_graded_without_recursion() -> None:
    steps = {f"s{n}": {"allOf": [{"anyOf": [{"$ref": f"#/$defs/s{n + 1}"}]}]} for n in range(30)}
    schema = {"$ref": "#/$defs/s0", "$defs": {**steps, "s30": {"properties": {"a": {"$ref": "#/$defs/s0"}}}}}
    document: Any = 1
    for _ in range(60):
        document = {"a": document}
    assert grade(document, schema) == 1.0  # 60 levels of 90 steps


def test_a_schema_that_is_nested_too_deeply_is_refused() -> None:
    schema: Schema = {}
    for _ in range(2_000):
        schema = {"not": schema}
    with pytest.raises(SpecError, match="nested too deeply"):
        plan_of(schema)


LINKED: dict[str, tuple[tuple[str, ...], Schema]] = {
    "a tuple, closed": (OLDER, {"items": [{"type": "string"}, {"type": "integer"}], "additionalItems": False}),
    "a tuple, its rest typed": (OLDER, {"items": [{}, {"type": "integer"}], "additionalItems": {"type": "integer"}}),
    "a tuple of 2019": (("2019-09",), {"items": [{"type": "string"}], "additionalItems": {"type": "integer"}}),
    "additionalItems without a tuple": (OLDER, {"items": {"type": "integer"}, "additionalItems": False}),
    "prefixItems": (("2020-12",), {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}}),
    "contains marks": (("2020-12",), {"contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}}),
    "counted": (("2019-09", "2020-12"), {"contains": {"type": "integer"}, "minContains": 2, "maxContains": 3}),
    "a pointer with escapes": (
        tuple(DRAFTS),
        {"properties": {"a~b": {"$ref": "#/definitions/x~0y~1z"}}, "definitions": {"x~y/z": {"type": "integer"}}},
    ),
    "a reference beside keywords": (
        ("2019-09", "2020-12"),
        {"properties": {"a~b": {"$ref": "#/$defs/n", "minimum": 2}}, "$defs": {"n": {"type": "integer"}}},
    ),
    "an anchor": (
        ("2019-09", "2020-12"),
        {"items": {"$ref": "#n"}, "$defs": {"n": {"$anchor": "n", "type": "integer"}}},
    ),
    "an anchor by its id": (
        ("draft-06", "draft-07"),
        {"items": {"$ref": "#n"}, "definitions": {"n": {"$id": "#n", "type": "integer"}}},
    ),
    "a resource inside": (
        ("2019-09", "2020-12"),
        {
            "$id": "http://a.b/c.json",
            "items": {"$ref": "d.json"},
            "$defs": {"d": {"$id": "d.json", "$ref": "#/$defs/n", "$defs": {"n": {"type": "integer"}}}},
        },
    ),
    "a dynamic anchor": (
        ("2020-12",),
        {"$dynamicAnchor": "node", "type": ["array", "integer"], "items": {"$dynamicRef": "#node"}},
    ),
    "a recursive anchor": (
        ("2019-09",),
        {"$recursiveAnchor": True, "type": ["array", "integer"], "items": {"$recursiveRef": "#"}},
    ),
    "a dynamic anchor, overridden": (
        ("2020-12",),
        {
            "$id": "http://a.b/ints",
            "$ref": "list",
            "$defs": {
                "ints": {"$dynamicAnchor": "item", "type": "integer"},
                "list": {
                    "$id": "list",
                    "items": {"$dynamicRef": "#item"},
                    "$defs": {"any": {"$dynamicAnchor": "item"}},
                },
            },
        },
    ),
    "dependencies": (OLDER, {"dependencies": {"a~b": ["c"], "c": {"required": ["d"]}}}),
}
ASKED: list[Any] = [
    [], [1], ["a"], ["a", 1], ["a", "b"], ["a", 1, 2], ["a", 1, "c"], [1, 2, 3, 4], [[1]], [["a"]], [None], 7, "a",
    {},
    {"a~b": 1}, {"a~b": "x"}, {"a~b": 3}, {"a~b": 1, "c": 1}, {"a~b": 1, "c": 1, "d": 1}, {"c": 1}, {"c": 1, "d": 2},
]  # fmt: skip


@pytest.mark.parametrize(("drafts", "schema"), LINKED.values(), ids=LINKED)
def test_what_links_parts_of_a_schema_is_judged_as_the_package_judges_it(
    drafts: tuple[str, ...], schema: Schema
) -> None:
    for draft in drafts:
        address, validator = DRAFTS[draft]
        declared = {"$schema": address, **schema}
        judged = {json.dumps(document): validator(declared).is_valid(document) for document in ASKED}
        assert {json.dumps(document): grade(document, declared) == 1.0 for document in ASKED} == judged
        assert set(judged.values()) == {True, False}


def test_the_plan_of_a_reward_pickles_with_it() -> None:
    reward = schema_valid(EXTENSIBLE)
    assert copy.deepcopy(reward)(Sample("s", ()), Completion('{"data": 1}')).value == 1.0


def test_grading_leaves_document_and_schema_alone() -> None:
    document, schema = copy.deepcopy(RIGHT), copy.deepcopy(OBJECT)
    grade(document, schema)
    assert (document, schema) == (RIGHT, OBJECT)

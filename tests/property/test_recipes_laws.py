"""Laws of recipes: nothing is lost in writing and reading, nothing corrupt goes unseen, nothing makes `check` raise."""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from functools import cache, partial
from types import FrameType
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from recipes import (
    Context,
    Official,
    Recipe,
    catalogue,
    check,
    dump,
    json_schema,
    load,
    official,
    resolved_yaml,
    to_mapping,
)
from recipes.editing.detect_family import family_of
from recipes.editing.replace import set_value
from recipes.editing.structure import may_be_left_out, value_at
from recipes.families.all import FAMILIES
from recipes.families.rft import RftFull, RftLora
from recipes.families.rft_hyperpod import RftFullHyperpod, RftLoraHyperpod
from recipes.model.base import flatten, keys_of
from recipes.model.json_schema import family_schema, schema_at
from recipes.yaml.read import MAX_DEPTH, MAX_NODES, read_yaml

# Files of one family have the same keys, so one of each will do where only keys and kinds of values matter.
ONE_OF_EACH = tuple({entry.family: entry for entry in catalogue()}.values())
STRUCTURAL = {"wrong-value", "unknown-key", "other-platform-key", "unknown-interpolation", "outside-limits"}


def values_of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a JSON Schema of ours allows."""
    if "anyOf" in schema:
        return st.one_of(*map(values_of, schema["anyOf"]))
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    return TYPES[schema["type"]](schema)


def _objects(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "properties" in schema:
        return st.fixed_dictionaries({name: values_of(part) for name, part in schema["properties"].items()})
    keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=8)
    return st.dictionaries(keys, values_of(schema["additionalProperties"]), max_size=3)


def _arrays(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "prefixItems" in schema:
        return st.tuples(*map(values_of, schema["prefixItems"]))
    return st.lists(values_of(schema["items"]), max_size=4).map(tuple)


def _strings(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "pattern" in schema:
        return st.from_regex(schema["pattern"], fullmatch=True)
    return st.text(st.characters(exclude_categories=["Cs"]), min_size=schema.get("minLength", 0), max_size=20)


def _integers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    return st.integers(schema.get("minimum", -(10**6)), schema.get("maximum", 10**12))


def _numbers(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum", -1e300))
    floats = st.floats(low, schema.get("maximum", 1e300), exclude_min="exclusiveMinimum" in schema)
    return floats | st.just(schema.get("maximum", 7))


TYPES: dict[str, Callable[[dict[str, Any]], st.SearchStrategy[Any]]] = {
    "object": _objects,
    "array": _arrays,
    "string": _strings,
    "integer": _integers,
    "number": _numbers,
    "boolean": lambda _: st.booleans(),
    "null": lambda _: st.none(),
}


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    family = draw(st.sampled_from(FAMILIES))
    return family.model_validate(draw(values_of(family_schema(family))))


# --- writing and reading -----------------------------------------------------------------------------------------
@settings(max_examples=50)
@given(recipes())
def test_any_recipe_reads_back_equal(recipe: Recipe):
    again = load(dump(recipe))
    assert again == recipe
    assert dump(again) == dump(recipe)


@settings(max_examples=50)
@given(recipes())
def test_pyyaml_reads_what_we_write_as_we_do(recipe: Recipe):
    """PyYAML follows YAML 1.1: a float without a dot, a bare `yes` or a date would come back as something else."""
    assert yaml.safe_load(dump(recipe)) == to_mapping(recipe, resolve=False)


@settings(max_examples=50)
@given(recipes())
def test_what_is_uploaded_holds_every_value_resolved(recipe: Recipe):
    assert yaml.safe_load(resolved_yaml(recipe)) == to_mapping(recipe)


# --- corruption --------------------------------------------------------------------------------------------------
@cache
def written(name: str) -> dict[str, Any]:
    return to_mapping(official(name).recipe(), resolve=False)


def corrupted(entry: Official, path: str, value: object) -> dict[str, Any]:
    mapping = copy.deepcopy(written(entry.name))
    set_value(mapping, path, value)
    return mapping


WRONG_KINDS: dict[type, list[object]] = {
    bool: ["true", 1],
    int: ["4", "corrupt", True],
    float: ["1e-5", True],
    str: [7, True],
}


def wrong_kinds(value: object) -> list[object]:
    """Values of another kind than `value`, none of which any key of its kind takes."""
    if isinstance(value, str) and value.startswith("${"):  # such a key takes a number, too
        return [["corrupt"], True, "${env:HOME}"]
    return [["corrupt"], *WRONG_KINDS.get(type(value), ["corrupt"])]


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: entry.name)
def test_a_value_of_the_wrong_kind_is_an_error_at_its_path(entry: Official):
    values = {path: value_at(written(entry.name), path) for path in required(entry.family)}
    unseen = [
        (path, wrong)
        for path, value in values.items()
        for wrong in wrong_kinds(value)
        if path not in errors_in(corrupted(entry, path, wrong))
    ]
    assert unseen == []


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: entry.name)
def test_a_misspelt_key_is_an_error_at_its_path_and_names_the_right_one(entry: Official):
    for path in required(entry.family):
        mapping = corrupted(entry, f"{path}x", value_at(written(entry.name), path))
        block = value_at(mapping, path.rpartition(".")[0]) if "." in path else mapping
        del block[path.rpartition(".")[2]]
        found = {problem.path: problem for problem in check(mapping) if problem.severity == "error"}
        assert f"{path}x" in found
        assert path in found[f"{path}x"].fix or not same_recipe(entry, mapping)


def outside(schema: dict[str, Any]) -> list[object]:
    """Values of the right kind that a schema rules out: past the ends of a range, beside a list of choices."""
    branches = schema.get("anyOf", [schema])
    numeric = [branch for branch in branches if branch.get("type") in ("integer", "number")]
    found: list[object] = []
    for branch in numeric:
        ends = branch.get("enum", [])
        low = min(ends, default=branch.get("minimum", branch.get("exclusiveMinimum", 0)))
        found += [low - 1] if ends or "minimum" in branch or "exclusiveMinimum" in branch else []
        found += [max(ends, default=branch.get("maximum")) + 1] if ends or "maximum" in branch else []
    closed = [branch for branch in branches if "const" in branch or "enum" in branch]
    return found + (["neither"] if closed and not numeric else [])


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_a_value_outside_its_range_is_an_error_at_its_path(entry: Official):
    context, schema = Context(instance_type=next(iter(entry.instance_types), "")), json_schema(entry)
    unseen = []
    for path in required(entry.family):
        for value in outside(schema_at(schema, path)):
            mapping = corrupted(entry, path, value)
            if path not in {p.path for p in check(mapping, context=context) if p.severity == "error"}:
                unseen.append((path, value))
    assert unseen == []


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: entry.name)
def test_a_space_around_any_text_is_reported_at_its_path(entry: Official):
    texts = {path: text for path in keys_of(entry.family) if (text := value_at(written(entry.name), path))}
    unseen = [
        (path, spaced)
        for path, text in texts.items()
        if isinstance(text, str)
        for spaced in (f" {text}", f"{text} ", f"{text}\t", f"\u00a0{text}")
        if path not in {problem.path for problem in check(corrupted(entry, path, spaced))}
    ]
    assert unseen == []


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: entry.name)
def test_no_number_is_let_grow_without_end(entry: Official):
    numbers = (path for path in required(entry.family) if type(value_at(written(entry.name), path)) in (int, float))
    unseen = [path for path in numbers if path not in {p.path for p in check(corrupted(entry, path, 10**9))}]
    assert unseen == []


@pytest.mark.parametrize("entry", ONE_OF_EACH, ids=lambda entry: entry.name)
def test_a_key_that_is_left_out_is_named(entry: Official):
    keys = keys_of(entry.family)
    for path in (path for path in required(entry.family) if not may_be_left_out(keys[path], entry.family)):
        mapping = corrupted(entry, path, None)
        block = value_at(mapping, path.rpartition(".")[0]) if "." in path else mapping
        del block[path.rpartition(".")[2]]
        assert path in {problem.path for problem in check(mapping)} or not same_recipe(entry, mapping)


def same_recipe(entry: Official, mapping: dict[str, Any]) -> bool:
    """A full-rank recipe without its peft key is a CPT recipe, key for key, and is judged as one."""
    return family_of(mapping) is entry.family


def required(family: type[Recipe]) -> list[str]:
    return [path for path, key in keys_of(family).items() if not key.optional]


def errors_in(mapping: dict[str, Any]) -> set[str]:
    return {problem.path for problem in check(mapping) if problem.severity == "error"}


# --- totality ----------------------------------------------------------------------------------------------------
YAMLISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@given(st.text())
def test_check_never_raises_on_text(text: str):
    check(text)


@given(YAMLISH)
def test_check_never_raises_on_yaml(value: object):
    check(yaml.dump(value, allow_unicode=True))


@settings(max_examples=150)
@given(st.data())
def test_check_never_raises_on_a_damaged_recipe(data: st.DataObject):
    text = dump(data.draw(st.sampled_from(catalogue())).recipe())
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    junk = data.draw(st.text(alphabet=":{}[]&*!|>'\"%@`#-?, \n\t0eE.~<yn", max_size=8))
    check(text[:start] + junk + text[end:])


@settings(max_examples=50)
@given(recipes(), st.data())
def test_check_never_raises_on_a_recipe_with_any_value_anywhere(recipe: Recipe, data: st.DataObject):
    mapping = to_mapping(recipe, resolve=False)
    set_value(mapping, data.draw(st.sampled_from(required(type(recipe)))), data.draw(YAMLISH))
    check(mapping)


HOSTILE = {
    "200,000 brackets": "[" * 200_000,
    "200,000 braces": "{" * 200_000,
    "200,000 dashes": "- " * 200_000,
    "200,000 question marks": "? " * 200_000,
    "deep indentation": "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "an alias of itself": "a: &a [*a]",
    "a billion laughs": "a0: &a0 [x]\n" + "\n".join(f"a{n}: &a{n} [{f'*a{n - 1}, ' * 9}]" for n in range(1, 12)),
    "an unknown alias": "a: *nobody",
    "an alias as a key": "a: &x 1\n*x : 2",
    "a list as a key": "? [1, 2]\n: 3",
    "duplicate keys": "run: {}\nrun: {}\n",
    "merge keys": "a: &a {b: 1}\nrun:\n  <<: *a\n",
    "python objects": "!!python/object/apply:os.system [ls]",
    "a digit bomb": f"run: {{replicas: {'9' * 5_000}}}",
    "an infinite exponent": "training_config: {optim_config: {lr: 1e999}}",
    "not a number": "training_config: {optim_config: {lr: .nan}}",
    "a lone surrogate": "run: {name: \ud800}",
    "a null byte": "run: {name: \0}",
    "tabs": "run:\n\tname: a",
    "two documents": "run: {}\n---\nrun: {}",
    "a byte order mark": "\ufeffrun: {name: a}",
    "a date": "run: {name: 2026-11-21}",
    "sexagesimal": "run: {replicas: 1:30}",
    "10 MB in one value": f"run: {{name: {'a' * 10_000_000}}}",
    "10 MB in one key": f"{'a' * 10_000_000}: 1",
    "10 MB of keys": "\n".join(f"k{n}: 1" for n in range(1_000_000)),
    "10 MB of comments": "# nothing\n" * 1_000_000,
    "10 MB of anchors": "\n".join(f"k{n}: &a{n} 1" for n in range(700_000)),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_check_answers_every_hostile_text_with_problems(text: str):
    assert check(text) != []


def test_nesting_is_refused_before_it_can_hurt():
    assert read_yaml("[" * (MAX_DEPTH + 2)).problems[0].code in {"yaml-too-deep", "yaml-syntax"}


def test_a_file_with_too_many_values_is_refused_at_the_limit():
    text = "\n".join(f"k{n}: 1" for n in range(MAX_NODES))
    assert read_yaml(text).problems[0].code == "yaml-too-large"


def calls_made(work: Callable[[], object]) -> int:
    """Python and C calls that some work makes: what a clock would tell, without the noise."""
    count = 0

    def counted(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(counted)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def with_unknown_keys(count: int) -> str:
    return dump(catalogue()[0].recipe()) + "\n".join(f"stranger_{n}: 1" for n in range(count))


def test_checking_is_linear_in_unknown_keys():
    check(with_unknown_keys(1))  # fills the caches
    small, large = (calls_made(partial(check, with_unknown_keys(count))) for count in (400, 800))
    assert large < 2.2 * small


# --- the schema agrees with check ----------------------------------------------------------------------------------
@settings(max_examples=60)
@given(st.data())
def test_the_schema_accepts_exactly_what_check_accepts(data: st.DataObject):
    entry = data.draw(st.sampled_from(catalogue()))
    path = data.draw(st.sampled_from(required(entry.family)))
    oddities = st.sampled_from(["", "lora", None, True, [], "null"])
    fractions = st.floats(-1, 100).filter(lambda number: not number.is_integer())  # JSON Schema takes 1.0 as an integer
    value = data.draw(st.integers(-2, 70_000) | fractions | oddities)
    assume(path != "run.model_type")  # one schema serves the three sizes of Nova 1.0
    mapping = corrupted(entry, path, value)
    assume(same_recipe(entry, mapping))
    context = Context(instance_type=next(iter(entry.instance_types), ""))
    found = [p for p in check(mapping, context=context) if p.path == path and p.severity == "error"]
    accepted = jsonschema.Draft202012Validator(json_schema(entry)).is_valid(mapping)
    assert accepted == (not STRUCTURAL & {problem.code for problem in found})


@pytest.mark.parametrize(("hyperpod", "training_job"), [(RftLoraHyperpod, RftLora), (RftFullHyperpod, RftFull)])
@given(data=st.data())
def test_a_short_file_with_a_key_of_hyperpod_alone_is_read_for_it(
    hyperpod: type[Recipe], training_job: type[Recipe], data: st.DataObject
):
    (entry,) = [entry for entry in catalogue() if entry.family is hyperpod]
    whole = flatten(to_mapping(entry.recipe(), resolve=False), keys_of(hyperpod))
    naming = ["run.model_type", "training_config.rollout.generator.temperature"]
    if hyperpod is RftLoraHyperpod:
        naming.append("training_config.trainer.peft.peft_scheme")
    own = sorted(whole.keys() - keys_of(training_job).keys())
    chosen = data.draw(st.lists(st.sampled_from(own), min_size=1, unique=True))
    kept = data.draw(st.lists(st.sampled_from(sorted(whole.keys() - own)), max_size=12, unique=True))
    short: dict[str, Any] = {}
    for path in (*naming, *chosen, *kept):
        set_value(short, path, whole[path])
    assert family_of(short) is hyperpod

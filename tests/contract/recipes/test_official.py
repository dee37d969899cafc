"""Every official Nova recipe, key for key: what the catalogue makes, what `check` says, what a round trip keeps.

official.json holds the facts (keys and verbatim scalars of all 56 files) from aws/sagemaker-hyperpod-recipes.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from recipes import Official, Platform, catalogue, check, dump, json_schema, load, official, to_mapping
from recipes.editing.replace import set_value
from recipes.model.base import flatten, keys_of
from recipes.yaml.read import read_yaml

FACTS = json.loads((Path(__file__).parent / "official.json").read_text("utf-8"))
FILES = {Path(entry["file"]).stem: entry for entry in FACTS["recipes"]}
NAMES = sorted(FILES)


def official_text(name: str) -> str:
    """The official file, rebuilt from its keys and verbatim scalars."""
    tree: dict[str, Any] = {}
    for path, scalar in FILES[name]["keys"].items():
        set_value(tree, path, scalar)
    return "\n".join(_lines(tree, ""))


def _lines(tree: dict[str, Any], indent: str) -> Iterator[str]:
    for key, value in tree.items():
        if isinstance(value, dict):
            yield f"{indent}{key}:"
            yield from _lines(value, f"{indent}  ")
        else:
            yield f"{indent}{key}: {value}"


def official_values(name: str) -> dict[str, Any]:
    mapping = read_yaml(official_text(name)).mapping
    assert mapping is not None
    return flatten(mapping, FILES[name]["keys"])


def test_the_catalogue_names_exactly_the_official_files():
    assert sorted(f"{entry.path}.yaml" for entry in catalogue()) == sorted(entry["file"] for entry in FACTS["recipes"])


@pytest.mark.parametrize("name", NAMES)
def test_the_catalogue_has_every_key_and_value_of_the_official_file(name: str):
    made = flatten(to_mapping(official(name).recipe(), resolve=False), FILES[name]["keys"])
    assert made == official_values(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_official_file_loads_and_dumps_to_the_same_data(name: str):
    recipe = load(official_text(name))
    assert type(recipe) is official(name).family
    again = read_yaml(dump(recipe)).mapping
    assert again is not None
    assert flatten(again, FILES[name]["keys"]) == official_values(name)


@pytest.mark.parametrize("name", NAMES)
def test_an_official_file_passes_check(name: str):
    assert [problem for problem in check(official_text(name)) if problem.severity == "error"] == []


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_versions_and_instance_types_are_those_of_the_metadata(entry: Official):
    fact = FILES[entry.name]
    if fact["version"] is None:  # nova_metadata.json lacks the multi-turn recipe, which names its version itself
        assert (entry.version, entry.instance_types) == (fact["keys"]["recipe_version"].strip('"'), ())
    else:
        assert (entry.version, sorted(entry.instance_types)) == (fact["version"], sorted(fact["instance_types"]))


def test_every_key_of_every_recipe_has_a_meaning():
    silent = [path for entry in catalogue() for path, key in keys_of(entry.family).items() if not key.field.description]
    assert silent == []


def test_training_only_on_hyperpod_is_not_offered_as_a_training_job():
    assert not [e.name for e in catalogue() if e.method in {"ppo", "cpt"} and Platform.SAGEMAKER in e.platforms]


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_schema_is_sound_and_accepts_the_official_values(entry: Official):
    schema = json_schema(entry)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(to_mapping(entry.recipe(), resolve=False), schema, jsonschema.Draft202012Validator)


@pytest.mark.parametrize("entry", catalogue(), ids=lambda entry: entry.name)
def test_the_schema_refuses_a_key_that_is_not_in_the_file(entry: Official):
    mapping = {**to_mapping(entry.recipe(), resolve=False), "stranger": 1}
    assert not jsonschema.Draft202012Validator(json_schema(entry)).is_valid(mapping)

"""`rft schema`: what the schemas take is what a project or a reward may be."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from rewards import REWARDS, SpecError, from_spec, to_spec
from rft.cli import rft
from rft.templates import FOLDER, TEMPLATES
from tests.property.test_rewards_laws import CASES


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return json.loads(CliRunner().invoke(rft, ["schema", "project"]).output)


def problems(schema: dict[str, Any], project: dict[str, Any]) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors(project)]


def test_it_is_a_schema(schema: dict[str, Any]):
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("template", TEMPLATES)
def test_every_template_is_taken_and_a_misspelt_key_refused(schema: dict[str, Any], template: str):
    project = yaml.safe_load((FOLDER / template / "project.yaml").read_text(encoding="utf-8"))
    assert problems(schema, project) == []
    assert problems(schema, project | {"rewrad": "x"}) != []
    assert problems(schema, {key: value for key, value in project.items() if key != "reward"}) != []


@pytest.fixture(scope="module")
def rewards_schema() -> dict[str, Any]:
    return json.loads(CliRunner().invoke(rft, ["schema", "reward"]).output)


def test_the_schema_of_rewards_is_one_and_names_them_all(rewards_schema: dict[str, Any]):
    jsonschema.Draft202012Validator.check_schema(rewards_schema)
    assert set(rewards_schema["$defs"]) == {"reward", *REWARDS}
    assert all(each["description"] for name, each in rewards_schema["$defs"].items() if name != "reward")


@pytest.mark.parametrize("name", CASES)
def test_every_specification_is_taken_and_a_misspelt_one_refused(rewards_schema: dict[str, Any], name: str):
    spec = json.loads(json.dumps(to_spec(CASES[name].reward)))
    ((kind, parameters),) = spec.items()
    assert problems(rewards_schema, spec) == []
    misspelt = {kind: {**parameters, "treshold": 1}}
    for wrong in ({f"{kind}s": parameters}, misspelt, {kind: 3}, {**spec, "second": {}}):
        assert problems(rewards_schema, wrong) != []
        with pytest.raises(SpecError):
            from_spec(wrong)


@pytest.mark.parametrize("name", REWARDS)
def test_a_bare_name_is_taken_where_the_reward_takes_it(rewards_schema: dict[str, Any], name: str):
    with contextlib.suppress(SpecError):
        from_spec(name)
        assert problems(rewards_schema, name) == []


@pytest.mark.parametrize("name", ["gated", "weighted", "schema_valid", "clipped", "rubric", "exact_matches"])
def test_a_bare_name_is_refused_where_parameters_are_needed(rewards_schema: dict[str, Any], name: str):
    assert problems(rewards_schema, name) != []

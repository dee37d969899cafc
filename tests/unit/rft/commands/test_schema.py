"""`rft schema project`: what the schema takes is what a project may be."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from rft.cli import rft
from rft.templates import FOLDER, TEMPLATES


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

"""The schemas for editors that are kept in docs/schemas are those of the code, and take what this repository holds."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from rft.cli import rft
from tests.pages import ROOT, page

SCHEMAS = ROOT / "docs" / "schemas"
CATALOG = json.loads(page("docs/schemas/catalog.json"))
PROJECTS = sorted([*ROOT.glob("examples/*/project*.yaml"), *ROOT.glob("rft/templates/*/project.yaml")])


@pytest.mark.parametrize("what", ["project", "agent", "reward"])
def test_a_kept_schema_is_that_of_the_code(what: str) -> None:
    kept = page(f"docs/schemas/{what}.schema.json")
    made = CliRunner().invoke(rft, ["schema", what]).output
    assert kept == made, f"run: rft schema {what} -o docs/schemas/{what}.schema.json"
    Draft202012Validator.check_schema(json.loads(kept))


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_project_of_ours_is_valid(path: Path) -> None:
    project = yaml.safe_load(path.read_text(encoding="utf-8"))
    kind = "agent" if "env" in project else "project"
    schema = Draft202012Validator(json.loads(page(f"docs/schemas/{kind}.schema.json")))
    assert [error.message for error in schema.iter_errors(project)] == []


def test_a_misspelt_key_is_seen() -> None:
    schema = Draft202012Validator(json.loads(page("docs/schemas/project.schema.json")))
    assert not schema.is_valid({"name": "x", "reward": "r.py:reward", "data": {"train": "a.jsonl"}, "sftt": {}})


def test_the_catalogue_names_kept_schemas_by_names_that_are_ours() -> None:
    assert {entry["url"].rpartition("/docs/schemas/")[2] for entry in CATALOG["schemas"]} == {
        path.name for path in SCHEMAS.glob("*.schema.json") if path.stem not in ("rollout.schema", "agent.schema")
    }
    for entry in CATALOG["schemas"]:
        assert set(entry) == {"name", "description", "fileMatch", "url"}
        assert not any(fnmatch(name, match) for match in entry["fileMatch"] for name in ("project.yaml", "a.yaml"))


def test_the_page_names_addresses_of_kept_schemas_only() -> None:
    named = set(re.findall(r"docs/schemas/(\S+?\.json)", page("docs/pull-requests.md")))
    assert len(named) == 2
    assert [name for name in named if not (SCHEMAS / name).is_file()] == []

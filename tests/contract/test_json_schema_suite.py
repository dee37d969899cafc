"""Cases of the JSON-Schema-Test-Suite: judged as the suite and the package judge them, or refused when the reward is
built. Nothing is skipped: a schema is either right or not taken."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import pytest

from rewards.comparing.json_schema.grading import grade_by
from rewards.comparing.json_schema.plan import Plan, plan_of
from rewards.errors import SpecError

SUITE = Path(__file__).parent.parent / "fixtures" / "json_schema_suite"
DRAFTS: dict[str, tuple[str, Any]] = {
    "draft2020-12": ("https://json-schema.org/draft/2020-12/schema", jsonschema.Draft202012Validator),
    "draft7": ("http://json-schema.org/draft-07/schema#", jsonschema.Draft7Validator),
}
FILES = sorted(SUITE.glob("draft*/*.json"))


class Case(NamedTuple):
    """One document under one schema, and whether the suite calls it valid."""

    name: str
    schema: Any
    data: Any
    valid: bool


def cases_of(file: Path) -> Iterator[Case]:
    """The cases of one file, each schema saying which draft it is of."""
    uri, _ = DRAFTS[file.parent.name]
    for group in json.loads(file.read_text(encoding="utf-8")):
        schema = group["schema"]
        schema = schema if isinstance(schema, bool) else {"$schema": uri, **schema}
        for test in group["tests"]:
            yield Case(f"{group['description']}: {test['description']}", schema, test["data"], test["valid"])


def plan_or_none(schema: Any) -> Plan | None:
    try:
        return plan_of(schema)
    except SpecError:
        return None


def plans_of(file: Path) -> Iterator[tuple[Case, Plan]]:
    """The cases whose schema is taken."""
    for case in cases_of(file):
        plan = plan_or_none(case.schema)
        if plan is not None:
            yield case, plan


@pytest.mark.parametrize("file", FILES, ids=[f"{file.parent.name}/{file.stem}" for file in FILES])
def test_each_case_is_judged_as_the_suite_and_the_package_judge_it(file: Path) -> None:
    _, validator = DRAFTS[file.parent.name]
    judged = list(plans_of(file))
    assert [case.name for case, plan in judged if (grade_by(plan, case.data) == 1.0) != case.valid] == []
    assert [case.name for case, _ in judged if validator(case.schema).is_valid(case.data) != case.valid] == []


@pytest.mark.parametrize(("draft", "taken", "refused"), [("draft2020-12", 696, 4), ("draft7", 660, 4)])
def test_how_many_cases_are_judged_and_how_many_schemas_are_not_taken(draft: str, taken: int, refused: int) -> None:
    found = [
        plan_or_none(case.schema) is not None for file in FILES if file.parent.name == draft for case in cases_of(file)
    ]
    assert (sum(found), len(found) - sum(found)) == (taken, refused)

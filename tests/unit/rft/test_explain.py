"""Every code that any command prints is explained, found where the sources make it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.explain import TABLES, all_codes, explained

ROOT = Path(__file__).parents[3]

# Where a package makes a finding: the callee, and the place of the code among its arguments.
MADE_BY = {
    "rewards/audit": {"Finding": 0, "Law": 0},
    "datagen": {"Problem": 0, "DataFinding": 2, "Reject": 0, "_reject": 0, "Decoded": 1, "_refused": 0},
    "datagen/validate": {"add": 0},
    "rft": {"JobFinding": 0, "DataFinding": 2},
    "estimators": {"JobFinding": 0},
    "recipes": {"Problem": 3, "Lint": 0},
    "lambda_package": {"Check": 0},
}
CODE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def made() -> Iterator[tuple[str, str]]:
    """(where, code) of each code that is written out where a finding is made."""
    for package, callees in MADE_BY.items():
        for path in sorted((ROOT / package).rglob("*.py")):
            for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(call, ast.Call):
                    yield from ((f"{path.relative_to(ROOT)}:{call.lineno}", code) for code in codes_in(call, callees))


def codes_in(call: ast.Call, callees: dict[str, int]) -> Iterator[str]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    place = callees.get(name, len(call.args))
    given = [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "code")]
    for value in given if name in callees else []:
        for part in ast.walk(value) if not isinstance(value, ast.JoinedStr) else []:  # either of two codes, too
            code = part.value if isinstance(part, ast.Constant) else None
            if isinstance(code, str) and CODE.fullmatch(hyphened := code.lower().replace(" ", "-")):
                yield hyphened


def test_every_package_makes_findings_where_we_look():
    found = {where.split("/")[0] for where, _ in made()}
    assert found == {package.split("/")[0] for package in MADE_BY}


def test_every_code_in_the_sources_is_explained():
    assert [(where, code) for where, code in made() if not explained(code)] == []


def test_every_flag_of_force_and_every_gate_is_explained():
    from estimators.findings import NEVER_FORCED

    assert [code for code in NEVER_FORCED if not explained(code)] == []


@pytest.mark.parametrize("prefix", ["recipe-", "data-"])
def test_the_codes_of_plans_are_explained_with_their_prefix(prefix: str):
    table = {"recipe-": TABLES[3], "data-": TABLES[1]}[prefix]()
    assert table
    for code, fact in table.items():
        assert explained(f"{prefix}{code}") == [fact]


def test_a_code_of_two_commands_has_a_meaning_of_each():
    assert [fact.source for fact in explained("role-missing")] == [
        "rft data check, fix",
        "plans, launches and running jobs",
    ]


def test_each_explanation_says_something_of_its_own():
    for table in TABLES:
        reasons = [fact.reason for fact in table().values()]
        assert all(reasons)
        assert len(set(reasons)) > 0.9 * len(reasons)


@pytest.mark.parametrize("code", all_codes())
def test_the_command_explains_every_code(code: str):
    done = CliRunner().invoke(rft, ["explain", code, "--json"])
    assert (done.exit_code, {fact["code"] for fact in json.loads(done.output)}) == (0, {code})


def test_without_a_code_all_are_listed():
    shown = CliRunner().invoke(rft, ["explain"]).output
    assert {line.split()[0] for line in shown.splitlines()} == set(all_codes())


def test_a_misspelt_code_names_the_closest():
    done = CliRunner().invoke(rft, ["explain", "contrac-raises"])
    assert done.exit_code == 2
    assert "did you mean 'contract-raises'?" in done.output

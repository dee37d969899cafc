"""The audit of a world as OpenEnv's validation report: its schema, its checks, and what each of ours fails there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from rewards.audit.trajectories import AGENT_RULES, audit_environment, openenv_report
from rewards.audit.trajectories.openenv import CHECKS, adversarial_floor
from tests.unit.rewards.audit.trajectories.planted import CLEAN, PLANTED

# The members of ValidationReport and CheckResult in OpenEnv's report.schema.json @3770dc3, descriptions left out.
RESULT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["check_id", "status", "duration_s"],
    "properties": {
        "check_id": {"type": "string", "pattern": "^[a-z_]+\\.[a-z_]+$"},
        "duration_s": {"type": "number", "minimum": 0.0},
        "evidence": {"type": "array", "items": {"type": "string"}},
        "measured": {"type": "object"},
        "remediation": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "status": {"enum": ["pass", "fail", "skip", "error"]},
    },
}
REPORT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "lane": {"enum": ["local", "hub"]},
        "levels_run": {"type": "array", "items": {"enum": [1, 2, 3, 4]}},
        "manifest": {"type": "null"},
        "policy_version": {"type": "string"},
        "report_schema_version": {"const": "1"},
        "results": {"type": "array", "items": RESULT},
        "signature": {"enum": ["openenv.yaml", "task.toml", "task.md"]},
        "source_digest": {"type": "string"},
        "target": {"type": "string"},
        "verdict": {"enum": ["pass", "warn", "fail"]},
    },
}
REPORT["required"] = [*REPORT["properties"]]  # type: ignore[misc]  # all of them are required


def made(report: Any) -> dict[str, Any]:
    found = openenv_report(report, target="env.py", digest="0" * 64, seconds=1.5)
    jsonschema.validate(json.loads(json.dumps(found, allow_nan=False)), REPORT)
    return found


def failed(found: dict[str, Any]) -> set[str]:
    return {result["check_id"] for result in found["results"] if result["status"] == "fail"}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_fails_the_check_that_is_about_it(name: str) -> None:
    environment, code = PLANTED[name]
    found = made(audit_environment(environment))
    (check,) = [check.id for check in CHECKS if code in check.codes]
    assert check in failed(found)
    assert found["verdict"] == "fail"


@pytest.mark.parametrize("name", CLEAN)
def test_a_sound_world_fails_nothing_that_blocks(name: str) -> None:
    found = made(audit_environment(CLEAN[name]))
    assert found["verdict"] in ("pass", "warn")
    measured = {result["check_id"]: result["measured"] for result in found["results"]}
    assert measured["semantic.oracle_max"]["oracle_reward"] == pytest.approx(1)
    gap = measured["statistical.gameability_gap"]
    assert gap["gap"] == pytest.approx(1 - gap["adversarial_floor"])


def test_every_error_of_ours_is_about_one_check_and_every_check_about_some() -> None:
    told = [code for check in CHECKS for code in check.codes]
    assert len(told) == len(set(told))
    assert {code for code, rule in AGENT_RULES.items() if rule.severity == "error"} <= set(told)
    assert set(told) <= set(AGENT_RULES)


def test_the_floor_is_of_attacks_that_do_not_reach_the_goal() -> None:
    report = audit_environment(CLEAN["state and milestones"])
    worst = adversarial_floor(report)
    assert worst is not None
    assert worst.name not in ("repeat after success", "reach the goal and damage", "reach the goal and waste")
    assert worst.mean < 0.5


def test_the_command_prints_it(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from rft.cli import rft

    world = str(Path(__file__).parents[5] / "examples/agents/cart.py")
    done = CliRunner().invoke(rft, ["audit", "--env", world, "--report", "openenv"])
    found = json.loads(done.output)
    jsonschema.validate(found, REPORT)
    assert (done.exit_code, found["verdict"], found["target"]) == (0, "pass", world)
    refused = CliRunner().invoke(rft, ["audit", "--reward", "r.py:r", "--data", world, "--report", "openenv"])
    assert "--env" in refused.output

"""The audit of a world finds what was planted, and nothing in worlds that are sound."""

from __future__ import annotations

from pathlib import Path

import pytest

from rewards import final_state
from rewards.audit.trajectories import AGENT_RULES, AgentFinding, audit_environment
from rewards.audit.trajectories.attacks import ATTACKS
from rewards.trajectories import load_environment
from tests.unit.rewards.audit.trajectories.planted import CLEAN, PLANTED, world
from tests.unit.rewards.audit.trajectories.questions import GOOD

ROOT = Path(__file__).parents[5]
WORLDS = ["rft/templates/agent/env.py", "examples/agents/calendar.py", "examples/agents/cart.py"]


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found(name: str) -> None:
    environment, code = PLANTED[name]
    report = audit_environment(environment)
    assert not report.passed
    assert code in {finding.code for finding in report.findings}


@pytest.mark.parametrize("name", CLEAN)
def test_a_sound_world_passes(name: str) -> None:
    report = audit_environment(CLEAN[name])
    assert [finding for finding in report.findings if finding.severity == "error"] == []


@pytest.mark.parametrize("where", WORLDS)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_worlds_that_we_ship_pass_without_a_warning(where: str, seed: int) -> None:
    report = audit_environment(load_environment(ROOT / where, seed=seed), seed=seed)
    assert report.findings == ()


@pytest.mark.parametrize("where", WORLDS)
def test_the_worlds_that_we_ship_have_500_tasks_of_2_to_6_turns_and_3_to_5_tools(where: str) -> None:
    made = load_environment(ROOT / where)
    assert len(made.tasks) == 500
    assert 3 <= len(made.tools) <= 5
    assert all(2 <= len(task.gold) <= 6 for task in made.tasks.values())
    assert 0.05 < len(made.of("test")) / 500 < 0.35
    assert len(made.of("test")) + len(made.of("train")) == 500


def test_a_terminal_reward_is_said_to_be_sparse_before_it_goes_flat() -> None:
    codes = {finding.code for finding in audit_environment(world(final_state())).findings}
    assert "agent-sparse" in codes
    assert "agent-sparse" not in {finding.code for finding in audit_environment(world()).findings}


def test_the_same_seed_finds_the_same() -> None:
    environment, _ = PLANTED["pays for calls"]
    assert audit_environment(environment, seed=3) == audit_environment(environment, seed=3)


def test_every_attack_has_a_rule_and_applies_somewhere() -> None:
    assert [attack.name for attack in ATTACKS if attack.code not in AGENT_RULES] == []
    worlds = [*(load_environment(ROOT / where) for where in WORLDS), GOOD["the last number"]]
    found = {result.name for each in worlds for result in audit_environment(each).attacks}
    assert [attack.name for attack in ATTACKS if attack.name not in found] == []
    with pytest.raises(ValueError, match="no rule explains"):
        AgentFinding("agent-unknown", "?")

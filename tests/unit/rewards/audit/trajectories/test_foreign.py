"""Worlds that others wrote are played by the same audit: their faults are found, and sound ones pass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from rewards.audit.trajectories import AgentAudit, audit_environment
from rewards.audit.trajectories.foreign import load_world
from rewards.audit.trajectories.foreign.verifiers import is_verifiers, world_of_verifiers
from rewards.errors import SpecError
from rewards.reward_tree import Bounds
from rewards.trajectories import call, play_turns, say
from rft.cli import rft
from tests.unit.rewards.audit.trajectories.foreign import FAULTY, SOUND, Counter, QuestionEnv, Rubric, served


def errors(report: AgentAudit) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity == "error"}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_environment_of_verifiers_passes(name: str) -> None:
    report = audit_environment(world_of_verifiers(SOUND[name](), name))
    assert errors(report) == set(), report.findings
    assert report.episodes > 20


@pytest.mark.parametrize("name", FAULTY)
def test_a_fault_of_an_environment_of_verifiers_is_found(name: str) -> None:
    make, code = FAULTY[name]
    assert code in errors(audit_environment(world_of_verifiers(make(), name)))


def test_an_episode_is_played_and_judged_as_the_environment_says() -> None:
    for name in ("a sum", "a sum, as the fork plays it"):
        world = world_of_verifiers(SOUND[name](), name)
        played = play_turns(world, "train-0", [call("add", number=6), call("add", number=7), say("That is 13.")])
        assert [str(each["content"]) for each in played.messages if each["role"] in ("tool", "user")][1:] == [
            "sum 6",
            "sum 13",
        ]
        score = world.judge(played.row()).score
        assert (score and score.value, played.state, played.stop) == (1.0, {"sum": 13}, "completed")


def test_a_question_is_one_turn_and_its_answer_the_gold() -> None:
    world = world_of_verifiers(SOUND["a question"](), "q")
    assert [task.gold for task in world.tasks.values()] == [(say("22"),), (say("24"),), (say("26"),)]
    played = play_turns(world, "train-0", [say("It is 22"), say("more")])
    score = world.judge(played.row()).score
    assert (score and score.value, len(played.messages)) == (1.0, 2)


def test_bounds_are_those_of_the_weights_or_as_told() -> None:
    made = QuestionEnv(Rubric([lambda completion: 1.0, lambda completion: 0.0], [2.0, -0.5]))
    assert audit_bounds(world_of_verifiers(made, "q")) == (-0.5, 2.0)
    assert audit_bounds(world_of_verifiers(made, "q", Bounds(0, 9))) == (0, 9)


def audit_bounds(world: Any) -> tuple[float, float]:
    low, high = world.reward.bounds
    return low, high


@pytest.mark.parametrize(
    ("made", "wanted"),
    [
        (Counter(), set()),
        (Counter(pays_words=True), {"agent-claims", "agent-injection"}),
        (Counter(forgets=True), {"agent-raises"}),
    ],
    ids=["sound", "pays words", "forgets"],
)
def test_a_server_of_openenv_is_played_over_http(made: Counter, wanted: set[str]) -> None:
    with served(made) as url:
        report = audit_environment(load_world(url))
    assert errors(report) == wanted, report.findings
    assert "agent-no-gold" in {finding.code for finding in report.findings} or "agent-raises" in wanted


def test_the_tasks_of_a_server_are_seeds_and_its_actions_calls() -> None:
    with served(Counter()) as url:
        world = load_world(url)
        played = play_turns(world, "seed-2", [call("act", guess=102), say("")])
        score = world.judge(played.row()).score
        assert (score and score.value, played.stop) == (1.0, "completed")
        assert world.task("seed-3").split == "test"
        assert list(world.tools) == ["act"]


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("http://127.0.0.1:9", "is it an OpenEnv server"),
        ("harbor", "a task of Harbor's, which runs in a container"),
        ("empty", "empty is a folder"),
        ("nothing.py", "must return an Environment"),
    ],
)
def test_what_is_no_world_is_said_in_a_line(
    where: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    for folder in ("harbor", "empty"):
        (tmp_path / folder).mkdir()
    (tmp_path / "harbor/task.toml").write_text("version = '1.0'\n")
    (tmp_path / "nothing.py").write_text("def load_environment():\n    return 3\n")
    with pytest.raises(SpecError, match=words):
        load_world(where)


def test_the_command_takes_them(tmp_path: Path) -> None:
    env = tmp_path / "env.py"
    env.write_text(
        "from tests.unit.rewards.audit.trajectories.foreign import FAULTY, SOUND\n"
        "def load_environment():\n    return SOUND['a sum']()\n"
        "def faulty():\n    return FAULTY['pays anything'][0]()\n"
    )
    assert CliRunner().invoke(rft, ["audit", "--env", str(env)]).exit_code == 0
    done = CliRunner().invoke(rft, ["audit", "--env", f"{env}:faulty"])
    assert (done.exit_code, "agent-noop" in done.output) == (1, True)


def test_an_environment_of_verifiers_is_known_by_its_parts() -> None:
    assert is_verifiers(SOUND["a question"]())
    assert not is_verifiers(object())

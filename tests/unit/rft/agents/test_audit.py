"""`rft audit --env`: what it prints, and how it exits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from rft.cli import rft

ROOT = Path(__file__).parents[4]
SOUND = ROOT / "examples" / "agents" / "cart.py"
FAULTY = """
from tests.unit.rewards.audit.trajectories.planted import graded, pays_claims, world
def load_environment():
    return world(graded(pays_claims))
"""


def audited(*args: str) -> Result:
    return CliRunner().invoke(rft, ["audit", *args])


def test_a_sound_world_exits_0_and_shows_what_the_attacks_earned() -> None:
    done = audited("--env", str(SOUND))
    assert (done.exit_code, done.output.splitlines()[-1]) == (0, "passed")
    assert "wrong, then undo" in done.output


def test_a_faulty_world_exits_1_with_reason_and_example(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text(FAULTY)
    done = audited("--env", f"{tmp_path}/env.py:load_environment")
    assert done.exit_code == 1
    assert "error agent-claims  Words that change nothing in the world earn something." in done.output
    assert "answer first: earns 0.500, doing nothing 0.000" in done.output


def test_json_holds_every_finding_and_strict_counts_warnings(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text(FAULTY)
    report = json.loads(audited("--env", str(tmp_path / "env.py"), "--json").output)
    assert (report["passed"], report["findings"][0]["code"]) == (False, "agent-claims")
    sound = tmp_path / "sound.py"
    sound.write_text(FAULTY.replace("graded(pays_claims)", "final_state()") + "from rewards import final_state\n")
    assert [audited("--env", str(sound), *more).exit_code for more in ([], ["--strict"])] == [0, 1]


def test_sarif_names_the_line_of_the_function(tmp_path: Path) -> None:
    (tmp_path / "env.py").write_text(FAULTY)
    assert audited("--env", str(tmp_path / "env.py"), "--sarif", str(tmp_path / "a.sarif")).exit_code == 1
    (result, *_) = json.loads((tmp_path / "a.sarif").read_text())["runs"][0]["results"]
    assert result["ruleId"] == "agent-claims"
    assert result["locations"][0]["physicalLocation"]["region"]["startLine"] == 3


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ([], "name one grader"),
        (["--env", "a.py", "--reward", "b.py:c"], "name one grader"),
        (["--reward", "b.py:c"], "Missing option '--data'"),
        (["--env", str(SOUND), "--bounds", "0,1"], "--bounds is for worlds that others wrote"),
    ],
)
def test_what_cannot_be_audited_is_said(args: list[str], message: str) -> None:
    done = audited(*args)
    assert (done.exit_code, message in done.output) == (2, True)

"""A small rehearsal from end to end: a template, very few steps, a verdict; and graders that break on the way."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from rewards.rollouts import read_records
from rft.rehearsal.verdict import MEANING
from rft.templates import write_project
from tests.e2e.conftest import rft

pytestmark = pytest.mark.train

FEW = {
    "max_steps: 60": "max_steps: 30",
    "training_config.trainer.max_steps: 30": "training_config.trainer.max_steps: 2",
    "warmup_steps: 3": "warmup_steps: 1",
}
BREAKS = "return Score(float('nan')) if len(completion.text) % 2 else Score(1 / 0)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_project("small", "intent", tmp_path_factory.mktemp("rehearsal"))
    text = (folder / "project.yaml").read_text(encoding="utf-8")
    for old, new in FEW.items():
        assert old in text
        text = text.replace(old, new)
    (folder / "project.yaml").write_text(text, encoding="utf-8")
    return folder


def with_reward(folder: Path, name: str, body: str) -> None:
    """The project with a reward that does `body` for every answer that is not right."""
    source = (
        "from rewards import Completion, Sample, Score\nfrom rewards.rows import gold_text\n\n\n"
        "def reward(sample: Sample, completion: Completion, /) -> Score:\n"
        f"    if completion.text == gold_text(sample):\n        return Score(1.0)\n    {body}\n"
    )
    (folder / f"{name}.py").write_text(source, encoding="utf-8")
    text = (folder / "project.yaml").read_text(encoding="utf-8")
    changed = re.sub(r"^reward: .*$", f"reward: {name}.py:reward", text, flags=re.MULTILINE)
    (folder / "project.yaml").write_text(changed, encoding="utf-8")


def test_a_rehearsal_ends_in_a_verdict_and_is_not_repeated(folder: Path) -> None:
    done = rft("rehearse", "project.yaml", "--json", "-o", "verdict", cwd=folder)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert found["word"] in MEANING
    assert found["numbers"]["steps"] == 2
    assert found["truth"] == "field_f1"
    assert json.loads((folder / "verdict" / "verdict.json").read_text(encoding="utf-8")) == found
    again = rft("rehearse", "project.yaml", cwd=folder)
    assert again.stdout.count("unchanged") == 4


def test_too_few_tokens_are_found_before_the_first_step(folder: Path, tmp_path: Path) -> None:
    tight = folder / "tight.yaml"
    text = (folder / "project.yaml").read_text(encoding="utf-8")
    tight.write_text(text.replace("max_new_tokens: 32", "max_new_tokens: 3"), encoding="utf-8")
    done = rft("rehearse", "tight.yaml", "--runs", tmp_path / "runs", cwd=folder)
    assert done.returncode == 1
    assert "TRUNCATING" in done.stdout
    assert not list((tmp_path / "runs").glob("*/sft"))


def test_what_a_grader_cannot_judge_is_told_and_kept(folder: Path) -> None:
    """It raises for some completions and answers NaN for others."""
    with_reward(folder, "breaks", BREAKS)
    done = rft("rehearse", "project.yaml", cwd=folder)
    assert done.returncode == 1
    assert "could not be judged" in done.stdout
    kept = list(read_records(folder / "runs" / "small" / "rehearsal" / "rollouts.jsonl"))
    assert any("ungradable" in record for _, record in kept)


def test_a_constant_grader_ends_in_dead(folder: Path) -> None:
    with_reward(folder, "constant", "return Score(1.0)")
    done = rft("rehearse", "project.yaml", "--json", cwd=folder)
    assert (done.returncode, json.loads(done.stdout)["word"]) == (1, "DEAD")

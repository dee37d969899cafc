"""The example `w2_extraction`: its forms and scans, its rows with and without pictures, its reward, and a few steps."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from datagen.formats import read_jsonl
from datagen.validate import Target, check
from examples.w2_extraction.forms import write_forms
from rewards import Completion, load_reward
from rewards.audit import AuditConfig, audit, bounded, lift, read_cases
from rewards.reward_tree import metrics_in
from rewards.rows import gold_of, sample_of
from rft.pipeline import run, stages_until
from rft.progress import StageLines
from rft.project import load_project
from rft.stages import evaluation, local_stages
from rft.stages.reporting import collect
from tests.e2e.conftest import SMALL

EXAMPLE = Path(__file__).parents[2] / "examples" / "w2_extraction"
SPLITS = ("train", "validation", "test")
REWARD = load_reward(f"{EXAMPLE / 'reward.py'}:reward")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the example's command writes up to the rows."""
    pytest.importorskip("PIL")
    out = tmp_path_factory.mktemp("w2") / "out"
    command = [sys.executable, "-m", "examples.w2_extraction", "--out", out, "--pictures", "2", "--until", "data"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=EXAMPLE.parents[1])
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def rows(path: Path) -> list[dict[str, Any]]:
    return [row for _, row in read_jsonl(path)]


def test_the_same_seed_makes_the_same_forms(made: Path, tmp_path: Path):
    write_forms(tmp_path / "forms.jsonl", 275)
    assert (tmp_path / "forms.jsonl").read_bytes() == (made / "project" / "forms.jsonl").read_bytes()


def test_a_reading_is_what_the_form_says_and_the_states_add_up(made: Path):
    for row in rows(made / "project" / "forms.jsonl"):
        answer, printed = row["answer"], [line.rpartition(": ")[2] for line in row["form"].splitlines()]
        values = [*answer["employee"].values(), *answer["employer"].values(), *answer["earnings"].values()]
        assert {str(value) for value in values} <= set(printed)
        assert sum(state["wages"] for state in answer["states"]) == answer["earnings"]["wages"]


def test_80_10_10_by_person_in_the_text_as_in_the_pictures(made: Path):
    people, forms = [], []
    for split in SPLITS:
        found = rows(made / "w2-extraction" / "data" / "rft" / f"{split}.jsonl")
        people.append({row["person"] for row in found})
        forms.append(len(found))
        pictures = rows(made / "pictures" / f"labels-{split}.jsonl")
        assert {row["image"].rpartition("-")[0] for row in pictures} == {row["id"] for row in found}
    assert sum(map(len, people)) == len(set().union(*people)) == 275
    assert [round(count / 1_100, 1) for count in forms] == [0.8, 0.1, 0.1]


def test_a_row_shows_the_picture_and_then_asks_and_bedrock_takes_it(made: Path):
    path = made / "pictures" / "train.jsonl"
    assert check(path, Target.BEDROCK_SFT, model="nova-lite").errors == 0
    for row in rows(path)[:50]:
        picture, question = row["messages"][0]["content"]
        assert (list(picture), list(question)) == (["image"], ["text"])


def test_there_are_a_clean_and_a_noisy_scan_and_both_are_fit(made: Path):
    from datagen.images import inspect, problems_of_image

    scans = sorted((made / "project" / "scans").iterdir())
    assert [path.name.rpartition("-")[2] for path in scans] == ["clean.png", "noisy.jpg"] * 2
    assert not [problem for path in scans for problem in problems_of_image(inspect(path), "nova-lite")]


def test_each_of_the_five_groups_is_measured_apart(made: Path):
    sample = sample_of(rows(made / "w2-extraction" / "data" / "rft" / "test.jsonl")[0])
    answer = gold_of(sample)
    assert isinstance(answer, dict)
    metrics = metrics_in(REWARD(sample, Completion(json.dumps({**answer, "states": []}))))
    f1 = {name.rpartition("/")[2]: value for name, value in metrics.items() if name.endswith("_f1")}
    assert f1 == {"employee_f1": 1, "employer_f1": 1, "earnings_f1": 1, "benefits_f1": 1, "multi_state_f1": 0}


def test_the_audit_is_clean(made: Path):
    cases = read_cases(made / "w2-extraction" / "data" / "rft" / "test.jsonl")[:30]
    report = audit(
        lift(REWARD), cases, bounded(AuditConfig(law_examples=10, hostile_bytes=2_000, search_calls=0), REWARD)
    )
    assert [one.code for one in report.findings if one.severity != "note"] == []


@pytest.mark.train
def test_a_few_steps_reach_a_report_with_the_groups(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project = Path(shutil.copytree(made / "project", tmp_path / "project")) / "project.yaml"
    content = yaml.safe_load(project.read_text("utf-8"))
    content["local"]["sft"].update(SMALL["sft"])
    project.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    monkeypatch.setattr(evaluation, "generate", partial(evaluation.generate, limit=4))
    file, root = load_project(project), tmp_path / "run"
    run(stages_until(local_stages(file, root), "eval_sft"), root, StageLines(width=8))
    (figure,) = collect(file, root).figures
    assert {row[0] for row in figure.rows} == {
        *("all fields", "employee", "employer", "earnings", "benefits", "multi_state")
    }

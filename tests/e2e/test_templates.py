"""Every template, as a newcomer meets it: written, run up to the proven grader, planned, and attacked."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
import yaml

from datagen import formats
from datagen.validate import Target, check
from estimators.platforms.local.base import BASE_FOLDER
from rewards import Completion, load_reward
from rewards.audit import AuditConfig, audit, bounded, lift, read_cases
from rewards.rows import gold_text
from rft.pipeline import run
from rft.progress import StageLines
from rft.project import load_project
from rft.stages import evaluation, local, local_stages
from rft.stages.check import damaged
from rft.stages.data import make_data
from rft.stages.training import check_trainings
from rft.templates import TEMPLATES
from tests.e2e.conftest import SMALL, rft
from tests.pages import masked

NOVA_MIN_ROWS = 100
PAGE = Path(__file__).parents[2] / "docs" / "templates.md"


@dataclass(frozen=True)
class FirstRun:
    """A new project after its first command."""

    folder: Path
    template: str
    printed: str

    @property
    def reward(self) -> str:
        return f"{self.folder / 'demo' / 'reward.py'}:reward"

    @property
    def data(self) -> Path:
        return self.folder / "runs" / "demo" / "data"


@pytest.fixture(scope="module", params=list(TEMPLATES))
def first_run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    folder, printed = tmp_path_factory.mktemp(request.param), ""
    for command in (f"init demo --template {request.param}", "run demo/project.yaml --until package"):
        done = rft(*command.split(), cwd=folder)
        assert done.returncode == 0, done.stderr
        printed += f"$ rft {command}\n{done.stdout}"
    return FirstRun(folder, request.param, printed)


def test_the_page_shows_what_the_first_commands_print(first_run: FirstRun) -> None:
    section = PAGE.read_text("utf-8").split(f"\n## {first_run.template}\n")[1]
    shown = section.split("```console\n")[1].split("```")[0]
    assert words_of(shown) == words_of(first_run.printed)


def words_of(output: str) -> list[list[str]]:
    return [line.split() for line in masked(output)]


@pytest.mark.parametrize("split", ["train", "test"])
def test_there_is_enough_data_on_both_sides_and_nova_takes_it(first_run: FirstRun, split: str) -> None:
    for method, target in (("rft", Target.RFT), ("sft", Target.TRAINING_JOB_SFT)):
        report = check(first_run.data / method / f"{split}.jsonl", target)
        assert report.rows >= NOVA_MIN_ROWS
        assert report.errors == 0, report.findings[:3]


@pytest.mark.train
@pytest.mark.parametrize("seed", [3, 7, 11])
def test_every_row_fits_the_stand_in_whatever_the_seed(first_run: FirstRun, seed: int, tmp_path: Path) -> None:
    file = load_project(first_run.folder / "demo" / "project.yaml").with_seed(seed)
    make_data(file, tmp_path)
    check_trainings(file, model=BASE_FOLDER, data=tmp_path)


@pytest.mark.train
@pytest.mark.parametrize("template", TEMPLATES)
def test_a_few_steps_and_answers_reach_the_report(
    template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert rft("init", "demo", "--template", template, cwd=tmp_path).returncode == 0
    project = tmp_path / "demo" / "project.yaml"
    content = yaml.safe_load(project.read_text("utf-8"))
    for method in ("sft", "rft"):
        content["local"][method].update(SMALL[method])
    project.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    monkeypatch.setattr(evaluation, "generate", partial(evaluation.generate, limit=4))
    monkeypatch.setattr(local, "spare_core", lambda _: False)  # another process would not know of the limit
    root = tmp_path / "run"
    run(local_stages(load_project(project), root), root, StageLines(width=8))
    assert (root / "report" / "report.html").is_file()


def test_no_row_is_refused(first_run: FirstRun) -> None:
    assert (first_run.data / "rejects.jsonl").read_text("utf-8") == ""


def test_gold_scores_one_and_damaged_gold_less(first_run: FirstRun) -> None:
    reward = load_reward(first_run.reward)
    for sample in formats.read_rft(first_run.data / "rft" / "test.jsonl"):
        gold = gold_text(sample)
        assert reward(sample, Completion(gold)).value == 1.0
        for damage, text in damaged(json.loads(gold)):
            assert reward(sample, Completion(text)).value < 1.0, (sample.id, damage)


def test_the_zip_answered_every_row_it_was_proven_with(first_run: FirstRun) -> None:
    proof = json.loads((first_run.folder / "runs" / "demo" / "package" / "proof.json").read_text("utf-8"))
    assert [result["aggregate_reward_score"] for result in proof["response"]] == [1.0] * len(proof["event"])


@pytest.mark.parametrize("place", ["local", "sagemaker"])
def test_it_can_be_planned(first_run: FirstRun, place: str) -> None:
    done = rft("run", "demo/project.yaml", "--plan", "--on", place, cwd=first_run.folder)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_audit_finds_nothing_wrong_with_the_reward(first_run: FirstRun) -> None:
    reward = load_reward(first_run.reward)
    report = audit(
        lift(reward),
        read_cases(first_run.data / "rft" / "test.jsonl"),
        bounded(AuditConfig(law_examples=20, hostile_bytes=20_000, search_calls=300), reward),
    )
    assert [f"{finding.code}: {finding.message}" for finding in report.findings if finding.severity != "note"] == []

"""The example `airline_intents`: its rows, its reward, its three plans, and a training of a few steps."""

from __future__ import annotations

import csv
import importlib.util
import shutil
from collections import Counter
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from datagen.formats import read_jsonl
from datagen.validate import Target, check
from estimators.platforms.local.training import METRICS
from rewards import load_reward
from rewards.audit import AuditConfig, audit, bounded, lift, read_cases
from rft.jobs.training_plans import Stage, training_plan
from rft.pipeline import run, stages_until
from rft.progress import StageLines
from rft.project import load_project
from rft.stages import evaluation, local_stages
from rft.stages.data import make_data
from tests.e2e.conftest import SMALL

EXAMPLE = Path(__file__).parents[2] / "examples" / "airline_intents"
SPLITS = ("train", "validation", "test")


@pytest.fixture(scope="module")
def rows() -> dict[str, list[dict[str, str]]]:
    return {name: list(csv.DictReader((EXAMPLE / "rows" / f"{name}.csv").open(encoding="utf-8"))) for name in SPLITS}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a run whose stage `data` is done."""
    root = tmp_path_factory.mktemp("airline")
    make_data(load_project(EXAMPLE / "project.yaml"), root / "data")
    return root


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_rows", EXAMPLE / "make_rows.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_script_makes_the_rows_that_are_here():
    make_rows = script()
    seed = load_project(EXAMPLE / "project.yaml").project.seed
    for name, text in make_rows.files_of(make_rows.rows_of(make_rows.read_grammar(), seed)):
        assert (EXAMPLE / "rows" / name).read_text("utf-8") == text


def test_no_phrasing_of_the_test_is_trained_on_and_no_query_occurs_twice(rows: dict[str, list[dict[str, str]]]):
    trained = {row["phrasing"] for name in SPLITS[:2] for row in rows[name]}
    assert not trained & {row["phrasing"] for row in rows["test"]}
    assert max(Counter(row["query"] for found in rows.values() for row in found).values()) == 1


def test_22_intents_are_equally_frequent_and_a_tenth_is_for_validation(rows: dict[str, list[dict[str, str]]]):
    for found in rows.values():
        counts = Counter(row["intent"] for row in found)
        assert (len(counts), len(set(counts.values()))) == (22, 1)
    assert len(rows["validation"]) * 10 == len(rows["train"]) + len(rows["validation"])


def test_no_contact_detail_is_left(rows: dict[str, list[dict[str, str]]]):
    text = " ".join(row["query"] for found in rows.values() for row in found)
    assert not [detail for detail in ("@example", "555", "4111", "my name is ann", "my name is hugo") if detail in text]
    assert all(f"[{kind}_" in text for kind in ("EMAIL", "PHONE", "CARD", "NAME"))


def test_training_and_inference_have_the_same_system_prompt(made: Path):
    prompts = {system_of(row) for path in sorted((made / "data").rglob("*/*.jsonl")) for row in rows_in(path)}
    assert prompts == {(EXAMPLE / "system.txt").read_text("utf-8").strip()}


def rows_in(path: Path) -> list[dict[str, Any]]:
    return [] if path.parent.name == "provenance" else [row for _, row in read_jsonl(path)]


def system_of(row: dict[str, Any]) -> str:
    if "system" in row:
        (part,) = row["system"]
        return str(part["text"])
    return str(row["messages"][0]["content"])


def test_the_system_prompt_names_the_intents_of_the_grammar():
    names = (EXAMPLE / "system.txt").read_text("utf-8").strip().rpartition(": ")[2].rstrip(".").split(", ")
    assert names == list(script().read_grammar()["intents"])


@pytest.mark.parametrize(
    ("folder", "target"),
    [("sft", Target.BEDROCK_SFT), ("rft", Target.BEDROCK_RFT), ("distillation", Target.DISTILLATION)],
)
def test_bedrock_takes_the_rows(made: Path, folder: str, target: Target):
    found = check(made / "data" / folder / "train.jsonl", target)
    assert (found.rows, found.errors) == (1_980, 0), found.findings[:3]


@pytest.mark.parametrize(
    ("stage", "kind"), [("sft", "FINE_TUNING"), ("distill", "DISTILLATION"), ("rft", "REINFORCEMENT_FINE_TUNING")]
)
def test_bedrock_has_a_plan_for_each_way(made: Path, stage: Stage, kind: str):
    plan = training_plan(load_project(EXAMPLE / "project.yaml"), made, stage, on="bedrock")
    assert plan.request["customizationType"] == kind
    assert ("validationDataConfig" in plan.request) == (stage == "sft")
    assert {one.code for one in plan.findings if one.severity == "error"} == {"placeholder"}


def test_the_audit_finds_no_fault_but_that_a_label_is_right_or_wrong(made: Path):
    reward = load_reward(f"{EXAMPLE / 'reward.py'}:reward")
    config = bounded(AuditConfig(law_examples=25, hostile_bytes=5_000, search_calls=300), reward)
    report = audit(lift(reward), read_cases(made / "data" / "rft" / "test.jsonl"), config)
    assert [one.code for one in report.findings if one.severity != "note"] == ["signal-sparse"]
    assert report.constant is not None
    assert report.constant.mean == pytest.approx(1 / 22, abs=1e-6)  # chance


@pytest.mark.train
def test_a_few_steps_are_evaluated_and_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    project = Path(shutil.copytree(EXAMPLE, tmp_path / "example")) / "project.yaml"
    content = yaml.safe_load(project.read_text("utf-8"))
    content["local"]["sft"].update(SMALL["sft"])
    project.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    monkeypatch.setattr(evaluation, "generate", partial(evaluation.generate, limit=22))
    root = tmp_path / "run"
    run(stages_until(local_stages(load_project(project), root), "eval_sft"), root, StageLines(width=8))
    assert len((root / "sft" / METRICS).read_text("utf-8").splitlines()) == SMALL["sft"]["training_config.max_steps"]
    assert (root / "eval_sft" / "SFT.greedy.jsonl").is_file()

"""The example `regulatory_tools` with native tool calls: rows, reward, and what the policy of a local run writes."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path

import pytest
import yaml

from datagen import formats
from datagen.validate import Target, check
from estimators.platforms.local.rows import read_sft_rows
from estimators.platforms.local.training import ROLLOUTS
from rewards import Completion, load_reward
from rewards.audit import AuditConfig, audit, bounded, lift, read_cases
from rewards.parsing.messages import calls_of
from rewards.rollouts import read_records
from rewards.rows import gold_completion
from rewards.yaml_text import read_yaml_text
from rft.pipeline import run
from rft.progress import StageLines
from rft.project import load_project
from rft.stages import evaluation, local_stages
from rft.stages.check import check_reward
from rft.stages.data import make_data
from tests.e2e.conftest import SMALL

EXAMPLE = Path(__file__).parents[2] / "examples" / "regulatory_tools"
FILE = load_project(EXAMPLE / "native.yaml")
REWARD = load_reward(f"{EXAMPLE / 'native_reward.py'}:reward")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("native") / "data"
    make_data(FILE, out)
    return out


def test_the_questions_are_those_of_the_plans_and_so_are_the_calls():
    plans, natives = (
        read_yaml_text((EXAMPLE / name).read_text("utf-8")).value["types"]
        for name in ("templates.yaml", "native_templates.yaml")
    )
    assert list(plans) == list(natives)
    for name, plan in plans.items():
        assert plan["questions"] == natives[name]["questions"]
        assert natives[name]["answer"]["tool_calls"] == [
            {"name": call["Tool"], "arguments": call["Parameters"]}
            for call in plan["answer"]["Query analysis"]["Tools"]
        ]


def test_nova_takes_rows_that_declare_the_tools_and_call_them(data: Path):
    report = check(data / "sft" / "train.jsonl", Target.TRAINING_JOB_SFT)
    assert (report.rows, report.errors) == (425, 0), report.findings[:3]
    for _, row in formats.read_jsonl(data / "sft" / "train.jsonl"):
        assert len(row["toolConfig"]["tools"]) == 4
        assert calls_of(row["messages"][-1])


def test_every_reference_scores_1_and_every_damaged_one_less(data: Path, tmp_path: Path):
    assert check_reward(FILE, data, tmp_path)["gold answers at 1"] == 565


def test_what_the_policy_of_a_local_run_learns_to_write_is_right(data: Path):
    samples = list(formats.read_rft(data / "rft" / "train.jsonl"))
    learnt = read_sft_rows(data / "sft" / "train.jsonl", drop_system_prompt=True)
    for sample, row in zip(samples, learnt, strict=True):
        assert REWARD(sample, Completion(row.answer)).value == REWARD(sample, gold_completion(sample)).value == 1


def test_the_audit_is_clean_and_no_constant_answer_earns_much(data: Path):
    config = bounded(AuditConfig(law_examples=10, hostile_bytes=2_000, search_calls=0), REWARD)
    report = audit(lift(REWARD), read_cases(data / "rft" / "test.jsonl"), config)
    assert [(one.code, one.message) for one in report.findings if one.severity != "note"] == []
    assert report.constant is not None
    assert report.constant.mean <= 0.15


def test_a_call_too_many_is_worth_less(data: Path):
    sample = next(iter(formats.read_rft(data / "rft" / "test.jsonl")))
    gold = json.loads(gold_completion(sample).text or "null") or {"tool_calls": []}
    twice = {"tool_calls": [*gold["tool_calls"], *gold["tool_calls"]]}
    assert REWARD(sample, Completion(json.dumps(twice))).value < 1


@pytest.mark.train
def test_a_few_steps_of_sft_and_rft_reach_the_report(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    shutil.copytree(EXAMPLE, tmp_path / "example")
    project = tmp_path / "example" / "native.yaml"
    content = yaml.safe_load(project.read_text("utf-8"))
    for method in ("sft", "rft"):
        content["local"][method].update(SMALL[method])
    project.write_text(yaml.safe_dump(content, sort_keys=False), "utf-8")
    monkeypatch.setattr(evaluation, "generate", partial(evaluation.generate, limit=4))
    root = tmp_path / "run"
    run(local_stages(load_project(project), root), root, StageLines(width=8))
    assert (root / "report" / "report.html").is_file()
    graded = [record for _, record in read_records(root / "rft" / ROLLOUTS)]
    assert len(graded) == 4  # 2 steps of 2 completions
    assert all("score" in record for record in graded)

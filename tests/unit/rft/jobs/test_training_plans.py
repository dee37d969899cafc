"""What a training job is sent: the rows of its kind, and with SFT the validation rows that a project sets aside."""

from __future__ import annotations

from pathlib import Path

import pytest

from estimators.errors import UnsupportedError
from rft.jobs.training_plans import Stage, training_plan
from rft.project import load_project


def plan_of(folder: Path, stage: Stage, *, on: str = "bedrock", split: str = "{train: 0.8, test: 0.2}"):
    (folder / "reward.py").write_text("from rewards import label_match\n\nreward = label_match()\n", "utf-8")
    project = folder / "project.yaml"
    project.write_text(f"name: labels\nreward: reward.py:reward\ndata: {{train: rows.csv, split: {split}}}\n", "utf-8")
    return training_plan(load_project(project), folder / "runs" / "labels", stage, on=on)


@pytest.mark.parametrize("stage", ["sft", "rft", "distill"])
def test_only_sft_sends_the_validation_rows_and_only_of_a_project_that_has_some(tmp_path: Path, stage: Stage):
    without = plan_of(tmp_path, stage).request
    with_some = plan_of(tmp_path, stage, split="{train: 0.7, validation: 0.1, test: 0.2}").request
    assert "validationDataConfig" not in without
    assert ("validationDataConfig" in with_some) == (stage == "sft")


def test_a_training_job_has_a_channel_for_the_validation_rows(tmp_path: Path):
    plan = plan_of(tmp_path, "sft", on="sagemaker", split="{train: 0.7, validation: 0.1, test: 0.2}")
    assert [channel["ChannelName"] for channel in plan.request["InputDataConfig"]][:2] == ["train", "validation"]


def test_a_distillation_is_of_its_own_rows_and_follows_no_recipe(tmp_path: Path):
    plan = plan_of(tmp_path, "distill")
    assert plan.request["customizationType"] == "DISTILLATION"
    assert "<sha256 of train.jsonl>" in plan.request["trainingDataConfig"]["s3Uri"]
    assert {finding.code for finding in plan.findings} == {"placeholder"}


@pytest.mark.parametrize("platform", ["sagemaker", "serverless", "hyperpod", "local"])
def test_the_others_say_who_distils(tmp_path: Path, platform: str):
    with pytest.raises(UnsupportedError, match="--on bedrock" if platform != "local" else "--on local --plan"):
        plan_of(tmp_path, "distill", on=platform)

"""HyperPod jobs: the command lines say what the recipe says, and starting twice starts one job."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from estimators.config import placeholders_in
from estimators.errors import JobError, MissingExtraError, PlanError, RefusedError
from estimators.findings import blocking
from estimators.plan import JobPlan, plan_from_json
from estimators.planning.data import Data
from estimators.platforms.hyperpod.cli import run_process
from estimators.platforms.hyperpod.hyp import settled
from estimators.platforms.hyperpod.launch import launch_hyperpod, planned_job
from estimators.platforms.hyperpod.plan import Cluster, Tool, official_of, overrides, plan_hyperpod
from recipes import (
    Recipe,
    load,
    nova_lite_2_eval_rft,
    nova_lite_2_rft_lora,
    nova_lite_2_rft_lora_hyperpod,
    nova_lite_2_sft_lora,
    replace,
    to_mapping,
)
from recipes.model.base import flatten
from tests.fakes.aws_model import FakeAws
from tests.fakes.crash import Crash, CrashAt
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.hub_recipes import SPECS
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED
from tests.unit.estimators.rows import rft_rows

CLUSTER = Cluster(name="my-cluster")
RECIPES = {
    "rft": nova_lite_2_rft_lora_hyperpod(max_steps=50),
    "sft": nova_lite_2_sft_lora(max_steps=50),
    "eval": nova_lite_2_eval_rft(),
}


def plan(recipe: Recipe, tool: Tool = "hyperpod", train: Path | str = "s3://my-bucket/t.jsonl") -> JobPlan:
    cluster = CLUSTER.model_copy(update={"tool": tool})
    return plan_hyperpod(recipe, config=FILLED, cluster=cluster, data=Data(train))


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with mock_aws():
        fake = FakeAws()
        fake.client("s3").create_bucket(Bucket="my-bucket")
        yield fake


@pytest.mark.parametrize("kind", RECIPES)
def test_nothing_blocks_a_complete_plan(kind: str):
    planned = plan(RECIPES[kind])
    assert blocking(planned.findings) == ()
    assert placeholders_in(planned.to_json()) == ()
    assert plan_from_json(planned.to_json()) == planned


@pytest.mark.parametrize("kind", RECIPES)
def test_official_recipe_plus_overrides_is_our_recipe(kind: str):
    planned = plan(RECIPES[kind])
    official = official_of(RECIPES[kind])
    changes = overrides(planned.recipe, official)
    rebuilt = replace(official.recipe(), {key.removeprefix("recipes."): value for key, value in changes.items()})
    assert flatten(to_mapping(rebuilt)) == flatten(to_mapping(load(planned.recipe.decode())))


def test_the_override_json_names_instance_image_and_every_change():
    start = plan(RECIPES["rft"]).request["commands"][1]["argv"]
    settings = json.loads(start[start.index("--override-parameters") + 1])
    assert settings["instance_type"] == "ml.p5.48xlarge"
    assert settings["container"].endswith(":SM-HP-RFT-TRAIN-V2-latest")
    assert settings["recipes.training_config.trainer.max_steps"] == 50
    assert settings["recipes.run.data_s3_path"] == "s3://my-bucket/t.jsonl"
    assert settings["recipes.run.output_s3_path"] == "s3://my-bucket/rftkit/output"


def test_a_grader_without_sagemaker_in_its_name_blocks():
    other = FILLED.model_copy(update={"grader_arn": "arn:aws:lambda:us-east-1:123456789012:function:grader"})
    planned = plan_hyperpod(RECIPES["rft"], config=other, cluster=CLUSTER, data=Data("s3://my-bucket/t.jsonl"))
    assert [finding.code for finding in blocking(planned.findings)] == ["grader-name"]


def test_a_checkpoint_of_a_training_job_does_not_run_here():
    checkpoint = "s3://customer-escrow-123456789012-smtj-abc/sft-job"
    planned = plan(replace(RECIPES["rft"], {"run.model_name_or_path": checkpoint}))
    assert [finding.code for finding in blocking(planned.findings)] == ["checkpoint-platform"]


def test_a_recipe_for_training_jobs_only_is_refused():
    with pytest.raises(PlanError, match="no recipe for HyperPod"):
        plan(nova_lite_2_rft_lora())


def test_hyp_has_no_evaluation_jobs():
    with pytest.raises(PlanError, match=r"no recipe to customise by eval.*tool: hyperpod"):
        plan(RECIPES["eval"], "hyp")


# --- launching ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tool", ["hyperpod", "hyp"])
@pytest.mark.parametrize("kind", ["rft", "sft"])
def test_launching_twice_starts_one_job(aws: FakeAws, tmp_path: Path, tool: Tool, kind: str):
    cluster, planned = FakeCluster(), plan(RECIPES[kind], tool)
    first = launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    second = launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    assert (first.started, second.started) == (True, False)
    assert list(cluster.jobs) == [first.arn]
    assert first.name == planned.name


def test_hyp_is_told_the_recipe_s_values(aws: FakeAws, tmp_path: Path):
    cluster = FakeCluster()
    launched = launch_hyperpod(plan(RECIPES["rft"], "hyp"), aws, folder=tmp_path, run=cluster)
    settings = cluster.jobs[launched.arn]
    assert (settings["max_steps"], settings["number_generation"], settings["lora_alpha"]) == (50, 8, 32)
    assert (settings["learning_rate"], settings["learning_rate_ratio"]) == (7e-07, 64.0)
    assert settings["reward_lambda_arn"] == FILLED.grader_arn


def test_a_number_that_the_tool_would_read_as_text_is_written_again(aws: FakeAws, tmp_path: Path):
    cluster, planned = FakeCluster(), plan(RECIPES["rft"], "hyp")
    launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    assert "learning_rate: 7.0e-07\n" in (tmp_path / planned.name / "config.yaml").read_text()


@given(rate=st.floats(1e-8, 1e-3), steps=st.integers(5, 100_000), ratio=st.floats(1, 70))
def test_whatever_is_set_arrives_with_its_value_and_type(rate: float, steps: int, ratio: float):
    job = {"settings": {"learning_rate": rate, "max_steps": steps, "learning_rate_ratio": ratio}}
    spec = SPECS[("RLVR", True)]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".override_spec.json").write_text(json.dumps(spec))
        Path(folder, "config.yaml").write_text("".join(f"{key}: {entry['default']}\n" for key, entry in spec.items()))
        settled(["hyp", "configure"], Path(folder), job)
        read = yaml.safe_load(Path(folder, "config.yaml").read_text())
    assert {key: read[key] for key in job["settings"]} == job["settings"]
    assert [type(read[key]) for key in job["settings"]] == [float, int, float]


@pytest.mark.parametrize("path", ["training_config.rollout.generator.temperature", "run.model_name_or_path"])
def test_a_key_that_hyp_cannot_set_is_an_error(path: str):
    changed = replace(RECIPES["rft"], {path: 0.5 if "temperature" in path else "s3://escrow/sft"})
    found = [finding.message for finding in plan(changed, "hyp").findings if finding.code == "hyp-setting"]
    assert found == [f"`hyp` cannot set {path}, which the recipe sets to {to_mapping_at(changed, path)!r}"]
    assert not [finding for finding in plan(changed).findings if finding.code == "hyp-setting"]


def to_mapping_at(recipe: Recipe, path: str) -> Any:
    return flatten(to_mapping(recipe))[path]


def test_another_recipe_than_the_plan_s_is_not_started(aws: FakeAws, tmp_path: Path):
    cluster = FakeCluster(hub={("RLVR", False): SPECS[("RLVR", False)]})
    with pytest.raises(JobError, match="chose a full-rank recipe of the hub, the plan's is LoRA; write tool: hyperpod"):
        launch_hyperpod(plan(RECIPES["rft"], "hyp"), aws, folder=tmp_path, run=cluster)
    assert cluster.jobs == {}


def test_a_hub_without_the_recipe_is_said_although_the_tool_ends_well(aws: FakeAws, tmp_path: Path):
    with pytest.raises(JobError, match="`hyp init` made no project"):
        launch_hyperpod(plan(RECIPES["rft"], "hyp"), aws, folder=tmp_path, run=FakeCluster(hub={}))


# `hyperpod`: connect, list, start. `hyp`: connect, list, init, configure, validate, create.
COMMANDS = [("hyperpod", nth) for nth in range(1, 4)] + [("hyp", nth) for nth in range(1, 7)]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("tool", "nth"), COMMANDS)
def test_a_crash_around_any_command_is_healed_by_a_second_launch(
    aws: FakeAws, tmp_path: Path, tool: Tool, nth: int, when: str
):
    cluster, planned = FakeCluster(), plan(RECIPES["rft"], tool)

    def crashing(*arguments: Any, **more: Any) -> Any:
        if when == "before" and len(cluster.calls) == nth - 1:
            raise Crash
        done = cluster(*arguments, **more)
        if len(cluster.calls) == nth:
            raise Crash
        return done

    with pytest.raises(Crash):
        launch_hyperpod(planned, aws, folder=tmp_path, run=crashing)
    launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    assert len(cluster.jobs) == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_upload_is_healed_too(aws: FakeAws, tmp_path: Path, when: Literal["before", "after"]):
    cluster, planned = FakeCluster(), plan(RECIPES["rft"], train=rft_rows(tmp_path / "train.jsonl"))
    crash = CrashAt(1, when, aws.client("s3"))
    with pytest.raises(Crash):
        launch_hyperpod(planned, aws, folder=tmp_path / "job", run=cluster)
    assert crash.fired
    assert launch_hyperpod(planned, aws, folder=tmp_path / "job", run=cluster).started
    assert len(cluster.jobs) == 1


def test_a_failing_command_is_quoted(aws: FakeAws, tmp_path: Path):
    cluster = FakeCluster(broken={"hyperpod start-job": "quota exceeded"})
    with pytest.raises(JobError, match=r"hyperpod start-job --namespace ended with status 1: quota exceeded"):
        launch_hyperpod(plan(RECIPES["rft"]), aws, folder=tmp_path, run=cluster)


def test_a_plan_without_a_cluster_is_refused(aws: FakeAws, tmp_path: Path):
    cluster = FakeCluster()
    planned = plan_hyperpod(RECIPES["rft"], config=FILLED, cluster=Cluster(), data=Data("s3://my-bucket/t.jsonl"))
    with pytest.raises(RefusedError, match="<cluster> is not known yet"):
        launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    assert cluster.calls == []


def test_stopping_removes_the_job_and_stopping_again_is_quiet(aws: FakeAws, tmp_path: Path):
    cluster, planned = FakeCluster(), plan(RECIPES["rft"])
    launch_hyperpod(planned, aws, folder=tmp_path, run=cluster)
    planned_job(planned, aws, cluster).stop()
    planned_job(planned, aws, cluster).stop()
    assert cluster.jobs == {}


def test_another_job_whose_name_begins_the_same_is_not_ours(aws: FakeAws, tmp_path: Path):
    cluster, planned = FakeCluster(), plan(RECIPES["rft"])
    cluster.jobs[f"{planned.name}-and-something-longer"] = {}
    assert launch_hyperpod(planned, aws, folder=tmp_path, run=cluster).started


def test_a_tool_that_is_not_installed_is_named(tmp_path: Path):
    with pytest.raises(MissingExtraError, match="'hyperpod-is-not-here' is not installed"):
        run_process(["hyperpod-is-not-here"], folder=tmp_path, environment={})


def test_a_tool_of_aws_s_comes_with_where_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingExtraError, match=r"'hyperpod' .*release_v2.*not `pip install hyperpod`"):
        run_process(["hyperpod", "list-jobs"], folder=tmp_path, environment={})

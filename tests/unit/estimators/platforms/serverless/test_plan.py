"""Serverless jobs: the request that SDK v3's trainers send, settings by the hub's names, and nothing left unsaid."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import PlanError
from estimators.planning.data import Data
from estimators.platforms.platform import Work
from estimators.platforms.registry import platform_of
from estimators.platforms.serverless.plan import ServerlessConfig, evaluator_request, plan_serverless
from recipes import Recipe, nova_lite_2_rft_lora, nova_lite_2_sft_lora, official
from tests.fakes.shapes import request_problems

CAPTURED = Path(__file__).parents[4] / "contract" / "captured" / "v3_rlvr_serverless_create_training_job.json"
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader"
CONFIG = ServerlessConfig(
    role_arn="arn:aws:iam::123456789012:role/SageMakerExec",
    bucket="my-out",
    output_uri="s3://my-out/nova",
    hub="my-hub",
    grader_arn=GRADER,
    model_package_group="g",
    mlflow_arn="arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc",
    base_model_version="1.0.0",
    accept_eula=True,
)
DATA = Data("s3://my-data/train.jsonl")


def with_(**changes: Any) -> ServerlessConfig:
    return ServerlessConfig(**{**CONFIG.model_dump(), **changes})


def rft() -> Recipe:
    return nova_lite_2_rft_lora(name="my-rft-run", reward_lambda_arn=GRADER)


def codes(config: ServerlessConfig, **more: Any) -> list[str]:
    return [finding.code for finding in plan_serverless(rft(), config=config, data=DATA, **more).findings]


def test_the_request_is_the_one_that_the_rlvr_trainer_sent():
    expected = json.loads(CAPTURED.read_text())
    evaluator = expected["ServerlessJobConfig"]["EvaluatorArn"]
    request = dict(plan_serverless(rft(), config=with_(evaluator_arn=evaluator), data=DATA).request)
    tags = {tag["Key"]: tag["Value"] for tag in request.pop("Tags")}
    assert {tag["Key"]: tag["Value"] for tag in expected.pop("Tags")}.items() <= tags.items()
    settings, asked = request.pop("HyperParameters"), expected.pop("HyperParameters")
    assert asked.items() <= settings.items()  # the captured hub's recipe had three settings only
    named = {key: value for key, value in request.items() if key != "TrainingJobName"}
    assert named == {key: value for key, value in expected.items() if key != "TrainingJobName"}


@pytest.mark.parametrize(
    ("recipe", "technique"),
    [
        (nova_lite_2_sft_lora(), "SFT"),
        (rft(), "RLVR"),
        (official("nova_lite_1_0_p5_p4d_gpu_lora_dpo").recipe(), "DPO"),
    ],
)
def test_botocore_accepts_every_technique(recipe: Recipe, technique: str):
    plan = plan_serverless(recipe, config=CONFIG, data=DATA, digests={"grader": "ab" * 32})
    assert request_problems("sagemaker", plan.operation, plan.request) == []
    assert plan.request["ServerlessJobConfig"]["CustomizationTechnique"] == technique
    assert ("EvaluatorArn" in plan.request["ServerlessJobConfig"]) == (technique == "RLVR")


def test_rlaif_names_the_model_that_judges_and_no_function():
    plan = plan_serverless(rft(), config=with_(rft_technique="RLAIF", judge_model="amazon.nova-pro-v1:0"), data=DATA)
    assert plan.request["HyperParameters"]["judge_model_id"] == "bedrock/amazon.nova-pro-v1:0"
    assert "EvaluatorArn" not in plan.request["ServerlessJobConfig"]
    assert evaluator_request(plan) is None
    assert "judge-missing" in codes(with_(rft_technique="RLAIF"))


def test_a_checkpoint_is_a_model_package_of_an_earlier_job():
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1"
    plan = plan_serverless(rft(), config=CONFIG, data=DATA, checkpoint=package)
    assert plan.request["ModelPackageConfig"]["SourceModelPackageArn"] == package
    assert request_problems("sagemaker", plan.operation, plan.request) == []
    assert "checkpoint-platform" in codes(CONFIG, checkpoint="s3://customer-escrow-123456789012-smtj-abc/sft")


def test_the_grader_is_registered_as_an_evaluator_under_one_name():
    plan = plan_serverless(rft(), config=CONFIG, data=DATA)
    request = evaluator_request(plan)
    assert request is not None
    assert request_problems("sagemaker", "ImportHubContent", request) == []
    assert json.loads(json.loads(request["HubContentDocument"])["JsonContent"])["Reference"] == GRADER
    path = f"my-hub/JsonDoc/{request['HubContentName']}/{request['HubContentVersion']}"
    assert plan.request["ServerlessJobConfig"]["EvaluatorArn"].endswith(f"123456789012:hub-content/{path}")
    other = plan_serverless(rft(), config=with_(grader_arn=f"{GRADER}-2"), data=DATA)
    assert other.request["ServerlessJobConfig"] != plan.request["ServerlessJobConfig"]


@pytest.mark.parametrize(
    "path",
    ["training_config.rollout.generator.temperature", "training_config.rollout.advantage_strategy.number_generation"],
)
def test_what_the_project_sets_and_no_setting_changes_is_an_error(path: str):
    block, _, key = path.rpartition(".")
    for changes in ({path: 0.7}, {block: {key: 0.7}}):
        findings = plan_serverless(rft(), config=CONFIG, data=DATA, changes=changes).findings
        unused = [finding for finding in findings if finding.code == "setting-unused"]
        assert [finding.message.split(",")[0] for finding in unused] == [f"the project sets {path}"]


@given(steps=st.integers(5, 10_000), rate=st.floats(1e-8, 1e-3))
def test_what_the_project_sets_is_what_the_job_gets(steps: int, rate: float):
    changes = {"training_config.trainer.max_steps": steps, "training_config.trainer.optim_config.lr": rate}
    recipe = nova_lite_2_rft_lora(name="r", reward_lambda_arn=GRADER, overrides=changes)
    plan = plan_serverless(recipe, config=CONFIG, data=DATA, changes=changes)
    settings = plan.request["HyperParameters"]
    assert (int(settings["max_steps"]), float(settings["learning_rate"])) == (steps, rate)
    assert "setting-unused" not in {finding.code for finding in plan.findings}


def test_an_account_that_is_not_known_is_a_placeholder_and_no_guess():
    plan = plan_serverless(rft(), config=ServerlessConfig(), data=DATA)
    open_ = [finding.message for finding in plan.findings if finding.code == "placeholder"]
    assert [message.split(" is ")[0] for message in open_] == [
        "<account-id>", "<execution-role>", "<bucket>", "<hub>", "<model-package-group>"
    ]  # fmt: skip


def test_an_evaluation_is_no_serverless_job():
    work = Work(project="p", settings={"serverless": CONFIG}, data=None, method="rft")
    with pytest.raises(PlanError, match="needs training data"):
        platform_of("serverless").plan(work)

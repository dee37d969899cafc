"""The requests of agentic RFT are what botocore's model takes, with values that AWS documents."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from estimators.errors import PlanError, UnsupportedError
from estimators.findings import wrong
from estimators.plan import JobPlan, plan_from_json
from estimators.planning.data import Data
from estimators.platforms.agent.hyperparameters import TRAINING
from estimators.platforms.agent.plan import AgentConfig, group_requests, plan_agent, plan_agent_evaluation
from estimators.platforms.platform import Work, require
from estimators.platforms.registry import platform_of
from recipes.families.multiturn import AdvantageMethod
from rewards.trajectories import METHODS
from tests.fakes.shapes import request_problems

LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-agent"
RUNTIME = "arn:aws:bedrock-agentcore:us-east-1:123456789012:runtime/desk-aBcDeFgHiJ"
ROWS = b'{"prompt": "t1"}\n'
PLACE: dict[str, Any] = {
    "role_arn": "arn:aws:iam::123456789012:role/Exec", "bucket": "my-bucket", "agent_arn": LAMBDA,
}  # fmt: skip


def planned(hyperparameters: dict[str, Any] | None = None, **settings: Any) -> JobPlan:
    config = AgentConfig(**{**PLACE, **settings})
    return plan_agent("desk", config=config, data=Data(ROWS), hyperparameters=hyperparameters)


def document(plan: JobPlan) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(plan.request["JobConfigDocument"])
    return found


def test_both_requests_and_the_groups_are_what_the_model_of_the_service_takes() -> None:
    evaluation = plan_agent_evaluation("desk", config=AgentConfig(**PLACE), data=Data(ROWS))
    for plan in (planned(), evaluation):
        assert request_problems("sagemaker", "CreateJob", plan.request) == []
        assert plan.findings == ()
    groups = group_requests(planned())
    assert [request_problems("sagemaker", "CreateModelPackageGroup", each) for each in groups] == [[], []]
    assert {each["ManagedConfiguration"]["ManagedStorageType"] for each in groups} == {"Restricted"}
    assert group_requests(evaluation) == []


def test_an_agent_is_a_function_or_a_runtime() -> None:
    assert document(planned())["AgentConfig"] == {"CustomAgentLambdaConfig": {"LambdaArn": LAMBDA}}
    assert document(planned(agent_arn=RUNTIME, qualifier="PROD"))["AgentConfig"] == {
        "BedrockAgentCoreConfig": {"AgentRuntimeArn": RUNTIME, "Qualifier": "PROD"}
    }
    with pytest.raises(ValueError, match="agent_arn"):
        AgentConfig(agent_arn="arn:aws:s3:::bucket")


def test_what_is_set_is_sent_and_nothing_else() -> None:
    assert document(planned({"group_size": 8, "max_steps": 50}))["TrainingConfig"]["HyperParameters"] == {
        "group_size": 8, "max_steps": 50,
    }  # fmt: skip
    assert "HyperParameters" not in document(planned())["TrainingConfig"]


OUTSIDE = {
    "global_batch_size": 48, "group_size": 33, "advantage_method": "grpo", "loss_fn": "sft", "clip_low_threshold": 1.5,
    "clip_high_threshold": 0.9, "temperature": 2.1, "sampling_top_p": -0.1, "sampling_max_tokens": 511, "max_epochs": 0,
    "max_steps": 1001, "val_every": 101, "lora_rank": 8, "lora_alpha": 129, "learning_rate": 0, "pass_k_values": [0],
    "success_threshold": "1", "save_every": 101, "lora_plus_lr_ratio": 0.5, "adam_beta1": 1, "adam_beta2": -0.1,
    "adam_eps": 0.1, "adam_weight_decay": 1.1, "adam_grad_clip_norm": 101, "rollout_max_concurrency": 31,
    "rollout_timeout": 299, "rollout_max_retries": 0, "max_steps_off_policy": 11,
}  # fmt: skip
INSIDE = {
    "global_batch_size": 8, "group_size": 2, "advantage_method": "gpg", "loss_fn": "cispo", "clip_low_threshold": 0.0,
    "clip_high_threshold": 10, "temperature": 0.7, "sampling_top_p": 1, "sampling_max_tokens": 8192, "max_epochs": 30,
    "max_steps": 1000, "val_every": 0, "lora_rank": 16, "lora_alpha": 16, "learning_rate": 4e-5, "pass_k_values": [1],
    "success_threshold": 0.5, "save_every": 0, "lora_plus_lr_ratio": 100, "adam_beta1": 0, "adam_beta2": 0.999999,
    "adam_eps": 1e-16, "adam_weight_decay": 0, "adam_grad_clip_norm": 0, "rollout_max_concurrency": 96,
    "rollout_timeout": 86_400, "rollout_max_retries": 10, "max_steps_off_policy": 0,
}  # fmt: skip


@pytest.mark.parametrize("name", TRAINING)
def test_a_value_outside_its_documented_domain_is_a_finding(name: str) -> None:
    (finding,) = planned({name: OUTSIDE[name]}).findings
    assert (finding.code, finding.severity) == ("hyperparameter", "error")
    assert name in finding.message
    assert planned({name: INSIDE[name]}).findings == ()


@pytest.mark.parametrize("value", [None, True, "8", [8], {"x": 8}, float("nan"), 10**30, "auto"])
@pytest.mark.parametrize("name", sorted(set(TRAINING) - {"pass_k_values", "success_threshold"}))
def test_a_value_of_another_type_is_one_error_for_every_hyperparameter(name: str, value: object) -> None:
    assert [finding.severity for finding in planned({name: value}).findings] == ["error"]


@pytest.mark.parametrize(("name", "value"), [("global_batch_size", 128), ("lora_rank", 64)])
def test_a_value_that_one_source_alone_allows_is_a_warning_naming_both(name: str, value: int) -> None:
    (finding,) = planned({name: value}).findings
    assert (finding.code, finding.severity) == ("hyperparameter", "warning")
    assert "AWS page" in finding.message
    assert "mtrl_recipe_template_parameters.json" in finding.message


def test_what_a_lint_says_of_a_value_that_is_set_is_said_of_the_hyperparameter() -> None:
    (finding,) = planned({"temperature": 0}).findings
    assert (finding.code, finding.severity) == ("recipe-no-variance", "warning")


def test_an_unknown_hyperparameter_names_the_closest() -> None:
    (finding,) = planned({"group_sise": 4}).findings
    assert "did you mean 'group_size'" in finding.message
    assert (finding.code, finding.severity) == ("hyperparameter-unknown", "warning")


def test_the_advantage_methods_are_those_of_the_recipes() -> None:
    assert set(METHODS) == set(get_args(AdvantageMethod))


def test_what_sagemaker_would_refuse_is_found_before() -> None:
    same = planned(output_group="g", checkpoint_group="g")
    elsewhere = planned(agent_arn=LAMBDA.replace("us-east-1", "us-west-2"))
    odd = plan_agent_evaluation(
        "desk", config=AgentConfig(**PLACE, evaluation={"pass_k": "1"}), data=Data("s3://my-bucket/t.jsonl")
    )
    assert [plan.findings[0].code for plan in (same, elsewhere, odd)] == [
        "groups-equal",
        "agent-region",
        "hyperparameter",
    ]
    assert (
        planned(
            base_model_version="1.0.0", mlflow_arn=f"arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/{'x' * 9}"
        ).findings
        == ()
    )
    assert wrong(planned(input_model_package="x" * 262_144).findings)


def test_without_an_account_the_plan_shows_what_is_missing() -> None:
    plan = plan_agent("desk", config=AgentConfig(), data=Data(ROWS))
    assert {finding.code for finding in plan.findings} == {"placeholder"}
    assert plan_from_json(plan.to_json()) == plan


def test_an_evaluation_asks_for_pass_at_k_of_a_model_package() -> None:
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/desk-agent/1"
    config = AgentConfig(
        **PLACE, input_model_package=package, evaluation={"pass_k_values": "1,4", "eval_group_size": 8}
    )
    found = document(plan_agent_evaluation("desk", config=config, data=Data("s3://my-bucket/t.jsonl")))
    assert found["EvaluationConfig"]["HyperParameters"] == {"pass_k_values": "1,4", "eval_group_size": "8"}
    assert found["ModelPackageConfig"] == {"InputModelPackageArn": package}
    assert found["InputDataConfig"][0]["ChannelName"] == "evaluation"


def test_the_platform_plans_both_kinds_and_says_what_it_lacks() -> None:
    platform = platform_of("agent")
    work = Work(project="desk", settings={"agent": AgentConfig(**PLACE)}, data=Data(ROWS), method="rft")
    assert platform.plan(work).operation == "CreateJob"
    assert platform.cost(platform.plan(work)).startswith("unknown")
    package = "arn:aws:sagemaker:us-east-1:123456789012:model-package/desk-agent/1"
    evaluation = platform.plan(replace(work, method="eval", checkpoint=package))
    assert document(evaluation)["ModelPackageConfig"] == {"InputModelPackageArn": package}
    for verb in ("recipe", "distill", "sdk"):
        with pytest.raises(UnsupportedError, match="agent cannot"):
            require(platform, verb)  # type: ignore[arg-type]  # each is a verb
    for broken in (replace(work, data=None), replace(work, method="sft")):
        with pytest.raises(PlanError):
            platform.plan(broken)


@pytest.mark.parametrize("rows", [b'{"id": "t1"}\n', b"[]\n", b"not JSON\n", b'{"prompt": "t1"}\n{}\n'])
def test_a_row_without_a_prompt_is_found_before_it_is_sent(rows: bytes, tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    file.write_bytes(rows)
    for source in (rows, file):
        for planner in (plan_agent, plan_agent_evaluation):
            plan = planner("desk", config=AgentConfig(**PLACE), data=Data(source))
            assert [finding.code for finding in plan.findings] == ["prompt-missing"]

"""Serverless evaluations: the request of SDK v3's evaluators, and what they cannot take said beforehand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.config import Vpc
from estimators.errors import PlanError
from estimators.plan import JobPlan, plan_from_json
from estimators.planning.data import Data
from estimators.platforms.serverless.evaluation import plan_serverless_evaluation
from estimators.platforms.serverless.plan import ServerlessConfig, evaluator_request
from recipes import (
    Recipe,
    nova_lite_2_eval_byod,
    nova_lite_2_eval_judge,
    nova_lite_2_eval_rft,
    nova_lite_2_eval_text,
    replace,
)
from tests.fakes.shapes import request_problems

PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/tools/1"
GROUP = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/tools"
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader"
EVALUATOR = "arn:aws:sagemaker:us-east-1:123456789012:hub-content/my-hub/JsonDoc/scorer/1.0.0"
FIXED: dict[str, Any] = {
    "role_arn": "arn:aws:iam::123456789012:role/SageMakerExec", "bucket": "my-out", "hub": "my-hub",
    "grader_arn": GRADER, "accept_eula": True,
}  # fmt: skip
ROWS = Data("s3://my-data/gen_qa.jsonl")


def planned(recipe: Recipe | None = None, data: Data | None = ROWS, **settings: Any) -> JobPlan:
    config = ServerlessConfig(**FIXED | settings)
    return plan_serverless_evaluation(recipe or nova_lite_2_eval_byod(model=PACKAGE), config=config, data=data)


def test_a_grader_s_evaluation_is_the_step_of_the_custom_scorer_evaluator():
    request = dict(planned(evaluator_arn=EVALUATOR, output_uri="s3://my-out/nova", output_kms_key="k").request)
    assert request.pop("TrainingJobName").startswith("nova-lite-v2-byod-eval-job-")
    del request["Tags"]
    assert request == {
        "RoleArn": FIXED["role_arn"],
        "ModelPackageConfig": {"ModelPackageGroupArn": GROUP, "SourceModelPackageArn": PACKAGE},
        "ServerlessJobConfig": {
            "BaseModelArn": "arn:aws:sagemaker:us-east-1:aws:hub-content/SageMakerPublicHub/Model/"
            "nova-textgeneration-lite-v2",
            "AcceptEula": True,
            "JobType": "Evaluation",
            "EvaluationType": "CustomScorerEvaluation",
            "EvaluatorArn": EVALUATOR,
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 86_400},
        "HyperParameters": {
            "task": "gen_qa", "strategy": "gen_qa", "metric": "all", "lambda_type": "rft", "max_new_tokens": "32768",
            "temperature": "0", "top_k": "-1", "top_p": "1.0", "aggregation": "mean", "postprocessing": "True",
        },
        "OutputDataConfig": {"S3OutputPath": "s3://my-out/nova", "CompressionType": "NONE", "KmsKeyId": "k"},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://my-data/gen_qa.jsonl"}},
            }
        ],
    }  # fmt: skip


def test_a_benchmark_brings_its_questions_and_needs_no_grader():
    recipe = replace(nova_lite_2_eval_text(model=PACKAGE), {"evaluation.subtask": "anatomy"})
    request = planned(recipe, None).request
    config = request["ServerlessJobConfig"]
    assert (config["EvaluationType"], "EvaluatorArn" in config) == ("BenchmarkEvaluation", False)
    assert "InputDataConfig" not in request
    settings = request["HyperParameters"]
    asked = {"task": "mmlu", "strategy": "zs_cot", "metric": "accuracy", "subtask": "anatomy"}
    assert asked.items() <= settings.items()
    assert {"lambda_type", "aggregation", "postprocessing"} & settings.keys() == set()


MODELS = st.sampled_from([PACKAGE, "nova-lite-2/prod"])
SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "evaluator_arn": st.just(EVALUATOR),
        "model_package_group": st.sampled_from(["g", GROUP]),
        "base_model_version": st.just("1.0.0"),
        "mlflow_arn": st.just("arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc"),
        "mlflow_experiment": st.just("mine"),
        "max_run_s": st.integers(1, 400_000),
        "output_kms_key": st.just("k"),
        "vpc": st.just(Vpc(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",))),
        "accept_eula": st.booleans(),
    },
)


@given(model=MODELS, settings=SETTINGS, benchmark=st.booleans())
def test_every_request_is_one_that_the_service_takes_and_comes_back_from_json(
    model: str, settings: dict[str, Any], benchmark: bool
):
    recipe = nova_lite_2_eval_text(model=model) if benchmark else nova_lite_2_eval_byod(model=model)
    plan = planned(recipe, None if benchmark else ROWS, **settings)
    assert request_problems("sagemaker", "CreateTrainingJob", plan.request) == []
    assert plan.findings == ()
    assert plan_from_json(plan.to_json()) == plan
    assert ("ModelPackageConfig" in plan.request) == (model == PACKAGE)
    if "mlflow_arn" in settings and model != PACKAGE:
        assert plan.request["MlflowConfig"]["MlflowExperimentName"]


def test_the_grader_is_registered_as_for_training_and_a_given_evaluator_is_not():
    own = evaluator_request(planned())
    assert own is not None
    assert GRADER in own["HubContentDocument"]
    assert evaluator_request(planned(evaluator_arn=EVALUATOR)) is None
    assert evaluator_request(planned(nova_lite_2_eval_text(model=PACKAGE), None)) is None


@pytest.mark.parametrize(
    ("recipe", "words"),
    [
        (nova_lite_2_eval_rft(model=PACKAGE), "say --task gen_qa"),
        (nova_lite_2_eval_judge(model=PACKAGE), "say --on sagemaker"),
        (replace(nova_lite_2_eval_byod(), {"processor.lambda_type": "custom_metrics"}), "not a Lambda of metrics"),
    ],
    ids=["rft_eval", "judge", "metrics"],
)
def test_another_task_says_what_to_do_instead(recipe: Recipe, words: str):
    with pytest.raises(PlanError, match=words):
        planned(recipe)


def test_a_checkpoint_in_s3_and_a_grader_elsewhere_are_findings():
    there = planned(nova_lite_2_eval_byod(model="s3://customer-escrow-1-smtj-a/job"))
    elsewhere = planned(grader_arn=GRADER.replace("us-east-1", "us-west-2"))
    assert [finding.code for finding in there.findings] == ["checkpoint-platform"]
    assert elsewhere.findings[0].severity == "error"

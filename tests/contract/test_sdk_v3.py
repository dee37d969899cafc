"""ModelTrainer of SDK v3 sends exactly the planned request. Runs where SDK v3 is installed, which excludes v2."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from estimators.config import LaunchConfig, Vpc
from estimators.errors import JobError, MissingExtraError
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.sagemaker.plan import plan_job
from estimators.platforms.sagemaker.sdk import NO_TELEMETRY, model_trainer, pytorch_estimator
from estimators.platforms.serverless.evaluation import plan_serverless_evaluation
from estimators.platforms.serverless.plan import ServerlessConfig, plan_serverless
from recipes import nova_lite_2_eval_byod, nova_lite_2_eval_text, nova_lite_2_rft_lora, nova_lite_2_sft_lora
from recipes.catalogue.subtasks import SUBTASKS
from tests.contract.sdk_crashes import calls_healed, jobs
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_sagemaker import FakeSageMaker

train = pytest.importorskip("sagemaker.train", reason="needs SDK v3: pip install 'rftkit[sagemaker-v3]'")

CONFIG = LaunchConfig(
    role_arn="arn:aws:iam::123456789012:role/SageMakerExec",
    bucket="my-bucket",
    grader_arn="arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader",
    vpc=Vpc(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
    tags={"team": "compliance"},
)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    def refuse(*address: Any, **_: Any) -> None:
        raise AssertionError(f"the SDK looked up {address[0]}")

    with mock_aws():
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fake = FakeAws(FakeSageMaker(), FakeIam())
        fake.client("s3").create_bucket(Bucket="my-bucket")
        yield fake


def planned(kind: str, folder: Path, *, attempt: int = 1) -> JobPlan:
    data, validation = folder / "train.jsonl", folder / "validation.jsonl"
    data.write_bytes(b'{"id": "1"}\n')
    validation.write_bytes(b'{"id": "2"}\n')
    recipe = nova_lite_2_sft_lora() if kind == "sft" else nova_lite_2_rft_lora()
    return plan_job(recipe, config=CONFIG, data=Data(data, validation), flavour="v3", attempt=attempt)


@pytest.mark.parametrize("kind", ["sft", "rft"])
def test_train_sends_the_planned_request_and_uploads_the_planned_bytes(aws: FakeAws, tmp_path: Path, kind: str):
    plan = planned(kind, tmp_path)
    trainer = model_trainer(plan, aws.session)
    assert isinstance(trainer, train.ModelTrainer)
    trainer.train(wait=False)
    assert jobs(aws)[plan.name] == plan.request
    stored = aws.client("s3").list_objects_v2(Bucket="my-bucket")["Contents"]
    assert {f"s3://my-bucket/{entry['Key']}" for entry in stored} == {upload.uri for upload in plan.uploads}


def test_a_request_that_was_not_planned_is_not_sent(aws: FakeAws, tmp_path: Path):
    trainer = model_trainer(planned("rft", tmp_path), aws.session)
    trainer.stopping_condition.max_runtime_in_seconds = 60
    with pytest.raises(JobError, match="StoppingCondition"):
        trainer.train(wait=False)
    assert jobs(aws) == {}


def test_a_crash_before_any_call_is_healed_by_a_second_start(aws: FakeAws, tmp_path: Path):
    calls = calls_healed(lambda nth: planned("rft", tmp_path, attempt=nth), "model-trainer", aws, tmp_path)
    assert calls >= 6  # is it there, two files and a recipe, create, describe


def test_the_pytorch_estimator_is_said_to_need_the_other_sdk(aws: FakeAws, tmp_path: Path):
    plan = plan_job(nova_lite_2_sft_lora(), config=CONFIG, data=Data("s3://my-bucket/train.jsonl"))
    with pytest.raises(MissingExtraError, match=r"rftkit\[sagemaker\]"):
        pytorch_estimator(plan, aws.session)


# --- serverless --------------------------------------------------------------------------------------------------
HUB_MODEL = "nova-textgeneration-lite-v2"
GROUP = "arn:aws:sagemaker:us-east-1:123456789012:model-package-group/g"
EVALUATOR = "arn:aws:sagemaker:us-east-1:123456789012:hub-content/my-hub/JsonDoc/judge/1.0.0"


def hub_of(settings: dict[str, str], technique: str, aws: FakeAws) -> FakeSageMaker:
    """The account's SageMaker, with a hub whose recipe of this technique has these settings as defaults."""
    spec = {key: {"type": "string", "default": value} for key, value in settings.items()}
    aws.client("s3").put_object(Bucket="my-bucket", Key="hub/spec.json", Body=json.dumps(spec).encode())
    recipe = {
        "Name": "r",
        "CustomizationTechnique": technique,
        "Peft": "LORA",
        "SmtjRecipeTemplateS3Uri": "s3://my-bucket/hub/recipe.yaml",
        "SmtjOverrideParamsS3Uri": "s3://my-bucket/hub/spec.json",
    }
    sagemaker = aws.services["sagemaker"]
    assert isinstance(sagemaker, FakeSageMaker)
    document = json.dumps({"RecipeCollection": [recipe]})
    sagemaker.hub_contents[("SageMakerPublicHub", "Model", HUB_MODEL)] = {"HubContentDocument": document}
    sagemaker.hub_contents[("my-hub", "JsonDoc", "judge")] = {"HubContentDocument": "{}"}
    return sagemaker


@pytest.mark.parametrize(("kind", "technique"), [("sft", "SFT"), ("rft", "RLVR"), ("rft", "RLAIF")])
def test_a_trainer_without_compute_sends_the_planned_serverless_request(aws: FakeAws, kind: str, technique: str):
    config = ServerlessConfig(
        role_arn=CONFIG.role_arn,
        bucket="my-bucket",
        model_package_group=GROUP,
        evaluator_arn=EVALUATOR,
        rft_technique="RLAIF" if technique == "RLAIF" else "RLVR",
        base_model_version="1.0.0",
        mlflow_arn="arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc",
    )
    recipe = nova_lite_2_sft_lora() if kind == "sft" else nova_lite_2_rft_lora()
    aws.client("s3").put_object(Bucket="my-bucket", Key="train.jsonl", Body=b'{"id": "1"}\n')
    plan = plan_serverless(recipe, config=config, data=Data("s3://my-bucket/train.jsonl"))
    sagemaker = hub_of(dict(plan.request["HyperParameters"]), technique, aws)
    trainer_of(technique)(
        model=HUB_MODEL,
        role=CONFIG.role_arn,
        model_package_group=GROUP,
        mlflow_resource_arn=config.mlflow_arn,
        training_dataset="s3://my-bucket/train.jsonl",
        s3_output_path=config.output(),
        sagemaker_session=sdk_session(aws),
        **({} if kind == "sft" else {REWARDED[technique]: EVALUATOR}),
        **({"skip_reward_validation": True} if technique == "RLVR" else {}),
    ).train(wait=False)
    [sent] = [job.request for job in sagemaker.jobs.values()]
    unlike = {"TrainingJobName", "Tags"}  # the SDK names a job by the clock, and knows no tag of ours
    assert {k: v for k, v in sent.items() if k not in unlike} == {
        k: v for k, v in plan.request.items() if k not in unlike
    }
    assert {tag["Key"]: tag["Value"] for tag in sent["Tags"]}.items() <= plan.tags.items()


REWARDED = {"RLVR": "custom_reward_function", "RLAIF": "reward_prompt"}


def trainer_of(technique: str) -> Any:
    from sagemaker.train import rlaif_trainer, rlvr_trainer, sft_trainer

    return {
        "SFT": sft_trainer.SFTTrainer,
        "RLVR": rlvr_trainer.RLVRTrainer,
        "RLAIF": rlaif_trainer.RLAIFTrainer,
    }[technique]


def sdk_session(aws: FakeAws) -> Any:
    from sagemaker.core.helper.session_helper import Session

    return Session(boto_session=aws.session, default_bucket="my-bucket", sagemaker_config=NO_TELEMETRY)


def test_the_subtasks_of_benchmarks_are_those_of_the_sdk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")  # importing the evaluators opens a session
    from sagemaker.train.evaluate import benchmark_evaluator as sdk

    theirs = {kind.value: sdk.get_benchmark_properties(kind) for kind in sdk.get_benchmarks()}
    listed = {name: tuple(found["subtasks"]) for name, found in theirs.items() if found["subtasks"]}
    none = {name: () for name, found in theirs.items() if not found["subtask_available"] and name != "llm_judge"}
    assert listed | none == SUBTASKS


# --- serverless evaluation ---------------------------------------------------------------------------------------
PACKAGE = "arn:aws:sagemaker:us-east-1:123456789012:model-package/g/1"
TEMPLATES = {
    (True, True): "CUSTOM_SCORER_TEMPLATE",
    (True, False): "CUSTOM_SCORER_TEMPLATE_BASE_MODEL_ONLY",
    (False, True): "DETERMINISTIC_TEMPLATE",
    (False, False): "DETERMINISTIC_TEMPLATE_BASE_MODEL_ONLY",
}


@pytest.mark.parametrize(("scored", "tuned"), TEMPLATES)
def test_an_evaluation_is_the_training_step_of_the_evaluator_s_pipeline(
    monkeypatch: pytest.MonkeyPatch, scored: bool, tuned: bool
):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    from jinja2 import Template
    from sagemaker.train.evaluate import pipeline_templates

    model = PACKAGE if tuned else "nova-lite-2/prod"
    recipe = nova_lite_2_eval_byod(model=model) if scored else nova_lite_2_eval_text(model=model)
    config = ServerlessConfig(
        **{name: getattr(CONFIG, name) for name in ("role_arn", "bucket", "vpc")},
        evaluator_arn=EVALUATOR,
        accept_eula=True,
        output_kms_key="key",
        mlflow_arn="arn:aws:sagemaker:us-east-1:123456789012:mlflow-app/app-abc",
    )
    data = Data("s3://my-bucket/gen_qa.jsonl") if scored else None
    request = plan_serverless_evaluation(recipe, config=config, data=data).request
    step = {
        "role_arn": config.role_arn,
        "base_model_arn": config.base_model(HUB_MODEL),
        "source_model_package_arn": PACKAGE,
        "model_package_group_arn": GROUP,
        "s3_output_path": config.output(),
        "kms_key_id": "key",
        "vpc_config": True,
        "vpc_security_group_ids": list(config.vpc.security_group_ids),
        "vpc_subnets": list(config.vpc.subnets),
        "evaluate_base_model": False,
        "mlflow_resource_arn": config.mlflow_arn,
        **({"evaluator_arn": EVALUATOR, "dataset_uri": data.train} if data else {}),
    }
    written = Template(getattr(pipeline_templates, TEMPLATES[scored, tuned])).render(step | request["HyperParameters"])
    [theirs] = [each["Arguments"] for each in json.loads(written)["Steps"] if each["Type"] == "Training"]
    if not tuned:  # there the template passes on a group, where one is set
        theirs.pop("ModelPackageConfig", None)
    unlike = {
        "TrainingJobName",
        "Tags",
        "MlflowConfig",
    }  # a pipeline names its jobs, and has one configuration of MLflow
    assert {key: value for key, value in request.items() if key not in unlike} == theirs

"""ModelTrainer of SDK v3 sends exactly the planned request. Runs where SDK v3 is installed, which excludes v2."""

from __future__ import annotations

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
from estimators.platforms.sagemaker.sdk import model_trainer, pytorch_estimator
from recipes import nova_lite_2_rft_lora, nova_lite_2_sft_lora
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

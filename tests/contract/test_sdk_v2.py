"""The PyTorch estimator of SDK v2 sends exactly the planned request, and talks to nobody else."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from moto import mock_aws

from estimators.config import LaunchConfig, Vpc
from estimators.errors import JobError, PlanError
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.sagemaker.plan import plan_job
from estimators.platforms.sagemaker.sdk import model_trainer, pytorch_estimator
from estimators.start import start
from recipes import (
    Recipe,
    nova_lite_2_eval_byod,
    nova_lite_2_eval_judge,
    nova_lite_2_eval_rft,
    nova_lite_2_eval_text,
    nova_lite_2_rft_lora,
    nova_lite_2_sft_lora,
    official,
)
from tests.contract.sdk_crashes import calls_healed, jobs
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.fakes.shapes import request_problems

pytorch = pytest.importorskip("sagemaker.pytorch", reason="needs SDK v2: pip install 'rftkit[sagemaker]'")

CONFIG = LaunchConfig(
    role_arn="arn:aws:iam::123456789012:role/SageMakerExec",
    bucket="my-bucket",
    grader_arn="arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader",
    output_kms_key="arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    vpc=Vpc(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
    tags={"team": "compliance"},
    training_plan_arn="arn:aws:sagemaker:us-east-1:123456789012:training-plan/ours",
)
GRADER = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader"
CHECKPOINT = "s3://customer-escrow-123456789012-smtj-abc/sft-job"
RECIPES: dict[str, Recipe] = {
    "sft": nova_lite_2_sft_lora(),
    "rft": nova_lite_2_rft_lora(),
    "rft-after-sft": nova_lite_2_rft_lora(overrides={"run.model_name_or_path": CHECKPOINT}),
    "dpo": official("nova_lite_1_0_p5_p4d_gpu_lora_dpo").recipe(),
    "eval-rft": nova_lite_2_eval_rft(model=CHECKPOINT),
    "eval-own-metrics": nova_lite_2_eval_byod(model=CHECKPOINT, lambda_arn=GRADER),
    "eval-judge": nova_lite_2_eval_judge(),
    "eval-text": nova_lite_2_eval_text(model=CHECKPOINT),
}


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAws]:
    def refuse(*address: Any, **_: Any) -> None:
        raise AssertionError(f"the SDK looked up {address[0]}")

    with mock_aws():
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        fake = FakeAws(FakeSageMaker(), FakeIam(trusts={}))
        fake.client("s3").create_bucket(Bucket="my-bucket")
        yield fake


def planned(kind: str, folder: Path, **more: Any) -> JobPlan:
    train, validation = folder / "train.jsonl", folder / "validation.jsonl"
    train.write_bytes(b'{"id": "1"}\n')
    validation.write_bytes(b'{"id": "2"}\n')
    recipe = RECIPES[kind]
    data = {"eval-text": None, "sft": Data(train, validation), "rft": Data(train, validation)}.get(kind, Data(train))
    return plan_job(recipe, config=CONFIG, data=data, **more)


def by_name(request: Any) -> Any:
    """The request with its channels in order of their names."""
    channels = sorted(request["InputDataConfig"], key=lambda channel: str(channel["ChannelName"]))
    return {**request, "InputDataConfig": channels}


@pytest.mark.parametrize("kind", RECIPES)
def test_fit_sends_the_planned_request_and_uploads_the_planned_bytes(aws: FakeAws, tmp_path: Path, kind: str):
    plan = planned(kind, tmp_path)
    estimator = pytorch_estimator(plan, aws.session)
    assert isinstance(estimator, pytorch.PyTorch)
    assert request_problems("sagemaker", plan.operation, plan.request) == []
    estimator.fit(wait=False)
    assert by_name(jobs(aws)[plan.name]) == by_name(plan.request)
    stored = aws.client("s3").list_objects_v2(Bucket="my-bucket")["Contents"]
    assert {f"s3://my-bucket/{entry['Key']}" for entry in stored} == {upload.uri for upload in plan.uploads}


def test_the_sdk_resolves_the_recipe_to_the_planned_bytes(aws: FakeAws, tmp_path: Path):
    """We hand the SDK a resolved recipe; what it would have uploaded of it is the same text."""
    plan = planned("rft", tmp_path)
    seen: list[bytes] = []

    class Watching(pytorch.PyTorch):  # type: ignore[misc, name-defined]
        def _recipe_resolve_and_save(self, *arguments: Any) -> Any:
            resolved = super()._recipe_resolve_and_save(*arguments)
            seen.append(Path(self.training_recipe_file.name).read_bytes())
            return resolved

    recipe = tmp_path / "recipe.yaml"
    recipe.write_bytes(plan.recipe)
    Watching(
        training_recipe=str(recipe),
        image_uri="image",
        role=CONFIG.role_arn,
        instance_type="ml.p5.48xlarge",
        sagemaker_session=pytorch_estimator(plan, aws.session).sagemaker_session,
    )
    assert seen == [plan.recipe]


def test_a_request_that_was_not_planned_is_not_sent(aws: FakeAws, tmp_path: Path):
    estimator = pytorch_estimator(planned("rft", tmp_path), aws.session)
    estimator.max_run = 60
    with pytest.raises(JobError, match="StoppingCondition"):
        estimator.fit(wait=False)
    assert jobs(aws) == {}


def test_starting_twice_through_the_estimator_starts_one_job(aws: FakeAws, tmp_path: Path):
    plan = planned("rft", tmp_path)
    accepted = {finding.code for finding in plan.findings}  # the data is two rows
    options: Any = {"folder": tmp_path, "sdk": "pytorch", "force": accepted}
    started = [start(plan, aws.session, **options).started for _ in range(2)]
    assert started == [True, False]
    assert list(jobs(aws)) == [plan.name]


def test_a_crash_before_any_call_is_healed_by_a_second_start(aws: FakeAws, tmp_path: Path):
    calls = calls_healed(lambda nth: planned("rft", tmp_path, attempt=nth), "pytorch", aws, tmp_path)
    assert calls >= 6  # is it there, two files and a recipe, create, describe


def test_the_flavour_must_fit_the_sdk(aws: FakeAws, tmp_path: Path):
    with pytest.raises(PlanError, match="flavour='v2'"):
        pytorch_estimator(planned("rft", tmp_path, flavour="v3"), aws.session)
    with pytest.raises(PlanError, match="flavour='v3'"):
        model_trainer(planned("rft", tmp_path), aws.session)

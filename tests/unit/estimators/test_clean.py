"""Cleaning removes what one run made, in an order that works, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from moto import mock_aws

from estimators.clean import clean, cleaning, leftovers
from estimators.planning.data import Data
from estimators.platforms.bedrock.models import (
    deploy_model,
    deployment_request,
    import_model,
    import_request,
    launch_customization,
)
from estimators.platforms.bedrock.plan import BedrockConfig, plan_customization
from estimators.platforms.sagemaker.launch import launch
from estimators.platforms.sagemaker.plan import plan_job
from estimators.results.outputs import Checkpoint
from tests.fakes.aws_model import FakeAws
from tests.fakes.crash import Crash, CrashAt
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_hyperpod import FakeCluster
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.fakes.fake_tagging import FakeTagging
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED, recipe

DATA = Data("s3://my-bucket/t.jsonl")
BEDROCK = BedrockConfig(role_arn=FILLED.role_arn, bucket="my-bucket", grader_arn=FILLED.grader_arn)


def ways(aws: FakeAws) -> dict[str, FakeAws]:
    """The sessions of the platforms that can be cleaned."""
    return {platform.name: aws for platform in cleaning(None)}


class Account:
    """An account in which the runs `ours` and `theirs` each made one of everything."""

    def __init__(self) -> None:
        self.sagemaker, self.bedrock = FakeSageMaker(), FakeBedrock()
        self.tagging = FakeTagging(sagemaker=self.sagemaker, bedrock=self.bedrock)
        self.naps: list[float] = []
        aws = self.aws()
        aws.client("s3").create_bucket(Bucket="my-bucket")
        for run in ("ours", "theirs"):
            job = launch(plan_job(recipe(name=run), config=FILLED, data=DATA, name=run), aws).name
            aws.client("s3").put_object(Bucket="my-bucket", Key=f"rftkit/output/{job}/output/output.tar.gz", Body=b"x")
            launch_customization(plan_customization("rft", name=run, config=BEDROCK, data=DATA), aws)
            checkpoint = Checkpoint(f"s3://customer-escrow-123456789012-smtj-abc/{run}", "sagemaker")
            model = import_model(import_request(checkpoint, run, BEDROCK), aws, sleep=self.naps.append)
            deploy_model(deployment_request(model, run, BEDROCK), aws, sleep=self.naps.append)

    def aws(self) -> FakeAws:
        return FakeAws(self.sagemaker, self.bedrock, self.tagging)

    def cleaned(self, run: str, session: FakeAws | None = None) -> list[str]:
        aws = session or self.aws()
        return [entry.kind for entry in clean(leftovers(run, ways(aws)), ways(aws), sleep=self.naps.append)]

    def objects(self) -> list[str]:
        found = self.aws().client("s3").list_objects_v2(Bucket="my-bucket", Prefix="rftkit/output")
        return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr("estimators.platforms.hyperpod.cli.run_process", FakeCluster())
    with mock_aws():
        yield Account()


def test_a_run_leaves_nothing_and_its_neighbour_everything(account: Account):
    assert account.cleaned("ours") == [
        "training-job",
        "object",
        "model-customization-job",
        "custom-model-deployment",
        "custom-model",
    ]
    assert [model.request["modelName"] for model in account.bedrock.models.values()] == ["theirs"]
    assert [d.request["modelDeploymentName"] for d in account.bedrock.deployments.values()] == ["theirs"]
    assert account.objects() == ["rftkit/output/theirs/output/output.tar.gz"]
    assert account.sagemaker.jobs["theirs"].running
    assert account.sagemaker.jobs["ours"].status == ("Stopping", "Stopping")


def test_looking_changes_nothing(account: Account):
    before = len(account.bedrock.models), len(account.bedrock.deployments), account.objects()
    assert leftovers("ours", ways(account.aws())) == leftovers("ours", ways(account.aws()))
    assert (len(account.bedrock.models), len(account.bedrock.deployments), account.objects()) == before


def test_a_run_nobody_made_leaves_nothing_to_do(account: Account):
    assert account.cleaned("nobody") == []


def test_cleaning_twice_finds_nothing_the_second_time(account: Account):
    account.cleaned("ours")
    account.sagemaker.describe_training_job(TrainingJobName="ours")  # the job goes on from Stopping to Stopped
    assert account.cleaned("ours") == []


def test_what_is_gone_but_still_listed_does_not_stop_the_cleaning(account: Account):
    sessions = ways(account.aws())
    found = leftovers("ours", sessions)
    first = list(clean(found, sessions, sleep=account.naps.append))
    assert list(clean([entry for entry in first if entry.action == "delete"], sessions, sleep=account.naps.append))
    assert [model.request["modelName"] for model in account.bedrock.models.values()] == ["theirs"]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 10))
def test_a_crash_around_any_call_is_healed_by_cleaning_again(
    account: Account, nth: int, when: Literal["before", "after"]
):
    session = account.aws()
    crash = CrashAt(nth, when, session.client("bedrock"), session.client("sagemaker"), session.client("s3"))
    with pytest.raises(Crash):
        account.cleaned("ours", session)
    assert crash.fired
    account.cleaned("ours")
    assert [model.request["modelName"] for model in account.bedrock.models.values()] == ["theirs"]
    assert account.objects() == ["rftkit/output/theirs/output/output.tar.gz"]

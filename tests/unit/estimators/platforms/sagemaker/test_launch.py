"""Launching a plan: refused when it should be, and safe to repeat after a crash at any call."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from moto import mock_aws

from estimators.config import LaunchConfig
from estimators.errors import JobError, RefusedError
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.sagemaker.launch import launch
from estimators.platforms.sagemaker.plan import Flavour, plan_job
from tests.fakes.aws_model import AwsError, FakeAws, Fault
from tests.fakes.crash import Crash, CrashAt
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED, recipe
from tests.unit.estimators.rows import rft_rows


class Account:
    """One AWS account: SageMaker in memory, S3 by moto."""

    def __init__(self) -> None:
        self.sagemaker = FakeSageMaker()
        self.session = FakeAws(self.sagemaker)
        self.s3 = self.session.client("s3")
        self.s3.create_bucket(Bucket="my-bucket")

    def restarted(self) -> FakeAws:
        """A new process: new clients, the same account."""
        return FakeAws(self.sagemaker)

    def keys(self) -> list[str]:
        return [entry["Key"] for entry in self.s3.list_objects_v2(Bucket="my-bucket").get("Contents", [])]


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


@pytest.fixture
def plan(tmp_path: Path) -> JobPlan:
    return plan_job(recipe(), config=FILLED, data=Data(rft_rows(tmp_path / "train.jsonl")))


def test_a_launch_stores_the_files_and_sends_the_planned_request(account: Account, plan: JobPlan):
    launched = launch(plan, account.session)
    assert launched.started
    assert account.sagemaker.jobs[plan.name].request == plan.request
    for upload in plan.uploads:
        key = upload.uri.removeprefix("s3://my-bucket/")
        assert account.s3.get_object(Bucket="my-bucket", Key=key)["Body"].read() == upload.read()


def test_launching_twice_starts_one_job(account: Account, plan: JobPlan):
    first, second = launch(plan, account.session), launch(plan, account.session)
    assert (first.started, second.started) == (True, False)
    assert first.arn == second.arn
    assert len(account.sagemaker.jobs) == 1


# A launch makes three calls: two uploads and the creation.
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2, 3])
def test_a_crash_around_any_call_is_healed_by_a_second_launch(
    account: Account, plan: JobPlan, nth: int, when: Literal["before", "after"]
):
    session = account.restarted()
    crash = CrashAt(nth, when, session.client("s3"), session.client("sagemaker"))
    with pytest.raises(Crash):
        launch(plan, session)
    assert crash.fired
    launch(plan, account.restarted())
    assert list(account.sagemaker.jobs) == [plan.name]
    assert len(account.keys()) == 2


def test_a_plan_with_placeholders_is_refused_before_any_call(account: Account):
    unfilled = plan_job(recipe("sft"), config=LaunchConfig(), data=Data("s3://b3b/t.jsonl"))
    with pytest.raises(RefusedError, match="<bucket> is not known yet"):
        launch(unfilled, account.session, force={"placeholder"})
    assert account.sagemaker.calls == []


def test_a_forced_finding_does_not_block(account: Account, plan: JobPlan):
    elsewhere = FILLED.model_copy(update={"instance_type": "ml.p5.4xlarge"})
    odd = plan_job(recipe("sft"), config=elsewhere, data=Data("s3://my-bucket/t.jsonl"))
    with pytest.raises(RefusedError, match="recipe-instance-type"):
        launch(odd, account.session)
    assert launch(odd, account.session, force={"recipe-instance-type"}).started


def test_a_file_that_changed_after_planning_is_not_uploaded(account: Account, plan: JobPlan):
    path = plan.uploads[0].path
    assert path is not None
    path.write_bytes(b"{}\n")
    with pytest.raises(JobError, match="has changed since the plan"):
        launch(plan, account.session)
    assert account.keys() == []
    assert account.sagemaker.jobs == {}


def test_a_job_of_the_same_name_with_other_settings_is_not_mistaken_for_ours(account: Account, plan: JobPlan):
    launch(plan, account.session)
    other = replace(plan, request={**plan.request, "RoleArn": "arn:aws:iam::123456789012:role/Other"})
    with pytest.raises(JobError, match="exists with another RoleArn"):
        launch(other, account.session)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("ExpiredTokenException", "sign in again"),
        ("AccessDeniedException", "sagemaker:CreateTrainingJob"),
        ("ThrottlingException", "repeat in a minute"),
    ],
)
def test_what_aws_refuses_is_explained_and_a_second_launch_heals_it(
    account: Account, plan: JobPlan, code: str, advice: str
):
    account.sagemaker.faults.append(Fault("CreateTrainingJob", AwsError(code, "no")))
    with pytest.raises(JobError, match=advice):
        launch(plan, account.session)
    assert launch(plan, account.session).started


def test_a_full_quota_names_the_quota_to_raise(account: Account, plan: JobPlan):
    account.sagemaker.quota["ml.p5.48xlarge"] = 3
    with pytest.raises(JobError, match=r"Service Quotas.*ml\.p5\.48xlarge for training job usage"):
        launch(plan, account.session)


def test_a_bucket_that_is_not_there_is_named(account: Account, plan: JobPlan):
    account.s3.delete_bucket(Bucket="my-bucket")
    with pytest.raises(JobError, match="cannot store s3://my-bucket/"):
        launch(plan, account.session)
    assert account.sagemaker.jobs == {}


@pytest.mark.parametrize(("first", "second"), [("v2", "v3"), ("v3", "v2")])
def test_the_same_inputs_in_another_sdk_s_words_are_the_same_job(account: Account, first: Flavour, second: Flavour):
    plans = [plan_job(recipe(), config=FILLED, data=Data("s3://my-bucket/t.jsonl"), flavour=f) for f in (first, second)]
    assert [launch(plan, account.session).started for plan in plans] == [True, False]
    assert plans[0].name == plans[1].name

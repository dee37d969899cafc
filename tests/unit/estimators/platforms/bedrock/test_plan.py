"""Bedrock: exact requests, and every step from a plan to a deleted model safe to repeat."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws
from pydantic import ValidationError

from estimators.config import Vpc
from estimators.errors import JobError, RefusedError
from estimators.findings import blocking
from estimators.monitoring.follow import Status, follow
from estimators.plan import JobPlan, plan_from_json
from estimators.planning.data import Data
from estimators.platforms.bedrock.job import CustomizationJob
from estimators.platforms.bedrock.models import (
    delete_model,
    deploy_model,
    deployment_request,
    import_model,
    import_request,
    launch_customization,
    model_arn,
    provision_model,
    throughput_request,
)
from estimators.platforms.bedrock.plan import (
    BedrockConfig,
    Method,
    RftParameters,
    SftParameters,
    plan_customization,
    token,
)
from estimators.results.outputs import Checkpoint
from tests.fakes.aws_model import FakeAws
from tests.fakes.crash import Crash, CrashAt
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.shapes import request_problems
from tests.unit.estimators.rows import rft_rows

CONFIG = BedrockConfig(
    role_arn="arn:aws:iam::123456789012:role/BedrockExec",
    bucket="my-bucket",
    grader_arn="arn:aws:lambda:us-east-1:123456789012:function:SageMaker-tools:live",
    output_kms_key="arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    vpc=Vpc(subnets=("subnet-0a1b2c3d",), security_group_ids=("sg-0a1b2c3d",)),
)
DATA = Data("s3://my-bucket/train.jsonl", "s3://my-bucket/validation.jsonl")
CHECKPOINT = Checkpoint("s3://customer-escrow-123456789012-smtj-abc/job", "sagemaker")
METHODS: tuple[Method, ...] = ("sft", "rft", "distill")


def plan(method: Method = "rft", data: Data = DATA) -> JobPlan:
    return plan_customization(method, name="tools", config=CONFIG, data=data)


@pytest.mark.parametrize("method", METHODS)
def test_botocore_accepts_every_member_and_pattern(method: Method):
    planned = plan(method)
    assert request_problems("bedrock", planned.operation, planned.request) == []
    assert blocking(planned.findings) == ()
    assert plan_from_json(planned.to_json()) == planned


def test_sft_takes_texts_and_rft_takes_numbers():
    assert set(map(type, plan("sft").request["hyperParameters"].values())) == {str}
    numbers = plan("rft").request["customizationConfig"]["rftConfig"]["hyperParameters"]
    assert numbers["learningRate"] == 1e-5
    assert "hyperParameters" not in plan("rft").request


def test_an_alias_of_the_grader_is_fine_here():
    grader = plan("rft").request["customizationConfig"]["rftConfig"]["graderConfig"]["lambdaGrader"]
    assert grader == {"lambdaArn": CONFIG.grader_arn}


@given(st.floats(1e-6, 1e-4))
def test_a_rate_is_written_without_exponent_and_means_the_same(rate: float):
    text = SftParameters(learningRate=rate).texts()["learningRate"]
    assert "e" not in text
    assert float(text) == rate


@pytest.mark.parametrize(
    "make", [lambda: RftParameters(batchSize=7), lambda: SftParameters(epochCount=6), lambda: RftParameters(epochs=1)]
)
def test_a_hyperparameter_out_of_range_or_unknown_is_refused(make: Callable[[], Any]):
    with pytest.raises(ValidationError):
        make()


@pytest.mark.parametrize(("count", "blocked"), [(99, True), (100, False)])
def test_rows_are_checked_before_bedrock_does(tmp_path: Path, count: int, blocked: bool):
    planned = plan("rft", Data(rft_rows(tmp_path / "train.jsonl", count)))
    assert bool(blocking(planned.findings)) is blocked


def test_a_plan_without_an_account_shows_placeholders():
    planned = plan_customization("rft", name="tools", config=BedrockConfig(), data=Data("missing.jsonl"))
    assert {finding.code for finding in planned.findings} == {"placeholder"}


@given(st.lists(st.lists(st.text(), max_size=3), min_size=2, max_size=2, unique_by=tuple))
def test_different_requests_have_different_tokens(parts: list[list[str]]):
    assert token(*parts[0]) != token(*parts[1])


def test_requests_for_models_are_what_botocore_accepts():
    model = "arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/000000000001"
    assert request_problems("bedrock", "CreateCustomModel", import_request(CHECKPOINT, "tools", CONFIG)) == []
    assert request_problems("bedrock", "CreateCustomModelDeployment", deployment_request(model, "tools", CONFIG)) == []
    throughput = throughput_request(model, "tools", CONFIG, units=2, commitment="OneMonth")
    assert request_problems("bedrock", "CreateProvisionedModelThroughput", throughput) == []


def test_importing_another_checkpoint_is_another_request():
    other = Checkpoint(f"{CHECKPOINT.uri}-2", "sagemaker")
    first, second = import_request(CHECKPOINT, "tools", CONFIG), import_request(other, "tools", CONFIG)
    assert first["clientRequestToken"] != second["clientRequestToken"]


# --- calls -------------------------------------------------------------------------------------------------------
class Account:
    """An account with Bedrock in memory; `naps` are the pauses taken while waiting."""

    def __init__(self) -> None:
        self.bedrock = FakeBedrock()
        self.naps: list[float] = []
        self.aws().client("s3").create_bucket(Bucket="my-bucket")

    def aws(self) -> FakeAws:
        return FakeAws(self.bedrock)

    def brought_up(self, session: FakeAws) -> str:
        """Import and deploy; the whole way to a model that answers."""
        model = import_model(import_request(CHECKPOINT, "tools", CONFIG), session, sleep=self.naps.append)
        return deploy_model(deployment_request(model, "tools", CONFIG), session, sleep=self.naps.append)


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


def test_launching_twice_starts_one_job(account: Account, tmp_path: Path):
    planned = plan("rft", Data(rft_rows(tmp_path / "train.jsonl")))
    first, second = (launch_customization(planned, account.aws()) for _ in range(2))
    assert first.arn == second.arn
    assert len(account.bedrock.jobs) == 1
    assert account.bedrock.jobs[planned.name].request == planned.request


def test_a_job_of_the_same_name_from_elsewhere_is_found_not_repeated(account: Account):
    planned = plan("sft")
    launch_customization(planned, account.aws())
    account.bedrock.jobs[planned.name].request["clientRequestToken"] = "another"
    assert not launch_customization(planned, account.aws()).started


# The upload and the creation; a second launch finds the job where the first one's answer was lost.
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", [1, 2])
def test_a_crash_around_any_call_of_a_launch_is_healed_by_a_second_launch(
    account: Account, tmp_path: Path, nth: int, when: Literal["before", "after"]
):
    planned, session = plan("rft", Data(rft_rows(tmp_path / "train.jsonl"))), account.aws()
    crash = CrashAt(nth, when, session.client("s3"), session.client("bedrock"))
    with pytest.raises(Crash):
        launch_customization(planned, session)
    assert crash.fired
    launch_customization(planned, account.aws())
    assert [job.request for job in account.bedrock.jobs.values()] == [planned.request]


def test_an_incomplete_plan_is_refused_before_any_call(account: Account):
    planned = plan_customization("rft", name="tools", config=BedrockConfig(), data=DATA)
    with pytest.raises(RefusedError):
        launch_customization(planned, account.aws())
    assert account.bedrock.calls == []


def test_a_job_goes_from_in_progress_to_completed(account: Account):
    planned = plan("rft")
    launch_customization(planned, account.aws())
    job = CustomizationJob(planned.name, account.aws())
    seen: list[Status] = []
    assert follow(job, sleep=lambda s: None, on_status=seen.append, on_line=lambda line: None).ended
    assert [(now.state, now.phase) for now in seen] == [("InProgress", "training"), ("Completed", "Completed")]
    assert job.model_arn() is not None


def test_a_job_is_stopped_and_stopping_again_is_quiet(account: Account):
    planned = plan("rft")
    launch_customization(planned, account.aws())
    job = CustomizationJob(planned.name, account.aws())
    job.stop()
    states = [job.status().state for _ in range(3)]
    job.stop()
    assert states == ["Stopping", "Stopped", "Stopped"]
    assert account.bedrock.count("StopModelCustomizationJob") == 1


def test_a_job_that_does_not_exist_is_said_so(account: Account):
    with pytest.raises(JobError, match="no customization job 'nobody' in us-east-1"):
        CustomizationJob("nobody", account.aws()).status()


def test_import_and_deployment_wait_until_the_model_answers(account: Account):
    deployment = account.brought_up(account.aws())
    assert deployment in account.bedrock.deployments
    assert len(account.naps) == 4  # two looks each find the model, then the deployment, still being created


def test_doing_it_again_makes_nothing_new(account: Account):
    assert account.brought_up(account.aws()) == account.brought_up(account.aws())
    assert (len(account.bedrock.models), len(account.bedrock.deployments)) == (1, 1)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 11))
def test_a_crash_around_any_call_is_healed_by_a_second_run(
    account: Account, nth: int, when: Literal["before", "after"]
):
    session = account.aws()
    crash = CrashAt(nth, when, session.client("bedrock"))
    with pytest.raises(Crash):
        account.brought_up(session)
    assert crash.fired
    account.brought_up(account.aws())
    assert (len(account.bedrock.models), len(account.bedrock.deployments)) == (1, 1)


def test_a_model_that_fails_says_why(account: Account):
    request = import_request(CHECKPOINT, "tools", CONFIG)
    arn = account.aws().client("bedrock").create_custom_model(**request)["modelArn"]
    account.bedrock.models[arn].failure = "The checkpoint is not readable"
    with pytest.raises(JobError, match="The checkpoint is not readable"):
        import_model(request, account.aws(), sleep=account.naps.append)


def test_a_model_is_deleted_after_its_deployments(account: Account):
    deployment = account.brought_up(account.aws())
    model = model_arn("tools", account.aws())
    assert delete_model("tools", account.aws(), sleep=account.naps.append) == (deployment, model)
    assert (account.bedrock.models, account.bedrock.deployments) == ({}, {})
    assert delete_model("tools", account.aws(), sleep=account.naps.append) == ()


def reserved(account: Account, session: FakeAws) -> str:
    """Import the checkpoint and reserve a unit for it."""
    model = import_model(import_request(CHECKPOINT, "tools", CONFIG), session, sleep=account.naps.append)
    return provision_model(throughput_request(model, "tools", CONFIG), session, sleep=account.naps.append)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 10))
def test_a_unit_is_reserved_once_whatever_call_a_crash_is_around(
    account: Account, nth: int, when: Literal["before", "after"]
):
    session = account.aws()
    crash = CrashAt(nth, when, session.client("bedrock"))
    with pytest.raises(Crash):
        reserved(account, session)
    assert crash.fired
    throughput = reserved(account, account.aws())
    assert list(account.bedrock.provisioned) == [throughput]


def test_a_model_is_deleted_after_its_units(account: Account):
    throughput = reserved(account, account.aws())
    model = model_arn("tools", account.aws())
    assert delete_model("tools", account.aws(), sleep=account.naps.append) == (throughput, model)
    assert (account.bedrock.models, account.bedrock.provisioned) == ({}, {})


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("nth", range(1, 9))
def test_a_crash_around_any_call_of_a_deletion_is_healed_by_deleting_again(
    account: Account, nth: int, when: Literal["before", "after"]
):
    account.brought_up(account.aws())
    reserved(account, account.aws())
    session = account.aws()
    crash = CrashAt(nth, when, session.client("bedrock"))
    with pytest.raises(Crash):
        delete_model("tools", session, sleep=account.naps.append)
    assert crash.fired
    delete_model("tools", account.aws(), sleep=account.naps.append)
    assert (account.bedrock.models, account.bedrock.deployments, account.bedrock.provisioned) == ({}, {}, {})


def test_a_unit_that_fails_says_so(account: Account):
    reserved(account, account.aws())
    [throughput] = account.bedrock.provisioned.values()
    throughput.failure = "no capacity"
    with pytest.raises(JobError, match="is Failed"):
        reserved(account, account.aws())


def test_a_model_whose_name_only_contains_ours_is_not_ours(account: Account):
    import_model(import_request(CHECKPOINT, "tools-2", CONFIG), account.aws(), sleep=account.naps.append)
    assert model_arn("tools", account.aws()) is None
    account.brought_up(account.aws())
    delete_model("tools", account.aws(), sleep=account.naps.append)
    assert model_arn("tools-2", account.aws()) is not None


def test_a_region_without_nova_s_customization_is_an_error():
    elsewhere = plan_customization(
        "sft", name="t", config=BedrockConfig(region="eu-west-1"), data=Data("s3://my-data/t.jsonl")
    )
    assert [finding.severity for finding in elsewhere.findings if finding.code == "region"] == ["error"]

"""Preflight finds everything at once, says how to mend it, and takes what it may not see for a warning."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from moto import mock_aws

from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.planning.permissions import buckets_of, needed_actions
from estimators.planning.preflight import trusts
from estimators.platforms.bedrock.plan import BedrockConfig, plan_customization
from estimators.platforms.hyperpod.plan import Cluster, plan_hyperpod
from estimators.platforms.sagemaker.account import needed_by_a_container
from estimators.platforms.sagemaker.plan import plan_job
from estimators.start import preflight
from recipes import nova_lite_2_rft_lora_hyperpod
from tests.fakes.aws_model import AwsError, FakeAws, Fault
from tests.fakes.fake_bedrock_models import FakeBedrock
from tests.fakes.fake_ecr import FakeEcr
from tests.fakes.fake_iam import FakeIam
from tests.fakes.fake_lambda import FakeFunction, FakeLambda
from tests.fakes.fake_quotas import FakeQuotas
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED, recipe
from tests.unit.estimators.rows import rft_rows

CODE = b"a zip file"
QUOTA = "ml.p5.48xlarge for training job usage"


class Account:
    """An account in which nothing is wrong, to be broken by each test."""

    def __init__(self) -> None:
        self.iam = FakeIam(trusts={"Exec": ["sagemaker.amazonaws.com"]})
        self.quotas = FakeQuotas(values={QUOTA: 4, "ml.p5.48xlarge for endpoint usage": 0})
        self.graders = FakeLambda()
        settings = {"Role": "arn:aws:iam::123456789012:role/Grader"}
        self.graders.functions["SageMaker-tools"] = FakeFunction(settings, CODE, ["x86_64"], {})
        self.bedrock, self.ecr = FakeBedrock(), FakeEcr()
        self.sagemaker = FakeSageMaker(clusters={"my-cluster": "abcdefghijkl"}, restricted={"ml.p5.48xlarge": 8})
        self.aws = FakeAws(self.iam, self.quotas, self.graders, self.bedrock, self.ecr, self.sagemaker)
        self.aws.client("s3").create_bucket(Bucket="my-bucket")

    @property
    def digest(self) -> str:
        return base64.b64decode(self.graders.functions["SageMaker-tools"].code_sha256).hex()

    def findings(self, plan: JobPlan) -> tuple[JobFinding, ...]:
        return preflight(plan, self.aws)

    def codes(self, plan: JobPlan) -> list[str]:
        return [finding.code for finding in self.findings(plan)]


@pytest.fixture
def account() -> Iterator[Account]:
    with mock_aws():
        yield Account()


@pytest.fixture
def plan(account: Account, tmp_path: Path) -> JobPlan:
    data = Data(rft_rows(tmp_path / "train.jsonl"))
    return plan_job(recipe(), config=FILLED, data=data, digests={"grader": account.digest})


def test_nothing_is_found_in_a_sound_account(account: Account, plan: JobPlan):
    assert account.findings(plan) == ()


def test_preflight_only_reads(account: Account, plan: JobPlan):
    account.findings(plan)
    services = (account.iam, account.quotas, account.graders, account.ecr, account.bedrock, account.sagemaker)
    called = {name for service in services for name, _ in service.calls}
    looks = {"GetRole", "SimulatePrincipalPolicy", "ListServiceQuotas", "GetFunction"}
    assert called == looks | {"DescribeImages", "GetFoundationModel", "SearchTrainingPlanOfferings"}


def test_everything_is_found_at_once(account: Account, plan: JobPlan):
    account.iam.trusts["Exec"] = ["lambda.amazonaws.com"]
    account.iam.denied["Exec"] = ["lambda:InvokeFunction"]
    account.aws.client("s3").delete_bucket(Bucket="my-bucket")
    account.quotas.values[QUOTA] = 3
    account.graders.functions["SageMaker-tools"].code = b"another zip"
    account.ecr.missing_tags.add("SM-TJ-RFT-V2-latest")
    account.bedrock.lifecycle = "LEGACY"
    wrong = ["role-trust", "role-permissions", "bucket-missing", "quota", "image-missing", "grader-digest"]
    assert account.codes(plan) == [*wrong, "model-legacy"]


KIND = "ml.p5.48xlarge"
OURS = "arn:aws:sagemaker:us-east-1:123456789012:training-plan/ours"


def test_no_reserved_capacity_on_offer_is_a_warning_that_says_where_there_is_some(account: Account, plan: JobPlan):
    account.sagemaker.offered |= {f"{KIND} in us-east-1": 2, f"{KIND} in ap-northeast-1": 3}
    (found,) = account.findings(plan)
    assert (found.code, found.severity) == ("capacity", "warning")
    assert "4 x ml.p5.48xlarge for 120 h in us-east-1" in found.message
    assert "us-west-2 has some from 2025-11-24 for 9000: set region" in found.fix
    assert "none in ap-northeast-1 either" in found.fix


def test_a_training_plan_of_the_account_with_room_is_named(account: Account, plan: JobPlan):
    account.sagemaker.offered[KIND] = 0
    account.sagemaker.reserve("ours", 4)
    account.sagemaker.reserve("full", 3)
    account.sagemaker.reserve("later", 0, status="Scheduled")
    account.sagemaker.reserve("over", 8, status="Expired")
    account.sagemaker.reserve("other", 8, kind="ml.trn1.32xlarge")
    (found,) = account.findings(plan)
    named = [name for name in account.sagemaker.plans if f"training-plan/{name} has room" in found.fix]
    assert named == ["ours", "later"]
    assert "none in us-west-2 and ap-northeast-1 either" in found.fix


LOOKS = ("SearchTrainingPlanOfferings", "ListTrainingPlans", "DescribeTrainingPlan")
CODES = ("AccessDeniedException", "ThrottlingException", "ValidationException", "ExpiredTokenException")


@pytest.mark.parametrize("code", CODES)
def test_capacity_that_nobody_tells_is_not_spoken_of(account: Account, plan: JobPlan, code: str):
    account.sagemaker.faults.append(Fault("SearchTrainingPlanOfferings", AwsError(code, "no")))
    assert account.findings(plan) == ()


@pytest.mark.parametrize("operation", LOOKS)
@pytest.mark.parametrize("code", CODES)
def test_no_failure_to_look_at_capacity_stops_a_launch(account: Account, plan: JobPlan, operation: str, code: str):
    account.sagemaker.offered[KIND] = 0
    for planned in (plan, using(plan, OURS)):
        account.sagemaker.faults.append(Fault(operation, AwsError(code, "no"), times=1_000))
        assert [finding.severity for finding in account.findings(planned)] in ([], ["warning"], ["error"])
        assert all(finding.message and finding.fix for finding in account.findings(planned))


def using(plan: JobPlan, arn: str) -> JobPlan:
    """The plan, on the instances of a training plan."""
    return replace(
        plan, request={**plan.request, "ResourceConfig": plan.request["ResourceConfig"] | {"TrainingPlanArn": arn}}
    )


@pytest.mark.parametrize(
    ("broken", "severity", "words"),
    [
        ({}, "", ""),
        ({"Status": "Scheduled", "AvailableInstanceCount": 0}, "", ""),  # the job waits for it
        ({"Status": "Expired"}, "error", "'ours' is Expired"),
        ({"TargetResources": ["hyperpod-cluster"]}, "error", "is for hyperpod-cluster, not for training jobs"),
        ({"AvailableInstanceCount": 3}, "warning", "has 3 free instances, the job needs 4"),
    ],
)
def test_the_training_plan_that_a_job_names_is_looked_at(
    account: Account, plan: JobPlan, broken: Any, severity: str, words: str
):
    account.sagemaker.offered[KIND] = 0  # does not matter to a job that has its instances
    account.sagemaker.reserve("ours", 8)
    account.sagemaker.plans["ours"] |= broken
    found = account.findings(using(plan, OURS))
    assert [(finding.code, finding.severity) for finding in found] == ([("training-plan", severity)] if words else [])
    assert words in "".join(finding.message for finding in found)


def test_a_training_plan_that_is_not_there_or_of_another_type_is_found(account: Account, plan: JobPlan):
    assert account.codes(using(plan, OURS)) == ["training-plan"]
    account.sagemaker.reserve("ours", 8, kind="ml.trn1.32xlarge")
    (found,) = account.findings(using(plan, OURS))
    assert found.message.endswith("reserves ml.trn1.32xlarge, the job runs on ml.p5.48xlarge")


NAMES = ("(Model customization) Scheduled customization jobs", "Custom models per account")


@pytest.mark.parametrize(
    ("limits", "found"), [((2, 100), []), ((1, 100), ["quota-used"]), ((0, 0), ["quota-used"] * 2)]
)
def test_quotas_of_customization_that_are_used_up_are_warnings(account: Account, limits: Any, found: list[str]):
    account.quotas.others["bedrock"] = dict(zip(NAMES, limits, strict=True))
    account.iam.trusts["Exec"] = ["bedrock.amazonaws.com"]
    config = BedrockConfig(role_arn=FILLED.role_arn, bucket="my-bucket", grader_arn=FILLED.grader_arn)
    planned = plan_customization("rft", name="tools", config=config, data=Data("s3://my-bucket/t.jsonl"))
    account.aws.client("bedrock").create_model_customization_job(**planned.request)
    assert [code for code in account.codes(planned) if code.startswith("quota")] == found


@pytest.mark.parametrize(
    ("principal", "trusted"),
    [({"Service": "sagemaker.amazonaws.com"}, True), ("*", True), ({"AWS": "*"}, False), ({"Service": []}, False)],
)
def test_a_trust_policy_is_read_in_every_shape_that_iam_takes(principal: Any, trusted: bool):
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}
    for listed in (statement, [statement]):
        assert trusts({"Version": "2012-10-17", "Statement": listed}, "sagemaker.amazonaws.com") == trusted


def test_an_address_out_of_reach_is_a_warning(account: Account, plan: JobPlan, monkeypatch: pytest.MonkeyPatch):
    def unreachable(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://api.ecr.us-east-1.amazonaws.com/")

    monkeypatch.setattr(account.aws.client("ecr"), "describe_images", unreachable)
    [finding] = account.findings(plan)
    assert (finding.code, finding.severity) == ("could-not-look", "warning")


def test_a_missing_permission_comes_as_a_policy_to_paste(account: Account, plan: JobPlan):
    account.iam.denied["Exec"] = ["lambda:InvokeFunction", "s3:PutObject"]
    [finding] = account.findings(plan)
    policy = json.loads(finding.fix.removeprefix("attach this policy: "))
    by_action = {tuple(statement["Action"]): statement["Resource"] for statement in policy["Statement"]}
    assert by_action[("lambda:InvokeFunction",)] == [FILLED.grader_arn]
    assert by_action[("s3:PutObject",)] == ["arn:aws:s3:::my-bucket/*"]


def test_what_the_container_may_not_do_is_told_before_it_starts(account: Account, plan: JobPlan):
    account.iam.denied["Exec"] = ["ecr:BatchGetImage", "logs:PutLogEvents", "cloudwatch:PutMetricData"]
    [finding] = account.findings(plan)
    assert "may not logs:PutLogEvents, ecr:BatchGetImage, cloudwatch:PutMetricData" in finding.message
    assert "log-group:/aws/sagemaker/TrainingJobs:*" in finding.fix


def test_only_what_knows_no_resource_is_granted_on_everything(plan: JobPlan):
    everywhere = [
        actions for actions, resources in (*needed_actions(plan), *needed_by_a_container(plan)) if "*" in resources
    ]
    assert everywhere == [("cloudwatch:PutMetricData", "ecr:GetAuthorizationToken")]


@pytest.mark.parametrize("quota", [{}, {QUOTA: 0}, {QUOTA: 3}])
def test_a_quota_that_is_missing_or_too_small_is_found(account: Account, plan: JobPlan, quota: dict[str, float]):
    account.quotas.values = quota
    [finding] = account.findings(plan)
    assert finding.code == "quota"
    assert "needs 4" in finding.message


def test_a_role_or_a_grader_that_is_not_there_is_found(account: Account, plan: JobPlan):
    account.iam.trusts.clear()
    account.graders.functions.clear()
    assert account.codes(plan) == ["role-missing", "grader-missing"]


def test_a_role_of_another_account_is_found(account: Account, plan: JobPlan):
    foreign = {**plan.request, "RoleArn": "arn:aws:iam::999999999999:role/Exec"}
    assert account.codes(replace(plan, request=foreign)) == ["role-account"]


def test_what_may_not_be_looked_at_is_a_warning(account: Account, plan: JobPlan):
    for service, operation in ((account.iam, "GetRole"), (account.quotas, "ListServiceQuotas")):
        service.faults.append(Fault(operation, AwsError("AccessDeniedException", "not authorized", 403)))
    found = account.findings(plan)
    assert [(finding.code, finding.severity) for finding in found] == [("not-allowed-to-look", "warning")] * 2


def test_what_could_not_be_asked_is_a_warning_and_never_a_thing_that_is_missing(account: Account, plan: JobPlan):
    for service, operation in ((account.iam, "GetRole"), (account.graders, "GetFunction")):
        code = "TooManyRequestsException" if service is account.graders else "ThrottlingException"
        service.faults.append(Fault(operation, AwsError(code, "Rate exceeded", 429)))
    assert [(f.code, f.severity) for f in account.findings(plan)] == [("could-not-look", "warning")] * 2


def test_an_image_that_may_not_be_looked_at_is_a_warning_that_says_so(account: Account, plan: JobPlan):
    account.ecr.faults.append(Fault("DescribeImages", AwsError("AccessDeniedException", "not authorized", 400)))
    [finding] = account.findings(plan)
    assert (finding.code, finding.severity) == ("not-allowed-to-look", "warning")
    assert "DescribeImages" in finding.message


def test_a_repository_that_is_not_there_is_found_with_its_name(account: Account, plan: JobPlan):
    account.ecr.missing_repositories.add("nova-fine-tune-repo")
    [finding] = account.findings(plan)
    assert finding.code == "image-missing"
    assert "708977205387 publishes no image nova-fine-tune-repo:SM-TJ-RFT-V2-latest" in finding.message


# --- a cluster ---------------------------------------------------------------------------------------------------
@pytest.fixture
def on_cluster(account: Account, tmp_path: Path) -> JobPlan:
    return plan_hyperpod(
        nova_lite_2_rft_lora_hyperpod(),
        config=FILLED,
        cluster=Cluster(name="my-cluster"),
        data=Data(rft_rows(tmp_path / "train.jsonl")),
        digests={"grader": account.digest},
    )


def test_nothing_is_found_on_a_sound_cluster(account: Account, on_cluster: JobPlan):
    assert account.findings(on_cluster) == ()


def test_a_cluster_without_room_or_without_the_audited_grader_is_found(account: Account, on_cluster: JobPlan):
    account.sagemaker.restricted["ml.p5.48xlarge"] = 4
    account.graders.functions["SageMaker-tools"].code = b"another zip"
    assert account.codes(on_cluster) == ["cluster-capacity", "grader-digest"]
    assert (
        "has 4 ml.p5.48xlarge in Restricted Instance Groups, the job needs 8" in account.findings(on_cluster)[0].message
    )


def test_a_cluster_that_is_not_there_is_found(account: Account, on_cluster: JobPlan):
    account.sagemaker.clusters.clear()
    assert account.codes(on_cluster) == ["cluster-missing"]


def test_without_credentials_nothing_else_is_asked(plan: JobPlan):
    class Nobody:
        region_name = "us-east-1"

        def client(self, name: str) -> Any:
            from botocore.exceptions import NoCredentialsError

            raise NoCredentialsError

    assert [finding.code for finding in preflight(plan, Nobody())] == ["credentials"]


def test_the_escrow_bucket_is_not_looked_at(plan: JobPlan):
    escrow = {"base_model_location": "s3://customer-escrow-123456789012-smtj-abc/job"}
    request = {**plan.request, "HyperParameters": escrow}
    assert buckets_of(replace(plan, request=request)) == ("my-bucket",)


def test_bedrock_s_role_grader_and_model_are_looked_at(account: Account):
    config = BedrockConfig(role_arn=FILLED.role_arn, bucket="my-bucket", grader_arn=f"{FILLED.grader_arn}:live")
    plan = plan_customization("rft", name="tools", config=config, data=Data("s3://my-bucket/t.jsonl"))
    account.graders.functions.clear()
    account.bedrock.lifecycle = "LEGACY"
    assert account.codes(plan) == ["role-trust", "grader-missing", "model-legacy"]

"""Deploys into an account in memory: what stands afterwards, what a second run changes, what is refused."""

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lambda_package.deploy import DeployConfig, DeployPlan, apply, destroy, plan_deploy
from lambda_package.errors import DeployError, ZipError
from lambda_package.packaging.archive import write_zip
from lambda_package.packaging.build import build
from tests.fakes.aws_model import AwsError, Fault
from tests.unit.lambda_package.deploy.account import ACCOUNT, Account, account

ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
NAME = "SageMaker-securities"
CODE = b"def lambda_handler(event, context):\n    return []\n"


@pytest.fixture
def zip_path(tmp_path: Path) -> Path:
    return write_zip(tmp_path / "grader.zip", {"lambda_function.py": CODE}).path


def planned(zip_path: Path, consumer: str = "sagemaker", **options: object) -> DeployPlan:
    return plan_deploy(zip_path, DeployConfig("securities", consumer, training_role=ROLE, **options))  # type: ignore[arg-type]  options of each test


def test_a_first_deploy_makes_everything_the_plan_says(zip_path: Path):
    with account() as aws:
        plan = planned(zip_path, concurrency=100, retention_days=14)
        deployment = apply(plan, aws.session, sleep=aws.sleep)
        function = aws.functions.functions[NAME]
        state = aws.state()
    assert deployment.code_sha256 == function.code_sha256 == plan.code_sha256
    assert (deployment.version, function.aliases, function.reserved) == ("1", {"live": "1"}, 100)
    assert state["log groups"] == {f"/aws/lambda/{NAME}": 14}
    assert list(state["policies"][f"{NAME}-role"]) == ["grader"]
    assert function.policies[""][0]["Principal"] == {"AWS": ROLE}


def test_deploying_again_changes_nothing(zip_path: Path):
    with account() as aws:
        first = apply(planned(zip_path), aws.session, sleep=aws.sleep)
        aws.functions.calls.clear()
        second = apply(planned(zip_path), aws.session, sleep=aws.sleep)
        changing = {name for name, _ in aws.functions.calls if not name.startswith("Get")}
    assert second == first
    assert changing == {"PublishVersion"}  # which answers with the version that exists


def test_new_code_and_new_limits_become_a_new_version_behind_the_same_alias(zip_path: Path):
    with account(settles_after=2) as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        write_zip(zip_path, {"lambda_function.py": CODE + b"\n"})
        deployment = apply(planned(zip_path, timeout_s=600, memory_mb=3008), aws.session, sleep=aws.sleep)
        function = aws.functions.functions[NAME]
    assert (deployment.version, function.aliases) == ("2", {"live": "2"})
    assert (function.settings["Timeout"], function.settings["MemorySize"]) == (600, 3008)
    assert function.code_sha256 == deployment.code_sha256


def test_another_training_role_takes_the_place_of_the_first(zip_path: Path):
    with account() as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        other = DeployConfig("securities", "sagemaker", training_role=f"arn:aws:iam::{ACCOUNT}:role/other")
        apply(plan_deploy(zip_path, other), aws.session, sleep=aws.sleep)
        statements = aws.functions.functions[NAME].policies[""]
    assert [statement["Principal"] for statement in statements] == [{"AWS": other.training_role}]


def test_bedrock_gets_the_alias_and_may_invoke_only_that(zip_path: Path):
    with account() as aws:
        deployment = apply(planned(zip_path, "bedrock"), aws.session, sleep=aws.sleep)
        policies = aws.functions.functions[NAME].policies
    assert deployment.arn_for_jobs.endswith(f":function:{NAME}:live")
    assert list(policies) == ["live"]


def test_a_permission_that_the_plan_no_longer_holds_is_taken_back(zip_path: Path):
    with account() as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        apply(planned(zip_path, "bedrock"), aws.session, sleep=aws.sleep)
        policies = aws.functions.functions[NAME].policies
        assert [qualifier for qualifier, statements in policies.items() if statements] == ["live"]
        apply(plan_deploy(zip_path, DeployConfig("securities", "bedrock")), aws.session, sleep=aws.sleep)
        assert not any(aws.functions.functions[NAME].policies.values())


@pytest.mark.parametrize("consumer", ["sagemaker", "hyperpod"])
def test_sagemaker_gets_the_unqualified_arn_under_a_name_it_accepts(zip_path: Path, consumer: str):
    config = planned(zip_path, consumer).config
    assert config.arn_for_jobs == f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{NAME}"


def test_a_new_role_that_lambda_does_not_know_yet_is_waited_for(zip_path: Path):
    with account(role_unknown_for=3) as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        assert aws.waits == [1.0, 2.0, 4.0]


def test_a_function_that_is_pending_is_waited_for_before_it_is_published(zip_path: Path):
    with account(settles_after=5) as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        assert aws.functions.functions[NAME].created
        assert aws.waits == [2.0] * 5


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ThrottlingException"])
def test_throttles_are_waited_out(zip_path: Path, code: str):
    with account() as aws:
        aws.functions.faults.append(Fault("PublishVersion", AwsError(code, "slow down", 429), times=2))
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        assert aws.waits == [1.0, 2.0]


def test_a_refusal_is_told_in_the_services_words(zip_path: Path):
    with account(account_limit=110) as aws, pytest.raises(DeployError, match="below its minimum value of"):
        apply(planned(zip_path, concurrency=12), aws.session, sleep=aws.sleep)


def lambda_calls(zip_path: Path) -> list[str]:
    with account() as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        return [name for name, _ in aws.functions.calls]


def test_a_failure_at_any_call_leaves_something_that_the_next_deploy_completes(zip_path: Path):
    with account() as clean:
        apply(planned(zip_path), clean.session, sleep=clean.sleep)
        expected = clean.state()
    for operation in sorted(set(lambda_calls(zip_path))):
        with account() as aws:
            aws.functions.faults.append(Fault(operation, AwsError("AccessDeniedException", "not today", 403)))
            with pytest.raises(DeployError, match="not today"):
                apply(planned(zip_path), aws.session, sleep=aws.sleep)
            apply(planned(zip_path), aws.session, sleep=aws.sleep)
            assert aws.state() == expected, operation


@pytest.mark.parametrize("service", ["iam", "logs", "sts"])
def test_a_failure_at_any_call_of_another_service_is_completed_too(zip_path: Path, service: str):
    with account() as clean:
        apply(planned(zip_path), clean.session, sleep=clean.sleep)
        expected = clean.state()
    for number in range(1, 20):
        with account() as aws:
            came_to_it = refuse_once(aws, service, number)
            with suppress(DeployError):
                apply(planned(zip_path), aws.session, sleep=aws.sleep)
            if not came_to_it():
                return
            apply(planned(zip_path), aws.session, sleep=aws.sleep)
            assert aws.state() == expected, (service, number)
    pytest.fail(f"more than 19 calls of {service}")


def refuse_once(aws: Account, service: str, number: int) -> Callable[[], bool]:
    """Let the `number`-th call of a service fail before it is sent; tells afterwards whether it came to that."""
    from botocore.exceptions import ClientError

    seen: list[str] = []

    def refuse(model: object, **_: object) -> None:
        seen.append(str(model))
        if len(seen) == number:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not today"}}, str(model))

    aws.aws.client(service).meta.events.register(f"before-call.{service}", refuse)
    return lambda: len(seen) >= number


def test_a_log_group_that_was_there_keeps_its_lines(zip_path: Path):
    with account() as aws:
        aws.aws.client("logs").create_log_group(logGroupName=f"/aws/lambda/{NAME}")
        apply(planned(zip_path, retention_days=14), aws.session, sleep=aws.sleep)
        assert aws.state()["log groups"] == {f"/aws/lambda/{NAME}": None}


def test_a_function_of_somebody_else_is_left_alone(zip_path: Path):
    with account() as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        aws.functions.functions[NAME].tags.clear()
        before = aws.state()
        with pytest.raises(DeployError, match="was not made by the deployment 'securities'"):
            apply(planned(zip_path), aws.session, sleep=aws.sleep)
        assert destroy(planned(zip_path).config, aws.session, sleep=aws.sleep)[0].startswith("arn:aws:iam")
        assert aws.state()["functions"] == before["functions"]


def test_credentials_of_another_account_are_refused(zip_path: Path):
    plan = plan_deploy(zip_path, DeployConfig("securities", "sagemaker", account="999999999999"))
    with account() as aws, pytest.raises(DeployError, match="credentials belong to 123456789012"):
        apply(plan, aws.session, sleep=aws.sleep)


def test_destroy_removes_what_was_made_and_nothing_else(zip_path: Path):
    with account() as aws:
        aws.aws.client("iam").create_role(RoleName="mine", AssumeRolePolicyDocument="{}")
        aws.aws.client("logs").create_log_group(logGroupName="/aws/lambda/mine")
        before = aws.state()
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        deleted = destroy(planned(zip_path).config, aws.session, sleep=aws.sleep)
        assert aws.state() == before
        assert len(deleted) == 3
        assert destroy(planned(zip_path).config, aws.session, sleep=aws.sleep) == []


@pytest.mark.parametrize("service", ["lambda", "iam", "logs", "sts"])
def test_a_destroy_that_failed_at_any_call_is_completed_by_the_next(zip_path: Path, service: str):
    config = planned(zip_path).config
    for number in range(1, 10):
        with account() as aws:
            before = aws.state()
            apply(planned(zip_path), aws.session, sleep=aws.sleep)
            came_to_it = refuse_once(aws, service, number)
            with suppress(DeployError):
                destroy(config, aws.session, sleep=aws.sleep)
            if not came_to_it():
                return
            destroy(config, aws.session, sleep=aws.sleep)
            assert aws.state() == before, (service, number)
    pytest.fail(f"more than 9 calls of {service}")


def test_a_deploy_goes_through_after_a_destroy(zip_path: Path):
    with account() as aws:
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        destroy(planned(zip_path).config, aws.session, sleep=aws.sleep)
        assert apply(planned(zip_path), aws.session, sleep=aws.sleep).version == "1"


def test_what_was_deployed_answers_an_event(tmp_path: Path):
    (tmp_path / "reward.py").write_text("from rewards import json_parse\nreward = json_parse()\n")
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    with account() as aws:
        deployment = apply(planned(package.path), aws.session, sleep=aws.sleep)
        event = [{"id": "a", "messages": [{"role": "assistant", "content": "{}"}]}]
        reply = aws.aws.client("lambda").invoke(FunctionName=deployment.arn_for_jobs, Payload=json.dumps(event))
        (result,) = json.loads(reply["Payload"].read())
    assert (result["id"], result["aggregate_reward_score"]) == ("a", 1.0)


def test_a_plan_needs_no_credentials_and_shows_every_changing_call(zip_path: Path):
    plan = plan_deploy(zip_path, DeployConfig("securities", "hyperpod"))
    with account() as aws:
        full = plan_deploy(zip_path, DeployConfig("securities", "hyperpod", training_role=ROLE))
        apply(full, aws.session, sleep=aws.sleep)
        changing = [name for name, _ in aws.functions.calls if not name.startswith("Get")]
    assert [call.operation for call in full.calls if call.service == "lambda"] == changing
    assert "<account-id>" in json.dumps(plan.calls[2].request)
    assert "VPC" in " ".join(plan.notes)


def test_requests_of_the_plan_are_the_requests_that_are_sent(zip_path: Path):
    plan = planned(zip_path)
    with account() as aws:
        apply(plan, aws.session, sleep=aws.sleep)
        sent = {name: request for name, request in aws.functions.calls if not name.startswith("Get")}
    for call in plan.calls:
        if call.service == "lambda" and call.operation not in ("CreateFunction", "CreateAlias"):
            assert sent[call.operation] == call.request
    shown = {**plan.calls[4].request, "Code": sent["CreateFunction"]["Code"]}
    assert shown == sent["CreateFunction"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"name": "no spaces"}, "48 letters"),
        ({"consumer": "azure"}, "sagemaker, hyperpod, bedrock"),
        ({"training_role": "training"}, "arn:aws:iam::ACCOUNT:role/NAME"),
        ({"memory_mb": 100}, "128 to 10240 MB"),
        ({"timeout_s": 1000}, "1 to 900 s"),
        ({"concurrency": 0}, "at least 1"),
        ({"retention_days": 10}, "one of 1, 3, 5"),
        ({"account": "12345"}, "12 digits"),
        ({"judge_models": ("*",)}, "one ARN"),
        ({"judge_models": ("arn:aws:bedrock:us-east-1::foundation-model/*",)}, "without \\*"),
    ],
)
def test_what_aws_would_refuse_is_refused_before(options: dict[str, object], words: str):
    with pytest.raises(DeployError, match=words):
        DeployConfig(**{"name": "securities", "consumer": "sagemaker", **options})  # type: ignore[arg-type]  one wrong at a time


def test_a_name_that_says_sagemaker_already_is_kept():
    assert DeployConfig("my-SageMaker-grader", "sagemaker").function_name == "my-SageMaker-grader"


@pytest.mark.parametrize(("content", "words"), [(None, "rft package build"), (b"no zip", "cannot be read as a zip")])
def test_a_plan_for_a_file_that_is_no_zip_says_so(tmp_path: Path, content: bytes | None, words: str):
    if content is not None:
        (tmp_path / "grader.zip").write_bytes(content)
    with pytest.raises(ZipError, match=words):
        planned(tmp_path / "grader.zip")


LAYER = f"arn:aws:lambda:us-east-1:{ACCOUNT}:layer:shared:3"


def test_variables_and_layers_are_set_changed_and_emptied(zip_path: Path):
    with account() as aws:
        apply(planned(zip_path, environment={"AB": "1"}, layers=(LAYER,)), aws.session, sleep=aws.sleep)
        first = dict(aws.functions.functions[NAME].settings)
        apply(planned(zip_path, environment={"AB": "2"}, layers=(LAYER,)), aws.session, sleep=aws.sleep)
        second = dict(aws.functions.functions[NAME].settings)
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        third = dict(aws.functions.functions[NAME].settings)
        aws.functions.calls.clear()
        apply(planned(zip_path), aws.session, sleep=aws.sleep)
        changing = {name for name, _ in aws.functions.calls if not name.startswith("Get")}
    shown = [(s["Environment"], s["Layers"]) for s in (first, second, third)]
    assert shown == [
        ({"Variables": {"AB": "1"}}, [{"Arn": LAYER}]),
        ({"Variables": {"AB": "2"}}, [{"Arn": LAYER}]),
        ({"Variables": {}}, []),
    ]
    assert changing == {"PublishVersion"}


def test_a_large_zip_goes_by_way_of_s3(zip_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("lambda_package.deploy.plan.MAX_ZIP_BYTES", 100)
    monkeypatch.setattr("tests.fakes.fake_lambda.MAX_UPLOAD_BYTES", 100)
    with pytest.raises(DeployError, match="--bucket"):
        planned(zip_path)
    with account() as aws:
        aws.aws.client("s3").create_bucket(Bucket="graders")
        plan = planned(zip_path, bucket="graders")
        apply(plan, aws.session, sleep=aws.sleep)
        assert aws.functions.functions[NAME].code == zip_path.read_bytes()
    assert [call.operation for call in plan.calls if call.service == "s3"] == ["PutObject"]
    assert "s3:PutObject" in json.dumps(plan.policies["for whoever deploys"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"layers": ("layer.tar",)}, "a zip, or the ARN of a version"),
        ({"layers": (LAYER,) * 6}, "5 layers at most"),
        ({"environment": {"AWS_REGION": "x"}}, "set by Lambda itself"),
        ({"environment": {"A": "x"}}, "two or more letters"),
        ({"environment": {"AB": "x" * 4097}}, "4096 bytes"),
    ],
)
def test_what_lambda_would_refuse_of_variables_and_layers_is_refused_here(options: dict[str, object], words: str):
    with pytest.raises(DeployError, match=words):
        DeployConfig("securities", "sagemaker", **options)  # type: ignore[arg-type]

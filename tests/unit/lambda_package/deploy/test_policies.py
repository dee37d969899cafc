"""The policies of a deployment: linted, and asked who may do what."""

import fnmatch
from collections.abc import Iterator
from typing import Any

import pytest

from lambda_package.deploy import DeployConfig
from lambda_package.deploy import policies as made

ACCOUNT = "123456789012"
FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:SageMaker-securities"
LOG = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/SageMaker-securities"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/SageMaker-securities-role"
JUDGE = "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0"
TRAINING_ROLE = f"arn:aws:iam::{ACCOUNT}:role/training"
# Actions that AWS defines without a resource ("Service Authorization Reference"); today no policy of ours needs one.
MAY_HAVE_STAR = {"ecr:GetAuthorizationToken", "cloudwatch:PutMetricData", "ec2:DescribeNetworkInterfaces"}
PERMISSIONS = (made.execution_policy, made.invoke_policy, made.endpoint_policy, made.deployer_policy)
TRUSTS = (made.execution_trust, made.training_trust)


def config(consumer: str = "sagemaker", **options: Any) -> DeployConfig:
    return DeployConfig("securities", consumer, training_role=TRAINING_ROLE, **options)


def many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def faults(policy: dict[str, Any]) -> Iterator[str]:
    """What a reviewer would send back."""
    for statement in policy["Statement"]:
        actions, resources = many(statement["Action"]), many(statement.get("Resource", []))
        account = statement.get("Condition", {}).get("StringEquals", {}).get("aws:SourceAccount")
        if "Service" in statement.get("Principal", {}) and not account:
            yield "a service may assume this role for any account"
        if "*" in str(statement.get("Principal", "")):
            yield "anybody is a principal"
        if "*" in resources and not set(actions) <= MAY_HAVE_STAR:
            yield f"{actions} on every resource"
        yield from (f"{action} is a whole service" for action in actions if action == "*" or action.endswith(":*"))
        yield from (f"any account: {resource}" for resource in resources if ":*:*:" in resource)
        if any(action == "iam:PassRole" for action in actions) and "Condition" not in statement:
            yield "PassRole to any service"


def allows(policy: dict[str, Any], action: str, resource: str, **context: str) -> bool:
    """Identity-based evaluation of allow statements: exact actions, wildcard resources, StringEquals and ArnLike."""
    return any(
        action in many(statement["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in many(statement.get("Resource", "*")))
        and all(
            fnmatch.fnmatchcase(context.get(key.replace(":", "_"), ""), wanted)
            for condition in statement.get("Condition", {}).values()
            for key, wanted in condition.items()
        )
        for statement in policy["Statement"]
    )


@pytest.mark.parametrize("consumer", ["sagemaker", "hyperpod", "bedrock"])
@pytest.mark.parametrize("document", [*PERMISSIONS, *TRUSTS])
@pytest.mark.parametrize("options", [{}, {"judge_models": (JUDGE,)}, {"relaxed_trust": True}], ids=str)
def test_no_policy_grants_what_it_should_not(document: Any, consumer: str, options: dict[str, Any]):
    assert list(faults(document(config(consumer, **options)))) == []


@pytest.mark.parametrize(
    "policy",
    [
        {"Action": "s3:GetObject", "Resource": "*"},
        {"Action": "lambda:*", "Resource": FUNCTION},
        {"Action": "lambda:InvokeFunction", "Resource": "arn:aws:lambda:*:*:function:*SageMaker*"},
        {"Action": "iam:PassRole", "Resource": ROLE},
        {"Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}},
        {"Action": "lambda:InvokeFunction", "Principal": {"AWS": "*"}, "Resource": FUNCTION},
    ],
)
def test_the_linter_sees_what_it_looks_for(policy: dict[str, Any]):
    assert list(faults({"Statement": [policy]}))


@pytest.mark.parametrize(
    ("document", "action", "resource", "allowed"),
    [
        (made.execution_policy, "logs:PutLogEvents", f"{LOG}:log-stream:2026", True),
        (made.execution_policy, "logs:PutLogEvents", f"{LOG}-other:log-stream:2026", False),
        (made.execution_policy, "logs:CreateLogGroup", LOG, False),
        (made.execution_policy, "bedrock:InvokeModel", JUDGE, False),
        (made.execution_policy, "s3:GetObject", "arn:aws:s3:::bucket/key", False),
        (made.invoke_policy, "lambda:InvokeFunction", FUNCTION, True),
        (made.invoke_policy, "lambda:InvokeFunction", f"{FUNCTION}:live", True),
        (made.invoke_policy, "lambda:InvokeFunction", f"{FUNCTION}:7", False),
        (made.invoke_policy, "lambda:InvokeFunction", f"{FUNCTION}-other", False),
        (made.invoke_policy, "lambda:UpdateFunctionCode", FUNCTION, False),
        (made.deployer_policy, "lambda:CreateFunction", FUNCTION, True),
        (made.deployer_policy, "lambda:CreateFunction", FUNCTION.replace("securities", "other"), False),
        (made.deployer_policy, "lambda:DeleteFunction", FUNCTION, True),
        (made.deployer_policy, "iam:CreateRole", ROLE, True),
        (made.deployer_policy, "iam:AttachRolePolicy", ROLE, False),
        (made.deployer_policy, "iam:CreateRole", TRAINING_ROLE, False),
        (made.deployer_policy, "logs:DeleteLogGroup", LOG, True),
        (made.deployer_policy, "iam:PassRole", ROLE, False),  # to nobody in particular
    ],
)
def test_who_may_do_what(document: Any, action: str, resource: str, allowed: bool):
    assert allows(document(config()), action, resource) is allowed


def test_the_role_may_be_passed_to_lambda_only():
    policy = made.deployer_policy(config())
    assert allows(policy, "iam:PassRole", ROLE, iam_PassedToService="lambda.amazonaws.com")
    assert not allows(policy, "iam:PassRole", ROLE, iam_PassedToService="ec2.amazonaws.com")


def test_a_judge_may_ask_its_model_and_no_other():
    policy = made.execution_policy(config(judge_models=(JUDGE,)))
    assert allows(policy, "bedrock:InvokeModel", JUDGE)
    assert not allows(policy, "bedrock:InvokeModel", JUDGE.replace("pro", "premier"))


@pytest.mark.parametrize(
    ("consumer", "source", "allowed"),
    [
        ("sagemaker", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:training-job/nova", True),
        ("sagemaker", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/nova", False),
        ("sagemaker", "arn:aws:sagemaker:us-east-1:999999999999:training-job/nova", False),
        ("hyperpod", f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:cluster/nova", True),
        ("bedrock", f"arn:aws:bedrock:us-east-1:{ACCOUNT}:model-customization-job/nova", True),
    ],
)
def test_the_training_role_serves_jobs_of_this_account_only(consumer: str, source: str, allowed: bool):
    trust = made.training_trust(config(consumer))
    context = {"aws_SourceAccount": source.split(":")[4], "aws_SourceArn": source}
    assert allows(trust, "sts:AssumeRole", "", **context) is allowed


def test_the_execution_role_serves_this_function_only():
    trust = made.execution_trust(config())
    assert allows(trust, "sts:AssumeRole", "", aws_SourceAccount=ACCOUNT, aws_SourceArn=FUNCTION)
    assert not allows(trust, "sts:AssumeRole", "", aws_SourceAccount=ACCOUNT, aws_SourceArn=f"{FUNCTION}-other")


def test_relaxed_trust_keeps_the_account():
    trust = made.training_trust(config(relaxed_trust=True))
    assert allows(trust, "sts:AssumeRole", "", aws_SourceAccount=ACCOUNT)
    assert not allows(trust, "sts:AssumeRole", "", aws_SourceAccount="999999999999")


def test_the_endpoint_serves_the_training_role_only():
    (statement,) = made.endpoint_policy(config("hyperpod"))["Statement"]
    assert statement["Principal"] == {"AWS": TRAINING_ROLE}


def test_a_region_of_china_has_its_own_partition():
    assert config(region="cn-north-1").function_arn.startswith("arn:aws-cn:lambda:cn-north-1:")


def test_every_call_of_a_deploy_is_granted_to_the_deployer():
    """The table of actions is derived from what apply and destroy really call, in their source."""
    import inspect
    import re

    from botocore import xform_name

    from lambda_package.deploy import apply, destroy, image, layers

    modules = (inspect.getmodule(apply), inspect.getmodule(destroy), image, layers)
    source = "".join(inspect.getsource(module) for module in modules if module)
    called = set(re.findall(r'"(lambda|iam|logs|ecr|s3)", "(\w+)"', source))
    wanted = config(layers=("own.zip",), bucket="graders")
    granted = {
        (action.split(":")[0], xform_name(action.split(":")[1]))
        for statement in made.deployer_policy(wanted, image=True)["Statement"]
        for action in statement["Action"]
    }
    assert called <= granted

"""What a planned job names in AWS, and what its role must be allowed to do there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from estimators.arns import unqualified
from estimators.aws import bucket_and_key
from estimators.plan import JobPlan
from estimators.planning.recipe_facts import read_facts
from estimators.platforms.sagemaker.job import LOG_GROUP

_IMAGE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/([\w./-]+):([\w.-]+)")


def role_of(plan: JobPlan) -> str | None:
    """The ARN of the role that the job runs under."""
    arn = plan.request.get("RoleArn", plan.request.get("roleArn"))
    return None if arn is None else str(arn)


def grader_of(plan: JobPlan) -> str | None:
    """The ARN of the grader that the job calls, None for a job without one."""
    rft = plan.request.get("customizationConfig", {}).get("rftConfig", {})
    bedrock = rft.get("graderConfig", {}).get("lambdaGrader", {}).get("lambdaArn")
    named = read_facts(plan.recipe).graders.values() if plan.recipe else ()
    return bedrock or next(iter(named), None)


def image_of(plan: JobPlan) -> tuple[str, str, str] | None:
    """Account, repository and tag of the container image in ECR; None where the platform chooses it."""
    found = _IMAGE.search(json.dumps(plan.request))
    return None if found is None else (found.group(1), found.group(2), found.group(3))


def base_model_of(plan: JobPlan) -> str | None:
    """The foundation model that a job starts from, as Bedrock knows it; None for a custom model of your own."""
    if plan.recipe:
        return read_facts(plan.recipe).model_type
    model = str(plan.request["baseModelIdentifier"])
    return model if ":foundation-model/" in model else None


def buckets_of(plan: JobPlan) -> tuple[str, ...]:
    """The buckets that the job reads from or writes to; AWS's escrow bucket is not yours to look at."""
    text = json.dumps(plan.request)
    uris = [f"s3://{rest.split(chr(34))[0]}" for rest in text.split('"s3://')[1:]]
    names = {bucket_and_key(uri)[0] for uri in uris}
    return tuple(sorted(name for name in names if not name.startswith("customer-escrow-")))


def needed_actions(plan: JobPlan) -> tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]:
    """What the role must be allowed, as pairs of actions and the resources they are needed on."""
    buckets = buckets_of(plan)
    needs = [
        (("s3:GetObject", "s3:PutObject"), tuple(f"arn:aws:s3:::{bucket}/*" for bucket in buckets)),
        (("s3:ListBucket",), tuple(f"arn:aws:s3:::{bucket}" for bucket in buckets)),
    ]
    grader = grader_of(plan)
    if grader:
        # IAM takes a function with and without its qualifier for two resources.
        needs.append((("lambda:InvokeFunction",), tuple(dict.fromkeys((unqualified(grader), grader)))))
    return (*needs, *_needed_by_a_container(plan))


def _needed_by_a_container(plan: JobPlan) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """What SageMaker does in the role's name: fetch the image, write the log, report metrics.

    Source: "SageMaker AI roles", CreateTrainingJob API permissions.
    """
    role, image = role_of(plan), image_of(plan)
    if plan.target != "sagemaker" or role is None:
        return
    log = f"arn:aws:logs:{plan.region}:{role.split(':')[4]}:log-group:{LOG_GROUP}:*"
    yield ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"), (log,)
    if image is not None:
        pull = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        yield pull, (f"arn:aws:ecr:{plan.region}:{image[0]}:repository/{image[1]}",)
    yield ("cloudwatch:PutMetricData", "ecr:GetAuthorizationToken"), ("*",)  # neither action knows a resource

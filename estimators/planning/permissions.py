"""AWS resources that a planned job names, and the IAM actions that its role needs on them."""

from __future__ import annotations

import json
import re
from typing import Final, NamedTuple

from estimators.arns import grader_of_customization, unqualified
from estimators.aws import bucket_and_key
from estimators.plan import JobPlan
from estimators.planning.recipe_facts import read_facts

# Of a job whose request does not name the function that grades, but an evaluator made of it.
GRADER_TAG: Final = "rftkit:grader-arn"
_IMAGE: Final = re.compile(r"(\d{12})\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com/([\w./-]+):([\w.-]+)")


class Need(NamedTuple):
    """Actions that a role must be allowed, and the resources it needs them on."""

    actions: tuple[str, ...]
    resources: tuple[str, ...]


def role_of(plan: JobPlan) -> str | None:
    """The ARN of the job's role."""
    arn = plan.request.get("RoleArn", plan.request.get("roleArn"))
    return None if arn is None else str(arn)


def grader_of(plan: JobPlan) -> str | None:
    """The ARN of the grader that the job calls, None for a job without one."""
    named = read_facts(plan.recipe).graders.values() if plan.recipe else ()
    return grader_of_customization(plan.request) or next(iter(named), None) or plan.tags.get(GRADER_TAG)


def image_of(plan: JobPlan) -> tuple[str, str, str] | None:
    """Account, repository and tag of the container image in ECR; None where the platform chooses it."""
    found = _IMAGE.search(json.dumps(plan.request))
    return None if found is None else (found.group(1), found.group(2), found.group(3))


def base_model_of(plan: JobPlan) -> str | None:
    """The Bedrock id of the foundation model that a job starts from; None for a custom model."""
    if plan.recipe:
        return read_facts(plan.recipe).model_type
    model = str(plan.request.get("baseModelIdentifier", ""))
    return model if ":foundation-model/" in model else None


def buckets_of(plan: JobPlan) -> tuple[str, ...]:
    """The buckets that the job reads from or writes to; AWS's escrow bucket is not yours to look at."""
    text = json.dumps(plan.request)
    uris = [f"s3://{rest.split(chr(34))[0]}" for rest in text.split('"s3://')[1:]]
    names = {bucket_and_key(uri)[0] for uri in uris}
    return tuple(sorted(name for name in names if not name.startswith("customer-escrow-")))


def needed_actions(plan: JobPlan) -> tuple[Need, ...]:
    """IAM actions needed on every platform: for data, output and grader."""
    buckets = buckets_of(plan)
    needs = [
        Need(("s3:GetObject", "s3:PutObject"), tuple(f"arn:aws:s3:::{bucket}/*" for bucket in buckets)),
        Need(("s3:ListBucket",), tuple(f"arn:aws:s3:::{bucket}" for bucket in buckets)),
    ]
    grader = grader_of(plan)
    if grader:
        # IAM takes a function with and without its qualifier for two resources.
        needs.append(Need(("lambda:InvokeFunction",), tuple(dict.fromkeys((unqualified(grader), grader)))))
    return tuple(needs)

"""Launch an agentic RFT job. Idempotent: a repeated launch, after a crash at any point, starts nothing twice."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from estimators.aws import Session, told
from estimators.errors import JobError
from estimators.plan import JobPlan
from estimators.platforms.agent.plan import group_requests
from estimators.platforms.platform import Launched
from estimators.uploads import upload_all
from rewards.aws import code_of, is_absent, message_of, refusal

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


def launch(plan: JobPlan, session: Session) -> Launched:
    """Upload the prompts, create the model package groups that are missing, and create the job or find it.

    Raises `JobError` where another job of the category runs, or one of this name has another document.
    """
    upload_all(plan.uploads, session)
    for request in group_requests(plan):
        _ensure_group(request, session)
    return _create(plan.request, session)


def running(category: str, session: Session) -> list[str]:
    """The names of the jobs of a category that are under way in this account and region; raises `ClientError`."""
    client = session.client("sagemaker")
    pages = client.get_paginator("list_jobs").paginate(JobCategory=category)
    jobs = (job for page in pages for job in page["JobSummaries"])
    return [str(job["JobName"]) for job in jobs if job["JobStatus"] in ("InProgress", "Stopping")]


def _ensure_group(request: Mapping[str, Any], session: Session) -> None:
    from botocore.exceptions import ClientError

    client, name = session.client("sagemaker"), request["ModelPackageGroupName"]
    try:
        client.describe_model_package_group(ModelPackageGroupName=name)
        return
    except ClientError as error:
        if not is_absent(error):
            raise JobError(refusal(error) or str(error)) from error
    with told(f"no model package group {name!r}"):
        client.create_model_package_group(**request)


def _create(request: Mapping[str, Any], session: Session) -> Launched:
    from botocore.exceptions import ClientError

    client, name, category = session.client("sagemaker"), request["JobName"], request["JobCategory"]
    try:
        reply = client.create_job(**request)
    except ClientError as error:
        if code_of(error) == "ResourceLimitExceeded":
            raise JobError(_limit(error, request, session)) from error
        if code_of(error) != "ResourceInUse":
            raise JobError(refusal(error) or str(error)) from error
        with told(f"no agentic RFT job {name!r}"):
            found = client.describe_job(JobName=name, JobCategory=category)
        _check_same(request, found)
        return Launched(name, found["JobArn"], started=False, state=found["JobStatus"])
    return Launched(name, reply["JobArn"], started=True)


def _check_same(request: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    asked, shown = (json.loads(each["JobConfigDocument"]) for each in (request, found))
    different = [key for key, value in asked.items() if shown.get(key) != value]
    if request["RoleArn"] != found["RoleArn"]:
        different.append("RoleArn")
    if different:
        name = request["JobName"]
        raise JobError(f"a job named {name!r} exists with another {' and '.join(different)}; choose another name")


def _limit(error: ClientError, request: Mapping[str, Any], session: Session) -> str:
    from botocore.exceptions import ClientError

    try:
        others = running(request["JobCategory"], session)
    except ClientError:
        others = []
    named = f", and {others[0]!r} is under way" if others else ""
    return f"{one_at_a_time(request['JobCategory'])}{named}; nothing was started ({message_of(error)})"


def one_at_a_time(category: str) -> str:
    """The quota, in words.

    >>> one_at_a_time("AgentRFTEvaluation")
    'an account may run one agentic RFT evaluation at a time in a region'
    """
    what = "evaluation" if category == "AgentRFTEvaluation" else "training"
    return f"an account may run one agentic RFT {what} at a time in a region"

"""A run's resources of agentic RFT: jobs, their files and models, and the groups that a launch made for them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from estimators.aws import Session, bucket_and_key
from estimators.leftovers import Leftover, tagged, unless_gone
from estimators.platforms.agent.job import AgentJob

JOB, OBJECT, PACKAGE, GROUP = "job", "object", "model-package", "model-package-group"
PLATFORM: Final = "agent"


def leftovers(run: str, session: Session) -> Iterator[Leftover]:
    """The run's jobs that are under way, to be stopped; where none is, all that its jobs left, and they themselves.

    SageMaker deletes no job that is under way, and what it still writes would be left behind.
    """
    jobs = [
        (entry, found) for entry in tagged(run, session, {JOB: "delete"}, PLATFORM) if (found := _job(entry, session))
    ]
    active = [entry for entry, found in jobs if found["JobStatus"] == "InProgress"]
    if active:
        yield from (Leftover(PLATFORM, JOB, entry.id, "stop") for entry in active)
        return
    for _, found in jobs:
        yield from _files(found, session)
    for group in tagged(run, session, {GROUP: "delete"}, PLATFORM):
        yield from (Leftover(PLATFORM, PACKAGE, arn, "delete") for arn in _packages(group.id, session))
        yield group
    yield from (entry for entry, _ in jobs)


def remove(leftover: Leftover, session: Session) -> None:
    """Stop or delete the resource."""
    client = session.client("sagemaker")
    if leftover.kind == JOB:
        category, name = _named(leftover)
        if leftover.action == "stop":
            AgentJob(name, session, category).stop()
        else:
            unless_gone(client.delete_job, JobName=name, JobCategory=category)
    elif leftover.kind == PACKAGE:
        unless_gone(client.delete_model_package, ModelPackageName=leftover.id)
    elif leftover.kind == GROUP:
        unless_gone(client.delete_model_package_group, ModelPackageGroupName=leftover.id.rsplit("/", 1)[-1])
    else:
        bucket, key = bucket_and_key(leftover.id)
        unless_gone(session.client("s3").delete_object, Bucket=bucket, Key=key)


def _job(entry: Leftover, session: Session) -> Mapping[str, Any] | None:
    """The job's description; None for one of another category than ours."""
    category, name = _named(entry)
    return AgentJob(name, session, category).describe() if category in ("AgentRFT", "AgentRFTEvaluation") else None


def _named(entry: Leftover) -> tuple[Any, str]:
    """Category and name of a job, from `arn:…:job/CATEGORY/NAME`."""
    _, category, name = entry.id.split(":", 5)[-1].split("/", 2)
    return category, name


def _files(found: Mapping[str, Any], session: Session) -> Iterator[Leftover]:
    folder = json.loads(found["JobConfigDocument"])["OutputDataConfig"]["S3OutputPath"].rstrip("/")
    bucket, key = bucket_and_key(f"{folder}/{found['JobName']}/")
    for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
        for item in page.get("Contents", []):
            yield Leftover(PLATFORM, OBJECT, f"s3://{bucket}/{item['Key']}", "delete")


def _packages(group: str, session: Session) -> list[str]:
    """The model packages of a group, which must go before it."""
    pages = session.client("sagemaker").get_paginator("list_model_packages").paginate(ModelPackageGroupName=group)
    return sorted(package["ModelPackageArn"] for page in pages for package in page["ModelPackageSummaryList"])

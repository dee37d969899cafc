"""A run's resources in SageMaker: training jobs, which are stopped, and their outputs, which are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from estimators.aws import Session, bucket_and_key
from estimators.leftovers import Leftover, tagged, unless_gone
from estimators.platforms.sagemaker.job import TrainingJob

JOB, PACKAGE = "training-job", "model-package"


def leftovers(run: str, session: Session, *, platform: str = "sagemaker") -> Iterator[Leftover]:
    """The run's active jobs, then files and models of all its jobs; those of `sagemaker`, or of `serverless`."""
    jobs = list(_jobs(run, session, platform))
    for job, found in jobs:
        if found["TrainingJobStatus"] == "InProgress":
            yield job
    yield from sorted(_outputs(jobs, session), key=lambda entry: entry.id)
    models = sorted(found["OutputModelPackageArn"] for _, found in jobs if "OutputModelPackageArn" in found)
    yield from (Leftover(platform, PACKAGE, arn, "delete") for arn in models)


def remove(leftover: Leftover, session: Session) -> None:
    """Stop the job or delete the file."""
    if leftover.kind == JOB:
        TrainingJob(_name(leftover), session).stop()
        return
    if leftover.kind == PACKAGE:
        unless_gone(session.client("sagemaker").delete_model_package, ModelPackageName=leftover.id)
        return
    bucket, key = bucket_and_key(leftover.id)
    unless_gone(session.client("s3").delete_object, Bucket=bucket, Key=key)


def _jobs(run: str, session: Session, platform: str) -> Iterator[tuple[Leftover, dict[str, Any]]]:
    """The run's jobs on a platform, each with its description."""
    for job in tagged(run, session, {JOB: "stop"}, platform):
        found = _describe(job, session)
        if ("ServerlessJobConfig" in found) == (platform == "serverless"):
            yield job, found


def _outputs(jobs: Iterable[tuple[Leftover, dict[str, Any]]], session: Session) -> Iterator[Leftover]:
    for job, found in jobs:
        folder = found["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        bucket, key = bucket_and_key(f"{folder}/{_name(job)}/")
        for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for entry in page.get("Contents", []):
                yield replace(job, kind="object", id=f"s3://{bucket}/{entry['Key']}", action="delete")


def _describe(job: Leftover, session: Session) -> dict[str, Any]:
    found: dict[str, Any] = session.client("sagemaker").describe_training_job(TrainingJobName=_name(job))
    return found


def _name(job: Leftover) -> str:
    return job.id.rsplit("/", 1)[-1]

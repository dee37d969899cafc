"""A run's resources in SageMaker: training jobs, which are stopped, and their outputs, which are deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from estimators.aws import Session, bucket_and_key
from estimators.leftovers import Leftover, tagged, unless_gone

JOB = "training-job"


def leftovers(run: str, session: Session) -> Iterator[Leftover]:
    """The run's active jobs, then the output files of all its jobs."""
    jobs = list(tagged(run, session, {JOB: "stop"}, "sagemaker"))
    for job in jobs:
        if _describe(job, session)["TrainingJobStatus"] == "InProgress":
            yield job
    yield from sorted(_outputs(jobs, session), key=lambda entry: entry.id)


def remove(leftover: Leftover, session: Session) -> None:
    """Stop the job or delete the file."""
    if leftover.kind == JOB:
        unless_gone(session.client("sagemaker").stop_training_job, TrainingJobName=_name(leftover))
        return
    bucket, key = bucket_and_key(leftover.id)
    unless_gone(session.client("s3").delete_object, Bucket=bucket, Key=key)


def _outputs(jobs: Iterable[Leftover], session: Session) -> Iterator[Leftover]:
    for job in jobs:
        folder = _describe(job, session)["OutputDataConfig"]["S3OutputPath"].rstrip("/")
        bucket, key = bucket_and_key(f"{folder}/{_name(job)}/")
        for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for entry in page.get("Contents", []):
                yield replace(job, kind="object", id=f"s3://{bucket}/{entry['Key']}", action="delete")


def _describe(job: Leftover, session: Session) -> dict[str, Any]:
    found: dict[str, Any] = session.client("sagemaker").describe_training_job(TrainingJobName=_name(job))
    return found


def _name(job: Leftover) -> str:
    return job.id.rsplit("/", 1)[-1]

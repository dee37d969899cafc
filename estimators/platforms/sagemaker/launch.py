"""Start what a plan describes. Running it again, after a crash at any point, starts nothing twice.

Uploads go to keys named by their digest and are never overwritten; a job's name is a digest of its request. So the
second launch of a plan finds the files and the job of the first.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from estimators.aws import Session, bucket_and_key, code_of, message_of
from estimators.errors import JobError
from estimators.findings import refuse
from estimators.plan import JobPlan, Upload

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# What CreateTrainingJob was asked for and DescribeTrainingJob shows again.
_COMPARED = ("ResourceConfig", "InputDataConfig", "RoleArn")


@dataclass(frozen=True, slots=True)
class Launched:
    """A job that runs or ran. Where an earlier launch had started it, `started` is False and `state` says how it is."""

    name: str
    arn: str
    started: bool
    state: str = ""


def launch(plan: JobPlan, session: Session, *, force: Collection[str] = ()) -> Launched:
    """Upload what the plan needs and create its training job, or find the one an earlier launch created.

    `force` names finding codes that are accepted. Raises `RefusedError` for blocking findings, and `JobError` where a
    job of this name has other settings, or a file has changed since the plan was made.
    """
    refuse(plan.findings, force)
    upload_all(plan.uploads, session)
    return create_training_job(plan.request, session)


def upload_all(uploads: Collection[Upload], session: Session) -> None:
    """Store each upload unless its key is taken: the key holds the digest, so what is there is the same."""
    s3 = session.client("s3")
    for upload in uploads:
        _store(upload, s3)


def create_training_job(request: Mapping[str, Any], session: Session) -> Launched:
    """Create the job, or find the one with this name and these settings."""
    from botocore.exceptions import ClientError

    client, name = session.client("sagemaker"), request["TrainingJobName"]
    try:
        reply = client.create_training_job(**request)
    except ClientError as error:
        if code_of(error) != "ResourceInUse":
            raise JobError(_explain(error, request)) from error
        found = client.describe_training_job(TrainingJobName=name)
        _check_same(request, found)
        return Launched(name, found["TrainingJobArn"], started=False, state=found["TrainingJobStatus"])
    return Launched(name, reply["TrainingJobArn"], started=True)


def _store(upload: Upload, s3: Any) -> None:
    from botocore.exceptions import ClientError

    content = upload.read()
    digest = hashlib.sha256(content)
    if digest.hexdigest() != upload.sha256:
        raise JobError(f"{upload.path} has changed since the plan was made; plan again")
    bucket, key = bucket_and_key(upload.uri)
    checksum = base64.b64encode(digest.digest()).decode()
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", ChecksumSHA256=checksum)
    except ClientError as error:
        # 412: the key exists. 409: somebody else is writing it this moment, and it is the same content.
        if code_of(error) not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise JobError(f"cannot store {upload.uri}: {code_of(error)}: {message_of(error)}") from error


def _check_same(request: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    different = [key for key in _COMPARED if not _within(request[key], found.get(key))]
    if different:
        name = request["TrainingJobName"]
        raise JobError(f"a job named {name!r} exists with another {' and '.join(different)}; choose another name")


def _within(asked: Any, shown: Any) -> bool:
    """Whether what is shown holds all that was asked; AWS adds defaults of its own."""
    if isinstance(asked, Mapping) and isinstance(shown, Mapping):
        return all(_within(value, shown.get(key)) for key, value in asked.items())
    if isinstance(asked, list) and isinstance(shown, list) and len(asked) == len(shown):
        return all(map(_within, asked, shown))
    return bool(asked == shown)


def _explain(error: ClientError, request: Mapping[str, Any]) -> str:
    code, message = code_of(error), message_of(error)
    advice = {
        "ResourceLimitExceeded": "ask Service Quotas for more "
        f"'{request['ResourceConfig']['InstanceType']} for training job usage', or wait for a running job",
        "ExpiredTokenException": "sign in again and repeat; nothing was started",
        "AccessDeniedException": "let your role call sagemaker:CreateTrainingJob and pass the execution role",
        "ThrottlingException": "AWS is throttling; repeat in a minute, nothing was started",
    }.get(code)
    return f"{code}: {message}" + (f"; {advice}" if advice else "")

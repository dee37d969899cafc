"""Launch a plan. Idempotent: a repeated launch, after a crash at any point, starts nothing twice.

Uploads go to keys named by their digest and are never overwritten; a job's name is a digest of its request. So the
second launch of a plan finds the files and the job of the first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from estimators.aws import Session, told
from estimators.errors import JobError
from estimators.findings import refuse
from estimators.plan import JobPlan
from estimators.platforms.platform import Launched
from estimators.uploads import upload_all
from rewards.aws import code_of, message_of

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

# What CreateTrainingJob was asked for and DescribeTrainingJob shows again.
_COMPARED = ("ResourceConfig", "ServerlessJobConfig", "InputDataConfig", "RoleArn")


def launch(plan: JobPlan, session: Session, *, force: Collection[str] = ()) -> Launched:
    """Upload what the plan needs and create its training job, or find the one an earlier launch created.

    `force` names finding codes that are accepted. Raises `RefusedError` for blocking findings, and `JobError` where a
    job of this name has other settings, or a file has changed since the plan was made.
    """
    refuse(plan.findings, force)
    upload_all(plan.uploads, session)
    return create_training_job(plan.request, session)


def create_training_job(request: Mapping[str, Any], session: Session) -> Launched:
    """Create the job, or find the one with this name and these settings."""
    from botocore.exceptions import ClientError

    client, name = session.client("sagemaker"), request["TrainingJobName"]
    try:
        reply = client.create_training_job(**request)
    except ClientError as error:
        if code_of(error) != "ResourceInUse":
            raise JobError(_explain(error, request)) from error
        with told(f"no training job {name!r}"):
            found = client.describe_training_job(TrainingJobName=name)
        _check_same(request, found)
        return Launched(name, found["TrainingJobArn"], started=False, state=found["TrainingJobStatus"])
    return Launched(name, reply["TrainingJobArn"], started=True)


def _check_same(request: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    different = [key for key in _COMPARED if not _within(_compared(request, key), _compared(found, key))]
    if different:
        name = request["TrainingJobName"]
        raise JobError(f"a job named {name!r} exists with another {' and '.join(different)}; choose another name")


def _compared(request: Mapping[str, Any], key: str) -> Any:
    """What is compared under a key. The recipe's address is not: SDKs write it in two ways, and its digest is a tag."""
    value = request.get(key, {})
    if key == "InputDataConfig":
        return [channel for channel in value if channel["ChannelName"] != "recipe"]
    return value


def _within(asked: Any, shown: Any) -> bool:
    """Whether what is shown holds all that was asked; AWS adds defaults of its own."""
    if isinstance(asked, Mapping) and isinstance(shown, Mapping):
        return all(_within(value, shown.get(key)) for key, value in asked.items())
    if isinstance(asked, list) and isinstance(shown, list) and len(asked) == len(shown):
        return all(map(_within, asked, shown))
    return bool(asked == shown)


def _explain(error: ClientError, request: Mapping[str, Any]) -> str:
    code, message = code_of(error), message_of(error)
    kind = request.get("ResourceConfig", {}).get("InstanceType", "serverless")
    advice = {
        "ResourceLimitExceeded": f"ask Service Quotas for more '{kind} for training job usage', or let another job end",
        "ExpiredTokenException": "sign in again and repeat; nothing was started",
        "AccessDeniedException": "let your role call sagemaker:CreateTrainingJob and pass the execution role",
        "ThrottlingException": "AWS is throttling; repeat in a minute, nothing was started",
    }.get(code)
    return f"{code}: {message}" + (f"; {advice}" if advice else "")

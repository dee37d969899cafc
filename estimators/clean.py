"""Find what a run made in an account, by its tag, and remove exactly that.

Jobs are stopped; their outputs, models and deployments are deleted. Data and recipes stay: their keys are digests, and
another run may use the same ones. The grader is removed by `rft package destroy`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from estimators.aws import Session, bucket_and_key, code_of
from estimators.platforms.bedrock.models import EVERY_S, unless_gone

RUN_TAG: Final = "rftkit:run"

# In the order of deletion: Bedrock refuses to delete a model that something still serves.
_ACTIONS: Final = {
    "training-job": "stop",
    "model-customization-job": "stop",
    "custom-model-deployment": "delete",
    "provisioned-model": "delete",
    "custom-model": "delete",
    "object": "delete",
}


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing a run made: `kind` as in its ARN, or `object` for a file in S3, whose `id` is an S3 URI."""

    kind: str
    id: str

    @property
    def action(self) -> str:
        """What cleaning does with it."""
        return _ACTIONS[self.kind]

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.id}"


def leftovers(run: str, session: Session) -> tuple[Leftover, ...]:
    """Everything tagged with the run and still there, in the order in which it can be removed; reads only."""
    client = session.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": RUN_TAG, "Values": [run]}])
    arns = [entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"]]
    found = [Leftover(kind, arn) for arn in arns if (kind := kind_of(arn)) in _ACTIONS]
    jobs = [entry.id for entry in found if entry.kind == "training-job"]
    standing = [entry for entry in found if entry.action == "delete" or _runs(entry, session)]
    order = list(_ACTIONS)
    return tuple(sorted((*standing, *_outputs(jobs, session)), key=lambda entry: (order.index(entry.kind), entry.id)))


def clean(found: Iterable[Leftover], session: Session, *, sleep: Callable[[float], None]) -> Iterator[Leftover]:
    """Remove what `leftovers` found, yielding each when it is gone. After a crash, find them again and go on."""
    for entry in found:
        unless_gone(_REMOVERS[entry.kind], entry.id, session, sleep)
        yield entry


def kind_of(arn: str) -> str:
    """The kind of thing an ARN names.

    >>> kind_of("arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/0123456789ab")
    'custom-model'
    """
    return arn.split(":", 5)[-1].split("/", 1)[0]


def _outputs(jobs: Iterable[str], session: Session) -> Iterator[Leftover]:
    for arn in jobs:
        name = arn.rsplit("/", 1)[-1]
        described = session.client("sagemaker").describe_training_job(TrainingJobName=name)
        bucket, key = bucket_and_key(f"{described['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{name}/")
        for page in session.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
            for entry in page.get("Contents", []):
                yield Leftover("object", f"s3://{bucket}/{entry['Key']}")


def _runs(entry: Leftover, session: Session) -> bool:
    if entry.kind == "training-job":
        name = entry.id.rsplit("/", 1)[-1]
        state = session.client("sagemaker").describe_training_job(TrainingJobName=name)["TrainingJobStatus"]
    else:
        state = session.client("bedrock").get_model_customization_job(jobIdentifier=entry.id)["status"]
    return bool(state == "InProgress")


def _stop_training(arn: str, session: Session, sleep: Callable[[float], None]) -> None:
    session.client("sagemaker").stop_training_job(TrainingJobName=arn.rsplit("/", 1)[-1])


def _stop_customization(arn: str, session: Session, sleep: Callable[[float], None]) -> None:
    session.client("bedrock").stop_model_customization_job(jobIdentifier=arn)


def _delete_deployment(arn: str, session: Session, sleep: Callable[[float], None]) -> None:
    client = session.client("bedrock")
    client.delete_custom_model_deployment(customModelDeploymentIdentifier=arn)
    while _exists(lambda: client.get_custom_model_deployment(customModelDeploymentIdentifier=arn)):
        sleep(EVERY_S)


def _delete_provisioned(arn: str, session: Session, sleep: Callable[[float], None]) -> None:
    client = session.client("bedrock")
    client.delete_provisioned_model_throughput(provisionedModelId=arn)
    while _exists(lambda: client.get_provisioned_model_throughput(provisionedModelId=arn)):
        sleep(EVERY_S)


def _delete_model(arn: str, session: Session, sleep: Callable[[float], None]) -> None:
    session.client("bedrock").delete_custom_model(modelIdentifier=arn)


def _delete_object(uri: str, session: Session, sleep: Callable[[float], None]) -> None:
    bucket, key = bucket_and_key(uri)
    session.client("s3").delete_object(Bucket=bucket, Key=key)


def _exists(describe: Callable[[], Mapping[str, Any]]) -> bool:
    from botocore.exceptions import ClientError

    try:
        describe()
    except ClientError as error:
        if code_of(error) != "ResourceNotFoundException":
            raise
        return False
    return True


_REMOVERS: Final[Mapping[str, Callable[[str, Session, Callable[[float], None]], None]]] = {
    "training-job": _stop_training,
    "model-customization-job": _stop_customization,
    "custom-model-deployment": _delete_deployment,
    "provisioned-model": _delete_provisioned,
    "custom-model": _delete_model,
    "object": _delete_object,
}

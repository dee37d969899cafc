"""Resources of a run in an AWS account, found by the tag that every resource of a run carries.

Data and recipes are not among them: their keys are digests, and other runs may share them. The grader is removed by
`rft package delete`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from estimators.aws import Session
from rewards.aws import is_absent

RUN_TAG: Final = "rftkit:run"
EVERY_S: Final = 30.0  # between two looks at something that is being created or deleted

Sleep = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Leftover:
    """One resource of a run: its service, kind (as in its ARN, or `object`), ARN or S3 URI, and the action to take."""

    platform: str
    kind: str
    id: str
    action: str

    def __str__(self) -> str:
        return f"{self.action} {self.kind} {self.id}"


def tagged(run: str, session: Session, actions: Mapping[str, str], platform: str) -> Iterator[Leftover]:
    """Everything of the kinds in `actions` that carries the run's tag, in the order of the kinds; reads only."""
    client = session.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": RUN_TAG, "Values": [run]}])
    arns = sorted(entry["ResourceARN"] for page in pages for entry in page["ResourceTagMappingList"])
    for kind, action in actions.items():
        yield from (Leftover(platform, kind, arn, action) for arn in arns if kind_of(arn) == kind)


def kind_of(arn: str) -> str:
    """The resource kind in an ARN.

    >>> kind_of("arn:aws:bedrock:us-east-1:123456789012:custom-model/imported/0123456789ab")
    'custom-model'
    """
    return arn.split(":", 5)[-1].split("/", 1)[0]


def unless_gone(delete: Callable[..., Any], *arguments: Any, **more: Any) -> None:
    """Delete a listed resource; one that is already deleted is no error, since lists are eventually consistent."""
    from botocore.exceptions import ClientError

    try:
        delete(*arguments, **more)
    except ClientError as error:
        if not is_absent(error):
            raise


def exists(describe: Callable[[], Mapping[str, Any]]) -> bool:
    """Whether the resource still exists."""
    from botocore.exceptions import ClientError

    try:
        describe()
    except ClientError as error:
        if not is_absent(error):
            raise
        return False
    return True

"""AWS sessions as jobs use them, and AWS's errors as one-line `JobError`s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from estimators.errors import JobError, MissingExtraError
from rewards.aws import failures, refusal
from rewards.aws import session as new_session


class Session(Protocol):
    """The part of `boto3.Session` that is used here; tests pass a stateful fake."""

    @property
    def region_name(self) -> str | None:
        """The region calls go to."""
        ...

    def client(self, name: str, /, *, region_name: str | None = None) -> Any:
        """A client of the service `name`, of the session's region unless another is named."""
        ...


def connect(region: str, profile: str | None = None) -> Session:
    """A boto3 session for a region. Raises `MissingExtraError` without the extra `aws`; makes no call."""
    try:
        found: Session = new_session(region=region, profile=profile)
    except ImportError as error:
        raise MissingExtraError("launching needs boto3: pip install 'rftkit[aws]'") from error
    return found


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    >>> bucket_and_key("s3://my-bucket/a/b.jsonl")
    ('my-bucket', 'a/b.jsonl')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


@contextmanager
def told(absent: str) -> Iterator[None]:
    """Convert botocore errors raised inside to a one-line `JobError`; `absent` is the message for an unknown name."""
    try:
        yield
    except failures() as error:
        raise JobError(refusal(error, absent=absent) or str(error)) from error

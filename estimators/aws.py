"""The edge to AWS: sessions, and what its errors mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from estimators.errors import MissingExtraError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class Session(Protocol):
    """What we use of `boto3.Session`; tests pass a fake with state."""

    @property
    def region_name(self) -> str | None:
        """The region calls go to."""
        ...

    def client(self, name: str, /) -> Any:
        """A client of the service `name`."""
        ...


def connect(region: str, profile: str | None = None) -> Session:
    """A boto3 session for a region. Raises `MissingExtraError` without the extra `aws`; makes no call."""
    try:
        import boto3
    except ImportError as error:
        raise MissingExtraError("launching needs boto3: pip install 'rftkit[aws]'") from error
    session: Session = boto3.Session(region_name=region, profile_name=profile)
    return session


def code_of(error: ClientError) -> str:
    """The error code of a botocore `ClientError`."""
    return str(error.response.get("Error", {}).get("Code", ""))


def message_of(error: ClientError) -> str:
    """What the service said."""
    return str(error.response.get("Error", {}).get("Message", ""))


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    >>> bucket_and_key("s3://my-bucket/a/b.jsonl")
    ('my-bucket', 'a/b.jsonl')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def refusal(error: BaseException) -> str | None:
    """One line for a botocore error; None for any other error.

    >>> refusal(ValueError("not AWS's")) is None
    True
    """
    if not any(cls.__module__ == "botocore.exceptions" for cls in type(error).__mro__):
        return None
    name = type(error).__name__
    if "Credentials" in name or "Token" in name or "SSO" in name or "Profile" in name:
        return f"AWS does not know you: {error}; sign in, or choose --profile"
    return f"AWS: {error}"

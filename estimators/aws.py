"""AWS sessions, and botocore errors as one-line `JobError`s."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from estimators.errors import JobError, MissingExtraError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError


class Session(Protocol):
    """The part of `boto3.Session` that is used here; tests pass a stateful fake."""

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
    """The service's error message."""
    return str(error.response.get("Error", {}).get("Message", ""))


def bucket_and_key(uri: str) -> tuple[str, str]:
    """Bucket and key of an S3 URI.

    >>> bucket_and_key("s3://my-bucket/a/b.jsonl")
    ('my-bucket', 'a/b.jsonl')
    """
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


# By what a code holds, in lower case: what it means and what helps. Services spell the same thing in several ways.
_MEANINGS = (
    (("expired",), "your credentials have expired: sign in again (aws sso login), or choose --profile"),
    (
        ("unrecognizedclient", "invalidclienttoken", "signature", "authfailure", "missingauthentication", "optin"),
        "AWS does not know these credentials: sign in, or choose --profile",
    ),
    (
        ("accessdenied", "unauthorized", "notauthorized", "forbidden"),
        "you may not call {operation}: ask for permission",
    ),
    (("throttl", "toomanyrequests", "requestlimit", "slowdown"), "AWS asks to slow down: try again in a minute"),
    (
        ("unavailable", "internal", "servicefailure", "modelnotready", "timeout"),
        "AWS's side failed: try again; https://health.aws.amazon.com tells of outages",
    ),
)
_GONE = ("notfound", "nosuch", "doesnotexist", "not found", "does not exist", "could not find", "cannot be found")
_FROM_A_PROXY = (
    "the answer is no answer of AWS's, but a page such as a proxy or a login portal sends: check the network"
)


def is_absent(error: ClientError) -> bool:
    """Whether AWS says that what was asked for does not exist. Each service has a code or a sentence of its own for it.

    >>> from botocore.exceptions import ClientError
    >>> said = {"Error": {"Code": "ValidationException", "Message": "Requested resource not found: rft"}}
    >>> is_absent(ClientError(said, "DescribeTrainingJob"))
    True
    """
    if code_of(error) == "404":
        return True
    if _meaning_of(code_of(error)):  # an AccessDenied may well mention what cannot be found
        return False
    return any(word in f"{code_of(error)} {message_of(error)}".lower() for word in _GONE)


def _meaning_of(code: str) -> str:
    return next((text for words, text in _MEANINGS if any(word in code.lower() for word in words)), "")


@contextmanager
def told(absent: str) -> Iterator[None]:
    """Convert botocore errors raised inside to a one-line `JobError`; `absent` is the message for an unknown name."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        raise JobError(refusal(error, absent=absent) or str(error)) from error


def refusal(error: BaseException, *, absent: str = "") -> str | None:
    """One line on a botocore error and its fix; None for any other error.

    `absent` is what to say where AWS does not know what was asked for.

    >>> refusal(ValueError("not AWS's")) is None
    True
    """
    if not any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        return None
    name, operation = type(error).__name__, getattr(error, "operation_name", "this")
    if name == "ResponseParserError" or "<html" in str(error).lower():
        return _FROM_A_PROXY
    if "Credentials" in name or "Token" in name or "SSO" in name or "Profile" in name:
        return f"AWS does not know you: {error}; sign in, or choose --profile"
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    said = str(getattr(error, "response", {}).get("Error", {}).get("Message", "")) or str(error)
    meaning = _meaning_of(code)
    if meaning:
        return f"{meaning.format(operation=operation)} ({code}: {said})"
    if code.isdecimal():  # no code of AWS's: something on the way answered with a bare HTTP status
        return f"{_FROM_A_PROXY} (HTTP {code})"
    if absent and any(word in f"{code} {said}".lower() for word in _GONE):
        return f"{absent}: {said}"
    return f"AWS: {error}"

"""AWS sessions, and botocore errors as one-line `JobError`s."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from estimators.errors import JobError, MissingExtraError, UnreachableError
from rewards.origins import without_secrets

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
    session = boto3.Session(region_name=region, profile_name=profile)
    refuse_pages(session)
    found: Session = session
    return found


def refuse_pages(session: Any) -> None:
    """Let calls of a boto3 session raise `UnreachableError` where a web page comes in place of AWS's answer.

    botocore takes a login portal's page with status 200 for an answer without fields.
    """
    session.events.register("before-parse", _refuse_page)


def _refuse_page(response_dict: Mapping[str, Any], **_: Any) -> None:
    headers = {str(name).lower(): str(value).lower() for name, value in response_dict["headers"].items()}
    from_aws = {"x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"} & headers.keys()
    if "html" in headers.get("content-type", "") and not from_aws:
        raise UnreachableError(f"{_FROM_A_PROXY} (HTTP {response_dict['status_code']})")


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
    (
        ("tooskewed", "inthefuture", "signature expired", "not yet current", "is now earlier than"),
        "the clock of this machine is wrong, and AWS refuses what is signed at another time than its own: set it",
    ),
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
_ON_THE_WAY = (
    (("Credential", "Token", "SSO", "Profile"), "AWS does not know you: sign in, or choose --profile"),
    (("SSL",), "the connection's certificate is not trusted: a proxy may sign with its own; name it in AWS_CA_BUNDLE"),
    (("Proxy",), "the proxy cannot be reached: see HTTPS_PROXY and NO_PROXY"),
    (
        ("EndpointConnection", "UnknownEndpoint", "Region"),
        "the region may not have the service, or the network no way to it: see --region and the network",
    ),
    (("Timeout", "ConnectionClosed", "HTTPClient", "ConnectionError"), "no answer: see the network, or try again"),
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
    if _meaning_of(error):  # an AccessDenied may well mention what cannot be found
        return False
    return any(word in f"{code_of(error)} {message_of(error)}".lower() for word in _GONE)


def said_by(error: BaseException) -> str:
    """An error's own words, without credentials in an address, such as a proxy's or a signed one."""
    return without_secrets(str(error))


def advice(error: BaseException | None) -> str:
    """What a botocore error means and what helps; empty for one of which nothing is known, and for any other error.

    >>> advice(ValueError("not AWS's"))
    ''
    """
    if error is None or not any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        return ""
    name = type(error).__name__
    if name == "ResponseParserError" or "<html" in str(error).lower():
        return _FROM_A_PROXY
    return _meaning_of(error) or next((text for words, text in _ON_THE_WAY if any(w in name for w in words)), "")


def _meaning_of(error: BaseException) -> str:
    found = getattr(error, "response", {}).get("Error", {})
    code, said = str(found.get("Code", "")).lower(), str(found.get("Message", "")).lower()
    is_clock = any(word in code or word in said for word in _MEANINGS[0][0])
    text = next((text for words, text in _MEANINGS if any(word in code for word in words)), "")
    return (_MEANINGS[0][1] if is_clock else text).format(operation=getattr(error, "operation_name", "this"))


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
    meaning = advice(error)
    if meaning == _FROM_A_PROXY:
        return meaning
    code = str(getattr(error, "response", {}).get("Error", {}).get("Code", ""))
    said = str(getattr(error, "response", {}).get("Error", {}).get("Message", "")) or said_by(error)
    if meaning:
        return f"{meaning} ({f'{code}: ' if code else ''}{said})"
    if code.isdecimal():  # no code of AWS's: something on the way answered with a bare HTTP status
        return f"{_FROM_A_PROXY} (HTTP {code})"
    if absent and any(word in f"{code} {said}".lower() for word in _GONE):
        return f"{absent}: {said}"
    return f"AWS: {said_by(error)}"

"""The one place that opens AWS sessions and clients, and that says what AWS's errors mean.

Nothing is imported here but the standard library: whoever makes a client has boto3, and an error of botocore's is known
by its class. A session made here refuses a web page in the place of an answer.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from rewards.errors import UnreachableError

_REQUEST_IDS = frozenset({"x-amzn-requestid", "x-amz-request-id", "x-amz-id-2"})


# --- sessions and clients ----------------------------------------------------------------------------------------
def session(*, region: str | None = None, profile: str | None = None) -> Any:
    """A `boto3.Session`. Makes no call; raises ImportError where boto3 is not installed."""
    made = importlib.import_module("boto3").Session(region_name=region, profile_name=profile)
    made.events.register("before-parse", refuse_page)
    return made


def client(service: str, *, region: str | None = None, **settings: Any) -> Any:
    """A client of one service by the default credentials; `settings` are those of `botocore.config.Config`.

    Makes no call; raises ImportError where boto3 is not installed, and botocore's errors where no region is known.
    """
    made = session(region=region)
    return made.client(service, config=importlib.import_module("botocore.config").Config(**settings))


def refuse_page(response_dict: Mapping[str, Any], **_: Any) -> None:
    """Raise where a web page came: botocore takes a login portal's, with status 200, for an answer without fields."""
    headers = {str(name).lower(): str(value).lower() for name, value in response_dict["headers"].items()}
    if "html" in headers.get("content-type", "") and not _REQUEST_IDS & headers.keys():
        raise UnreachableError(f"{FROM_A_PROXY} (HTTP {response_dict['status_code']})")


def failures() -> tuple[type[Exception], ...]:
    """What a call of a client raises where it fails, for an `except` clause.

    >>> [error.__name__ for error in failures()][0]
    'UnreachableError'
    """
    if "botocore" not in sys.modules:
        return (UnreachableError,)
    exceptions, parsers = (importlib.import_module(f"botocore.{name}") for name in ("exceptions", "parsers"))
    return UnreachableError, exceptions.BotoCoreError, exceptions.ClientError, parsers.ResponseParserError


# --- errors ------------------------------------------------------------------------------------------------------
# By what a code holds, in lower case: what it means and what helps. Services spell the same thing in several ways.
_MEANINGS = (
    (
        ("tooskewed", "inthefuture", "signature expired", "not yet current", "is now earlier than"),
        "the clock of this machine is wrong, and AWS refuses what is signed at another time than its own: set it",
    ),
    (
        ("access to the model",),
        "the account has no access to this model: ask for it under Model access in the Bedrock console of the region",
    ),
    (("expired",), "your credentials have expired: sign in again (aws sso login), or choose --profile"),
    (
        ("regiondisabled", "optin", "subscriptionrequired", "notsignedup"),
        "the account has not opted into this region, or not signed up for the service: see its AWS Regions",
    ),
    (
        (
            "unrecognizedclient",
            "invalidclienttoken",
            "invalidaccesskeyid",
            "invalidtoken",
            "signature",
            "authfailure",
            "missingauthentication",
        ),
        "AWS does not know these credentials: sign in, or choose --profile; a region that is not enabled says so, too",
    ),
    (
        ("permanentredirect", "authorizationheadermalformed", "illegallocation"),
        "the bucket lies in another region: see --region",
    ),
    (
        ("accessdenied", "unauthorized", "notauthorized", "forbidden"),
        "you may not call {operation}: ask for permission",
    ),
    (("throttl", "toomanyrequests", "requestlimit", "slowdown"), "AWS asks to slow down: try again in a minute"),
    (
        ("limitexceeded", "quotaexceeded", "storageexceeded", "accountlimit"),
        "a quota of the account is used up: ask for more under Service Quotas, or free some",
    ),
    (
        ("unavailable", "internal", "servicefailure", "modelnotready", "timeout"),
        "AWS's side failed: try again; https://health.aws.amazon.com tells of outages",
    ),
)
_SAID = 2  # as many of these are known by the message, too, under a code that means something else
_ON_THE_WAY = (
    (("Pagination",), "AWS's list did not end: try again"),
    (
        ("Credential", "Token", "SSO", "Profile", "MetadataRetrieval"),
        "AWS does not know you: sign in, or choose --profile",
    ),
    (("SSL",), "the connection's certificate is not trusted: a proxy may sign with its own; name it in AWS_CA_BUNDLE"),
    (("Proxy",), "the proxy cannot be reached: see HTTPS_PROXY and NO_PROXY"),
    (
        ("EndpointConnection", "UnknownEndpoint", "Region"),
        "the region may not have the service, or the network no way to it: see --region and the network",
    ),
    (("IncompleteRead", "ResponseStreaming", "Checksum"), "the answer broke off on the way: try again"),
    (("Timeout", "ConnectionClosed", "HTTPClient", "ConnectionError"), "no answer: see the network, or try again"),
)
_GONE = ("notfound", "nosuch", "doesnotexist", "not found", "does not exist", "could not find", "cannot be found")
FROM_A_PROXY = "the answer is no answer of AWS's, but a page such as a proxy or a login portal sends: check the network"


def code_of(error: BaseException) -> str:
    """The error code of a botocore `ClientError`."""
    return str(_said(error).get("Code", ""))


def message_of(error: BaseException) -> str:
    """The service's error message."""
    return str(_said(error).get("Message", ""))


def _said(error: BaseException) -> Mapping[str, Any]:
    found: Mapping[str, Any] = _response(error).get("Error", {})
    return found


def _response(error: BaseException) -> Mapping[str, Any]:
    """What AWS answered; an error of the connection has an answer that is None."""
    return getattr(error, "response", None) or {}


def _is_from_aws(error: BaseException) -> bool:
    """Whether the answer carries the number that AWS gives each request."""
    found = _response(error).get("ResponseMetadata", {})
    return bool(found.get("RequestId")) or bool(_REQUEST_IDS & found.get("HTTPHeaders", {}).keys())


def is_absent(error: BaseException) -> bool:
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
    from rewards.origins import without_secrets  # it needs urllib.request, which takes longer to import than all of us

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
        return FROM_A_PROXY
    return _meaning_of(error) or next((text for words, text in _ON_THE_WAY if any(w in name for w in words)), "")


def _meaning_of(error: BaseException) -> str:
    code, said = code_of(error).lower(), message_of(error).lower()
    if code == "403" and _is_from_aws(error):  # S3 answers HEAD with a bare status
        code = "accessdenied"
    plain = next((text for words, text in _MEANINGS[:_SAID] if any(word in said for word in words)), "")
    text = plain or next((text for words, text in _MEANINGS if any(word in code for word in words)), "")
    return text.format(operation=getattr(error, "operation_name", "this"))


def refusal(error: BaseException, *, absent: str = "") -> str | None:
    """One line on an error of a client and its fix; None for any other error.

    `absent` is what to say where AWS does not know what was asked for.

    >>> refusal(ValueError("not AWS's")) is None
    True
    """
    if isinstance(error, UnreachableError):
        return str(error)
    if not any(cls.__module__.startswith("botocore.") for cls in type(error).__mro__):
        return None
    meaning = advice(error)
    if meaning == FROM_A_PROXY:
        return meaning
    code, said = code_of(error), message_of(error) or said_by(error)
    if meaning:
        return f"{meaning} ({f'{code}: ' if code else ''}{said})"
    if code.isdecimal() and not _is_from_aws(
        error
    ):  # no code of AWS's: something on the way answered with a bare HTTP status
        return f"{FROM_A_PROXY} (HTTP {code})"
    if absent and any(word in f"{code} {said}".lower() for word in _GONE):
        return f"{absent}: {said}"
    return f"AWS: {said_by(error)}"

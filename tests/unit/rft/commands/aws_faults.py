"""What stands between a command and AWS, at the place where bytes arrive: botocore reads and words it as it would."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ProxyConnectionError, SSLError

Answer = Callable[[Any], AWSResponse]
_XML_SERVICES = ("sts.", "iam.", "s3.", ".s3")
LOGIN_PAGE = b"<!DOCTYPE html>\n<html><body>Sign in to the guest network</body></html>"


class _Body:
    """What botocore reads a response's bytes from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [self._data]

    def read(self, *_: Any, **__: Any) -> bytes:
        data, self._data = self._data, b""
        return data


def answered(request: Any, status: int, body: bytes, headers: dict[str, str]) -> AWSResponse:
    return AWSResponse(request.url, status, headers, _Body(body))


@dataclass(frozen=True)
class Refused:
    """AWS says no, in the spelling of the service's protocol."""

    status: int
    code: str
    message: str
    in_xml: str = ""

    def __call__(self, request: Any) -> AWSResponse:
        if any(name in request.url for name in _XML_SERVICES):
            code = self.in_xml or self.code
            inner = f"<Error><Code>{code}</Code><Message>{self.message}</Message></Error>"
            is_s3 = "s3" in request.url.split("/")[2]
            body = inner if is_s3 else f"<ErrorResponse>{inner}<RequestId>1</RequestId></ErrorResponse>"
            return answered(request, self.status, body.encode(), {"content-type": "text/xml"})
        body = json.dumps({"__type": self.code, "message": self.message})
        return answered(request, self.status, body.encode(), {"x-amzn-errortype": self.code})


@dataclass(frozen=True)
class Page:
    """A proxy or a login portal answers in AWS's place."""

    status: int

    def __call__(self, request: Any) -> AWSResponse:
        return answered(request, self.status, LOGIN_PAGE, {"content-type": "text/html"})


@dataclass(frozen=True)
class Lost:
    """Nothing answers."""

    error: Callable[[str], Exception]

    def __call__(self, request: Any) -> AWSResponse:
        raise self.error(request.url)


FAULTS: dict[str, tuple[Answer, str]] = {
    "expired token": (
        Refused(400, "ExpiredTokenException", "The security token included in the request is expired", "ExpiredToken"),
        "sign in again",
    ),
    "access denied": (
        Refused(403, "AccessDeniedException", "User: arn:aws:iam::1:user/me is not authorized", "AccessDenied"),
        "you may not",
    ),
    "throttled": (Refused(400, "ThrottlingException", "Rate exceeded", "Throttling"), "slow down"),
    "outage": (Refused(503, "ServiceUnavailableException", "busy", "ServiceUnavailable"), "AWS's side failed"),
    "clock": (
        Refused(
            403,
            "InvalidSignatureException",
            "Signature expired: 20261129T000000Z is now earlier than 20261129T005500Z",
            "RequestTimeTooSkewed",
        ),
        "clock",
    ),
    "login page": (Page(200), "proxy"),
    "page of a proxy": (Page(407), "proxy"),
    "no such endpoint": (Lost(lambda url: EndpointConnectionError(endpoint_url=url)), "region"),
    "no network": (Lost(lambda url: ConnectTimeoutError(endpoint_url=url)), "network"),
    "proxy down": (Lost(lambda url: ProxyConnectionError(proxy_url="http://me:secret@proxy:3128")), "proxy"),
    "untrusted certificate": (
        Lost(lambda url: SSLError(endpoint_url=url, error="CERTIFICATE_VERIFY_FAILED")),
        "certificate",
    ),
}

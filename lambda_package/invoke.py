"""Invoke a deployed function as a training job does."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from lambda_package.errors import DeployError
from lambda_package.runtime import Failure, Invocation

FUNCTION_ARN = re.compile(
    r"arn:aws[a-z-]*:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:[A-Za-z0-9-_]+(:[A-Za-z0-9$_-]+)?"
)


def region_of(arn: str) -> str:
    """The region of a function's ARN; raises `DeployError` for anything else.

    >>> region_of("arn:aws:lambda:eu-west-1:123456789012:function:SageMaker-a:live")
    'eu-west-1'
    """
    found = FUNCTION_ARN.fullmatch(arn)
    if found is None:
        raise DeployError(f"a function's ARN is arn:aws:lambda:REGION:ACCOUNT:function:NAME, got {arn!r}")
    return found["region"]


def invoke_function(client: Any, arn: str, event: bytes) -> Invocation:
    """Invoke a deployed function synchronously. Raises `DeployError` if AWS rejects the call."""
    from botocore.exceptions import BotoCoreError, ClientError

    started_s = time.monotonic()
    try:
        reply = client.invoke(FunctionName=arn, Payload=event)
        payload = json.loads(reply["Payload"].read() or b"null")
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"lambda invoke of {arn} was refused: {error}") from error
    duration_s = time.monotonic() - started_s
    if "FunctionError" not in reply:
        return Invocation(payload, None, duration_s, cold=False)
    trace = tuple(str(line) for line in payload.get("stackTrace") or ())
    failure = Failure(str(payload.get("errorType")), str(payload.get("errorMessage")), trace)
    return Invocation(None, failure, duration_s, cold=False)

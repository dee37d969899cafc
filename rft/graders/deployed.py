"""A deployed Lambda function as a grader for the audit.

What the function does wrong is a `Fault`, because finding it is the audit's job. What stands between us and the
function (credentials, permissions, throttling, the network) is a `GraderError`: it says nothing about the grader.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lambda_package.runtime.failures import Failure
from lambda_package.runtime.grader import fault_of
from rewards.audit import Fault, Reply, reply_of
from rewards.audit.config import LAMBDA_PAYLOAD_BYTES
from rewards.audit.grader import Event, sent
from rewards.aws import advice, client, code_of, failures, message_of, refusal, said_by
from rft.errors import RftError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

ARN = re.compile(r"arn:aws[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):\d{12}:function:[A-Za-z0-9-_]+(:[A-Za-z0-9$_-]+)?$")
WAITS_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
"""Before a throttled call is tried again: Lambda frees capacity as running calls end."""
_ADVICE = {
    "AccessDeniedException": "the caller needs lambda:InvokeFunction on it",
    "ResourceNotFoundException": "check name, region and account",
}


class GraderError(RftError, ValueError):
    """The named grader is not a Lambda function, or cannot be reached."""


@dataclass(frozen=True)
class Deployed:
    """A grader that is a function in an AWS account; `client` is boto3's Lambda client."""

    client: Any
    arn: str
    sleep: Callable[[float], None] = field(compare=False)

    @property
    def name(self) -> str:
        """The function's name, without account and region."""
        return self.arn.split(":function:")[-1]

    def ask(self, event: Event, /) -> Reply:
        """One synchronous invocation, retried while Lambda throttles. Raises `GraderError` if it cannot be invoked."""
        from botocore.exceptions import ReadTimeoutError

        payload = json.dumps(sent(event)).encode()
        if len(payload) > LAMBDA_PAYLOAD_BYTES:
            return Reply(None, 0.0, Fault("refused", f"{len(payload):,} bytes are more than the 6 MB of a Lambda call"))
        start = time.perf_counter()
        try:
            answer = self._invoked(payload)
            body = answer["Payload"].read().decode("utf-8", "replace")
        except ReadTimeoutError:
            seconds = time.perf_counter() - start
            return Reply(None, seconds, Fault("timed out", f"no answer within {seconds:.3g} s"))
        except failures() as error:  # no credentials, no such endpoint, no network, a login page
            raise GraderError(f"cannot ask {self.name!r}: {said_by(error)}") from error
        return _reply(body, bool(answer.get("FunctionError")), time.perf_counter() - start)

    def _invoked(self, payload: bytes) -> Mapping[str, Any]:
        from botocore.exceptions import ClientError

        waits_s = iter(WAITS_S)
        while True:
            try:
                answer: Mapping[str, Any] = self.client.invoke(FunctionName=self.arn, Payload=payload)
            except ClientError as error:
                wait_s = next(waits_s, None) if _is_busy(error) else None
                if wait_s is None:
                    raise GraderError(self._refusal(error)) from error
            else:
                return answer
            self.sleep(wait_s)

    def _refusal(self, error: ClientError) -> str:
        code, helps = code_of(error), _ADVICE.get(code_of(error)) or advice(error)
        if _is_busy(error):
            helps = f"still busy after {sum(WAITS_S):g} s; raise its concurrency, or audit when no training asks it"
        if code.isdecimal() and not helps:  # a bare status: another than Lambda answered
            return f"cannot ask {self.name!r}: {refusal(error)}"
        return f"cannot ask {self.name!r}: {code}: {message_of(error)}" + (f"; {helps}" if helps else "")


def deployed(arn: str, *, timeout_s: float) -> Deployed:
    """The function `arn`. Raises `GraderError` for what is no ARN, and without boto3; makes no call."""
    found = ARN.match(arn)
    if found is None:
        raise GraderError(f"{arn!r} is not the ARN of a Lambda function: arn:aws:lambda:REGION:ACCOUNT:function:NAME")
    # We repeat what was throttled. botocore would also repeat what ran too long, which is an answer to the audit.
    once = {"total_max_attempts": 1, "mode": "standard"}
    try:
        made = client("lambda", region=found["region"], read_timeout=timeout_s, retries=once)
    except ImportError as error:
        raise GraderError("asking a deployed function needs boto3: pip install 'rftkit[aws]'") from error
    return Deployed(made, arn, time.sleep)


def _is_busy(error: ClientError) -> bool:
    """Whether the same call may succeed later: throttled, or a failure of the service."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return error.response["Error"].get("Code") == "TooManyRequestsException" or status in (429, 500, 502, 503, 504)


def _reply(body: str, is_error: bool, seconds: float) -> Reply:
    try:
        payload = json.loads(body)
    except ValueError:
        return Reply(None, seconds, Fault("unserialisable", f"the reply is no JSON: {body[:80]!r}"))
    return Reply(None, seconds, _fault(payload)) if is_error else reply_of(payload, seconds)


def _fault(report: Any) -> Fault:
    """What the runtime reports of a call that failed: errorType, errorMessage and stackTrace."""
    told = report if isinstance(report, dict) else {}
    kind, message = str(told.get("errorType", "")), str(told.get("errorMessage", report))
    if not kind and "Task timed out" in message:  # the one report that Lambda writes without a type
        return Fault("timed out", message)
    return fault_of(Failure(kind or "Error", message, tuple(map(str, told.get("stackTrace") or ()))))

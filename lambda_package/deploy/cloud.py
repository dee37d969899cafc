"""Calls to AWS: transient errors are retried, others become a one-line `DeployError`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from lambda_package.errors import DeployError

# Throttles, and what Lambda and IAM say while an earlier change is still on its way.
_PASSING = frozenset(
    {
        "ConcurrentModification",
        "ConcurrentModificationException",
        "OperationAbortedException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_NOTHING_TO_DO = frozenset(
    {
        "ImageNotFoundException",
        "NoSuchEntity",
        "RepositoryAlreadyExistsException",
        "RepositoryNotFoundException",
        "RepositoryPolicyNotFoundException",
        "ResourceAlreadyExistsException",
        "ResourceNotFoundException",
    }
)
_ROLE_NOT_YET = "cannot be assumed by Lambda"  # IAM is eventually consistent: a new role takes seconds to be known
_UPDATE_IN_PROGRESS = "in progress"
_ATTEMPTS = 10
_LONGEST_WAIT_S = 10.0


class Session(Protocol):
    """The part of `boto3.Session` that is used here."""

    def client(self, name: str, /) -> Any:
        """A client of one service."""
        ...


@dataclass(frozen=True)
class Cloud:
    """An account, reached through `session`; `sleep` is called between attempts."""

    session: Session
    sleep: Callable[[float], None]

    def call(self, service: str, operation: str, **request: Any) -> dict[str, Any]:
        """Make one call, with retries. Raises `DeployError` with the service's message if it is rejected."""
        found = self.find(service, operation, **request)
        if found is None:
            raise DeployError(f"{service} {operation}: {_subject(request)} does not exist")
        return found

    def find(self, service: str, operation: str, **request: Any) -> dict[str, Any] | None:
        """As `call`, but None if the resource to read does not exist, or the resource to create already does."""
        from botocore.exceptions import BotoCoreError, ClientError

        method = getattr(self.session.client(service), operation)
        for attempt in range(_ATTEMPTS):
            try:
                reply: dict[str, Any] = method(**request)
            except ClientError as error:
                code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
                if code in _NOTHING_TO_DO:
                    return None
                if attempt == _ATTEMPTS - 1 or not _passes(code, message):
                    raise DeployError(f"{service} {operation} was refused: {message} ({code})") from error
                self.sleep(min(_LONGEST_WAIT_S, 2.0**attempt))
            except BotoCoreError as error:
                raise DeployError(f"{service} {operation} could not be called: {error}") from error
            else:
                return reply
        raise AssertionError("the last attempt returns or raises")


def _passes(code: str, message: str) -> bool:
    updating = code == "ResourceConflictException" and _UPDATE_IN_PROGRESS in message
    return code in _PASSING or updating or _ROLE_NOT_YET in message


def _subject(request: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in request.items() if isinstance(value, str))[:200]

"""AWS clients for teachers, and their errors as `TeacherError`s.

Retry mode `adaptive` on one shared client: against a quota of 20 requests/s with 64 threads, `standard` lost 78 % of
400 calls because its retry budget ran dry, `adaptive` lost none (measured on a fake with that quota). A teacher's own
client tries once: `datagen.teachers.runner` waits and repeats, which Ctrl-C can end at once and botocore's pauses not.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from datagen.errors import BusyError, ConfigError, MissingExtraError, RefusedError
from rewards.aws import client, code_of, failures, refusal

_BUSY = frozenset(
    {
        "ThrottlingException",
        "TooManyRequestsException",
        "ServiceUnavailableException",
        "ServiceQuotaExceededException",
        "InternalServerException",
        "ModelTimeoutException",
        "ModelNotReadyException",
        "ModelErrorException",
    }
)


@contextmanager
def aws_failures() -> Iterator[None]:
    """Turn the errors of a client into ours; its own retries have been used up by then."""
    try:
        yield
    except failures() as error:
        message = refusal(error) or str(error)
        raise (BusyError(message) if _is_busy(error) else RefusedError(message)) from error


def _is_busy(error: Exception) -> bool:
    """Whether time may mend it: a throttle, a failure of the service or of the line; no credentials, no login page."""
    from botocore.exceptions import ConnectionError, HTTPClientError

    return isinstance(error, ConnectionError | HTTPClientError) or code_of(error) in _BUSY


def aws_client(service: str, *, region: str | None, workers: int = 10, attempts: int = 10) -> Any:
    """A client of one service for `workers` threads; `MissingExtraError` without boto3."""
    retries = {"mode": "adaptive" if attempts > 1 else "standard", "total_max_attempts": attempts}
    pool = max(10, workers)
    try:
        return client(service, region=region, max_pool_connections=pool, read_timeout=3600, retries=retries)
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    except failures() as error:
        raise ConfigError(f"no client for {service}: {refusal(error)}") from error

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
    """Turn botocore's errors into ours; its own retries have been used up by then."""
    from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

    try:
        yield
    except ClientError as error:
        code, message = error.response["Error"]["Code"], str(error)
        raise (BusyError(message) if code in _BUSY else RefusedError(message)) from error
    except (ConnectionError, HTTPClientError) as error:
        raise BusyError(str(error)) from error
    except BotoCoreError as error:  # no credentials, no region: nothing that time mends
        raise RefusedError(str(error)) from error


def aws_client(service: str, *, region: str | None, workers: int = 10, attempts: int = 10) -> Any:
    """A client of one service for `workers` threads; `MissingExtraError` without boto3."""
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    settings = Config(
        max_pool_connections=max(10, workers),
        read_timeout=3600,
        retries={"mode": "adaptive" if attempts > 1 else "standard", "total_max_attempts": attempts},
    )
    try:
        return boto3.client(service, region_name=region, config=settings)
    except BotoCoreError as error:
        raise ConfigError(f"no client for {service}: {error}") from error

"""A local Lambda function: unzipped into an empty folder, started by the first call, then kept warm."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from lambda_package.errors import PackageError
from lambda_package.packaging.layers import unpack_layer
from lambda_package.packaging.members import extract, is_image
from lambda_package.packaging.source import DEFAULT_HANDLER
from lambda_package.packaging.target import DEFAULT_RUNTIME, interpreter_of
from lambda_package.runtime.api import Event, Kind
from lambda_package.runtime.client_files import lay_out_client
from lambda_package.runtime.failures import (
    REQUEST_TOO_LARGE,
    RESPONSE_NOT_JSON,
    RESPONSE_TOO_LARGE,
    Failure,
    reported_failure,
)
from lambda_package.runtime.sandbox import Sandbox, SandboxConfig, SandboxDiedError, callers_account, can_enclose
from rewards.scratch import scratch_folder

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024  # Lambda quota, synchronous call, each way; AWS "Lambda quotas", read 2026-11
INIT_LIMIT_S = 10.0  # AWS "Lambda execution environment lifecycle": a longer init is cut, then repeated in the call
_LOG_TAIL_BYTES = 1 << 22


@dataclass(frozen=True, slots=True)
class Invocation:
    """The result of one call: `payload` on success, else `error`.

    `duration_s` is from the event's handover to the answer, `init_s` the start of the process before it, 0.0 when warm.
    """

    payload: Any
    error: Failure | None
    duration_s: float
    cold: bool
    init_s: float = 0.0
    peak_memory_mb: float = 0.0
    log: str = ""


class Runtime:
    """One function with concurrency 1, from a zip or from the build context of an image.

    Calls are serialised; the next call replaces a sandbox that died. The function is enclosed where the kernel allows
    it (`config.enclosed` says whether): no network unless `offline` is false, no files but the system's and its own, no
    processes but its own. With the network it also gets the AWS variables of this process. `python` defaults to the
    interpreter of `runtime` where one is installed, else to the running one. `layers` are zips, as AWS takes them. Use
    it as a context manager: leaving kills the process.
    """

    def __init__(
        self,
        zip_path: str | Path,
        *,
        timeout_s: float = 300.0,
        memory_mb: int = 1769,
        handler: str = DEFAULT_HANDLER,
        runtime: str = DEFAULT_RUNTIME,
        python: str | None = None,
        offline: bool = True,
        environment: Mapping[str, str] | None = None,
        layers: Sequence[str | Path] = (),
    ) -> None:
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._first_failure: Invocation | None = None
        self._scratch = contextlib.ExitStack()
        root = self._scratch.enter_context(scratch_folder("lambda"))
        try:
            client, _ = lay_out_client(root)
            opt = root / "opt"
            opt.mkdir()
            for layer in layers:
                unpack_layer(Path(layer), opt)
            task_root = _unzip(Path(zip_path), root / "task")
        except PackageError:
            self._scratch.close()
            raise
        self._config = SandboxConfig(
            python=python or interpreter_of(runtime) or sys.executable,
            folder=root,
            task_root=task_root,
            client=client,
            layers=opt,
            log_file=root / "log.txt",
            handler=handler,
            runtime="" if is_image(Path(zip_path)) else runtime,
            memory_mb=memory_mb,
            timeout_s=timeout_s,
            enclosed=can_enclose(),
            offline=offline and can_enclose(),
            environment={**({} if offline else callers_account()), **(environment or {})},
        )

    @property
    def config(self) -> SandboxConfig:
        """The sandbox's settings: interpreter, limits, offline or not."""
        return self._config

    @property
    def first_failure(self) -> Invocation | None:
        """The first failed call, with the log up to then; None if there was none."""
        return self._first_failure

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def invoke(self, event: Any) -> Invocation:
        """Call the function with `event`: a JSON value, or bytes to send as they are.

        Whatever the function does is in the result; only a machine that cannot run it raises `RuntimeSetupError`.
        """
        body = event if isinstance(event, bytes) else json.dumps(event).encode()
        if len(body) > MAX_PAYLOAD_BYTES:
            message = f"Request of {len(body)} bytes exceeds the limit of {MAX_PAYLOAD_BYTES}"
            return Invocation(None, Failure(REQUEST_TOO_LARGE, message), 0.0, cold=False)
        with self._lock:
            invocation = self._invoke(body)
            if invocation.error is not None and self._first_failure is None:
                self._first_failure = invocation
            return invocation

    def close(self) -> None:
        """Kill the sandbox and remove its files. Calling again does nothing."""
        self._discard()
        self._scratch.close()

    def _invoke(self, body: bytes) -> Invocation:
        log_start = self._log_size()
        started_s = handed_over_s = time.monotonic()
        cold = self._sandbox is None or not self._sandbox.alive
        payload, failure, peak_memory_mb = None, None, 0.0
        try:
            sandbox = self._fresh() if self._sandbox is None or cold else self._sandbox
            handed_over_s = time.monotonic()
            payload = self._answer(sandbox, body)
            peak_memory_mb = sandbox.peak_memory_mb
        except SandboxDiedError as death:
            failure = death.failure
            self._discard()
        except _FunctionError as error:
            failure = error.failure
        finished_s = time.monotonic()
        return Invocation(
            payload,
            failure,
            duration_s=finished_s - handed_over_s,
            cold=cold,
            init_s=handed_over_s - started_s if cold else 0.0,
            peak_memory_mb=peak_memory_mb,
            log=self._log_from(log_start),
        )

    def _fresh(self) -> Sandbox:
        self._discard()
        self._sandbox = Sandbox(self._config)
        try:
            self._sandbox.wait_until_ready(max(self._config.timeout_s, INIT_LIMIT_S))
        except SandboxDiedError as death:
            raise SandboxDiedError(replace(death.failure, at_start=True)) from None
        return self._sandbox

    def _answer(self, sandbox: Sandbox, body: bytes) -> Any:
        deadline_ms = int((time.time() + self._config.timeout_s) * 1000)
        report = sandbox.answer(Event(str(uuid.uuid4()), body, deadline_ms), self._config.timeout_s)
        if report.kind is not Kind.RESPONSE:
            raise _FunctionError(reported_failure(report.body))
        if len(report.body) > MAX_PAYLOAD_BYTES:
            message = f"Response of {len(report.body)} bytes exceeds the limit of {MAX_PAYLOAD_BYTES}"
            raise _FunctionError(Failure(RESPONSE_TOO_LARGE, message))
        return _parse_strictly(report.body)

    def _discard(self) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _log_size(self) -> int:
        """The size of the log, which starts anew at the call after it has grown too long: the disk is the user's."""
        log = self._config.log_file
        if log.exists() and log.stat().st_size > _LOG_TAIL_BYTES:
            os.truncate(log, 0)
        return log.stat().st_size if log.exists() else 0

    def _log_from(self, start: int) -> str:
        if not self._config.log_file.exists():
            return ""
        with self._config.log_file.open("rb") as log:
            log.seek(max(start, log.seek(0, os.SEEK_END) - _LOG_TAIL_BYTES))
            return log.read().decode("utf-8", "replace")


class _FunctionError(Exception):
    """The function answered with an error; the sandbox lives on."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def _parse_strictly(body: bytes) -> Any:
    """The answer as JSON; NaN and Infinity, which Python's own writer emits, are refused as other readers do."""
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except ValueError as error:
        raise _FunctionError(Failure(RESPONSE_NOT_JSON, str(error))) from error


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"the answer holds {name}")


def _unzip(zip_path: Path, folder: Path) -> Path:
    extract(zip_path, folder)
    (folder.parent / "root").mkdir()
    return folder

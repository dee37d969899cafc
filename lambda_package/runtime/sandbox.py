"""One sandbox: the process that runs a handler, its Runtime API, and AWS's limits."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import Empty

from lambda_package.errors import RuntimeSetupError
from lambda_package.runtime.api import FUNCTION_NAME, Event, Kind, Report, RuntimeApi
from lambda_package.runtime.client_files import BOOT, JAIL
from lambda_package.runtime.failures import (
    EXITED,
    OUT_OF_MEMORY,
    TIMED_OUT,
    TOO_MANY_PROCESSES,
    Failure,
    reported_failure,
)
from rewards.children import run_child
from rewards.scratch import scratch_folder

# Where AWS has the parts of a function; an enclosed one has them there, too.
_TASK_ROOT, _RUNTIME_DIR, _LAYERS = "/var/task", "/var/runtime", "/opt"
_POLL_S = 0.01
_BOOT_TIMEOUT_S = 20.0
_MAX_PROCESSES = 1024  # with threads, Lambda's quota; AWS "Lambda quotas", read 2026-11
NO_ACCOUNT = {  # never real credentials: a grader under test must not spend money
    # Should the machine allow no private file system, these keep the usual clients away from the user's own.
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_SESSION_TOKEN": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
}
_ACCOUNT = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_DEFAULT_REGION")


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """Settings of one sandbox."""

    python: str
    folder: Path
    task_root: Path
    client: Path
    layers: Path
    log_file: Path
    handler: str
    runtime: str
    memory_mb: int
    timeout_s: float
    enclosed: bool
    offline: bool
    environment: Mapping[str, str]


class SandboxDiedError(Exception):
    """Internal signal: the sandbox died; carries the failure to report."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


# The kernel kills a child of ours when the thread that started it ends, so one thread that stays starts them all.
_SPAWNER = ThreadPoolExecutor(1, "sandbox-starter")


class Sandbox:
    """A running process under limits. Used by one thread; `close` kills the whole process group."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._process, listener = _SPAWNER.submit(_start, config).result()
        self._api = RuntimeApi(listener)
        self._peak_memory_mb = 0.0

    @property
    def alive(self) -> bool:
        """Whether the process still runs."""
        return self._process.poll() is None

    @property
    def peak_memory_mb(self) -> float:
        """Peak resident memory in MB, as far as it was looked at; 0.0 on systems without /proc."""
        worker, *others = self._processes()
        together = sum(map(_own_memory_mb, (worker, *others))) if others else 0.0
        self._peak_memory_mb = max(self._peak_memory_mb, _peak_memory_mb(worker), together)
        return self._peak_memory_mb

    def wait_until_ready(self, timeout_s: float) -> None:
        """Wait until the runtime client asks for its first event; raises `SandboxDiedError` if it fails to start."""
        report = self._receive(time.monotonic() + timeout_s, timeout_s)
        if report.kind is Kind.INIT_ERROR:
            raise SandboxDiedError(reported_failure(report.body))

    def answer(self, event: Event, timeout_s: float) -> Report:
        """Send `event` and wait for the handler's response."""
        self._api.events.put(event)
        report = self._receive(time.monotonic() + timeout_s, timeout_s)
        if self.peak_memory_mb > self._config.memory_mb:
            raise self._died(OUT_OF_MEMORY, self._over_memory())
        return report

    def close(self) -> None:
        """End the process and all its children, and stop serving."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._api.close()

    def _processes(self) -> list[int]:
        """The grader's process and all that it started; the guards around an enclosed one are ours."""
        worker = self._process.pid
        for _ in range(2 if self._config.enclosed else 0):
            worker = next(iter(_children(worker)), worker)
        return [worker, *_descendants(worker)]

    def _receive(self, deadline_s: float, timeout_s: float) -> Report:
        while True:
            alive = self.alive
            with contextlib.suppress(Empty):
                return self._api.reports.get(timeout=_POLL_S)
            if not alive:
                raise self._died(EXITED, f"Runtime exited with error: {_exit_words(self._process.returncode)}")
            if self.peak_memory_mb > self._config.memory_mb:
                raise self._died(OUT_OF_MEMORY, self._over_memory())
            if (count := len(self._processes())) > _MAX_PROCESSES:
                raise self._died(TOO_MANY_PROCESSES, f"Runtime was killed with {count} processes of {_MAX_PROCESSES}")
            if time.monotonic() > deadline_s:
                raise self._died(TIMED_OUT, f"Task timed out after {timeout_s:.2f} seconds")

    def _died(self, kind: str, message: str) -> SandboxDiedError:
        return SandboxDiedError(Failure(kind, message))

    def _over_memory(self) -> str:
        return f"Runtime was killed at {self.peak_memory_mb:.0f} MB of {self._config.memory_mb} MB"


def _start(config: SandboxConfig) -> tuple[subprocess.Popen[bytes], socket.socket]:
    ours, theirs = socket.socketpair()
    with ours, theirs, config.log_file.open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  the interpreter and the boot file are ours
            _command(config, theirs.fileno()),
            cwd=config.task_root,
            env=_environment(config),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
        theirs.close()
        ours.settimeout(_BOOT_TIMEOUT_S)
        _, descriptors, _, _ = socket.recv_fds(ours, 1, 1)
    if not descriptors:
        process.wait()
        raise RuntimeSetupError(f"{config.python} could not start the sandbox:\n{_read(str(config.log_file))}")
    return process, socket.socket(fileno=descriptors[0])


def _command(config: SandboxConfig, channel_fd: int) -> list[str]:
    arguments = [config.folder, channel_fd, config.memory_mb, int(config.enclosed), int(config.offline)]
    return [config.python, "-I", "-S", str(BOOT), *map(str, arguments)]


def _environment(config: SandboxConfig) -> dict[str, str]:
    """What AWS sets ("Defined runtime environment variables"), with credentials that open nothing; nothing of ours."""
    task, client, layers = (
        (_TASK_ROOT, _RUNTIME_DIR, _LAYERS) if config.enclosed else (config.task_root, config.client, config.layers)
    )
    return {
        "_HANDLER": config.handler,
        **NO_ACCOUNT,
        **({"AWS_EXECUTION_ENV": f"AWS_Lambda_{config.runtime}"} if config.runtime else {}),  # an image has none
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(config.memory_mb),
        "AWS_LAMBDA_FUNCTION_NAME": FUNCTION_NAME,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{FUNCTION_NAME}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"{time.strftime('%Y/%m/%d')}/[$LATEST]{uuid.uuid4().hex}",
        "AWS_XRAY_CONTEXT_MISSING": "LOG_ERROR",
        "AWS_XRAY_DAEMON_ADDRESS": "169.254.79.129:2000",
        "LAMBDA_RUNTIME_DIR": str(client),
        "LAMBDA_TASK_ROOT": str(task),
        "LANG": "en_US.UTF-8",
        # AWS's also names the system's folders; those of this machine are in the linker's own cache.
        "LD_LIBRARY_PATH": f"{task}:{task}/lib:{layers}/lib",
        "PATH": f"{os.defpath}:{layers}/bin",
        "PYTHONPATH": str(client),
        "TZ": ":UTC",
        **({} if config.enclosed else {"HOME": str(config.folder)}),
        **config.environment,
    }


def callers_account() -> dict[str, str]:
    """The AWS variables of whoever allowed the network: a judge needs both."""
    return {name: value for name in _ACCOUNT if (value := os.environ.get(name))}


@functools.cache
def can_enclose() -> bool:
    """Whether an unprivileged user can isolate network, files and processes here (Linux user namespaces)."""
    with scratch_folder("trial") as root:
        command = [sys.executable, "-I", "-S", str(JAIL), str(root)]
        trial = run_child(command, capture_output=True)
    return trial.returncode == 0


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError):
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208  a hot loop
        return [int(child) for thread in threads for child in _read(f"/proc/{pid}/task/{thread}/children").split()]
    return []


def _descendants(pid: int) -> Iterator[int]:
    for child in _children(pid):
        yield child
        yield from _descendants(child)


def _peak_memory_mb(pid: int) -> float:
    status = _read(f"/proc/{pid}/status")
    line = next((line for line in status.splitlines() if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(line.split()[1]) / 1024


def _own_memory_mb(pid: int) -> float:
    """What a process has in memory, pages that it shares with others in parts: a fork shares most of its own."""
    line = next((line for line in _read(f"/proc/{pid}/smaps_rollup").splitlines() if line.startswith("Pss:")), "")
    return int(line.split()[1]) / 1024 if line else 0.0


def _read(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _exit_words(code: int) -> str:
    return f"signal: {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"

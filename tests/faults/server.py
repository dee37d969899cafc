"""Runs `rft` command lines in forked children under the shim, so that a thousand crashes cost seconds, not hours.

One JSON object per line comes in: `args`, `folder`, and `kill_at` or `full_at` or neither; one goes out: `status`,
`points` passed, standard output and error. The parent imports everything once; a child is a fresh process otherwise.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import pkgutil
import resource
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

PRELOADED = ("rft", "datagen", "recipes", "rewards", "lambda_package")


def main() -> None:
    os.environ.pop("LD_PRELOAD", None)
    shim = ctypes.CDLL(None)
    for package in PRELOADED:
        for module in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if "templates." not in module.name and not module.name.endswith((".ray", "__main__")):
                importlib.import_module(module.name)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(run(shim, **json.loads(line))) + "\n")
        sys.stdout.flush()


def run(
    shim: Any,
    args: list[str],
    folder: str,
    kill_at: int = 0,
    full_at: int = 0,
    stop_at: tuple[int, int] = (0, 0),
    without: tuple[str, ...] = (),
    stdin: tuple[str, str] | None = None,
    stdout: str = "",
    environment: dict[str, str | None] | None = None,
    limits: dict[str, int] | None = None,
    clock_s: int | None = None,
    patience_s: int = 120,
) -> dict[str, Any]:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as log:
        child = os.fork()
        if child == 0:
            hide(without)
            os.chdir(folder)
            signal.alarm(patience_s)  # what hangs is killed: status -14
            answer_signals()
            change(environment or {}, limits or {})
            if clock_s is not None:
                time.time = lambda: float(clock_s)
            if hasattr(shim, "shim_stop"):
                shim.shim_stop(ctypes.c_long(stop_at[0]), ctypes.c_int(stop_at[1]))
            descriptors = [input_of(*stdin or ("a file", os.devnull)), output_of(stdout) or out.fileno()]
            be_the_command(shim, args, folder, kill_at, full_at, [*descriptors, err.fileno(), log.fileno()])
        _, status = os.waitpid(child, 0)
        texts = [file.seek(0) or file.read().decode("utf-8", "replace") for file in (out, err, log)]
    return {
        "status": os.waitstatus_to_exitcode(status),
        "out": texts[0],
        "err": texts[1],
        "points": texts[2].splitlines(),
    }


def answer_signals() -> None:
    """As a command at a terminal, however the tests were started: a shell's background jobs ignore SIGINT."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


def input_of(kind: str, name: str) -> int:
    """A descriptor to read the file from, as it is or through a pipe that another process fills."""
    file = os.open(name, os.O_RDONLY)
    if kind == "a file":
        return file
    reading, writing = os.pipe()
    if os.fork() == 0:
        while data := os.read(file, 1 << 16):
            os.write(writing, data)
        os._exit(0)
    os.close(writing)
    return reading


def output_of(kind: str) -> int | None:
    """A descriptor of a full device; for a closed stream Python has no stream, which `main` is started with."""
    if kind == "closed":
        sys.stdout = None  # type: ignore[assignment]
    return os.open("/dev/full", os.O_WRONLY) if kind == "full" else None


def change(environment: dict[str, str | None], limits: dict[str, int]) -> None:
    """Set or, where None, unset variables, and set limits of the process by their names in `resource`."""
    for name, value in environment.items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    tempfile.tempdir = None  # of the new TMPDIR
    for name, limit in limits.items():
        resource.setrlimit(getattr(resource, name), (limit, limit))


def hide(modules: Sequence[str]) -> None:
    """As if these were not installed."""
    sys.modules.update(dict.fromkeys(modules))  # type: ignore[arg-type]  # None there is what "not found" looks like


def be_the_command(shim: Any, args: list[str], folder: str, kill_at: int, full_at: int, files: list[int]) -> None:
    status = 70
    try:
        for descriptor, file in enumerate(files[:3]):
            os.dup2(file, descriptor)
        if hasattr(shim, "shim_arm"):
            shim.shim_arm(ctypes.c_long(kill_at), ctypes.c_long(full_at), os.fsencode(folder), files[3])
        from rft.cli import main as rft

        rft(args)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  the test reads the traceback
        traceback.print_exc()
    finally:
        if sys.stdout and not sys.stdout.closed:
            with suppress(OSError):
                sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()

"""Processes that we start end when we do, however we end."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

_PDEATHSIG = 1  # <linux/prctl.h>
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)  # looked up here: a forked child should not


def end_with_parent(parent: int) -> None:
    """Call it first in a child of process `parent`: the kernel kills the child when its parent is gone. Linux only.

    The kernel takes the thread that started the child for its parent.
    """
    if _PRCTL is None:
        return
    _PRCTL(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before the kernel was told
        os._exit(1)


def begin_worker(parent: int) -> None:
    """Begin a process of a pool: it ends with `parent`, to whom it leaves the signals that stop a command, and which a
    terminal sends to both.
    """
    end_with_parent(parent)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # a fork has its parent's way to stop; a pool ends workers by it
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)


def run_child(command: Sequence[str], check: bool = False, **options: Any) -> subprocess.CompletedProcess[Any]:
    """As `subprocess.run`, of a process that ends when we do; its text is UTF-8, whatever the locale.

    >>> run_child(["echo", "hello"], capture_output=True, text=True).stdout
    'hello\\n'
    """
    if options.get("text"):
        options = {"encoding": "utf-8", "errors": "replace", **options}
    return subprocess.run(command, preexec_fn=_begun(), check=check, **options)  # noqa: S603


def start_child(command: Sequence[str], **options: Any) -> subprocess.Popen[Any]:
    """As `subprocess.Popen`, of a process that ends when we do."""
    return subprocess.Popen(command, preexec_fn=_begun(), **options)  # noqa: S603


def _begun() -> Callable[[], None]:
    # Its one fault, a fork in a program of threads, is one of code that takes locks in the child; this takes none.
    return partial(end_with_parent, os.getpid())

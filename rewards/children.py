"""Processes that we start end when we do, however we end."""

from __future__ import annotations

import ctypes
import os
import signal

_PDEATHSIG = 1  # <linux/prctl.h>


def end_with_parent(parent: int) -> None:
    """Call it first in a child of process `parent`: the kernel kills the child when its parent is gone. Linux only."""
    prctl = getattr(ctypes.CDLL(None), "prctl", None)
    if prctl is None:
        return
    prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it was gone before the kernel was told
        os._exit(1)

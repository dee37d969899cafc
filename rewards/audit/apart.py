"""Ask a grader in a process apart, with limits, so that an answer which costs a fortune cannot stop the audit.

An alarm ends Python code and arithmetic of big integers; it ends no C code that never looks for signals, and gives no
memory back. The process is a fork of this one: it has all that is loaded here, and what it changes ends with it.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import signal
import sys
import warnings
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType
from typing import Any

from rewards.audit.grader import DeadlineError, Event, Fault, Grader, InProcess, Reply

MEMORY_BYTES = 1 << 30  # that an answer may take beside what is loaded; a Lambda function has half of it by default
PATIENCE = 20  # times the CPU time, by the clock: a busy machine is no verdict


def apart(grader: Grader, cpu_s: float) -> Grader | None:
    """`grader` within limits: as it is where it runs elsewhere anyway; None where this platform cannot fork.

    What takes more than `cpu_s` seconds of CPU time counts as timed out.
    """
    if isinstance(grader, InProcess):
        return Apart(grader, cpu_s) if "fork" in multiprocessing.get_all_start_methods() else None
    around = getattr(grader, "apart", None)  # a grader around another, which runs somewhere
    found: Grader | None = around(cpu_s) if around is not None else grader
    return found


@dataclass(frozen=True)
class Apart:
    """A grader of this process, each call of which runs in a fork of it."""

    grader: Grader
    cpu_s: float

    @property
    def name(self) -> str:
        """How the report calls it."""
        return self.grader.name

    def ask(self, event: Event, /) -> Reply:
        """One call; a process that ends without a reply is a fault."""
        fork: Any = multiprocessing.get_context("fork")
        reading, writing = fork.Pipe(duplex=False)
        child = fork.Process(target=_answer, args=(self, event, writing))
        with warnings.catch_warnings():  # that other threads run: a child that hangs for it replies to nothing
            warnings.simplefilter("ignore", DeprecationWarning)
            child.start()
        writing.close()
        try:
            if not reading.poll(PATIENCE * self.cpu_s):
                return Reply(None, PATIENCE * self.cpu_s, Fault("timed out", "no answer"))
            reply: Reply = reading.recv()
            return reply
        except EOFError:
            child.join()
            return Reply(None, self.cpu_s, self._ended(child.exitcode))
        finally:
            child.kill()
            child.join()
            reading.close()

    def _ended(self, status: int) -> Fault:
        if -status in (signal.SIGXCPU, signal.SIGKILL):
            return Fault("timed out", f"no answer within {self.cpu_s:g} s of CPU time, in code that no alarm ends")
        return Fault("exited", f"the process ended with status {status}")


def _answer(apart: Apart, event: Event, writing: Connection) -> None:
    """One call in the child; its limit is CPU time, so that of the clock, which a busy machine reaches, is far away.

    Some graders catch all that is raised, at the limit as well, and go on: what they took counts all the same.
    """
    over = _limit(apart.cpu_s)
    grader, before = apart.grader, _peak_bytes()
    patient = replace(grader, timeout_s=PATIENCE * apart.cpu_s) if isinstance(grader, InProcess) else grader
    reply = patient.ask(event)
    taken = _peak_bytes() - before
    if over:
        reply = replace(reply, payload=None, fault=Fault("timed out", over[0]))
    elif taken > MEMORY_BYTES // 2:
        message = f"took {taken >> 20:,} MiB of memory for one call, as much as a Lambda function has"
        reply = replace(reply, payload=None, fault=Fault("exited", message))
    writing.send(reply)


def _peak_bytes() -> int:
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak << 10


def _limit(cpu_s: float) -> list[str]:
    """Sets the limits of this process; what is returned is empty until the first of them is reached."""
    import resource

    over: list[str] = []

    def stop(number: int, frame: FrameType | None) -> None:
        over.append(f"no answer within {cpu_s:g} s of CPU time")
        raise DeadlineError(over[0])

    signal.signal(signal.SIGXCPU, stop)
    seconds = math.ceil(cpu_s)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)  # of the machine's own, as login nodes have one
    most = seconds + 1 if hard == resource.RLIM_INFINITY else min(seconds + 1, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (min(seconds, most), most))
    with contextlib.suppress(OSError, ValueError):  # not every platform says or limits it
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        size = pages * resource.getpagesize() + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (size, size))
    return over

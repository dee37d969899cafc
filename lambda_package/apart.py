"""Grade a batch in a process apart, so that a sample that hangs or crashes costs only itself.

An alarm ends Python code, `re` and big integers. It does not end C code that never looks for signals (`sum` over a huge
range, a regular expression of another library, a decimal of a million digits), nor a crash: there only the end of the
process helps. The process is a fork of this one, so it has all that is loaded here, and what it changes ends with the
batch. Standard library only.
"""

from __future__ import annotations

import marshal
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Iterator

from lambda_package.handler import Outcome
from lambda_package.wire import Result

_PATIENCE = 1.1  # of a sample's time, until its process is ended: its alarm comes first
_LENGTH_BYTES = 4


def outcomes_apart(
    grade: Callable[[int], Outcome], lost: Callable[..., Outcome], budget_s: Callable[[int], float], count: int, /
) -> Iterator[Outcome]:
    """`grade(0)` to `grade(count - 1)`, each in a child process; `lost(index, why, timed_out=...)` for one without end.

    A sample may take `budget_s(index)`. After one that was stopped or that crashed, the rest is graded in a new
    process: threads of its own may go on in the old one.
    """
    index = 0
    while index < count:
        child, reading = _forked(grade, index, count)
        frame: bytes | None = None
        try:
            while index < count:
                frame = _frame(reading, time.monotonic() + _PATIENCE * max(0.0, budget_s(index)))
                if not frame:
                    break
                outcome = _received(frame)
                yield outcome
                index += 1
                if outcome.timed_out:
                    break
        finally:
            os.close(reading)
            if frame != b"":  # it runs on, or ends by itself
                os.kill(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
        if not frame:
            late = frame is None
            why = "stopped in code that no alarm interrupts" if late else f"the process ended {_words(status)}"
            yield lost(index, why, timed_out=late)
            index += 1


def _forked(grade: Callable[[int], Outcome], start: int, count: int) -> tuple[int, int]:
    """A process that writes the outcomes from `start` on, and where to read them."""
    reading, writing = os.pipe()
    _flush()
    child = os.fork()
    if child:
        os.close(writing)
        return child, reading
    try:
        os.close(reading)
        for index in range(start, count):
            outcome = grade(index)
            _flush()
            _send(writing, _sent(outcome))
            if outcome.timed_out:
                break
        os._exit(0)
    finally:
        os._exit(1)


def _sent(outcome: Outcome) -> bytes:
    item_id, value, numbers = outcome.result
    return marshal.dumps((item_id, value, list(numbers), outcome.problem, outcome.trace, outcome.timed_out))


def _received(frame: bytes) -> Outcome:
    item_id, value, numbers, *told = marshal.loads(frame)  # noqa: S302  from a fork of this very process
    return Outcome(Result(item_id, value, numbers), *told)


def _send(writing: int, frame: bytes) -> None:
    data = len(frame).to_bytes(_LENGTH_BYTES, "big") + frame
    while data:
        data = data[os.write(writing, data) :]


def _frame(reading: int, deadline_s: float) -> bytes | None:
    """The next outcome; nothing where the process ended, None where it is late."""
    length = _read(reading, _LENGTH_BYTES, deadline_s)
    return _read(reading, int.from_bytes(length, "big"), deadline_s) if length else length


def _read(reading: int, size: int, deadline_s: float) -> bytes | None:
    data = b""
    while len(data) < size:
        if not select.select([reading], [], [], max(0.0, deadline_s - time.monotonic()))[0]:
            return None
        piece = os.read(reading, size - len(data))
        if not piece:
            return b""
        data += piece
    return data


def _words(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"by signal {-code}" if code < 0 else f"with status {code}"


def _flush() -> None:
    """Written by both processes otherwise, or by none."""
    for stream in (sys.stdout, sys.stderr):
        stream.flush()

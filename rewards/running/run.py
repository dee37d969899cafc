"""Starts the two processes and collects what the tests report until they end or their time is over."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from rewards.children import start_child
from rewards.running import tester, under_test
from rewards.running.assertions import counted, served_names
from rewards.running.tester import UNFILTERED

_ROOT = str(Path(__file__).resolve().parents[2])
_READ, _MAX_REPORT = 65_536, 4_000_000


class RowTests(NamedTuple):
    """The tests of a row: `tests` asserts about names of the answer, or defines `check(candidate)` for `entry`;
    `setup` runs before them, and the answer does not see it."""

    tests: str
    entry: str = ""
    setup: str = ""


class Outcome(NamedTuple):
    """How many assertions passed, and whether the kernel's filter held the code, not limits alone."""

    passed: int
    filtered: bool


def run_tests(code: str, tests: RowTests, *, seconds: float, megabytes: int) -> Outcome:
    r"""Count the assertions that hold each time that they are evaluated, and are evaluated at all, within the time.

    >>> tests = RowTests("assert double(2) == 4\nassert double(0) == 1")
    >>> run_tests("def double(n): return 2 * n", tests, seconds=5, megabytes=512).passed
    1
    """
    specification = {
        **tests._asdict(),
        "code": code,
        "seconds": int(seconds) + 1,
        "megabytes": megabytes,
    }
    good: set[bytes] = set()
    bad: set[bytes] = set()
    filtered = True
    for line in _report(json.dumps(specification).encode(), time.monotonic() + seconds):
        if line == UNFILTERED:
            filtered = False
            continue
        index, _, verdict = line.partition(b" ")
        (good if verdict == b"1" else bad).add(index)
    return Outcome(len(good - bad), filtered)


def may_pass(code: str, tests: RowTests) -> bool:
    """Whether it is worth a process: the code is Python, and something that is tested stands in it.

    >>> may_pass("I cannot do that.", RowTests("assert double(2) == 4"))
    False
    """
    wanted = _wanted(tests)
    if wanted and not any(name in code for name in wanted):
        return False
    try:
        ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


@lru_cache(maxsize=1024)
def _wanted(tests: RowTests) -> frozenset[str]:
    return frozenset({tests.entry}) if tests.entry else served_names(tests.tests, tests.setup)


@lru_cache(maxsize=1024)
def assertions_of(tests: RowTests) -> int:
    """How many assertions there are; raises SyntaxError where tests or setup are no Python."""
    compile(tests.setup, "setup.py", "exec")
    return counted(tests.tests).total


def _report(specification: bytes, deadline: float) -> Iterator[bytes]:
    calls, replies = os.pipe(), os.pipe()
    with contextlib.ExitStack() as stack:
        stack.callback(_close, *calls, *replies)
        answer = _start(under_test.main.__module__, calls[0], replies[1], subprocess.DEVNULL, subprocess.DEVNULL)
        stack.callback(_end, answer)
        process = _start(tester.main.__module__, calls[1], replies[0], subprocess.PIPE, subprocess.PIPE)
        stack.callback(_end, process)
        _close(*calls, *replies)
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(specification)
            process.stdin.close()
        yield from _lines(process.stdout.fileno(), deadline)


def _lines(descriptor: int, deadline: float) -> Iterator[bytes]:
    left, total = b"", 0
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, selectors.EVENT_READ)
        while (time_left := deadline - time.monotonic()) > 0 and selector.select(time_left):
            data = os.read(descriptor, _READ)
            total += len(data)
            if not data or total > _MAX_REPORT:
                return
            *lines, left = (left + data).split(b"\n")
            yield from lines


def _start(module: str, calls: int, replies: int, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    program = f"import sys; sys.path.insert(0, {_ROOT!r}); from {module} import main; main({calls}, {replies})"
    libraries = os.environ.get("LD_LIBRARY_PATH")  # Lambda's interpreter finds its own library by it
    return start_child(
        [sys.executable, "-I", "-S", "-X", "utf8", "-c", program],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.DEVNULL,
        pass_fds=(calls, replies),
        cwd="/",
        env={"LD_LIBRARY_PATH": libraries} if libraries else {},
        start_new_session=True,
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)

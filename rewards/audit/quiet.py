"""Swallow what one thread prints, and nothing that another thread does.

`contextlib.redirect_stdout` changes the output of the whole process: what other threads print meanwhile is lost, and
two that overlap leave the stream of the one that ended first behind.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO


class _ByThread:
    """Standard output that drops what is written by the threads in `quiet`, each counted as often as it asked."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.quiet: dict[int, int] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)

    def write(self, text: str) -> int:
        return len(text) if threading.get_ident() in self.quiet else self.stream.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        if threading.get_ident() not in self.quiet:
            self.stream.flush()


_LOCK = threading.Lock()


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Nothing that this thread prints comes out, also where it keeps the stream; another thread prints as before.

    >>> with quiet():
    ...     print("debugging")
    >>> print("done")
    done
    """
    me = threading.get_ident()
    with _LOCK:
        ours = sys.stdout if isinstance(sys.stdout, _ByThread) else _ByThread(sys.stdout)
        sys.stdout = ours
        ours.quiet[me] = ours.quiet.get(me, 0) + 1
    try:
        yield
    finally:
        with _LOCK:
            ours.quiet[me] -= 1
            if not ours.quiet[me]:
                del ours.quiet[me]
            if not ours.quiet and sys.stdout is ours:
                sys.stdout = ours.stream

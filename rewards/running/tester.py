"""The process of the tests: it runs them against the code in the other process, and reports assertion by assertion.

    python -I -S -c "...; main(calls, replies)"  < specification

A line of `index passed` goes out for each assertion as it is evaluated, so what was shown stays shown when a later one
never ends; before them `UNFILTERED`, where limits alone hold the code under test.
"""

from __future__ import annotations

import ast
import builtins
import json
import os
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from rewards.running.assertions import counted, served_names
from rewards.running.frames import FrameError, decode, encode, receive, send
from rewards.running.lock import import_named, lock

UNFILTERED = b"unfiltered"


class AnswerError(Exception):
    """An exception of the code under test that is none of Python's own."""


class _Link:
    """The pipe to the code under test."""

    def __init__(self, source: BinaryIO, sink: BinaryIO) -> None:
        self.source, self.sink = source, sink

    def ask(self, target: str | int, path: tuple[str, ...], arguments: Any = None, keywords: Any = None) -> Any:
        """Call what is at `path` below a name or handle; without arguments, its value."""
        passed = None if arguments is None else [encode(item, _handle_of) for item in arguments]
        named = {name: encode(item, _handle_of) for name, item in (keywords or {}).items()}
        send(self.sink, [target, path, passed, named])
        kind, *reply = receive(self.source)
        if kind != "value":
            raise _exception(*reply)
        for before, after in zip(arguments or (), reply[1], strict=False):
            _update(before, decode(after, self.remote))
        return decode(reply[0], self.remote)

    def remote(self, target: str | int) -> Remote:
        return Remote(self, target)


class Remote:
    """A function, class or object of the code under test. It equals nothing but itself: only data is compared."""

    def __init__(self, link: _Link, target: str | int, path: tuple[str, ...] = ()) -> None:
        self._link, self._target, self._path = link, target, path

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it where it is."""
        return self._link.ask(self._target, self._path, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = self._link.ask(self._target, (*self._path, name))
        return Remote(self._link, self._target, (*self._path, name)) if isinstance(found, Remote) else found

    def __getitem__(self, key: Any) -> Any:
        return self._link.ask(self._target, (*self._path, "__getitem__"), (key,))

    def __iter__(self) -> Iterator[Any]:
        return iter(self._link.ask(self._target, (*self._path, "__iter__"), ()))

    def __len__(self) -> int:
        return int(self._link.ask(self._target, (*self._path, "__len__"), ()))

    def __str__(self) -> str:
        return str(self._link.ask(self._target, (*self._path, "__str__"), ()))


def _handle_of(value: Any) -> Any:
    if isinstance(value, Remote) and isinstance(value._target, int) and not value._path:
        return value._target
    raise TypeError(f"a {type(value).__name__} cannot be passed to the code under test")


def _update(before: Any, after: Any) -> None:
    """A list, set or dictionary that the code under test changed, changed here too."""
    if type(before) is not type(after) or before == after:
        return
    if isinstance(before, list):
        before[:] = after
    elif isinstance(before, (dict, set)):
        before.clear()
        before.update(after)


def _exception(name: Any, text: Any) -> Exception:
    kind = getattr(builtins, str(name), None)
    if isinstance(kind, type) and issubclass(kind, Exception):
        try:
            return kind(str(text))
        except TypeError:
            pass
    return AnswerError(f"{name}: {text}")


def main(calls: int, replies: int) -> None:
    """Run the tests that stand on standard input."""
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what tests print is no report
    specification = json.load(sys.stdin.buffer)
    sink, source = os.fdopen(calls, "wb"), os.fdopen(replies, "rb")
    sys.stdout = sys.stderr
    tests, setup = specification["tests"], specification["setup"]
    seconds, megabytes = specification["seconds"], specification["megabytes"]
    send(sink, [specification["code"], seconds, megabytes])
    import_named(tests, setup)
    sys.setrecursionlimit(5_000)
    lock(seconds, megabytes)
    try:
        kind, *found = receive(source)
    except FrameError:
        return
    if kind != "ready":
        return
    if not found[0]:
        report.write(f"{UNFILTERED.decode()}\n")

    def record(index: int, passed: bool) -> None:
        report.write(f"{index} {int(passed)}\n")
        report.flush()

    link = _Link(source, sink)
    names: dict[str, Any] = {name: link.remote(name) for name in served_names(tests, setup)}
    names |= {"__name__": "tests", "_record": record}
    entry = specification["entry"]
    exec(compile(setup, "setup.py", "exec"), names)  # noqa: S102  # the row's own code, under the lock
    if entry:  # also where the setup holds a stub of it
        names[entry] = names["candidate"] = link.remote(entry)
    tree, _ = counted(tests)
    exec(compile(ast.fix_missing_locations(tree), "tests.py", "exec"), names)  # noqa: S102  # see above
    if entry and "check" in names:
        names["check"](names["candidate"])

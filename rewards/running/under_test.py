"""The process of the code under test: it computes what the tests ask for, and never sees them.

python -I -S -c "...; main(calls, replies)"
"""

from __future__ import annotations

import os
import sys
from typing import Any

from rewards.running.frames import FrameError, decode, encode, receive, send
from rewards.running.lock import import_named, lock


class _Server:
    """Answers calls by name, and on objects that it keeps for the tests."""

    def __init__(self, names: dict[str, Any]) -> None:
        self.names, self.kept = names, dict[int, Any]()

    def keep(self, value: Any) -> int:
        self.kept[id(value)] = value
        return id(value)

    def handle(self, content: Any) -> Any:
        return self.kept[content]

    def answer(self, call: Any) -> Any:
        target, path, arguments, keywords = call
        found = self.names[target] if isinstance(target, str) else self.kept[target]
        for name in path:
            found = getattr(found, name)
        if arguments is None:
            return ["value", encode(found, self.keep), []]
        values = [decode(item, self.handle) for item in arguments]
        result = found(*values, **{name: decode(item, self.handle) for name, item in keywords.items()})
        return ["value", encode(result, self.keep), [encode(value, self.keep) for value in values]]


def main(calls: int, replies: int) -> None:
    """Serve until the tests are done."""
    source, sink = os.fdopen(calls, "rb"), os.fdopen(replies, "wb")
    code, seconds, megabytes = receive(source)
    sys.path[:] = [path for path in sys.path if path.startswith((sys.base_prefix, sys.base_exec_prefix))]
    import_named(code)
    locked = lock(seconds, megabytes)
    names: dict[str, Any] = {"__name__": "answer"}  # `exec` adds the builtins
    try:
        exec(compile(code, "answer.py", "exec"), names)  # noqa: S102  # this is what the lock is for
        send(sink, ["ready", locked])
    except BaseException as error:  # noqa: BLE001  # whatever it raises, the tests are told
        send(sink, ["raise", type(error).__name__, str(error)[:200]])
    server = _Server(names)
    while True:
        try:
            call = receive(source)
        except FrameError:
            return
        try:
            reply = server.answer(call)
            send(sink, reply)
        except BaseException as error:  # noqa: BLE001  # whatever it raises, the tests are told
            send(sink, ["raise", type(error).__name__, _text(error)])


def _text(error: BaseException) -> str:
    try:
        return str(error)[:200]
    except BaseException:  # noqa: BLE001  # an answer's own exception may fail to speak
        return ""

"""The frames between the tests and the code under test: plain data, rebuilt on arrival, so that no object crosses over.

A value that is no plain data stays where it is and is named by a handle. What compares equal is decided by the receiver
alone: a class that says yes to every `==` arrives as a handle, and a handle equals nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, BinaryIO

MAX_FRAME, MAX_ITEMS = 4_000_000, 100_000


class FrameError(ValueError):
    """A frame that is too long, torn, or no data."""


def send(stream: BinaryIO, frame: Any) -> None:
    """Write one frame; raises FrameError for one that is too long."""
    data = json.dumps(frame).encode()
    if len(data) > MAX_FRAME:
        raise FrameError("too much data")
    stream.write(len(data).to_bytes(4, "big") + data)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one frame; raises FrameError at the end of the stream and for what is none."""
    head = stream.read(4)
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > MAX_FRAME:
        raise FrameError("no frame")
    try:
        return json.loads(stream.read(size))
    except (ValueError, RecursionError) as error:
        raise FrameError("no frame") from error


def encode(value: Any, keep: Callable[[Any], Any]) -> Any:
    """A value as JSON: plain data by what it holds, everything else by the handle that `keep` returns.

    >>> encode((1, {"a": {2}}), keep=id)
    {'tuple': [1, {'dict': [['a', {'set': [2]}]]}]}
    """
    kind = type(value)
    if value is None or kind in (bool, str, float):
        return value
    if kind is int:
        return value if abs(value) < 2**53 else {"int": hex(value)}
    if kind in (list, tuple, set, frozenset):
        return {kind.__name__: [encode(item, keep) for item in value]}
    if kind is dict:
        return {"dict": [[encode(key, keep), encode(item, keep)] for key, item in value.items()]}
    if kind in (bytes, bytearray):
        return {kind.__name__: value.hex()}
    if kind is complex:
        return {"complex": [value.real, value.imag]}
    if kind is range:
        return {"range": [value.start, value.stop, value.step]}
    if hasattr(value, "__next__"):
        return {"iterator": [encode(item, keep) for item in islice(value, MAX_ITEMS)]}
    return {"handle": keep(value)}


def decode(data: Any, handle: Callable[[Any], Any]) -> Any:
    """The value of what `encode` made; `handle` stands in for what is no plain data.

    >>> decode(encode([1.5, (2, b"x")], keep=id), handle=str)
    [1.5, (2, b'x')]
    """
    if not isinstance(data, dict):
        return data
    ((kind, content),) = data.items()
    if kind == "int":
        return int(content, 16)
    if kind == "dict":
        return {decode(key, handle): decode(item, handle) for key, item in content}
    if kind in ("bytes", "bytearray"):
        return bytes.fromhex(content) if kind == "bytes" else bytearray.fromhex(content)
    if kind == "complex":
        return complex(*content)
    if kind == "range":
        return range(*content)
    if kind == "handle":
        return handle(content)
    return _COLLECTIONS[kind]([decode(item, handle) for item in content])


_COLLECTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "tuple": tuple,
    "set": set,
    "frozenset": frozenset,
    "iterator": iter,
}

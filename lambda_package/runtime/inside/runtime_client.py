"""Stand-in for awslambdaric's C extension, which exists for Linux and one Python version per wheel only.

Same four functions, same results; awslambdaric's Python code runs unmodified above it. Plain sockets, because
`http.client` would add 30 ms to every cold start that the C extension does not.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

_API = "/2018-06-01/runtime/invocation"
_DEADLINE = "Lambda-Runtime-Deadline-Ms"
_connection: socket.socket | None = None
_user_agent = ""


def initialize_client(user_agent: str) -> None:
    """Store the client's user agent; the first call opens the connection."""
    global _user_agent
    _user_agent = user_agent


def next() -> tuple[bytes, Mapping[str, str | int]]:
    """Wait for an event: its body and the headers that describe it, the deadline as a number."""
    body, headers = _call("GET", f"{_API}/next")
    return body, {**headers, _DEADLINE: int(headers[_DEADLINE])}


def post_invocation_result(invoke_id: str, result: bytes, content_type: str, invocation_id: str | None = None) -> None:
    """Send what the handler returned."""
    _call("POST", f"{_API}/{invoke_id}/response", result, content_type)


def post_error(invoke_id: str, error: str, xray_fault: str, invocation_id: str | None = None) -> None:
    """Send what the handler raised, as JSON text."""
    _call("POST", f"{_API}/{invoke_id}/error", error.encode())


def _call(
    method: str, path: str, body: bytes = b"", content_type: str = "application/json"
) -> tuple[bytes, Mapping[str, str]]:
    connection = _connected()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: {os.environ['AWS_LAMBDA_RUNTIME_API']}\r\nUser-Agent: {_user_agent}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    connection.sendall(head.encode() + body)
    status, headers, received = _read_head(connection)
    answer = bytearray(received)
    while len(answer) < int(headers["Content-Length"]):
        answer += _received(connection)
    if status >= 300:
        raise RuntimeError(f"the Runtime API answered {status} to {method} {path}: {bytes(answer)!r}")
    return bytes(answer), headers


def _connected() -> socket.socket:
    global _connection
    if _connection is None:
        host, _, port = os.environ["AWS_LAMBDA_RUNTIME_API"].partition(":")
        _connection = socket.create_connection((host, int(port)))
        _connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return _connection


def _read_head(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Status, headers, and what of the body came with them."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _received(connection)
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    return int(first.split(" ")[1]), headers, body


def _received(connection: socket.socket) -> bytes:
    data = connection.recv(1 << 20)
    if not data:
        raise ConnectionError("the Runtime API closed the connection")
    return data

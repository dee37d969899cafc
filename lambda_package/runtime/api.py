"""The part of the Lambda Runtime API that a runtime client uses.

Source: AWS Lambda developer guide, "Using the Lambda runtime API for custom runtimes", version 2018-06-01.
"""

from __future__ import annotations

import socket
import threading
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any

FUNCTION_NAME = "SageMaker-grader-under-test"
FUNCTION_ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION_NAME}"
_PREFIX = "/2018-06-01/runtime"


class Kind(Enum):
    """The kind of a message from the runtime client."""

    READY = auto()
    RESPONSE = auto()
    ERROR = auto()
    INIT_ERROR = auto()


@dataclass(frozen=True, slots=True)
class Report:
    """One message from the runtime client."""

    kind: Kind
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Event:
    """One invocation as the runtime client receives it."""

    request_id: str
    body: bytes
    deadline_ms: int


class RuntimeApi:
    """Serves one sandbox: `events` go in, `reports` come out. `close` ends all its threads."""

    def __init__(self, listener: socket.socket) -> None:
        self.events: SimpleQueue[Event | None] = SimpleQueue()
        self.reports: SimpleQueue[Report] = SimpleQueue()
        self._server = _Server(self, listener)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving; a client that waits for an event is released."""
        self.events.put(None)
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, api: RuntimeApi, listener: socket.socket) -> None:
        super().__init__(("", 0), _Conversation, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.api = api
        self.ready = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sandbox that was killed breaks its connection: expected, and reported by who killed it."""


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet; in two, each call waits 40 ms for a delayed acknowledgement
    server: _Server

    def do_GET(self) -> None:
        if not self.server.ready:
            self.server.ready = True
            self.server.api.reports.put(Report(Kind.READY))
        event = self.server.api.events.get()
        if event is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": event.request_id,
            "Lambda-Runtime-Deadline-Ms": str(event.deadline_ms),
            "Lambda-Runtime-Invoked-Function-Arn": FUNCTION_ARN,
            "Lambda-Runtime-Trace-Id": "Root=1-00000000-000000000000000000000000;Sampled=0",
        }
        self._answer(200, event.body, headers)

    def do_POST(self) -> None:
        body = self._body()
        kind = Kind.RESPONSE
        if self.path.endswith("/error"):
            kind = Kind.INIT_ERROR if self.path == f"{_PREFIX}/init/error" else Kind.ERROR
        self.server.api.reports.put(Report(kind, body))
        self._answer(202, b'{"status":"OK"}')

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", "").lower():
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Suppress request logs on the user's terminal."""

"""A page on localhost, made anew at every request: rollouts are looked at while a run writes them."""

from __future__ import annotations

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from estimators.errors import EstimatorError
from rft.errors import RftError

HOST = "127.0.0.1"
NAMES = frozenset({HOST, "localhost"})


def server_of(make_page: Callable[[], str], port: int) -> ThreadingHTTPServer:
    """A server of one page. It answers this machine only, and only by its own names: a page of somebody else that
    points a name of theirs here reads nothing."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Host", "").rpartition(":")[0] not in NAMES:
                self._answer(403, "asked by a name that is not of this machine\n", "text/plain")
            elif self.path != "/":
                self._answer(404, "there is only /\n", "text/plain")
            else:
                self._page()

        def _page(self) -> None:
            try:
                self._answer(200, make_page(), "text/html")
            except EstimatorError as error:  # such as a line that is still being written
                self._answer(503, f"{error}\nReload to read it again.\n", "text/plain")

        def _answer(self, status: int, text: str, kind: str) -> None:
            body = text.encode("utf-8", "replace")
            self.send_response(status)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Frame-Options", "DENY")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the terminal belongs to the command."""

    try:
        return ThreadingHTTPServer((HOST, port), Handler)
    except OSError as error:
        raise RftError(f"port {port} of {HOST}: {error.strerror}; give another with --port, or 0 for any") from error


def serve_page(make_page: Callable[[], str], port: int, tell: Callable[[str], object]) -> None:
    """Serve until Ctrl-C."""
    with server_of(make_page, port) as server:
        tell(f"http://{HOST}:{server.server_address[1]}/  (Ctrl-C ends it)")
        server.serve_forever()

"""A credential goes to the address that was named, and nowhere else."""

from __future__ import annotations

import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.errors import SpecError
from rewards.origins import checked_url, open_url, without_secrets


class Server(HTTPServer):
    """Redirects what it is asked to `to`, or answers; it keeps the credentials it saw."""

    def __init__(self, to: str = "", status: int = 302) -> None:
        super().__init__(("127.0.0.1", 0), Conversation)
        self.to, self.status, self.seen = to, status, list[str | None]()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Conversation(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.seen.append(self.headers.get("Authorization"))
        self.send_response(self.server.status if self.server.to else 200)
        if self.server.to:
            self.send_header("Location", self.server.to)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST  # noqa: N815  the name that the base class looks for

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def other() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("body", [None, b"{}"])
def test_a_token_follows_no_redirect(other: Server, status: int, body: bytes | None) -> None:
    first = Server(other.url, status)
    request = urllib.request.Request(first.url, body, {"Authorization": "Bearer secret"})
    with pytest.raises(urllib.error.HTTPError):
        open_url(request, timeout_s=5)
    first.shutdown()
    first.server_close()
    assert first.seen == ["Bearer secret"]
    assert other.seen == []


def test_without_a_redirect_the_reply_comes(other: Server) -> None:
    with open_url(urllib.request.Request(other.url, b"{}"), timeout_s=5) as reply:
        assert reply.read() == b"{}"


@pytest.mark.parametrize(
    "url",
    [
        "http://me:secret@host/v1",
        "https://token@host",
        "http://@host",
        "http://host/v1?api-key=secret",
        "http://host?secret",
        "http://host/v1#secret",
        "http://host:secret/v1?token",
        "http://[secret/v1",
        "http://host/v1\nX-Key: x",
        "host/v1?api-key=secret",
        "ftp://host",
        "host/v1",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_that_may_hold_a_secret_or_of_another_kind_is_refused_without_saying_it(url: str) -> None:
    with pytest.raises(SpecError) as refused:
        checked_url(url)
    assert "secret" not in str(refused.value)
    assert "token" not in str(refused.value)


SECRETS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=8)


@given(
    SECRETS,
    st.sampled_from(["http://{}@h/v1", "https://me:{}@h:8/", "s3://h/a?{}", "x://h#{}", "a://u:{}@h/b@c?d={}#{}"]),
)
def test_a_text_keeps_all_but_the_secrets_of_its_addresses(secret: str, address: str) -> None:
    told = without_secrets(f"no way to '{address.replace('{}', secret)}', try 7")
    assert secret not in told.replace("no way to", "").replace("try 7", "")
    assert told.startswith("no way to '")
    assert told.endswith("', try 7")
    assert "://h" in told


@given(st.text())
def test_a_text_without_an_address_is_left_as_it_is(text: str) -> None:
    assert without_secrets(text.replace("://", "")) == text.replace("://", "")

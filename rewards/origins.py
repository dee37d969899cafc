"""Addresses of servers: none holds a credential, and a request that has one goes to the address that was named only."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import IO, Any
from urllib.parse import urlsplit

from rewards.errors import SpecError

_ADDRESS = re.compile(r"(?<=://)([^\s/?#\"'<>]*@)?([^\s?#\"'<>]*)([?#][^\s\"'<>]*)?")
_WHERE_KEYS_GO = "which ends up in logs; put a key into an environment variable"


def without_secrets(text: str) -> str:
    """The text, its addresses without name, password, query and fragment: where credentials stand in one.

    >>> without_secrets("no way to 'https://me:secret@host:8/v1?api-key=secret' now")
    "no way to 'https://host:8/v1?…' now"
    """
    return _ADDRESS.sub(lambda found: f"{found[2]}{found[3][0]}…" if found[3] else found[2], text)


def checked_url(url: str) -> str:
    """The address, without a slash at its end, where it is http or https and has nothing but a host and a path.

    A name and password, a query or a fragment may be a credential, and an address ends up in logs and journals: they
    raise `SpecError`, as does another scheme.

    >>> checked_url("https://me:secret@host/v1")
    Traceback (most recent call last):
        ...
    rewards.errors.SpecError: the address of 'host' must not hold a name or password, which ends up in logs; put a key \
into an environment variable
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:  # it quotes what it cannot read
        raise SpecError("an address must be http or https, with a host, and a port of digits if it has one") from None
    if parts.scheme not in ("http", "https") or not host or not url.isprintable() or " " in url:
        raise SpecError(f"an address must be http or https, with a host, got {_shown(url)!r}")
    for name, there in (("name or password", "@" in parts.netloc), ("query", "?" in url), ("fragment", "#" in url)):
        if there:
            raise SpecError(f"the address of {host!r} must not hold a {name}, {_WHERE_KEYS_GO}")
    return url.rstrip("/")


def _shown(url: str) -> str:
    """What is no address, without what may be a secret in it."""
    return re.split("[?#]", url.rpartition("@")[2])[0]


def chat_request(url: str, body: Mapping[str, Any], *, key: str | None = None) -> urllib.request.Request:
    """The request for a chat completion of the server at `url`, which is that of `/v1`; `key` goes into a header.

    Raises `SpecError` for an address that is none or may hold a credential.

    >>> chat_request("http://localhost:8000/v1/", {"model": "m", "messages": []}).full_url
    'http://localhost:8000/v1/chat/completions'
    """
    headers = {"Content-Type": "application/json"} | ({} if key is None else {"Authorization": f"Bearer {key}"})
    return urllib.request.Request(  # noqa: S310  the scheme is checked
        f"{checked_url(url)}/chat/completions", json.dumps(body).encode(), headers
    )


def open_url(request: urllib.request.Request, *, timeout_s: float) -> IO[bytes]:
    """The reply to a request. A redirect is an error: its headers, and so the credential, would go somewhere else."""
    opener = urllib.request.build_opener(_NoRedirect)
    reply: IO[bytes] = opener.open(request, timeout=timeout_s)
    return reply


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> None:
        host = urlsplit(newurl).netloc.rpartition("@")[2]
        reason = f"sent on to {host!r}; name the final address, as a credential follows no redirect"
        raise urllib.error.HTTPError(req.full_url, code, reason, headers, fp)

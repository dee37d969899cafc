"""How a request with a credential leaves: to the address that was named, and never on to another one."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import IO, Any
from urllib.parse import urlsplit

from rewards.errors import SpecError


def checked_url(url: str) -> str:
    """The address, without a slash at its end, where it is http or https and holds no name and password.

    >>> checked_url("https://me:secret@host/v1")
    Traceback (most recent call last):
        ...
    rewards.errors.SpecError: an address must not hold a name and password, which end up in logs; host 'host' has them
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        shown = url.rpartition("@")[2]
        raise SpecError(f"an address must be http or https, with a host, got {shown!r}")
    if parts.username is not None or parts.password is not None:
        raise SpecError(
            f"an address must not hold a name and password, which end up in logs; host {parts.hostname!r} has them"
        )
    return url.rstrip("/")


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

"""Client-side rate limiting within an account's quota per minute.

Calls go out evenly instead of in bursts: then no minute, wherever it is said to begin, holds more than the quota, and
none is refused. What a call will cost in tokens is estimated when it goes out and settled when its answer is there;
the estimate of those that follow is scaled by what the answers took so far.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

USED = 0.98  # of a quota; clocks differ, and the other side may count a call a moment later
_LATE_S = 0.5  # that a call may go out after its time without losing it: threads wake late


class Place(NamedTuple):
    """Room for a call of so many tokens, as estimated and as scaled; none yet where there is something to wait."""

    wait_s: float
    estimated: float
    reserved: float


class Pace:
    """Turns calls into times. One for all threads; without a quota nothing waits.

    >>> pace = Pace(requests_per_minute=60, now=lambda: 1000.0)
    >>> pace.take(0).wait_s, round(pace.take(0).wait_s, 2)
    (0.0, 0.52)
    """

    def __init__(
        self,
        *,
        requests_per_minute: float | None = None,
        tokens_per_minute: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request_s = 60 / (requests_per_minute * USED) if requests_per_minute else 0.0
        self._token_s = 60 / (tokens_per_minute * USED) if tokens_per_minute else 0.0
        self._now = now
        self._next_request = self._next_token = float("-inf")
        self._estimated = self._used = 0.0
        self._lock = Lock()

    def take(self, tokens: float) -> Place:
        """The place of a call of about so many tokens. With something to wait none is taken: wait, and ask again."""
        with self._lock:
            now = self._now()
            reserved = tokens * (self._used / self._estimated if self._estimated else 1.0)
            wait_s = max(0.0, self._next_request - now, self._next_token - now)
            if not wait_s:
                self._next_request = max(self._next_request, now - _LATE_S) + self._request_s
                self._next_token = max(self._next_token, now - _LATE_S) + reserved * self._token_s
            return Place(wait_s, tokens, reserved)

    def settle(self, place: Place, used: float) -> None:
        """The call of this place took so many tokens; those that follow wait longer, or less long."""
        with self._lock:
            self._estimated += place.estimated
            self._used += used
            self._next_token += (used - place.reserved) * self._token_s

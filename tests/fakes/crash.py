"""Kills the program before or after one chosen AWS call, as a power cut would."""

from __future__ import annotations

from typing import Any, Literal


class Crash(BaseException):
    """Not an Exception: nothing in a library may catch it."""


class CrashAt:
    """Raises `Crash` before the n-th call (counted over all clients) leaves, or after its answer has arrived.

    A session in place of clients stands for all that are made of it from then on.
    """

    def __init__(self, nth: int, when: Literal["before", "after"], *clients: Any):
        self.nth, self.when, self.seen = nth, when, 0
        self.armed = True
        for client in clients:
            events = client.events if hasattr(client, "events") else client.meta.events
            events.register_first("before-send", self._before)
            events.register_first("after-call", self._after)

    @property
    def fired(self) -> bool:
        return not self.armed

    def _before(self, **_: Any) -> None:
        self.seen += 1
        self._crash_if("before")

    def _after(self, **_: Any) -> None:
        self._crash_if("after")

    def _crash_if(self, when: str) -> None:
        if self.armed and self.when == when and self.seen == self.nth:
            self.armed = False
            raise Crash(f"{when} call {self.nth}")

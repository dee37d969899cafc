"""Fault injection: a teacher wrapped with seeded throttles, timeouts and unusable replies."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, fields
from random import Random
from threading import Lock

from datagen.errors import BusyError, RefusedError
from datagen.teachers import Teacher
from datagen.types import Answer, Request


@dataclass(frozen=True, slots=True)
class Rates:
    """Share of the calls, in [0, 1], that end in each way."""

    throttled: float = 0.0
    timeout: float = 0.0
    malformed: float = 0.0
    truncated: float = 0.0
    filtered: float = 0.0
    refused: float = 0.0


@dataclass(frozen=True, slots=True)
class FaultyTeacher:
    """`of`, with faults. What becomes of the n-th attempt of a request depends on the seed, the request and n alone.

    So it does not depend on the teacher inside, whose identity may hold a path of this machine.
    """

    of: Teacher
    rates: Rates
    seed: str
    attempts: Counter[str] = field(default_factory=Counter)
    lock: Lock = field(default_factory=Lock)

    @property
    def identity(self) -> str:
        """That of the teacher inside: faults change when answers come, and not what they are worth keeping for."""
        return self.of.identity

    def __call__(self, request: Request, /) -> Answer:
        """The answer of the teacher inside, or the fault that was drawn."""
        match self._draw(request):
            case "throttled":
                raise BusyError("ThrottlingException: too many requests")
            case "timeout":
                raise BusyError("read timed out")
            case "refused":
                raise RefusedError("ValidationException: the request is not valid")
            case "malformed":
                return Answer("Certainly! Here are your samples:")
            case "truncated":
                text = self.of(request).text
                return Answer(text[: len(text) // 2], stop_reason="max_tokens")
            case "filtered":
                return Answer("", stop_reason="content_filtered")
            case _:
                return self.of(request)

    def _draw(self, request: Request) -> str:
        key = request.key("")  # not whom: a command's identity holds the path of its interpreter
        with self.lock:
            self.attempts[key] += 1
            attempt = self.attempts[key]
        point = Random(f"{self.seed}/{key}/{attempt}").random()
        for fault in fields(self.rates):
            point -= getattr(self.rates, fault.name)
            if point < 0:
                return fault.name
        return ""

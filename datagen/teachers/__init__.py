"""Teachers, which write the samples: any callable from a request to a reply."""

from __future__ import annotations

from typing import Protocol

from datagen.types import Answer, Request


class Teacher(Protocol):
    """Writes samples about a passage as JSON text: ``{"samples": [{"question": ..., "answer": ...}]}``."""

    @property
    def identity(self) -> str:
        """Whatever changes the answers: model, parameters, templates. It enters the key of every request."""
        ...

    def __call__(self, request: Request, /) -> Answer:
        """Answer the request; raise `TeacherError` where no answer can be had."""
        ...

"""A teacher that replays recorded replies, for tests, demonstrations and re-parsing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datagen.errors import FormatError, RefusedError
from datagen.formats import read_jsonl
from datagen.types import Answer, Request, digest


@dataclass(frozen=True, slots=True)
class ReplayTeacher:
    """Answers by what they are about, as `Journal.export` wrote them."""

    answers: Mapping[str, str]
    identity: str

    def __call__(self, request: Request, /) -> Answer:
        """The recorded answer; `RefusedError` where there is none."""
        text = self.answers.get(request.subject)
        if text is None:
            place = f"{request.passage.document.path}, characters {request.passage.start} to {request.passage.end}"
            raise RefusedError(f"no recorded answer for {place}; the document, the chunking or the sample has changed")
        return Answer(text)


def replay_teacher(path: Path) -> ReplayTeacher:
    """The teacher of a recording: one JSON object per line with ``about`` and ``answer``."""
    answers: dict[str, str] = {}
    for number, row in read_jsonl(path):
        about, answer = row.get("about"), row.get("answer")
        if not isinstance(about, str) or not isinstance(answer, str):
            raise FormatError(f'{path}:{number}: expected {{"about": text, "answer": text}}')
        answers[about] = answer
    return ReplayTeacher(answers, f"replay/{digest(path.read_bytes())}")

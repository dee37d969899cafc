"""Request replies of a model, and retry once if a reply is unusable; for samples and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from datagen.decode import Decoded, Decoder
from datagen.teachers import Teacher
from datagen.teachers.batch import Batch, ask_in_batch
from datagen.teachers.journal import Journal
from datagen.teachers.runner import Patience, Progress, ask
from datagen.types import Answer, Request

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Reply(Generic[T]):
    """A request, its parsed reply, and the raw reply; None if there was none."""

    request: Request
    found: Decoded[T]
    answer: Answer | None


def replies(
    teacher: Teacher | Batch,
    requests: Sequence[Request],
    read: Decoder[T],
    journal: Journal,
    patience: Patience,
    *,
    repair: bool = True,
    progress: Progress | None = None,
) -> list[Reply[T]]:
    """A reply to each request, in their order; what the journal knows is not asked again.

    A cut answer is asked for again with twice the room, an unreadable one with the problem, if `repair` says so.
    """
    _ask(teacher, requests, journal, patience, progress)
    first = [_reply(teacher, request, read, journal) for request in requests]
    again = [_again(reply, repair) for reply in first]
    _ask(teacher, [request for request in again if request], journal, patience, progress, before=requests)
    second = [_reply(teacher, request, read, journal) if request else None for request in again]
    return [replace(new, request=old.request) if new else old for old, new in zip(first, second, strict=True)]


def _ask(
    teacher: Teacher | Batch,
    requests: Sequence[Request],
    journal: Journal,
    patience: Patience,
    progress: Progress | None,
    before: Sequence[Request] = (),
) -> None:
    if isinstance(teacher, Batch):
        ask_in_batch(teacher, requests, journal, patience, progress=progress)
    else:
        ask(teacher, requests, journal, patience, before=before, progress=progress)


def _reply(teacher: Teacher | Batch, request: Request, read: Decoder[T], journal: Journal) -> Reply[T]:
    key = request.key(teacher.identity)
    answer = journal.answer(key)
    if answer is None:
        return Reply(request, Decoded((), "unanswered", journal.failures().get(key, "not asked")), None)
    return Reply(request, read(answer), answer)


def _again(reply: Reply[T], repair: bool) -> Request | None:
    """The question to put once more, if any."""
    request, found = reply.request, reply.found
    if found.code == "truncated":
        return replace(request, max_tokens=request.max_tokens * 2)
    if found.code in ("malformed", "schema") and request.prompt and repair and reply.answer:
        note = (
            f"\n\nYour answer was:\n{reply.answer.text}\n\nIt cannot be used: {found.problem}\nAnswer again, in full."
        )
        return replace(request, prompt=request.prompt + note)
    return None

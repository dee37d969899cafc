"""Variants of rows: the same request as other people would put it, each with the row that it came from."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field

from datagen.config import Section, TeacherConfig
from datagen.decode import Decoded, object_in
from datagen.errors import ConfigError, FormatError
from datagen.existing.forms import Written, written_as
from datagen.existing.shapes import Conversation, conversation_of
from datagen.existing.tables import read_rows
from datagen.formats import write_jsonl
from datagen.generation.ask_and_repair import replies
from datagen.generation.prompts import VARYING, load_prompt
from datagen.quality.similarity import normalised
from datagen.teachers.batch import Batch, enough_for_a_batch
from datagen.teachers.build import build_teacher, is_free, is_template, patience_of
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Progress
from datagen.types import Answer, Document, Passage, Request, digest
from datagen.validate.words import reserved_words
from rewards.writing import beside

_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")


class VariantsConfig(Section):
    """What variants are written of each row: every persona with every complexity."""

    teacher: TeacherConfig
    personas: tuple[str, ...] = Field(default=("a typical user",), min_length=1)
    complexities: tuple[str, ...] = Field(default=("as it is",), min_length=1)


@dataclass(frozen=True, slots=True)
class Varied:
    """The files of rows and rejects, rows read and written, variants rejected by code, and parts not carried."""

    out: Path
    log: Path
    rows_read: int
    rows_written: int
    rejected: Mapping[str, int]
    lost: Mapping[str, int]


def _problem(question: str, text: str) -> str:
    """Why the text is no variant of the question; empty where it is one."""
    if words := [word for _, word in reserved_words(text)]:
        return f"{words[0]!r} is reserved by Nova"
    before, after = set(_NUMBER.findall(question)), set(_NUMBER.findall(text))
    return f"numbers {sorted(before ^ after)} are only in one of the two" if before != after else ""


def _read(answer: Answer) -> Decoded[str]:
    found = object_in(answer, "question")
    if isinstance(found, Decoded):
        return found
    text = found.get("question")
    return Decoded((text.strip(),)) if isinstance(text, str) and text.strip() else Decoded((), "schema", "no question")


def vary(
    path: Path,
    out: Path,
    config: VariantsConfig,
    *,
    root: Path = Path(),
    seed: int | str = 0,
    journal: Path | None = None,
    progress: Progress | None = None,
) -> Varied:
    """Write the rows of `path` as RFT rows with their variants after them, and a log of rejected variants beside.

    Each names its row under ``metadata.source``, by which `split` keeps them together, its persona and complexity. A
    variant is rejected that says the same as another, or whose numbers differ from those of its row. What an RFT row
    cannot hold, such as the worse answer of a pair, is in the log under ``lost``.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"{str(out)!r} is the file itself; write the new rows somewhere else")
    if is_template(config.teacher):
        raise ConfigError("a template teacher cannot rewrite; use a model, a command or a replay")
    told = [_told(path, line, values) for line, values in read_rows(path)]
    kinds = [(persona, complexity) for persona in config.personas for complexity in config.complexities]
    prompt = load_prompt(None, VARYING)
    asked = [
        _request(
            one, prompt.render(persona=kind[0], complexity=kind[1], question=_question(one)), kind, config, str(seed)
        )
        for one in told
        for kind in kinds
    ]
    teacher = build_teacher(config.teacher, root=root, seed=str(seed))
    if isinstance(teacher, Batch):
        enough_for_a_batch(asked)
    answers = None if is_free(config.teacher) else journal or out.parent / "variants.sqlite"
    with open_journal(answers) as opened:
        found = iter(replies(teacher, asked, _read, opened, patience_of(config.teacher), progress=progress))
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    losses: list[dict[str, Any]] = []
    for one in told:
        seen = {normalised(_question(one))}
        written = _row(one, one.id, _question(one), {})
        rows.append(written.row)
        if written.lost:
            losses.append({"source": one.id, "lost": written.lost})
        for number, (persona, complexity) in enumerate(kinds, 1):
            reply = next(found)
            facts = {"persona": persona, "complexity": complexity, "request": reply.request.key(teacher.identity)}
            text = reply.found.values[0] if reply.found.values else ""
            code, reason = reply.found.code, reply.found.problem
            if text and (reason := _problem(_question(one), text)):
                code = "schema"
            elif text and normalised(text) in seen:
                code, reason = "duplicate", "the same words as its row or another variant"
            if code:
                rejects.append({"code": code, "reason": reason, "source": one.id, **facts, "raw": text})
                continue
            seen.add(normalised(text))
            rows.append(_row(one, f"{one.id}-v{number}", text, facts).row)
    log = beside(out, ".rejects.jsonl")
    count = write_jsonl(out, rows)
    write_jsonl(log, [*rejects, *losses])
    rejected = Counter(str(reject["code"]) for reject in rejects)
    return Varied(out, log, len(told), count, rejected, Counter(name for loss in losses for name in loss["lost"]))


def _told(path: Path, line: int, values: Mapping[str, Any]) -> Conversation:
    try:
        told = conversation_of(values)
    except FormatError as error:
        raise FormatError(f"{path}:{line}: {error}") from error
    if not isinstance(told.messages[-1].get("content"), str) or told.messages[-1]["role"] != "user":
        raise FormatError(f"{path}:{line}: the prompt does not end with a text of the user, which is what is varied")
    return replace(told, id=told.id or f"{path.stem}-{line}")


def _question(told: Conversation) -> str:
    return str(told.messages[-1]["content"])


def _request(one: Conversation, text: str, kind: tuple[str, str], config: VariantsConfig, seed: str) -> Request:
    question = _question(one)
    place = Passage(Document(f"row {one.id}", question, digest(question)), 0, 0, len(question))
    limit = getattr(config.teacher, "max_tokens", 4096)
    return Request(place, 1, seed, prompt=text, max_tokens=limit, about="/".join((one.id, *kind)))


def _row(one: Conversation, name: str, question: str, facts: Mapping[str, str]) -> Written:
    messages = [*one.messages[:-1], {**one.messages[-1], "content": question}]
    own = one.extra.get("metadata")
    metadata = {**(own if isinstance(own, Mapping) else {}), "source": one.id, **facts}
    return written_as(replace(one, id=name, messages=messages, extra={**one.extra, "metadata": metadata}), "rft", name)

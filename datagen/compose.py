"""From documents to drafts: cut, ask, read the answers, and ask once more where an answer cannot be read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from datagen import formats, pii
from datagen.asking import Reply, replies
from datagen.chunk import spans
from datagen.config import DataConfig
from datagen.decode import Pair, decoder
from datagen.errors import ConfigError
from datagen.execute import run_all
from datagen.journal import Journal
from datagen.parse import Parsed, Unreadable, files_in, parse
from datagen.prompts import TEACHING, Prompt, load_prompt, read_text, shown_as_json
from datagen.teach import Progress
from datagen.teachers.batch import Batch, enough_for_a_batch
from datagen.teachers.build import build_teacher, is_free, patience_of
from datagen.types import DEFAULT_MAX_TOKENS, Document, Draft, Passage, Reject, Request, digest
from rewards.types import JSON, Message, Sample


class Sources(NamedTuple):
    """The documents of a project, what could not be read, and how much personal data was masked."""

    documents: list[Document]
    unreadable: list[Unreadable]
    masked: dict[str, int]


@dataclass(frozen=True, slots=True)
class Task:
    """What every sample has in common."""

    system: str
    tools: tuple[dict[str, JSON], ...]
    seed: str


def read_sources(config: DataConfig, root: Path) -> Sources:
    """Read and, where the project wants it, mask the documents."""
    folder = root / config.documents
    paths = files_in(folder)
    parsed = run_all(_Parse(root), paths, on=config.executor)
    documents = [document for found in parsed for document in found.documents]
    unreadable = [problem for found in parsed for problem in found.unreadable]
    if not documents:
        raise ConfigError(
            f"no documents in {str(folder)!r}" + "".join(f"; {name}: {why}" for name, why in unreadable[:1])
        )
    return _masked(documents, unreadable) if config.mask_personal_data else Sources(documents, unreadable, {})


def passages_of(document: Document, config: DataConfig) -> Iterator[Passage]:
    """The passages of a document, in order."""
    cut = spans(document.text, size=config.chunk.size, overlap=config.chunk.overlap, by=config.chunk.by)
    return (Passage(document, index, *span) for index, span in enumerate(cut))


def read_task(config: DataConfig, root: Path, seed: str) -> Task:
    """The system prompt and the tools."""
    system = read_text(root / config.system, "the system prompt").strip()
    tools = json.loads(read_text(root / config.tools, "the tools")) if config.tools else []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise ConfigError(f"{root / config.tools if config.tools else ''}: expected a list of function definitions")
    return Task(system, tuple(tools), seed)


def requests_for(documents: Sequence[Document], config: DataConfig, task: Task, root: Path) -> list[Request]:
    """One request per passage; its prompt holds the passage, unless the teacher is one that needs none."""
    passages = [passage for document in documents for passage in passages_of(document, config)]
    if is_free(config.teacher):
        return [Request(passage, config.samples_per_passage, task.seed) for passage in passages]
    prompt = read_prompt(config, task, root)
    limit = getattr(config.teacher, "max_tokens", DEFAULT_MAX_TOKENS)
    return [_prompted(prompt, passage, config.samples_per_passage, task.seed, limit) for passage in passages]


def compose(
    requests: Sequence[Request],
    config: DataConfig,
    task: Task,
    root: Path,
    journal: Journal,
    *,
    progress: Progress | None = None,
) -> tuple[list[Draft], list[Reject]]:
    """Ask the teacher whatever the journal does not know yet, and read all answers in the order of the requests."""
    teacher = build_teacher(config.teacher, root=root, seed=task.seed)
    if isinstance(teacher, Batch):
        enough_for_a_batch(requests)
    found = replies(
        teacher,
        requests,
        decoder(_json_file(config.prompt.answer_schema, root)),
        journal,
        patience_of(config.teacher),
        repair=config.prompt.repair,
        progress=progress,
    )
    drafts = [_draft(pair, reply, task, teacher.identity) for reply in found for pair in reply.found.values]
    return drafts, [_reject(reply) for reply in found if reply.found.code]


def read_prompt(config: DataConfig, task: Task, root: Path) -> Prompt:
    """The prompt of a model teacher, checked."""
    settings = config.prompt
    schema = _json_file(settings.answer_schema, root)
    return load_prompt(
        root / settings.file if settings.file else None,
        TEACHING,
        guidelines=read_text(root / settings.guidelines, "the guidelines").strip() if settings.guidelines else "none",
        examples=read_text(root / settings.examples, "the examples").strip() if settings.examples else "none",
        tools=shown_as_json(list(task.tools)),
        schema=shown_as_json(schema),
    )


@dataclass(frozen=True, slots=True)
class _Parse:
    """Parses a file below `root`; picklable, so that other processes can do it."""

    root: Path

    def __call__(self, path: Path, /) -> Parsed:
        return parse(path, path.relative_to(self.root).as_posix())


def _masked(documents: Sequence[Document], unreadable: list[Unreadable]) -> Sources:
    counts: dict[str, int] = {}
    clean: list[Document] = []
    for document in documents:
        found = pii.mask(document.text)
        clean.append(replace(document, text=found.text))
        for kind, count in found.counts.items():
            counts[kind] = counts.get(kind, 0) + count
    return Sources(clean, unreadable, counts)


def _prompted(prompt: Prompt, passage: Passage, count: int, seed: str, limit: int) -> Request:
    text = prompt.render(passage=passage.text, document=passage.document.path, count=str(count))
    assert passage.text in text, "the teacher must see the passage"
    return Request(passage, count, seed, prompt=text, max_tokens=limit)


def _draft(pair: Pair, reply: Reply[Pair], task: Task, teacher: str) -> Draft:
    passage = reply.request.passage
    name = digest(task.seed, passage.document.path, pair.question)
    messages = (Message("system", task.system), Message("user", pair.question))
    extra = {} if pair.gold is None else {formats.GOLD: formats.compact(pair.gold)}
    facts = {"teacher": teacher, "request": reply.request.key(teacher)}
    return Draft(
        Sample(name, messages, pair.answer, task.tools, extra),
        passage,
        facts,
        reasoning=pair.reasoning,
        worse=pair.worse,
    )


def _reject(reply: Reply[Pair]) -> Reject:
    raw = reply.answer.text if reply.answer else ""
    return Reject(reply.found.code, reply.found.problem, reply.request.passage, raw=raw)


def _json_file(path: object, root: Path) -> dict[str, JSON]:
    if path is None:
        return {}
    value = json.loads(read_text(root / str(path), "the answer schema"))
    if not isinstance(value, dict):
        raise ConfigError(f"{root / str(path)}: a JSON Schema is an object")
    return value

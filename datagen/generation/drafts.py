"""Draft samples from documents: chunk, request, parse, and retry once if a reply is unusable."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from datagen import formats
from datagen.chunk import spans
from datagen.config import DataConfig, MaskConfig
from datagen.decode import Pair, decoder
from datagen.documents import ocr, pii
from datagen.documents.parse import FileAccount, Unreadable, files_in, parse
from datagen.documents.stored import StoredTexts
from datagen.errors import ConfigError
from datagen.executors import run_each
from datagen.generation.ask_and_repair import Reply, replies
from datagen.generation.prompts import TEACHING, Prompt, load_prompt, read_text, shown_as_json
from datagen.teachers.batch import Batch, enough_for_a_batch
from datagen.teachers.build import build_teacher, is_free, is_template, patience_of
from datagen.teachers.journal import Journal
from datagen.teachers.runner import Progress
from datagen.types import DEFAULT_MAX_TOKENS, Document, Draft, Passage, Reject, Request, digest
from datagen.validate.words import reserved_words, without_reserved
from rewards.rows import GOLD
from rewards.types import JSON, Message, Sample

_AT_A_TIME = 500  # requests to a teacher that costs nothing


class Sources(NamedTuple):
    """The documents of a project, what could not be read, how much was masked, and the account of each file."""

    documents: list[Document]
    unreadable: list[Unreadable]
    masked: Counter[str]
    accounts: list[FileAccount]


@dataclass(frozen=True, slots=True)
class Task:
    """The system prompt and tools that all samples share."""

    system: str
    tools: tuple[dict[str, JSON], ...]
    seed: str


def read_sources(config: DataConfig, root: Path) -> Sources:
    """Read and, where the project wants it, mask the documents; their texts are in a temporary file."""
    if config.ocr:
        ocr.require()
    folder = root / config.documents
    texts = StoredTexts()
    documents: list[Document] = []
    unreadable: list[Unreadable] = []
    masked: Counter[str] = Counter()
    accounts: list[FileAccount] = []
    read = _Read(root, config.mask, _secret(config), config.ocr)
    for found in run_each(read, files_in(folder), on=config.executor):
        documents += map(texts.stored, found.documents)
        unreadable += found.unreadable
        masked += found.masked
        accounts += found.accounts
    if not documents:
        raise ConfigError(
            f"no documents in {str(folder)!r}" + "".join(f"; {name}: {why}" for name, why in unreadable[:1])
        )
    return Sources(documents, unreadable, masked, accounts)


def passages_of(document: Document, config: DataConfig) -> Iterator[Passage]:
    """The passages of a document, in order."""
    cut = spans(document.text, size=config.chunk.size, overlap=config.chunk.overlap, by=config.chunk.by)
    return (Passage(document, index, *span) for index, span in enumerate(cut))


def read_task(config: DataConfig, root: Path, seed: str) -> Task:
    """The system prompt and the tools."""
    system = _system(root / config.system)
    tools = _json_of(root / config.tools, "the tools") if config.tools else []
    if not isinstance(tools, list) or not all(isinstance(tool, dict) for tool in tools):
        raise ConfigError(f"{root / config.tools if config.tools else ''}: expected a list of function definitions")
    return Task(system, tuple(tools), seed)


def _system(path: Path) -> str:
    """The system prompt; a reserved word in it would spoil every row, after the teacher was paid."""
    text = read_text(path, "the system prompt").strip()
    if words := list(dict.fromkeys(word for _, word in reserved_words(text))):
        raise ConfigError(f"{path}: {', '.join(map(repr, words))} is reserved; write {without_reserved(words[0])!r}")
    return text


def requests_for(documents: Sequence[Document], config: DataConfig, task: Task, root: Path) -> Iterator[Request]:
    """One request per passage; its prompt holds the passage, unless the teacher is one that needs none."""
    passages = (passage for document in documents for passage in passages_of(document, config))
    if is_free(config.teacher):
        return (Request(passage, config.samples_per_passage, task.seed) for passage in passages)
    prompt = read_prompt(config, task, root)
    limit = getattr(config.teacher, "max_tokens", DEFAULT_MAX_TOKENS)
    return (_prompted(prompt, passage, config.samples_per_passage, task.seed, limit) for passage in passages)


def compose(
    documents: Sequence[Document],
    config: DataConfig,
    task: Task,
    root: Path,
    journal: Journal,
    *,
    progress: Progress | None = None,
) -> Iterator[Draft | Reject]:
    """Send the requests that are not in the journal yet, and parse all replies in the order of the requests.

    A teacher that costs something is sent all requests at once, which are in memory; another some hundreds at a time.
    """
    teacher = build_teacher(config.teacher, root=root, seed=task.seed)
    requests = requests_for(documents, config, task, root)
    if isinstance(teacher, Batch):
        requests = iter(every := list(requests))
        enough_for_a_batch(every)
    read = decoder(_json_file(config.prompt.answer_schema, root), needs=_needed(config))
    ask = partial(
        replies, teacher, read=read, journal=journal, patience=patience_of(config.teacher), repair=config.prompt.repair
    )
    if is_free(config.teacher):
        total = sum(1 for document in documents for _ in passages_of(document, config))
        found = _some_at_a_time(ask, requests, total, progress)
    else:
        found = iter(ask(list(requests), progress=progress))
    for reply in found:
        yield from (_draft(pair, reply, task, teacher.identity, config) for pair in reply.found.values)
        if reply.found.code:
            yield _reject(reply)


def _some_at_a_time(
    ask: Callable[..., list[Reply[Pair]]], requests: Iterator[Request], total: int, progress: Progress | None
) -> Iterator[Reply[Pair]]:
    before = 0
    while some := list(islice(requests, _AT_A_TIME)):
        yield from ask(some, progress=partial(_told, progress, before, total) if progress else None)
        before += len(some)


def _told(progress: Progress, before: int, total: int, done: int, _: int) -> None:
    progress(before + done, total)


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
        keys=_keys(config),
    )


def _needed(config: DataConfig) -> list[str]:
    """The optional keys that every sample must have."""
    return [*(["reasoning"] if config.prompt.reasoning else []), *(["worse"] if config.needs_worse else [])]


def _keys(config: DataConfig) -> str:
    """The keys of a sample as the teacher is shown them."""
    keys = ['"question": "..."', '"answer": ...']
    if config.prompt.reasoning:
        keys.insert(1, '"reasoning": "the steps that lead to the answer"')
    if config.needs_worse:
        keys.append('"worse": an answer of the same kind that is plausible and wrong')
    return "{" + ", ".join(keys) + "}"


@dataclass(frozen=True, slots=True)
class _Read:
    """Reads a file below `root` and masks it; picklable, so that other processes and machines can do it."""

    root: Path
    mask: MaskConfig | None
    secret: str
    ocr: bool

    def __call__(self, path: Path, /) -> Sources:
        documents, unreadable, account = parse(path, path.relative_to(self.root).as_posix(), ocr=self.ocr)
        if self.mask is None:
            return Sources(documents, unreadable, Counter(), [account])
        finder = pii.presidio_finder(self.mask.language) if self.mask.finder == "presidio" else None
        masked = [pii.mask(document.text, finder=finder, key=self.secret) for document in documents]
        clean = [replace(document, text=found.text) for document, found in zip(documents, masked, strict=True)]
        return Sources(clean, unreadable, sum((found.counts for found in masked), Counter[str]()), [account])


def _secret(config: DataConfig) -> str:
    name = config.mask.key_env if config.mask else ""
    if name and not os.environ.get(name):
        raise ConfigError(f"mask.key_env names the environment variable {name!r}, which is not set")
    return os.environ.get(name, "")


def _prompted(prompt: Prompt, passage: Passage, count: int, seed: str, limit: int) -> Request:
    text = prompt.render(passage=passage.text, document=passage.document.path, count=str(count))
    assert passage.text in text, "the teacher must see the passage"
    return Request(passage, count, seed, prompt=text, max_tokens=limit)


def _draft(pair: Pair, reply: Reply[Pair], task: Task, teacher: str, config: DataConfig) -> Draft:
    """All rows have reasoning or none, so what was not asked for is left out."""
    passage = reply.request.passage
    name = digest(task.seed, passage.document.path, pair.question)
    messages = (Message("system", task.system), Message("user", pair.question))
    extra = {} if pair.gold is None else {GOLD: formats.compact(pair.gold)}
    facts = {"teacher": teacher, "request": reply.request.key(teacher)}
    reasoning = pair.reasoning if config.prompt.reasoning else ""
    worse = pair.worse if config.needs_worse else None
    sample = Sample(name, messages, pair.answer, task.tools, extra)
    shown = "" if is_template(config.teacher) else f"{passage.document.path}\n{passage.text}"
    return Draft(sample, passage, facts, reasoning=reasoning, worse=worse, shown=shown)


def _reject(reply: Reply[Pair]) -> Reject:
    raw = reply.answer.text if reply.answer else ""
    return Reject(reply.found.code, reply.found.problem, reply.request.passage, raw=raw)


def _json_file(path: object, root: Path) -> dict[str, JSON]:
    if path is None:
        return {}
    value = _json_of(root / str(path), "the answer schema")
    if not isinstance(value, dict):
        raise ConfigError(f"{root / str(path)}: a JSON Schema is an object")
    return value


def _json_of(path: Path, what: str) -> Any:
    try:
        return json.loads(read_text(path, what))
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: {what} cannot be read as JSON: {error}") from error

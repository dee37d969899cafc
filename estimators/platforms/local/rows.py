"""Rows of Nova's training files as the local trainers take them: plain chats, with everything else kept as JSON text.

datasets stores rows in Arrow, which fills the keys of one row's objects with those of all others; so whatever is not a
chat travels as a string.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from datagen.formats import GOLD, read_jsonl
from estimators.platforms.local.errors import PreflightError
from rewards.comparing.values import canonical

Chat = list[dict[str, str]]


@dataclass(frozen=True)
class SftRow:
    """A prompt and the assistant turn to learn."""

    name: str
    prompt: Chat
    answer: str


@dataclass(frozen=True)
class RftRow:
    """A prompt and the whole row it came from, from which the grader's events are made."""

    id: str
    prompt: Chat
    row: Mapping[str, Any]


def read_sft_rows(path: Path, *, drop_system_prompt: bool, limit: int | None = None) -> list[SftRow]:
    """Rows of a Converse file whose last turn is the assistant's; reasoning, tools and media are left out."""
    return [_sft_row(f"{path.name}:{line}", row, drop_system_prompt) for line, row in _some(path, limit)]


def read_rft_rows(path: Path, *, drop_system_prompt: bool, limit: int | None = None) -> list[RftRow]:
    """Rows of an RFT file; the line number is the id of a row without one. Raises PreflightError for repeated ids."""
    rows = [_rft_row(line, row, drop_system_prompt) for line, row in _some(path, limit)]
    seen: set[str] = set()
    repeated = [row.id for row in rows if row.id in seen or seen.add(row.id)]  # type: ignore[func-returns-value]  # set.add returns None on purpose
    if repeated:
        raise PreflightError(f"{path}: ids must be unique, these repeat: {', '.join(repeated[:5])}")
    return rows


def _some(path: Path, limit: int | None) -> list[tuple[int, dict[str, Any]]]:
    rows: list[tuple[int, dict[str, Any]]] = list(read_jsonl(path))
    if not rows:
        raise PreflightError(f"{path} has no rows")
    return rows[:limit]


def _sft_row(name: str, row: Mapping[str, Any], drop_system_prompt: bool) -> SftRow:
    system = [{"role": "system", "content": text_of(row["system"])}] if row.get("system") else []
    turns = [{"role": turn["role"], "content": text_of(turn["content"])} for turn in row["messages"]]
    if len(turns) < 2 or turns[-1]["role"] != "assistant":
        raise PreflightError(f"{name}: the last turn must be the assistant's answer to a user's turn")
    return SftRow(name, _prompt(system + turns[:-1], drop_system_prompt), turns[-1]["content"])


def _rft_row(line: int, row: Mapping[str, Any], drop_system_prompt: bool) -> RftRow:
    turns = [{"role": turn["role"], "content": text_of(turn["content"])} for turn in row["messages"]]
    name = str(row.get("id", line))
    return RftRow(name, _prompt(turns, drop_system_prompt), {**row, "id": name})


def _prompt(turns: Chat, drop_system_prompt: bool) -> Chat:
    return [turn for turn in turns if not (drop_system_prompt and turn["role"] == "system")]


def text_of(content: Any) -> str:
    """The text of a message: a string as it is, of content blocks the `text` parts.

    >>> text_of([{"text": "a"}, {"toolUse": {}}, {"text": "b"}])
    'ab'
    """
    if isinstance(content, str):
        return content
    return "".join(block.get("text", "") for block in content or ())


def reference_text(row: Mapping[str, Any]) -> str:
    """The answer a perfect policy could write: the row's `gold` where it has one, else the reference as compact JSON,
    of accepted alternatives the first."""
    reference = canonical(row.get(GOLD, row.get("reference_answer")))
    if isinstance(reference, str):
        return reference
    return json.dumps(reference, ensure_ascii=False, separators=(",", ":"))


def refuse_too_long(lengths: Mapping[str, int], limit: int, what: str, remedy: str) -> None:
    """Raise PreflightError naming the rows whose length in tokens is above the limit, longest first.

    An answer that does not fit cannot be learned; worse, the policy learns to write shorter wrong ones.
    """
    long = sorted((name for name, length in lengths.items() if length > limit), key=lambda name: -lengths[name])
    if long:
        worst = ", ".join(f"{name} ({lengths[name]})" for name in long[:5])
        raise PreflightError(
            f"{len(long)} of {len(lengths)} rows: {what} has more than {limit} tokens: {worst}; {remedy}"
        )


def in_order(rows: Sequence[RftRow], *, shuffle: bool, seed: int) -> list[RftRow]:
    """The rows as they stand in the file, or in the seed's order."""
    ordered = list(rows)
    if shuffle:
        Random(f"{seed}/rft-order").shuffle(ordered)
    return ordered


def columns(rows: Sequence[RftRow]) -> Iterator[dict[str, Any]]:
    """Dataset rows for TRL: the chat, and the whole row as JSON text."""
    return ({"prompt": row.prompt, "row": json.dumps(dict(row.row), ensure_ascii=False)} for row in rows)

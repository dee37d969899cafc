"""Rows of Nova's training files as input of the local trainers: plain chats, with everything else as JSON text.

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

from datagen.formats import read_jsonl
from estimators.platforms.local.errors import PreflightError
from rewards.parsing.messages import calls_of, text_of
from rewards.parsing.tool_calls import TOOL_CALL_TAG
from rewards.rows import as_text, messages_of, split_turns

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
    """Rows of a Converse file whose last turn is the assistant's; reasoning, declared tools and media are left out."""
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
    prompt, completion = split_turns(row)
    if not prompt or completion is None:
        raise PreflightError(f"{name}: the last turn must be the assistant's completion of a user's turn")
    return SftRow(name, _prompt(prompt, drop_system_prompt), _written(completion))


def _written(completion: Mapping[str, Any]) -> str:
    """What the policy learns to write: the text, then a block for each native call, as `CallFormat` reads them."""
    calls = (as_text({"name": call.name, "arguments": dict(call.arguments)}) for call in calls_of(completion))
    blocks = (f"<{TOOL_CALL_TAG}>{call}</{TOOL_CALL_TAG}>" for call in calls)
    return "".join([text_of(completion.get("content")), *blocks])


def _rft_row(line: int, row: Mapping[str, Any], drop_system_prompt: bool) -> RftRow:
    prompt, _ = split_turns(row)
    name = str(row.get("id", line))
    return RftRow(name, _prompt(prompt, drop_system_prompt), {**row, "id": name})


def _prompt(turns: Sequence[Mapping[str, Any]], drop_system_prompt: bool) -> Chat:
    chat = [{"role": message.role, "content": message.content} for message in messages_of(turns)]
    return [turn for turn in chat if not (drop_system_prompt and turn["role"] == "system")]


def assistant_turn(text: str) -> dict[str, str]:
    """An assistant turn."""
    return {"role": "assistant", "content": text}


def too_long(data: Path, lengths: Mapping[str, int], limit: int, what: str, remedy: str) -> Iterator[str]:
    """Say which rows are longer than `limit` tokens, longest first; nothing where all fit.

    An answer that does not fit cannot be learned; worse, the policy learns to write shorter wrong ones.
    """
    long = sorted((name for name, length in lengths.items() if length > limit), key=lambda name: -lengths[name])
    if long:
        worst = ", ".join(f"{name} ({lengths[name]})" for name in long[:5])
        yield (f"{data}: {len(long)} of {len(lengths)} rows: {what} has more than {limit} tokens: {worst}; {remedy}")


def in_order(rows: Sequence[RftRow], *, shuffle: bool, seed: int) -> list[RftRow]:
    """The rows in file order, or shuffled with the seed."""
    ordered = list(rows)
    if shuffle:
        Random(f"{seed}/rft-order").shuffle(ordered)
    return ordered


def columns(rows: Sequence[RftRow]) -> Iterator[dict[str, Any]]:
    """Dataset rows for TRL: the chat, and the whole row as JSON text."""
    return ({"prompt": row.prompt, "row": json.dumps(dict(row.row), ensure_ascii=False)} for row in rows)

"""Split an existing JSONL file; rows of one source, or with near-equal prompts, go to one split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from datagen.config import SplitConfig
from datagen.errors import FormatError
from datagen.formats import read_jsonl, write_jsonl
from datagen.splits.assign import SAME_TEXT, Piece, leaks, sides, trimmed
from rewards.types import JSON
from rewards.writing import drafting_folder

_OURS = ("train.jsonl", "validation.jsonl", "test.jsonl")
_MEDIA = ("image", "video", "document")


@dataclass(frozen=True, slots=True)
class Divided:
    """The files and rows of each split, and per split but the first the rows that share 13 words with the first."""

    files: Mapping[str, Path]
    rows: Mapping[str, int]
    sources: int
    leaks: Mapping[str, int]


class _Row(NamedTuple):
    number: int
    row: dict[str, JSON]
    piece: Piece


def split(
    path: Path, out: Path, config: SplitConfig, *, seed: str, by: str | None = None, near: float = SAME_TEXT
) -> Divided:
    """Write ``out/<split>.jsonl``, rows in their order.

    `by` is the dotted key of a row that names its source, such as ``metadata.document``; rows of one source stay
    together, without `by` each row is a source of its own, or each picture where rows have pictures. Sources with the
    same text stay together as `datagen.splits.assign.sides` says, which also raises `SplitError`. Raises
    `FormatError` where a row has no such key.
    """
    rows = [_Row(number, row, _piece(row, by, path, number)) for number, row in read_jsonl(path)]
    side = sides([row.piece for row in rows], Counter(row.piece.source for row in rows), config, seed=seed, near=near)
    divided: dict[str, list[_Row]] = {name: [] for name in config.shares()}
    for row in rows:
        divided[side[row.piece.source]].append(row)
    if counts := config.counts():
        divided = trimmed(divided, counts, seed=seed, name=lambda row: str(row.number))
    files = {name: out / f"{name}.jsonl" for name in divided}
    with drafting_folder(out, ours=_OURS) as draft:
        written = {
            name: write_jsonl(draft / files[name].name, (row.row for row in chosen)) for name, chosen in divided.items()
        }
    shared = leaks({name: [row.piece.text for row in chosen] for name, chosen in divided.items()})
    return Divided(files, written, len(side), shared)


def prompt_of(row: Mapping[str, JSON]) -> str:
    """The text that a row asks with: all turns but the system's and the last answer, in any of Nova's formats."""
    for key in ("query", "prompt", "text"):
        if isinstance(row.get(key), str):
            return str(row[key])
    return "\n".join(
        str(block.get("text", "")) if isinstance(block, dict) else str(block) for block in _asked_with(row)
    )


def media_of(row: Mapping[str, JSON]) -> tuple[str, ...]:
    """The addresses of the images, videos and documents of a row."""
    blocks = [block for block in _asked_with(row) if isinstance(block, dict)]
    shown = [block[kind] for block in blocks for kind in _MEDIA if kind in block]
    sources = [item.get("source") for item in shown if isinstance(item, dict)]
    places = [source.get("s3Location") for source in sources if isinstance(source, dict)]
    return tuple(str(place.get("uri")) for place in places if isinstance(place, dict))


def _asked_with(row: Mapping[str, JSON]) -> list[JSON]:
    """The content blocks of the user's turns; text that stands without a block is one."""
    messages = row.get("messages")
    turns = [turn for turn in messages if isinstance(turn, dict)] if isinstance(messages, list) else []
    contents = [turn.get("content") for turn in turns if turn.get("role") == "user"]
    return [block for content in contents for block in (content if isinstance(content, list) else [content])]


def _piece(row: Mapping[str, JSON], by: str | None, path: Path, number: int) -> Piece:
    """All pictures are asked the same, so that the question says nothing about which rows belong together."""
    media = media_of(row)
    source = _at(row, by, path, number) if by else " ".join(media) or f"line {number}"
    return Piece(source, "" if media else prompt_of(row))


def _at(row: Mapping[str, JSON], key: str, path: Path, number: int) -> str:
    value: JSON = dict(row)
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if not isinstance(value, str | int):
        raise FormatError(f"{path}:{number}: no source under {key!r}")
    return str(value)

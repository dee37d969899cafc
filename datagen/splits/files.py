"""Split an existing JSONL file; rows of one source, or with near-equal prompts, go to one split."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from datagen.config import SplitConfig
from datagen.errors import FormatError
from datagen.formats import compact, read_jsonl
from datagen.passes import Passes, PassProgress
from datagen.quality.similarity import groups_of_texts, leaks
from datagen.splits.assign import SAME_TEXT, Piece, Sources, dealt_sources, trimmed
from rewards.types import JSON
from rewards.writing import drafting_folder, drafting_text

_OURS = ("train.jsonl", "validation.jsonl", "test.jsonl")
_MEDIA = ("image", "video", "document")


@dataclass(frozen=True, slots=True)
class Divided:
    """The files and rows of each split, and per split but the first the rows that share 13 words with the first."""

    files: Mapping[str, Path]
    rows: Mapping[str, int]
    sources: int
    leaks: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class _Pieces:
    """The sources and prompts of a file's rows, read anew at each pass, since a file may be larger than memory."""

    path: Path
    by: str | None
    passes: Passes

    def __iter__(self) -> Iterator[Piece]:
        return (piece for _, _, piece in self.with_rows())

    def with_rows(self) -> Iterator[tuple[int, dict[str, JSON], Piece]]:
        """Line number, row and piece."""
        for number, row in self.passes.over(read_jsonl(self.path)):
            yield number, row, _piece(row, self.by, self.path, number)


def split(
    path: Path,
    out: Path,
    config: SplitConfig,
    *,
    seed: str,
    by: str | None = None,
    near: float = SAME_TEXT,
    progress: PassProgress | None = None,
) -> Divided:
    """Write ``out/<split>.jsonl``, rows in their order.

    `by` is the dotted key of a row that names its source, such as ``metadata.document``; rows of one source stay
    together, without `by` each row is a source of its own, or each picture where rows have pictures. Sources with the
    same text stay together as `datagen.splits.assign.sides` says, which also raises `SplitError`. Raises
    `FormatError` where a row has no such key. `progress` is told how many rows were read, of how many in all passes.
    """
    shares = config.shares()
    passes = Passes(2 if config.shared_text == "together" else 3, progress)
    pieces = _Pieces(path, by, passes)
    sources = Sources()
    numbered = ((sources.add(piece.source), piece.text) for piece in pieces)
    joined = groups_of_texts(numbered, near=near, shared_text=config.shared_text == "together")
    side = _side_of_rows(sources, dealt_sources(sources, joined, pieces, config, seed=seed), config, seed)
    files = {name: out / f"{name}.jsonl" for name in shares}
    with drafting_folder(out, ours=_OURS) as draft:
        drafts = {name: draft / file.name for name, file in files.items()}
        written = _write(pieces, drafts, side)
        if config.shared_text == "together":  # then none is on two sides: sources are joined by the very same runs
            shared = dict.fromkeys(list(shares)[1:], 0)
        else:
            shared = leaks({name: _texts(_Pieces(file, by, passes)) for name, file in drafts.items()})
    return Divided(files, written, len(sources.sizes), shared)


def _texts(pieces: Iterable[Piece]) -> Iterator[str]:
    return (piece.text for piece in pieces)


_LEFT_OUT = 255


def _side_of_rows(sources: Sources, dealt: bytearray, config: SplitConfig, seed: str) -> bytearray:
    """The number of the split of each row, no more rows of each than were asked for."""
    side = bytearray(dealt[source] for source in sources.of_rows)
    if not (counts := config.counts()):
        return side
    rows: dict[str, array[int]] = {name: array("L") for name in config.shares()}
    splits = list(rows.values())
    for row, split in enumerate(side):
        splits[split].append(row)
    side = bytearray([_LEFT_OUT]) * len(side)
    kept = trimmed(rows, counts, seed=seed, name=lambda row: str(row + 1))
    for split, name in enumerate(rows):
        for row in kept[name]:
            side[row] = split
    return side


def _write(pieces: _Pieces, files: Mapping[str, Path], side: bytearray) -> dict[str, int]:
    """Every row into the file of its split; how many each got."""
    written = dict.fromkeys(files, 0)
    names = list(files)
    with ExitStack() as stack:
        opened = [stack.enter_context(drafting_text(path)) for path in files.values()]
        for (_, row, _), split in zip(pieces.with_rows(), side, strict=True):
            if split != _LEFT_OUT:
                opened[split].write(compact(dict(row)) + "\n")
                written[names[split]] += 1
    return written


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

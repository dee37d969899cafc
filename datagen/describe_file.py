"""Describe a JSONL file: rows, fields, lengths, duplicates, and an estimate of its tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from datagen.formats import compact, read_jsonl
from datagen.quality.diversity import Spread, spread
from datagen.quality.similarity import normalised
from datagen.splits.files import prompt_of
from datagen.tokens import Estimate, estimate, total
from rewards.types import JSON


@dataclass(frozen=True, slots=True)
class Description:
    """Facts of a file. `same_prompt` counts rows whose prompt came before.

    `tokens` is an estimate over whole rows without their media; `pictures` and `other_media` (videos, documents, audio)
    count those, which cost tokens by their size instead of by the length of their address.
    """

    rows: int
    fields: Mapping[str, int]
    row_characters: Spread
    prompt_characters: Spread
    tokens: Estimate
    same_prompt: int
    pictures: int = 0
    other_media: int = 0


def card(path: Path) -> Description:
    """Read the file once; raises `FormatError` at a line that is not a JSON object."""
    fields: Counter[str] = Counter()
    sizes: list[int] = []
    prompts: list[int] = []
    seen: set[int] = set()
    tokens: list[Estimate] = []
    media: Counter[bool] = Counter()
    for _, row in read_jsonl(path):
        text, prompt = compact(row), prompt_of(row)
        fields.update(row.keys())
        sizes.append(len(text))
        prompts.append(len(prompt))
        seen.add(hash(normalised(prompt)))
        found = Counter(_media_in(row))
        media += found
        tokens.append(estimate(compact(_without_media(row)) if found else text))
    return Description(
        rows=len(sizes),
        fields=dict(sorted(fields.items())),
        row_characters=spread(sizes),
        prompt_characters=spread(prompts),
        tokens=total(tokens),
        same_prompt=len(sizes) - len(seen),
        pictures=media[True],
        other_media=media[False],
    )


# The keys under which Converse, OpenAI and rows of other trainers hold a medium, and whether it is a picture.
_MEDIA: Mapping[str, bool] = {
    **dict.fromkeys(("image", "image_url"), True),
    **dict.fromkeys(("video", "document", "audio", "input_audio", "file"), False),
}


def _is_medium(key: str, value: object) -> bool:
    """A medium has a source, an address or its bytes; a field of a tool or an answer may go by the same name."""
    held = value if isinstance(value, Mapping) else {}
    return key in _MEDIA and bool({"source", "url", "data", "file_data", "file_id"} & held.keys())


def _media_in(value: object) -> Iterator[bool]:
    """For each medium in a row whether it is a picture."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if _is_medium(key, inner):
                yield _MEDIA[key]
            else:
                yield from _media_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _media_in(inner)


def _without_media(value: JSON) -> JSON:
    """A row in which each medium is null."""
    if isinstance(value, dict):
        return {key: None if _is_medium(key, inner) else _without_media(inner) for key, inner in value.items()}
    return [_without_media(inner) for inner in value] if isinstance(value, list) else value

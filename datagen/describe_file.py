"""Describe a JSONL file: rows, fields, lengths, duplicates, and an estimate of its tokens."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from datagen.formats import compact, read_jsonl
from datagen.quality.diversity import Spread, spread
from datagen.quality.similarity import normalised
from datagen.splits.files import prompt_of
from datagen.tokens import Estimate, estimate, total


@dataclass(frozen=True, slots=True)
class Description:
    """Facts of a file. `tokens` is an estimate over whole rows; `same_prompt` counts rows whose prompt came before."""

    rows: int
    fields: Mapping[str, int]
    row_characters: Spread
    prompt_characters: Spread
    tokens: Estimate
    same_prompt: int


def card(path: Path) -> Description:
    """Read the file once; raises `FormatError` at a line that is not a JSON object."""
    fields: Counter[str] = Counter()
    sizes: list[int] = []
    prompts: list[int] = []
    seen: set[int] = set()
    tokens: list[Estimate] = []
    for _, row in read_jsonl(path):
        text, prompt = compact(row), prompt_of(row)
        fields.update(row.keys())
        sizes.append(len(text))
        prompts.append(len(prompt))
        seen.add(hash(normalised(prompt)))
        tokens.append(estimate(text))
    return Description(
        rows=len(sizes),
        fields=dict(sorted(fields.items())),
        row_characters=spread(sizes),
        prompt_characters=spread(prompts),
        tokens=total(tokens),
        same_prompt=len(sizes) - len(seen),
    )

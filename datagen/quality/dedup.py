"""Deduplicate (exact and near) and decontaminate against held-out test files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from datagen.formats import read_jsonl
from datagen.quality.checks import question_of
from datagen.quality.similarity import clusters, normalised, shared_runs
from datagen.types import Draft, Reject
from rewards.rows import gold_text
from rewards.types import JSON


class Sifted(NamedTuple):
    """The drafts kept, and the rejects with their reasons."""

    drafts: list[Draft]
    rejects: list[Reject]


def deduplicate(drafts: Sequence[Draft], *, near: float | None) -> Sifted:
    """Keep the first of drafts with the same question; with `near`, also of nearly equal questions and answers.

    The system prompt is left out of the comparison, since all samples share it.
    """
    first: dict[str, Draft] = {}
    kept: list[Draft] = []
    rejects: list[Reject] = []
    for draft in drafts:
        other = first.setdefault(normalised(question_of(draft)), draft)
        if other is draft:
            kept.append(draft)
        else:
            reason = f"same question as sample {other.sample.id}"
            rejects.append(Reject("duplicate", reason, draft.passage, question_of(draft)))
    if near is None:
        return Sifted(kept, rejects)
    lead = clusters([f"{question_of(draft)}\n{gold_text(draft.sample)}" for draft in kept], threshold=near)
    for index, draft in enumerate(kept):
        if lead[index] != index:
            reason = f"near duplicate of sample {kept[lead[index]].sample.id}"
            rejects.append(Reject("near-duplicate", reason, draft.passage, question_of(draft)))
    return Sifted([draft for index, draft in enumerate(kept) if lead[index] == index], rejects)


def decontaminate(drafts: Sequence[Draft], files: Sequence[Path]) -> Sifted:
    """Drop samples that share 13 words in a row, or a whole short question, with any text of the files."""
    texts = _HeldOut(files)
    asked = [normalised(question_of(draft)) for draft in drafts]
    whole = set(asked).intersection(map(normalised, texts))
    runs = shared_runs([question_of(draft) for draft in drafts], texts)
    kept: list[Draft] = []
    rejects: list[Reject] = []
    for draft, question, shared in zip(drafts, asked, runs, strict=True):
        if shared or question in whole:
            reason = f"also in the held-out test files: {min(shared, default=question_of(draft))!r}"
            rejects.append(Reject("contaminated", reason, draft.passage, question_of(draft)))
        else:
            kept.append(draft)
    return Sifted(kept, rejects)


@dataclass(frozen=True, slots=True)
class _HeldOut:
    """Every text of the files, read anew each time it is asked for, so that none is kept."""

    files: Sequence[Path]

    def __iter__(self) -> Iterator[str]:
        return (text for path in self.files for _, row in read_jsonl(path) for text in _texts(row))


def _texts(value: JSON) -> list[str]:
    if isinstance(value, str):
        return [value]
    items = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for item in items for text in _texts(item)]

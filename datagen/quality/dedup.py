"""Deduplicate (exact and near) and decontaminate against held-out test files."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from datagen.formats import read_jsonl
from datagen.quality.checks import question_of
from datagen.quality.kept import Chosen
from datagen.quality.similarity import clusters, normalised, shared_runs
from datagen.quality.spill import Names
from datagen.types import Draft, Reject
from rewards.rows import gold_text
from rewards.types import JSON


class Sifted(NamedTuple):
    """The drafts kept, and the rejects with their reasons."""

    drafts: Sequence[Draft]
    rejects: Iterable[Reject]


def deduplicate(drafts: Sequence[Draft], *, near: float | None) -> Sifted:
    """Keep the first of drafts with the same question; with `near`, also of nearly equal questions and answers.

    The system prompt is left out of the comparison, since all samples share it.
    """
    asked, first, again = Names(), array("Q"), array("Q")  # the places of those kept, and of the others by pairs
    for place, draft in enumerate(drafts):
        name = asked.place(normalised(question_of(draft)))
        if name == len(first):
            first.append(place)
        else:
            again.extend((place, first[name]))
    kept = Chosen(drafts, first)
    same = (
        Reject("duplicate", f"same question as sample {other}", draft.passage, question_of(draft))
        for draft, other in _pairs(drafts, again)
    )
    if near is None:
        return Sifted(kept, same)
    lead = clusters((f"{question_of(draft)}\n{gold_text(draft.sample)}" for draft in kept), threshold=near)
    nearly = array("Q")
    for index, leader in enumerate(lead):
        if leader != index:
            nearly.extend((first[index], first[leader]))
    alone = array("Q", (first[index] for index, leader in enumerate(lead) if leader == index))
    close = (
        Reject("near-duplicate", f"near duplicate of sample {other}", draft.passage, question_of(draft))
        for draft, other in _pairs(drafts, nearly)
    )
    return Sifted(Chosen(drafts, alone), chain(same, close))


def _pairs(drafts: Sequence[Draft], places: Sequence[int]) -> Iterator[tuple[Draft, str]]:
    """The draft at every other place, with the name of the sample at the place behind it."""
    for place, other in zip(places[::2], places[1::2], strict=True):
        yield drafts[place], drafts[other].sample.id


def decontaminate(drafts: Sequence[Draft], files: Sequence[Path]) -> Sifted:
    """Drop samples that share 13 words in a row, or a whole short question, with any text of the files."""
    if not files:
        return Sifted(drafts, ())
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

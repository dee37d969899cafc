"""What a run is, and what it does not tell: read from its files, for the last part of its report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from math import prod
from pathlib import Path
from statistics import fmean

from datagen.config import DataConfig
from datagen.formats import read_jsonl
from rft.project import ProjectFile
from rft.report import TOTAL, Gain
from rft.report.page import Comparison
from rft.stages.training import MODEL
from rft.stages.trainings import QUARTER, Training, last_quarters, values_of


def constructed(file: ProjectFile, root: Path, comparison: Comparison, trainings: Sequence[Training]) -> Iterator[str]:
    """What was made for this run rather than found, as its files tell."""
    first, score = next(iter(comparison[TOTAL].items()))
    size = _parameters(root / "sft" / MODEL / "model.safetensors")
    policy = f"a policy of {size:,} parameters" if size else "a small policy"
    yield (
        f"The model is {policy} that stands in for {file.project.model}; that its {first} earns {score.mean:.3f} "
        f"is a fact about it, and none about {file.project.model}."
    )
    for training in trainings:
        yield from _stopped(training)
    yield from _written(file, root)


def _stopped(training: Training) -> Iterator[str]:
    """After how many steps a training ended, and whether its recipe asks for as many."""
    steps = len(training.steps)
    notes = {note["key"].rpartition(".")[2]: note for note in training.notes}
    asked = notes.get("max_steps", {}).get("recipe_value")
    if steps and asked is not None and asked != steps:
        yield f"{training.name} took {steps} steps; its recipe asks for {asked} ({notes['max_steps']['why']})."
    loss = values_of(training.steps, "training_loss")
    if len(loss) >= 2 * QUARTER:
        before, after = map(fmean, last_quarters(loss))
        yield f"{training.name}'s loss went from {before:.3g} to {after:.3g} over the last two quarters of its steps."


def _written(file: ProjectFile, root: Path) -> Iterator[str]:
    """Who wrote the rows."""
    config = file.project.data
    if not isinstance(config, DataConfig):
        yield "The rows are files of yours, as the project file names them; rftkit wrote none of them."
        return
    teachers: Counter[str] = Counter()
    for path in sorted((root / "data" / "provenance").glob("*.jsonl")):
        teachers.update(str(row.get("teacher", "")) for _, row in read_jsonl(path))
    how = {"template": "filled from templates with facts of the documents; no model wrote them"}
    by = how.get(config.teacher.kind, f"written by a teacher of kind {config.teacher.kind}")
    count = f"{teachers.total():,} samples" if teachers else "The samples"
    named = f" ({', '.join(teachers)})" if teachers else ""
    yield f"{count} were {by}{named}."


def not_told(file: ProjectFile, root: Path, gains: Sequence[Gain], trainings: Sequence[Training]) -> Iterator[str]:
    """What nobody may conclude, from how far this run is from the one that would be sent."""
    yield f"Which score {file.project.model} will reach, and after how many steps: it was not trained here."
    for training in trainings:
        notes = training.notes
        scaled = [note["key"].rpartition(".")[2] for note in notes if note["status"] == "scaled"]
        ignored = sum(note["status"] == "ignored" for note in notes)
        named = f" ({', '.join(scaled)})" if scaled else ""
        if notes:
            yield (
                f"Whether the {training.name} recipe suits {file.project.model}: of {len(notes)} keys this run scaled "
                f"{len(scaled)}{named} and ignored {ignored}."
            )
    totals = [gain.difference for gain in gains if gain.metric == TOTAL]
    if totals:
        half = max((found.high - found.low) / 2 for found in totals)
        yield f"Differences below about {half:.3f} in score: so far an interval reaches with these held-out rows."
    yield f"How much another seed than {file.project.seed} changes: one training of each kind is in the intervals."
    checked = root / "check" / "check.json"
    tried = json.loads(checked.read_text(encoding="utf-8")) if checked.is_file() else {}
    counts = f"; {tried['gold']:,} references and {tried['damaged']:,} damaged ones were tried" if tried else ""
    yield f"That the reward cannot be gamed{counts}: `rft audit` looks for that."


def _parameters(weights: Path) -> int:
    """How many numbers a safetensors file holds, from its header; 0 where there is none."""
    if not weights.is_file():
        return 0
    with weights.open("rb") as source:
        header = json.loads(source.read(int.from_bytes(source.read(8), "little")))
    return sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")

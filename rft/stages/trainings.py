"""The trainings of a run, as its report reads them: their recipes, what each step measured, and the curves of that."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, variance
from typing import Any, TypeAlias

from datagen.formats import read_jsonl
from rewards.types import JSON
from rft.errors import StageError
from rft.pipeline import read_manifest
from rft.report import Curve, Departure, Point, RecipeSheet
from rft.stages.training import NOTES, RECIPE

TRAININGS = (("SFT", "sft"), ("RFT", "rft"))
QUARTER = 4  # a training is read by the quarters of its steps
STEP, PART = "step_number", "metric/"  # keys of a training's log; parts and metrics of the reward begin with the latter
RFT_CURVES = (
    ("critic/rewards/mean", "RFT: mean reward"),
    ("critic/rewards/zero_std_groups", "RFT: share of zero_std_groups"),
    ("actor/entropy", "RFT: entropy (nats per token)"),
    ("actor/kl", "RFT: KL to SFT (nats per token)"),
    ("response_length/mean", "RFT: completion length (tokens)"),
)


@dataclass(frozen=True)
class Training:
    """A finished training: what it measured at each step, and how it read the keys of its recipe."""

    name: str
    folder: Path
    steps: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]


Beside: TypeAlias = Mapping[str, Sequence[Training]]


def trainings_of(root: Path) -> list[Training]:
    """The finished trainings below `root`, in their order."""
    finished = [(name, root / stage) for name, stage in TRAININGS if read_manifest(root / stage)]
    return [Training(name, folder, steps_of(folder), _notes_of(folder)) for name, folder in finished]


def _notes_of(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / NOTES).read_text(encoding="utf-8"))
    return found


def steps_of(folder: Path) -> list[dict[str, Any]]:
    """What a training measured at each step; nothing where it has left no metrics."""
    path = folder / "metrics.jsonl"
    return [row for _, row in read_jsonl(path)] if path.is_file() else []


def steps_named(name: str, trainings: Sequence[Training]) -> Sequence[Mapping[str, Any]]:
    """What the training of that name measured at each step."""
    return next((training.steps for training in trainings if training.name == name), [])


def clear_rise(values: Sequence[float]) -> float | None:
    """From the third quarter of the steps to the last, where it is more than two standard errors; else None."""
    if len(values) < 2 * QUARTER:
        return None
    before, after = last_quarters(values)
    rise, error = fmean(after) - fmean(before), (variance(before) / len(before) + variance(after) / len(after)) ** 0.5
    return rise if rise > 2 * error else None


def last_quarters(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    """The third quarter of the values of the steps, and the last."""
    size = max(len(values) // QUARTER, 1)
    return values[-2 * size : -size], values[-size:]


def curves_of(trainings: Sequence[Training], beside: Beside | None = None) -> Iterator[Curve]:
    """The curves of SFT's loss and of what RFT measured, as far as they were logged; `beside` has other runs."""
    yield _curve("SFT: loss (nats per token)", "SFT", "training_loss", trainings, beside)
    for key, title in RFT_CURVES if steps_named("RFT", trainings) else ():
        found = _curve(title, "RFT", key, trainings, beside)
        if found.points:  # without a KL term nothing is measured of it
            yield found


def more_curves_of(trainings: Sequence[Training], beside: Beside | None = None) -> Iterator[Curve]:
    """Whatever else the trainings logged: first the mean of every part of the reward, then by name."""
    shown = {"training_loss", *(key for key, _ in RFT_CURVES)}
    for training in trainings:
        numbers = {key for row in training.steps for key, value in row.items() if isinstance(value, int | float)}
        for key in sorted(numbers - shown - {STEP}, key=lambda key: (not key.startswith(PART), key)):
            yield _curve(f"{training.name}: {key.removeprefix(PART)}", training.name, key, trainings, beside)


def _curve(title: str, name: str, key: str, trainings: Sequence[Training], beside: Beside | None) -> Curve:
    others = {run: _points(steps_named(name, found), key) for run, found in (beside or {}).items()}
    return Curve(title, _points(steps_named(name, trainings), key), beside=others)


def trainings_beside(folders: Mapping[str, Path]) -> Beside:
    """The trainings of other runs, for their curves. Raises `StageError` for a folder that holds none."""
    found: dict[str, list[Training]] = {}
    for name, folder in folders.items():
        found[name] = [Training(kind, folder / stage, steps_of(folder / stage), ()) for kind, stage in TRAININGS]
        if not any(training.steps for training in found[name]):
            raise StageError(f"{folder} holds no curves of a run: neither sft/metrics.jsonl nor rft/metrics.jsonl")
    return found


def values_of(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    """What was measured under a key, at the steps at which it was."""
    return [row[key] for row in rows if row.get(key) is not None]


def _points(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Point, ...]:
    return tuple(Point(row[STEP], row[key]) for row in rows if row.get(key) is not None)


def sheet_of(training: Training) -> RecipeSheet:
    """A training's recipe, with how this machine read each of its keys."""
    differences = (
        Departure(n["key"], n["status"], _shown(n["recipe_value"]), _shown(n["local_value"]), n["why"])
        for n in training.notes
    )
    return RecipeSheet(training.name, (training.folder / RECIPE).read_text(encoding="utf-8"), tuple(differences))


def _shown(value: JSON) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)

"""Stage `report`: gathers what the other stages measured into one HTML page. Every number is from a file of the run."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod
from pathlib import Path
from statistics import fmean, variance
from typing import Any, TypeAlias

from datagen.config import DataConfig
from datagen.formats import read_jsonl
from estimators.results.compare import compare
from estimators.results.graded import GradedRows
from rewards.types import JSON
from rewards.writing import write_text
from rft.errors import StageError
from rft.pipeline import read_manifest
from rft.project import ProjectFile
from rft.report import (
    TOTAL,
    Curve,
    Departure,
    Gain,
    Interval,
    Point,
    RecipeSheet,
    Report,
    ScoredCompletion,
    Signs,
    render,
    verdict_of,
)
from rft.report.field_groups import group_figures
from rft.report.figure import Figure
from rft.report.judged import Numbered, accuracy_name, judged_records, part_names, rows_of, share_cut
from rft.report.labels import label_figures
from rft.report.page import Comparison
from rft.report.penalties import penalties_in
from rft.report.worst import lost_of, worst_of
from rft.stages.evaluation import GREEDY, HEALTH, SAMPLED, interval_of
from rft.stages.training import MODEL, NOTES, RECIPE

PAGE = "report.html"
STAGES = ("data", "check", "package", "sft", "eval_sft", "rft", "eval_rft")
NEEDED = ("data", "sft", "eval_sft")  # without RFT the report is one of SFT
TRAININGS = (("SFT", "sft"), ("RFT", "rft"))
MODELS = (("eval_sft", "base"), ("eval_sft", "SFT"), ("eval_rft", "RFT"))
RIGHT = 1.0  # the score from which a completion counts as right
RESAMPLES = 2_000
NOT_MEASURED = {"mean": 0.0, "standard_error": 0.0, "rows": 0}
QUARTER = 4  # a training is read by the quarters of its steps

STEP, PART = "step_number", "metric/"  # keys of a training's log; parts and metrics of the reward begin with the latter
RFT_CURVES = (
    ("critic/rewards/mean", "RFT: mean reward"),
    ("critic/rewards/zero_std_groups", "RFT: share of zero_std_groups"),
    ("actor/entropy", "RFT: entropy (nats per token)"),
    ("actor/kl", "RFT: KL to SFT (nats per token)"),
    ("response_length/mean", "RFT: completion length (tokens)"),
)


def write_report(file: ProjectFile, root: Path, out: Path) -> Mapping[str, JSON]:
    """Write `report.html` from the finished stages below `root`."""
    page = out / PAGE
    write_text(page, render(collect(file, root)))
    return {"bytes": page.stat().st_size}


@dataclass(frozen=True)
class Graded:
    """What one model wrote in one mode: its rollouts, its rows, the names of the parts, and the share cut at the token
    limit."""

    records: Sequence[Numbered]
    rows: GradedRows
    parts: frozenset[str]
    cut: float


@dataclass(frozen=True)
class Training:
    """A finished training: what it measured at each step, and how it read the keys of its recipe."""

    name: str
    folder: Path
    steps: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]


Beside: TypeAlias = Mapping[str, Sequence[Training]]


def require_finished(root: Path, needed: Sequence[str] = NEEDED) -> None:
    """Raise `StageError` naming the stages below `root` that a report needs and that are not finished."""
    missing = [stage for stage in needed if not read_manifest(root / stage)]
    if missing:
        raise StageError(f"{root} has no finished {', '.join(missing)}; `rft run` makes them")


def collect(file: ProjectFile, root: Path, beside: Beside | None = None) -> Report:
    """Read everything the page shows, of the stages that are finished; `beside` has the curves of other runs."""
    data = read_manifest(root / "data")["counts"]
    assert isinstance(data, dict)
    models, trainings = _summaries(root), _trainings(root)
    last = list(models)[-1]
    graded = {mode: {model: _graded(root, model, mode) for model in models} for mode in (GREEDY, SAMPLED)}
    sampled = f"{SAMPLED} (temperature {file.project.local.eval_temperature:g})"
    comparisons = tuple(
        (name, _comparison(models, graded[mode], mode)) for mode, name in ((GREEDY, GREEDY), (SAMPLED, sampled))
    )
    gains = (*gains_of(graded[GREEDY], GREEDY), *gains_of(graded[SAMPLED], sampled, total_only=True))
    return Report(
        title=f"{file.project.name}: {', '.join(models)}",
        question="Did the reward teach the model? One run on this machine, with the files that would go to SageMaker.",
        facts=tuple(_facts(file, data, models)),
        comparisons=comparisons,
        verdict=verdict_of(gains, means_of(comparisons[0][1]), signs=_signs(models, graded[GREEDY], trainings)),
        gains=gains,
        figures=tuple(_figures(graded[GREEDY], comparisons[0][1])),
        curves=tuple(curves_of(trainings, beside)),
        more_curves=tuple(more_curves_of(trainings, beside)),
        lost=tuple(_lost(graded[GREEDY])),
        worst=tuple(worst_of(graded[GREEDY][last].records, last)),
        view=" ".join(("rft view", *(f"{model}={_rollouts(Path(), model, GREEDY)}" for model in models))),
        recipes=tuple(map(sheet_of, trainings)),
        digests=tuple(digests_of(root, STAGES)),
        constructed=tuple(_constructed(file, root, comparisons[0][1], trainings)),
        not_told=tuple(_not_told(file, root, gains, trainings)),
    )


def _stages(root: Path, stages: Sequence[str]) -> list[str]:
    return [stage for stage in stages if read_manifest(root / stage)]


def _trainings(root: Path) -> list[Training]:
    finished = [(name, root / stage) for name, stage in TRAININGS if read_manifest(root / stage)]
    return [Training(name, folder, steps_of(folder), _read(folder / NOTES)) for name, folder in finished]


def steps_of(folder: Path) -> list[dict[str, Any]]:
    """What a training measured at each step; nothing where it has left no metrics."""
    path = folder / "metrics.jsonl"
    return [row for _, row in read_jsonl(path)] if path.is_file() else []


def _steps_of(name: str, trainings: Sequence[Training]) -> Sequence[Mapping[str, Any]]:
    return next((training.steps for training in trainings if training.name == name), [])


def _facts(file: ProjectFile, data: Mapping[str, JSON], models: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Rows", f"{data['train']} to train, {data['test']} held out{_apart(file)}"
    yield "Reward", f"{file.project.reward}, run from the Lambda zip below"
    yield "Grader faults", f"{_faults(models)} at most, over every evaluation below"
    yield "Seed", str(file.project.seed)
    policy = file.project.local.model or "the tiny base that comes with rftkit"
    yield "Model", f"recipes for {file.project.model}; trained here: {policy}"


def _apart(file: ProjectFile) -> str:
    return "; no source document is on both sides" if isinstance(file.project.data, DataConfig) else ""


def _graded(root: Path, model: str, mode: str) -> Graded:
    path = _rollouts(root, model, mode)
    records = judged_records(path)
    return Graded(records, rows_of(records, path, threshold=RIGHT), part_names(records), share_cut(records))


def _rollouts(root: Path, model: str, mode: str) -> Path:
    return root / next(stage for stage, name in MODELS if name == model) / f"{model}.{mode}.jsonl"


def _comparison(models: Mapping[str, Any], graded: Mapping[str, Graded], mode: str) -> Comparison:
    """Metric -> model -> interval, models in the order in which they were made; gates repeat what they gate by. The
    share of completions that are right stands below the mean score."""
    metrics = [name for name in next(iter(models.values()))[mode] if name not in HEALTH and not name.endswith("/gate")]
    found = {
        name: {model: Interval(**modes[mode].get(name, NOT_MEASURED)) for model, modes in models.items()}
        for name in metrics
    }
    right = {model: interval_of(one.rows, accuracy_name(RIGHT)) for model, one in graded.items()}
    return {TOTAL: found.pop(TOTAL), accuracy_name(RIGHT): right, **found}


def _figures(graded: Mapping[str, Graded], comparison: Comparison) -> Iterator[Figure]:
    """Those of groups of fields and of labels, where the reward and the references have some."""
    first = next(iter(graded))
    yield from group_figures(comparison, first, f"{len(graded[first].rows):,} rows, {GREEDY}.")
    yield from label_figures({model: one.records for model, one in graded.items()})


def means_of(comparison: Comparison) -> dict[str, dict[str, float]]:
    """Model -> metric -> mean."""
    return {model: {metric: values[model].mean for metric, values in comparison.items()} for model in comparison[TOTAL]}


def gains_of(
    graded: Mapping[str, Graded], decoding: str, *, total_only: bool = False, penalties: Collection[str] = ()
) -> Iterator[Gain]:
    """Each model against the one that it was trained from: the score, the share of right answers, and every part.
    `penalties` are parts known to lower the score, beside those that the scores show."""
    lower = {*penalties, *penalties_in(*(one.records for one in graded.values()))}
    for before, after in pairwise(graded):
        pair = {before: graded[before].rows, after: graded[after].rows}
        shown = {TOTAL} if total_only else {TOTAL, accuracy_name(RIGHT), *graded[after].parts}
        found = compare(pair, resamples=RESAMPLES, seed=0, changes=0).models[1].against_baseline
        for metric, difference in found.items():
            if metric in shown:
                yield Gain(before, after, decoding, difference, metric, is_penalty=metric in lower)


def _signs(models: Mapping[str, Any], graded: Mapping[str, Graded], trainings: Sequence[Training]) -> Signs:
    rft = _steps_of("RFT", trainings)
    flat, reward = (_values(rft, key) for key in ("critic/rewards/zero_std_groups", "critic/rewards/mean"))
    return Signs(
        cut={model: one.cut for model, one in graded.items()},
        faults=_shares_of_faults(models),
        flat_groups=fmean(_last_quarters(flat)[-1]) if flat else None,
        reward_rise=_clear_rise(reward),
    )


def _clear_rise(values: Sequence[float]) -> float | None:
    """From the third quarter of the steps to the last, where it is more than two standard errors; else None."""
    if len(values) < 2 * QUARTER:
        return None
    before, after = _last_quarters(values)
    rise, error = fmean(after) - fmean(before), (variance(before) / len(before) + variance(after) / len(after)) ** 0.5
    return rise if rise > 2 * error else None


def _last_quarters(values: Sequence[float]) -> tuple[Sequence[float], Sequence[float]]:
    size = max(len(values) // QUARTER, 1)
    return values[-2 * size : -size], values[-size:]


def _summaries(root: Path) -> dict[str, Any]:
    """Model -> mode -> metric -> interval, of the evaluations that are finished."""
    stages = [stage for stage in dict.fromkeys(stage for stage, _ in MODELS) if read_manifest(root / stage)]
    return {model: found for stage in stages for model, found in _read(root / stage / "summary.json").items()}


def _faults(models: Mapping[str, Any]) -> str:
    """Completions that the grader itself failed on, over all models and modes."""
    return ", ".join(f"{share:.1%} {name}" for name, share in _shares_of_faults(models).items()).replace("_", " ")


def _shares_of_faults(models: Mapping[str, Any]) -> dict[str, float]:
    metrics = [metrics for modes in models.values() for metrics in modes.values()]
    return {name: max(found[name]["mean"] for found in metrics) for name in HEALTH if name in metrics[0]}


def curves_of(trainings: Sequence[Training], beside: Beside | None = None) -> Iterator[Curve]:
    """The curves of SFT's loss and of what RFT measured, as far as they were logged; `beside` has other runs."""
    yield _curve("SFT: loss (nats per token)", "SFT", "training_loss", trainings, beside)
    for key, title in RFT_CURVES if _steps_of("RFT", trainings) else ():
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
    others = {run: _points(_steps_of(name, found), key) for run, found in (beside or {}).items()}
    return Curve(title, _points(_steps_of(name, trainings), key), beside=others)


def trainings_beside(folders: Mapping[str, Path]) -> Beside:
    """The trainings of other runs, for their curves. Raises `StageError` for a folder that holds none."""
    found: dict[str, list[Training]] = {}
    for name, folder in folders.items():
        found[name] = [Training(kind, folder / stage, steps_of(folder / stage), ()) for kind, stage in TRAININGS]
        if not any(training.steps for training in found[name]):
            raise StageError(f"{folder} holds no curves of a run: neither sft/metrics.jsonl nor rft/metrics.jsonl")
    return found


def _values(rows: Sequence[Mapping[str, Any]], key: str) -> list[float]:
    return [row[key] for row in rows if row.get(key) is not None]


def _points(rows: Sequence[Mapping[str, Any]], key: str) -> tuple[Point, ...]:
    return tuple(Point(row[STEP], row[key]) for row in rows if row.get(key) is not None)


def _lost(graded: Mapping[str, Graded]) -> Iterator[ScoredCompletion]:
    """Where the last model lost most against the one that it was trained from."""
    before, after = list(graded)[-2:]
    return lost_of(graded[before].records, graded[after].records, (before, after))


def sheet_of(training: Training) -> RecipeSheet:
    """A training's recipe, with how this machine read each of its keys."""
    differences = (
        Departure(n["key"], n["status"], _shown(n["recipe_value"]), _shown(n["local_value"]), n["why"])
        for n in training.notes
    )
    return RecipeSheet(training.name, (training.folder / RECIPE).read_text(encoding="utf-8"), tuple(differences))


def _shown(value: JSON) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def digests_of(root: Path, stages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The SHA-256 of every file of the finished stages."""
    for stage in _stages(root, stages):
        files = read_manifest(root / stage)["files"]
        assert isinstance(files, dict)
        for name, digest in files.items():
            yield f"{stage}/{name}", str(digest)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


# --- what the run is, and what it does not tell ---------------------------------------------------------------------
def _constructed(file: ProjectFile, root: Path, comparison: Comparison, trainings: Sequence[Training]) -> Iterator[str]:
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
    loss = _values(training.steps, "training_loss")
    if len(loss) >= 2 * QUARTER:
        before, after = map(fmean, _last_quarters(loss))
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


def _not_told(file: ProjectFile, root: Path, gains: Sequence[Gain], trainings: Sequence[Training]) -> Iterator[str]:
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
    checked = _read(root / "check" / "check.json") if (root / "check" / "check.json").is_file() else {}
    counts = f"; {checked['gold']:,} references and {checked['damaged']:,} damaged ones were tried" if checked else ""
    yield f"That the reward cannot be gamed{counts}: `rft audit` looks for that."


def _parameters(weights: Path) -> int:
    """How many numbers a safetensors file holds, from its header; 0 where there is none."""
    if not weights.is_file():
        return 0
    with weights.open("rb") as source:
        header = json.loads(source.read(int.from_bytes(source.read(8), "little")))
    return sum(prod(tensor["shape"]) for name, tensor in header.items() if name != "__metadata__")

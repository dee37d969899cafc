"""Stage `report`: gathers what the other stages measured into one HTML page. Every number is from a file of the run."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import fmean
from typing import Any

from datagen.config import DataConfig
from estimators.results.compare import compare
from estimators.results.graded import GradedRows
from rewards.types import JSON
from rewards.writing import write_text
from rft.errors import StageError
from rft.pipeline import read_manifest
from rft.project import ProjectFile
from rft.report import (
    TOTAL,
    Gain,
    Interval,
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
from rft.stages.limits import constructed, not_told
from rft.stages.trainings import (
    Beside,
    Training,
    clear_rise,
    curves_of,
    last_quarters,
    more_curves_of,
    sheet_of,
    steps_named,
    trainings_of,
    values_of,
)

PAGE = "report.html"
STAGES = ("data", "check", "package", "sft", "eval_sft", "rft", "eval_rft")
NEEDED = ("data", "sft", "eval_sft")  # without RFT the report is one of SFT
MODELS = (("eval_sft", "base"), ("eval_sft", "SFT"), ("eval_rft", "RFT"))
RIGHT = 1.0  # the score from which a completion counts as right
RESAMPLES = 2_000
NOT_MEASURED = {"mean": 0.0, "standard_error": 0.0, "rows": 0}


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


def require_finished(root: Path, needed: Sequence[str] = NEEDED) -> None:
    """Raise `StageError` naming the stages below `root` that a report needs and that are not finished."""
    missing = [stage for stage in needed if not read_manifest(root / stage)]
    if missing:
        raise StageError(f"{root} has no finished {', '.join(missing)}; `rft run` makes them")


def collect(file: ProjectFile, root: Path, beside: Beside | None = None) -> Report:
    """Read everything the page shows, of the stages that are finished; `beside` has the curves of other runs."""
    data = read_manifest(root / "data")["counts"]
    assert isinstance(data, dict)
    models, trainings = _summaries(root), trainings_of(root)
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
        constructed=tuple(constructed(file, root, comparisons[0][1], trainings)),
        not_told=tuple(not_told(file, root, gains, trainings)),
    )


def _stages(root: Path, stages: Sequence[str]) -> list[str]:
    return [stage for stage in stages if read_manifest(root / stage)]


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
    rft = steps_named("RFT", trainings)
    flat, reward = (values_of(rft, key) for key in ("critic/rewards/zero_std_groups", "critic/rewards/mean"))
    return Signs(
        cut={model: one.cut for model, one in graded.items()},
        faults=_shares_of_faults(models),
        flat_groups=fmean(last_quarters(flat)[-1]) if flat else None,
        reward_rise=clear_rise(reward),
    )


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


def _lost(graded: Mapping[str, Graded]) -> Iterator[ScoredCompletion]:
    """Where the last model lost most against the one that it was trained from."""
    before, after = list(graded)[-2:]
    return lost_of(graded[before].records, graded[after].records, (before, after))


def digests_of(root: Path, stages: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The SHA-256 of every file of the finished stages."""
    for stage in _stages(root, stages):
        files = read_manifest(root / stage)["files"]
        assert isinstance(files, dict)
        for name, digest in files.items():
            yield f"{stage}/{name}", str(digest)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

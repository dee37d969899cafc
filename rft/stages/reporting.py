"""Stage `report`: gathers what the other stages measured into one HTML page. Every number is from a file of the run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from heapq import nsmallest
from pathlib import Path
from random import Random
from typing import Any

from datagen.formats import read_jsonl
from estimators.results.compare import difference
from estimators.results.graded import read_graded
from rewards.rollouts import Record, read_records, row_of, signals_of_record
from rewards.rows import gold_text, rollout_of
from rewards.types import JSON
from rewards.writing import write_text
from rft.errors import StageError
from rft.pipeline import read_manifest
from rft.project import ProjectFile
from rft.report import Curve, Departure, Gain, Interval, Point, RecipeSheet, Report, ScoredCompletion, render
from rft.report.page import Comparison
from rft.stages.evaluation import GREEDY, HEALTH, SAMPLED
from rft.stages.training import NOTES, RECIPE

PAGE = "report.html"
STAGES = ("data", "check", "package", "sft", "eval_sft", "rft", "eval_rft")
MOVING_MEAN = 5  # steps; one step's 64 completions are too few to read a trend from
WORST = 12
MODELS = (("eval_sft", "base"), ("eval_sft", "SFT"), ("eval_rft", "RFT"))
RESAMPLES = 2_000
NOT_MEASURED = {"mean": 0.0, "standard_error": 0.0, "rows": 0}

RFT_CURVES = (
    ("critic/rewards/mean", "RFT: mean reward"),
    ("critic/rewards/zero_std_groups", "RFT: share of zero_std_groups"),
    ("actor/entropy", "RFT: entropy (nats per token)"),
    ("actor/kl", "RFT: KL to SFT (nats per token)"),
    ("response_length/mean", "RFT: completion length (tokens)"),
)

CONSTRUCTED = (
    "The base is a policy of about one million parameters that was trained to write JSON and to copy, on text that "
    "holds neither this task's tools nor its query types. Its low score follows from that; it is no fact about Nova.",
    "SFT is stopped early on purpose. With more steps it would come close to the best score by itself and leave RFT "
    "nothing to improve: this run shows that the reward can be learnt, not that RFT beats SFT at equal data.",
    "Questions and reference answers were filled from templates with facts of the documents; no model wrote them.",
)
NOT_TOLD = (
    "Which score Nova will reach, and after how many steps.",
    "Which learning rate, batch size or number of generations Nova needs: the values used here were rescaled for a "
    "tiny policy, and the recipe section lists each of them.",
    "That the reward cannot be gamed: a small policy finds the cheap tricks only. `rft audit` looks for the others.",
)


def write_report(file: ProjectFile, root: Path, out: Path) -> Mapping[str, JSON]:
    """Write `report.html` from the finished stages below `root`."""
    page = out / PAGE
    write_text(page, render(collect(file, root)))
    return {"bytes": page.stat().st_size}


def require_finished(root: Path) -> None:
    """Raise `StageError` naming the stages below `root` that a report needs and that are not finished."""
    missing = [stage for stage in STAGES if not read_manifest(root / stage)]
    if missing:
        raise StageError(f"{root} has no finished {', '.join(missing)}; `rft run` makes them")


def collect(file: ProjectFile, root: Path) -> Report:
    """Read everything the page shows."""
    data = read_manifest(root / "data")["counts"]
    assert isinstance(data, dict)
    return Report(
        title=f"{file.project.name}: base, SFT and RFT",
        question="Did the reward teach the model? One run on this machine, with the files that would go to SageMaker.",
        facts=tuple(_facts(file, data, root)),
        greedy=_comparison(root, GREEDY),
        sampled=_comparison(root, SAMPLED),
        sampled_at=file.project.local.eval_temperature,
        gains=tuple(_gains(root)),
        curves=tuple(_curves(root)),
        worst=tuple(_worst(root)),
        recipes=(_sheet("SFT", root / "sft"), _sheet("RFT", root / "rft")),
        digests=tuple(_digests(root)),
        constructed=CONSTRUCTED,
        not_told=NOT_TOLD,
    )


def _facts(file: ProjectFile, data: Mapping[str, JSON], root: Path) -> Iterator[tuple[str, str]]:
    yield "Rows", f"{data['train']} to train, {data['test']} held out; no source document is on both sides"
    yield "Reward", f"{file.project.reward}, run from the Lambda zip below"
    yield "Grader faults", f"{_faults(root)} at most, over every evaluation below"
    yield "Seed", str(file.project.seed)
    yield "Model", f"recipes for {file.project.model}; trained here: the tiny base that comes with rftkit"


def _comparison(root: Path, mode: str) -> Comparison:
    """Metric -> model -> interval, models in the order in which they were made; gates repeat what they gate by."""
    models = _summaries(root)
    metrics = [name for name in next(iter(models.values()))[mode] if name not in HEALTH and not name.endswith("/gate")]
    return {
        name: {model: Interval(**modes[mode].get(name, NOT_MEASURED)) for model, modes in models.items()}
        for name in metrics
    }


def _gains(root: Path) -> Iterator[Gain]:
    """Each model against the one that it was trained from."""
    for mode in (GREEDY, SAMPLED):
        base, sft, rft = (read_graded(root / name / f"{model}.{mode}.jsonl", keep_rows=False) for name, model in MODELS)
        for models, before, after in (("SFT over base", base, sft), ("RFT over SFT", sft, rft)):
            shared = [row for row in before if row in after]
            pairs = [(before[row].score, after[row].score) for row in shared]
            prompts = [before[row].prompt for row in shared]
            rng = Random(f"{mode}/{models}")
            yield Gain(models, mode, difference(pairs, resamples=RESAMPLES, rng=rng, prompts=prompts))


def _summaries(root: Path) -> dict[str, Any]:
    return {**_read(root / "eval_sft" / "summary.json"), **_read(root / "eval_rft" / "summary.json")}


def _faults(root: Path) -> str:
    """Completions that the grader itself failed on, over all models and modes."""
    metrics = [metrics for modes in _summaries(root).values() for metrics in modes.values()]
    shares = (f"{max(found[name]['mean'] for found in metrics):.1%} {name}" for name in HEALTH if name in metrics[0])
    return ", ".join(shares).replace("_", " ")


def _curves(root: Path) -> Iterator[Curve]:
    sft = [row for _, row in read_jsonl(root / "sft" / "metrics.jsonl")]
    yield Curve("SFT: loss (nats per token)", _points(sft, "training_loss"))
    rft = [row for _, row in read_jsonl(root / "rft" / "metrics.jsonl")]
    for key, title in RFT_CURVES:
        yield Curve(title, _points(rft, key), window=MOVING_MEAN)


def _points(rows: list[dict[str, Any]], key: str) -> tuple[Point, ...]:
    return tuple(Point(row["step_number"], row[key]) for row in rows if row.get(key) is not None)


def _worst(root: Path) -> Iterator[ScoredCompletion]:
    """The lowest-scoring greedy completions of the RFT model; none that is fully right."""
    scored = (
        (float(score), record)
        for _, record in read_records(root / "eval_rft" / f"RFT.{GREEDY}.jsonl")
        if isinstance(score := record.get("score"), int | float)
    )
    for score, record in nsmallest(WORST, scored, key=lambda one: (one[0], str(one[1]["id"]))):
        if score < 1.0:
            yield _scored(record, score)


def _scored(record: Record, score: float) -> ScoredCompletion:
    rollout = rollout_of(row_of(record))
    return ScoredCompletion(
        id=str(record["row_id"]),
        model="RFT",
        prompt=rollout.sample.messages[-1].content,
        reference=_pretty_text(gold_text(rollout.sample)),
        completion=_pretty_text(rollout.completion.text),
        score=score,
        parts=signals_of_record(record),
        reason=str(record.get("reason", "")),
    )


def _pretty(value: JSON) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


def _pretty_text(text: str) -> str:
    """The completion laid out like the reference where it is JSON, and as it is where it is not."""
    try:
        return _pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _sheet(name: str, folder: Path) -> RecipeSheet:
    notes = _read(folder / NOTES)
    differences = (
        Departure(n["key"], n["status"], _shown(n["recipe_value"]), _shown(n["local_value"]), n["why"]) for n in notes
    )
    return RecipeSheet(name, (folder / RECIPE).read_text(encoding="utf-8"), tuple(differences))


def _shown(value: JSON) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _digests(root: Path) -> Iterator[tuple[str, str]]:
    for stage in STAGES:
        files = read_manifest(root / stage)["files"]
        assert isinstance(files, dict)
        for name, digest in files.items():
            yield f"{stage}/{name}", str(digest)


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))

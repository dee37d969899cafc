"""Stages `eval_sft` and `eval_rft`: models answer the held-out rows, and the packaged grader scores the answers."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from datagen.formats import read_jsonl, write_jsonl
from estimators.platforms.local import Overlay, generate
from rewards.types import JSON
from rewards.writing import write_text
from rft.progress import bar
from rft.report import TOTAL, Interval
from rft.stages.package import PackagedGrader, packaged_grader

BATCH = 128  # samples per invocation; the default of AWS's newest RFT recipes (lambda_batch_size)
GREEDY, SAMPLED = "greedy", "sampled"


def evaluate_models(
    models: Mapping[str, Path], *, rows: Path, grader: Path, overlay: Overlay, max_new_tokens: int, out: Path
) -> Mapping[str, JSON]:
    """Let each model answer `rows` greedily and by sampling, grade all answers with the zip, and summarise.

    Writes one file of graded rollouts per model and mode, and `summary.json`. Returns the mean score of each.
    """
    summary: dict[str, dict[str, dict[str, Interval]]] = {}
    modes = ((GREEDY, 1, 0.0), (SAMPLED, overlay.eval_samples, overlay.eval_temperature))
    with packaged_grader(grader) as judge, bar("evaluate", len(models) * len(modes), "passes") as done:
        for name, model in models.items():
            for mode, samples, temperature in modes:
                answers = out / f"{name}.{mode}.jsonl"
                generate(
                    model,
                    rows,
                    out=answers,
                    samples=samples,
                    temperature=temperature,
                    seed=overlay.seed,
                    max_new_tokens=max_new_tokens,
                    drop_system_prompt=overlay.drop_system_prompt,
                    threads=overlay.threads,
                )
                graded = list(grade(answers, judge))
                write_jsonl(answers, graded)
                summary.setdefault(name, {})[mode] = summarise(graded)
                done()
    _write_summary(summary, out)
    return {f"{name} {mode}": found[TOTAL].mean for name, by_mode in summary.items() for mode, found in by_mode.items()}


def _write_summary(summary: Mapping[str, Mapping[str, Mapping[str, Interval]]], out: Path) -> None:
    plain = {
        name: {mode: {key: value._asdict() for key, value in metrics.items()} for mode, metrics in by_mode.items()}
        for name, by_mode in summary.items()
    }
    write_text(out / "summary.json", json.dumps(plain, indent=2) + "\n")


def grade(rollouts: Path, grader: PackagedGrader) -> Iterator[dict[str, JSON]]:
    """Each rollout with what the packaged grader says of it: `score`, and `metrics` by name."""
    rows = [row for _, row in read_jsonl(rollouts)]
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        for row, result in zip(batch, grader(batch), strict=True):
            yield {**row, "score": result["aggregate_reward_score"], "metrics": _by_name(result["metrics_list"])}


def summarise(graded: Iterable[Mapping[str, Any]]) -> dict[str, Interval]:
    """Mean and standard error over rows per metric; several answers to one row are averaged first.

    >>> rows = [{"row_id": "a", "score": 1.0, "metrics": {}}, {"row_id": "b", "score": 0.0, "metrics": {}}]
    >>> summarise(rows)
    {'score': Interval(mean=0.5, standard_error=0.5, rows=2)}
    """
    by_row: dict[str, list[Mapping[str, float]]] = {}
    for rollout in graded:
        by_row.setdefault(str(rollout["row_id"]), []).append({TOTAL: rollout["score"], **rollout["metrics"]})
    means = [_row_means(answers) for answers in by_row.values()]
    return {name: _interval([row[name] for row in means]) for name in means[0]}


def _row_means(answers: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.fmean(answer[name] for answer in answers) for name in answers[0]}


def _interval(values: Sequence[float]) -> Interval:
    error = statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return Interval(statistics.fmean(values), error, len(values))


def _by_name(metrics: JSON) -> dict[str, JSON]:
    assert isinstance(metrics, list)
    return {str(metric["name"]): metric["value"] for metric in metrics if isinstance(metric, dict)}

"""The evaluation jobs of a project, as plans: on its held-out rows, by a judge, or on a public benchmark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import recipes
from datagen.formats import compact, gen_qa_row, judge_row, read_rft
from estimators.plan import JobPlan
from estimators.planning.data import Data, Source
from estimators.platforms.platform import Sdk, Work, require
from estimators.platforms.registry import platform_of
from estimators.results.outputs import read_judged
from recipes.checking.lints.fit import TASK_METRICS
from rewards.types import JSON
from rft.errors import RftError
from rft.jobs.training_plans import checkpoint_on, digests_in, planned
from rft.project import ProjectFile
from rft.stages.data import TEST

TASKS: Final = ("rft_eval", "gen_qa", "judge", *TASK_METRICS)


def evaluation_plan(
    file: ProjectFile,
    root: Path,
    *,
    on: str,
    model: str,
    task: str | None = None,
    data: Path | None = None,
    pair: tuple[Path, Path] | None = None,
    metrics_arn: str | None = None,
    attempt: int = 1,
    sdk: Sdk = "boto3",
) -> JobPlan:
    """An evaluation of `model`: a checkpoint's address or collected folder, or a published model.

    The default `task` is the one in which the platform asks the grader. The rows are the held-out ones in the form that
    the task wants, unless `data` names a file. A judge compares the
    completions of a `pair` of files; `metrics_arn` is a Lambda that adds your own metrics to gen_qa. Raises
    `UnsupportedError` for a platform without evaluation jobs, and `RftError` for a judge without completions.
    """
    platform = platform_of(on)
    require(platform, "evaluate")
    task = task or platform.graded_task
    recipe = _recipe(file, checkpoint_on(on, model), task, metrics_arn)
    settings = file.settings(on)
    if metrics_arn:
        settings["sagemaker"] = file.project.sagemaker.model_copy(update={"grader_arn": metrics_arn})
    source = data or _rows(root / "data" / "rft" / f"{TEST}.jsonl", task, pair)
    return planned(
        on,
        Work(
            project=file.project.name,
            settings=settings,
            recipe=recipe,
            data=None if source is None else Data(source),
            digests=digests_in(root) if task in ("rft_eval", "gen_qa") and metrics_arn is None else {},
            attempt=attempt,
            sdk=sdk,
        ),
    )


def _recipe(file: ProjectFile, model: str, task: str, metrics_arn: str | None) -> recipes.Recipe:
    grader, named = file.project.sagemaker.grader(), {"run.name": f"{file.project.name}-eval"}
    if task == "rft_eval":
        return recipes.nova_lite_2_eval_rft(model=model, reward_lambda_arn=grader, overrides=named)
    if task == "gen_qa" and metrics_arn:
        own: dict[str, JSON] = {"processor.lambda_type": "custom_metrics", "processor.preprocessing.enabled": True}
        return recipes.nova_lite_2_eval_byod(model=model, lambda_arn=metrics_arn, overrides=own | named)
    if task == "gen_qa":
        return recipes.nova_lite_2_eval_byod(model=model, lambda_arn=grader, overrides=named)
    if task == "judge":
        return recipes.nova_lite_2_eval_judge(model=model, overrides=named)
    if task == "mmmu":
        return recipes.nova_lite_2_eval_multimodal(model=model, overrides=named)
    strategy, metric = TASK_METRICS[task]
    benchmark = {"evaluation.task": task, "evaluation.strategy": strategy, "evaluation.metric": metric}
    return recipes.nova_lite_2_eval_text(model=model, overrides={**named, **benchmark})


def _rows(held_out: Path, task: str, pair: tuple[Path, Path] | None) -> Source | None:
    """What the job reads: the held-out file, rows made of it, or nothing for a benchmark of AWS's."""
    if task in TASK_METRICS:
        return None
    if task == "judge":
        if pair is None:
            raise RftError("a judge compares two models: give --pair A.jsonl B.jsonl, or --data with its pairs")
        return _lines(_pairs(held_out, pair))
    if task == "gen_qa" and held_out.exists():
        return _lines(compact(gen_qa_row(sample)) for sample in read_rft(held_out))
    return held_out


def _pairs(held_out: Path, pair: tuple[Path, Path]) -> Iterator[str]:
    """Both answers to every held-out prompt that both models answered."""
    first, second = (read_judged(path) for path in pair)
    shared = [sample for sample in read_rft(held_out) if sample.id in first and sample.id in second]
    if not shared:
        raise RftError(f"{pair[0]} and {pair[1]} share no held-out prompt with {held_out}")
    for sample in shared:
        a, b = (rows[sample.id].completion for rows in (first, second))
        yield compact(judge_row(sample, response_a=a, response_b=b))


def _lines(rows: Iterator[str]) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()

"""The stages of a run on a platform that has jobs: what this machine prepares, then SFT, RFT and an evaluation as jobs.

A job's stage launches, follows and collects it. Launching is idempotent, so a run that was stopped goes on with the job
that is under way, and a finished stage is never paid for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from estimators.plan import JobPlan
from estimators.platforms.platform import Platform
from rewards.types import JSON
from rft.jobs.evaluation_plans import evaluation_plan
from rft.jobs.training_plans import training_plan
from rft.pipeline import Stage
from rft.project import ProjectFile
from rft.stages.local import prepared_stages

RunJob = Callable[[JobPlan, Path], Mapping[str, JSON]]


class JobStages(NamedTuple):
    """What runs on this machine first, and the jobs after it."""

    prepared: list[Stage]
    jobs: list[Stage]


def job_stages(file: ProjectFile, root: Path, platform: Platform, run_job: RunJob, *, attempt: int = 1) -> JobStages:
    """The stages of a run on `platform`; `run_job` takes a plan through to its outputs in a folder.

    Each job's folder has the platform's name in it, beside those of local runs. `attempt` is no input: it starts a job
    anew that failed, and leaves finished stages alone.
    """
    on = platform.name
    sft, rft, evaluated = (stage_name(on, what) for what in ("sft", "rft", "eval"))

    def train_sft(number: int = attempt) -> JobPlan:
        return training_plan(file, root, "sft", on=on, attempt=number)

    def train_rft(checkpoint: Path | None, number: int = attempt) -> JobPlan:
        made = None if checkpoint is None else str(checkpoint)
        return training_plan(file, root, "rft", on=on, checkpoint=made, attempt=number)

    def evaluate(number: int = attempt) -> JobPlan:
        return evaluation_plan(file, root, on=on, model=str(root / rft), attempt=number)

    jobs = [
        Stage(sft, ("data",), lambda: train_sft(1).name, lambda out: run_job(train_sft(), out)),
        Stage(
            rft,
            ("data", "package", sft),
            lambda: train_rft(None, 1).name,
            lambda out: run_job(train_rft(root / sft), out),
        ),
    ]
    if "evaluate" not in platform.lacks:
        jobs.append(Stage(evaluated, ("data", "package", rft), lambda: on, lambda out: run_job(evaluate(), out)))
    return JobStages(prepared_stages(file, root), jobs)


def stage_name(on: str, what: str) -> str:
    """The stage, and so the folder, of a kind of job on a platform.

    >>> stage_name("sagemaker", "sft")
    'sagemaker-sft'
    """
    return f"{on}-{what}"

"""Start a plan wherever it belongs, by boto3, by an SDK's estimator, or by a cluster's command-line tool."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Literal

from estimators.errors import JobError
from estimators.findings import refuse
from estimators.plan import JobPlan
from estimators.platforms.bedrock.models import launch_customization
from estimators.platforms.hyperpod.cli import Runner
from estimators.platforms.hyperpod.launch import launch_hyperpod
from estimators.platforms.sagemaker.job import TrainingJob
from estimators.platforms.sagemaker.launch import Launched, launch
from estimators.platforms.sagemaker.sdk import model_trainer, pytorch_estimator
from rewards.writing import write_text

Sdk = Literal["boto3", "pytorch", "model-trainer"]


def start(
    plan: JobPlan,
    session: Any,
    *,
    folder: Path,
    sdk: Sdk = "boto3",
    force: Collection[str] = (),
    run: Runner,
) -> Launched:
    """Launch the plan, and keep it in `folder` as NAME.plan.json, to be followed by name and compared with later.

    `session` is a `boto3.Session`; look its account over with `preflight` first. Raises `RefusedError` with every
    finding of the plan that blocks and is not in `force`.
    """
    refuse(plan.findings, force)
    launched = _start(plan, session, sdk, force, folder, run)
    write_text(folder / f"{plan.name}.plan.json", f"{plan.to_json()}\n")
    return launched


def _start(plan: JobPlan, session: Any, sdk: Sdk, force: Collection[str], folder: Path, run: Runner) -> Launched:
    if plan.target == "bedrock":
        return launch_customization(plan, session, force=force)
    if plan.target == "hyperpod":
        return launch_hyperpod(plan, session, folder=folder / plan.name, run=run, force=force)
    if sdk == "boto3":
        return launch(plan, session, force=force)
    return _start_by_sdk(plan, session, sdk)


def _start_by_sdk(plan: JobPlan, session: Any, sdk: Sdk) -> Launched:
    """Through the SDK's estimator, unless a job of the plan's name, and so of its content, is there already."""
    job = TrainingJob(plan.name, session)
    earlier = _described(job)
    if earlier is None and sdk == "pytorch":
        pytorch_estimator(plan, session).fit(wait=False)
    elif earlier is None:
        model_trainer(plan, session).train(wait=False)
    found = earlier or job.describe()
    return Launched(plan.name, found["TrainingJobArn"], earlier is None, found["TrainingJobStatus"])


def _described(job: TrainingJob) -> Mapping[str, Any] | None:
    try:
        return job.describe()
    except JobError:
        return None

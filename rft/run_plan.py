"""`rft run --plan`: stages, requests and cost of a run as text. Reads the project only; makes no call."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import datagen
from estimators import describe
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.platforms.platform import Platform
from rft.jobs.launching import priced
from rft.jobs.training_plans import Stage, training_plan
from rft.pipeline import stages_until, stale
from rft.project import ProjectFile
from rft.stages import local_stages

TRAININGS: tuple[Stage, ...] = ("sft", "rft")


def plan_lines(
    file: ProjectFile, root: Path, *, platform: Platform, until: str | None, prices: Path | None
) -> Iterator[str]:
    """The plan of a run on a platform, line by line: its stages where it runs them itself, else its jobs."""
    yield from _data_lines(file)
    if "launch" not in platform.lacks:
        for plan in known_plans(file, root, platform, prices):
            yield ""
            yield from describe.plan_lines(plan)
    else:
        yield from _stage_lines(file, root, until)


def known_plans(file: ProjectFile, root: Path, platform: Platform, prices: Path | None) -> list[JobPlan]:
    """The training jobs of a run, SFT then RFT, as far as they are known before it, at the prices of a file or ours.

    Needs no credentials, region or network.
    """
    return [priced(training_plan(file, root, stage, on=platform.name), prices) for stage in TRAININGS]


def without_what_comes(plan: JobPlan) -> Iterator[JobFinding]:
    """The plan's findings, without the placeholders that a stage of the run will fill."""
    for finding in plan.findings:
        comes = finding.code == "placeholder" and finding.message.startswith(("<sha256 of ", "<checkpoint of "))
        if not comes:
            yield finding


def _data_lines(file: ProjectFile) -> Iterator[str]:
    config = file.project.data
    yield f"Project  {file.path} ({file.project.model}, seed {file.project.seed})"
    if isinstance(config, datagen.RowsConfig):
        yield f"Data     rows of {', '.join(dict.fromkeys(config.files().values()))}"
        return
    plan, teacher = datagen.plan(config, root=file.root), config.teacher.kind
    yield f"Data     {plan.documents} documents, {plan.characters:,} characters, {plan.passages} passages"
    yield f"Teacher  {teacher}: {plan.calls} calls, about {plan.input_tokens:,} input tokens"
    yield f"Samples  at most {plan.samples_at_most:,}"


def _stage_lines(file: ProjectFile, root: Path, until: str | None) -> Iterator[str]:
    stages = local_stages(file, root)
    todo = {stage.name for stage in stale(stages, root)}
    yield f"Stages   into {root}"
    for stage in stages_until(stages, until):
        yield f"         {stage.name:<10} {'would run' if stage.name in todo else 'unchanged'}"
    yield "Cost     0 USD: this machine's processor, no network, no account"

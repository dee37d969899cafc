"""`rft run --plan`: stages, requests and cost of a run as text. Reads the project only; makes no call."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import datagen
from estimators import describe
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.platforms.platform import Platform
from rft.jobs.launching import priced
from rft.jobs.training_plans import Stage, training_plan
from rft.pipeline import Stage as PipelineStage
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
        yield from stage_lines(local_stages(file, root), root, until)


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
        yield from _row_lines(config, file.root)
        return
    plan, teacher = datagen.plan(config, root=file.root), config.teacher.kind
    yield f"Data     {plan.documents} documents, {plan.characters:,} characters, {plan.passages} passages"
    yield f"Teacher  {teacher}: {plan.calls} calls, about {plan.input_tokens:,} input tokens"
    yield f"Samples  at most {plan.samples_at_most:,}"


def _row_lines(config: datagen.RowsConfig, root: Path) -> Iterator[str]:
    """Each file of rows with the shapes of its first rows, and why the first that cannot be used cannot."""
    for place, path in enumerate(dict.fromkeys(config.files().values())):
        name = "Data    " if not place else "        "
        if path.startswith("s3://"):
            yield f"{name} rows of {path}"
            continue
        seen = datagen.peek(config, path, root=root)
        read = ", ".join(f"{shape} {count:,}" for shape, count in seen.shapes.most_common()) or "none can be used"
        yield f"{name} rows of {path}; of the first {seen.rows:,}: {read}"
        for reason, count in seen.refused.most_common(_REASONS):
            yield f"         {count:,} left out: {reason}"


_REASONS = 3


def stage_lines(stages: Sequence[PipelineStage], root: Path, until: str | None) -> Iterator[str]:
    """Which stages of a run on this machine would run."""
    todo = {stage.name for stage in stale(stages, root)}
    yield f"Stages   into {root}"
    for stage in stages_until(stages, until):
        yield f"         {stage.name:<10} {'would run' if stage.name in todo else 'unchanged'}"
    yield "Cost     0 USD: this machine's processor, no network, no account"

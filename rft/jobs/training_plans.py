"""Plans of a project's training jobs; those of its evaluations are in `evaluation_plans`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import recipes
from datagen import RowsConfig
from estimators.findings import JobFinding
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.platform import Sdk, Work, require
from estimators.platforms.registry import platform_of
from estimators.results.baseline import baseline_findings
from estimators.results.outputs import read_checkpoint, read_judged
from rft.errors import RftError
from rft.pipeline import digest_of_file
from rft.project import ProjectFile, by_line
from rft.stages.data import TRAIN
from rft.stages.package import ZIP

Stage = Literal["sft", "rft", "distill"]
FOLDERS: Mapping[Stage, str] = {"sft": "sft", "rft": "rft", "distill": "distillation"}  # of the rows of each
VALIDATION = "validation"


def training_plan(
    file: ProjectFile,
    root: Path,
    stage: Stage,
    *,
    on: str,
    checkpoint: str | None = None,
    baseline: Path | None = None,
    sdk: Sdk = "boto3",
    attempt: int = 1,
) -> JobPlan:
    """A project's training on a platform; needs no credentials, region or network.

    SFT and distillation start from the platform's base model; SFT also sends the validation rows, where a project has
    some. RFT starts from `checkpoint`, the model that SFT made, or the folder it was collected into; until it is known,
    the plan shows a placeholder. Raises `UnsupportedError` for a platform that has no jobs, or none of the kind.
    """
    work = Work(
        project=file.project.name,
        method=stage,
        settings=file.settings(on),
        data=_data(file, root / "data" / FOLDERS[stage], stage),
        changes=getattr(file.project, stage).set if stage != "distill" else {},
        checkpoint=checkpoint_on(on, checkpoint) if checkpoint else None,
        digests=digests_in(root) if stage == "rft" else {},
        attempt=attempt,
        sdk=sdk,
    )
    if stage == "distill":
        return planned(on, work)
    with by_line(file, stage):
        made = planned(on, work)
    if stage == "sft":
        return made
    return replace(made, findings=(*made.findings, *_baseline(root, baseline)))


def _data(file: ProjectFile, folder: Path, stage: Stage) -> Data:
    """What a stage trains on, and with SFT the validation rows, where the project sets some aside."""
    config = file.project.data
    splits = config.shares() if isinstance(config, RowsConfig) else config.split.shares()
    validated = stage == "sft" and VALIDATION in splits
    return Data(folder / f"{TRAIN}.jsonl", folder / f"{VALIDATION}.jsonl" if validated else None)


def recipe_plan(
    file: ProjectFile, recipe: Path, *, on: str, data: Path | None, sdk: Sdk = "boto3", attempt: int = 1
) -> JobPlan:
    """A job for a recipe of your own (DPO, another model, a benchmark) in the project's account."""
    return planned(
        on,
        Work(
            project=file.project.name,
            settings=file.settings(on),
            recipe=recipes.load(recipe),
            data=Data(data) if data else None,
            attempt=attempt,
            sdk=sdk,
        ),
    )


def planned(on: str, work: Work) -> JobPlan:
    """The plan of the work on a platform. Raises `UnsupportedError` for what the platform lacks."""
    platform = platform_of(on)
    require(platform, "plan")
    if work.method == "distill":
        require(platform, "distill")
    if work.sdk != "boto3":
        require(platform, "sdk")
    if work.recipe is not None:
        require(platform, "recipe")
    return platform.plan(work)


def _baseline(root: Path, judged: Path | None) -> Iterator[JobFinding]:
    """Findings from graded rollouts of the RFT starting checkpoint; those of the local run only warn."""
    local = root / "eval_sft" / "SFT.sampled.jsonl"
    if judged is not None:
        yield from baseline_findings(read_judged(judged), of=str(judged), severity="error")
    elif local.exists():
        yield from baseline_findings(read_judged(local), of="the SFT model of the local run", severity="warning")


def checkpoint_on(on: str, said: str) -> str:
    """A checkpoint as a recipe names it, from its address or from the folder that `rft train collect` wrote.

    Raises `RftError` where the folder holds a checkpoint of another platform than `on`.
    """
    if said.startswith(("s3://", "arn:")) or not Path(said).exists():
        return said
    found = read_checkpoint(Path(said))
    if platform_of(found.platform) is not platform_of(on):
        made = f"{said} holds a checkpoint that {found.platform} made"
        raise RftError(f"{made}; it runs only there, so say --on {found.platform}")
    return found.uri


def digests_in(root: Path) -> Mapping[str, str]:
    """The digest of the packaged grader, where it has been packaged."""
    package = root / "package" / ZIP
    return {"grader": digest_of_file(package)} if package.exists() else {}

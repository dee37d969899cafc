"""The trainings of a project in the cloud, as plans; its evaluations are in `evaluations`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Literal

import recipes
from estimators.findings import Finding
from estimators.plan import JobPlan
from estimators.planning.data import Data
from estimators.platforms.bedrock.plan import plan_customization
from estimators.platforms.hyperpod.plan import plan_hyperpod
from estimators.platforms.sagemaker.plan import Flavour, plan_job
from estimators.results.baseline import baseline_findings
from estimators.results.outputs import read_checkpoint, read_judged
from rft.errors import RftError
from rft.pipeline import digest_of_file
from rft.project import ProjectFile
from rft.stages.data import TRAIN
from rft.stages.package import ZIP
from rft.stages.training import rft_recipe, sft_recipe

Stage = Literal["sft", "rft"]
Place = Literal["sagemaker", "hyperpod", "bedrock"]

SFT_CHECKPOINT = "s3://<checkpoint of the SFT job>"  # known when that job has ended: manifest.json of its output


def training_plan(
    file: ProjectFile,
    root: Path,
    stage: Stage,
    *,
    on: Place,
    checkpoint: str | None = None,
    baseline: Path | None = None,
    flavour: Flavour = "v2",
    attempt: int = 1,
) -> JobPlan:
    """A project's training on a platform; needs no credentials, region or network.

    RFT starts from `checkpoint`, the model that SFT made, or the folder it was collected into; until it is known, the
    plan shows a placeholder.
    """
    made = _training_plan(
        file, root, stage, on, checkpoint_on(on, checkpoint) if checkpoint else None, flavour, attempt
    )
    if stage == "sft":
        return made
    return replace(made, findings=(*made.findings, *_baseline(root, baseline)))


def _training_plan(
    file: ProjectFile, root: Path, stage: Stage, on: Place, checkpoint: str | None, flavour: Flavour, attempt: int
) -> JobPlan:
    project, data = file.project, Data(root / "data" / stage / f"{TRAIN}.jsonl")
    digests = digests_in(root) if stage == "rft" else {}
    if on == "bedrock":
        config = project.bedrock.model_copy(update={"base_model": checkpoint} if checkpoint else {})
        name = f"{project.name}-{stage}"
        return plan_customization(stage, name=name, config=config, data=data, attempt=attempt, digests=digests)
    recipe, place = _recipe(file, stage, on, checkpoint or SFT_CHECKPOINT), project.sagemaker
    if on == "hyperpod":
        cluster = project.hyperpod
        return plan_hyperpod(recipe, config=place, cluster=cluster, data=data, attempt=attempt, digests=digests)
    return plan_job(recipe, config=place, data=data, flavour=flavour, attempt=attempt, digests=digests)


def _baseline(root: Path, judged: Path | None) -> Iterator[Finding]:
    """What the scores of the model that RFT starts from say: those given, else the local run's, which only hint."""
    local = root / "eval_sft" / "SFT.sampled.jsonl"
    if judged is not None:
        yield from baseline_findings(read_judged(judged), of=str(judged), severity="error")
    elif local.exists():
        yield from baseline_findings(read_judged(local), of="the SFT model of the local run", severity="warning")


def recipe_plan(
    file: ProjectFile, recipe: Path, *, on: Place, data: Path | None, flavour: Flavour = "v2", attempt: int = 1
) -> JobPlan:
    """A job for a recipe of your own (DPO, another model, a benchmark) in the project's account."""
    loaded, place, train = recipes.load(recipe), file.project.sagemaker, Data(data) if data else None
    if on == "bedrock":
        raise RftError("Bedrock takes no recipes: its hyperparameters are in the project file, under bedrock")
    if on == "hyperpod":
        return plan_hyperpod(loaded, config=place, cluster=file.project.hyperpod, data=train, attempt=attempt)
    return plan_job(loaded, config=place, data=train, flavour=flavour, attempt=attempt)


def checkpoint_on(place: Place, said: str) -> str:
    """A checkpoint as a recipe names it, from its address or from the folder that `rft train collect` wrote.

    Raises `RftError` where the folder holds a checkpoint of another platform.
    """
    if said.startswith(("s3://", "arn:")) or not Path(said).exists():
        return said
    found = read_checkpoint(Path(said))
    if found.platform != place:
        made = f"{said} holds a checkpoint that {found.platform} made"
        raise RftError(f"{made}; it runs only there, so say --on {found.platform}")
    return found.uri


def _recipe(file: ProjectFile, stage: Stage, on: Place, checkpoint: str) -> recipes.Recipe:
    if stage == "sft":
        return sft_recipe(file)
    if on == "sagemaker":
        return rft_recipe(file, model=checkpoint)
    # The recipes for clusters have other keys than those for training jobs; `rft.set` must fit the one in use.
    return recipes.nova_lite_2_rft_lora_hyperpod(
        name=f"{file.project.name}-rft",
        reward_lambda_arn=file.project.sagemaker.grader(),
        overrides={**file.project.rft.set, "run.model_name_or_path": checkpoint},
    )


def digests_in(root: Path) -> Mapping[str, str]:
    """The digest of the packaged grader, where it has been packaged."""
    package = root / "package" / ZIP
    return {"grader": digest_of_file(package)} if package.exists() else {}

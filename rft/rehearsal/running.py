"""Rehearse a project: data, grader and SFT as `rft run` makes and keeps them, then an RFT whose rollouts are read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import recipes
from estimators.platforms.local import plan_rft
from estimators.platforms.local.policies import check_policy
from estimators.platforms.local.preflight import length_problems, rft_rows, token_limit
from estimators.platforms.local.training import ROLLOUTS
from rft import pipeline
from rft.pipeline import Progress, Stage
from rft.project import ProjectFile
from rft.rehearsal.verdict import Verdict
from rft.stages.data import TRAIN
from rft.stages.local import POLICY, local_stages, policy_of
from rft.stages.package import ZIP
from rft.stages.training import MODEL, overlay_of, rft_inputs, rft_recipe, train_rft

STAGE = "rehearsal"
STEPS = "training_config.trainer.max_steps"
_QUICK = ("data", "package", POLICY)
_BEFORE = (*_QUICK, "sft")


def changed(file: ProjectFile, changes: dict[str, object]) -> ProjectFile:
    """The project with keys of its local RFT replaced; SFT and its data stay as they are."""
    if not changes:
        return file
    local = replace(file.project.local, rft={**file.project.local.rft, **changes})
    return replace(file, project=file.project.model_copy(update={"local": local}))


def rehearsal_stages(file: ProjectFile, root: Path, *, name: str = STAGE) -> list[Stage]:
    """The stages of a rehearsal: those of `rft run` that come before RFT, and the RFT itself under a name of its own,
    so that a finished run keeps its own. The check is left out: a reward that fails it is worth rehearsing too.
    """
    before = [stage for stage in local_stages(file, root) if stage.name in _BEFORE]
    names = tuple(stage.name for stage in before)
    data, sft = root / "data", root / "sft"
    grader = root / "package" / ZIP
    training = Stage(
        name,
        names,
        lambda: rft_inputs(file),
        lambda out: train_rft(file, model=sft / MODEL, data=data, grader=grader, out=out),
    )
    return [*before, training]


def rehearse(file: ProjectFile, root: Path, progress: Progress, *, name: str = STAGE) -> Path:
    """Run what is stale after `prepare`, and return the file of the rollouts; a finished `rft run` serves as it is."""
    stages = rehearsal_stages(file, root, name=name)
    finished = next(stage for stage in local_stages(file, root) if stage.name == "rft")
    if not list(pipeline.stale([*stages[:-1], finished], root)) and not (root / name).exists():
        progress.skipped("rft", root / "rft")
        return root / "rft" / ROLLOUTS
    pipeline.run([stage for stage in stages if stage.name not in _QUICK], root, progress)
    return root / name / ROLLOUTS


def prepare(file: ProjectFile, root: Path, progress: Progress) -> None:
    """Make the data and the grader, which is quick, so that what can be known before a training is known."""
    pipeline.run([stage for stage in rehearsal_stages(file, root) if stage.name in _QUICK], root, progress)


def truncating(file: ProjectFile, root: Path) -> Verdict | None:
    """The verdict TRUNCATING before any step, where rows do not fit into the tokens they may have; else None."""
    reasons = tuple(_too_long(file, root))
    return Verdict("TRUNCATING", reasons) if reasons else None


def _too_long(file: ProjectFile, root: Path) -> Iterator[str]:
    plan = plan_rft(recipes.to_mapping(rft_recipe(file)), overlay_of(file))
    assert plan.sampling is not None, "plan_rft makes plans with sampling"
    model = policy_of(file, root)
    check_policy(model)
    data = root / "data" / "rft" / f"{TRAIN}.jsonl"
    rows = rft_rows(plan, data)
    yield from length_problems(rows, plan.sampling.max_new_tokens, token_limit(plan, model), model=model, data=data)

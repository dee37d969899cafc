"""Stages `sft` and `rft`: the recipe that would go to SageMaker, and the tiny policy trained by it on this machine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path

import recipes
from estimators.planning import presets
from estimators.platforms.local import (
    LocalPlan,
    Overlay,
    TrainingLog,
    check_before_training,
    plan_rft,
    plan_sft,
    run_rft,
    run_sft,
)
from rewards.types import JSON
from rewards.writing import write_text
from rft.progress import bar
from rft.project import ProjectFile, by_line
from rft.stages.data import TEST, TRAIN
from rft.stages.package import grader_digest, packaged_grader

SHOWN = ("training_loss", "critic/rewards/mean")
RECIPE, NOTES, MODEL = "recipe.yaml", "notes.json", "model"


def sft_recipe(file: ProjectFile) -> recipes.Recipe:
    """The project's SFT recipe: the preset of its model, with the project's changes."""
    with by_line(file, "sft"):
        return presets.sft_recipe(file.project.name, file.project.sft.set)


def rft_recipe(file: ProjectFile) -> recipes.Recipe:
    """The project's RFT recipe: the preset of its model, the grader's ARN in both places, the project's changes."""
    grader = file.project.sagemaker.grader()
    with by_line(file, "rft"):
        return presets.rft_recipe(file.project.name, file.project.rft.set, grader=grader)


def sft_inputs(file: ProjectFile) -> JSON:
    """What SFT depends on besides other stages: its recipe and its part of the overlay."""
    return {"recipe": recipes.to_mapping(sft_recipe(file)), "overlay": overlay_of(file).part("sft")}


def rft_inputs(file: ProjectFile) -> JSON:
    """What RFT depends on besides other stages: its recipe and its part of the overlay."""
    return {"recipe": recipes.to_mapping(rft_recipe(file)), "overlay": overlay_of(file).part("rft")}


def max_new_tokens(file: ProjectFile) -> int:
    """Longest completion in tokens, the same in RFT and in evaluation, so that what is measured is what was trained."""
    sampling = plan_rft(recipes.to_mapping(rft_recipe(file)), overlay_of(file)).sampling
    assert sampling is not None
    return sampling.max_new_tokens


def overlay_of(file: ProjectFile) -> Overlay:
    """The project's `local:` section with the project's seed."""
    return replace(file.project.local, seed=file.project.seed)


def train_sft(file: ProjectFile, *, base: Path, data: Path, out: Path) -> Mapping[str, JSON]:
    """Fine-tune the base on the gold completions."""
    recipe = sft_recipe(file)
    plan = plan_sft(recipes.to_mapping(recipe), overlay_of(file))
    check_trainings(file, model=base, data=data)
    _write_plan(recipe, plan, out)
    with bar("sft", plan.optimisation.max_steps, "steps") as on_step:
        return _counts(run_sft(plan, model=base, data=data / "sft" / f"{TRAIN}.jsonl", out=out, on_step=on_step))


def train_rft(file: ProjectFile, *, model: Path, data: Path, grader: Path, out: Path) -> Mapping[str, JSON]:
    """Reinforce the SFT model with the packaged grader as the reward."""
    recipe = rft_recipe(file)
    plan = plan_rft(recipes.to_mapping(recipe), overlay_of(file))
    check_trainings(file, model=model, data=data)
    _write_plan(recipe, plan, out)
    rows = data / "rft" / f"{TRAIN}.jsonl"
    steps = plan.optimisation.max_steps
    with packaged_grader(grader, allow_network=file.allow_network) as judge, bar("rft", steps, "steps") as on_step:
        digest = grader_digest(grader)
        return _counts(
            run_rft(plan, model=model, data=rows, grader=judge, out=out, grader_digest=digest, on_step=on_step)
        )


def check_trainings(file: ProjectFile, *, model: Path, data: Path) -> None:
    """Look at both trainings and the held-out rows before either training takes its first step.

    Raises PreflightError naming everything that does not fit.
    """
    check_before_training(
        plan_sft(recipes.to_mapping(sft_recipe(file)), overlay_of(file)),
        plan_rft(recipes.to_mapping(rft_recipe(file)), overlay_of(file)),
        model=model,
        sft_data=data / "sft" / f"{TRAIN}.jsonl",
        rft_data=data / "rft" / f"{TRAIN}.jsonl",
        held_out=data / "rft" / f"{TEST}.jsonl",
    )


def _write_plan(recipe: recipes.Recipe, plan: LocalPlan, out: Path) -> None:
    write_text(out / RECIPE, recipes.dump(recipe))
    notes = json.dumps([asdict(note) for note in plan.notes], indent=2)
    write_text(out / NOTES, notes + "\n")


def _counts(log: TrainingLog) -> Mapping[str, JSON]:
    last = log.rows[-1] if log.rows else {}
    return {"steps": len(log.rows), **{name: last[name] for name in SHOWN if name in last}}

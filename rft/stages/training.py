"""Stages `sft` and `rft`: the recipe that would go to SageMaker, and the tiny policy trained by it on this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from statistics import fmean

import click

import recipes
from estimators.planning import presets
from estimators.platforms.local import (
    LocalPlan,
    Overlay,
    TrainingLog,
    check_before_training,
    checkpoints,
    plan_rft,
    plan_sft,
    run_rft,
    run_sft,
)
from estimators.platforms.local.log import Row
from estimators.platforms.local.training import METRICS, ROLLOUTS
from rewards.types import JSON
from rewards.writing import write_text
from rft.exits import StoppedError
from rft.pipeline import remove, stopped
from rft.progress import bar
from rft.project import ProjectFile, by_line
from rft.stages.data import TEST, TRAIN
from rft.stages.package import grader_digest, packaged_grader

COUNTED = ("training_loss", "critic/rewards/mean")
ZERO_STD = "critic/rewards/zero_std_groups"
REWARD = "critic/rewards/mean"
SHOWN: Mapping[str, str] = {"training_loss": "loss", REWARD: "reward", ZERO_STD: "zero-std groups"}
KNOWN_BY_HEART = 0.95  # of 1, what a right answer earns; above it AWS calls RFT unneeded, here held-out rows lost
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
    steps = plan.optimisation.max_steps
    with kept_when_stopped("sft", out), steps_bar("sft", steps) as on_step:
        rows = data / "sft" / f"{TRAIN}.jsonl"
        return _counts(run_sft(plan, model=base, data=rows, out=out, on_step=on_step, resume=True))


def train_rft(file: ProjectFile, *, model: Path, data: Path, grader: Path, out: Path) -> Mapping[str, JSON]:
    """Reinforce the SFT model with the packaged grader as the reward."""
    recipe = rft_recipe(file)
    plan = plan_rft(recipes.to_mapping(recipe), overlay_of(file))
    check_trainings(file, model=model, data=data)
    _write_plan(recipe, plan, out)
    rows = data / "rft" / f"{TRAIN}.jsonl"
    steps = plan.optimisation.max_steps
    with (
        kept_when_stopped("rft", out),
        packaged_grader(grader, allow_network=file.allow_network) as judge,
        steps_bar("rft", steps) as on_step,
    ):
        digest = grader_digest(grader)
        log = run_rft(
            plan,
            model=model,
            data=rows,
            grader=judge,
            out=out,
            grader_digest=digest,
            on_step=on_step,
            resume=True,  # a draft that the pipeline hands over was begun from the same inputs
        )
    for warning in warnings_of(log):
        click.echo(f"\nwarning: {warning}", err=True)
    return _counts(log)


@contextmanager
def kept_when_stopped(stage: str, out: Path) -> Iterator[None]:
    """Where an error or Ctrl-C stops a training, move what its steps made to `STAGE.stopped`, and say so."""
    try:
        yield
    except BaseException as error:
        kept = stopped(stage, out.parent)
        if not any((out / name).exists() for name in (METRICS, ROLLOUTS)):
            raise
        remove(kept)
        out.rename(kept)
        steps = checkpoints.steps_of(checkpoints.last(kept))
        then = f"goes on after step {steps}" if steps else f"starts {stage} again"
        line = f"the steps that {stage} had done are in {kept}; the same command {then}"
        if isinstance(error, KeyboardInterrupt):
            raise StoppedError(f"stopped; {line}") from None
        error.add_note(line)
        raise


@contextmanager
def steps_bar(stage: str, steps: int) -> Iterator[Callable[[Row], None]]:
    """A bar of a training's steps, with the latest loss or reward beside it."""
    with bar(stage, steps, "steps") as advance:
        yield lambda row: advance(", ".join(f"{SHOWN[name]} {row[name]:.3g}" for name in SHOWN if name in row))


def warnings_of(log: TrainingLog) -> Iterator[str]:
    """What a finished RFT should not be trusted for: steps in which no group told one completion from another, and rows
    that the SFT model had solved before the first step."""
    dead = sum(row.get(ZERO_STD) == 1.0 for row in log.rows)
    if dead and dead * 2 >= len(log.rows):
        yield (
            f"in {dead} of {len(log.rows)} steps all groups had zero std: every completion of a prompt earned the "
            "same, so nothing was learnt; look at rollouts.jsonl, and grade what differs"
        )
    first = [row[REWARD] for row in log.rows[: max(len(log.rows) // 4, 1)] if REWARD in row]
    if first and fmean(first) >= KNOWN_BY_HEART:
        yield (
            f"the training rows earned {fmean(first):.3f} in the first steps already, so RFT had little to learn from "
            "them; stop SFT earlier, or give RFT rows that SFT has not seen"
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
    return {"steps": len(log.rows), **{name: last[name] for name in COUNTED if name in last}}

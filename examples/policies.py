"""What the example scripts share: train a tiny policy with the recipe of a project, ask it, and grade what it says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import recipes
from estimators.platforms.local import generate, plan_sft, run_sft
from estimators.platforms.local.base import BASE_FOLDER
from rewards import Reward
from rewards.rollouts import Record, graded, read_records, write_records
from rewards.rows import rollout_of
from rft.project import ProjectFile
from rft.stages.training import overlay_of, sft_recipe

REPEATS, TEMPERATURE = 5, 0.7
FROM_SCRATCH: Mapping[str, float] = {
    "training_config.optim_config.lr": 4.0e-3,
    "training_config.lr_scheduler.warmup_steps": 10,
    "training_config.lr_scheduler.min_lr": 4.0e-4,
}  # in place of the project's values, where the base learns a format that it has never seen


def trained(file: ProjectFile, rows: Path, out: Path, *, steps: int, start: Path = BASE_FOLDER, name: str = "") -> Path:
    """Fine-tune `start` on an SFT file for so many steps with the project's SFT recipe; returns the policy."""
    changes = {"training_config.max_steps": steps, **(FROM_SCRATCH if start == BASE_FOLDER else {})}
    overlay = overlay_of(file)
    plan = plan_sft(recipes.to_mapping(sft_recipe(file)), replace(overlay, sft={**overlay.sft, **changes}))
    log = run_sft(plan, model=start, data=rows, out=out)
    losses = [row["training_loss"] for row in log.rows if "training_loss" in row]
    print(f"{name or out.name}: {steps} steps in {log.seconds:.0f} s, loss {losses[0]:.3f} to {losses[-1]:.3f}")
    return log.model


def answered(
    model: Path, questions: Path, out: Path, judge: Reward, *, name: str, seed: int, max_new_tokens: int
) -> Path:
    """Ask a policy each question several times, grade its answers, and write them as rollouts to `out`."""
    out.parent.mkdir(parents=True, exist_ok=True)
    generate(
        model,
        questions,
        out=out,
        samples=REPEATS,
        temperature=TEMPERATURE,
        seed=seed,
        max_new_tokens=max_new_tokens,
        name=name,
    )
    records: Sequence[Record] = [record for _, record in read_records(out)]
    write_records(out, list(all_graded(records, judge)))
    return out


def all_graded(records: Iterable[Record], judge: Reward) -> Iterator[Record]:
    """The records with their grades."""
    for record in records:
        rollout = rollout_of(record)
        yield graded(record, judge(rollout.sample, rollout.completion))

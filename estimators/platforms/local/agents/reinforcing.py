"""RFT with TRL's GRPO over real rollouts of many turns in a world; every rollout is kept in the rollout file."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from random import Random
from typing import Any, Final

from estimators.platforms.local.agents.oracle import gold_turns, tool_schemas
from estimators.platforms.local.agents.recorder import Facts, Recorded
from estimators.platforms.local.agents.settings import AgentOverlay, RftSettings
from estimators.platforms.local.agents.supervised import encoded
from estimators.platforms.local.hardware import prepare, trainer_arguments, without_library_warnings
from estimators.platforms.local.log import RFT_NAMES, OnStep, TrainingLog
from estimators.platforms.local.policies import load_tokenizer
from estimators.platforms.local.training import ROLLOUTS, append, train_and_save
from rewards.export.worlds import rows_for_trl
from rewards.rollouts import Record
from rewards.trajectories import Environment
from rewards.writing import appending

NAMES: Final[Mapping[str, str]] = {
    **RFT_NAMES, "frac_reward_zero_std": "critic/rewards/zero_std_groups", "tools/call_frequency": "tools/calls",
}  # fmt: skip
_MEASURED: Final = 24  # tasks whose gold turns tell how long a rollout may be


def run_rft(
    world: Environment,
    overlay: AgentOverlay,
    settings: RftSettings,
    *,
    model: Path,
    out: Path,
    seed: int,
    on_step: OnStep | None = None,
) -> TrainingLog:
    """Train with GRPO on the world's own reward; writes `model/`, `metrics.jsonl`, `seconds.jsonl` and all rollouts,
    `rollouts.jsonl`, to `out`.
    """
    prepare(seed=seed, threads=overlay.threads)
    tokenizer = load_tokenizer(model)
    (out / ROLLOUTS).unlink(missing_ok=True)
    with appending(out / ROLLOUTS) as file, without_library_warnings():
        trainer = trainer_of(
            world,
            model,
            tokenizer,
            settings,
            out,
            seed=seed,
            keep=partial(_keep, partial(append, file)),
            facts=lambda: {"step": trainer.state.global_step + 1},
        )
        return train_and_save(trainer, tokenizer, out, NAMES, on_step)


def trainer_of(
    world: Environment,
    model: Path,
    tokenizer: Any,
    settings: RftSettings,
    out: Path,
    *,
    seed: int,
    keep: Callable[[Record], None],
    facts: Callable[[], Facts] = dict,
    held_out: list[dict[str, Any]] | None = None,
    samples: int = 1,
) -> Any:
    """TRL's trainer over a world; with `held_out` rows its `evaluate` plays `samples` rollouts of each of them."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    os.environ["TRL_EXPERIMENTAL_SILENCE"] = "1"  # TRL warns that `environment_factory` may change; we pin its version
    batch = settings.prompts * settings.group_size
    rows = rows_for_trl(world) or rows_for_trl(world, "test")
    config = GRPOConfig(
        **trainer_arguments(out),
        max_steps=settings.max_steps,
        per_device_train_batch_size=batch,
        per_device_eval_batch_size=samples * max(1, batch // samples),
        num_generations=settings.group_size,
        num_generations_eval=samples,
        max_completion_length=longest_rollout(world, tokenizer, seed=seed),
        max_tool_calling_iterations=world.max_turns,
        temperature=settings.temperature,
        top_p=settings.top_p,
        epsilon=settings.clip_low,
        epsilon_high=settings.clip_high,
        learning_rate=settings.lr,
        lr_scheduler_type="constant",
        beta=0.0,
        scale_rewards="none",
        seed=seed,
        data_seed=seed,
    )
    return GRPOTrainer(
        model=str(model),
        args=config,
        train_dataset=Dataset.from_list(rows * math.ceil(batch / len(rows))),
        eval_dataset=Dataset.from_list(held_out) if held_out else None,
        processing_class=tokenizer,
        environment_factory=Recorded(
            world, keep, facts=lambda: {"temperature": settings.temperature, **facts()}, seed=seed
        ),
    )


def longest_rollout(world: Environment, tokenizer: Any, *, seed: int) -> int:
    """Tokens that a rollout may take behind its prompt: those of the longest gold turns, and half as many again."""
    rng, tools = Random(f"{seed}/length"), tool_schemas(world)
    tasks = list(world.tasks.values())
    longest = 0
    for task in rng.sample(tasks, min(_MEASURED, len(tasks))):
        found = encoded(tokenizer, gold_turns(world, task, rng), tools)
        longest = max(longest, len(found.tokens) - found.own.index(True))
    return longest + longest // 2


def _keep(write: Callable[[list[Record]], None], record: Record) -> None:
    write([record])

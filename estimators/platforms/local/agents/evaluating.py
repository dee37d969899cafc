"""What a policy is worth on held-out tasks: rollouts of many turns, as the trainer plays them, in the rollout file."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from estimators.platforms.local.agents.reinforcing import trainer_of
from estimators.platforms.local.agents.settings import AgentOverlay, RftSettings
from estimators.platforms.local.hardware import prepare, without_library_warnings
from estimators.platforms.local.policies import load_tokenizer
from rewards.export.worlds import rows_for_trl
from rewards.rollouts import Record
from rewards.trajectories import Environment


def evaluate(
    world: Environment, overlay: AgentOverlay, settings: RftSettings, *, model: Path, seed: int
) -> list[Record]:
    """Graded records of `eval_samples` rollouts of each of `eval_tasks` held-out tasks, in the order of the tasks.

    A world without held-out tasks is evaluated on those that it trains on. Equal arguments give equal records.
    """
    prepare(seed=seed, threads=overlay.threads)
    from transformers import PrinterCallback

    rows = (rows_for_trl(world, "test") or rows_for_trl(world))[: overlay.eval_tasks]
    kept: list[Record] = []
    tokenizer = load_tokenizer(model)
    with tempfile.TemporaryDirectory() as folder, without_library_warnings():
        trainer = trainer_of(
            world, model, tokenizer, replace(settings, max_steps=1), Path(folder),
            seed=seed, keep=kept.append, held_out=rows, samples=overlay.eval_samples,
        )  # fmt: skip
        trainer.remove_callback(PrinterCallback)
        trainer.evaluate()
    order = {str(row["task"]): place for place, row in enumerate(rows)}
    return sorted(kept, key=lambda record: (order[str(record["row_id"])], int(str(record["sample"]))))

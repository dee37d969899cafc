"""Checkpoints of a training under way, so that one that was stopped goes on, with the steps it would have done."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

from rewards.rollouts import Record, read_records
from rewards.writing import write_text

PREFIX = "checkpoint-"
PAUSE_S = 20.0
SAVING_SHARE = 0.05  # of the time of a training, at the most: the state of a large policy takes long to write
_WRITTEN_LAST = "trainer_state.json"


def last(folder: Path) -> Path | None:
    """The newest checkpoint in `folder` that was written to its end; None where there is none."""
    return max((path for path in folder.glob(f"{PREFIX}*") if _is_whole(path)), key=steps_of, default=None)


def steps_of(checkpoint: Path | None) -> int:
    """The number of steps that were done; 0 without a checkpoint.

    >>> steps_of(Path("rft/checkpoint-20")), steps_of(None)
    (20, 0)
    """
    return int(checkpoint.name.removeprefix(PREFIX)) if checkpoint is not None else 0


def remove(folder: Path) -> None:
    """Delete every checkpoint in `folder`."""
    for path in folder.glob(f"{PREFIX}*"):
        shutil.rmtree(path)


def keep_rollouts(path: Path, steps: int) -> None:
    """Leave the rollouts of the first `steps` steps in a rollout file; without a step no file."""
    kept = [json.dumps(record) + "\n" for _, record in read_records(path) if _is_of(record, steps)] if steps else []
    if kept:
        write_text(path, "".join(kept))
    else:
        path.unlink(missing_ok=True)


def save_now_and_then(trainer: Any) -> None:
    """Have a trainer save a checkpoint after a step, `PAUSE_S` or more after the last, and keep the latest two.

    Two, since a kill amid the newer leaves that one unfinished.
    """
    from transformers import TrainerCallback

    class Saving(TrainerCallback):  # type: ignore[misc]  # transformers is untyped here
        def __init__(self) -> None:
            self._due = time.monotonic() + PAUSE_S
            self._asked = 0.0

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            self._asked = time.monotonic()
            control.should_save = self._asked >= self._due and state.global_step < state.max_steps

        def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
            saved = time.monotonic()
            self._due = saved + max(PAUSE_S, (saved - self._asked) / SAVING_SHARE)

    trainer.args.save_total_limit = 2
    trainer.create_model_card = lambda *_, **__: None  # TRL's own, which would lie beside the checkpoints
    trainer.add_callback(Saving())


def _is_of(record: Record, steps: int) -> bool:
    step = record["step"]
    return isinstance(step, int) and step <= steps


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads((checkpoint / _WRITTEN_LAST).read_text("utf-8"))
    except (OSError, ValueError):
        return False
    return checkpoint.name.removeprefix(PREFIX).isdigit()

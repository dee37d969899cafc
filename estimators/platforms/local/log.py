"""Metrics of a local run, under the names of Nova's logs.

SFT rows carry `step_number` and `training_loss` as the metrics file of a Nova SFT job does; RFT rows carry veRL's
names, which AWS lists in "Monitoring RFT training". Seconds are kept apart: equal inputs give equal metric files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from rewards.writing import write_text

Row: TypeAlias = Mapping[str, float]
OnStep: TypeAlias = Callable[[Row], None]

SFT_NAMES: Mapping[str, str] = {
    "step": "step_number",
    "loss": "training_loss",
    "learning_rate": "learning_rate",
    "grad_norm": "grad_norm",
    "entropy": "entropy",
    "mean_token_accuracy": "token_accuracy",
}
RFT_NAMES: Mapping[str, str] = {
    "step": "step_number",
    "reward": "critic/rewards/mean",
    "reward_std": "critic/rewards/std",
    "zero_std_groups": "critic/rewards/zero_std_groups",
    "entropy": "actor/entropy",
    "kl": "actor/kl",
    "grad_norm": "actor/grad_norm",
    "loss": "actor/loss",
    "policy_loss": "actor/pg_loss",
    "clip_ratio/region_mean": "actor/pg_clipfrac",
    "learning_rate": "actor/lr",
    "completions/mean_length": "response_length/mean",
    "completions/max_length": "response_length/max",
    "completions/clipped_ratio": "response/aborted_ratio",
}
SECONDS = "perf/time_per_step"


@dataclass(frozen=True)
class TrainingLog:
    """The result of a run: the folder of the weights, one row of metrics per step, and the seconds per step."""

    model: Path
    metrics: Path
    rows: tuple[Row, ...]
    seconds: float


def renamed(history: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> list[dict[str, float]]:
    """The trainer's log entries of single steps, under our names; metrics of the grader keep theirs.

    A value that is missing or not finite is left out: JSON has no word for it.
    """
    steps = [entry for entry in history if names_loss(entry)]
    return [dict(_named(entry, names)) for entry in steps]


def names_loss(entry: Mapping[str, Any]) -> bool:
    """Whether the entry is of a step, rather than the final summary."""
    return "loss" in entry


def _named(entry: Mapping[str, Any], names: Mapping[str, str]) -> Iterable[tuple[str, float]]:
    for name, ours in names.items():
        value = entry.get(name)
        if isinstance(value, int | float) and math.isfinite(value):
            yield ours, value
    for name, value in entry.items():
        if name.startswith("metric/") and isinstance(value, int | float) and math.isfinite(value):
            yield name, value


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write one JSON object per line, atomically."""
    write_text(path, "".join(json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows))

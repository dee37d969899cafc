"""Training metrics in one table, from the job's CSV files or its log lines.

Sources: column names of `step_wise_training_metrics.csv` and `validation_metrics.csv` as in aws-samples/
amazon-nova-samples; log names as in AWS, "RFT with Amazon Nova models", and nova-forge-sdk @a4d5b3d.
"""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from estimators.errors import OutputError
from rewards.writing import drafting_text

# The name a metric has here, whatever a CSV, a log line or MLflow calls it.
NAMES: Final = {
    "training_loss": "loss",
    "reduced_train_loss": "loss",
    "validation_loss": "validation_loss",
    "train_reward_mean": "reward",
    "critic/rewards/mean": "reward",
    "train_rm_score": "reward",
    "val-score/rewards/mean@1": "validation_reward",
    "train_episode_length_mean": "response_length",
    "response_length/mean": "response_length",
    "policy_entropy": "entropy",
    "actor/entropy": "entropy",
    "gradient_norm": "grad_norm",
    "actor/grad_norm": "grad_norm",
}
_STEP_COLUMNS: Final = ("step_number", "step", "global_step")
_NOT_METRICS: Final = frozenset({*_STEP_COLUMNS, "epoch_number", "epoch"})
_PAIR: Final = re.compile(r"([A-Za-z_][\w/@.\-]*)\s*[=:]\s*([+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|nan|inf)(?![\w.:])")


class Point(NamedTuple):
    """The value of one metric at one training step."""

    step: int
    name: str
    value: float


def read_csv(path: Path) -> tuple[Point, ...]:
    """Points of a metrics CSV, by step; empty cells are left out.

    Raises `OutputError` for a file without a step column or with a cell that is no number.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        step_column = next((name for name in _STEP_COLUMNS if name in (reader.fieldnames or ())), None)
        if step_column is None:
            raise OutputError(f"{path}: no column {' or '.join(_STEP_COLUMNS)}; columns are {reader.fieldnames}")
        return in_order(point for row in reader for point in _row(row, step_column, f"{path}:{reader.line_num}"))


def write_csv(path: Path, points: Iterable[Point]) -> None:
    """Write one row per value (step, name, value), for a notebook or a spreadsheet."""
    with drafting_text(path) as file:
        table = csv.writer(file)
        table.writerow(Point._fields)
        table.writerows(points)


def read_log(lines: Iterable[str]) -> tuple[Point, ...]:
    """Points of the log lines that name a step (`global_step`) and at least one metric known here.

    >>> read_log(["step:3 - global_step:3 - critic/rewards/mean:0.5 - actor/entropy:1.25e-1"])
    (Point(step=3, name='entropy', value=0.125), Point(step=3, name='reward', value=0.5))
    >>> read_log(["2026-11-21 10:00:01 loading weights: 12 files"])
    ()
    """
    return in_order(point for line in lines for point in _line(line))


def in_order(points: Iterable[Point]) -> tuple[Point, ...]:
    """Points sorted by name and step; of several values for one name and step the last one counts.

    >>> in_order([Point(2, "loss", 0.5), Point(1, "loss", 0.75), Point(2, "loss", 0.25)])
    (Point(step=1, name='loss', value=0.75), Point(step=2, name='loss', value=0.25))
    """
    latest = {(point.name, point.step): point for point in points}
    return tuple(latest[key] for key in sorted(latest))


def series(points: Iterable[Point], name: str) -> tuple[Point, ...]:
    """The points of one metric, by step."""
    return tuple(point for point in in_order(points) if point.name == name)


def _row(row: dict[str, str], step_column: str, where: str) -> Iterator[Point]:
    try:
        step = int(float(row[step_column]))
        for column, cell in row.items():
            if column not in _NOT_METRICS and cell not in ("", None):
                yield Point(step, NAMES.get(column, column), float(cell))
    except (TypeError, ValueError) as error:
        raise OutputError(f"{where}: {error}") from error


def _line(line: str) -> Iterator[Point]:
    pairs = {name: float(text) for name, text in _PAIR.findall(line)}
    step = pairs.get("global_step")
    if step is None or not math.isfinite(step):
        return
    for name, value in pairs.items():
        if name in NAMES:
            yield Point(int(step), NAMES[name], value)

"""The same job on Ray Data: for a cluster, and for files that one machine cannot hold."""

from __future__ import annotations

import importlib
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rewards.errors import SpecError
from rewards.grading.grade import CHUNK_ROWS, Grade, Job, grade_rows
from rewards.rollouts.files import Row


def grade_on_ray(job: Job, path: Path) -> Iterator[list[Grade]]:
    """The grades of a JSONL file in its order, equal to those of `grade_chunks`. Needs the extra `ray`."""
    try:
        data = ray_data()
    except ImportError as error:
        raise SpecError("grading on Ray needs Ray Data: pip install 'rftkit[ray]'") from error
    data.DataContext.get_current().execution_options.preserve_order = True
    lines = data.read_text(str(path))  # blank lines are dropped, as `read_rows` does
    grades = lines.map_batches(_GradeLines(job), batch_size=CHUNK_ROWS, batch_format="numpy")
    number = 0
    for batch in grades.iter_batches(batch_size=CHUNK_ROWS, batch_format="numpy"):
        chunk = [Grade(**json.loads(text)) for text in batch["grade"]]
        # The number of a row is known only here, where the order is.
        yield [grade._replace(row=number + place) for place, grade in enumerate(chunk, start=1)]
        number += len(chunk)


def ray_data() -> Any:
    """Ray Data, on the cluster that is there or on one started here: quietly, and without the reports Ray sends home.

    Raises ImportError without the extra `ray`.
    """
    ray, data = importlib.import_module("ray"), importlib.import_module("ray.data")
    data.DataContext.get_current().enable_progress_bars = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    if not ray.is_initialized():
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        ray.init(logging_level=logging.ERROR, log_to_driver=False)
    return data


class _GradeLines:
    """A batch of lines in, a batch of grades out."""

    def __init__(self, job: Job) -> None:
        self.job = job

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[str]]:
        rows = [Row(0, text.encode(), len(text), 0) for text in batch["text"]]
        return {"grade": [json.dumps(grade._asdict()) for grade in grade_rows(self.job, rows)]}

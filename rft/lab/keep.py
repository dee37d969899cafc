"""The data file of the prompts of one difficulty, by the one place that selects rows: `datagen.existing.select`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from datagen.existing.select import BANDS, Choice, Selected, select
from rewards.rollouts import Record, prompt_of, prompt_turns, read_records, row_of
from rewards.writing import drafting_text
from rft.lab.difficulty import ROUNDING

ALL: Final = "all"


def keep(band: str, rollouts: Path, out: Path, *, data: Path | None = None, pass_at: float = 1.0) -> Selected:
    """Write the rows whose pass rate lies in `band` (one of `BANDS`, or "all" between never and always) to `out`.

    Rows come from `data`, or where that is None from the rollouts themselves, one of each prompt.
    """
    low, high = (0.0, 1.0) if band == ALL else BANDS[band]
    choice = Choice(math.nextafter(low, 1.0), high, pass_at - ROUNDING)  # a band does not hold its lower end
    if data is not None:
        return select(data, rollouts, out, choice)
    with TemporaryDirectory() as folder:
        rows = Path(folder) / "rows.jsonl"
        with drafting_text(rows) as file:
            file.writelines(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows_of(rollouts))
        return select(rows, rollouts, out, choice)


def rows_of(rollouts: Path) -> Iterator[Record]:
    """The data rows that the rollouts answer, without completions, in the order in which they first occur."""
    seen = set[int]()
    for _, record in read_records(rollouts):
        prompt = prompt_of(record)
        if prompt not in seen:
            seen.add(prompt)
            named: Record = {"id": record["row_id"]} if "row_id" in record else {}
            yield {**row_of(record), **named, "messages": prompt_turns(record)}

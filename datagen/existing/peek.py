"""Look at the first rows of a file before anything is made of it: their shapes, and why others cannot be used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from datagen.config import RowsConfig
from datagen.errors import FormatError
from datagen.existing.shapes import Columns, conversation_of
from datagen.existing.tables import read_rows

FIRST_ROWS = 1_000


@dataclass(slots=True)
class Peeked:
    """How many rows were looked at, by shape, and those that cannot be used by reason."""

    rows: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def peek(config: RowsConfig, path: str, *, root: Path, rows: int = FIRST_ROWS) -> Peeked:
    """What the first `rows` rows of a file of `config` are read as. Raises `FormatError` where it cannot be read."""
    seen = Peeked()
    columns = Columns(**config.columns.model_dump())

    def bad(line: int, reason: str) -> None:
        seen.rows += 1
        seen.refused[reason] += 1

    for _, values in islice(read_rows(root / path, skip=bad), rows):
        seen.rows += 1
        try:
            told = conversation_of(values, columns)
        except FormatError as error:
            seen.refused[str(error)] += 1
        else:
            seen.shapes[told.shape] += 1
    return seen

"""Lints about addresses in S3: what is read must be a file of rows, what is written a folder, a checkpoint a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from recipes.checking.context import View
from recipes.checking.lints.lint import Lint, LintFinding

READ = ("run.data_s3_path", "run.validation_data_s3_path")
WRITTEN = "run.output_s3_path"
# Endings of files that hold rows in another form; a folder, an unknown ending and a variable name nothing wrong.
OTHER_ROWS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".arrow", ".zip", ".gz", ".tar", ".yaml"})
FILES = OTHER_ROWS | {".json", ".jsonl"}


def _ending(value: object) -> str:
    is_address = isinstance(value, str) and value.startswith("s3://") and "<" not in value
    return PurePosixPath(str(value)).suffix.lower() if is_address else ""


def _rows(view: View) -> Iterator[LintFinding]:
    for path in READ:
        ending = _ending(view.values.get(path))
        if ending in OTHER_ROWS:
            yield LintFinding(path, f"{view.values[path]} ends in {ending}")


def _written(view: View) -> Iterator[LintFinding]:
    if _ending(view.values.get(WRITTEN)) in FILES:
        yield LintFinding(WRITTEN, f"{view.values[WRITTEN]} names a file")


LINTS = (
    Lint(
        "data-file",
        "warning",
        "training and evaluation read JSON Lines",
        "convert it: rft data convert",
        "Customizing Amazon Nova models: preparing data (AWS pages)",
        _rows,
    ),
    Lint(
        "output-is-a-file",
        "warning",
        "checkpoints and metrics are written below it, so it is a folder",
        "name a folder, such as s3://bucket/output/",
        "the official files",
        _written,
    ),
)

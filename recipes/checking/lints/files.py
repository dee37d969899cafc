"""Lints about addresses in S3: what is read must be a file of rows, what is written a folder, a checkpoint a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from recipes.checking.context import View
from recipes.checking.lints.lint import Lint, LintFinding
from recipes.checking.lints.placement import is_placeholder
from recipes.problems import shown

READ = ("run.data_s3_path", "run.validation_data_s3_path")
WRITTEN = "run.output_s3_path"
# Endings of files that hold rows in another form; a folder, an unknown ending and a variable name nothing wrong.
OTHER_ROWS = frozenset({".csv", ".tsv", ".txt", ".xlsx", ".xls", ".parquet", ".arrow", ".zip", ".gz", ".tar", ".yaml"})
FILES = OTHER_ROWS | {".json", ".jsonl"}


# General purpose bucket naming rules (Amazon S3), of today and of us-east-1 until March 2018.
BUCKET_OF_TODAY = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


def _bucket(view: View) -> Iterator[LintFinding]:
    for path, value in view.values.items():
        if not isinstance(value, str) or not value.startswith("s3://") or is_placeholder(value):
            continue
        bucket = value.removeprefix("s3://").partition("/")[0]
        if not BUCKET_OF_TODAY.fullmatch(bucket):
            yield LintFinding(path, f"a bucket {shown(bucket)} can be one of us-east-1 from before March 2018 only")


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
        "bucket-name",
        "warning",
        "since then a name has 3 to 63 lower-case letters, digits, dots and hyphens",
        "compare it with aws s3 ls",
        "General purpose bucket naming rules (Amazon S3)",
        _bucket,
    ),
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

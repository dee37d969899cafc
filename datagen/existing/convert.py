"""Convert rows from one shape to another, with a log of what the new shape cannot hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from datagen.errors import ConfigError, FormatError
from datagen.existing.forms import Form, written_as
from datagen.existing.shapes import Columns, Conversation, conversation_of
from datagen.existing.tables import read_rows
from datagen.formats import compact
from datagen.validate import Severity, Target
from datagen.validate.rules import judged
from datagen.validate.scan import problems_of
from rewards.writing import beside, drafting_text


@dataclass(slots=True)
class Converted:
    """The result of a conversion: rows by shape, dropped keys by count, and rows that could not be written."""

    out: Path
    log: Path
    rows_read: int = 0
    rows_written: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def convert(path: Path, out: Path, form: Form, *, columns: Columns | None = None) -> Converted:
    """Write the rows of `path` as rows of `form` to `out`, and a log of what was lost beside it.

    Raises `FormatError` where the file cannot be read, and `ConfigError` where `out` is `path` itself.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"{str(out)!r} is the file itself; write the new rows somewhere else")
    result = Converted(out, beside(out, ".convert.jsonl"))
    with drafting_text(out) as rows, drafting_text(result.log) as log:
        refuse = _Refusals(result, log)
        for line, values in read_rows(path, skip=refuse):
            try:
                told = conversation_of(values, columns)
                written = written_as(told, form, f"{path.name.partition('.')[0]}-{line}")
                text = compact(written.row) + "\n"
                _check(text, form)
            except FormatError as error:
                refuse(line, str(error))
                continue
            result.rows_read += 1
            result.shapes[told.shape] += 1
            result.rows_written += 1
            result.lost.update(written.lost.keys())
            rows.write(text)
            if written.lost:
                log.write(compact({"line": line, "new_line": result.rows_written, "lost": written.lost}) + "\n")
    return result


_TARGETS: Mapping[Form, Target] = {
    "sft": Target.TRAINING_JOB_SFT,
    "rft": Target.RFT,
    "rft-eval": Target.RFT_EVAL,
    "gen-qa": Target.GEN_QA,
    "dpo": Target.DPO,
    "distillation": Target.DISTILLATION,
    "rft-multiturn": Target.RFT_MULTITURN,
    "rft-multiturn-serverless": Target.RFT_MULTITURN_SERVERLESS,
}
_WORDS = "reserved-word"  # what `rft data fix` makes harmless


def _check(line: str, form: Form) -> None:
    """Raise `FormatError` where the check of the new format would find an error that no repair mends."""
    if form not in _TARGETS:
        return
    target = _TARGETS[form]
    _, problems = problems_of(line.encode(), target, "nova-lite" if form == "dpo" else "nova-2-lite")
    for code, place, message in problems:
        if judged(code, target)[0] is Severity.ERROR and not code.startswith(_WORDS):
            raise FormatError(f"{code}: {place}: {message}")


@dataclass(frozen=True, slots=True)
class _Refusals:
    """Counts the rows that are left out, and logs each."""

    result: Converted
    log: IO[str]

    def __call__(self, line: int, reason: str) -> None:
        self.result.rows_read += 1
        self.result.refused[reason] += 1
        self.log.write(compact({"line": line, "refused": reason}) + "\n")


def conversations(path: Path, columns: Columns | None = None) -> Iterator[tuple[int, Conversation]]:
    """Line and conversation of each row; `FormatError` with path and line where one has none."""
    for line, values in read_rows(path):
        try:
            yield line, conversation_of(values, columns)
        except FormatError as error:
            raise FormatError(f"{path}:{line}: {error}") from error

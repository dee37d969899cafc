"""Repair a JSONL file into a new one, and log every change. The file itself is never touched.

Only what has one right answer is repaired; of a key that stands twice the last value is kept, as all readers do. A row
that still has errors afterwards is left out of the new file and listed in the log with its problems, so nothing
disappears without a trace.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from datagen.errors import ConfigError
from datagen.formats import compact
from datagen.validate.findings import Problem, Severity
from datagen.validate.line import read_line
from datagen.validate.repairs import Change, repair
from datagen.validate.rules import RULES, Target, severity_of
from datagen.validate.scan import BYTE_ORDER_MARK, problems_of
from datagen.validate.walk import JsonObject, Model
from rewards.packed import lines_of
from rewards.writing import beside, drafting_text


@dataclass(slots=True)
class Fixed:
    """What became of the rows, and how often each rule was repaired."""

    out: Path
    log: Path
    rows_read: int = 0
    rows_written: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)


def fix(path: Path, out: Path, target: Target, *, model: Model = "nova-2-lite") -> Fixed:
    """Write the repaired rows of `path` to `out`, and a log with one object per changed or refused line beside it.

    Raises `ConfigError` where `out` is `path` itself.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"{str(out)!r} is the file itself; write the repaired rows somewhere else")
    result = Fixed(out, beside(out, ".fixes.jsonl"))
    ids: set[str] = set()
    with (
        lines_of(path) as source,
        drafting_text(out) as rows,
        drafting_text(result.log) as log,
    ):
        for number, line in enumerate(source, 1):
            row, entry = _fix_line(line, number, target, model, ids, result)
            if row is not None:
                result.rows_written += 1
                rows.write(compact(row) + "\n")
                entry = entry and {"line": number, "new_line": result.rows_written, **entry}
            if entry:
                log.write(_printable(compact({"line": number, **entry})) + "\n")
    return result


def _fix_line(
    line: bytes, number: int, target: Target, model: Model, ids: set[str], result: Fixed
) -> tuple[JsonObject | None, JsonObject]:
    stripped = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
    changes = [Change("byte-order-mark", "", "BOM", "")] if stripped != line else []
    if not stripped.strip():
        result.changes["blank-line"] += 1
        return None, _entry([Change("blank-line", "", "", "")], [])
    result.rows_read += 1
    row, doubles, problems = read_line(stripped)
    if row is not None and not any(problem.code == "not-a-number" for problem in problems):
        changes += [
            Change("duplicate-key", path, json.dumps(dropped), json.dumps(kept)) for path, dropped, kept in doubles
        ]
        changes += repair(row, number, target, ids)
        problems = problems_of(json.dumps(row).encode(), target, model)[1]
    result.changes.update(change.code for change in changes)
    errors = [problem for problem in problems if severity_of(RULES[problem.code], target) is Severity.ERROR]
    if errors:
        result.left_out.update({problem.code for problem in errors})
    return (None if errors else row), _entry(changes, errors)


def _printable(text: str) -> str:
    """Values before their repair may hold what no file of UTF-8 does."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _entry(changes: list[Change], errors: list[Problem]) -> JsonObject:
    entry: JsonObject = {}
    if changes:
        entry["changes"] = [change._asdict() for change in changes]
    if errors:
        entry["left_out"] = [problem._asdict() for problem in errors]
    return entry

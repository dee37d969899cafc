"""`rft data check` and `fix`: what is wrong with a file, and the same file repaired."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import Command, json_option, sarif_option
from rft.commands.data.options import JSONL_FILE, model_option, new_file_option, target_option

if TYPE_CHECKING:
    from datagen.validate.findings import DataFinding, Report


@click.command(cls=Command)
@click.argument("file", type=JSONL_FILE)
@target_option
@model_option
@click.option("--reward", help="file.py:name or reward.yaml: it must judge every row, and pay its right completion.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--limit", default=50, show_default=True, help="Findings to show; all are counted.")
@json_option
@sarif_option
def check(
    file: Path,
    target: str,
    model: str,
    reward: str | None,
    strict: bool,
    limit: int,
    as_json: bool,
    sarif: Path | None,
) -> None:
    """Validate a JSONL file and list every problem. Exit 1 if there are errors."""
    from datagen.validate import Target
    from datagen.validate import check as check_file

    report = check_file(file, Target(target), model=model, limit=limit)  # type: ignore[arg-type] # click checked it
    if reward:
        from rewards import load_reward
        from rft.graders.gold_check import gold_findings

        report.add(gold_findings(file, load_reward(reward)))
    hidden = sum(report.counts.values()) - len(report.findings)
    if as_json:
        counts = {code: {"severity": severity, "count": count} for (severity, code), count in report.counts.items()}
        found = [finding._asdict() for finding in report.findings]
        click.echo(json.dumps({"file": str(file), "rows": report.rows, "counts": counts, "findings": found}, indent=2))
    else:
        for line in _lines(report):
            click.echo(f"{file}:{line}")
        if hidden:
            click.echo(f"... and {hidden:,} more: {_beyond(report)}")
        click.echo(f"{file}: {report.rows:,} rows, {report.errors:,} errors, {report.warnings:,} warnings")
    if sarif is not None:
        from rft.sarif import Result, write_sarif

        results = [Result(each.code, each.severity, str(each).strip(), each.line) for each in report.findings]
        write_sarif(sarif, "rft data check", file, results, prefix="data-", hidden=hidden)
    sys.exit(int(not report.ok(strict=strict)))


def _lines(report: Report) -> Iterator[str]:
    """The findings, one a line; what is wrong with many rows in the same words stands once, with the lines."""
    alike: dict[DataFinding, list[int]] = {}
    for finding in report.findings:
        alike.setdefault(finding._replace(line=0), []).append(finding.line)
    for finding, lines in alike.items():
        rest = len(lines) - 1
        more = f" (and in {rest:,} more row{'s' * (rest > 1)}, up to line {lines[-1]:,})" if rest else ""
        yield f"{finding._replace(line=lines[0])}{more}"


def _beyond(report: Report) -> str:
    """How many findings of which code were not shown: an error may stand behind many warnings."""
    shown = Counter(finding.code for finding in report.findings)
    left = Counter({code: count for (_, code), count in report.counts.items()}) - shown
    return ", ".join(f"{count:,} {code}" for code, count in left.most_common())


@click.command(cls=Command)
@click.argument("file", type=JSONL_FILE)
@new_file_option
@target_option
@model_option
@json_option
def fix(file: Path, output: Path, target: str, model: str, as_json: bool) -> None:
    """Write a repaired file, with unambiguous repairs only. Exit 1 if rows were dropped."""
    from datagen.validate import Target
    from datagen.validate.fix_file import fix as fix_file

    fixed = fix_file(file, output, Target(target), model=model)  # type: ignore[arg-type] # click checked it
    left_out = fixed.rows_read - fixed.rows_written
    if as_json:
        counts = {"rows_read": fixed.rows_read, "rows_written": fixed.rows_written}
        click.echo(json.dumps({**counts, "changes": fixed.changes, "left_out": fixed.left_out}, indent=2))
    else:
        for code, count in sorted(fixed.changes.items()):
            click.echo(f"repaired {count:>7,}  {code}")
        for code, count in sorted(fixed.left_out.items()):
            click.echo(f"left out {count:>7,}  {code}")
        click.echo(f"{output}: {fixed.rows_written:,} of {fixed.rows_read:,} rows; every change is in {fixed.log}")
    sys.exit(int(left_out > 0))

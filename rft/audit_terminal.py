"""An audit on a terminal: the verdict of each section, the findings with their reasons, the attack table."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rewards.audit import RULES, SECTIONS, AttackRow, Audit, Finding

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

COLOURS = {"ok": "green", "notes": "blue", "warnings": "yellow", "errors": "red", "not run": "dim"}
SHOWN_ATTACKS = 12
EXAMPLE_WIDTH = 300


def show(report: Audit, console: Console, *, all_attacks: bool = False) -> None:
    """Print `report` for a person."""
    _show_sections(report, console)
    for code in dict.fromkeys(finding.code for finding in report.findings):
        _show_code(code, [finding for finding in report.findings if finding.code == code], console)
    _show_attacks(report, console, all_attacks=all_attacks)
    _show_facts(report, console)
    _show_verdict(report, console)


def _show_sections(report: Audit, console: Console) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2), show_header=False)
    for number, section in enumerate(SECTIONS, start=1):
        verdict = report.verdict(section)
        codes = list(dict.fromkeys(finding.code for finding in report.findings if finding.section == section))
        detail = report.not_run.get(section, ", ".join(codes))
        table.add_row(f"{number} {section}", Text(verdict, style=COLOURS[verdict]), Text(detail, style="dim"))
    console.print(f"[bold]Audit of {report.grader}[/]: {report.rows:,} rows, {report.answers:,} answers graded")
    console.print(table)


def _show_code(code: str, findings: Sequence[Finding], console: Console) -> None:
    """All findings of one code: what it means once, then each message, then the first example."""
    from rich.text import Text

    rule, first = RULES[code], findings[0]
    colour = COLOURS[f"{rule.severity}s"]
    console.print()
    console.print(Text.assemble((f"{rule.severity} ", colour), (code, "bold"), f"  {rule.meaning}"))
    for finding in findings:
        _indented(Text(_printable(finding.message), style="bold"), console, 2)
    _indented(Text(f"{rule.why} {rule.remedy}", style="dim"), console, 2)
    for key, value in first.example.items():
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        cut = shown if len(shown) <= EXAMPLE_WIDTH else f"{shown[:EXAMPLE_WIDTH]}..."
        _indented(Text.assemble((f"{key}: ", "dim"), _printable(cut)), console, 4)


def _indented(text: Text, console: Console, by: int) -> None:
    from rich.padding import Padding

    console.print(Padding(text, (0, 0, 0, by), expand=False))


def _printable(text: str) -> str:
    """Without half surrogate pairs, which no terminal takes."""
    return text.encode("utf-8", "replace").decode()


def _show_attacks(report: Audit, console: Console, *, all_attacks: bool) -> None:
    from rich.table import Table

    if not report.attacks:
        return
    wrong = [row for row in report.attacks if row.kind != "form"]
    rows = list(report.attacks) if all_attacks else sorted(wrong, key=_danger)[:SHOWN_ATTACKS]
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in ("attack", "kind", "mean", "highest", "full marks", "right", "tried"):
        table.add_column(name, justify="left" if name in ("attack", "kind") else "right")
    for row in rows:
        figures = (
            f"{row.mean:.3f}",
            f"{row.highest:.3f}",
            f"{row.full_marks:.0%}",
            f"{row.honest:.3f}",
            f"{row.tried}",
        )
        table.add_row(row.name, row.kind, *figures)
    console.print()
    console.print(table)
    hidden = len(report.attacks) - len(rows)
    if hidden:
        console.print(f"[dim]the best paid of {len(report.attacks)} attacks; --all shows every one[/]")


def _danger(row: AttackRow) -> tuple[float, float]:
    return (-row.mean, -row.highest)


def _show_facts(report: Audit, console: Console) -> None:
    from rich.markup import escape

    console.print()
    if report.asked:
        console.print(f"asked as          {escape(report.asked)}")
    if report.span != "whole":
        console.print(f"answer            at {escape(report.span)} ({report.how}); text outside it may vary")
    if report.gold is not None and report.gold.checked:
        sources = ", ".join(f"{count} from {name}" for name, count in report.gold.sources.items())
        console.print(f"right answers     mean {report.gold.mean:.4f} over {report.gold.checked} rows ({sources})")
    if report.attacks:
        console.print(f"wrong answers     mean {report.mean_of_wrong:.3f} over all gross attacks")
    if report.constant is not None:
        text = _printable(report.constant.text)
        console.print(f"best constant     {report.constant.mean:.3f}  {escape(text[:70])}")
    if report.search is not None:
        tail = ", stopped by its time limit" if report.search.out_of_time else ""
        console.print(f"code search       {report.search.answers:,} answers tried{tail}")
    if report.signal is not None:
        facts = report.signal
        driver = f", driven by {facts.driver!r}" if facts.driver else ""
        share = f"zero_std_groups {facts.zero_std_groups:.0%}"
        console.print(f"signal            {share} of {facts.groups} {facts.source} groups{driver};")
        console.print(
            f"                  {facts.wrong_with_signal:.0%} of the all-wrong ones differ, "
            f"{facts.inversions:.1%} of the ordered pairs inverted"
        )
    if report.cost is not None:
        cost = report.cost
        console.print(
            f"cost              {cost.seconds_per_sample * 1e6:,.0f} µs a sample, {cost.step_s:.3g} s a training step, "
            f"{cost.payload_bytes / 2**20:.1f} of 6 MB;"
        )
        console.print(f"                  {cost.plan}")


def _show_verdict(report: Audit, console: Console) -> None:
    warnings = sum(finding.severity == "warning" for finding in report.findings)
    tail = f", {_counted(warnings, 'warning')}" if warnings else ""
    console.print()
    if report.passed and any(finding.code == "gold-missing" for finding in report.findings):
        console.print(f"[yellow bold]not proven[/]: without right answers most of the audit cannot run{tail}")
    elif report.passed:
        console.print(f"[green bold]passed[/]{tail}")
    else:
        console.print(f"[red bold]rejected[/]: {_counted(len(report.errors), 'error')}{tail}")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

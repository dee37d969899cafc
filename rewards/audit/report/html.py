"""An audit as one self-contained HTML page: no script, no font, no network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape

from rewards.audit.checks.reward_hacking import AttackRow
from rewards.audit.report.findings import RULES, SECTIONS, Finding
from rewards.audit.run import Audit
from rewards.pages import ISOLATION, POLICY

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --soft: #59636e; --line: #d9dee3; --paper: #fff; --card: #f6f8fa;
  --errors: #b42318; --warnings: #b7791f; --notes: #4a6785; --ok: #1f6f54; }
@media screen and (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --soft: #9aa4ae; --line: #32383e;
  --paper: #14171a; --card: #1c2024; --errors: #f0837a; --warnings: #d9a441; --notes: #8fb0d0; --ok: #4fb58f; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; }
main { max-width: 1000px; margin: 0 auto; padding: 32px 20px 80px; }
h1 { font-size: 26px; margin: 0; } h2 { font-size: 19px; margin: 40px 0 10px; }
.soft { color: var(--soft); } .errors { color: var(--errors); } .warnings { color: var(--warnings); }
.notes { color: var(--notes); } .ok { color: var(--ok); }
article { border-left: 4px solid currentColor; background: var(--card); padding: 10px 16px; margin: 12px 0; }
article p, article pre, article h3 { color: var(--ink); margin: 4px 0; } article h3 { font-size: 15px; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12.5px; max-height: 22em; overflow: auto; }
.scroll { overflow-x: auto; } td:first-child { min-width: 9em; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 4px 10px 4px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
td.n, th.n { text-align: right; } meter { width: 110px; }
"""


def to_html(report: Audit) -> str:
    """The page; everything a model wrote is escaped."""
    verdict = "passed" if report.passed else f"rejected: {len(report.errors)} errors"
    body = [
        f"<h1>{_printable(report.grader)}: <span class={_css(report)}>{verdict}</span></h1>",
        f"<p class=soft>{report.rows:,} rows, {report.answers:,} answers graded, seed {report.config.seed}</p>",
        *_asked(report),
        *_span(report),
        *_sections(report),
        *_findings(report),
        *_attacks(report),
        *_constant(report),
        *_search(report),
        *_signal(report),
        *_cost(report),
    ]
    head = (
        f"<!doctype html><html lang=en><meta charset=utf-8>{POLICY}<title>Audit of {_printable(report.grader)}</title>"
    )
    viewport = '<meta name=viewport content="width=device-width, initial-scale=1">'
    return f"{head}{viewport}<style>{_STYLE}{ISOLATION}</style><main>{''.join(body)}</main></html>\n"


def _asked(report: Audit) -> Iterator[str]:
    if report.asked:
        yield f"<p class=soft>Asked as {_printable(report.asked)}.</p>"


def _span(report: Audit) -> Iterator[str]:
    if report.span != "whole":
        where, how = _printable(report.span), _printable(report.how)
        yield f"<p class=soft>The answer stands at <code>{where}</code> ({how}).</p>"


def _css(report: Audit) -> str:
    return "ok" if report.passed else "errors"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table; cells are HTML already, those of all but the first two columns are numbers."""
    marks = ["" if index < 2 else " class=n" for index in range(len(head))]
    first = "".join(f"<th{mark}>{cell}</th>" for mark, cell in zip(marks, head, strict=True))
    rest = "".join(
        "<tr>" + "".join(f"<td{mark}>{cell}</td>" for mark, cell in zip(marks, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f"<div class=scroll><table><tr>{first}</tr>{rest}</table></div>"


def _sections(report: Audit) -> Iterator[str]:
    rows = []
    for section in SECTIONS:
        verdict = report.verdict(section)
        found = sum(finding.section == section for finding in report.findings)
        detail = _printable(report.not_run.get(section, f"{found} finding{'s' if found > 1 else ''}" if found else ""))
        rows.append((section, f"<span class={verdict.replace(' ', '-')}>{verdict}</span>", detail))
    yield _table(("section", "verdict", ""), rows)


def _findings(report: Audit) -> Iterator[str]:
    if report.findings:
        yield "<h2>Findings</h2>"
    for code in dict.fromkeys(finding.code for finding in report.findings):
        found = [finding for finding in report.findings if finding.code == code]
        rule, messages = RULES[code], "".join(f"<p>{_printable(one.message)}</p>" for one in found)
        yield (
            f"<article class={rule.severity}s><h3>{rule.severity}: {_printable(rule.meaning)} "
            f"<code class=soft>{code}</code></h3>{messages}"
            f"<p class=soft>{_printable(rule.why)} <b>{_printable(rule.remedy)}</b></p>{_example(found[0])}</article>"
        )


def _example(finding: Finding) -> str:
    if not finding.example:
        return ""
    text = _printable(json.dumps(dict(finding.example), ensure_ascii=False, indent=1))
    return f"<details><summary class=soft>Smallest failing example</summary><pre>{text}</pre></details>"


def _printable(text: str) -> str:
    """Text for a page: escaped, and without half surrogate pairs, which no page can hold."""
    return escape(text.encode("utf-8", "replace").decode(), quote=True)


def _attacks(report: Audit) -> Iterator[str]:
    if not report.attacks:
        return
    rows = [
        (
            f'<span title="{_printable(row.worst_text[:200])}">{_printable(row.name)}</span>',
            row.kind,
            f"<meter value={row.mean:.4f} low=0.5 high=0.95 optimum=0></meter>",
            f"{row.mean:.3f}",
            f"{row.highest:.3f}",
            f"<span class={_danger(row)}>{row.full_marks:.0%}</span>",
            f"{row.honest:.3f}",
            str(row.tried),
        )
        for row in report.attacks
    ]
    yield f"<h2>Attacks</h2><p class=soft>Mean over grossly wrong answers: <b>{report.mean_of_wrong:.3f}</b></p>"
    yield _table(("attack", "kind", "", "mean", "highest", "full marks", "right answer", "tried"), rows)


def _danger(row: AttackRow) -> str:
    """Full marks are bad news for an attack, and nothing to remark for another wrapping of the right answer."""
    return "soft" if row.kind == "form" or not row.full_marks else "warnings" if row.kind == "doubtful" else "errors"


def _constant(report: Audit) -> Iterator[str]:
    constant = report.constant
    if constant is not None:
        text = _printable(constant.text)
        yield "<h2>Best constant answer</h2><p>Written without reading the query it earns "
        yield f"<b>{constant.mean:.3f}</b> on average of {constant.rows} rows ({constant.tried} candidates).</p>"
        yield f"<pre>{text}</pre>"


def _search(report: Audit) -> Iterator[str]:
    facts = report.search
    if facts is not None:
        stopped = "; stopped by its time limit" if facts.out_of_time else ""
        yield (
            f"<p class=soft>Search of the grader's own code: {facts.answers:,} answers, {facts.branches:,} branches, "
            f"{facts.constants:,} constants{stopped}.</p>"
        )


def _signal(report: Audit) -> Iterator[str]:
    facts = report.signal
    if facts is None:
        return
    yield (
        f"<h2>Learning signal</h2><p>{facts.groups} {facts.source} groups, {facts.answers} answers: "
        f"zero_std_groups {facts.zero_std_groups:.0%}, {facts.wrong_with_signal:.0%} of the groups without a "
        f"right answer still differ, {facts.inversions:.1%} of the ordered pairs are inverted, {facts.ties:.0%} of all "
        "pairs tie.</p>"
    )
    rows = [
        (_printable(part.name), "", f"{part.mean:.3f}", f"{part.deviation:.3f}", f"{part.explains:.0%}")
        for part in facts.parts
    ]
    if rows:
        yield _table(("part", "", "mean", "deviation", "follows the aggregate"), rows)


def _cost(report: Audit) -> Iterator[str]:
    facts = report.cost
    if facts is not None:
        yield (
            f"<h2>Cost</h2><p>{facts.seconds_per_sample * 1e6:,.0f} µs a sample; with {_printable(facts.plan)}: "
            f"{facts.step_s:.3g} s a training step, {facts.payload_bytes / 2**20:.1f} MB of 6 MB in the largest call, "
            f"{facts.timeout_share:.1%} of the timeout.</p>"
        )

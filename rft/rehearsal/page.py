"""The verdict of a rehearsal as one self-contained HTML page."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape

from rft.rehearsal.reading import Example
from rft.rehearsal.verdict import MEANING, NOT_PROVED, Verdict
from rft.report.charts import curves
from rft.report.drawing import Point
from rft.report.page import whole_page


def page_of(found: Verdict, shown: Sequence[Example], truth: str | None) -> str:
    """The page: the word and its reasons, both curves, the warnings, completions that show the trick."""
    return whole_page(f"Rehearsal: {found.word}", "\n".join(_body(found, shown, truth)))


def _body(found: Verdict, shown: Sequence[Example], truth: str | None) -> Iterator[str]:
    yield f"<h1>{escape(found.word)}</h1><p>{escape(MEANING[found.word])}</p>"
    begun = [] if found.onset is None else [f"begins at step {found.onset}"]
    yield _listed([*found.reasons, *begun, f"true metric: {truth or 'none'}", *found.notes])
    curve = found.numbers.get("curve", [])
    if len(curve) > 1:
        lines = {
            name: [Point(one["step"], one[key]) for one in curve if math.isfinite(one[key])]
            for name, key in (("reward", "reward"), ("true metric", "truth"))
        }
        drawn = curves(lines, label="Reward and true metric", x_label="step")
        yield f'<h2>Training</h2><figure class="chart">{drawn}</figure>'
    if found.alarms:
        yield "<h2>Warnings</h2>"
        yield _listed([f"step {alarm.step}, {alarm.detector}: {alarm.message}" for alarm in found.alarms])
    if shown:
        yield "<h2>Completions that earned more than they are worth</h2>"
        yield from (_example(one) for one in shown)
    yield f"<h2>What this does not prove</h2>{_listed(NOT_PROVED)}"


def _example(one: Example) -> str:
    worth = "" if one.truth is None else f", worth {one.truth:.3f}"
    step = "" if one.step is None else f"step {one.step}, "
    tricks = f" [{', '.join(one.tricks)}]" if one.tricks else ""
    head = f"{step}line {one.line}: earned {one.score:.3f}{worth}{tricks}"
    return f"<h3>{escape(head)}</h3><pre>{escape(one.completion)}</pre>"


def _listed(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>"

"""The report of a run as one self-contained HTML page, from values that were measured in that run and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files

from estimators.results.compare import Difference
from rewards.pages import ISOLATION, POLICY
from rft.report.charts import Interval, Point, interval_chart, leaf_label, line_chart

SHOWN_CHARS = 10_000  # of one text; a document of a megabyte is read elsewhere
TOTAL = "score"  # the name under which the aggregate stands among its parts

Comparison = Mapping[str, Mapping[str, Interval]]  # metric -> model -> interval


@dataclass(frozen=True)
class Curve:
    """One training curve; `window` > 0 draws a moving mean over the raw points."""

    title: str
    points: tuple[Point, ...]
    x_label: str = "step"
    window: int = 0


@dataclass(frozen=True)
class ScoredCompletion:
    """One graded completion, shown with what was asked and what would have been right."""

    id: str
    model: str
    prompt: str
    reference: str
    completion: str
    score: float
    parts: Mapping[str, float | None]
    reason: str


@dataclass(frozen=True)
class Gain:
    """How much one model is above another on the same rows, with the same decoding."""

    models: str
    decoding: str
    score: Difference


@dataclass(frozen=True)
class Departure:
    """One key of a recipe that the local run read differently than the cloud would, and why."""

    key: str
    status: str
    recipe_value: str
    local_value: str
    why: str


@dataclass(frozen=True)
class RecipeSheet:
    """A recipe as it would be sent, and how the local run read it."""

    name: str
    yaml: str
    differences: tuple[Departure, ...]


@dataclass(frozen=True)
class Report:
    """Everything the page shows."""

    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    greedy: Comparison
    sampled: Comparison
    sampled_at: float  # temperature
    gains: tuple[Gain, ...]
    curves: tuple[Curve, ...]
    worst: tuple[ScoredCompletion, ...]
    recipes: tuple[RecipeSheet, ...]
    digests: tuple[tuple[str, str], ...]
    constructed: tuple[str, ...]
    not_told: tuple[str, ...]


def render(report: Report) -> str:
    """Return the whole page; it loads nothing from anywhere."""
    style = files("rft.report").joinpath("style.css").read_text(encoding="utf-8")
    body = "\n".join(
        (
            _header(report),
            _section("compare", "Base, SFT and RFT on the held-out rows", _comparison(report)),
            _section("curves", "Training", _curves(report.curves)),
            _section("worst", "The worst completions of the trained model", _completions(report.worst)),
            _section("limits", "What this run tells, and what it does not", _limits(report)),
            _section("recipes", "Recipes", "".join(_recipe(sheet) for sheet in report.recipes)),
            _section("digests", "Artefacts", _digests(report.digests)),
        )
    )
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{POLICY}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(report.title)}</title><style>{style}{ISOLATION}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # a model can write lone surrogates; a file cannot hold them


def _section(anchor: str, title: str, content: str) -> str:
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{content}</section>'


def _header(report: Report) -> str:
    totals = report.greedy.get(TOTAL, {})
    steps = '<span class="arrow">→</span>'.join(
        f'<span class="step {escape(model.lower(), quote=True)}"><b>{interval.mean:.3f}</b>{escape(model)}</span>'
        for model, interval in totals.items()
    )
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in report.facts)
    caption = "mean score on the held-out rows, greedy decoding"
    return (
        f'<header><h1>{escape(report.title)}</h1><p class="lead">{escape(report.question)}</p>'
        f'<div class="headline">{steps}<small>{caption}</small></div><dl class="facts">{facts}</dl></header>'
    )


def _comparison(report: Report) -> str:
    columns = "".join(
        f"<div><h3>{name}</h3>{_comparison_table(comparison)}{_comparison_chart(comparison, name)}</div>"
        for name, comparison in (
            ("Greedy (temperature 0)", report.greedy),
            (f"Sampled (temperature {report.sampled_at:g})", report.sampled),
        )
        if comparison
    )
    note = (
        "Mean ± standard error over the held-out rows; sampled completions of one row are averaged first. "
        "(n = …) tells on how many rows a metric was measured where that is not all of them."
    )
    return f'<p class="note">{note}</p><div class="columns">{columns}</div>{_gains(report.gains)}'


def _gains(gains: Iterable[Gain]) -> str:
    rows = "".join(
        f"<tr><th>{escape(gain.models)}</th><td>{escape(gain.decoding)}</td><td>{gain.score.mean:+.3f}</td>"
        f"<td>{gain.score.low:+.3f} to {gain.score.high:+.3f}</td>"
        f"<td>{gain.score.wins}</td><td>{gain.score.losses}</td><td>{gain.score.ties}</td></tr>"
        for gain in gains
    )
    head = "".join(f"<th>{name}</th>" for name in ("", "", "gain", "95 % interval", "rows won", "lost", "equal"))
    note = "Row by row, so that what makes a row hard for both models cancels out; paired bootstrap."
    table = f'<div class="scroll"><table class="gains"><tr>{head}</tr>{rows}</table></div>'
    return f'<h3>Gains in score</h3><p class="note">{note}</p>{table}'


def _comparison_table(comparison: Comparison) -> str:
    models = list(next(iter(comparison.values())))
    head = "".join(f"<th>{escape(model)}</th>" for model in models)
    most = max(interval.rows for values in comparison.values() for interval in values.values())
    rows = "".join(
        f"<tr{' class=total' if metric == TOTAL else ''}><th>{escape(leaf_label(metric))}</th>"
        + "".join(f"<td>{_interval(values[model], most)}</td>" for model in models)
        + "</tr>"
        for metric, values in comparison.items()
    )
    return f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _comparison_chart(comparison: Comparison, label: str) -> str:
    models = next(iter(comparison.values()))
    legend = "".join(
        f'<span class="key {escape(model.lower(), quote=True)}">{escape(model)}</span>' for model in models
    )
    chart = interval_chart(comparison, label=f"{label}: mean and standard error per model and metric")
    return f'<p class="legend">{legend}</p>{chart}'


def _interval(value: Interval, of: int) -> str:
    """A mean with its standard error, and over how many rows it goes where that is not all of them."""
    if not value.rows:
        return "<small>not measured</small>"
    fewer = f" (n = {value.rows:,})" if value.rows < of else ""
    return f"{value.mean:.3f} <small>± {value.standard_error:.3f}{fewer}</small>"


def _curves(curves: Sequence[Curve]) -> str:
    charts = "".join(line_chart(c.title, c.points, x_label=c.x_label, window=c.window) for c in curves)
    return f'<div class="charts">{charts}</div>'


def _completions(shown: Iterable[ScoredCompletion]) -> str:
    return "".join(map(_completion, shown)) or "<p>Every completion was right.</p>"


def _completion(shown: ScoredCompletion) -> str:
    parts = " · ".join(f"{escape(name)} {_number(value)}" for name, value in shown.parts.items())
    reason = f'<p class="note">{_text(shown.reason)}</p>' if shown.reason else ""
    sides = "".join(
        f"<div><h4>{escape(title)}</h4><pre>{_text(text)}</pre></div>"
        for title, text in (("Reference", shown.reference), (f"{shown.model} wrote", shown.completion))
    )
    return (
        f'<details class="completion"><summary><b>{shown.score:.2f}</b> {_text(shown.prompt)} '
        f"<small>{escape(shown.id)}</small></summary>"
        f'<p class="parts">{parts}</p>{reason}<div class="columns">{sides}</div></details>'
    )


def _text(text: str) -> str:
    """A text, or its beginning and how much more there is."""
    more = len(text) - SHOWN_CHARS
    return escape(text) if more <= 0 else f"{escape(text[:SHOWN_CHARS])}… <small>{more:,} characters more</small>"


def _number(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.2f}"


def _recipe(sheet: RecipeSheet) -> str:
    name = escape(sheet.name)
    head = ("key", "local run", "recipe", "used here", "why")
    rows = (
        (f"<code>{escape(d.key)}</code>", *map(escape, (d.status, d.recipe_value, d.local_value, d.why)))
        for d in sheet.differences
    )
    return (
        f"<details><summary>{name}: the file for SageMaker</summary><pre>{escape(sheet.yaml)}</pre></details>"
        f"<details><summary>{name}: how the local run read it ({len(sheet.differences)} keys)</summary>"
        f"{_table(head, rows)}</details>"
    )


def _limits(report: Report) -> str:
    def bullets(lines: Iterable[str]) -> str:
        return "<ul>" + "".join(f"<li>{escape(line)}</li>" for line in lines) + "</ul>"

    return (
        f'<div class="columns"><div><h3>Constructed on purpose</h3>{bullets(report.constructed)}</div>'
        f"<div><h3>Not told about Nova</h3>{bullets(report.not_told)}</div></div>"
    )


def _digests(digests: Iterable[tuple[str, str]]) -> str:
    return _table(("file", "sha256"), ((escape(name), f"<code>{escape(digest)}</code>") for name, digest in digests))


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Lay out cells that are HTML already, left-aligned, in a box that scrolls sideways."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table class="left"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'
    )

"""The report of a run as one self-contained HTML page, from values that were measured in that run and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files

from estimators.results.graded import TOTAL
from rewards.pages import ISOLATION, policy_for
from rft.report.charts import Interval, in_tree_order, interval_chart, labels_of
from rft.report.drawing import Point, colour_of
from rft.report.figure import Figure
from rft.report.line_charts import SMOOTHING, line_chart
from rft.report.verdict import Gain, Verdict

OWN = "this run"  # what the page's run is called beside others
SHOWN_CHARS = 10_000  # of one text; a document of a megabyte is read elsewhere

Comparison = Mapping[str, Mapping[str, Interval]]  # metric -> model -> interval


@dataclass(frozen=True)
class Curve:
    """One training curve; `beside` has the same of other runs, by their names."""

    title: str
    points: tuple[Point, ...]
    x_label: str = "step"
    beside: Mapping[str, tuple[Point, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Earlier:
    """What the model before wrote to the same prompt, and what it earned."""

    model: str
    score: float
    completion: str


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
    before: Earlier | None = None


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
    """Everything the page shows; what is empty has no section. `comparisons` are by how the completions were made, such
    as "greedy"; the first is the one of the headline. `view` is a command that shows every completion."""

    title: str
    question: str
    facts: tuple[tuple[str, str], ...]
    comparisons: tuple[tuple[str, Comparison], ...]
    verdict: Verdict = field(default_factory=Verdict)
    gains: tuple[Gain, ...] = ()
    figures: tuple[Figure, ...] = ()
    curves: tuple[Curve, ...] = ()
    more_curves: tuple[Curve, ...] = ()
    lost: tuple[ScoredCompletion, ...] = ()
    worst: tuple[ScoredCompletion, ...] = ()
    view: str = ""
    recipes: tuple[RecipeSheet, ...] = ()
    digests: tuple[tuple[str, str], ...] = ()
    constructed: tuple[str, ...] = ()
    not_told: tuple[str, ...] = ()


def render(report: Report) -> str:
    """Return the whole page; it loads nothing from anywhere."""
    script = files("rft.report").joinpath("curves.js").read_text(encoding="utf-8") if report.curves else ""
    return whole_page(report.title, "\n".join((_header(report), *_sections(report))), script)


def whole_page(title: str, body: str, script: str = "") -> str:
    """A page around the HTML `body`, with the style of all reports; it loads nothing, and runs `script` alone."""
    style = "".join(
        files("rft.report").joinpath(name).read_text(encoding="utf-8") for name in ("style.css", "charts.css")
    )
    page = (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f"{policy_for(script)}"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{style}{ISOLATION}</style></head><body><main>\n{body}\n</main>"
        f"{f'<script>{script}</script>' if script else ''}</body></html>\n"
    )
    return page.encode("utf-8", "replace").decode("utf-8")  # a model can write lone surrogates; a file cannot hold them


def _sections(report: Report) -> Iterator[str]:
    yield _section("verdict", "Verdict", _verdict(report.verdict))
    yield _section("compare", f"{_listed(_models(report))} on the held-out rows", _comparison(report))
    if report.figures:
        yield _section("figures", "Figures", "".join(figure.to_html() for figure in report.figures))
    if report.curves:
        yield _section("curves", "Training", f"{_SMOOTHER}{_curves(report.curves)}{_folded(report.more_curves)}")
    if report.lost:
        yield _section("lost", _lost_title(report.lost[0]), _completions(report.lost))
    if report.worst:
        title = f"The worst completions of {report.worst[0].model}"
        yield _section("worst", title, f"{_completions(report.worst)}{_how_to_view(report.view)}")
    if report.constructed or report.not_told:
        yield _section("limits", "What this run tells, and what it does not", _limits(report))
    if report.recipes:
        yield _section("recipes", "Recipes", "".join(_recipe(sheet) for sheet in report.recipes))
    if report.digests:
        yield _section("digests", "Artefacts", _digests(report.digests))


def _lost_title(first: ScoredCompletion) -> str:
    return f"Where {first.model} lost most against {first.before.model if first.before else 'the model before'}"


def _how_to_view(command: str) -> str:
    told = "All of them, side by side, to filter and to sort, from the folder of the run"
    return f'<p class="note">{told}: <code>{escape(command)}</code></p>' if command else ""


def _models(report: Report) -> list[str]:
    return list(report.comparisons[0][1].get(TOTAL, {}))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1] if names else "")))


def _section(anchor: str, title: str, content: str) -> str:
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{content}</section>'


def _header(report: Report) -> str:
    decoding, comparison = report.comparisons[0]
    totals = comparison.get(TOTAL, {})
    arrow = '<span class="arrow" aria-hidden="true">→</span>'
    steps = "".join(
        f'<span class="move">{arrow if place else ""}<span class="step {_direction(report, model)}">'
        f"<b>{interval.mean:.3f}</b>{escape(model)}{_moved(report, model)}</span></span>"
        for place, (model, interval) in enumerate(totals.items())
    )
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in report.facts)
    caption = (
        f"mean score on the held-out rows, {escape(decoding)}, with 95 % intervals of the differences; green where it "
        "clearly rose, red where it clearly fell"
    )
    return (
        f'<header><h1>{escape(report.title)}</h1><p class="lead">{escape(report.question)}</p>'
        f'<div class="headline">{steps}<small>{caption}</small></div><dl class="facts">{facts}</dl></header>'
    )


def _direction(report: Report, model: str) -> str:
    """Which way the score of `model` went, in the decoding of the headline."""
    gain = _gain_of(report, model)
    return gain.direction if gain else "open"


def _moved(report: Report, model: str) -> str:
    """By how much the score of `model` went, with its interval; nothing for the first model."""
    gain = _gain_of(report, model)
    if gain is None:
        return ""
    found = gain.difference
    return f"<small>{found.mean:+z.3f} over {escape(gain.before)} ({found.low:+z.3f} to {found.high:+z.3f})</small>"


def _gain_of(report: Report, model: str) -> Gain | None:
    decoding = report.comparisons[0][0]
    found = (g for g in report.gains if g.after == model and g.metric == TOTAL and g.decoding in {"", decoding})
    return next(found, None)


def _verdict(verdict: Verdict) -> str:
    parts = (
        ("better", "What improved", verdict.better, "Nothing that can be told from no change."),
        ("worse", "What got worse", verdict.worse, "Nothing that can be told from no change."),
        ("unsure", "What is uncertain", verdict.unsure, "No interval of a score or part includes 0."),
        ("next", "What to do next", verdict.next_steps, "Nothing that the numbers ask for."),
    )
    lead = f'<p class="said">{escape(" ".join(verdict.lead))}</p>' if verdict.lead else ""
    note = '<p class="note">In brackets: the 95 % interval of a difference, taken row by row.</p>'
    return f'{lead}{note}<div class="verdict">' + "".join(_sentences(*part) for part in parts) + "</div>"


def _sentences(kind: str, title: str, sentences: Sequence[str], none: str) -> str:
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    content = f"<ul>{lines}</ul>" if lines else f'<p class="note">{none}</p>'
    return f'<div class="{kind if lines else "none"}"><h3>{title}</h3>{content}</div>'


def _comparison(report: Report) -> str:
    columns = "".join(
        f"<div><h3>{escape(name.capitalize())}</h3>{_comparison_table(comparison)}"
        f"{_comparison_chart(comparison, name)}</div>"
        for name, comparison in report.comparisons
        if comparison
    )
    note = (
        "Mean ± standard error over the held-out rows; several completions of one row are averaged first. "
        "“score ≥ t” is the share of completions that reach t. "
        "(n = …) tells on how many rows a metric was measured where that is not all of them."
    )
    return f'<p class="note">{note}</p><div class="columns">{columns}</div>{_gains(report.gains)}'


def _gains(gains: Sequence[Gain]) -> str:
    rows = "".join(
        f"<tr><th>{escape(gain.models)}</th><td>{escape(gain.decoding)}</td><td>{escape(gain.name)}</td>"
        f'<td class="{gain.direction}">{gain.difference.mean:+z.3f}</td>'
        f"<td>{gain.difference.low:+z.3f} to {gain.difference.high:+z.3f}</td>"
        f"{_won(gain)}<td>{gain.difference.ties}</td></tr>"
        for gain in gains
    )
    if not rows:
        return ""
    names = ("models", "completions", "metric", "difference", "95 % interval", "rows won", "lost", "equal")
    head = "".join(f"<th>{name}</th>" for name in names)
    note = (
        "Row by row, so that what makes a row hard for both models cancels out; paired bootstrap. Red and green mark "
        "scores and parts whose interval excludes 0. A penalty is a part with a negative weight: better where it falls."
    )
    table = (
        f'<div class="scroll"><table class="gains"><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'
    )
    return f'<h3>Differences</h3><p class="note">{note}</p>{table}'


def _won(gain: Gain) -> str:
    won = gain.won if gain.is_judged else ("–", "–")  # of what is only recorded nobody said that more is better
    return "".join(f"<td>{rows}</td>" for rows in won)


def _comparison_table(comparison: Comparison) -> str:
    models = list(next(iter(comparison.values())))
    head = "".join(f"<th>{escape(model)}</th>" for model in models)
    most = max(interval.rows for values in comparison.values() for interval in values.values())
    rows = "".join(
        f"<tr{' class=total' if metric == TOTAL else ''}><th>{escape(name)}</th>"
        + "".join(f"<td>{_interval(comparison[metric][model], most)}</td>" for model in models)
        + "</tr>"
        for metric, name in labels_of(in_tree_order(comparison)).items()
    )
    table = f"<table><thead><tr><th>metric</th>{head}</tr></thead><tbody>{rows}</tbody></table>"
    return f'<div class="scroll">{table}</div>'


def _comparison_chart(comparison: Comparison, label: str) -> str:
    models = next(iter(comparison.values()))
    legend = "".join(
        f'<span class="key {colour_of(index)}">{escape(model)}</span>' for index, model in enumerate(models)
    )
    chart = interval_chart(comparison, label=f"{label}: mean and standard error per model and metric")
    return f'<p class="legend">{legend}</p>{chart}'


def _interval(value: Interval, of: int) -> str:
    """A mean with its standard error, and over how many rows it goes where that is not all of them."""
    if not value.rows:
        return "<small>not measured</small>"
    fewer = f' <small class="of">(n = {value.rows:,})</small>' if value.rows < of else ""
    return f"{value.mean:.3f} <small>± {value.standard_error:.3f}</small>{fewer}"


_SMOOTHER = (
    '<p class="note">Faint: what was measured at each step. Strong: its exponential moving mean, as in TensorBoard. '
    '<span id="smoother" hidden><label>Smoothing <input id="smoothing" type="range" min="0" max="0.99" step="0.01" '
    f'value="{SMOOTHING}"/></label> <output id="smoothing-told" for="smoothing">{SMOOTHING:.2f}</output></span></p>'
)


def _curves(curves: Sequence[Curve]) -> str:
    charts = "".join(line_chart(c.title, c.points, x_label=c.x_label, name=OWN, beside=c.beside) for c in curves)
    return f'<div class="charts">{charts}</div>'


def _folded(curves: Sequence[Curve]) -> str:
    if not curves:
        return ""
    return f"<details><summary>{len(curves)} more curves: whatever else was logged</summary>{_curves(curves)}</details>"


def _completions(shown: Iterable[ScoredCompletion]) -> str:
    return "".join(map(_completion, shown)) or "<p>Every completion was right.</p>"


def _completion(shown: ScoredCompletion) -> str:
    parts = " · ".join(f"{escape(name)} {_number(value)}" for name, value in shown.parts.items())
    reason = f'<p class="note">{_text(shown.reason)}</p>' if shown.reason else ""
    before = shown.before
    earlier = [(f"{before.model} wrote: {before.score:.2f}", before.completion)] if before else []
    wrote = (f"{shown.model} wrote{f': {shown.score:.2f}' if before else ''}", shown.completion)
    sides = "".join(
        f"<div><h4>{escape(title)}</h4><pre>{_text(text)}</pre></div>"
        for title, text in (("Reference", shown.reference), *earlier, wrote)
    )
    fell = f"{before.score:.2f} → " if before else ""
    return (
        f'<details class="completion"><summary><b>{fell}{shown.score:.2f}</b> {_text(shown.prompt)} '
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
        f'<div class="columns"><div><h3>Made for this run</h3>{bullets(report.constructed)}</div>'
        f"<div><h3>Not told</h3>{bullets(report.not_told)}</div></div>"
    )


def _digests(digests: Iterable[tuple[str, str]]) -> str:
    rows = [(escape(name), f"<code>{escape(digest)}</code>") for name, digest in digests]
    table = _table(("file", "sha256"), rows)
    return f"<details><summary>{len(rows):,} files of the run, with their SHA-256</summary>{table}</details>"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Lay out cells that are HTML already, left-aligned, in a box that scrolls sideways."""
    titles = "".join(f"<th>{escape(title)}</th>" for title in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return (
        f'<div class="scroll"><table class="left"><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table></div>'
    )

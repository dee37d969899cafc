"""The figures of a comparison, from the rollouts of its models."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import fmean

from estimators.errors import OutputError
from estimators.results.compare import Comparison
from estimators.results.graded import TOTAL
from rewards import estimate
from rewards.did_you_mean import did_you_mean
from rewards.rollouts import Record, signals_of_record
from rewards.rollouts.record import asked_digest
from rft.report import charts
from rft.report.charts import Interval
from rft.report.drawing import Point, stride
from rft.report.field_groups import group_figures
from rft.report.figure import Figure, file_name
from rft.report.four_panel import four_panel
from rft.report.judged import Numbered, decoding_of
from rft.report.labels import label_figures

MOST_DOTS = 2_000  # of a scatter plot

Values = Mapping[str, Mapping[str, Sequence[float]]]  # model -> item -> the values of its completions


@dataclass(frozen=True)
class Compared:
    """What figures are drawn of: each model's rollouts, how they compare, and the metric that is looked at."""

    records: Mapping[str, Sequence[Numbered]]
    comparison: Comparison
    metric: str = TOTAL
    labels: tuple[str, ...] = ()  # path of the label within reference and completion; empty for the whole

    @property
    def models(self) -> list[str]:
        """The names, in order."""
        return [model.name for model in self.comparison.models]


def figures_of(compared: Compared) -> list[Figure]:
    """Every figure that the rollouts allow. Raises `OutputError` where none of them has the metric."""
    known = intervals_of(compared)
    if compared.metric not in known:
        raise OutputError(f"no metric {compared.metric!r}; {did_you_mean(compared.metric, known)}")
    values = values_of(compared.records, compared.metric)
    how = f"{_counted(values)}; {decoding_of(compared.records)}."
    found = [_parts(known, how)]
    if any(values.values()):
        found += [*_spreads(compared.metric, values, known[compared.metric], how), *_changes(compared, values, how)]
    judged = [
        *group_figures(known, compared.comparison.baseline, how),
        *label_figures(compared.records, compared.labels),
    ]
    return list(_apart([*found, *_slices(compared, how), *judged, *_steps(compared)]))


def values_of(records: Mapping[str, Sequence[Numbered]], metric: str) -> Values:
    """A metric of every completion by model and item, of the items that all models completed. Items are the rows by
    their `row_id` where every rollout has one, else what was asked."""
    named = all(isinstance(record.get("row_id"), str) for found in records.values() for _, record in found)
    values: dict[str, dict[str, list[float]]] = {model: {} for model in records}
    for model, found in records.items():
        for _, record in found:
            value = numbers_of(record).get(metric)
            if value is not None:
                item = str(record["row_id"]) if named else f"{asked_digest(record):016x}"
                values[model].setdefault(item, []).append(value)
    shared = set.intersection(*(set(items) for items in values.values()))
    return {model: {item: items[item] for item in items if item in shared} for model, items in values.items()}


def numbers_of(record: Record) -> dict[str, float | None]:
    """The score, parts and metrics of a graded record; nothing of one without a score."""
    score = record.get("score")
    if not isinstance(score, int | float):
        return {}
    return {TOTAL: float(score), **signals_of_record(record)}


def intervals_of(compared: Compared) -> dict[str, dict[str, Interval]]:
    """Metric -> model -> interval, the score first."""
    metrics = dict.fromkeys(name for model in compared.comparison.models for name in model.metrics)
    missing = estimate([])
    return {
        name: {model.name: Interval.of(model.metrics.get(name, missing)) for model in compared.comparison.models}
        for name in metrics
    }


# --- the figures -------------------------------------------------------------------------------------------------
def _parts(known: Mapping[str, Mapping[str, Interval]], how: str) -> Figure:
    found = {
        name: values
        for name, values in known.items()
        if all(0 <= value.mean <= 1 for value in values.values()) and any(value.rows for value in values.values())
    }
    svg = charts.grouped_bars(found, label="Means of score, parts and metrics per model")
    return Figure(
        "parts",
        "Score, parts and metrics",
        f"Mean and 95 % interval; {how}",
        svg,
        ("metric", "model", "mean", "standard error", "rows"),
        tuple((name, model, *value) for name, values in found.items() for model, value in values.items()),
    )


def _spreads(metric: str, values: Values, means: Mapping[str, Interval], how: str) -> Iterator[Figure]:
    every = {model: [value for found in items.values() for value in found] for model, items in values.items()}
    head = ("model", "item", "repeat", metric)
    rows = tuple(
        (model, item, repeat, value)
        for model, items in values.items()
        for item, found in items.items()
        for repeat, value in enumerate(found)
    )
    drawn = charts.distributions(every, label=f"Distribution of {metric} per model")
    yield Figure("distributions", f"Distribution of {metric} per model", f"Each completion; {how}", drawn, head, rows)
    counts, edges = charts.binned(every)
    drawn = charts.histogram(counts, edges, label=f"Histogram of {metric}")
    binned = tuple(
        (low, high, *(found[place] for found in counts.values())) for place, (low, high) in enumerate(pairwise(edges))
    )
    yield Figure(
        "histogram", f"Histogram of {metric}", f"Completions per range; {how}", drawn, ("from", "to", *counts), binned
    )
    drawn = four_panel(values, means, label=f"Four views of {metric}: mean, distribution, per item, all values")
    yield Figure("four-panel", f"Four views of {metric}", how, drawn, head, rows)


def _changes(compared: Compared, values: Values, how: str) -> Iterator[Figure]:
    """The baseline against every other model."""
    first = compared.comparison.baseline
    for model in compared.models:
        if model == first:
            continue
        pairs = {item: (fmean(values[first][item]), fmean(values[model][item])) for item in values[first]}
        every = stride(len(pairs), MOST_DOTS)
        thinned = dict(list(pairs.items())[::every])
        note = "" if every == 1 else f" One item of {every} is drawn."
        title = f"{compared.metric} per item: {first} and {model}"
        yield Figure(
            f"scatter-{file_name(model)}",
            title,
            f"Above the line {model} is higher; {how}{note}",
            charts.scatter(thinned, label=title, x_label=first, y_label=model),
            ("item", first, model),
            tuple((item, *pair) for item, pair in pairs.items()),
        )


def _slices(compared: Compared, how: str) -> Iterator[Figure]:
    slices = compared.comparison.slices
    if not slices:
        return
    groups = {part.value: {model: Interval.of(found) for model, found in part.scores.items()} for part in slices}
    yield Figure(
        "slices",
        f"{compared.metric} per slice",
        f"Mean and 95 % interval; {how}",
        charts.grouped_bars(groups, label=f"{compared.metric} per slice and model"),
        ("slice", "model", "mean", "standard error", "rows"),
        tuple((name, model, *value) for name, values in groups.items() for model, value in values.items()),
    )


def _steps(compared: Compared) -> Iterator[Figure]:
    """The mean of the score and of every part over the training steps, for models whose rollouts name their step."""
    for model, found in compared.records.items():
        sums: dict[str, dict[int, list[float]]] = {}
        for _, record in found:
            step = record.get("step")
            if not isinstance(step, int):
                continue
            parts = record.get("parts")
            earned = {TOTAL, *(parts if isinstance(parts, dict) else ())}
            for name, value in numbers_of(record).items():
                if name in earned and value is not None:
                    sums.setdefault(name, {}).setdefault(step, []).append(value)
        if len(sums.get(TOTAL, {})) < 2:
            continue
        series = {
            name: [Point(step, fmean(values)) for step, values in sorted(by_step.items())]
            for name, by_step in sums.items()
        }
        title = f"Score and parts of {model} by training step"
        yield Figure(
            f"steps-{file_name(model)}",
            title,
            f"Mean of each step; {len(series[TOTAL]):,} steps, {len(found):,} rollouts.",
            charts.curves(series, label=title, x_label="step"),
            ("metric", "step", "mean"),
            tuple((name, point.x, point.y) for name, points in series.items() for point in points),
        )


# --- pieces ------------------------------------------------------------------------------------------------------
def _counted(values: Values) -> str:
    items = next(iter(values.values()))
    repeats = sorted({len(found) for by_item in values.values() for found in by_item.values()}) or [0]
    several = f"{repeats[0]}" if len(repeats) == 1 else f"{repeats[0]} to {repeats[-1]}"
    return f"n = {len(items):,} items, {several} completion{'' if several == '1' else 's'} of each"


def _apart(figures: Sequence[Figure]) -> Iterator[Figure]:
    """The figures, each with a name of its own: models called `a/b` and `a b` are files of one name otherwise."""
    seen: Counter[str] = Counter()
    for figure in figures:
        key = figure.name.lower()  # some file systems take A and a for one
        seen[key] += 1
        yield figure if seen[key] == 1 else replace(figure, name=f"{figure.name}~{seen[key]}")

"""Every chart of ours as SVG: no script, no font, no file beside it. The same drawing stands in a page and alone."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from statistics import fmean
from typing import NamedTuple, Self

from rewards import Estimate
from rft.report.drawing import (
    BOTTOM,
    HEIGHT,
    LEFT,
    RIGHT,
    SLANT,
    TOP,
    WIDTH,
    Area,
    Point,
    Scale,
    axes,
    axis_of,
    bar,
    colour_of,
    cut,
    legend,
    legend_height,
    polyline,
    scales,
    slanted_name,
    svg,
    ticks,
    x_axis,
    y_axis,
)

NAME_CHARS = 26  # of a label beside and above a confusion matrix, at 7 units of the drawing each
DARKEST = 0.5  # opacity of a full square of a confusion matrix, on which its number can still be read
BINS, STRIP_BINS = 20, 24  # ranges of a histogram, and of one model's strip of distributions
NORMAL_95 = 1.96  # standard errors on each side of a mean
SCORES_END = 1.5  # where all means are scores, an interval that ends below this is taken to be of a score


class Interval(NamedTuple):
    """A mean with its standard error, and the number of rows it was taken over."""

    mean: float
    standard_error: float
    rows: int

    @classmethod
    def of(cls, found: Estimate) -> Self:
        """As a chart shows an estimate."""
        return cls(found.mean, found.standard_error, found.count)


def curves(series: Mapping[str, Sequence[Point]], *, label: str, x_label: str) -> str:
    """One line for each named series, on common axes, with a legend."""
    shown = {name: points for name, points in series.items() if points}
    x, y = scales([point for points in shown.values() for point in points], Area(top=TOP + 18))
    lines = (polyline(points, x, y, f"line {colour_of(index)}") for index, points in enumerate(shown.values()))
    height = HEIGHT + legend_height(shown)
    return svg(label, f"{axes(x, y, x_label)}{''.join(lines)}{legend(shown, HEIGHT + 8)}", height=height)


def interval_chart(rows: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """One line per metric with a dot and a bar of one standard error for each model: scores together on a scale from 0
    to 1, every other metric on a scale of its own."""
    rows = {name: rows[name] for name in in_tree_order(rows)}
    scores = {name: values for name, values in rows.items() if _reach(values)[1] <= 1 and _reach(values)[0] >= 0}
    others = [{name: values} for name, values in rows.items() if name not in scores]
    return "".join(_interval_chart(part, label) for part in ([scores] if scores else []) + others)


def _interval_chart(rows: Mapping[str, Mapping[str, Interval]], label: str) -> str:
    labels = {name: cut(told, NAME_CHARS) for name, told in labels_of(list(rows)).items()}
    row_height, name_width = 26, max(132.0, 7.2 * max(map(len, labels.values())))
    height = TOP + row_height * len(rows) + 20
    low, high = axis_of([end for values in rows.values() for end in _reach(values)])
    x = Scale(low, high, name_width, WIDTH - 10)
    grid = "".join(
        f'<line class="grid" x1="{x(t)}" x2="{x(t)}" y1="{TOP - 6}" y2="{height - 20}"/>'
        f'<text class="tick" x="{x(t)}" y="{height - 6}" text-anchor="middle">{t:g}</text>'
        for t in ticks(low, high, 5)
    )
    body = "".join(
        _interval_row(labels[name], values, x, TOP + row_height * (index + 0.5))
        for index, (name, values) in enumerate(rows.items())
    )
    return svg(label, grid + body, height=height).replace("<svg", '<svg class="intervals"', 1)


def _interval_row(label: str, values: Mapping[str, Interval], x: Scale, y: float) -> str:
    dots = "".join(_dot(index, model, value, x, y) for index, (model, value) in enumerate(values.items()) if value.rows)
    return f'<text class="name" x="0" y="{y + 4}">{escape(label)}</text>{dots}'


def _dot(index: int, model: str, value: Interval, x: Scale, y: float) -> str:
    low, high = max(x.low, value.mean - value.standard_error), min(x.high, value.mean + value.standard_error)
    tip = f"{model}: {value.mean:.3f} ± {value.standard_error:.3f} (n = {value.rows})"
    return (
        f'<g class="dot {colour_of(index)}"><title>{escape(tip)}</title>'
        f'<line class="bar" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>'
        f'<circle cx="{x(value.mean)}" cy="{y}" r="5"/></g>'
    )


def labels_of(metrics: Sequence[str]) -> dict[str, str]:
    """What each metric is called in a list: the last part of its path, indented, below the metric that it is part of;
    the whole path where that one is not the one above.

    >>> list(labels_of(["content", "content/plan", "content/plan/order", "size/plan"]).values())
    ['content', '\u2003plan', '\u2003\u2003order', 'size/plan']
    """
    found: dict[str, str] = {}
    above: list[str] = []
    for metric in metrics:
        parent, _, leaf = metric.rpartition("/")
        above = [name for name in above if metric.startswith(f"{name}/")]
        found[metric] = "\u2003" * len(above) + leaf if above and above[-1] == parent else metric
        above.append(metric)
    return found


def in_tree_order(metrics: Iterable[str]) -> list[str]:
    """The metrics with each one's parts below it, else in their order.

    >>> in_tree_order(["a", "b", "b/n", "a/n"])
    ['a', 'a/n', 'b', 'b/n']
    """
    first = {metric: place for place, metric in enumerate(metrics)}
    paths = {metric: ["/".join(metric.split("/")[: n + 1]) for n in range(metric.count("/") + 1)] for metric in first}
    return sorted(first, key=lambda metric: [first.get(path, first[metric]) for path in paths[metric]])


def grouped_bars(groups: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """A bar for each model in each group, with the 95 % interval of its mean."""
    models = list(dict.fromkeys(model for values in groups.values() for model in values))
    width = max(WIDTH, LEFT + RIGHT + len(groups) * (len(models) * 14 + 18))
    area = Area(top=TOP + 4, right=width - RIGHT, bottom=HEIGHT - BOTTOM)
    y = Scale(*axis_of_bars(groups.values()), area.bottom, area.top)
    pitch = (area.right - area.left) / max(len(groups), 1)
    body = "".join(
        bars_with_intervals(values, models, area.left + pitch * index, pitch, y)
        + slanted_name(name, area.left + pitch * (index + 0.5), area.bottom + 14)
        for index, (name, values) in enumerate(groups.items())
    )
    below = HEIGHT + SLANT
    height = below + legend_height(models)
    drawn = f"{y_axis(y, area)}{body}{legend(models, below + 8)}"
    return svg(label, drawn, width=width, height=height)


def bars_with_intervals(
    values: Mapping[str, Interval], models: Sequence[str], left: float, room: float, y: Scale, *, labelled: bool = False
) -> str:
    """A bar for each of `models` that was measured, in the middle of the `room` to the right of `left`."""
    wide = min(room * 0.8 / max(len(models), 1), 60)
    start = left + (room - wide * len(models)) / 2
    return "".join(
        _bar_with_interval(values[model], model, index, start + wide * index, wide, y, labelled=labelled)
        for index, model in enumerate(models)
        if model in values and values[model].rows
    )


def _bar_with_interval(
    value: Interval, model: str, index: int, left: float, wide: float, y: Scale, *, labelled: bool
) -> str:
    reach, middle = NORMAL_95 * value.standard_error, round(left + wide / 2, 1)
    low, high = max(y.low, value.mean - reach), min(y.high, value.mean + reach)
    told = f"{model}: {value.mean:.3f} ± {value.standard_error:.3f} (n = {value.rows:,})"
    drawn = bar(left + 1, wide - 2, y, value.mean, colour_of(index), told)
    number = f'<text x="{middle}" y="{y(high) - 5}" text-anchor="middle">{value.mean:.3g}</text>' if labelled else ""
    return f'{drawn}<line class="whisker" x1="{middle}" x2="{middle}" y1="{y(low)}" y2="{y(high)}"/>{number}'


def axis_of_bars(groups: Iterable[Mapping[str, Interval]]) -> tuple[float, float]:
    """An axis from 0 for bars. An interval of a score is cut where scores end."""
    found = list(groups)
    low, high = axis_of([end for values in found for end in (*_reach(values), *_reach(values, NORMAL_95))])
    means = axis_of([end for values in found for end in _reach(values)])
    return means if means == (0.0, 1.0) and high <= SCORES_END else (min(low, 0.0) if means[0] < 0 else 0.0, high)


def _reach(values: Mapping[str, Interval], errors: float = 0.0) -> tuple[float, float]:
    """The lowest and highest mean, or end of an interval of so many standard errors, of what was measured."""
    ends = [v.mean + sign * errors * v.standard_error for v in values.values() if v.rows for sign in (-1, 1)]
    return min(ends, default=0.0), max(ends, default=0.0)


def histogram(counts: Mapping[str, Sequence[int]], edges: Sequence[float], *, label: str) -> str:
    """How many values of each model are in each of the ranges of `binned`, side by side."""
    area = Area(top=TOP + 4)
    x = Scale(edges[0], edges[-1], area.left, area.right)
    y = Scale(0, axis_of([*(float(n) for found in counts.values() for n in found), 2.0])[1], area.bottom, area.top)
    wide = (x(edges[1]) - x(edges[0]) - 1) / max(len(counts), 1)
    body = "".join(
        bar(x(edges[place]) + wide * index, wide, y, count, colour_of(index), f"{model}: {count:g}")
        for index, (model, found) in enumerate(counts.items())
        for place, count in enumerate(found)
        if count
    )
    drawn = f"{axes(x, y, 'value', area)}{body}{legend(counts, HEIGHT + 8)}"
    return svg(label, drawn, height=HEIGHT + legend_height(counts))


def distributions(values: Mapping[str, Sequence[float]], *, label: str) -> str:
    """The distribution of each model's values in a strip of its own, on one common axis, with its mean as a line."""
    strip, name_width = 64, 150
    height = TOP + strip * len(values) + BOTTOM
    counts, edges = binned(values, STRIP_BINS)
    x = Scale(edges[0], edges[-1], name_width, WIDTH - RIGHT)
    strips = []
    for index, (model, found) in enumerate(counts.items()):
        floor = TOP + strip * (index + 1)
        y = Scale(0, max([*found, 1]), floor, floor - strip + 10)
        bars = (
            bar(x(edges[place]), x(edges[place + 1]) - x(edges[place]), y, count, colour_of(index), f"{count:g}")
            for place, count in enumerate(found)
            if count
        )
        mean = fmean(values[model]) if values[model] else None
        line = "" if mean is None else f'<line class="centre" x1="{x(mean)}" x2="{x(mean)}" y1="{y.end}" y2="{floor}"/>'
        told = "no values" if mean is None else f"mean {mean:.3g}, n = {len(values[model]):,}"
        strips.append(
            f'<line class="grid" x1="{name_width}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>'
            f"{''.join(bars)}{line}"
            f'<text x="0" y="{floor - 22}">{escape(cut(model, 17))}</text>'
            f'<text class="tick" x="0" y="{floor - 8}">{told}</text>'
        )
    drawn = "".join(strips) + x_axis(x, height - BOTTOM + 16)
    return svg(label, drawn, height=height)


def binned(values: Mapping[str, Sequence[float]], bins: int = BINS) -> tuple[dict[str, list[int]], list[float]]:
    """Counts of each model's values in `bins` equal ranges, and the ends of the ranges; the last one holds its end.

    Of whole numbers, such as boxes, each range holds equally many, and there may be fewer ranges.

    >>> binned({"base": [0.0, 0.1, 1.0]}, 2)
    ({'base': [2, 1]}, [0.0, 0.5, 1.0])
    >>> binned({"base": [0, 1, 2, 3, 3, 7]}, 4)
    ({'base': [2, 3, 0, 1]}, [0.0, 2.0, 4.0, 6.0, 8.0])
    """
    every = [value for found in values.values() for value in found]
    low, high = axis_of(every)
    if high > 1 and all(value == math.floor(value) for value in every):
        low = math.floor(low)
        step = math.ceil((high - low) / bins)
        bins = max(1, math.ceil((max(every) + 1 - low) / step))
        high = low + step * bins
    edges = [low + (high - low) * place / bins for place in range(bins + 1)]
    counts = {model: [0] * bins for model in values}
    for model, found in values.items():
        for value in found:
            counts[model][min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    return counts, edges


def scatter(pairs: Mapping[str, tuple[float, float]], *, label: str, x_label: str, y_label: str) -> str:
    """A dot for each item at (before, after): above the diagonal the second model is better."""
    side = 360
    area = Area(LEFT, TOP + 6, side - RIGHT, side - BOTTOM)
    low, high = axis_of([value for pair in pairs.values() for value in pair])
    x, y = Scale(low, high, area.left, area.right), Scale(low, high, area.bottom, area.top)
    dots = "".join(
        f'<circle class="{_direction(after - before)}" cx="{x(before)}" cy="{y(after)}" r="3.2">'
        f"<title>{escape(cut(name, 60))}: {before:.3g} → {after:.3g}</title></circle>"
        for name, (before, after) in pairs.items()
    )
    diagonal = f'<line class="centre" x1="{x(low)}" y1="{y(low)}" x2="{x(high)}" y2="{y(high)}"/>'
    side_name = f'<text class="tick" x="{area.left}" y="{area.top - 6}">{escape(y_label)}</text>'
    return svg(label, f"{axes(x, y, x_label, area)}{diagonal}{side_name}<g>{dots}</g>", width=side, height=side)


def _direction(gain: float) -> str:
    return "better" if gain > 1e-9 else "worse" if gain < -1e-9 else "same"


def confusion(counts: Mapping[tuple[str, str], int], labels: Sequence[str], *, label: str) -> str:
    """A cell for each pair (reference, completion) with its count, darker the larger its share of the reference."""
    columns = list(dict.fromkeys([*labels, *(column for _, column in counts)]))
    cell, name_width = 30, 16 + 7 * min(max(map(len, columns), default=0), NAME_CHARS)
    totals = {row: sum(counts.get((row, column), 0) for column in columns) for row in labels}
    width, height = name_width + cell * len(columns) + 60, name_width + cell * len(labels) + 8
    heads = "".join(
        f'<text class="tick" transform="translate({name_width + cell * (i + 0.6):g},{name_width - 6}) rotate(-60)">'
        f"{escape(cut(column, NAME_CHARS))}</text>"
        for i, column in enumerate(columns)
    )
    rows = "".join(
        f'<text class="tick" x="{name_width - 6}" y="{name_width + cell * (r + 0.63):g}" text-anchor="end">'
        f"{escape(cut(row, NAME_CHARS))}</text>"
        + "".join(
            _square(
                counts.get((row, column), 0), totals[row], row, column, name_width + cell * c, name_width + cell * r
            )
            for c, column in enumerate(columns)
        )
        for r, row in enumerate(labels)
    )
    return svg(label, heads + rows, width=width, height=height)


def _square(count: int, of: int, row: str, column: str, left: float, top: float) -> str:
    share = count / of if of else 0.0
    kind = "right" if row == column else "wrong"
    number = f'<text x="{left + 15}" y="{top + 19}" text-anchor="middle">{count}</text>' if count else ""
    return (
        f'<rect class="square {kind}" x="{left}" y="{top}" width="29" height="29" fill-opacity="{share * DARKEST:.3f}">'
        f"<title>{escape(cut(row, 60))} → {escape(cut(column, 60))}: {count} of {of}</title></rect>{number}"
    )

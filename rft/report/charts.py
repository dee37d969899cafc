"""Every figure of ours as SVG: no script, no font, no file beside it. The same drawing stands in a page and alone."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

WIDTH, HEIGHT = 460, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 34
MOST_POINTS = 500  # more than the pixels between the axes; the page stays small however long a training was
SLANT, SLANTED_CHARS = 40, 18  # room below bars for names that are turned, and how long those may be
SHOWN_ROWS = 100  # of the numbers below a figure in a page; its CSV file holds all
COLOURS = 8  # classes c0 to c7 of charts.css; a ninth series begins again
NORMAL_95 = 1.96  # standard errors on each side of a mean
SCORES_END = 1.5  # where all means are scores, an interval that ends below this is taken to be of a score


class Point(NamedTuple):
    """One measurement of a curve."""

    x: float
    y: float


class Interval(NamedTuple):
    """A mean with its standard error, and the number of rows it was taken over."""

    mean: float
    standard_error: float
    rows: int


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and the numbers that it shows; `name` is what its files are called."""

    name: str
    title: str
    caption: str
    svg: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()

    def to_html(self) -> str:
        """The figure in a page."""
        return (
            f'<figure class="chart" id="{escape(self.name, quote=True)}"><figcaption>{escape(self.title)}'
            f"<small>{escape(self.caption)}</small></figcaption>{self.svg}{self._numbers()}</figure>"
        )

    def _numbers(self) -> str:
        if not self.rows:
            return ""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        rows = "".join(f"<tr>{''.join(map(_table_cell, row))}</tr>" for row in self.rows[:SHOWN_ROWS])
        more = len(self.rows) - SHOWN_ROWS
        note = f"<p>{more:,} rows more are in {escape(self.name)}.csv of --figures.</p>" if more > 0 else ""
        return (
            f'<details><summary>Numbers</summary><div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>{note}</details>"
        )

    def to_svg(self) -> str:
        """A file of its own, with its style, title and caption."""
        style = files("rft.report").joinpath("charts.css").read_text(encoding="utf-8")
        described = f"<title>{escape(self.title)}</title><desc>{escape(self.caption)}</desc><style>{style}</style>"
        opening, rest = self.svg.split(">", 1)
        return _storable(f'{opening} xmlns="http://www.w3.org/2000/svg">{described}{rest}\n')

    def to_csv(self) -> str:
        """The numbers behind the drawing; a cell that a spreadsheet would run begins with an apostrophe."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(_cell, self.head))
        writer.writerows(map(_cell, row) for row in self.rows)
        return _storable(text.getvalue())


class Scale(NamedTuple):
    """Maps a value range onto a pixel range; a range without width maps onto its middle."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of `value`."""
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return round(self.start + share * (self.end - self.start), 1)


class Area(NamedTuple):
    """The rectangle between the axes of one panel."""

    left: float = LEFT
    top: float = TOP
    right: float = WIDTH - RIGHT
    bottom: float = HEIGHT - BOTTOM


def axis_of(values: Iterable[float]) -> tuple[float, float]:
    """The range of an axis that holds `values`: 0 to 1 for scores, from 0 for counts, else with a margin.

    >>> axis_of([0.2, 0.9]), axis_of([91.5, 7.0]), axis_of([])
    ((0.0, 1.0), (0.0, 100.0), (0.0, 1.0))
    """
    found = [value for value in values if math.isfinite(value)]
    low, high = min(found, default=0.0), max(found, default=1.0)
    if low >= 0 and high <= 1:
        return 0.0, 1.0
    if low < 0:
        return _padded(low, high)
    step = _step(0.0, high, 4)
    return 0.0, step * math.ceil(high / step - 1e-9)


def moving_mean(points: Sequence[Point], window: int) -> list[Point]:
    """Mean of the last `window` values at each point; fewer at the start.

    >>> moving_mean([Point(1, 0.0), Point(2, 1.0), Point(3, 1.0)], window=2)
    [Point(x=1, y=0.0), Point(x=2, y=0.5), Point(x=3, y=1.0)]
    """
    means = []
    for end, point in enumerate(points, start=1):
        recent = points[max(0, end - window) : end]
        means.append(Point(point.x, sum(p.y for p in recent) / len(recent)))
    return means


def ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About `count` round numbers from `low` to `high`, both inside.

    >>> ticks(0.0, 1.0)
    [0.0, 0.5, 1.0]
    >>> ticks(1, 40)
    [10.0, 20.0, 30.0, 40.0]
    """
    if high <= low:
        return [low]
    step = _step(low, high, count)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def line_chart(title: str, points: Sequence[Point], *, x_label: str, window: int = 0) -> str:
    """Draw raw points, and where `window` is given a moving mean over them, as one `<figure>`; of very many points
    every so many are drawn."""
    if not points:
        return f'<figure class="chart empty"><figcaption>{escape(title)}</figcaption><p>No values.</p></figure>'
    x, y = _scales(points, Area())
    every = math.ceil(len(points) / MOST_POINTS)
    dots = "".join(
        f'<circle cx="{x(p.x)}" cy="{y(p.y)}" r="2.4"><title>{escape(x_label)} {p.x:g}: {p.y:.4g}</title></circle>'
        for p in points[::every]
    )
    line = (moving_mean(points, window) if window else list(points))[::every]
    raw = "each step" if every == 1 else f"one step of {every}"
    legend = f'<span class="key raw">{raw}</span><span class="key mean">mean of {window}</span>' if window else ""
    drawn = f'{_axes(x, y, x_label)}<g class="raw">{dots}</g>{_path(line, x, y, "mean")}'
    return f'<figure class="chart"><figcaption>{escape(title)} {legend}</figcaption>{_svg(title, drawn)}</figure>'


def curves(series: Mapping[str, Sequence[Point]], *, label: str, x_label: str) -> str:
    """One line for each named series, on common axes, with a legend."""
    shown = {name: points for name, points in series.items() if points}
    x, y = _scales([point for points in shown.values() for point in points], Area(top=TOP + 18))
    lines = (
        _path(points[:: math.ceil(len(points) / MOST_POINTS)], x, y, f"line c{index % COLOURS}")
        for index, points in enumerate(shown.values())
    )
    height = HEIGHT + _legend_height(shown)
    return _svg(label, f"{_axes(x, y, x_label)}{''.join(lines)}{_legend(shown, HEIGHT + 8)}", height=height)


def interval_chart(rows: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """One line per metric with a dot and a bar of one standard error for each model: scores together on a scale from 0
    to 1, every other metric on a scale of its own."""
    scores = {name: values for name, values in rows.items() if _reach(values)[1] <= 1 and _reach(values)[0] >= 0}
    others = [{name: values} for name, values in rows.items() if name not in scores]
    return "".join(_interval_chart(part, label) for part in ([scores] if scores else []) + others)


def grouped_bars(groups: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """A bar for each model in each group, with the 95 % interval of its mean."""
    models = list(dict.fromkeys(model for values in groups.values() for model in values))
    width = max(WIDTH, LEFT + RIGHT + len(groups) * (len(models) * 14 + 18))
    area = Area(top=TOP + 4, right=width - RIGHT, bottom=HEIGHT - BOTTOM)
    y = Scale(*_axis_of_bars(groups.values()), area.bottom, area.top)
    pitch = (area.right - area.left) / max(len(groups), 1)
    body = "".join(
        _bars(values, models, area.left + pitch * index, pitch, y)
        + _slanted(name, area.left + pitch * (index + 0.5), area.bottom + 14)
        for index, (name, values) in enumerate(groups.items())
    )
    below = HEIGHT + SLANT
    height = below + _legend_height(models)
    drawn = f"{_horizontal(y, area)}{body}{_legend(models, below + 8)}"
    return _svg(label, drawn, width=width, height=height)


def histogram(values: Mapping[str, Sequence[float]], *, label: str, bins: int = 20) -> str:
    """How many values of each model fall into each of `bins` equal ranges, side by side."""
    area = Area(top=TOP + 4)
    counts, edges = binned(values, bins)
    x = Scale(edges[0], edges[-1], area.left, area.right)
    y = Scale(0, axis_of([*(float(n) for found in counts.values() for n in found), 2.0])[1], area.bottom, area.top)
    wide = (x(edges[1]) - x(edges[0]) - 1) / max(len(counts), 1)
    body = "".join(
        _bar(x(edges[place]) + wide * index, wide, y, count, f"c{index % COLOURS}", f"{model}: {count:g}")
        for index, (model, found) in enumerate(counts.items())
        for place, count in enumerate(found)
        if count
    )
    drawn = f"{_axes(x, y, 'value', area)}{body}{_legend(counts, HEIGHT + 8)}"
    return _svg(label, drawn, height=HEIGHT + _legend_height(counts))


def distributions(values: Mapping[str, Sequence[float]], *, label: str, bins: int = 24) -> str:
    """The distribution of each model's values in a strip of its own, on one common axis, with its mean as a line."""
    strip, name_width = 64, 150
    height = TOP + strip * len(values) + BOTTOM
    counts, edges = binned(values, bins)
    x = Scale(edges[0], edges[-1], name_width, WIDTH - RIGHT)
    strips = []
    for index, (model, found) in enumerate(counts.items()):
        floor = TOP + strip * (index + 1)
        y = Scale(0, max([*found, 1]), floor, floor - strip + 10)
        bars = (
            _bar(x(edges[place]), x(edges[place + 1]) - x(edges[place]), y, count, f"c{index % COLOURS}", f"{count:g}")
            for place, count in enumerate(found)
            if count
        )
        mean = math.fsum(values[model]) / len(values[model]) if values[model] else None
        line = "" if mean is None else f'<line class="centre" x1="{x(mean)}" x2="{x(mean)}" y1="{y.end}" y2="{floor}"/>'
        told = "no values" if mean is None else f"mean {mean:.3g}, n = {len(values[model]):,}"
        strips.append(
            f'<line class="grid" x1="{name_width}" x2="{WIDTH - RIGHT}" y1="{floor}" y2="{floor}"/>'
            f"{''.join(bars)}{line}"
            f'<text x="0" y="{floor - 22}">{escape(_cut(model, 17))}</text>'
            f'<text class="tick" x="0" y="{floor - 8}">{told}</text>'
        )
    drawn = "".join(strips) + _vertical(x, height - BOTTOM + 16)
    return _svg(label, drawn, height=height)


def four_panel(
    values: Mapping[str, Mapping[str, Sequence[float]]], means: Mapping[str, Interval], *, label: str
) -> str:
    """Four views of model -> item -> values: means, distributions, each item's mean in order, and all values."""
    width, panel = 2 * WIDTH, HEIGHT + 26
    every = {model: [value for found in items.values() for value in found] for model, items in values.items()}
    low, high = axis_of([value for found in every.values() for value in found])
    drawings: list[tuple[str, Callable[[Area], str]]] = [
        ("Mean, with its 95 % interval", lambda area: _panel_means(means, area)),
        ("Distribution of all values", lambda area: _panel_distribution(every, area)),
        (
            "Mean of each item, in order",
            lambda area: _panel_sorted(values, Scale(low, high, area.bottom, area.top), area),
        ),
        ("All values", lambda area: _panel_all(values, Scale(low, high, area.bottom, area.top), area)),
    ]
    body = []
    for index, (title, draw) in enumerate(drawings):
        left, top = (index % 2) * WIDTH, (index // 2) * panel
        area = Area(left + LEFT, top + 34, left + WIDTH - RIGHT, top + panel - 30)
        body.append(f'<text class="title" x="{left + LEFT}" y="{top + 20}">{escape(title)}</text>{draw(area)}')
    drawn = "".join(body) + _legend(values, 2 * panel + 6, width)
    return _svg(label, drawn, width=width, height=2 * panel + _legend_height(values, width))


def scatter(pairs: Mapping[str, tuple[float, float]], *, label: str, x_label: str, y_label: str) -> str:
    """A dot for each item at (before, after): above the diagonal the second model is better."""
    side = 360
    area = Area(LEFT, TOP + 6, side - RIGHT, side - BOTTOM)
    low, high = axis_of([value for pair in pairs.values() for value in pair])
    x, y = Scale(low, high, area.left, area.right), Scale(low, high, area.bottom, area.top)
    dots = "".join(
        f'<circle class="{_direction(after - before)}" cx="{x(before)}" cy="{y(after)}" r="3.2">'
        f"<title>{escape(_cut(name, 60))}: {before:.3g} → {after:.3g}</title></circle>"
        for name, (before, after) in pairs.items()
    )
    diagonal = f'<line class="centre" x1="{x(low)}" y1="{y(low)}" x2="{x(high)}" y2="{y(high)}"/>'
    side_name = f'<text class="tick" x="{area.left}" y="{area.top - 6}">{escape(y_label)}</text>'
    return _svg(label, f"{_axes(x, y, x_label, area)}{diagonal}{side_name}<g>{dots}</g>", width=side, height=side)


def confusion(counts: Mapping[tuple[str, str], int], labels: Sequence[str], *, label: str) -> str:
    """A cell for each pair (reference, completion) with its count, darker the larger its share of the reference."""
    cell, name_width = 30, 150
    columns = list(dict.fromkeys([*labels, *(column for _, column in counts)]))
    totals = {row: sum(counts.get((row, column), 0) for column in columns) for row in labels}
    width, height = name_width + cell * len(columns) + 60, name_width + cell * len(labels) + 8
    heads = "".join(
        f'<text class="tick" transform="translate({name_width + cell * (i + 0.6):g},{name_width - 6}) rotate(-60)">'
        f"{escape(_cut(column, 22))}</text>"
        for i, column in enumerate(columns)
    )
    rows = "".join(
        f'<text class="tick" x="{name_width - 6}" y="{name_width + cell * (r + 0.63):g}" text-anchor="end">'
        f"{escape(_cut(row, 24))}</text>"
        + "".join(
            _square(
                counts.get((row, column), 0), totals[row], row, column, name_width + cell * c, name_width + cell * r
            )
            for c, column in enumerate(columns)
        )
        for r, row in enumerate(labels)
    )
    return _svg(label, heads + rows, width=width, height=height)


def binned(values: Mapping[str, Sequence[float]], bins: int) -> tuple[dict[str, list[int]], list[float]]:
    """Counts of each model's values in `bins` equal ranges, and the ends of the ranges; the last one holds its end.

    >>> binned({"base": [0.0, 0.1, 1.0]}, 2)
    ({'base': [2, 1]}, [0.0, 0.5, 1.0])
    """
    low, high = axis_of([value for found in values.values() for value in found])
    edges = [low + (high - low) * place / bins for place in range(bins + 1)]
    counts = {model: [0] * bins for model in values}
    for model, found in values.items():
        for value in found:
            counts[model][min(int((value - low) / (high - low) * bins), bins - 1)] += 1
    return counts, edges


def leaf_label(metric: str) -> str:
    """The last part of a metric's path, indented by its depth.

    >>> leaf_label("content/plan/sequence")
    '\u2003\u2003sequence'
    """
    *above, leaf = metric.split("/")
    return "\u2003" * len(above) + leaf


# --- panels ------------------------------------------------------------------------------------------------------
def _panel_means(means: Mapping[str, Interval], area: Area) -> str:
    y = Scale(*_axis_of_bars([means]), area.bottom, area.top)
    return _horizontal(y, area) + _bars(means, list(means), area.left, area.right - area.left, y, labelled=True)


def _panel_distribution(every: Mapping[str, Sequence[float]], area: Area) -> str:
    counts, edges = binned(every, 20)
    x = Scale(edges[0], edges[-1], area.left, area.right)
    most = max((count / max(sum(found), 1) for found in counts.values() for count in found), default=1.0)
    y = Scale(0, axis_of([most, 0.0])[1] if most > 0.5 else most * 1.1 or 1.0, area.bottom, area.top)
    lines = []
    for index, found in enumerate(counts.values()):
        heights = [count / max(sum(found), 1) for count in found]
        steps = [
            Point(edge, high) for (one, two), high in zip(pairwise(edges), heights, strict=True) for edge in (one, two)
        ]
        lines.append(_path(steps, x, y, f"line c{index % COLOURS}"))
    return _axes(x, y, "value", area) + "".join(lines)


def _panel_sorted(values: Mapping[str, Mapping[str, Sequence[float]]], y: Scale, area: Area) -> str:
    count = max(map(len, values.values()))
    x = Scale(0, max(count - 1, 1), area.left + 4, area.right - 4)
    lines = []
    for index, items in enumerate(values.values()):
        means = sorted(math.fsum(found) / len(found) for found in items.values())
        points = [Point(place, mean) for place, mean in enumerate(means)]
        lines.append(_path(points[:: math.ceil(len(points) / MOST_POINTS)], x, y, f"line c{index % COLOURS}"))
    name = f"{count:,} items, each model in its own order"
    return _horizontal(y, area) + "".join(lines) + _axis_name(name, area)


def _panel_all(values: Mapping[str, Mapping[str, Sequence[float]]], y: Scale, area: Area) -> str:
    pitch = (area.right - area.left) / max(len(values), 1)
    dots = []
    for index, (model, items) in enumerate(values.items()):
        found = [value for repeats in items.values() for value in repeats]
        shown = found[:: math.ceil(len(found) / MOST_POINTS)] if found else []
        for place, value in enumerate(shown):
            across = area.left + pitch * (
                index + 0.15 + 0.7 * (place * 0.618034 % 1)
            )  # spread, and the same every time
            dots.append(f'<circle class="fill c{index % COLOURS}" cx="{across:.1f}" cy="{y(value)}" r="2.2"/>')
        dots.append(_name(model, area.left + pitch * (index + 0.5), area.bottom + 16, pitch))
    return f'{_horizontal(y, area)}<g class="many">{"".join(dots)}</g>'


# --- pieces ------------------------------------------------------------------------------------------------------
def _svg(label: str, body: str, *, width: float = WIDTH, height: float = HEIGHT) -> str:
    size = f' style="max-width:{1.15 * width:g}px"'
    name = escape(label, quote=True)
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{name}"{size}>{body}</svg>'


def _scales(points: Sequence[Point], area: Area) -> tuple[Scale, Scale]:
    x = Scale(min(p.x for p in points), max(p.x for p in points), area.left, area.right)
    return x, Scale(*_padded(min(p.y for p in points), max(p.y for p in points)), area.bottom, area.top)


def _path(points: Sequence[Point], x: Scale, y: Scale, classes: str) -> str:
    path = " ".join(f"{x(p.x)},{y(p.y)}" for p in points)
    return f'<polyline class="{classes}" points="{path}"/>'


def _reach(values: Mapping[str, Interval], errors: float = 0.0) -> tuple[float, float]:
    """The lowest and highest mean, or end of an interval of so many standard errors, of what was measured."""
    ends = [v.mean + sign * errors * v.standard_error for v in values.values() if v.rows for sign in (-1, 1)]
    return min(ends, default=0.0), max(ends, default=0.0)


def _axis_of_bars(groups: Iterable[Mapping[str, Interval]]) -> tuple[float, float]:
    """An axis from 0 for bars. An interval of a score is cut where scores end."""
    found = list(groups)
    low, high = axis_of([end for values in found for end in (*_reach(values), *_reach(values, NORMAL_95))])
    means = axis_of([end for values in found for end in _reach(values)])
    return means if means == (0.0, 1.0) and high <= SCORES_END else (min(low, 0.0) if means[0] < 0 else 0.0, high)


def _interval_chart(rows: Mapping[str, Mapping[str, Interval]], label: str) -> str:
    row_height, name_width = 26, 132
    height = TOP + row_height * len(rows) + 20
    low, high = axis_of([end for values in rows.values() for end in _reach(values)])
    x = Scale(low, high, name_width, WIDTH - 10)
    grid = "".join(
        f'<line class="grid" x1="{x(t)}" x2="{x(t)}" y1="{TOP - 6}" y2="{height - 20}"/>'
        f'<text class="tick" x="{x(t)}" y="{height - 6}" text-anchor="middle">{t:g}</text>'
        for t in ticks(low, high, 5)
    )
    body = "".join(
        _interval_row(name, values, x, TOP + row_height * (index + 0.5))
        for index, (name, values) in enumerate(rows.items())
    )
    return _svg(label, grid + body, height=height).replace("<svg", '<svg class="intervals"', 1)


def _interval_row(name: str, values: Mapping[str, Interval], x: Scale, y: float) -> str:
    dots = "".join(_dot(index, model, value, x, y) for index, (model, value) in enumerate(values.items()) if value.rows)
    return f'<text class="name" x="0" y="{y + 4}">{escape(_cut(leaf_label(name), 20))}</text>{dots}'


def _dot(index: int, model: str, value: Interval, x: Scale, y: float) -> str:
    low, high = max(x.low, value.mean - value.standard_error), min(x.high, value.mean + value.standard_error)
    tip = f"{model}: {value.mean:.3f} ± {value.standard_error:.3f} (n = {value.rows})"
    return (
        f'<g class="dot c{index % COLOURS}"><title>{escape(tip)}</title>'
        f'<line class="bar" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>'
        f'<circle cx="{x(value.mean)}" cy="{y}" r="5"/></g>'
    )


def _bars(
    values: Mapping[str, Interval], models: Sequence[str], left: float, room: float, y: Scale, *, labelled: bool = False
) -> str:
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
    bar = _bar(left + 1, wide - 2, y, value.mean, f"c{index % COLOURS}", told)
    number = f'<text x="{middle}" y="{y(high) - 5}" text-anchor="middle">{value.mean:.3g}</text>' if labelled else ""
    return f'{bar}<line class="whisker" x1="{middle}" x2="{middle}" y1="{y(low)}" y2="{y(high)}"/>{number}'


def _bar(left: float, wide: float, y: Scale, value: float, colour: str, told: str) -> str:
    zero = y(max(y.low, 0.0))
    top, floor = sorted((y(value), zero))
    return (
        f'<rect class="fill {colour}" x="{left:.1f}" y="{top}" width="{max(wide, 0.5):.1f}" height="{floor - top:.1f}">'
        f"<title>{escape(told)}</title></rect>"
    )


def _square(count: int, of: int, row: str, column: str, left: float, top: float) -> str:
    share = count / of if of else 0.0
    kind = "right" if row == column else "wrong"
    number = f'<text x="{left + 15}" y="{top + 19}" text-anchor="middle">{count}</text>' if count else ""
    return (
        f'<rect class="square {kind}" x="{left}" y="{top}" width="29" height="29" fill-opacity="{share * 0.85:.3f}">'
        f"<title>{escape(_cut(row, 60))} → {escape(_cut(column, 60))}: {count} of {of}</title></rect>{number}"
    )


def _legend(names: Iterable[str], top: float, width: float = WIDTH) -> str:
    keys = []
    for index, name in enumerate(names):
        row, column = divmod(index, max(int(width // 150), 1))
        x, y = LEFT + 140 * column, top + 18 * row
        keys.append(
            f'<rect class="fill c{index % COLOURS}" x="{x}" y="{y}" width="10" height="10"/>'
            f'<text class="tick" x="{x + 15}" y="{y + 9}">{escape(_cut(name, 20))}</text>'
        )
    return "".join(keys)


def _legend_height(names: Iterable[str], width: float = WIDTH) -> float:
    return 12 + 18 * math.ceil(len(list(names)) / max(int(width // 150), 1))


def _name(name: str, x: float, y: float, room: float) -> str:
    fitting = escape(_cut(name, max(int(room / 6), 3)))
    return f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{fitting}</text>'


def _slanted(name: str, x: float, y: float) -> str:
    """The end of a long path, since that is what tells it from others."""
    shown = name if len(name) <= SLANTED_CHARS else f"…{name[1 - SLANTED_CHARS :]}"
    turned = f"translate({x:.1f},{y}) rotate(-30)"
    return f'<text class="tick" transform="{turned}" text-anchor="end">{escape(shown)}</text>'


def _axes(x: Scale, y: Scale, x_label: str, area: Area | None = None) -> str:
    area = area or Area()
    return _horizontal(y, area) + _vertical(x, area.bottom + 16) + _axis_name(x_label, area)


def _horizontal(y: Scale, area: Area) -> str:
    return "".join(
        f'<line class="grid" x1="{area.left}" x2="{area.right}" y1="{y(t)}" y2="{y(t)}"/>'
        f'<text class="tick" x="{area.left - 6}" y="{y(t) + 4}" text-anchor="end">{t:g}</text>'
        for t in ticks(y.low, y.high)
    )


def _vertical(x: Scale, y: float) -> str:
    return "".join(
        f'<text class="tick" x="{x(t)}" y="{y}" text-anchor="middle">{t:g}</text>' for t in ticks(x.low, x.high, 6)
    )


def _axis_name(name: str, area: Area) -> str:
    return f'<text class="tick" x="{area.right}" y="{area.bottom + 30}" text-anchor="end">{escape(name)}</text>'


def _direction(gain: float) -> str:
    return "better" if gain > 1e-9 else "worse" if gain < -1e-9 else "same"


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: max(chars - 1, 1)]}…"


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


def _storable(text: str) -> str:
    """`text` as a file can hold it and XML allows it; a model can write lone surrogates and control characters."""
    plain = text.encode("utf-8", "replace").decode("utf-8")
    return (
        "".join(char if char >= " " or char in "\t\n\r" else "�" for char in plain).replace("￾", "�").replace("￿", "�")
    )


def _table_cell(value: object) -> str:
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{escape(shown)}</td>"


def _step(low: float, high: float, count: int) -> float:
    """The round step that divides the range into about `count`."""
    raw = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next((factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw), 10 * magnitude)


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin

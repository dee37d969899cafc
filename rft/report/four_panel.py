"""Four views of one metric in one drawing: means, distributions, the mean of each item, and every value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html import escape
from itertools import pairwise
from statistics import fmean

from rft.report.charts import Interval, axis_of_bars, bars_with_intervals, binned
from rft.report.drawing import (
    HEIGHT,
    LEFT,
    RIGHT,
    WIDTH,
    Area,
    Point,
    Scale,
    axes,
    axis_name,
    axis_of,
    colour_of,
    fitted_name,
    legend,
    legend_height,
    polyline,
    stride,
    svg,
    y_axis,
)


def four_panel(
    values: Mapping[str, Mapping[str, Sequence[float]]], means: Mapping[str, Interval], *, label: str
) -> str:
    """Four views of model -> item -> values: means, distributions, each item's mean in order, and all values."""
    width, panel = 2 * WIDTH, HEIGHT + 26
    every = {model: [value for found in items.values() for value in found] for model, items in values.items()}
    low, high = axis_of([value for found in every.values() for value in found])
    drawings: list[tuple[str, Callable[[Area], str]]] = [
        ("Mean, with its 95 % interval", lambda area: _means(means, area)),
        ("Distribution of all values", lambda area: _distribution(every, area)),
        (
            "Mean of each item, in order",
            lambda area: _sorted_means(values, Scale(low, high, area.bottom, area.top), area),
        ),
        ("All values", lambda area: _all_values(values, Scale(low, high, area.bottom, area.top), area)),
    ]
    body = []
    for index, (title, draw) in enumerate(drawings):
        left, top = (index % 2) * WIDTH, (index // 2) * panel
        area = Area(left + LEFT, top + 34, left + WIDTH - RIGHT, top + panel - 30)
        body.append(f'<text class="title" x="{left + LEFT}" y="{top + 20}">{escape(title)}</text>{draw(area)}')
    drawn = "".join(body) + legend(values, 2 * panel + 6, width)
    return svg(label, drawn, width=width, height=2 * panel + legend_height(values, width))


def _means(means: Mapping[str, Interval], area: Area) -> str:
    y = Scale(*axis_of_bars([means]), area.bottom, area.top)
    return y_axis(y, area) + bars_with_intervals(
        means, list(means), area.left, area.right - area.left, y, labelled=True
    )


def _distribution(every: Mapping[str, Sequence[float]], area: Area) -> str:
    counts, edges = binned(every)
    x = Scale(edges[0], edges[-1], area.left, area.right)
    most = max((count / max(sum(found), 1) for found in counts.values() for count in found), default=1.0)
    y = Scale(0, axis_of([most, 0.0])[1] if most > 0.5 else most * 1.1 or 1.0, area.bottom, area.top)
    lines = []
    for index, found in enumerate(counts.values()):
        heights = [count / max(sum(found), 1) for count in found]
        steps = [
            Point(edge, high) for (one, two), high in zip(pairwise(edges), heights, strict=True) for edge in (one, two)
        ]
        lines.append(polyline(steps, x, y, f"line {colour_of(index)}"))
    return axes(x, y, "value", area) + "".join(lines)


def _sorted_means(values: Mapping[str, Mapping[str, Sequence[float]]], y: Scale, area: Area) -> str:
    count = max(map(len, values.values()))
    x = Scale(0, max(count - 1, 1), area.left + 4, area.right - 4)
    lines = []
    for index, items in enumerate(values.values()):
        means = sorted(fmean(found) for found in items.values())
        points = [Point(place, mean) for place, mean in enumerate(means)]
        lines.append(polyline(points, x, y, f"line {colour_of(index)}"))
    name = f"{count:,} items, each model in its own order"
    return y_axis(y, area) + "".join(lines) + axis_name(name, area)


def _all_values(values: Mapping[str, Mapping[str, Sequence[float]]], y: Scale, area: Area) -> str:
    pitch = (area.right - area.left) / max(len(values), 1)
    dots = []
    for index, (model, items) in enumerate(values.items()):
        found = [value for repeats in items.values() for value in repeats]
        for place, value in enumerate(found[:: stride(len(found))]):
            spread = 0.15 + 0.7 * (place * 0.618034 % 1)  # the same every time
            across = area.left + pitch * (index + spread)
            dots.append(f'<circle class="fill {colour_of(index)}" cx="{across:.1f}" cy="{y(value)}" r="2.2"/>')
        dots.append(fitted_name(model, area.left + pitch * (index + 0.5), area.bottom + 16, pitch))
    return f'{y_axis(y, area)}<g class="many">{"".join(dots)}</g>'

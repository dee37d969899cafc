"""Line and interval charts as inline SVG: no script, no font, no file beside the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 460, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 34
MOST_POINTS = 500  # more than the pixels between the axes; the page stays small however long a training was


class Point(NamedTuple):
    """One measurement of a curve."""

    x: float
    y: float


class Interval(NamedTuple):
    """A mean with its standard error, and the number of rows it was taken over."""

    mean: float
    standard_error: float
    rows: int


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
    raw = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(index * step, 10) for index in range(first, last + 1)]


def line_chart(
    title: str, points: Sequence[Point], *, x_label: str, window: int = 0, y_range: tuple[float, float] | None = None
) -> str:
    """Draw raw points, and where `window` is given a moving mean over them, as one `<figure>`; of very many points
    every so many are drawn."""
    if not points:
        return f'<figure class="chart empty"><figcaption>{escape(title)}</figcaption><p>No values.</p></figure>'
    low, high = y_range or _padded(min(p.y for p in points), max(p.y for p in points))
    x = Scale(min(p.x for p in points), max(p.x for p in points), LEFT, WIDTH - RIGHT)
    y = Scale(low, high, HEIGHT - BOTTOM, TOP)
    every = math.ceil(len(points) / MOST_POINTS)
    dots = "".join(
        f'<circle cx="{x(p.x)}" cy="{y(p.y)}" r="2.4"><title>{escape(x_label)} {p.x:g}: {p.y:.4g}</title></circle>'
        for p in points[::every]
    )
    line = (moving_mean(points, window) if window else list(points))[::every]
    path = " ".join(f"{x(p.x)},{y(p.y)}" for p in line)
    raw = "each step" if every == 1 else f"one step of {every}"
    legend = f'<span class="key raw">{raw}</span><span class="key mean">mean of {window}</span>' if window else ""
    return (
        f'<figure class="chart"><figcaption>{escape(title)} {legend}</figcaption>'
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f'{_axes(x, y, x_label)}<g class="raw">{dots}</g><polyline class="mean" points="{path}"/></svg></figure>'
    )


def interval_chart(rows: Mapping[str, Mapping[str, Interval]], *, label: str) -> str:
    """Draw one line per metric on a scale from 0 to 1, with a dot and a bar of one standard error for each model."""
    row_height, name_width = 26, 132
    height = TOP + row_height * len(rows) + 20
    x = Scale(0.0, 1.0, name_width, WIDTH - 10)
    grid = "".join(
        f'<line class="grid" x1="{x(t)}" x2="{x(t)}" y1="{TOP - 6}" y2="{height - 20}"/>'
        f'<text class="tick" x="{x(t)}" y="{height - 6}" text-anchor="middle">{t:g}</text>'
        for t in (0.0, 0.25, 0.5, 0.75, 1.0)
    )
    body = "".join(
        _interval_row(name, values, x, TOP + row_height * (index + 0.5))
        for index, (name, values) in enumerate(rows.items())
    )
    return (
        f'<svg class="intervals" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(label, quote=True)}">'
        f"{grid}{body}</svg>"
    )


def leaf_label(metric: str) -> str:
    """The last part of a metric's path, indented by its depth.

    >>> leaf_label("content/plan/sequence")
    '\u2003\u2003sequence'
    """
    *above, leaf = metric.split("/")
    return "\u2003" * len(above) + leaf


def _interval_row(name: str, values: Mapping[str, Interval], x: Scale, y: float) -> str:
    dots = "".join(_dot(model, value, x, y) for model, value in values.items() if value.rows)
    return f'<text class="name" x="0" y="{y + 4}">{escape(leaf_label(name))}</text>{dots}'


def _dot(model: str, value: Interval, x: Scale, y: float) -> str:
    low, high = max(0.0, value.mean - value.standard_error), min(1.0, value.mean + value.standard_error)
    tip = f"{model}: {value.mean:.3f} ± {value.standard_error:.3f} (n = {value.rows})"
    return (
        f'<g class="dot {escape(model.lower(), quote=True)}"><title>{escape(tip)}</title>'
        f'<line class="bar" x1="{x(low)}" x2="{x(high)}" y1="{y}" y2="{y}"/>'
        f'<circle cx="{x(value.mean)}" cy="{y}" r="5"/></g>'
    )


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin


def _axes(x: Scale, y: Scale, x_label: str) -> str:
    horizontal = "".join(
        f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(t)}" y2="{y(t)}"/>'
        f'<text class="tick" x="{LEFT - 6}" y="{y(t) + 4}" text-anchor="end">{t:g}</text>'
        for t in ticks(y.low, y.high)
    )
    vertical = "".join(
        f'<text class="tick" x="{x(t)}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{t:g}</text>'
        for t in ticks(x.low, x.high, 6)
    )
    name = f'<text class="tick" x="{WIDTH - RIGHT}" y="{HEIGHT - 4}" text-anchor="end">{escape(x_label)}</text>'
    return horizontal + vertical + name

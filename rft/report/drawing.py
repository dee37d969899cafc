"""What charts are drawn with, as SVG text: scales and axes, lines and bars, legends and names."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT = 460, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 14, 34
MOST_POINTS = 500  # more than the pixels between the axes; the page stays small however long a training was
SLANT, SLANTED_CHARS = 40, 18  # room below bars for names that are turned, and how long those may be
LEAST = 0.75  # of its width to which a figure shrinks; below, its text of 11 pixels cannot be read, so it scrolls
COLOURS = 8  # classes c0 to c7 of charts.css


class Point(NamedTuple):
    """One measurement of a curve."""

    x: float
    y: float


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


def stride(count: int, most: int = MOST_POINTS) -> int:
    """Every how many of `count` things are drawn, so that there are at most `most`.

    >>> stride(500), stride(501), stride(0)
    (1, 2, 1)
    """
    return max(math.ceil(count / most), 1)


def colour_of(series: int) -> str:
    """The class of a series by its place; a ninth begins again.

    >>> colour_of(0), colour_of(8)
    ('c0', 'c0')
    """
    return f"c{series % COLOURS}"


def scales(points: Sequence[Point], area: Area) -> tuple[Scale, Scale]:
    """Scales that hold `points` in `area`, the vertical one with a margin."""
    x = Scale(min(p.x for p in points), max(p.x for p in points), area.left, area.right)
    return x, Scale(*_padded(min(p.y for p in points), max(p.y for p in points)), area.bottom, area.top)


def svg(label: str, body: str, *, width: float = WIDTH, height: float = HEIGHT) -> str:
    """A whole drawing; `label` is what a screen reader says of it."""
    size = f' style="max-width:{1.15 * width:g}px;--least:{LEAST * width:g}px"'
    name = escape(label, quote=True)
    return f'<svg viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{name}"{size}>{body}</svg>'


def axes(x: Scale, y: Scale, x_label: str, area: Area | None = None) -> str:
    """Both axes of `area`, with the name of the horizontal one."""
    area = area or Area()
    return y_axis(y, area) + x_axis(x, area.bottom + 16) + axis_name(x_label, area)


def y_axis(y: Scale, area: Area) -> str:
    """The lines of the grid, each with its number on the left."""
    return "".join(
        f'<line class="grid" x1="{area.left}" x2="{area.right}" y1="{y(t)}" y2="{y(t)}"/>'
        f'<text class="tick" x="{area.left - 6}" y="{y(t) + 4}" text-anchor="end">{t:g}</text>'
        for t in ticks(y.low, y.high)
    )


def x_axis(x: Scale, y: float) -> str:
    """The numbers below a panel, at height `y`."""
    return "".join(
        f'<text class="tick" x="{x(t)}" y="{y}" text-anchor="middle">{t:g}</text>' for t in ticks(x.low, x.high, 6)
    )


def axis_name(name: str, area: Area) -> str:
    """The name of the horizontal axis, below its right end."""
    return f'<text class="tick" x="{area.right}" y="{area.bottom + 30}" text-anchor="end">{escape(name)}</text>'


def polyline(points: Sequence[Point], x: Scale, y: Scale, classes: str) -> str:
    """One line through `points`; of very many, through every so many."""
    path = " ".join(f"{x(p.x)},{y(p.y)}" for p in points[:: stride(len(points))])
    return f'<polyline class="{classes}" points="{path}"/>'


def bar(left: float, wide: float, y: Scale, value: float, colour: str, told: str) -> str:
    """A bar from 0, or from the end of the axis next to it, to `value`; who points at it reads `told`."""
    zero = y(max(y.low, 0.0))
    top, floor = sorted((y(value), zero))
    return (
        f'<rect class="fill {colour}" x="{left:.1f}" y="{top}" width="{max(wide, 0.5):.1f}" height="{floor - top:.1f}">'
        f"<title>{escape(told)}</title></rect>"
    )


def legend(names: Iterable[str], top: float, width: float = WIDTH) -> str:
    """A key of each series in its colour, in rows from `top` down."""
    keys = []
    for index, name in enumerate(names):
        row, column = divmod(index, max(int(width // 150), 1))
        x, y = LEFT + 140 * column, top + 18 * row
        keys.append(
            f'<rect class="fill {colour_of(index)}" x="{x}" y="{y}" width="10" height="10"/>'
            f'<text class="tick" x="{x + 15}" y="{y + 9}">{escape(cut(name, 20))}</text>'
        )
    return "".join(keys)


def legend_height(names: Iterable[str], width: float = WIDTH) -> float:
    """The room that `legend` needs below a drawing."""
    return 12 + 18 * math.ceil(len(list(names)) / max(int(width // 150), 1))


def fitted_name(name: str, x: float, y: float, room: float) -> str:
    """A name in the middle of `x`, cut to the `room` that it has."""
    fitting = escape(cut(name, max(int(room / 6), 3)))
    return f'<text class="tick" x="{x:.1f}" y="{y}" text-anchor="middle">{fitting}</text>'


def slanted_name(name: str, x: float, y: float) -> str:
    """The end of a long path, since that is what tells it from others."""
    shown = name if len(name) <= SLANTED_CHARS else f"…{name[1 - SLANTED_CHARS :]}"
    turned = f"translate({x:.1f},{y}) rotate(-30)"
    return f'<text class="tick" transform="{turned}" text-anchor="end">{escape(shown)}</text>'


def cut(text: str, chars: int) -> str:
    """The beginning of a text that is too long.

    >>> cut("completion", 5)
    'comp…'
    """
    return text if len(text) <= chars else f"{text[: max(chars - 1, 1)]}…"


def _step(low: float, high: float, count: int) -> float:
    """The round step that divides the range into about `count`."""
    raw = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(raw))
    return next((factor * magnitude for factor in (1, 2, 5, 10) if factor * magnitude >= raw), 10 * magnitude)


def _padded(low: float, high: float) -> tuple[float, float]:
    margin = (high - low) * 0.08 or abs(high) * 0.1 or 1.0
    return low - margin, high + margin

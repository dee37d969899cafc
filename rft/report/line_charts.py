"""Curves of trainings: the raw line faint, a smoothed one over it, several runs in one figure.

Without a script the page shows the smoothing that was drawn; with `curves.js` a slider changes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final

from rft.report.drawing import Area, Point, axes, colour_of, polyline, scales, stride, svg

SMOOTHING: Final = 0.6  # where the slider stands at first; one step's completions are too few to read a trend from
OWN: Final = 2  # the colour of the page's own run
OTHERS: Final = (1, 3, 4, 5, 6, 7, 0)
MOST_DOTS: Final = 2  # values of a curve that no line shows


def line_chart(
    title: str,
    points: Sequence[Point],
    *,
    x_label: str,
    name: str = "",
    beside: Mapping[str, Sequence[Point]] | None = None,
) -> str:
    """One `<figure>` with the curve of the page's run, called `name` where others lie `beside` it. What was measured is
    the faint line, with its values as tips; of very many points every so many are drawn."""
    others = {other: found for other, found in (beside or {}).items() if found}
    shown = {other: found[:: stride(len(found))] for other, found in {name: points, **others}.items() if found}
    if not shown:
        return f'<figure class="chart empty"><figcaption>{escape(title)}</figcaption><p>No values.</p></figure>'
    x, y = scales([point for found in shown.values() for point in found], Area())
    colours = {other: _colour(place) for place, other in enumerate(shown)}
    drawn = [axes(x, y, x_label)]
    for other, found in shown.items():
        whose = f"{other}: " if others else ""
        tips = "".join(_tip(x(p.x), y(p.y), f"{whose}{x_label} {p.x:g}: {p.y:.4g}") for p in found)
        few = " few" if len(found) <= MOST_DOTS else ""
        drawn.append(polyline(found, x, y, f"line raw-line {colours[other]}"))
        drawn.append(polyline(smoothed(found, SMOOTHING), x, y, f"line smooth {colours[other]}"))
        drawn.append(f'<g class="raw{few}">{tips}</g>')
    every = stride(max(map(len, (points, *others.values()))))
    keys = "".join(f'<span class="key {colours[other]}">{escape(other)}</span>' for other in shown if others)
    keys += f'<span class="key raw">one step of {every}</span>' if every > 1 else ""
    return f'<figure class="chart"><figcaption>{escape(title)} {keys}</figcaption>{svg(title, "".join(drawn))}</figure>'


def _tip(x: float, y: float, told: str) -> str:
    return f'<circle cx="{x}" cy="{y}" r="2.4"><title>{escape(told)}</title></circle>'


def smoothed(points: Sequence[Point], weight: float) -> list[Point]:
    """The exponential moving mean of the values, `weight` in [0, 1) being that of the past, without the pull towards 0
    at the start. Source: TensorBoard's smoothing of scalars (tensorboard 2.18, line-chart, `resmoothDataset`).

    >>> smoothed([Point(1, 0.0), Point(2, 1.0)], 0.5)
    [Point(x=1, y=0.0), Point(x=2, y=0.6666666666666666)]
    """
    found, past, share = [], 0.0, 1.0
    for point in points:
        past = past * weight + (1 - weight) * point.y
        share *= weight
        found.append(Point(point.x, past / (1 - share)))
    return found


def _colour(place: int) -> str:
    """The page's run keeps its colour; others take those that are left, the grey one last."""
    return colour_of(OWN if place == 0 else OTHERS[(place - 1) % len(OTHERS)])

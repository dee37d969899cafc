"""Charts: what is drawn is what was measured."""

from __future__ import annotations

import re
from itertools import pairwise
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from rft.report.charts import Interval, binned, interval_chart
from rft.report.drawing import Point
from rft.report.line_charts import line_chart, smoothed

values = st.floats(-1e6, 1e6, allow_nan=False)
curves = st.lists(st.tuples(st.integers(0, 10_000), values), min_size=1, max_size=60, unique_by=lambda p: p[0]).map(
    lambda pairs: [Point(x, y) for x, y in sorted(pairs)]
)


@given(curves, st.floats(0, 0.99))
def test_a_smoothed_curve_has_a_value_per_point_within_their_range(curve: list[Point], weight: float) -> None:
    means = smoothed(curve, weight)
    low, high = min(p.y for p in curve), max(p.y for p in curve)
    slack = 1e-9 * max(abs(low), abs(high), 1)
    assert [p.x for p in means] == [p.x for p in curve]
    assert all(low - slack <= p.y <= high + slack for p in means)
    assert smoothed(curve, 0) == curve


@given(curves, curves)
def test_runs_beside_each_other_are_on_one_scale_each_with_its_raw_and_its_smooth_line(
    own: list[Point], other: list[Point]
) -> None:
    drawn = line_chart("Loss", own, x_label="step", name="mine", beside={"<b>": other, "none": []})
    figure = ElementTree.fromstring(drawn)
    classes = [line.get("class", "").split() for line in figure.findall(".//polyline")]
    assert [one[1] for one in classes] == ["raw-line", "smooth"] * 2
    assert len({one[2] for one in classes}) == 2
    assert [key.text for key in figure.findall(".//span")] == ["mine", "<b>"]
    assert len(figure.findall(".//circle")) == len(own) + len(other)


@given(curves)
def test_a_line_chart_is_well_formed_and_has_a_dot_for_every_value(curve: list[Point]) -> None:
    figure = ElementTree.fromstring(line_chart("Loss & more", curve, x_label="step"))
    assert len(figure.findall(".//circle")) == len(curve)


def test_an_empty_curve_says_so() -> None:
    assert "No values" in line_chart("Loss", [], x_label="step")


def test_an_interval_never_leaves_the_scale() -> None:
    svg = interval_chart({"score": {"RFT": Interval(0.99, 0.05, 12)}}, label="scores")
    bar = re.search(r'class="bar" x1="([\d.]+)" x2="([\d.]+)"', svg)
    edge = re.search(r'x="([\d.]+)" y="\d+" text-anchor="middle">1<', svg)
    assert bar
    assert edge
    assert float(bar.group(2)) <= float(edge.group(1))
    assert "n = 12" in svg


def test_a_count_is_drawn_on_a_scale_of_its_own_beside_the_scores() -> None:
    boxes = {"before": Interval(91.47, 1.2, 100), "after": Interval(7.04, 0.3, 100)}
    drawn = interval_chart({"score": {"before": Interval(0.4, 0.1, 9)}, "boxes": boxes}, label="boxes")
    scores, counts = drawn.split("</svg>")[:2]
    assert ">1</text>" in scores
    assert ">100</text>" in counts
    places = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', counts)]
    assert all(132 <= place <= 450 for place in places)
    assert places[0] > places[1]


@given(st.lists(st.floats(-1e6, 1e6) | st.integers(-200, 200), min_size=1), st.integers(1, 40))
def test_every_value_is_in_one_bin(values: list[float], bins: int) -> None:
    counts, edges = binned({"m": values}, bins)
    assert sum(counts["m"]) == len(values)
    assert len(edges) == len(counts["m"]) + 1 <= bins + 2


@given(st.lists(st.integers(-200, 200), min_size=1).filter(lambda values: max(values) > 1), st.integers(1, 40))
def test_each_range_of_whole_numbers_holds_equally_many(values: list[float], bins: int) -> None:
    every, edges = binned({"m": [float(value) for value in values], "all": [*range(-200, 201)]}, bins)
    holds = [sum(low <= number < high for number in range(-500, 800)) for low, high in pairwise(edges)]
    assert len(set(holds)) == 1
    assert every["m"] == [sum(low <= value < high for value in values) for low, high in pairwise(edges)]

"""Four views of one metric: nothing that was measured is left out."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from rft.report.charts import Interval
from rft.report.four_panel import four_panel

several = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4)
models = st.integers(1, 12).flatmap(
    lambda items: st.lists(st.lists(several, min_size=items, max_size=items), min_size=1, max_size=10)
)


@given(models)
def test_every_value_is_a_dot_and_every_item_a_point_of_its_model(measured: list[list[list[float]]]) -> None:
    values = {f"m{n}": {f"i{place}": found for place, found in enumerate(items)} for n, items in enumerate(measured)}
    drawn = ElementTree.fromstring(four_panel(values, {name: Interval(0.5, 0.1, 9) for name in values}, label="four"))
    assert len(drawn.findall(".//circle")) == sum(len(found) for items in measured for found in items)
    lines = [line.attrib["points"].split() for line in drawn.iter("polyline")]
    assert [len(points) for points in lines[len(values) :]] == [len(measured[0])] * len(values)
    assert len(drawn.findall(".//rect/title")) == len(values)  # the bars of the means

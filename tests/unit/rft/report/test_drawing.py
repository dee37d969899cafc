"""What charts are drawn with: scales and axes that hold what they are made of."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rft.report.drawing import Scale, axis_of, stride, ticks

values = st.floats(-1e6, 1e6, allow_nan=False)


@given(values, values)
def test_ticks_are_inside_the_range_and_few(low: float, high: float) -> None:
    found = ticks(low, high)
    assert len(found) <= 12
    if high > low:
        slack = (high - low) * 1e-6 + 1e-9
        assert all(low - slack <= t <= high + slack for t in found)


def test_a_range_without_width_is_drawn_in_the_middle() -> None:
    assert Scale(2.0, 2.0, 0, 100)(2.0) == 50


@given(st.lists(values, min_size=1))
def test_an_axis_holds_its_values_and_a_score_or_count_begins_at_0(found: list[float]) -> None:
    low, high = axis_of(found)
    slack = 1e-9 * max(abs(low), abs(high))
    assert low < high
    assert all(low - slack <= value <= high + slack for value in found)
    if min(found) >= 0:
        assert low == 0
        assert max(found) <= 1 or high < 2.6 * max(found)  # the widest step is 2.5 times the raw one


@given(st.integers(0, 10_000), st.integers(1, 1_000))
def test_at_most_so_many_are_drawn_and_all_where_that_is_enough(count: int, most: int) -> None:
    drawn = range(count)[:: stride(count, most)]
    assert len(drawn) <= most
    assert (len(drawn) == count) == (count <= most)
    assert len(drawn) > most / 2 - 1 or count <= most  # a stride of 2 halves

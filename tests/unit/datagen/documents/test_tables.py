"""Tables as text: every value stands beside the name of its column, also where the header has two rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.tables import lines_of

WORDS = st.text("abcxyz", min_size=1, max_size=5)


@given(st.lists(WORDS, min_size=1, max_size=3, unique=True), st.integers(2, 4), st.integers(1, 4))
def test_a_value_names_both_rows_of_its_header(groups, columns, rows):
    upper = ["item", *(name for group in groups for name in [f"G{group}", *[""] * (columns - 1)])]
    lower = ["", *(f"c{at}" for _ in groups for at in "abcd"[:columns])]
    data = [[f"row{row}", *(str(10 * row + at) for at in range(len(lower) - 1))] for row in range(rows)]
    wanted = [f"G{group} c{at}" for group in groups for at in "abcd"[:columns]]
    for line, values in zip(lines_of([upper, lower, *data], has_header=True), data, strict=True):
        assert line == "; ".join(f"{name}: {value}" for name, value in zip(["item", *wanted], values, strict=True))


NO_HEADER = {
    "a column without a name": [["item", "fee", ""], ["Pump", "10", "old"], ["Valve", "4", "new"]],
    "notes of words alone": [["item", "kind", ""], ["Pump", "steel", "old"], ["Valve", "brass", "new"]],
    "numbers in the second row": [["item", "2024", ""], ["Pump", "10", "7"], ["Valve", "4", "3"]],
    "one row of data": [["item", "fee", ""], ["Pump", "steel", "old"]],
}


@pytest.mark.parametrize("name", NO_HEADER)
def test_a_row_of_data_is_never_a_part_of_the_header(name):
    head, *rows = NO_HEADER[name]
    lines = list(lines_of([head, *rows], has_header=True))[-len(rows) :]
    assert [line.split("; ")[0] for line in lines] == [f"item: {row[0]}" for row in rows]

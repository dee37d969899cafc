"""Tables that lines are drawn around or between are rows with their header; drawings are none, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.documents.layout import Glyph
from datagen.documents.ruled import Inked, with_tables
from datagen.documents.strokes import Rule

WIDE, HIGH, TOP = 120.0, 20.0, 700.0
ROWS = [["Rule", "Limit", "Unit"], ["AC-1", "3", "day"], ["AC-2", "4", "week"]]
BOLD, PLAIN = b"F-Bold", b"F"


def word(text: str, left: float, bottom: float, font: bytes = PLAIN) -> list[Inked | None]:
    boxes = ((left + 5 * at, bottom, left + 5 * at + 5, bottom + 9) for at in range(len(text)))
    drawn = (Inked(Glyph(char, *box), font, 0) for char, box in zip(text, boxes, strict=True))
    return [*drawn, None]


def written(rows: Sequence[Sequence[str]], top: float = TOP, bold: bool = False) -> list[Inked | None]:
    """Each cell's text at its place."""
    return [
        glyph
        for down, row in enumerate(rows)
        for across, text in enumerate(row)
        for glyph in word(text, 55 + WIDE * across, top - HIGH * (down + 1) + 5, BOLD if bold and not down else PLAIN)
    ]


def grid(height: int, width: int, top: float = TOP) -> list[Rule]:
    """The edges of each cell, drawn cell by cell as many programs do."""
    xs = [50 + WIDE * column for column in range(width + 1)]
    ys = [top - HIGH * row for row in range(height + 1)]
    level = [Rule(left, y, right, y) for y in ys for left, right in pairwise(xs)]
    return level + [Rule(x, bottom, x, high) for x in xs for high, bottom in pairwise(ys)]


def lines(inked: Sequence[Inked | None], rules: Sequence[Rule]) -> list[str]:
    return [run.text for run in with_tables(inked, rules, None)[0]]


def test_a_row_is_a_line_with_the_names_of_its_columns():
    assert lines(written(ROWS), grid(3, 3)) == [
        "Rule: AC-1; Limit: 3; Unit: day",
        "Rule: AC-2; Limit: 4; Unit: week",
    ]


def test_level_lines_alone_divide_a_printed_table():
    level = [Rule(50, y, 400, y) for y in (TOP, TOP - HIGH, TOP - 3 * HIGH)]
    assert lines(written(ROWS), level) == lines(written(ROWS), grid(3, 3))


def test_a_header_above_the_first_of_the_rules_under_each_row_is_the_header():
    level = [Rule(50, y, 400, y) for y in (TOP - HIGH, TOP - 2 * HIGH, TOP - 3 * HIGH)]
    assert lines(written(ROWS), level) == lines(written(ROWS), grid(3, 3))


def test_the_last_row_of_a_striped_table_is_its_row_without_a_fill():
    rows = [*ROWS, ["AC-3", "5", "day"]]
    fills = [Rule(50, y, 400, y) for y in (TOP, TOP - HIGH, TOP - 2 * HIGH, TOP - 3 * HIGH)]
    assert lines(written(rows), fills) == lines(written(rows), grid(4, 3))


def test_a_sentence_beside_the_rules_of_a_table_stays_a_sentence():
    level = [Rule(50, y, 400, y) for y in (TOP, TOP - HIGH, TOP - 2 * HIGH, TOP - 3 * HIGH)]
    prose = "a sentence about these limits which goes on from one side to the other"
    text = [*word(prose, 50, TOP + 5), *written(ROWS), *word(prose, 50, TOP - 3 * HIGH - 14)]
    assert lines(text, level) == [prose, *lines(written(ROWS), grid(3, 3)), prose]


def test_words_name_words_only_in_a_font_of_their_own():
    rows = [["Name", "Meaning"], ["alpha", "first"], ["beta", "second"]]
    assert lines(written(rows), grid(3, 2)) == ["Name | Meaning", "alpha | first", "beta | second"]
    assert lines(written(rows, bold=True), grid(3, 2)) == ["Name: alpha; Meaning: first", "Name: beta; Meaning: second"]


def test_a_name_above_two_columns_is_part_of_both_names():
    rows = [["", "2025", ""], ["Region", "Q1", "Q2"], ["North", "1", "2"], ["South", "3", "4"]]
    opened = Rule(50 + 2 * WIDE, TOP - HIGH, 50 + 2 * WIDE, TOP)
    rules = [rule for rule in grid(4, 3) if rule != opened]
    assert lines(written(rows), rules)[0] == "Region: North; 2025 Q1: 1; 2025 Q2: 2"


def test_text_around_a_table_stays_where_it_is():
    text = [*word("before", 50, 720), *written(ROWS), *word("after", 50, 600)]
    assert lines(text, grid(3, 3)) == ["before", *lines(written(ROWS), grid(3, 3)), "after"]


def test_a_table_goes_on_under_its_header_on_the_next_page():
    _, first = with_tables(written(ROWS), grid(3, 3), None)
    more = [["AC-3", "5", "day"], ["AC-4", "6", "day"]]
    runs, _ = with_tables(written(more), grid(2, 3), first)
    assert [run.text for run in runs] == ["Rule: AC-3; Limit: 5; Unit: day", "Rule: AC-4; Limit: 6; Unit: day"]


def test_boxes_of_a_chart_and_a_frame_are_no_table():
    text = word("a chart", 60, TOP - 15)
    for rules in (grid(5, 5), grid(1, 1), [Rule(50, TOP, 400, TOP), Rule(50, TOP - 30, 400, TOP - 30)]):
        assert lines(text, rules) == ["a chart"]


CELLS = st.text("abcxyz0189", max_size=6)


@given(st.integers(1, 5), st.integers(1, 4), st.data())
@settings(max_examples=40)
def test_no_letter_is_lost_and_rows_stay_together(height, width, data):
    rows = data.draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=height, max_size=height))
    found = lines(written(rows), grid(height, width))
    for row in rows[1:]:
        held = [cell for cell in row if cell]
        if sum(map(bool, row)) > 1 and len(found) < sum(bool(cell) for line in rows for cell in line):
            assert any(all(cell in line for cell in held) for line in found), (row, found)
    assert all(any(cell in line for line in found) for row in rows for cell in row if cell)

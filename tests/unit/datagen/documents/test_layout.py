"""The order in which a page is read, whatever the order in which it was drawn."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.layout import Glyph, Run, in_reading_order, lined_up, repeated, runs_of, text_of

LEFT = [f"The left column has its line {number} here" for number in "abcdefgh"]
RIGHT = [f"and on the right there is line {number} too" for number in "abcdefgh"]


def line(text, x, y, number, size=10):
    return Run(text, x, y, x + len(text) * size / 2, y + size, number)


def column(texts, x, start=0, top=700):
    return [line(text, x, top - 14 * number, start + number) for number, text in enumerate(texts)]


def read(runs):
    return text_of(in_reading_order(runs)).split("\n")


@given(st.permutations(range(8)))
def test_columns_are_read_one_after_the_other_whatever_was_drawn_first(order):
    rows = list(zip(column(LEFT, 40), column(RIGHT, 300), strict=True))
    assert read([run for number in order for run in rows[number]]) == [*LEFT, *RIGHT]


def test_the_right_column_drawn_first_is_read_last():
    assert read([*column(RIGHT, 300), *column(LEFT, 40, 8)]) == [*LEFT, *RIGHT]


def test_a_heading_across_both_columns_divides_what_is_above_from_what_is_below():
    wide = "A heading that runs across the page from one side to the other " * 2
    above = [run for pair in zip(column(LEFT, 40), column(RIGHT, 300), strict=True) for run in pair]
    below = [run._replace(line=run.line + 50, top=run.top - 200, bottom=run.bottom - 200) for run in above]
    heading = line(wide.strip(), 40, 560, 99, size=8)
    assert read([*above, heading, *below]) == [*LEFT, *RIGHT, wide.strip(), *LEFT, *RIGHT]


def test_three_columns_are_three():
    columns = [
        [f"{name} column, its line number {number}" for number in range(6)] for name in ("First", "Second", "Third")
    ]
    rows = zip(*(column(texts, 40 + 200 * at) for at, texts in enumerate(columns)), strict=True)
    assert read([run for row in rows for run in row]) == [text for texts in columns for text in texts]


def test_the_rows_of_a_table_stay_rows():
    cells = [["Rule", "Limit", "Note"], ["AC-7", "3", "logons"], ["AC-11", "15", "minutes"], ["AC-12", "1", "hour"]]
    runs = [line(cell, 40 + 150 * x, 700 - 14 * y, y) for y, row in enumerate(cells) for x, cell in enumerate(row)]
    assert read(runs) == [" ".join(row) for row in cells]


def test_cells_of_several_lines_are_kept_as_they_were_drawn():
    cells = [
        column(LEFT[:3], 40, 0),
        column(RIGHT[:3], 300, 3),
        column(LEFT[3:6], 40, 6, 640),
        column(RIGHT[3:6], 300, 9, 640),
    ]
    assert read([run for cell in cells for run in cell]) == [*LEFT[:3], *RIGHT[:3], *LEFT[3:6], *RIGHT[3:6]]


@pytest.mark.parametrize("seed", range(5))
def test_lines_that_were_drawn_upwards_or_at_random_are_read_downwards(seed):
    runs = column(LEFT, 40)
    Random(seed).shuffle(runs)
    assert read(runs) == LEFT
    assert read(column(LEFT, 40)[::-1]) == LEFT


@given(
    st.lists(
        st.tuples(st.text("ab 規。", min_size=1, max_size=40), st.integers(0, 500), st.integers(0, 700)), max_size=30
    )
)
def test_no_run_is_lost_or_doubled(places):
    runs = [line(text, x, y, number) for number, (text, x, y) in enumerate(places)]
    assert sorted(run.text for run in in_reading_order(runs)) == sorted(text for text, _, _ in places) or any(
        len(text) == 1 for text, _, _ in places
    )
    assert sum(len(run.text) for run in in_reading_order(runs)) == sum(len(text) for text, _, _ in places)


VERTICAL = ["規則では、九十日", "見直します。次の", "段落はここから。"]


def downwards(text, x, size=20):
    return [Glyph(char, x, 360 - size * at, x + size, 380 - size * at) for at, char in enumerate(text)]


def test_vertical_writing_is_read_from_the_right():
    drawn = [downwards(text, x) for text, x in zip(VERTICAL, (350, 320, 290), strict=True)]
    for columns in (drawn, drawn[::-1]):
        glyphs = [glyph for letters in columns for glyph in (*letters, None)]
        assert read(runs_of(glyphs)) == VERTICAL


def test_vertical_writing_drawn_letter_by_letter_is_the_same():
    glyphs = [
        piece
        for text, x in zip(VERTICAL, (350, 320, 290), strict=True)
        for glyph in downwards(text, x)
        for piece in (glyph, None)
    ]
    assert read(runs_of(glyphs)) == VERTICAL


def test_a_list_of_single_letters_below_each_other_in_latin_is_not_joined():
    runs = [line(letter, 40, 700 - 14 * number, number) for number, letter in enumerate("abcd")]
    assert read(runs) == list("abcd")


def pages(count, header="Handbook of rules", footer="Page {} of 9"):
    made = []
    for number in range(count):
        body = [
            line(f"{Random(f'{number}/{at}').choice(LEFT + RIGHT)} {number * 7 + at}", 40, 700 - 14 * at, at + 1)
            for at in range(8)
        ]
        ends = [line(header.format(number + 1), 40, 780, 0), line(footer.format(number + 1), 40, 30, 99)]
        made.append([*ends, *body])
    return made


def test_headers_and_counted_footers_that_repeat_are_left_out_and_named():
    kept, named = repeated(pages(5))
    assert [len(page) for page in kept] == [8] * 5
    assert [(item.text, item.pages) for item in named] == [("Handbook of rules", 5), ("Page 1 of 9", 5)]
    assert named[0].characters == 5 * len("Handbook of rules")


def test_two_pages_with_the_same_line_are_no_header():
    made = pages(2)
    assert repeated(made) == (made, [])


def test_a_line_at_another_height_each_time_is_text():
    made = [
        [*page[:2], line("Note: see above", 40, 770 - 14 * number, 50), *page[2:]]
        for number, page in enumerate(pages(5))
    ]
    kept, _ = repeated(made)
    assert all("Note: see above" in [run.text for run in page] for page in kept)


def test_first_rows_of_numbers_are_no_page_numbers():
    made = pages(5, header="{}00 units", footer="x{}y")
    for number, page in enumerate(made):
        page[0] = page[0]._replace(text=f"{(number * 37) % 11}71 units")
    kept, _ = repeated(made)
    assert all(any(run.text.endswith("units") for run in page) for page in kept)


def test_runs_at_one_height_share_a_line():
    runs = [line("b", 200, 101, 0), line("a", 40, 100, 1), line("c", 40, 80, 2)]
    assert text_of(lined_up(runs)) == "a b\nc"

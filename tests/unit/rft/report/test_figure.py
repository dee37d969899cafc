"""A figure as files: any text of a model fits into them, and runs nothing there."""

from __future__ import annotations

import csv
import io
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from rft.report.figure import Figure

any_text = st.text() | st.text([*map(chr, range(32)), "\ufffe", "\uffff", *"=+-@\"',ab"])


def read(figure: Figure) -> list[list[str]]:
    return list(csv.reader(io.StringIO(figure.to_csv(), newline="")))


@given(any_text, any_text)
def test_a_drawing_is_well_formed_whatever_its_title_and_caption_say(title: str, caption: str) -> None:
    drawn = ElementTree.fromstring(Figure("name", title, caption, "<svg><g/></svg>").to_svg())
    assert [child.tag.rpartition("}")[2] for child in drawn] == ["title", "desc", "style", "g"]


@given(st.lists(any_text, min_size=1))
def test_no_cell_begins_as_a_formula_does_and_only_that_is_marked(cells: list[str]) -> None:
    figure = Figure("name", "", "", "<svg></svg>", ("cell", "place"), tuple((cell, -1) for cell in cells))
    found = [cell for cell, _ in read(figure)[1:]]
    marked = {"=", "+", "-", "@", "\t"}
    assert not any(cell[:1] in marked for cell in found)
    assert [cell[:1] == "'" for cell in found] == [cell[:1] in {*marked, "\r", "'"} for cell in cells]
    assert {place for _, place in read(figure)[1:]} == {"-1"}  # a number is no formula


def test_a_page_shows_the_first_hundred_rows_and_tells_how_many_more_there_are() -> None:
    shown = Figure("name", "", "", "<svg></svg>", ("n",), tuple((n,) for n in range(1_130))).to_html()
    assert shown.count("<td>") == 100
    assert "1,030 rows more are in name.csv" in shown

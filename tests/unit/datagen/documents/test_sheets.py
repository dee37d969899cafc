"""Workbooks: sheets by name, rows with their header, and no cell lost without a word."""

from __future__ import annotations

import datetime
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.documents.parse import parse

openpyxl = pytest.importorskip("openpyxl")


def save(path, **sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return book


def rewritten(path, change):
    """The file with each of its parts as `change(name, bytes)` returns it."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: change(name, archive.read(name)) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def text_of(path):
    (document,) = parse(path, path.name).documents
    return document.text


def test_each_sheet_is_named_and_each_row_has_its_header(tmp_path):
    save(
        tmp_path / "a.xlsx",
        Limits=[["Rules of 2026"], [], ["rule", "limit", "note"], ["AC-7", 3], ["AC-11", 15, "minutes"]],
        Empty=[],
        Owners=[["rule", "owner"], ["AC-7", "Security"]],
    )
    assert text_of(tmp_path / "a.xlsx").split("\n") == [
        "Sheet Limits",
        "Rules of 2026",
        "rule: AC-7; limit: 3",
        "rule: AC-11; limit: 15; note: minutes",
        "",
        "Sheet Owners",
        "rule: AC-7; owner: Security",
    ]


def test_values_are_what_a_person_sees(tmp_path):
    day, noon = datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, 12, 5)  # noqa: DTZ001 -- sheets know no zones
    book = save(tmp_path / "a.xlsx", A=[["day", "time", "whole", "share", "yes"], [day, noon, 2.0, 0.155, True]])
    book["A"]["D2"].number_format = "0.0%"
    book.save(tmp_path / "a.xlsx")
    assert text_of(tmp_path / "a.xlsx").split("\n")[1] == (
        "day: 2026-01-02; time: 2026-01-02 12:05:00; whole: 2; share: 15.5%; yes: TRUE"
    )


def test_a_sheet_with_a_column_of_texts_is_a_document_per_row(tmp_path):
    save(tmp_path / "a.xlsx", Texts=[["id", "text"], [1, "one"], [2], [3, "three"]], Other=[["a", "b"], [1, 2]])
    parsed = parse(tmp_path / "a.xlsx", "a")
    assert {document.path: document.text for document in parsed.documents} == {
        "a#Texts 1": "one",
        "a#Texts 3": "three",
        "a": "Sheet Other\na: 1; b: 2",
    }
    assert parsed.unreadable == [("a#Texts 2", "no text in it")]


def test_formulas_that_were_never_calculated_are_listed(tmp_path):
    save(tmp_path / "a.xlsx", Sums=[["a", "b"], [1, "=A2+1"], [2, "=A3+1"]])
    parsed = parse(tmp_path / "a.xlsx", "a")
    assert [document.text for document in parsed.documents] == ["Sheet Sums\na | b\na: 1\na: 2"]
    assert parsed.unreadable[0].path == "a#Sums"
    assert parsed.unreadable[0].reason.startswith("formulas without a value: 2 (B2, B3); open it in")


def test_a_formula_has_the_value_that_was_saved(tmp_path):
    save(tmp_path / "a.xlsx", Sums=[["a", "b"], [1, "=A2+1"]])
    rewritten(tmp_path / "a.xlsx", lambda _, data: data.replace(b"</f><v />", b"</f><v>2</v>"))
    assert parse(tmp_path / "a.xlsx", "a").unreadable == []
    assert text_of(tmp_path / "a.xlsx") == "Sheet Sums\na: 1; b: 2"


def test_a_range_that_is_written_too_small_hides_no_cell(tmp_path):
    save(tmp_path / "a.xlsx", A=[["a", "b"], [1, 2]])
    rewritten(tmp_path / "a.xlsx", lambda _, data: data.replace(b'ref="A1:B2"', b'ref="A1"'))
    assert text_of(tmp_path / "a.xlsx") == "Sheet A\na: 1; b: 2"


def test_strict_workbooks_are_read(tmp_path):
    save(tmp_path / "a.xlsx", A=[["a", "b"], [1, 2]])
    strict = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/": b"http://purl.oclc.org/ooxml/officeDocument/",
    }

    def change(name, data):
        for old, new in strict.items():
            data = data.replace(old, new)
        return data

    rewritten(tmp_path / "a.xlsx", change)
    assert text_of(tmp_path / "a.xlsx") == "Sheet A\na: 1; b: 2"


def test_hidden_sheets_are_read_too(tmp_path):
    book = save(tmp_path / "a.xlsx", A=[["a", "b"], [1, 2]], B=[["c", "d"], [3, 4]])
    book["B"].sheet_state = "hidden"
    book.save(tmp_path / "a.xlsx")
    assert "c: 3; d: 4" in text_of(tmp_path / "a.xlsx")


def test_a_workbook_that_is_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    save(tmp_path / "a.xlsx", A=[["a", "b"], [1, 2]])
    monkeypatch.setattr("datagen.documents.archives.MOST_BYTES", 1000)
    assert "unpacks to" in parse(tmp_path / "a.xlsx", "a").unreadable[0].reason


words = st.text("abcdefghij", min_size=1, max_size=6)


@settings(max_examples=25)  # each writes a workbook
@given(st.data(), st.lists(words, min_size=2, max_size=4, unique=True))
def test_every_value_stands_beside_its_column(tmp_path_factory, data, names):
    table = st.lists(st.lists(words | st.none(), min_size=len(names), max_size=len(names)), min_size=1, max_size=5)
    rows = [row for row in data.draw(table) if any(row)]
    path = tmp_path_factory.mktemp("sheet") / "a.xlsx"
    save(path, A=[[f"n{name}" for name in names], *rows])
    text = text_of(path).split("\n")[1:]
    for row, line in zip(reversed(rows), reversed(text), strict=False):
        pairs = ((f"n{name}", value) for name, value in zip(names, row, strict=True) if value)
        assert line == "; ".join(f"{name}: {value}" for name, value in pairs)
    assert all(f"n{name}" in "\n".join(text) for name in names)

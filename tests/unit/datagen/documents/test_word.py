"""Word documents: what a reader of the page sees, once, with the numbers that Word draws."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.numbering import drawn
from datagen.documents.parse import parse

TRANSITIONAL = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/wordprocessingml/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write(path: Path, body: str, *, namespace: str = TRANSITIONAL, name: str = "document.xml", **parts: str) -> Path:
    """A document of this body and these parts, each with the relation that its name has in Office."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_rels/.rels", relations({"officeDocument": f"/word/{name}"}))
        archive.writestr(f"word/_rels/{name}.rels", relations({kind: f"{kind}.xml" for kind in parts}))
        archive.writestr(f"word/{name}", f'<w:document xmlns:w="{namespace}"><w:body>{body}</w:body></w:document>')
        for kind, inner in parts.items():
            archive.writestr(f"word/{kind}.xml", f'<w:{kind} xmlns:w="{namespace}">{inner}</w:{kind}>')
    return path


def relations(targets: dict[str, str]) -> str:
    nodes = (f'<Relationship Id="{n}" Type="{OFFICE}/{k}" Target="{t}"/>' for n, (k, t) in enumerate(targets.items()))
    return f'<Relationships xmlns="x">{"".join(nodes)}</Relationships>'


def p(text: str, properties: str = "") -> str:
    return f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"


def table(rows: list[list[str]], properties: str = "") -> str:
    cells = ("".join(f"<w:tc>{p(cell)}</w:tc>" for cell in row) for row in rows)
    return f"<w:tbl><w:tblPr>{properties}</w:tblPr>{''.join(f'<w:tr>{row}</w:tr>' for row in cells)}</w:tbl>"


def lines(path: Path) -> list[str]:
    (document,) = parse(path, path.name).documents
    return document.text.split("\n")


@pytest.mark.parametrize("namespace", [TRANSITIONAL, STRICT])
@pytest.mark.parametrize("name", ["document.xml", "document2.xml"])
def test_both_dialects_are_read_and_the_part_may_have_any_name(tmp_path, namespace, name):
    path = write(tmp_path / "a.docx", p("Sign in.") + p("Sign out."), namespace=namespace, name=name)
    assert lines(path) == ["Sign in.", "Sign out."]


def test_a_text_box_is_read_once_and_apart_from_the_sentence_that_holds_it(tmp_path):
    box = f"<w:txbxContent>{p('Note: escorts.')}</w:txbxContent>"
    drawing = f'<mc:Choice xmlns:mc="m">{box}</mc:Choice><mc:Fallback xmlns:mc="m">{box}</mc:Fallback>'
    body = f"<w:p><w:r><w:t>Visitors </w:t>{drawing}</w:r><w:r><w:t>sign in.</w:t></w:r></w:p>"
    assert lines(write(tmp_path / "a.docx", body)) == ["Visitors sign in.", "Note: escorts."]


def test_what_was_deleted_is_no_text_and_tab_stops_are_no_tabs(tmp_path):
    body = (
        '<w:p><w:pPr><w:tabs><w:tab w:pos="9"/></w:tabs></w:pPr><w:ins><w:r><w:t>new</w:t></w:r></w:ins>'
        "<w:del><w:r><w:delText>old</w:delText></w:r></w:del><w:r><w:tab/><w:t>end</w:t></w:r></w:p>"
    )
    assert lines(write(tmp_path / "a.docx", body)) == ["new\tend"]


@pytest.mark.parametrize("look", ['<w:tblLook w:firstRow="1"/>', '<w:tblLook w:val="04A0"/>'])
def test_each_row_of_a_table_names_its_columns(tmp_path, look):
    body = p("Limits") + table([["Rule", "Limit"], ["AC-7", "3"], ["AC-11", "15"]], look)
    assert lines(write(tmp_path / "a.docx", body)) == ["Limits", "Rule: AC-7; Limit: 3", "Rule: AC-11; Limit: 15"]


def test_a_table_without_a_header_is_its_rows(tmp_path):
    body = table([["AC-7", "3"], ["AC-11", "15"]], '<w:tblLook w:val="0000" w:firstRow="0"/>')
    assert lines(write(tmp_path / "a.docx", body)) == ["AC-7 | 3", "AC-11 | 15"]


def test_a_cell_over_two_columns_moves_the_next_one(tmp_path):
    header = "<w:tr><w:trPr><w:tblHeader/></w:trPr>" + "".join(f"<w:tc>{p(name)}</w:tc>" for name in "abc") + "</w:tr>"
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p("1")}</w:tc><w:tc>{p("2")}</w:tc>'
    path = write(tmp_path / "a.docx", f"<w:tbl>{header}<w:tr>{wide}</w:tr></w:tbl>")
    assert lines(path) == ["a | b | c", "a: 1; c: 2"]


def test_notes_are_numbered_in_the_order_of_the_text_and_follow_it(tmp_path):
    notes = '<w:footnote w:type="separator" w:id="0"><w:p/></w:footnote>' + "".join(
        f'<w:footnote w:id="{number}">{p(text)}</w:footnote>' for number, text in ((4, "First."), (2, "Never named."))
    )
    body = (
        '<w:p><w:r><w:t>Keep logs</w:t><w:endnoteReference w:id="4"/></w:r>'
        '<w:r><w:t>, three years</w:t><w:footnoteReference w:id="4"/></w:r></w:p>'
    )
    ends = f'<w:endnote w:id="4">{p("Last.")}</w:endnote>'
    path = write(tmp_path / "a.docx", body, footnotes=notes, endnotes=ends)
    assert lines(path) == ["Keep logs[^1], three years[^2]", "[^1] Last.", "[^2] First.", "[^3] Never named."]


def item(text: str, level: int, number: int = 1) -> str:
    return p(text, f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{number}"/></w:numPr>')


NUMBERING = (
    '<w:abstractNum w:abstractNumId="7">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%1(%2)"/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="7"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="7"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="5"/></w:lvlOverride></w:num>'
)


def test_lists_have_the_numbers_that_word_draws(tmp_path):
    items = [("a", 0), ("b", 0), ("c", 1), ("d", 1), ("e", 2), ("f", 0), ("g", 1)]
    body = "".join(item(text, level) for text, level in items) + p("between") + item("h", 0, 2) + item("i", 0)
    path = write(tmp_path / "a.docx", body, numbering=NUMBERING)
    drawn_lines = ["1. a", "2. b", "2(a) c", "2(b) d", "- e", "3. f", "3(a) g", "between", "5. h", "4. i"]
    assert lines(path) == drawn_lines


def test_a_style_numbers_its_paragraphs_also_through_the_one_it_is_based_on(tmp_path):
    styles = (
        '<w:style w:styleId="Base"><w:pPr><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>'
        '<w:style w:styleId="Heading1"><w:basedOn w:val="Base"/></w:style>'
        '<w:style w:styleId="Loop"><w:basedOn w:val="Loop"/></w:style>'
    )
    out = '<w:pStyle w:val="Heading1"/><w:numPr><w:numId w:val="0"/></w:numPr>'
    body = "".join(p(f"Rule {name}", f'<w:pStyle w:val="{name}"/>') for name in ("Heading1", "Loop")) + p("none", out)
    path = write(tmp_path / "a.docx", body, numbering=NUMBERING, styles=styles)
    assert lines(path) == ["1. Rule Heading1", "Rule Loop", "none"]


def value_of(roman: str) -> int:
    values = [{"i": 1, "v": 5, "x": 10, "l": 50, "c": 100, "d": 500, "m": 1000}[letter] for letter in roman]
    return sum(-a if a < b else a for a, b in zip(values, [*values[1:], 0], strict=True))


@given(st.integers(1, 3999))
def test_roman_numbers_have_their_value_and_no_letter_four_times(number):
    roman = drawn(number, "lowerRoman")
    assert value_of(roman) == number
    assert not any(letter * 4 in roman for letter in "ivxlcdm")


AROUND = (
    lambda inner: f"<w:tbl><w:tr><w:tc>{inner}</w:tc></w:tr></w:tbl>",
    lambda inner: f"<w:sdt><w:sdtContent>{inner}</w:sdtContent></w:sdt>",
    lambda inner: f"<w:p><w:r><w:pict><w:txbxContent>{inner}</w:txbxContent></w:pict></w:r></w:p>",
    lambda inner: f"<w:customXml><w:ins>{inner}</w:ins></w:customXml>",
)


@given(st.lists(st.lists(st.sampled_from(AROUND), max_size=4), min_size=1, max_size=8))
def test_each_paragraph_is_read_once_whatever_is_around_it(tmp_path_factory, wrapped):
    body = ""
    for number, around in enumerate(wrapped):
        inner = p(f"paragraph{number}.")
        for wrap in around:
            inner = wrap(inner)
        body += inner
    text = "\n".join(lines(write(tmp_path_factory.mktemp("word") / "a.docx", body)))
    assert [text.count(f"paragraph{number}.") for number in range(len(wrapped))] == [1] * len(wrapped)


@pytest.mark.parametrize(
    ("part", "mark"),
    [
        ("word/comments.xml", "a.docx#comments"),
        ("word/charts/chart1.xml", "a.docx#charts"),
        ("word/embeddings/table.xlsx", "a.docx#embedded files"),
        ("word/afchunk1.htm", "a.docx#embedded files"),
    ],
)
def test_parts_that_hold_text_and_are_not_read_are_listed(tmp_path, part, mark):
    path = write(tmp_path / "a.docx", p("Rules"))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(part, "<x/>")
    parsed = parse(path, "a.docx")
    assert [document.text for document in parsed.documents] == ["Rules"]
    assert parsed.unreadable == [(mark, "not read: 1 part of this kind")]


def test_a_document_of_pictures_needs_ocr(tmp_path):
    path = write(tmp_path / "a.docx", "<w:p/>")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("word/media/image1.png", b"?")
    assert parse(path, "a").unreadable == [("a", "a picture without text: a scan needs OCR")]


def test_entities_are_refused_before_they_unfold(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("word/document.xml", '<!DOCTYPE d [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><d>&b;</d>')
    (problem,) = parse(tmp_path / "a.docx", "a").unreadable
    assert problem.reason.startswith("it declares a document type, 'd'")


def test_a_zip_that_is_no_document_is_listed(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.docx", "w") as archive:
        archive.writestr("other.txt", "?")
    assert "no Word document" in parse(tmp_path / "a.docx", "a").unreadable[0].reason

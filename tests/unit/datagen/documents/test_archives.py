"""Damaged archives of every kind: each is read or listed, and none ends the run."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datagen.documents.parse import parse

RELATIONS = '<r xmlns="r"><Relationship Id="a" Type="t/{}" Target="{}"/></r>'
WORD = 'xmlns:w="w"'
KINDS: dict[str, dict[str, str]] = {
    "docx": {
        "_rels/.rels": RELATIONS.format("officeDocument", "word/document.xml"),
        "word/_rels/document.xml.rels": RELATIONS.format("numbering", "numbering.xml"),
        "word/document.xml": f'<w:document {WORD}><w:body><w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/>'
        '</w:numPr></w:pPr><w:r><w:t>Rules</w:t></w:r></w:p><w:tbl><w:tblPr><w:tblLook w:val="04A0"/></w:tblPr>'
        "<w:tr><w:tc>"
        '<w:tcPr><w:gridSpan w:val="2"/></w:tcPr><w:p/></w:tc></w:tr></w:tbl></w:body></w:document>',
        "word/numbering.xml": f'<w:numbering {WORD}><w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0">'
        '<w:start w:val="1"/><w:lvlText w:val="%1."/></w:lvl></w:abstractNum>'
        '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num></w:numbering>',
    },
    "pptx": {
        "_rels/.rels": RELATIONS.format("officeDocument", "ppt/presentation.xml"),
        "ppt/_rels/presentation.xml.rels": RELATIONS.format("slide", "slides/slide1.xml"),
        "ppt/presentation.xml": '<p:presentation xmlns:p="p" xmlns:r="r"><p:sldId id="256" r:id="a"/></p:presentation>',
        "ppt/slides/slide1.xml": '<p:sld xmlns:p="p" xmlns:a="a"><a:p><a:pPr lvl="1"><a:buAutoNum type="arabicPeriod" '
        'startAt="2"/></a:pPr><a:r><a:t>Rules</a:t></a:r></a:p></p:sld>',
    },
    "ods": {
        "content.xml": '<o:content xmlns:o="o"><o:body><o:spreadsheet><o:table name="S"><o:table-row '
        'o:number-rows-repeated="2"><o:table-cell o:number-columns-repeated="2"><o:p>Rules<o:s o:c="2"/></o:p>'
        "</o:table-cell></o:table-row></o:table></o:spreadsheet></o:body></o:content>",
    },
    "epub": {
        "META-INF/container.xml": '<c xmlns="c"><rootfile full-path="book.opf"/></c>',
        "book.opf": '<p xmlns="p"><title>T</title><item id="a" href="a.xhtml"/><itemref idref="a"/></p>',
        "a.xhtml": "<html><body><p>Rules</p></body></html>",
    },
}


def made(folder: Path, kind: str) -> dict[str, bytes]:
    if kind != "xlsx":
        return {name: text.encode() for name, text in KINDS[kind].items()}
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    book.active.append(["rule", 1.5, True, "=A1"])
    book.save(folder / "made.xlsx")
    with zipfile.ZipFile(folder / "made.xlsx") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, parts: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


@pytest.mark.parametrize("kind", [*KINDS, "xlsx"])
def test_what_is_damaged_is_read_or_listed(tmp_path_factory, kind):
    folder = tmp_path_factory.mktemp(kind)
    parts = made(folder, kind)

    @settings(max_examples=60)
    @given(st.data())
    def damage(data):
        name = data.draw(st.sampled_from(sorted(parts)))
        old = parts[name]
        start = data.draw(st.integers(0, len(old)))
        end = data.draw(st.integers(start, min(len(old), start + 40)))
        junk = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"-1", b"x", b"99999999", b"", b"<a>", b"</a>", b"%9"])
        )
        changed = {**parts, name: old[:start] + junk + old[end:]}
        if data.draw(st.integers(0, 9)) == 0:
            del changed[name]
        parsed = parse(packed(folder / f"a.{kind}", changed), "a")
        assert parsed.documents or parsed.unreadable

    assert parse(packed(folder / f"a.{kind}", parts), "a").documents
    damage()


@pytest.mark.parametrize("kind", [*KINDS, "xlsx"])
def test_a_cut_file_is_listed(tmp_path, kind):
    path = packed(tmp_path / f"a.{kind}", made(tmp_path, kind))
    path.write_bytes(path.read_bytes()[:-30])
    (problem,) = parse(path, "a").unreadable
    assert "BadZipFile" in problem.reason


@pytest.mark.parametrize("kind", KINDS)
def test_elements_in_each_other_without_end_are_listed(tmp_path, kind):
    deep = "<d>" * 100_000 + "</d>" * 100_000
    parts = {name: text.replace("Rules", f"Rules{deep}").encode() for name, text in KINDS[kind].items()}
    parsed = parse(packed(tmp_path / f"a.{kind}", parts), "a")
    assert any("Rules" in document.text for document in parsed.documents) or parsed.unreadable == [
        ("a", "its elements are nested too deeply")
    ]

"""OpenDocument: texts, sheets and slides, each part once and in order."""

from __future__ import annotations

import zipfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.parse import parse

SVG = "urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
NAMES = f'xmlns:office="o" xmlns:text="t" xmlns:table="b" xmlns:draw="d" xmlns:presentation="p" xmlns:svg="{SVG}"'


def write(path: Path, body: str, *, kind: str = "text", styles: str = "", **parts: str) -> Path:
    root = f"<office:document-content {NAMES}><office:automatic-styles>{styles}</office:automatic-styles>"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "content.xml",
            f"{root}<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document-content>",
        )
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


def p(text: str) -> str:
    return f"<text:p>{text}</text:p>"


def cells(*texts: str) -> str:
    inner = "".join(f"<table:table-cell>{p(text)}</table:table-cell>" for text in texts)
    return f"<table:table-row>{inner}</table:table-row>"


def lines(path: Path) -> list[str]:
    (document,) = parse(path, path.name).documents
    return document.text.split("\n")


def test_headings_and_paragraphs_with_the_spaces_that_count(tmp_path):
    body = "<text:h>Rules</text:h>" + p('a<text:s text:c="3"/>b<text:tab/>c<text:span> d</text:span> e')
    assert lines(write(tmp_path / "a.odt", body)) == ["Rules", "a   b\tc d e"]


def test_a_text_box_and_a_note_are_apart_from_the_sentence_and_deleted_text_is_gone(tmp_path):
    box = f"<draw:frame><svg:title>alt</svg:title><draw:text-box>{p('Box.')}</draw:text-box></draw:frame>"
    note = (
        f"<text:note><text:note-citation>9</text:note-citation><text:note-body>{p('Why.')}</text:note-body></text:note>"
    )
    body = f"<text:tracked-changes>{p('old')}</text:tracked-changes>{p(f'Sign{note} in{box}.')}{p('End')}"
    assert lines(write(tmp_path / "a.odt", body)) == ["Sign[^1] in.", "Box.", "End", "[^1] Why."]


def test_a_table_is_its_rows_with_their_header(tmp_path):
    head = f"<table:table-header-rows>{cells('rule', 'limit')}</table:table-header-rows>"
    table = "<table:table>{}" + cells("AC-7", "3") + "</table:table>"
    path = write(tmp_path / "a.odt", table.format(head) + table.format(cells("x", "y")))
    assert lines(path) == ["rule: AC-7; limit: 3", "x | y", "AC-7 | 3"]


LISTS = (
    '<text:list-style text:name="L">'
    '<text:list-level-style-number text:level="1" text:num-format="1" text:num-suffix="."/>'
    '<text:list-level-style-number text:level="2" text:num-format="a" text:num-suffix=")" text:start-value="2"/>'
    '<text:list-level-style-bullet text:level="3"/></text:list-style>'
)


def items(*inner: str, options: str = 'text:style-name="L"') -> str:
    return f"<text:list {options}>{''.join(f'<text:list-item>{item}</text:list-item>' for item in inner)}</text:list>"


def test_lists_have_the_numbers_that_are_drawn(tmp_path):
    nested = items(p("b"), p("c") + items(p("d"), options=""), options="")
    again = items(p("f"), options='text:style-name="L" text:continue-numbering="true"')
    body = items(p("a") + p("more") + nested, p("e")) + p("between") + again + items(p("g"))
    expected = ["1. a", "more", "b) b", "c) c", "- d", "2. e", "between", "3. f", "1. g"]
    assert lines(write(tmp_path / "a.odt", body, styles=LISTS)) == expected


def test_sheets_are_named_and_what_is_repeated_keeps_its_columns(tmp_path):
    far = '<table:table-cell table:number-columns-repeated="16380"/>'
    header = cells("a", "b", "c", "d").replace("</table:table-row>", far + "</table:table-row>")
    gap = '<table:table-cell table:number-columns-repeated="2"/>'
    twice = f'<table:table-cell table:number-columns-repeated="2">{p("7")}</table:table-cell>'
    rows = [
        header,
        f"<table:table-row><table:table-cell>{p('1')}</table:table-cell>{gap}<table:table-cell>{p('4')}</table:table-cell>"
        "</table:table-row>",
        f'<table:table-row table:number-rows-repeated="2">{twice}{far}</table:table-row>',
        f'<table:table-row table:number-rows-repeated="1048570">{far}</table:table-row>',
    ]
    both = {"S": "".join(rows), "T": cells("x")}
    sheets = "".join(f'<table:table table:name="{name}">{inner}</table:table>' for name, inner in both.items())
    expected = ["Sheet S", "a | b | c | d", "a: 1; d: 4", "a: 7; b: 7", "a: 7; b: 7", "", "Sheet T", "x"]
    assert lines(write(tmp_path / "a.ods", sheets, kind="spreadsheet")) == expected


def test_slides_have_their_title_and_notes_and_pictures_are_listed(tmp_path):
    title = f'<draw:frame presentation:class="title"><draw:text-box>{p("Access")}</draw:text-box></draw:frame>'
    said = f"<presentation:notes><draw:text-box>{p('Say why.')}</draw:text-box></presentation:notes>"
    body = (
        f"<draw:page>{title}<draw:g><draw:custom-shape>{p('one')}</draw:custom-shape></draw:g>{said}</draw:page>"
        "<draw:page><draw:frame><draw:image/></draw:frame></draw:page>"
    )
    path = write(tmp_path / "a.odp", body, kind="presentation")
    assert lines(path) == ["Slide 1: Access", "one", "Notes: Say why."]
    assert parse(path, "a").unreadable == [("a#slide 2", "a picture without text: a scan needs OCR")]


def test_what_is_not_read_is_listed(tmp_path):
    body = p(f"Rules<office:annotation>{p('really?')}</office:annotation><draw:frame><draw:object/></draw:frame>")
    path = write(tmp_path / "a.odt", body)
    assert lines(path) == ["Rules"]
    assert [mark for mark, _ in parse(path, "a").unreadable] == ["a#comments", "a#embedded objects"]


def test_an_encrypted_document_says_so(tmp_path):
    manifest = '<m:manifest xmlns:m="m"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    path = write(tmp_path / "a.odt", p("?"), **{"META-INF__manifest.xml": manifest})
    assert parse(path, "a").unreadable == [("a", "it is encrypted; save it without a password")]


def test_a_cell_repeated_without_end_is_refused(tmp_path):
    cell = f'<table:table-cell table:number-columns-repeated="999999999">{p("x")}</table:table-cell>'
    sheet = f'<table:table table:name="S"><table:table-row>{cell}</table:table-row></table:table>'
    path = write(tmp_path / "a.ods", sheet, kind="spreadsheet")
    assert parse(path, "a").unreadable[0].reason.startswith("999,999,999 copies of one cell")


AROUND = (
    lambda inner: (
        f"<table:table><table:table-row><table:table-cell>{inner}</table:table-cell></table:table-row></table:table>"
    ),
    lambda inner: f"<text:section>{inner}</text:section>",
    lambda inner: items(inner, options=""),
    lambda inner: p(f"<draw:frame><draw:text-box>{inner}</draw:text-box></draw:frame>"),
)


@given(st.lists(st.lists(st.sampled_from(AROUND), max_size=4), min_size=1, max_size=8))
def test_each_paragraph_is_read_once_whatever_is_around_it(tmp_path_factory, wrapped):
    body = ""
    for number, around in enumerate(wrapped):
        inner = p(f"paragraph{number}.")
        for wrap in around:
            inner = wrap(inner)
        body += inner
    text = "\n".join(lines(write(tmp_path_factory.mktemp("odt") / "a.odt", body)))
    assert [text.count(f"paragraph{number}.") for number in range(len(wrapped))] == [1] * len(wrapped)

"""Slides: in the order of the show, each named, with tables, notes and the numbers of lists."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from datagen.documents.parse import parse

MAIN = {
    "transitional": "http://schemas.openxmlformats.org/presentationml/2006/main",
    "strict": "http://purl.oclc.org/ooxml/presentationml/main",
}
NAMES = 'xmlns:a="a" xmlns:r="r" xmlns:mc="mc"'


def write(path: Path, *slides: str, order: str = "", dialect: str = "transitional", notes: str = "") -> Path:
    """A show of these slides, in the order of their numbers unless `order` names another, with notes on the first."""
    shown = "".join(f'<p:sldId id="{256 + int(n)}" r:id="s{n}"/>' for n in order or map(str, range(1, len(slides) + 1)))
    root = f'<p:presentation xmlns:p="{MAIN[dialect]}" {NAMES}><p:sldIdLst>{shown}</p:sldIdLst></p:presentation>'
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("_rels/.rels", relations(("m", "officeDocument", "ppt/presentation.xml")))
        archive.writestr("ppt/presentation.xml", root)
        named = [(f"s{number}", "slide", f"slides/slide{number}.xml") for number in range(1, len(slides) + 1)]
        archive.writestr("ppt/_rels/presentation.xml.rels", relations(*named))
        for number, slide in enumerate(slides, 1):
            tree = f'<p:sld xmlns:p="{MAIN[dialect]}" {NAMES}><p:cSld><p:spTree>{slide}</p:spTree></p:cSld></p:sld>'
            archive.writestr(f"ppt/slides/slide{number}.xml", tree)
        if notes:
            tree = f'<p:notes xmlns:p="{MAIN[dialect]}" {NAMES}>{notes}</p:notes>'
            archive.writestr("ppt/notesSlides/n.xml", tree)
            related = relations(("n", "notesSlide", "../notesSlides/n.xml"))
            archive.writestr("ppt/slides/_rels/slide1.xml.rels", related)
    return path


def relations(*targets: tuple[str, str, str]) -> str:
    nodes = (f'<Relationship Id="{name}" Type="t/{kind}" Target="{target}"/>' for name, kind, target in targets)
    return f'<Relationships xmlns="x">{"".join(nodes)}</Relationships>'


def shape(*paragraphs: str, kind: str = "") -> str:
    mark = f'<p:nvSpPr><p:nvPr><p:ph type="{kind}"/></p:nvPr></p:nvSpPr>' if kind else "<p:nvSpPr/>"
    return f"<p:sp>{mark}<p:txBody>{''.join(map(paragraph, paragraphs))}</p:txBody></p:sp>"


def paragraph(text: str) -> str:
    return text if text.startswith("<") else f"<a:p><a:r><a:t>{text}</a:t></a:r></a:p>"


def lines(path: Path) -> list[str]:
    (document,) = parse(path, path.name).documents
    return document.text.split("\n")


@pytest.mark.parametrize("dialect", MAIN)
def test_slides_are_named_by_number_and_title_in_the_order_of_the_show(tmp_path, dialect):
    slides = shape("Last") + shape("Closing", kind="title"), shape("Sign in", "Sign out") + shape("7", kind="sldNum")
    path = write(tmp_path / "a.pptx", *slides, order="21", dialect=dialect)
    assert lines(path) == ["Slide 1", "Sign in", "Sign out", "", "Slide 2: Closing", "Last"]


def test_groups_are_read_and_the_second_copy_of_a_shape_is_not(tmp_path):
    twice = f"<mc:Choice>{shape('b')}</mc:Choice><mc:Fallback>{shape('b')}</mc:Fallback>"
    group = f"<p:grpSp><p:grpSp>{shape('a')}</p:grpSp>{twice}</p:grpSp>"
    assert lines(write(tmp_path / "a.pptx", group)) == ["Slide 1", "a", "b"]


@pytest.mark.parametrize(("first", "expected"), [("1", ["rule: AC-7; limit: 3"]), ("0", ["rule | limit", "AC-7 | 3"])])
def test_a_table_is_its_rows_with_the_header_that_it_says_it_has(tmp_path, first, expected):
    rows = (["rule", "limit"], ["AC-7", "3"])
    cell = "<a:tc><a:txBody>{}</a:txBody></a:tc>"
    drawn = "".join(f"<a:tr>{''.join(cell.format(paragraph(text)) for text in row)}</a:tr>" for row in rows)
    table = f'<p:graphicFrame><a:tbl><a:tblPr firstRow="{first}"/>{drawn}</a:tbl></p:graphicFrame>'
    assert lines(write(tmp_path / "a.pptx", table)) == ["Slide 1", *expected]


def test_what_the_speaker_says_follows_the_slide(tmp_path):
    notes = shape("1", kind="sldNum") + shape("Say why.", "Then how.", kind="body")
    path = write(tmp_path / "a.pptx", shape("Rules"), shape("End"), notes=notes)
    assert lines(path) == ["Slide 1", "Rules", "Notes: Say why.", "Then how.", "", "Slide 2", "End"]


def test_lists_have_the_numbers_that_are_drawn(tmp_path):
    def item(text: str, level: int, kind: str = "arabicPeriod", start: str = "") -> str:
        mark = f'<a:pPr lvl="{level}"><a:buAutoNum type="{kind}" {start}/></a:pPr>'
        return f"<a:p>{mark}<a:r><a:t>{text}</a:t></a:r></a:p>"

    body = shape(item("a", 0), item("b", 1, "alphaLcParenR"), item("c", 0), "plain", item("d", 0, start='startAt="4"'))
    assert lines(write(tmp_path / "a.pptx", body)) == ["Slide 1", "1. a", "a) b", "2. c", "plain", "4. d"]


def test_a_slide_that_is_a_picture_needs_ocr_and_one_that_is_gone_is_listed(tmp_path):
    path = write(tmp_path / "a.pptx", "<p:pic/>", shape("Rules"), order="123")
    parsed = parse(path, "a")
    assert [document.text for document in parsed.documents] == ["Slide 2\nRules"]
    assert parsed.unreadable == [
        ("a#slide 1", "a picture without text: a scan needs OCR"),
        ("a#slide 3", "it is not in the file"),
    ]


def test_a_zip_that_is_no_show_is_listed(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.pptx", "w") as archive:
        archive.writestr("other.txt", "?")
    assert parse(tmp_path / "a.pptx", "a").unreadable == [("a", "no presentation in it")]

"""Pages of PDF: read, or listed by their number with what they need."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.documents.parse import parse
from datagen.documents.pdf import healed

OCR = "a picture without text: a scan needs OCR"
SCAN = "q 300 0 0 100 0 0 cm /Im1 Do Q"
LINES = "".join(f"{x} 10 m {x} 90 l S " for x in range(0, 200, 5))


def words(text: str, font: str = "F1") -> str:
    return f"BT /{font} 18 Tf 20 50 Td ({text}) Tj ET"


def write(path: Path, *pages: str) -> Path:
    """A document of one page per content, with a font, one that maps to no letters, and a picture of one pixel."""
    unmapped = "/Differences[65/g1/g2/g3/g4]"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        f"<</Type/Pages/Count {len(pages)}/Kids[{' '.join(f'{6 + 2 * n} 0 R' for n in range(len(pages)))}]>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "0"),
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 9 9]/FontMatrix[.1 0 0 .1 0 0]/FirstChar 65/LastChar 68"
        f"/Widths[9 9 9 9]/Encoding<</Type/Encoding{unmapped}>>/CharProcs<<>>/Resources<<>>"
        f"/ToUnicode {6 + 2 * len(pages)} 0 R>>",
    ]
    for number, content in enumerate(pages):
        resources = "/Resources<</Font<</F1 3 0 R/F3 5 0 R>>/XObject<</Im1 4 0 R>>>>"
        objects.append(f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 100]/Contents {7 + 2 * number} 0 R{resources}>>")
        objects.append(stream("", content))
    objects.append(stream("", "1 begincodespacerange<00><ff>endcodespacerange 1 beginbfrange<41><44><e001>endbfrange"))
    body = "".join(f"{number} 0 obj{item}endobj\n" for number, item in enumerate(objects, 1))
    path.write_bytes(f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n".encode("latin-1"))
    return path


def stream(head: str, data: str) -> str:
    return f"<<{head}/Length {len(data)}>>stream\n{data}\nendstream "


def read(path: Path) -> tuple[list[str], dict[str, str]]:
    parsed = parse(path, "a")
    return [document.text for document in parsed.documents], dict(parsed.unreadable)


def test_pages_are_divided_by_a_blank_line(tmp_path):
    assert read(write(tmp_path / "a.pdf", words("Sign in"), words("Sign out"))) == (["Sign in\n\nSign out"], {})


def test_scanned_pages_are_listed_and_the_others_are_read(tmp_path):
    path = write(tmp_path / "a.pdf", SCAN, words("Rules"), SCAN)
    assert read(path) == (["Rules"], {"a#page 1": OCR, "a#page 3": OCR})


def test_a_document_of_scans_is_its_pages_that_need_ocr(tmp_path):
    assert read(write(tmp_path / "a.pdf", SCAN, SCAN)) == ([], {"a#page 1": OCR, "a#page 2": OCR})


def test_a_picture_beside_words_is_no_scan_and_an_empty_page_is_none_either(tmp_path):
    assert read(write(tmp_path / "a.pdf", words("Rules") + SCAN, "")) == (["Rules"], {})


def test_letters_drawn_as_lines_are_listed_and_a_frame_is_not(tmp_path):
    documents, listed = read(write(tmp_path / "a.pdf", LINES, words("Rules"), "10 10 m 200 10 l S"))
    assert documents == ["Rules"]
    assert listed == {"a#page 1": "a drawing without text: if its lines are letters, it needs OCR"}


def test_a_page_whose_fonts_name_no_letters_is_listed(tmp_path):
    documents, listed = read(write(tmp_path / "a.pdf", words("ABCDABCD", "F3"), words("Rules")))
    assert documents == ["Rules"]
    assert listed == {"a#page 1": "its fonts do not say which letters 8 of 8 characters are: needs OCR"}


def test_a_page_that_cannot_be_read_is_listed(tmp_path):
    path = write(tmp_path / "a.pdf", words("Sign in"))
    path.write_bytes(path.read_bytes().replace(b"/Type/Page/", b"/Type/Pago/"))
    assert read(path) == ([], {"a#page 1": "Failed to load page.", "a": "no text in it"})


@pytest.mark.parametrize("divided", ["regu\u00ad\nlation", "regu\x02lation", "regu\ufffe\r\nlation", "regu\x07lation"])
def test_words_that_a_line_divides_are_whole_again_and_control_characters_gone(divided):
    assert healed(f"The {divided} holds.\nEnd") == "The regulation holds.\nEnd"


@given(st.lists(st.sampled_from(["scan", "words", "lines", "empty"]), min_size=1, max_size=5))
def test_each_page_is_read_or_listed_or_empty(tmp_path_factory, kinds):
    contents = {"scan": SCAN, "lines": LINES, "empty": ""}
    pages = [contents.get(kind, words(f"page{number}.")) for number, kind in enumerate(kinds, 1)]
    documents, listed = read(write(tmp_path_factory.mktemp("pdf") / "a.pdf", *pages))
    expected = [f"page{number}." for number, kind in enumerate(kinds, 1) if kind == "words"]
    assert "".join(documents).split() == expected
    numbers = [f"a#page {number}" for number, kind in enumerate(kinds, 1) if kind in ("scan", "lines")]
    assert [mark for mark in listed if mark != "a"] == numbers
    assert documents or listed

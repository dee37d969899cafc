"""Pages of PDF: read, or listed by their number with what they need."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from datagen.documents import ocr
from datagen.documents.parse import parse
from datagen.documents.pdf import healed
from datagen.errors import MissingExtraError

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
    assert read(path) == ([], {"a#page 1": "Failed to load page."})


@pytest.mark.parametrize("divided", ["regu\u00ad\nlation", "regu\x02lation", "regu\ufffe\r\nlation", "regu\x07lation"])
def test_words_that_a_line_divides_are_whole_again_and_control_characters_gone(divided):
    assert healed(f"The {divided} holds.\nEnd") == "The regulation holds.\nEnd"


def lines(*texts: str, x: int = 10, top: int = 60) -> str:
    return "".join(f"BT /F1 8 Tf {x} {top - 9 * at} Td ({text}) Tj ET " for at, text in enumerate(texts))


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("Rule 10b\x02\n5 applies", "Rule 10b-5 applies"),
        ("in the post\ufffe\nWar order", "in the post-War order"),
        ("a well\x02\nknown issuer", "a well-known issuer"),
        ("a tax\x02\nfree bond; tax-free", "a tax-free bond; tax-free"),
        ("the cross\x02\nover; a crossover", "the crossover; a crossover"),
        ("ALL REGU\x02\nLATIONS", "ALL REGULATIONS"),
        ("open\x02\n", "open-"),
    ],
)
def test_a_hyphen_that_is_of_the_word_stays(text, whole):
    assert healed(text) == whole


def test_columns_drawn_line_by_line_are_read_one_after_the_other(tmp_path):
    left, right = ([f"{side} column of the page, line {n}" for n in "abcd"] for side in ("left", "right"))
    rows = "".join(
        lines(a, top=60 - 9 * at) + lines(b, x=160, top=60 - 9 * at)
        for at, (a, b) in enumerate(zip(left, right, strict=True))
    )
    assert read(write(tmp_path / "a.pdf", rows))[0] == ["\n".join([*left, *right])]


def test_a_turned_page_is_read_as_it_is_turned(tmp_path):
    turned = "BT /F1 8 Tf 0 1 -1 0 40 10 Tm (Turned line) Tj ET BT /F1 8 Tf 0 1 -1 0 50 10 Tm (second line) Tj ET "
    assert read(write(tmp_path / "a.pdf", turned))[0] == ["Turned line\nsecond line"]


def test_text_beside_the_page_is_left_out(tmp_path):
    assert read(write(tmp_path / "a.pdf", lines("seen") + lines("unseen", x=900)))[0] == ["seen"]


def test_headers_that_repeat_are_in_the_account_and_not_in_the_text(tmp_path):
    bodies = [[f"{word} {n}" for word in ("alpha", "beta", "gamma")] for n in ("one", "two", "three")]
    pages = [lines("Handbook", top=90) + lines(*body) + lines(f"Page {n}", top=5) for n, body in enumerate(bodies, 1)]
    parsed = parse(write(tmp_path / "a.pdf", *pages, SCAN), "a")
    assert parsed.documents[0].text == "\n\n".join("\n".join(body) for body in bodies)
    row = parsed.account.row()
    assert row["left_out"] == [
        {"part": "", "reason": "on 3 pages as their header or footer: 'Handbook'", "characters": 24},
        {"part": "", "reason": "on 3 pages as their header or footer: 'Page 1'", "characters": 18},
    ]
    assert row["parts"] == [
        {"name": f"page {n}", "characters": len("\n".join(body))} for n, body in enumerate(bodies, 1)
    ]
    assert row["not_read"] == [{"part": "page 4", "reason": OCR}]
    assert (row["reader"], row["documents"], row["characters"]) == ("pypdfium2", 1, len(parsed.documents[0].text))


class Engine:
    """RapidOCR as far as we use it: it sees the same two lines in every picture, the lower one first."""

    def __init__(self, params):
        assert params == {"Global.log_level": "warning"}

    def __call__(self, image):
        assert image.ndim == 3
        boxes = numpy.array([[[9, y], [90, y], [90, y + 9], [9, y + 9]] for y in (60, 20)], dtype=float)
        return SimpleNamespace(txts=("of rules", "Scan"), boxes=boxes)


@pytest.fixture
def recognition(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", SimpleNamespace(RapidOCR=Engine, __spec__=1))
    monkeypatch.setitem(sys.modules, "onnxruntime", SimpleNamespace(__spec__=1))
    ocr._engine.cache_clear()
    yield
    ocr._engine.cache_clear()


def test_a_scan_is_recognised_where_that_is_wanted(tmp_path, recognition):
    parsed = parse(write(tmp_path / "a.pdf", words("Rules"), SCAN), "a", ocr=True)
    assert parsed.documents[0].text == "Rules\n\nScan\nof rules"
    assert parsed.unreadable == []
    assert parsed.account.row()["parts"][1] == {"name": "page 2", "characters": 13, "reader": "OCR"}


def test_a_picture_is_a_document_where_text_is_recognised(tmp_path, recognition):
    Image.new("L", (100, 80)).save(tmp_path / "a.png")
    assert parse(tmp_path / "a.png", "a.png", ocr=True).documents[0].text == "Scan\nof rules"
    (problem,) = parse(tmp_path / "a.png", "a.png").unreadable
    assert problem.reason == f"{OCR}; set data.ocr: true"


def test_a_damaged_picture_is_listed(tmp_path, recognition):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    (problem,) = parse(tmp_path / "a.png", "a.png", ocr=True).unreadable
    assert problem.reason.startswith("no picture, or a damaged one")


def test_recognition_that_is_not_installed_names_the_extra(monkeypatch):
    monkeypatch.setattr(ocr, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'rftkit\[ocr\]'"):
        ocr.require()


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

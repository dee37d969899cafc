"""Pages of PDF: their text in reading order, and the pages that only show letters, which need text recognition."""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from datagen.documents.layout import Glyph, Run, in_reading_order, repeated, runs_of, text_of
from datagen.documents.pieces import NEEDS_OCR, Bad, LeftOut, Part, Piece, Text
from datagen.errors import MissingExtraError

_SOFT = re.compile("\u00ad\r?\n?")
_DIVIDED = re.compile("(\\w*)[\ufffe\x02]\r?\n?(\\w*)")  # what pdfium makes of a hyphen at the end of a line
_WORDS = re.compile(r"\w+(?:-\w+)*")
_COMPOUNDED = frozenset(
    ("well", "self", "non", "post", "pre", "ex", "co", "cross", "high", "low", "long", "short", "full", "half", "all")
)  # before a hyphen that English keeps
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNMAPPED = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")  # what stands for no letter
_MOST_UNMAPPED = 0.2  # of a page's characters; bullets and logos are fewer
_LETTERS_AS_LINES = 20  # outlines on a page without text; a frame and a rule are fewer
_TEXT_OBJECTS = 10  # on a page without text; the blanks of an empty page are fewer
_DPI = 200  # of a page that is recognised


def read_pdf(path: Path, recognised: Callable[[Any], str] | None = None) -> Iterator[Piece]:
    """Pages in reading order, divided by a blank line, without headers and footers that repeat.

    A page whose letters are only drawn is listed, as it needs OCR, or read by `recognised`, which takes its picture.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "data") from error
    found: dict[int, list[Run]] = {}
    drawn: dict[int, str] = {}
    has_problem = False
    with pypdfium2.PdfDocument(path) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                runs = _runs(page, pypdfium2.raw)
                problem = _problem(text_of(runs), page, pypdfium2.raw)
                if problem and recognised:
                    drawn[number] = recognised(page.render(scale=_DPI / 72).to_pil())
                    problem = "" if drawn[number] else f"{problem}, and none was found by it"
            except pypdfium2.PdfiumError as error:
                problem, runs = str(error), []
            if problem:
                has_problem = True
                yield Bad(f"#page {number + 1}", problem)
            elif not drawn.get(number):
                found[number] = runs
    kept, headers = repeated(list(found.values()))
    for line in headers:
        yield LeftOut("", f"on {line.pages} pages as their header or footer: {line.text!r}", line.characters)
    texts = {number: healed(text_of(runs)) for number, runs in zip(found, kept, strict=True)} | drawn
    pages = [(number, text) for number, text in sorted(texts.items()) if text]
    parts = tuple(Part(f"page {number + 1}", len(text), "OCR" if number in drawn else "") for number, text in pages)
    if pages or not has_problem:
        yield Text("", "\n\n".join(text for _, text in pages), parts)


def _runs(page: Any, raw: Any) -> list[Run]:  # pypdfium2 has no types
    """The text of a page by its direction, the most frequent one first, each in reading order."""
    ways: dict[int, list[Glyph | None]] = defaultdict(list)
    last = 0
    for glyph, way in _glyphs(page, raw):
        if way != last:
            ways[last].append(None)
        ways[way].append(glyph)
        last = way
    ordered: list[Run] = []
    for glyphs in sorted(ways.values(), key=len, reverse=True):
        first = 1 + max((run.line for run in ordered), default=-1)
        ordered += (run._replace(line=run.line + first) for run in in_reading_order(runs_of(glyphs)))
    return ordered


def _glyphs(page: Any, raw: Any) -> Iterator[tuple[Glyph | None, int]]:
    """What is drawn inside the page, each glyph with its quarter turns, which are undone; `None` ends a line."""
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    box, way = raw.FS_RECTF(), 0
    where = ctypes.byref(box)
    for index in range(text.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(text, index))
        if char in "\r\n":
            yield None, way
            continue
        if not raw.FPDFText_GetLooseCharBox(text, index, where):
            continue
        if box.right < left or box.left > right or box.top < bottom or box.bottom > top:
            continue
        if not char.isspace():
            way = round(raw.FPDFText_GetCharAngle(text, index) / (math.pi / 2)) % 4
        yield _upright(Glyph(char, box.left, box.bottom, box.right, box.top), way), way


def _upright(glyph: Glyph, way: int) -> Glyph:
    char, left, bottom, right, top = glyph
    match way:
        case 1:
            return Glyph(char, -top, left, -bottom, right)
        case 2:
            return Glyph(char, -right, -top, -left, -bottom)
        case 3:
            return Glyph(char, bottom, -right, top, -left)
        case _:
            return glyph


def _problem(text: str, page: Any, raw: Any) -> str:
    unmapped = len(_UNMAPPED.findall(text))
    if unmapped > _MOST_UNMAPPED * len(text):
        return f"its fonts do not say which letters {unmapped} of {len(text)} characters are: needs OCR"
    if text:
        return ""
    kinds = [item.type for item in page.get_objects()]
    if raw.FPDF_PAGEOBJ_IMAGE in kinds:
        return NEEDS_OCR
    if kinds.count(raw.FPDF_PAGEOBJ_TEXT) >= _TEXT_OBJECTS:
        return "its letters cannot be read from its fonts: needs OCR"
    if kinds.count(raw.FPDF_PAGEOBJ_PATH) >= _LETTERS_AS_LINES:
        return "a drawing without text: if its lines are letters, it needs OCR"
    return ""


def healed(text: str) -> str:
    """Words that a line's end divides in one piece, and no control characters.

    A hyphen at a line's end stays where it is of the word: beside a figure, before a capital, where the text has the
    word with it elsewhere, or, where it has it neither so nor in one piece, behind such as `well`.

    >>> healed("regu\\x02\\nlation of Rule 10b\\x02\\n5 by well\\x02\\nknown issuers")
    'regulation of Rule 10b-5 by well-known issuers'
    """
    text = _SOFT.sub("", text)
    if _DIVIDED.search(text):
        words = set(_WORDS.findall(text.casefold()))
        text = _DIVIDED.sub(lambda match: _undivided(match[1], match[2], words), text)
    return _CONTROLS.sub("", text)


def _undivided(before: str, after: str, words: set[str]) -> str:
    joined, compound = f"{before}{after}", f"{before}-{after}"
    if not before or not after or before[-1].isdigit() or after[0].isdigit():
        return compound
    if after[0].isupper() and not before.isupper():
        return compound
    if compound.casefold() in words:
        return compound
    kept = joined.casefold() not in words and before.casefold() in _COMPOUNDED
    return compound if kept else joined

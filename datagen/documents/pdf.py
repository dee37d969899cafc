"""Pages of PDF: their text in reading order, and the pages that only show letters, which need text recognition."""

from __future__ import annotations

import ctypes
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from datagen.documents.layout import Glyph, Run, in_reading_order, repeated, text_of
from datagen.documents.pieces import NEEDS_OCR, Bad, LeftOut, Part, Piece, Text
from datagen.documents.ruled import Inked, Table, with_tables
from datagen.documents.strokes import Rule
from datagen.errors import MissingExtraError

Box = TypeVar("Box", Glyph, Rule)
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
_SHORT = 6.0  # points; a line that is shorter is part of a drawing or a letter
_MOST_STROKES = 4_000  # of a page with tables; drawings have more
_FONT_NAME_BYTES = 80


def read_pdf(path: Path, recognised: Callable[[Any], str] | None = None) -> Iterator[Piece]:
    """Pages in reading order, divided by a blank line, without headers and footers that repeat.

    Tables that lines are drawn around or between are a line per row, each cell beside the name of its column. A page
    whose letters are only drawn is listed, as it needs OCR, or read by `recognised`, which takes its picture.
    """
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "data") from error
    found: dict[int, list[Run]] = {}
    drawn: dict[int, str] = {}
    open_table: Table | None = None
    has_problem = False
    with pypdfium2.PdfDocument(path) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                runs, open_table = _runs(page, pypdfium2.raw, open_table)
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


def _runs(page: Any, raw: Any, before: Table | None) -> tuple[list[Run], Table | None]:  # pypdfium2 has no types
    """The text of a page by its direction, the most frequent one first, each in reading order.

    `before` is the table that the page before ends with; behind the runs comes the one that this page ends with.
    """
    ways: dict[int, list[Inked | None]] = defaultdict(list)
    last = 0
    for inked, way in _glyphs(page, raw):
        if way != last:
            ways[last].append(None)
        ways[way].append(inked)
        last = way
    rules = _rules(page, raw) if ways else []
    ordered: list[Run] = []
    at_end: Table | None = None
    for way, inks in sorted(ways.items(), key=lambda item: -len(item[1])):
        first = 1 + max((run.line for run in ordered), default=-1)
        runs, table = with_tables(inks, [_upright(rule, way) for rule in rules], None if ordered else before)
        at_end = at_end if ordered else table
        ordered += (run._replace(line=run.line + first) for run in in_reading_order(runs))
    return ordered, at_end


def _glyphs(page: Any, raw: Any) -> Iterator[tuple[Inked | None, int]]:
    """What is drawn inside the page, each glyph with its quarter turns, which are undone; `None` ends a line."""
    text = page.get_textpage()
    left, bottom, right, top = page.get_bbox()
    box, way, line = raw.FS_RECTF(), 0, 0
    where = ctypes.byref(box)
    name = ctypes.create_string_buffer(_FONT_NAME_BYTES)
    flags = ctypes.c_int()
    for index in range(text.count_chars()):
        char = chr(raw.FPDFText_GetUnicode(text, index))
        if char in "\r\n":
            yield None, way
            line += 1
            continue
        if not raw.FPDFText_GetLooseCharBox(text, index, where):
            continue
        if box.right < left or box.left > right or box.top < bottom or box.bottom > top:
            continue
        if not char.isspace():
            way = round(raw.FPDFText_GetCharAngle(text, index) / (math.pi / 2)) % 4
            raw.FPDFText_GetFontInfo(text, index, name, _FONT_NAME_BYTES, flags)
        glyph = Glyph(char, box.left, box.bottom, box.right, box.top)
        yield Inked(_upright(glyph, way), name.value, line), way


def _rules(page: Any, raw: Any) -> list[Rule]:
    """The straight level and upright lines of a page, edges of filled boxes included; none of a page of drawings."""
    found: list[Rule] = []
    for item in page.get_objects(filter=(raw.FPDF_PAGEOBJ_PATH,), max_depth=1):
        count = raw.FPDFPath_CountSegments(item)
        if count > _MOST_STROKES:
            return []
        matrix = item.get_matrix()
        points = list(_points(item, count, raw))
        start = last = None
        for kind, place, closes in points:
            place = matrix.on_point(*place)
            if kind == raw.FPDF_SEGMENT_MOVETO:
                start = place
            elif kind == raw.FPDF_SEGMENT_LINETO and last:
                found += _rule(last, place)
            if closes and start:
                found += _rule(place, start)
            last = place
        if len(found) > _MOST_STROKES:
            return []
    return found


def _points(item: Any, count: int, raw: Any) -> Iterator[tuple[int, tuple[float, float], bool]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    for index in range(count):
        segment = raw.FPDFPath_GetPathSegment(item, index)
        raw.FPDFPathSegment_GetPoint(segment, x, y)
        yield raw.FPDFPathSegment_GetType(segment), (x.value, y.value), bool(raw.FPDFPathSegment_GetClose(segment))


def _rule(one: tuple[float, float], other: tuple[float, float]) -> Iterator[Rule]:
    (left, right), (bottom, top) = sorted((one[0], other[0])), sorted((one[1], other[1]))
    if min(right - left, top - bottom) < 1 and max(right - left, top - bottom) >= _SHORT:
        yield Rule(left, bottom, right, top)


def _upright(box: Box, way: int) -> Box:
    match way:
        case 1:
            return box._replace(left=-box.top, bottom=box.left, right=-box.bottom, top=box.right)
        case 2:
            return box._replace(left=-box.right, bottom=-box.top, right=-box.left, top=-box.bottom)
        case 3:
            return box._replace(left=box.bottom, bottom=-box.right, right=box.top, top=-box.left)
        case _:
            return box


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

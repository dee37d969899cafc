"""Pages of PDF: their text, and the pages that have none or whose fonts do not say which letters they draw."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from datagen.documents.pieces import NEEDS_OCR, Bad, Piece, Text
from datagen.errors import MissingExtraError

_HYPHENS = re.compile("[\u00ad\ufffe\x02]\r?\n?")  # a word that a PDF divides at the end of a line
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_UNMAPPED = re.compile(r"[\x00\x01\x03-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")  # what stands for no letter
_MOST_UNMAPPED = 0.2  # of a page's characters; bullets and logos are fewer
_LETTERS_AS_LINES = 20  # outlines on a page without text; a frame and a rule are fewer


def read_pdf(path: Path) -> Iterator[Piece]:
    """Pages divided by a blank line; each page whose letters are only drawn is listed, as it needs OCR."""
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "data") from error
    pages, listed = [], 0
    with pypdfium2.PdfDocument(path) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                text = page.get_textpage().get_text_bounded().strip()
                problem = _problem(text, page, pypdfium2.raw)
            except pypdfium2.PdfiumError as error:
                yield Bad(f"#page {number + 1}", str(error))
                continue
            if problem:
                listed += 1
                yield Bad(f"#page {number + 1}", problem)
            else:
                pages.append(healed(text))
    if any(pages) or not listed:
        yield Text("", "\n\n".join(page for page in pages if page))


def _problem(text: str, page: Any, raw: Any) -> str:  # pypdfium2 has no types
    unmapped = len(_UNMAPPED.findall(text))
    if unmapped > _MOST_UNMAPPED * len(text):
        return f"its fonts do not say which letters {unmapped} of {len(text)} characters are: needs OCR"
    if text:
        return ""
    if any(page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE])):
        return NEEDS_OCR
    if sum(1 for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_PATH])) >= _LETTERS_AS_LINES:
        return "a drawing without text: if its lines are letters, it needs OCR"
    return ""


def healed(text: str) -> str:
    """Words that a line's end divides in one piece, and no control characters.

    >>> healed("regu\\u00ad\\nlation")
    'regulation'
    """
    return _CONTROLS.sub("", _HYPHENS.sub("", text))

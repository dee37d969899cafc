"""Slides of PowerPoint: each by its number and title, its tables as rows, the speaker's notes after it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from datagen.documents import tables
from datagen.documents.archives import Archive, attribute, children, inside, name_of, parts_not_read
from datagen.documents.numbering import drawn
from datagen.documents.pieces import NEEDS_OCR, Bad, Part, Piece, Text
from datagen.errors import FormatError

_TITLES = frozenset({"title", "ctrTitle"})
_REPEATED = frozenset({"sldNum", "dt", "ftr", "hdr", "sldImg"})  # what a master puts on every slide
_SKIPPED = frozenset({"Fallback", "nvSpPr", "spPr", "bodyPr", "lstStyle", "tblPr"})
_FORMS = {
    "arabic": "decimal",
    "alphaLc": "lowerLetter",
    "alphaUc": "upperLetter",
    "romanLc": "lowerRoman",
    "romanUc": "upperRoman",
}
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}"}
_NUMBERED = re.compile(f"({'|'.join(_FORMS)})({'|'.join(_AROUND)})")


def read_pptx(path: Path) -> Iterator[Piece]:
    """The slides in the order of the show, also those that it hides."""
    with Archive(path) as archive:
        main = next((part for kind, part in archive.targets("").values() if kind == "officeDocument"), "")
        if main not in archive or name_of(root := archive.xml(main)) != "presentation":
            raise FormatError("no presentation in it")
        targets = archive.targets(main)
        order = [_relation(node) for node in inside(root, "sldId")]
        slides: dict[int, str] = {}
        for number, relation in enumerate(order, 1):
            name = targets.get(relation, ("", ""))[1]
            if name not in archive:
                yield Bad(f"#slide {number}", "it is not in the file")
                continue
            try:
                title, lines, has_picture = _slide(archive, name)
            except FormatError as error:
                yield Bad(f"#slide {number}", str(error))
                continue
            if has_picture and not title and not lines:
                yield Bad(f"#slide {number}", NEEDS_OCR)
            else:
                slides[number] = "\n".join([f"Slide {number}: {title}" if title else f"Slide {number}", *lines])
        yield from parts_not_read(archive)
    if slides:
        parts = (Part(f"slide {number}", len(text)) for number, text in slides.items())
        yield Text("", "\n\n".join(slides.values()), tuple(parts))


def _relation(node: ET.Element) -> str:
    return next((value for key, value in node.items() if key.endswith("}id")), "")  # beside an id of its own


def _slide(archive: Archive, name: str) -> tuple[str, list[str], bool]:
    root = archive.xml(name)
    titles = [shape for shape in inside(root, "sp") if _placeholder(shape) in _TITLES]
    title = " ".join(" ".join(line for shape in titles for line in paragraphs(shape)).split())
    lines = [line for line in paragraphs(root, besides=_TITLES | _REPEATED) if line.strip()]
    notes = [part for kind, part in archive.targets(name).values() if kind == "notesSlide" and part in archive]
    for part in notes:
        said = [line for line in paragraphs(archive.xml(part), besides=_REPEATED) if line.strip()]
        lines += ["Notes: " + said[0], *said[1:]] if said else []
    return title, lines, any(True for _ in inside(root, "pic"))


def _placeholder(shape: ET.Element) -> str:
    return next((attribute(mark, "type") for part in children(shape, "nvSpPr") for mark in inside(part, "ph")), "")


def paragraphs(node: ET.Element, *, besides: frozenset[str] = frozenset()) -> Iterator[str]:
    """The paragraphs and rows of tables below a node, those of groups too, without placeholders of some kinds."""
    counts: dict[int, int] = {}
    for child in node:
        name = name_of(child)
        if name in _SKIPPED or (name == "sp" and _placeholder(child) in besides):
            continue
        if name == "p":
            text = "".join(_inline(child))
            yield _label(child, counts) + text if text.strip() else text
        elif name == "tbl":
            rows = [["\n".join(paragraphs(cell)) for cell in children(row, "tc")] for row in children(child, "tr")]
            has_header = any(attribute(mark, "firstRow") in ("1", "true") for mark in children(child, "tblPr"))
            yield from tables.lines_of(rows, has_header=has_header)
        else:
            yield from paragraphs(child, besides=besides)


def _inline(node: ET.Element) -> Iterator[str]:
    for child in node:
        if name_of(child) == "t":
            yield child.text or ""
        elif name_of(child) == "br":
            yield "\n"
        elif name_of(child) not in ("pPr", "rPr", "Fallback"):
            yield from _inline(child)


def _label(paragraph: ET.Element, counts: dict[int, int]) -> str:
    """The number that PowerPoint draws; a paragraph without one ends the lists on its level and deeper."""
    properties = next(children(paragraph, "pPr"), ET.Element("pPr"))
    level = int(attribute(properties, "lvl") or 0)
    for deeper in [old for old in counts if old > level]:
        del counts[deeper]
    mark = next(children(properties, "buAutoNum"), None)
    if mark is None:
        counts.pop(level, None)
        return ""
    counts[level] = counts.get(level, int(attribute(mark, "startAt") or 1) - 1) + 1
    kind = _NUMBERED.fullmatch(attribute(mark, "type"))
    form, around = (_FORMS[kind[1]], _AROUND[kind[2]]) if kind else ("decimal", "{}.")
    return around.format(drawn(counts[level], form)) + " "

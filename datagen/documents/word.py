"""Word documents in either dialect: paragraphs with the numbers of their lists, tables, text boxes and notes."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from datagen.documents import tables
from datagen.documents.archives import Archive, attribute, children, inside, name_of, parts_not_read
from datagen.documents.numbering import Lists
from datagen.documents.pieces import NEEDS_OCR, Bad, Piece, Text
from datagen.errors import FormatError

# Properties, what was deleted or moved away, the second copy of a drawing for old programs, the reading above a word.
_SKIPPED = frozenset({"pPr", "rPr", "tblPr", "trPr", "tcPr", "sectPr", "sdtPr", "del", "moveFrom", "Fallback", "rt"})
_SIGNS = {"tab": "\t", "ptab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-"}
_NOTES = ("footnote", "endnote")
_ON = frozenset({"1", "true", "on"})
_FIRST_ROW = 0x0020  # in a table's look: ECMA-376, part 1, 17.4.55


def read_docx(path: Path) -> Iterator[Piece]:
    """The text, and the kinds of parts that are no part of it; headers and footers of pages are left out."""
    with Archive(path) as archive:
        main = next((part for kind, part in archive.targets("").values() if kind == "officeDocument"), "")
        name = main or "word/document.xml"
        if name not in archive:
            raise FormatError(f"no part {name!r} in it: this is no Word document")
        document = _Document(archive, name)
        text = document.text(archive.xml(name))
        pictures = sum("/media/" in member for member in archive)
        yield from parts_not_read(archive)
    yield Text("", text) if text.strip() or not pictures else Bad("", NEEDS_OCR)


class _Document:
    def __init__(self, archive: Archive, name: str) -> None:
        parts = {kind: part for kind, part in archive.targets(name).values() if part in archive}
        nothing = ET.Element("nothing")
        found = {kind: archive.xml(parts[kind]) if kind in parts else nothing for kind in ("numbering", "styles")}
        self._lists = Lists(found["numbering"], found["styles"])
        self._notes = {
            (kind, attribute(note, "id")): note
            for kind in _NOTES
            if f"{kind}s" in parts
            for note in children(archive.xml(parts[f"{kind}s"]), kind)
            if attribute(note, "type") in ("", "normal")
        }
        self._numbers: dict[tuple[str, str], int] = {}  # of notes, in the order in which the text refers to them

    def text(self, root: ET.Element) -> str:
        lines = list(self._blocks(root))
        noted: set[tuple[str, str]] = set()
        while left := [key for key in [*self._numbers, *self._notes] if key in self._notes and key not in noted]:
            noted.add(left[0])
            lines.append(f"[^{self._number(left[0])}] " + " ".join(self._blocks(self._notes[left[0]])).strip())
        return "\n".join(lines)

    def _number(self, key: tuple[str, str]) -> int:
        return self._numbers.setdefault(key, len(self._numbers) + 1)

    def _blocks(self, node: ET.Element) -> Iterator[str]:
        for child in node:
            match name_of(child):
                case "p":
                    yield from self._paragraph(child)
                case "tbl":
                    yield from tables.lines_of(list(self._rows(child)), has_header=_has_header(child))
                case name if name not in _SKIPPED:
                    yield from self._blocks(child)

    def _paragraph(self, node: ET.Element) -> Iterator[str]:
        boxes: list[ET.Element] = []
        text = "".join(self._inline(node, boxes))
        label = self._lists.label(node) if text.strip() else ""
        yield f"{label} {text}" if label else text
        for box in boxes:
            yield from self._blocks(box)

    def _inline(self, node: ET.Element, boxes: list[ET.Element]) -> Iterator[str]:
        for child in node:
            name = name_of(child)
            if name == "t":
                yield child.text or ""
            elif name == "txbxContent":
                boxes.append(child)
            elif name.removesuffix("Reference") in _NOTES:
                key = (name.removesuffix("Reference"), attribute(child, "id"))
                yield f"[^{self._number(key)}]" if key in self._notes else ""
            elif name not in _SKIPPED:
                yield _SIGNS.get(name, "")
                yield from self._inline(child, boxes)

    def _rows(self, table: ET.Element) -> Iterator[list[str]]:
        for row in _unwrapped(table, "tr"):
            cells: list[str] = []
            for cell in _unwrapped(row, "tc"):
                wide = next((int(attribute(span, "val") or 1) for span in _properties(cell, "gridSpan")), 1)
                cells += ["\n".join(self._blocks(cell)), *[""] * (min(wide, 100) - 1)]
            yield cells


def _unwrapped(node: ET.Element, name: str) -> Iterator[ET.Element]:
    """The rows of a table or cells of a row, also those inside a content control."""
    for child in node:
        if name_of(child) == name:
            yield child
        elif name_of(child) not in _SKIPPED:
            yield from _unwrapped(child, name)


def _properties(node: ET.Element, name: str) -> Iterator[ET.Element]:
    return (found for part in node if name_of(part) in _SKIPPED for found in children(part, name))


def _has_header(table: ET.Element) -> bool:
    """Whether the first row is said to be a header: repeated on each page, or drawn as one."""
    first = next(inside(table, "tr"), ET.Element("tr"))
    repeated = any(attribute(mark, "val") not in ("0", "false", "off") for mark in _properties(first, "tblHeader"))
    return repeated or any(
        attribute(look, "firstRow") in _ON or int(attribute(look, "val") or "0", 16) & _FIRST_ROW
        for look in _properties(table, "tblLook")
    )

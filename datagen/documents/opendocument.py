"""OpenDocument texts, sheets and slides: one tree of XML for all three."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from datagen.documents import tables
from datagen.documents.archives import MOST_BYTES, Archive, attribute, children, inside, name_of
from datagen.documents.numbering import BULLET, drawn
from datagen.documents.pieces import NEEDS_OCR, Bad, Piece, Text
from datagen.errors import FormatError

_SKIPPED = frozenset({"annotation", "tracked-changes", "deletion", "ruby-text", "forms", "scripts", "object"})
_OF_PICTURES = "{urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0}"  # their titles and descriptions
_FORMS = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman", "": "none"}
_MOST_SPACES = 1000  # in a row


def read_opendocument(path: Path) -> Iterator[Piece]:
    """Paragraphs, rows of tables and notes; sheets and slides by name."""
    with Archive(path) as archive:
        if "content.xml" not in archive:
            raise FormatError("no part 'content.xml' in it: this is no OpenDocument file")
        if _is_encrypted(archive):
            raise FormatError("it is encrypted; save it without a password")
        styles = [archive.xml("styles.xml")] if "styles.xml" in archive else []
        root = archive.xml("content.xml")
        has_pictures = any(name.startswith("Pictures/") for name in archive)
    document = _Document([*styles, root])
    lines = [*document.blocks(next(inside(root, "body"), root)), *document.notes]
    yield from document.bad
    for kind, name in (("comments", "annotation"), ("embedded objects", "object")):
        if count := sum(1 for _ in inside(root, name)):
            yield Bad(f"#{kind}", f"not read: {count} {'part' if count == 1 else 'parts'} of this kind")
    text = "\n".join(lines).strip("\n")
    if text.strip() or not (has_pictures or document.bad):
        yield Text("", text)
    elif not document.bad:
        yield Bad("", NEEDS_OCR)


def _is_encrypted(archive: Archive) -> bool:
    manifest = "META-INF/manifest.xml"
    return manifest in archive and any(True for _ in inside(archive.xml(manifest), "encryption-data"))


class _Document:
    def __init__(self, roots: list[ET.Element]) -> None:
        self._styles = {attribute(style, "name"): style for root in roots for style in inside(root, "list-style")}
        self._ends: dict[str, int] = {}  # the last number of a list, by its style and by its id
        self._slides = 0
        self.notes: list[str] = []
        self.bad: list[Bad] = []

    def blocks(self, node: ET.Element) -> Iterator[str]:
        for child in node:
            match name_of(child):
                case "p" | "h":
                    yield from self._paragraph(child)
                case "list":
                    yield from self._items(child, attribute(child, "style-name"), [])
                case "spreadsheet":
                    for sheet in children(child, "table"):
                        lines = tables.lines_of_sheet(list(self._rows(sheet)))
                        yield from ["", f"Sheet {attribute(sheet, 'name')}", *lines]
                        for shapes in children(sheet, "shapes"):
                            yield from self.blocks(shapes)
                case "table":
                    has_header = any(True for _ in children(child, "table-header-rows"))
                    yield from tables.lines_of(list(self._rows(child)), has_header=has_header)
                case "page":
                    yield from self._slide(child)
                case _ if not _is_skipped(child):
                    yield from self.blocks(child)

    def _slide(self, page: ET.Element) -> Iterator[str]:
        self._slides += 1
        titles = [frame for frame in children(page, "frame") if attribute(frame, "class") == "title"]
        title = " ".join(" ".join(line for frame in titles for line in self.blocks(frame)).split())
        lines = [line for shape in page if shape not in titles for line in self._single(shape) if line.strip()]
        if not title and not lines and any(True for _ in inside(page, "image")):
            self.bad.append(Bad(f"#slide {self._slides}", NEEDS_OCR))
        else:
            yield from ["", f"Slide {self._slides}: {title}" if title else f"Slide {self._slides}", *lines]

    def _single(self, shape: ET.Element) -> Iterator[str]:
        holder = ET.Element("holder")
        holder.append(shape)
        lines = list(self.blocks(holder))
        if name_of(shape) == "notes":
            lines = [line for line in lines if line.strip()]
            lines[:1] = [f"Notes: {line}" for line in lines[:1]]
        yield from lines

    def _paragraph(self, node: ET.Element, label: str = "") -> Iterator[str]:
        boxes: list[ET.Element] = []
        text = "".join(self._inline(node, boxes))
        yield f"{label} {text}" if label and text.strip() else text
        for box in boxes:
            yield from self._single(box)

    def _inline(self, node: ET.Element, boxes: list[ET.Element]) -> Iterator[str]:
        yield _words(node.text)
        for child in node:
            match name_of(child):
                case "s":
                    yield " " * min(int(attribute(child, "c") or 1), _MOST_SPACES)
                case "tab":
                    yield "\t"
                case "line-break":
                    yield "\n"
                case "note":
                    yield self._note(child)
                case "text-box" | "table":
                    boxes.append(child)
                case _ if not _is_skipped(child):
                    yield from self._inline(child, boxes)
            yield _words(child.tail)

    def _note(self, node: ET.Element) -> str:
        place = len(self.notes)
        self.notes.append("")
        text = " ".join(line for body in children(node, "note-body") for line in self.blocks(body)).strip()
        self.notes[place] = f"[^{place + 1}] {text}"
        return f"[^{place + 1}]"

    def _items(self, node: ET.Element, style: str, above: list[int]) -> Iterator[str]:
        continued = attribute(node, "continue-list") or (attribute(node, "continue-numbering") == "true" and style)
        counts = [*above, self._ends.get(continued or "", self._level(style, len(above))[1] - 1)]
        for item in node:
            if name_of(item) not in ("list-item", "list-header"):
                continue
            counts[-1] += name_of(item) == "list-item"
            label = self._label(style, counts) if name_of(item) == "list-item" else ""
            for child in item:
                if name_of(child) in ("p", "h"):
                    yield from self._paragraph(child, label)
                    label = ""
                elif name_of(child) == "list":
                    yield from self._items(child, attribute(child, "style-name") or style, counts)
                else:
                    yield from self._single(child)
        self._ends.update({name: counts[-1] for name in (style, attribute(node, "id")) if name and not above})

    def _level(self, style: str, level: int) -> tuple[ET.Element | None, int]:
        """How a level of a list is drawn, and the number that it begins with."""
        levels = list(self._styles[style]) if style in self._styles else []
        found = next((node for node in levels if attribute(node, "level") == str(level + 1)), None)
        return found, 1 if found is None else int(attribute(found, "start-value") or 1)

    def _label(self, style: str, counts: list[int]) -> str:
        level = self._level(style, len(counts) - 1)[0]
        if level is None or name_of(level) != "list-level-style-number":
            return BULLET
        shown = min(int(attribute(level, "display-levels") or 1), len(counts))
        form = _FORMS.get(attribute(level, "num-format"), "decimal")
        number = ".".join(drawn(count, form) for count in counts[-shown:])
        return attribute(level, "num-prefix") + number + attribute(level, "num-suffix")

    def _rows(self, table: ET.Element) -> Iterator[list[str]]:
        for child in table:
            match name_of(child):
                case "table-row":
                    row = self._cells(child)
                    yield from [row] * _copies(child, "number-rows-repeated", sum(map(len, row)))
                case "table-header-rows" | "table-rows" | "table-row-group":
                    yield from self._rows(child)

    def _cells(self, row: ET.Element) -> list[str]:
        """The cells up to the last filled one; what a merged cell covers is empty."""
        cells: list[str] = []
        empty = 0
        for cell in row:
            text = "\n".join(self.blocks(cell)) if name_of(cell) == "table-cell" else ""
            text = text if text.strip() else attribute(cell, "value")
            copies = _copies(cell, "number-columns-repeated", len(text))
            if text:
                cells += [*[""] * empty, *[text] * copies]
            empty = 0 if text else empty + int(attribute(cell, "number-columns-repeated") or 1)
        return cells


def _copies(node: ET.Element, name: str, characters: int) -> int:
    """How often a row or cell stands in its table; once where it is empty, as programs fill sheets up to their end."""
    copies = int(attribute(node, name) or 1) if characters else 1
    if copies * characters > MOST_BYTES:
        raise FormatError(f"{copies:,} copies of one cell or row unpack to more than {MOST_BYTES:,} characters")
    return copies


def _is_skipped(node: ET.Element) -> bool:
    return name_of(node) in _SKIPPED or node.tag.startswith(_OF_PICTURES)


def _words(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "")  # spaces that count are elements of their own

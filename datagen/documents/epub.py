"""Books in EPUB: the chapters in reading order, each a page of HTML."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from pathlib import Path

from datagen.documents.archives import Archive, attribute, inside, member
from datagen.documents.pieces import NEEDS_OCR, Bad, Part, Piece, Text
from datagen.documents.webpage import visible_text
from datagen.errors import FormatError

_CONTAINER, _ENCRYPTION = "META-INF/container.xml", "META-INF/encryption.xml"
_PICTURES = (b"<img", b"<image", b":image")


def read_epub(path: Path) -> Iterator[Piece]:
    """The book as one text that begins with its title; chapters that cannot be read are listed by their names."""
    with Archive(path) as archive:
        if _CONTAINER not in archive:
            raise FormatError(f"no part {_CONTAINER!r} in it: this is no book in EPUB")
        package = next((attribute(node, "full-path") for node in inside(archive.xml(_CONTAINER), "rootfile")), "")
        if package not in archive:
            raise FormatError(f"its package {package!r} is not in the file")
        root = archive.xml(package)
        titles = [node.text.strip() for node in inside(root, "title") if node.text]
        items = {attribute(node, "id"): attribute(node, "href") for node in inside(root, "item")}
        folder = posixpath.dirname(package)
        locked = _encrypted(archive)
        chapters: list[Text] = []
        for order in inside(root, "itemref"):
            name = member(folder, items.get(attribute(order, "idref"), attribute(order, "idref")))
            piece = _chapter(archive, name, is_locked=name in locked)
            if isinstance(piece, Bad):
                yield piece
            elif piece.text.strip():
                chapters.append(piece)
    if chapters:
        parts = (Part(chapter.mark.lstrip("#"), len(chapter.text.strip())) for chapter in chapters)
        yield Text("", "\n\n".join([*titles[:1], *(chapter.text.strip() for chapter in chapters)]), tuple(parts))


def _encrypted(archive: Archive) -> set[str]:
    if _ENCRYPTION not in archive:
        return set()
    return {member("", attribute(node, "URI")) for node in inside(archive.xml(_ENCRYPTION), "CipherReference")}


def _chapter(archive: Archive, name: str, *, is_locked: bool) -> Text | Bad:
    if is_locked:
        return Bad(f"#{name}", "it is encrypted")
    if name not in archive:
        return Bad(f"#{name}", "it is not in the file")
    try:
        page = archive.read(name)
        text = visible_text(page, with_title=False)
    except FormatError as error:
        return Bad(f"#{name}", str(error))
    if not text.strip() and any(mark in page for mark in _PICTURES):
        return Bad(f"#{name}", NEEDS_OCR)
    return Text(f"#{name}", text)

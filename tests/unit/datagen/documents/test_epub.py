"""Books: chapters in reading order, and each that cannot be read by its name."""

from __future__ import annotations

import zipfile
from pathlib import Path

from datagen.documents.parse import parse


def write(path: Path, chapters: dict[str, str], *, title: str = "Rules", **parts: str) -> Path:
    """A book of these chapters in the order in which they are given, stored in the opposite one."""
    items = "".join(f'<item id="i{n}" href="text/{name.replace(" ", "%20")}"/>' for n, name in enumerate(chapters))
    order = "".join(f'<itemref idref="i{number}"/>' for number in range(len(chapters)))
    package = (
        f'<package xmlns="p" xmlns:dc="dc"><metadata><dc:title>{title}</dc:title></metadata>'
        f"<manifest>{items}</manifest><spine>{order}</spine></package>"
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr("META-INF/container.xml", '<c xmlns="c"><rootfile full-path="OEBPS/book.opf"/></c>')
        archive.writestr("OEBPS/book.opf", package)
        for name, page in reversed(chapters.items()):
            if page:
                archive.writestr(f"OEBPS/text/{name}", page)
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/"), data)
    return path


def page(body: str) -> str:
    head = '<?xml version="1.0" encoding="utf-8"?><!DOCTYPE html><html xmlns="http://www.w3.org/1999/xhtml">'
    return f"{head}<head><title>Rules</title></head><body>{body}</body></html>"


def test_chapters_are_read_in_their_order_below_the_title_of_the_book(tmp_path):
    chapters = {"z.xhtml": page("<h1>One</h1><p>Sign in.</p>"), "a b.xhtml": page("<p>Sign out.</p>")}
    parsed = parse(write(tmp_path / "a.epub", chapters), "a.epub")
    assert [document.text for document in parsed.documents] == ["Rules\n\nOne\n\nSign in.\n\nSign out."]
    assert parsed.unreadable == []


def test_each_chapter_that_cannot_be_read_is_listed_and_the_others_are_read(tmp_path):
    chapters = {
        "cover.xhtml": page('<img src="cover.png"/>'),
        "gone.xhtml": "",
        "locked.xhtml": page("<p>?</p>"),
        "end.xhtml": page("<p>End.</p>"),
    }
    locked = '<e xmlns="e"><CipherReference URI="OEBPS/text/locked.xhtml"/></e>'
    parsed = parse(write(tmp_path / "a.epub", chapters, **{"META-INF__encryption.xml": locked}), "a")
    assert [document.text for document in parsed.documents] == ["Rules\n\nEnd."]
    assert parsed.unreadable == [
        ("a#OEBPS/text/cover.xhtml", "a picture without text: a scan needs OCR"),
        ("a#OEBPS/text/gone.xhtml", "it is not in the file"),
        ("a#OEBPS/text/locked.xhtml", "it is encrypted"),
    ]


def test_a_chapter_whose_bytes_are_damaged_is_listed(tmp_path):
    path = write(tmp_path / "a.epub", {"a.xhtml": page("<p>Sign in.</p>"), "b.xhtml": page("<p>Sign out.</p>")})
    path.write_bytes(path.read_bytes().replace(b"Sign in.", b"Sign it."))
    parsed = parse(path, "a")
    assert [document.text for document in parsed.documents] == ["Rules\n\nSign out."]
    assert parsed.unreadable[0].path == "a#OEBPS/text/a.xhtml"
    assert "cannot be unpacked: Bad CRC-32" in parsed.unreadable[0].reason


def test_a_zip_that_is_no_book_is_listed(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.epub", "w") as archive:
        archive.writestr("other.txt", "?")
    assert "no book in EPUB" in parse(tmp_path / "a.epub", "a").unreadable[0].reason

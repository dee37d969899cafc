"""Read source documents of every common kind into text. What cannot be read is listed, and the rest goes on."""

from __future__ import annotations

import csv
import hashlib
import unicodedata
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from datagen.documents.pieces import Bad, LeftOut, Part, Piece, Text
from datagen.documents.readers import INSTEAD, READERS, Reader
from datagen.errors import FormatError, MissingExtraError
from datagen.types import Document
from datagen.validate.walk import has_lone_surrogate
from rewards.types import JSON

# What the readers' libraries raise over a broken file; Pdfium's and zipfile's own errors are RuntimeErrors.
_BROKEN = (
    ValueError, RuntimeError, EOFError, LookupError, csv.Error, zlib.error, zipfile.BadZipFile, ET.ParseError,
    MissingExtraError,
)  # fmt: skip
_EMPTY = "no text in it"


class Unreadable(NamedTuple):
    """A file, or a row or page of one, that could not be read, and why."""

    path: str
    reason: str


class FileAccount(NamedTuple):
    """What became of a file: its reader, the documents and pages read from it, and what is in none of them."""

    file: str
    reader: str
    documents: int
    characters: int
    parts: list[Part]
    not_read: list[Unreadable]
    left_out: list[LeftOut]

    def row(self) -> dict[str, JSON]:
        """The account as a line of JSON; places are named within the file."""
        read: dict[str, JSON] = {"file": self.file, "reader": self.reader, "documents": self.documents}
        parts: list[JSON] = [{key: value for key, value in part._asdict().items() if value} for part in self.parts]
        missing: list[JSON] = [
            {"part": item.path.removeprefix(self.file).lstrip("#"), "reason": item.reason} for item in self.not_read
        ]
        left_out: list[JSON] = [
            {"part": item.mark.lstrip("#"), "reason": item.reason, "characters": item.characters}
            for item in self.left_out
        ]
        rest: dict[str, JSON] = {"parts": parts, "not_read": missing, "left_out": left_out}
        return {**read, "characters": self.characters, **{key: value for key, value in rest.items() if value}}


class Parsed(NamedTuple):
    """The documents by path, what is none, and the account of the file."""

    documents: list[Document]
    unreadable: list[Unreadable]
    account: FileAccount


def files_in(folder: Path) -> list[Path]:
    """The files below a folder by path, and its links to folders or to nothing, which `parse` lists.

    What is hidden, or in a hidden folder, is left out.
    """
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))


def parse(path: Path, name: str, *, ocr: bool = False) -> Parsed:
    """The documents of one file: one, or one per row of a table; whatever holds no text is listed with the reason.

    With `ocr`, scanned pages and pictures are read by text recognition, which needs the extra of that name.
    """
    documents: list[Document] = []
    unreadable: list[Unreadable] = []
    parts: list[Part] = []
    left_out: list[LeftOut] = []
    reader = READERS.get(path.suffix.lower())
    for piece in map(_with_text, _pieces(path, reader, ocr=ocr)):
        match piece:
            case Text():
                documents.append(_document(f"{name}{piece.mark}", piece.text, path.suffix))
                parts += piece.parts
            case Bad():
                unreadable.append(Unreadable(f"{name}{piece.mark}", piece.reason))
            case LeftOut():
                left_out.append(piece)
    if not documents and not unreadable:
        unreadable.append(Unreadable(name, _EMPTY))
    characters = sum(len(document.text) for document in documents)
    by = reader.name if reader and documents else ""
    return Parsed(
        documents,
        unreadable,
        FileAccount(name, by, len(documents), characters, parts, unreadable, left_out),
    )


def _pieces(path: Path, reader: Reader | None, *, ocr: bool) -> Iterator[Piece]:
    if path.is_dir():
        yield Bad("", "a link to a folder, which is not followed; copy its files or name that folder")
        return
    if reader is None:
        instead = INSTEAD.get(path.suffix.lower(), f"known are {', '.join(sorted(READERS))}")
        yield Bad("", f"unknown kind {path.suffix!r}; {instead}")
        return
    try:
        yield from reader.read_with_ocr(path) if ocr and reader.read_with_ocr else reader.read(path)
    except FormatError as error:
        yield Bad("", str(error))
    except OSError as error:
        yield Bad("", error.strerror or str(error))
    except RecursionError:
        yield Bad("", "its elements are nested too deeply")
    except _BROKEN as error:
        yield Bad("", f"{type(error).__name__}: {error}")


def _with_text(piece: Piece) -> Piece:
    if not isinstance(piece, Text):
        return piece
    if not piece.text.strip():
        return Bad(piece.mark, _EMPTY)
    return Bad(piece.mark, "half of a surrogate pair is not text") if has_lone_surrogate(piece.text) else piece


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _document(name: str, text: str, suffix: str) -> Document:
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    clean = unicodedata.normalize("NFC", lines)
    return Document(
        name, clean, hashlib.sha256(clean.encode("utf-8")).hexdigest(), _MEDIA.get(suffix.lower(), "text/plain")
    )


_MEDIA = {
    ".md": "text/markdown",
    ".html": "text/html",
    ".htm": "text/html",
    ".pdf": "application/pdf",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".jsonl": "application/jsonl",
}

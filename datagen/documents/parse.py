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

from datagen.documents.pieces import Bad, Piece, Text
from datagen.documents.readers import READERS
from datagen.errors import FormatError, MissingExtraError
from datagen.types import Document
from datagen.validate.walk import has_lone_surrogate

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


class Parsed(NamedTuple):
    """The documents by path, and what is none."""

    documents: list[Document]
    unreadable: list[Unreadable]


def files_in(folder: Path) -> list[Path]:
    """The files below a folder by path, and its links to folders or to nothing, which `parse` lists.

    What is hidden, or in a hidden folder, is left out.
    """
    found = (path for path in folder.rglob("*") if path.is_file() or path.is_symlink())
    return sorted(path for path in found if not _is_hidden(path.relative_to(folder)))


def parse(path: Path, name: str) -> Parsed:
    """The documents of one file: one, or one per row of a table; whatever holds no text is listed with the reason."""
    parsed = Parsed([], [])
    for piece in map(_with_text, _pieces(path)):
        if isinstance(piece, Text):
            parsed.documents.append(_document(f"{name}{piece.mark}", piece.text, path.suffix))
        else:
            parsed.unreadable.append(Unreadable(f"{name}{piece.mark}", piece.reason))
    return parsed if any(parsed) else Parsed([], [Unreadable(name, _EMPTY)])


def _pieces(path: Path) -> Iterator[Piece]:
    if path.is_dir():
        yield Bad("", "a link to a folder, which is not followed; copy its files or name that folder")
        return
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        yield Bad("", f"unknown kind {path.suffix!r}; known are {', '.join(sorted(READERS))}")
        return
    try:
        yield from reader(path)
    except FormatError as error:
        yield Bad("", str(error))
    except OSError as error:
        yield Bad("", error.strerror or str(error))
    except RecursionError:
        yield Bad("", "its elements are nested too deeply")
    except _BROKEN as error:
        yield Bad("", f"{type(error).__name__}: {error}")


def _with_text(piece: Piece) -> Piece:
    if isinstance(piece, Bad):
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

"""Documents that are zip archives of XML, opened so that no file of a few kilobytes fills the memory."""

from __future__ import annotations

import posixpath
import re
import xml.etree.ElementTree as ET
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import unquote

from datagen.documents.pieces import Bad
from datagen.errors import FormatError

MOST_BYTES = 256 << 20  # of text in one document; a novel has one megabyte, a zip bomb a thousand
# A cut or foreign stream, a wrong checksum, a method that Python lacks, a password
_BROKEN = (zlib.error, zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError)
_NOT_READ = {
    "comments": re.compile(r"/(comments\d*|comment\d+|threadedComment\d*|modernComment_[^/]*)\.xml$"),
    "charts": re.compile(r"/charts/chart[^/]*\.xml$"),
    "diagrams": re.compile(r"/diagrams/data[^/]*\.xml$"),
    "embedded files": re.compile(r"/(embeddings/[^/]+|afchunk[^/]*)$"),
}


class Archive:
    """The members of a document by name, at most `MOST_BYTES` of them unpacked."""

    def __init__(self, path: Path) -> None:
        self._zip = zipfile.ZipFile(path)
        self._unpacked_bytes = 0

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._zip.close()

    def __contains__(self, name: str) -> bool:
        return name in self._zip.NameToInfo

    def __iter__(self) -> Iterator[str]:
        return iter(self._zip.namelist())

    def reserve(self, name: str) -> None:
        """Count a member that is going to be unpacked; raises `FormatError` where that would be too much."""
        self._unpacked_bytes += self._zip.getinfo(name).file_size  # zipfile stops there, whatever the member holds
        if self._unpacked_bytes > MOST_BYTES:
            raise FormatError(f"its text unpacks to {self._unpacked_bytes:,} bytes; at most {MOST_BYTES:,} are read")

    def read(self, name: str) -> bytes:
        """The bytes of a member."""
        self.reserve(name)
        return self.peek(name)

    def peek(self, name: str) -> bytes:
        """The bytes of a member that is counted already."""
        try:
            return self._zip.read(name)
        except _BROKEN as error:
            raise FormatError(f"its part {name!r} cannot be unpacked: {error}") from error

    def xml(self, name: str) -> ET.Element:
        """The root of a member; raises `FormatError` where it declares entities, which no office program writes."""
        try:
            return ET.fromstring(self.read(name), ET.XMLParser(target=_WithoutDoctype()))  # noqa: S314 -- no DTD passes
        except ET.ParseError as error:
            raise FormatError(f"its part {name!r} is not XML: {error}") from error

    def targets(self, name: str) -> dict[str, tuple[str, str]]:
        """What a part of an Office file refers to: by id, the last word of the relation's type and the member."""
        folder, base = posixpath.split(name)
        relations = f"{folder}/_rels/{base}.rels".lstrip("/")
        if relations not in self:
            return {}
        return {
            node.get("Id", ""): (node.get("Type", "").rpartition("/")[2], member(folder, node.get("Target", "")))
            for node in self.xml(relations)
            if node.get("TargetMode") != "External"
        }


class _WithoutDoctype(ET.TreeBuilder):
    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise FormatError(f"it declares a document type, {name!r}, which could hold entities without end; save it anew")


def member(folder: str, target: str) -> str:
    """The name of the member that a reference from a folder leads to.

    >>> member("OEBPS/text", "../images/a%20b.png#top"), member("ppt", "/ppt/slides/slide1.xml")
    ('OEBPS/images/a b.png', 'ppt/slides/slide1.xml')
    """
    return posixpath.normpath(posixpath.join("/", folder, unquote(target.partition("#")[0]))).lstrip("/")


def name_of(node: ET.Element) -> str:
    """The name of an element without its namespace, which differs between the two dialects of Office."""
    return node.tag.rpartition("}")[2]


def attribute(node: ET.Element, name: str) -> str:
    """An attribute by its name without namespace, empty where it is not there."""
    return next((value for key, value in node.items() if key.rpartition("}")[2] == name), "")


def children(node: ET.Element, name: str) -> Iterator[ET.Element]:
    """The children of that name."""
    return (child for child in node if name_of(child) == name)


def inside(node: ET.Element, name: str) -> Iterator[ET.Element]:
    """Every element of that name below the node, and the node itself."""
    return (found for found in node.iter() if name_of(found) == name)


def parts_not_read(names: Iterable[str]) -> Iterator[Bad]:
    """The kinds of parts of an Office file that hold text and are no part of the document's."""
    names = list(names)
    for kind, pattern in _NOT_READ.items():
        if count := sum(bool(pattern.search(name)) for name in names):
            yield Bad(f"#{kind}", f"not read: {count} {'part' if count == 1 else 'parts'} of this kind")

"""One reader per kind of source document: the texts in a file, and the parts of it that cannot be read.

A reader goes on behind a bad row or page; it raises only where nothing more of the file can be read.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import re
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple, TypeAlias

from datagen.errors import FormatError, MissingExtraError

TEXT_FIELD = "text"  # the column or key that tables hold their documents under


class Text(NamedTuple):
    """A text in a file; `mark` says where in it, such as ``#3`` for the third row, and is empty for the whole."""

    mark: str
    text: str


class Bad(NamedTuple):
    """A part of a file that cannot be read, and why."""

    mark: str
    reason: str


Piece: TypeAlias = Text | Bad
_LINE_ENDS = re.compile(r"\r\n?")
_BLOCK_NAMES = (
    "address article blockquote body br dd div dl dt figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol "
    "p pre section table td th tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg", "title"})
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_WORD_XML = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = {f"{_WORD_XML}tab": "\t", f"{_WORD_XML}br": "\n", f"{_WORD_XML}cr": "\n"}
_LONGEST_FIELD = 1 << 30  # characters; Python's default of 131,072 is less than a long document


def decoded(data: bytes, *, otherwise: str = "") -> str:
    """Text in UTF-8, or UTF-16 where the first bytes say so, with line feeds alone as line ends.

    Where it is not UTF-8, `otherwise` names the encoding; without it, `FormatError` says where and what would help.
    """
    is_utf_16 = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    try:
        text = data.decode("utf-16" if is_utf_16 else "utf-8-sig")
    except UnicodeDecodeError as error:
        if not otherwise:
            line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start : error.start + 1]
            hint = "convert the file, for example with iconv -f latin1 -t utf-8"
            raise FormatError(f"line {line}: {byte!r} is not {error.encoding.upper()}; {hint}") from error
        text = data.decode(otherwise)
    return _LINE_ENDS.sub("\n", text)


def _read_text(path: Path) -> Iterator[Piece]:
    yield Text("", decoded(path.read_bytes()))


def _read_html(path: Path) -> Iterator[Piece]:
    data = path.read_bytes()
    named = _CHARSET.search(data, 0, 2048)
    page = _Page()
    page.feed(decoded(data, otherwise=named[1].decode() if named else ""))
    page.close()
    lines = (re.sub(r"[ \t\f\v]+", " ", line).strip() for line in "".join(page.parts).split("\n"))
    yield Text("", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n")


class _Page(HTMLParser):
    """The visible text of a page, a line per block."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block starts a line; what is inside a hidden element is skipped."""
        self._hidden += tag in _HIDDEN
        self.parts.append("\n" if tag in _BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self.parts.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        """Text, unless it is hidden."""
        if not self._hidden:
            self.parts.append(data.replace("\n", " "))


def _read_pdf(path: Path) -> Iterator[Piece]:
    """Pages divided by a blank line; a scanned page has no text and would need OCR."""
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "data") from error
    pages = []
    with pypdfium2.PdfDocument(path) as pdf:
        for number in range(len(pdf)):
            try:
                pages.append(pdf[number].get_textpage().get_text_bounded().strip())
            except pypdfium2.PdfiumError as error:
                yield Bad(f"#page {number + 1}", str(error))
    yield Text("", "\n\n".join(page for page in pages if page))


def _read_docx(path: Path) -> Iterator[Piece]:
    with zipfile.ZipFile(path) as archive:
        body = ET.fromstring(archive.read("word/document.xml"))  # noqa: S314 -- expat refuses entity bombs since 2.4.1
    yield Text("", "\n".join("".join(map(_run, line.iter())) for line in body.iter(f"{_WORD_XML}p")))


def _run(node: ET.Element) -> str:
    return (node.text or "") if node.tag == f"{_WORD_XML}t" else _BREAKS.get(node.tag, "")


def _read_jsonl(path: Path) -> Iterator[Piece]:
    for number, line in enumerate(decoded(path.read_bytes()).split("\n"), 1):
        if line.strip():
            yield _json_row(line, number)


def _json_row(line: str, number: int) -> Piece:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        return Bad(f"#{number}", f"not JSON: column {error.colno}: {error.msg}")
    except RecursionError:
        return Bad(f"#{number}", "not JSON: nested too deeply")
    if not isinstance(row, dict):
        return Bad(f"#{number}", f"expected an object, got {type(row).__name__}")
    if TEXT_FIELD not in row:
        return Bad(f"#{number}", f"no key {TEXT_FIELD!r}; its keys are {', '.join(map(repr, row))}")
    return _field(row[TEXT_FIELD], number)


def _read_csv(path: Path) -> Iterator[Piece]:
    csv.field_size_limit(_LONGEST_FIELD)
    rows = csv.DictReader(io.StringIO(decoded(path.read_bytes())))
    _need_field(rows.fieldnames or [TEXT_FIELD])  # a file without a header has no rows either
    for number, row in enumerate(rows, 1):
        yield _field(row[TEXT_FIELD], number)


def _read_parquet(path: Path) -> Iterator[Piece]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "ray") from error
    try:
        table = pyarrow.parquet.ParquetFile(path)
        _need_field(table.schema_arrow.names)
        numbers = range(1, table.metadata.num_rows + 1)
        texts = (text for batch in table.iter_batches(columns=[TEXT_FIELD]) for text in batch.column(0).to_pylist())
        yield from map(_field, texts, numbers)
    except pyarrow.ArrowException as error:
        raise FormatError(str(error)) from error


def _need_field(columns: Sequence[str]) -> None:
    if TEXT_FIELD not in columns:
        raise FormatError(f"no column {TEXT_FIELD!r}; its columns are {', '.join(map(repr, columns))}")


def _field(value: object, number: int) -> Piece:
    if not isinstance(value, str):
        return Bad(f"#{number}", f"expected text under {TEXT_FIELD!r}, got {type(value).__name__}")
    return Text(f"#{number}", value)


READERS: Mapping[str, Callable[[Path], Iterator[Piece]]] = {
    ".txt": _read_text,
    ".md": _read_text,
    ".rst": _read_text,
    ".html": _read_html,
    ".htm": _read_html,
    ".pdf": _read_pdf,
    ".docx": _read_docx,
    ".jsonl": _read_jsonl,
    ".csv": _read_csv,
    ".parquet": _read_parquet,
}

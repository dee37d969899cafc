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
    "p pre section table title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
_CELLS = frozenset({"td", "th"})
_KEPT = "\x1e"  # begins a line whose spaces are kept
_CHARSET = re.compile(rb"<meta[^>]+charset=[\"']?([\w-]+)", re.IGNORECASE)
_WORD_XML = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_BREAKS = {f"{_WORD_XML}tab": "\t", f"{_WORD_XML}br": "\n", f"{_WORD_XML}cr": "\n"}
_NAMES_OF_BROWSERS = {
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
}
_HYPHENS = re.compile("[\u00ad\ufffe\x02]\r?\n?")  # a word that a PDF divides at the end of a line
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONGEST_DOCX_BYTES = 256 << 20  # a novel has one megabyte; a zip bomb a thousand
_LONGEST_FIELD = 1 << 30  # characters; Python's default of 131,072 is less than a long document


def decoded(data: bytes, *, otherwise: str = "") -> str:
    """Text in UTF-8, or UTF-16 where the first bytes say so, with line feeds alone as line ends.

    Where it is not UTF-8, `otherwise` names the encoding; without it, `FormatError` says where and what would help.
    """
    try:
        text = data.decode(_utf_16(data) or "utf-8-sig")
    except UnicodeDecodeError as error:
        if not otherwise:
            line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start : error.start + 1]
            hint = "convert the file, for example with iconv -f latin1 -t utf-8"
            raise FormatError(f"line {line}: {byte!r} is not {error.encoding.upper()}; {hint}") from error
        try:
            text = data.decode(_NAMES_OF_BROWSERS.get(otherwise.lower(), otherwise))
        except LookupError:
            raise FormatError(f"it says that it is in {otherwise!r}, an encoding that nobody knows") from error
    return _LINE_ENDS.sub("\n", text)


def _utf_16(data: bytes) -> str:
    """The name of the encoding where it is UTF-16, with its mark or with a zero in every second byte."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    head = data[:4096]
    zeros = (head[0::2].count(0), head[1::2].count(0))
    if len(head) % 2 or len(head) < 8 or max(zeros) < 0.4 * len(head) / 2 or min(zeros) > 0.05 * len(head) / 2:
        return ""
    return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"


def _read_text(path: Path) -> Iterator[Piece]:
    yield Text("", decoded(path.read_bytes()))


def _read_html(path: Path) -> Iterator[Piece]:
    data = path.read_bytes()
    named = _CHARSET.search(data, 0, 2048)
    page = _Page()
    page.feed(decoded(data, otherwise=named[1].decode() if named else ""))
    page.close()
    lines = (
        line.removeprefix(_KEPT) if line.startswith(_KEPT) else re.sub(r"[ \t\f\v]+", " ", line).strip(" |")
        for line in "".join(page.parts).split("\n")
    )
    yield Text("", re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n")


class _Page(HTMLParser):
    """The visible text of a page: a line per block, a line per row of a table, lines of ``pre`` as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._hidden = 0
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block starts a line, a cell its column; what is inside a hidden element is skipped."""
        self._hidden += tag in _HIDDEN
        self._kept += tag == "pre"
        self.parts.append("\n" if tag in _BLOCKS else " | " if tag in _CELLS else "")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))
        self._kept = max(0, self._kept - (tag == "pre"))
        self.parts.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        """Text, unless it is hidden."""
        if not self._hidden:
            self.parts.append(data.replace("\n", f"\n{_KEPT}") if self._kept else data.replace("\n", " "))


def _read_pdf(path: Path) -> Iterator[Piece]:
    """Pages divided by a blank line; a scanned page has no text and would need OCR."""
    try:
        import pypdfium2
    except ImportError as error:
        raise MissingExtraError("pypdfium2", "data") from error
    pages, scans = [], 0
    with pypdfium2.PdfDocument(path) as pdf:
        for number in range(len(pdf)):
            try:
                page = pdf[number]
                text = _healed(page.get_textpage().get_text_bounded()).strip()
                is_scan = not text and any(page.get_objects(filter=[pypdfium2.raw.FPDF_PAGEOBJ_IMAGE]))
            except pypdfium2.PdfiumError as error:
                yield Bad(f"#page {number + 1}", str(error))
                continue
            if is_scan:
                scans += 1
                yield Bad(f"#page {number + 1}", "a picture without text: a scan needs OCR")
            pages.append(text)
    if any(pages) or not scans:
        yield Text("", "\n\n".join(page for page in pages if page))


def _healed(text: str) -> str:
    """Words that a line's end divides in one piece, and no control characters."""
    return _CONTROLS.sub("", _HYPHENS.sub("", text))


def _read_docx(path: Path) -> Iterator[Piece]:
    with zipfile.ZipFile(path) as archive:
        size_bytes = archive.getinfo("word/document.xml").file_size  # a member ends there, whatever it holds
        if size_bytes > _LONGEST_DOCX_BYTES:
            yield Bad("", f"its text unpacks to {size_bytes:,} bytes; at most {_LONGEST_DOCX_BYTES:,} are read")
            return
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
    """A document per row where there is a column of texts; else the table, each row with its header."""
    csv.field_size_limit(_LONGEST_FIELD)
    text = decoded(path.read_bytes())
    head = text.partition("\n")[0]
    mark = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=head.count)
    rows = csv.DictReader(io.StringIO(text), delimiter=mark)
    if TEXT_FIELD in (rows.fieldnames or [TEXT_FIELD]):  # a file without a header has no rows either
        for number, row in enumerate(rows, 1):
            yield _field(row[TEXT_FIELD], number)
        return
    yield Text("", "\n".join("; ".join(f"{name}: {value}" for name, value in _filled(row)) for row in rows))


def _filled(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name or "more", value) for name, value in row.items() if value not in (None, "", []))


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
    ".tsv": _read_csv,
    ".parquet": _read_parquet,
}

"""One reader per kind of source document: the texts in a file, and the parts of it that cannot be read.

A reader goes on behind a bad row or page; it raises only where nothing more of the file can be read.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from datagen.documents import tables
from datagen.documents.encodings import decoded
from datagen.documents.epub import read_epub
from datagen.documents.mail import read_eml, read_mbox
from datagen.documents.notebook import read_notebook
from datagen.documents.ocr import needs_ocr, read_picture, recognised
from datagen.documents.opendocument import read_opendocument
from datagen.documents.pdf import read_pdf
from datagen.documents.pieces import TEXT_FIELD, Bad, Piece, Text, field
from datagen.documents.sheets import read_xlsx
from datagen.documents.slack import read_json
from datagen.documents.slides import read_pptx
from datagen.documents.webpage import read_html
from datagen.documents.word import read_docx
from datagen.errors import FormatError, MissingExtraError

_QUOTED = re.compile(r'"[^"]*"')
_FIGURE = re.compile(r"\s*-?[\d.,]+\s*")  # a first row of figures names no columns
_LONGEST_FIELD = 1 << 30  # characters; Python's default of 131,072 is less than a long document


def _read_text(path: Path) -> Iterator[Piece]:
    yield Text("", decoded(path.read_bytes()))


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
    return field(row[TEXT_FIELD], f"#{number}")


def _read_csv(path: Path) -> Iterator[Piece]:
    """A document per row where there is a column of texts; else the table, each row with its header."""
    csv.field_size_limit(_LONGEST_FIELD)
    text = decoded(path.read_bytes())
    head = _QUOTED.sub("", text.partition("\n")[0])  # a mark inside quotes divides nothing
    mark = "\t" if path.suffix.lower() == ".tsv" else max(",;\t|", key=head.count)
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    if rows and TEXT_FIELD in rows[0]:
        column = rows[0].index(TEXT_FIELD)
        for number, row in enumerate(rows[1:], 1):
            yield field(row[column] if column < len(row) else None, f"#{number}")
    else:
        yield Text(
            "", "\n".join(tables.lines_of(rows, has_header=bool(rows) and not all(map(_FIGURE.fullmatch, rows[0]))))
        )


def _read_parquet(path: Path) -> Iterator[Piece]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise MissingExtraError("pyarrow", "data") from error
    try:
        table = pyarrow.parquet.ParquetFile(path)
        _need_field(table.schema_arrow.names)
        marks = (f"#{number}" for number in range(1, table.metadata.num_rows + 1))
        texts = (text for batch in table.iter_batches(columns=[TEXT_FIELD]) for text in batch.column(0).to_pylist())
        yield from map(field, texts, marks)
    except pyarrow.ArrowException as error:
        raise FormatError(str(error)) from error


def _need_field(columns: Sequence[str]) -> None:
    if TEXT_FIELD not in columns:
        raise FormatError(f"no column {TEXT_FIELD!r}; its columns are {', '.join(map(repr, columns))}")


class Reader(NamedTuple):
    """What reads a kind of file, by the name that `documents.jsonl` gives it; some can recognise text in pictures."""

    name: str
    read: Callable[[Path], Iterator[Piece]]
    read_with_ocr: Callable[[Path], Iterator[Piece]] | None = None


def _read_pdf_with_ocr(path: Path) -> Iterator[Piece]:
    return read_pdf(path, recognised)


_TEXT = Reader("text", _read_text)
_HTML = Reader("html.parser", read_html)
_DOCX, _XLSX, _PPTX = Reader("docx", read_docx), Reader("openpyxl", read_xlsx), Reader("pptx", read_pptx)
_OPENDOCUMENT, _CSV = Reader("opendocument", read_opendocument), Reader("csv", _read_csv)
_PICTURE = Reader("OCR", needs_ocr, read_picture)
READERS: Mapping[str, Reader] = {
    **dict.fromkeys((".txt", ".text", ".md", ".markdown", ".rst", ".adoc", ".org", ".tex", ".log"), _TEXT),
    **dict.fromkeys((".html", ".htm", ".xhtml"), _HTML),
    ".pdf": Reader("pypdfium2", read_pdf, _read_pdf_with_ocr),
    **dict.fromkeys((".docx", ".docm"), _DOCX),
    **dict.fromkeys((".xlsx", ".xlsm"), _XLSX),
    **dict.fromkeys((".pptx", ".pptm", ".ppsx"), _PPTX),
    **dict.fromkeys((".odt", ".ods", ".odp"), _OPENDOCUMENT),
    ".epub": Reader("epub", read_epub),
    ".eml": Reader("email", read_eml),
    ".mbox": Reader("email", read_mbox),
    ".ipynb": Reader("notebook", read_notebook),
    ".json": Reader("json", read_json),
    **dict.fromkeys((".jsonl", ".ndjson"), Reader("json", _read_jsonl)),
    **dict.fromkeys((".csv", ".tsv"), _CSV),
    ".parquet": Reader("pyarrow", _read_parquet),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp", ".gif"), _PICTURE),
}

_OFFICE = "save it anew as {}, which every office program does"
INSTEAD: Mapping[str, str] = {
    **dict.fromkeys((".doc", ".dot", ".rtf", ".wps", ".pages"), _OFFICE.format(".docx")),
    **dict.fromkeys((".xls", ".xlsb", ".numbers"), _OFFICE.format(".xlsx")),
    **dict.fromkeys((".ppt", ".pps", ".key"), _OFFICE.format(".pptx")),
    **dict.fromkeys((".msg", ".pst"), "save its messages as .eml"),
    **dict.fromkeys((".mobi", ".azw", ".azw3", ".djvu", ".xps"), "convert it to .epub or .pdf"),
    **dict.fromkeys((".zip", ".gz", ".tar", ".7z", ".rar"), "unpack it"),
}

"""Jupyter notebooks: what their authors wrote, cell by cell."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from datagen.documents.encodings import decoded
from datagen.documents.pieces import LeftOut, Part, Piece, Text
from datagen.errors import FormatError


def read_notebook(path: Path) -> Iterator[Piece]:
    """The cells in their order, code between fences; what cells put out is left out."""
    try:
        book: Any = json.loads(decoded(path.read_bytes()))
    except ValueError as error:
        raise FormatError(f"not JSON: {error}") from error
    if not isinstance(book, dict) or not isinstance(cells := book.get("cells"), list):
        raise FormatError("no list of cells in it: this is no notebook of version 4")
    cells = [cell for cell in cells if isinstance(cell, Mapping)]
    texts = [_written(cell) for cell in cells]
    said = [text for text in texts if text]
    yield Text("", "\n\n".join(said), tuple(Part(f"cell {at}", len(text)) for at, text in enumerate(texts, 1) if text))
    if printed := [output for cell in cells for output in cell.get("outputs") or ()]:
        yield LeftOut("", "what its cells put out", len(json.dumps(printed)))


def _written(cell: Mapping[str, Any]) -> str:
    source = cell.get("source")
    text = ("".join(map(str, source)) if isinstance(source, list) else str(source or "")).strip()
    return f"```\n{text}\n```" if text and cell.get("cell_type") == "code" else text

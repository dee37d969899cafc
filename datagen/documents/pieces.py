"""What readers of documents hand over: texts, parts that could not be read, and parts that were left out on purpose."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

TEXT_FIELD = "text"  # the column or key that tables hold their documents under
NEEDS_OCR = "a picture without text: a scan needs OCR"


class Part(NamedTuple):
    """A page, sheet, slide or chapter that was read, and how, where that is not as the others."""

    name: str
    characters: int
    reader: str = ""


class Text(NamedTuple):
    """A text in a file; `mark` says where in it, such as ``#3`` for the third row, and is empty for the whole."""

    mark: str
    text: str
    parts: tuple[Part, ...] = ()


class Bad(NamedTuple):
    """A part of a file that cannot be read, and why."""

    mark: str
    reason: str


class LeftOut(NamedTuple):
    """A part of a file that is left out on purpose, and why."""

    mark: str
    reason: str
    characters: int


Piece: TypeAlias = Text | Bad | LeftOut


def field(value: object, mark: str) -> Piece:
    """The document of one row, which must be text."""
    if not isinstance(value, str):
        return Bad(mark, f"expected text under {TEXT_FIELD!r}, got {type(value).__name__}")
    return Text(mark, value)

"""Pages of HTML to the text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

from datagen.documents.encodings import decoded
from datagen.documents.pieces import Piece, Text

_BLOCK_NAMES = (
    "address article blockquote body br dd div dl dt figcaption footer form h1 h2 h3 h4 h5 h6 header hr li main nav ol "
    "p pre section table title tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
_CELLS = frozenset({"td", "th"})
_KEPT = "\x1e"  # begins a line whose spaces are kept
_CHARSET = re.compile(rb"<(?:meta[^>]+charset|\?xml[^>]+encoding)=[\"']?([\w-]+)", re.IGNORECASE)


def read_html(path: Path) -> Iterator[Piece]:
    """The whole page with its title, in the encoding that it names or proves."""
    yield Text("", visible_text(path.read_bytes()))


def visible_text(page: bytes, *, with_title: bool = True) -> str:
    """A line per block or row of a table, and lines of ``pre`` as they are; its title comes first.

    >>> visible_text(b"<title>Rules</title><p>Sign &amp; leave.<script>x()</script>")
    'Rules\\n\\nSign & leave.\\n'
    """
    named = _CHARSET.search(page, 0, 2048)
    parser = _Page(_HIDDEN if with_title else _HIDDEN | {"title"})
    parser.feed(decoded(page, otherwise=named[1].decode() if named else ""))
    parser.close()
    lines = (
        line.removeprefix(_KEPT) if line.startswith(_KEPT) else re.sub(r"[ \t\f\v]+", " ", line).strip(" |")
        for line in "".join(parser.parts).split("\n")
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


class _Page(HTMLParser):
    def __init__(self, hidden: frozenset[str]) -> None:
        super().__init__()
        self._names = hidden
        self.parts: list[str] = []
        self._hidden = 0
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block starts a line, a cell its column; what is inside a hidden element is skipped."""
        self._hidden += tag in self._names
        self._kept += tag == "pre"
        self.parts.append("\n" if tag in _BLOCKS else " | " if tag in _CELLS else "")

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        self._hidden = max(0, self._hidden - (tag in self._names))
        self._kept = max(0, self._kept - (tag == "pre"))
        self.parts.append("\n" if tag in _BLOCKS else "")

    def handle_data(self, data: str) -> None:
        """Text, unless it is hidden."""
        if not self._hidden:
            self.parts.append(data.replace("\n", f"\n{_KEPT}") if self._kept else data.replace("\n", " "))

"""Pages of HTML to the text that a reader sees."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from datagen.documents import tables
from datagen.documents.encodings import decoded
from datagen.documents.numbering import drawn
from datagen.documents.pieces import Piece, Text

_BLOCK_NAMES = (
    "address article aside blockquote body br button caption dd details div dl dt fieldset figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr legend li main nav ol option p pre section select summary table textarea title "
    "tr ul"
)
_BLOCKS = frozenset(_BLOCK_NAMES.split())
_HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
_CELLS = frozenset({"td", "th"})
_CLOSED = frozenset(
    {"a", "article", "aside", "div", "footer", "form", "header", "nav", "section", "span", "table", "ul"}
)
_FORMS = {"a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}  # of the numbers of a list
_UNSEEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_MOST_DOWN, _MOST_ACROSS = 100, 20  # rows and columns that one cell spans
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
    text = decoded(page, otherwise=named[1].decode() if named else "")
    names = _HIDDEN if with_title else _HIDDEN | {"title"}
    parser = _parsed(text, names, hides=True)
    if parser.is_hidden_at_its_end():  # an element that nobody closes would hide the rest of the page
        parser = _parsed(text, names, hides=False)
    lines = (
        line.removeprefix(_KEPT) if line.startswith(_KEPT) else re.sub(r"[ \t\f\v\xa0]+", " ", line).strip()
        for line in parser.text().replace("\u00ad", "").split("\n")
    )
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def _parsed(text: str, names: frozenset[str], *, hides: bool) -> _Page:
    parser = _Page(names, hides=hides)
    parser.feed(text)
    parser.close()
    return parser


@dataclass(slots=True)
class _Cell:
    """A cell of a table with the rows and columns that it spans."""

    is_header: bool
    down: int
    across: int
    parts: list[str] = field(default_factory=list)

    def text(self) -> str:
        """What is in it, lines of ``pre`` as any others."""
        return "".join(self.parts).replace(_KEPT, "").strip()


@dataclass(slots=True)
class _Table:
    """The rows of a table so far."""

    rows: list[list[_Cell]] = field(default_factory=list)
    is_open: bool = False  # whether a cell of the last row is

    def text(self) -> str:
        """A line per row, each cell beside its header; a table that only places paragraphs is these paragraphs."""
        heads = 0
        while heads < len(self.rows) and all(cell.is_header for cell in self.rows[heads]) and self.rows[heads]:
            heads += 1
        cells = [cell.text() for row in self.rows for cell in row]
        if not heads and any("\n" in text for text in cells):
            return "\n".join(cells)
        grid = _grid(self.rows)
        if 0 < heads < len(grid):
            names = [" ".join(dict.fromkeys(filter(None, column))) for column in zip(*grid[:heads], strict=True)]
            grid = [names, *grid[heads:]]
        return "\n".join(tables.lines_of(grid, has_header=heads > 0))


def _grid(rows: list[list[_Cell]]) -> list[list[str]]:
    """The texts by row and column: what spans rows is in each, and so is a header that spans columns."""
    placed: dict[tuple[int, int], str] = {}
    for down, row in enumerate(rows):
        column = 0
        for cell in row:
            while (down, column) in placed:
                column += 1
            text = cell.text()
            for below in range(down, min(down + cell.down, len(rows))):
                for at in range(column, column + cell.across):
                    placed.setdefault((below, at), text if cell.is_header or at == column else "")
            column += cell.across
    width = 1 + max((column for _, column in placed), default=-1)
    return [[placed.get((down, column), "") for column in range(width)] for down in range(len(rows))]


class _Page(HTMLParser):
    def __init__(self, hidden: frozenset[str], *, hides: bool) -> None:
        super().__init__()
        self._names = hidden
        self._hides = hides  # whether elements are skipped that say that they are hidden
        self._parts: list[str] = []
        self._tables: list[_Table] = []
        self._lists: list[tuple[int, str] | None] = []  # the next number and its form, of the lists that are open
        self._hidden: list[str] = []  # the element that hides, and those of its name inside it
        self._kept = 0

    def is_hidden_at_its_end(self) -> bool:
        """Whether the page ends inside an element that is hidden."""
        return bool(self._hidden)

    def text(self) -> str:
        """The text of the page; tables that nobody closed end with it."""
        while self._tables:
            self._end_table()
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A block starts a line, a cell its column; what is inside a hidden element is skipped."""
        given = dict(attrs)
        if self._hidden:
            self._hidden += [tag] * (tag == self._hidden[0])
            return
        is_unseen = "hidden" in given or _UNSEEN.search(given.get("style") or "") is not None
        if tag in self._names or (is_unseen and self._hides and tag in _CLOSED):
            self._hidden.append(tag)
            return
        self._kept += tag == "pre"
        if tag == "table":
            self._write("\n")
            self._tables.append(_Table())
        elif self._tables and (tag == "tr" or tag in _CELLS):
            self._start_cell(tag, given)
        elif tag in ("ol", "ul"):
            form = _FORMS.get(given.get("type") or "", "decimal")
            self._lists.append((_number(given.get("start"), 1), form) if tag == "ol" else None)
            self._write("\n")
        elif tag in _BLOCKS:
            self._write("\n" + (self._label(given) if tag == "li" else ""))

    def handle_endtag(self, tag: str) -> None:
        """A block ends its line."""
        if self._hidden:
            if tag == self._hidden[0]:
                self._hidden.pop()
            return
        self._kept = max(0, self._kept - (tag == "pre"))
        if tag == "table" and self._tables:
            self._end_table()
        elif self._tables and (tag == "tr" or tag in _CELLS):
            self._tables[-1].is_open = False
        elif tag in _BLOCKS:
            if tag in ("ol", "ul") and self._lists:
                self._lists.pop()
            self._write("\n")

    def handle_data(self, data: str) -> None:
        """Text, unless it is hidden."""
        if not self._hidden:
            self._write(data.replace("\n", f"\n{_KEPT}") if self._kept else data.replace("\n", " "))

    def _write(self, text: str) -> None:
        """To the innermost cell that is open, else to the page."""
        for table in reversed(self._tables):
            if table.is_open:
                table.rows[-1][-1].parts.append(text)
                return
        self._parts.append(text)

    def _start_cell(self, tag: str, given: Mapping[str, str | None]) -> None:
        table = self._tables[-1]
        table.is_open = tag in _CELLS
        if tag == "tr" or not table.rows:
            table.rows.append([])
        if tag in _CELLS:
            down = min(max(1, _number(given.get("rowspan"), 1)), _MOST_DOWN)
            across = min(max(1, _number(given.get("colspan"), 1)), _MOST_ACROSS)
            table.rows[-1].append(_Cell(tag == "th", down, across))

    def _end_table(self) -> None:
        text = self._tables.pop().text()
        self._write(f"{text}\n")

    def _label(self, given: Mapping[str, str | None]) -> str:
        """The number of an item in a list that has numbers."""
        if not self._lists or self._lists[-1] is None:
            return ""
        number, form = self._lists[-1]
        number = _number(given.get("value"), number)
        self._lists[-1] = (number + 1, form)
        return f"{drawn(number, form)}. "


def _number(value: str | None, otherwise: int) -> int:
    return int(value) if value and re.fullmatch(r"\s*-?\d{1,6}\s*", value) else otherwise

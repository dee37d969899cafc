"""Tables out of PDFs: our finder beside pdfplumber's, on pages with known truth and on real files.

    pip install pdfplumber==0.11.10 reportlab==5.1.0
    python benchmarks/pdf_tables.py                  # 12 kinds of tables, 10 each, and 2 of pages without one
    python benchmarks/pdf_tables.py FOLDER ...       # the PDFs of folders too: tables, letters in them, CPU

A row is right where a found row has the same texts in the same order, empty cells aside; a found row that is in no
table of the page is too much. pdfplumber runs with its default (lines on both sides) and, where a page has level lines
alone, as its documentation advises for those: columns by the text.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

Grid = list[list[str]]
WORDS = ["limit", "rate", "day", "customer", "order", "control", "region", "total", "review", "audit", "grant"]
EACH = 10


def grid(rng: Random, rows: int, columns: int, empty: float = 0.0) -> Grid:
    """A header of words, names in the first column, figures and words in the others."""
    head = [f"{rng.choice(WORDS).title()} {column}" for column in range(columns)]
    body = [
        [f"{rng.choice(WORDS)} {row}", *(cell(rng) if rng.random() >= empty else "" for _ in range(columns - 1))]
        for row in range(rows)
    ]
    return [head, *body]


def cell(rng: Random) -> str:
    """A figure or two words."""
    return rng.choice([f"{rng.uniform(0, 9999):,.2f}", f"{rng.randrange(100)} %", " ".join(rng.choices(WORDS, k=2))])


def styles(kind: str, rows: int) -> list[tuple[Any, ...]]:
    """Lines and fills of a kind, as ReportLab writes them."""
    black = (0, 0, 0)
    bold = [("FONTNAME", (0, 0), (-1, 0), "Helvetica-Bold")]
    book = [("LINEABOVE", (0, 0), (-1, 0), 1, black), ("LINEBELOW", (0, 0), (-1, 0), 0.5, black)]
    book.append(("LINEBELOW", (0, -1), (-1, -1), 1, black))
    grey = [("BACKGROUND", (0, row), (-1, row), (0.9, 0.9, 0.9)) for row in range(0, rows, 2)]
    lines = [("GRID", (0, 0), (-1, -1), 0.5, black)]
    return {
        "grid": [*lines, *bold],
        "grid, plain header": lines,
        "grid, empty cells": [*lines, *bold],
        "grid, spans": [*lines, *bold, ("SPAN", (1, 0), (2, 0)), ("SPAN", (0, 2), (0, 3))],
        "grid, lines in cells": [*lines, *bold, ("VALIGN", (0, 0), (-1, -1), "TOP")],
        "book": [*book, *bold],
        "book, figures right": [*book, *bold, ("ALIGN", (1, 0), (-1, -1), "RIGHT")],
        "a line under each row": [("LINEBELOW", (0, 0), (-1, -1), 0.3, black), *bold],
        "fills, no lines": [*grey, *bold],
        "open at the sides": [("INNERGRID", (0, 0), (-1, -1), 0.5, black), *bold],
        "two pages": [*lines, *bold],
        "no lines": bold,
    }[kind]


KINDS = [
    *("grid", "grid, plain header", "grid, empty cells", "grid, spans", "grid, lines in cells", "book"),
    *("book, figures right", "a line under each row", "fills, no lines", "open at the sides", "two pages", "no lines"),
]


def table_page(path: Path, kind: str, rng: Random) -> list[Grid]:
    """A PDF with a paragraph, a table, a paragraph; the truth."""
    from reportlab.lib.styles import getSampleStyleSheet  # type: ignore[import-not-found]  # not of the project
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Table  # type: ignore[import-not-found]

    truth = grid(rng, 70 if kind == "two pages" else rng.randint(3, 12), rng.randint(3, 6), "empty" in kind and 0.3)
    if "spans" in kind:
        truth[0][2], truth[3][0] = "", ""
    written: list[list[Any]] = [list(row) for row in truth]
    look = getSampleStyleSheet()["BodyText"]
    widths = None
    if "lines in" in kind:
        truth = [truth[0], *([row[0], *(f"{text} {text} {text}" for text in row[1:])] for row in truth[1:])]
        written = [truth[0], *([row[0], *(Paragraph(text, look) for text in row[1:])] for row in truth[1:])]
        widths = [70] + [80] * (len(truth[0]) - 1)
    around = [Paragraph(" ".join(rng.choices(WORDS, k=60)).capitalize() + ".", look) for _ in range(2)]
    made = Table(written, colWidths=widths, style=styles(kind, len(truth)), repeatRows=1 if kind == "two pages" else 0)
    SimpleDocTemplate(str(path)).build([around[0], made, around[1]])
    return [truth]


def page_without(path: Path, kind: str, rng: Random) -> list[Grid]:
    """A PDF with a chart or framed paragraphs, and no table."""
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.pdfgen.canvas import Canvas  # type: ignore[import-not-found]
    from reportlab.platypus import Paragraph, SimpleDocTemplate

    if kind == "chart":
        page = Canvas(str(path))
        for bar in range(8):
            page.rect(100 + 40 * bar, 300, 25, rng.randint(20, 300), fill=0)
            page.drawString(100 + 40 * bar, 285, rng.choice(WORDS)[:6])
        for level in range(6):
            page.line(95, 300 + 60 * level, 430, 300 + 60 * level)
            page.drawString(70, 297 + 60 * level, str(level * 20))
        page.save()
    else:
        look = ParagraphStyle("framed", borderWidth=1, borderColor=(0, 0, 0), borderPadding=6, spaceAfter=20)
        texts = [" ".join(rng.choices(WORDS, k=50)) for _ in range(4)]
        SimpleDocTemplate(str(path)).build([Paragraph(text, look) for text in texts])
    return []


def ours(path: Path) -> Iterator[Grid]:
    """The tables of each page as the reader of documents finds them."""
    import pypdfium2

    from datagen.documents.pdf import _glyphs, _rules
    from datagen.documents.ruled import tables_of

    with pypdfium2.PdfDocument(path) as pdf:
        for page in pdf:
            inked = [one for one, way in _glyphs(page, pypdfium2.raw) if one and way == 0]
            rules = _rules(page, pypdfium2.raw) if inked else []
            for table in tables_of(rules, inked) if rules else []:
                yield [*([text] for text in table.title), *table.rows]


def plumbed(path: Path) -> Iterator[Grid]:
    """The same by pdfplumber."""
    import pdfplumber  # type: ignore[import-not-found]  # not of the project

    with pdfplumber.open(path) as pdf:
        for page in pdf.pages:
            found = page.extract_tables()
            if not found and len(page.horizontal_edges) >= 3 and not page.vertical_edges:
                found = page.extract_tables({"vertical_strategy": "text"})
            for table in found:
                yield [[" ".join((text or "").split()) for text in row] for row in table]
            page.close()


class Score(NamedTuple):
    """Rows of the truth, how many were found, and how many were found that it does not have."""

    rows: int
    right: int
    too_many: int


def folded(table: Grid) -> Grid:
    """The table with each cell empty that repeats the one before or above it: where cells are one, some repeat it."""
    rows: Grid = [[], *table]
    return [
        ["" if text in (*row[max(0, at - 1) : at], *above[at : at + 1]) else text for at, text in enumerate(row)]
        for above, row in pairwise(rows)
    ]


def score(truth: list[Grid], found: list[Grid]) -> Score:
    """Rows by their texts in order, empty cells aside; a header that each page repeats counts once."""
    wanted = Counter(tuple(filter(None, row)) for row in chain(*map(folded, truth)))
    got = Counter(tuple(filter(None, row)) for row in chain(*map(folded, found)))
    got.pop((), None)
    right = wanted & got
    head = tuple(filter(None, truth[0][0])) if truth else ()
    return Score(wanted.total(), right.total(), sum(count for row, count in (got - right).items() if row != head))


FINDERS: dict[str, Callable[[Path], Iterator[Grid]]] = {"ours": ours, "pdfplumber": plumbed}


def main() -> None:
    """Print a table of the kinds, and one of the folders."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "page.pdf")
        print(f"{'rows right / all, found too many':<34}" + "".join(f"{name:>24}" for name in FINDERS))
        for kind in [*KINDS, "chart", "frames"]:
            sums = {name: Score(0, 0, 0) for name in FINDERS}
            for number in range(EACH):
                make = table_page if kind in KINDS else page_without
                truth = make(path, kind, Random(f"tables/{kind}/{number}"))
                for name, finder in FINDERS.items():
                    one = score(truth, list(finder(path)))
                    sums[name] = Score(*map(sum, zip(sums[name], one, strict=True)))
            shown = "".join(f"{one.right:>12} / {one.rows}, {one.too_many:>4}" for one in sums.values())
            print(f"{kind:<34}{shown}")
    for folder in sys.argv[1:]:
        compare_files(Path(folder))


def compare_files(folder: Path) -> None:
    """Tables, rows, letters and CPU of each finder on the PDFs of a folder, and the files on which they differ."""
    totals: Counter[tuple[str, str]] = Counter()
    for path in sorted(folder.rglob("*.pdf")):
        found = {}
        for name, finder in FINDERS.items():
            start = time.process_time()
            try:
                tables = list(finder(path))
            except Exception as error:  # noqa: BLE001 -- a file that one of them cannot read, each in its own way
                totals[name, "unreadable"] += 1
                found[name] = type(error).__name__
                continue
            totals[name, "cpu_ms"] += round(1000 * (time.process_time() - start))
            rows = [row for table in tables for row in table if sum(map(bool, row)) > 1]
            totals[name, "tables"] += len(tables)
            totals[name, "rows"] += len(rows)
            found[name] = f"{len(tables)} tables, {len(rows)} rows"
        if len(set(found.values())) > 1:
            print(f"{path.relative_to(folder)}: " + "; ".join(f"{name} {said}" for name, said in found.items()))
    for (name, what), count in sorted(totals.items()):
        print(f"{name:<12}{what:<12}{count:>10,}")


if __name__ == "__main__":
    main()

"""A figure as a reader gets it: a drawing with its caption and its numbers, in a page, as an SVG and as a CSV file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path

from rewards.writing import write_text

SHOWN_ROWS = 100  # of the numbers below a figure in a page; its CSV file holds all
NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


@dataclass(frozen=True)
class Figure:
    """A drawing with its caption and the numbers that it shows; `name` is what its files are called."""

    name: str
    title: str
    caption: str
    svg: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()

    def to_html(self) -> str:
        """The figure in a page."""
        return (
            f'<figure class="chart" id="{escape(self.name, quote=True)}"><figcaption>{escape(self.title)}'
            f"<small>{escape(self.caption)}</small></figcaption>"
            f'<div class="scroll">{self.svg}</div>{self._numbers()}</figure>'
        )

    def _numbers(self) -> str:
        if not self.rows:
            return ""
        head = "".join(f'<th scope="col">{escape(name)}</th>' for name in self.head)
        rows = "".join(f"<tr>{''.join(map(_table_cell, row))}</tr>" for row in self.rows[:SHOWN_ROWS])
        more = len(self.rows) - SHOWN_ROWS
        note = f"<p>{more:,} rows more are in {escape(self.name)}.csv of --figures.</p>" if more > 0 else ""
        return (
            f'<details><summary>Numbers</summary><div class="scroll"><table><thead><tr>{head}</tr></thead>'
            f"<tbody>{rows}</tbody></table></div>{note}</details>"
        )

    def to_svg(self) -> str:
        """A file of its own, with its style, title and caption."""
        style = files("rft.report").joinpath("charts.css").read_text(encoding="utf-8")
        described = f"<title>{escape(self.title)}</title><desc>{escape(self.caption)}</desc><style>{style}</style>"
        opening, rest = self.svg.split(">", 1)
        return _storable(f'{opening} xmlns="http://www.w3.org/2000/svg">{described}{rest}\n')

    def to_csv(self) -> str:
        """The numbers behind the drawing; a cell that a spreadsheet would run begins with an apostrophe."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(map(_cell, self.head))
        writer.writerows(map(_cell, row) for row in self.rows)
        return _storable(text.getvalue())


def write_figures(figures: Sequence[Figure], folder: Path) -> list[Path]:
    """Write each figure as an SVG file, and its numbers as a CSV file beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for figure in figures:
        for suffix, text in ((".svg", figure.to_svg()), (".csv", figure.to_csv())):
            write_text(folder / f"{figure.name}{suffix}", text)
            written.append(folder / f"{figure.name}{suffix}")
    return written


def file_name(model: str) -> str:
    """`model` as part of a file's name.

    >>> file_name("arn:aws/x y")
    'arn-aws-x-y'
    """
    return re.sub(r"[^A-Za-z0-9.-]+", "-", model).strip("-.") or "model"


def _table_cell(value: object) -> str:
    shown = f"{value:.4g}" if isinstance(value, float) else str(value)
    return f"<td>{escape(shown)}</td>"


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    marked = f"'{value}" if value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value
    return marked.replace("\r\n", "\n").replace("\r", "\n")  # `csv` quotes only the line ends that it writes


def _storable(text: str) -> str:
    """`text` as a file can hold it and XML allows it; a model can write lone surrogates and control characters."""
    return NOT_IN_XML.sub("\ufffd", text.encode("utf-8", "replace").decode("utf-8"))

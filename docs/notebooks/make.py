"""Writes the notebooks beside it from their pages: `python docs/notebooks/make.py`.

Text becomes a cell of text, a Python block a cell of code; a block with the name of a file and no text is that file of
the tutorial. No outputs are kept: `make replay` runs every cell.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

HERE: Final = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tests"))

from pages import FENCE, Block, blocks, page  # noqa: E402

NAMES: Final = ("audit", "quickstart")


def cells(text: str) -> Iterator[tuple[bool, str]]:
    """(whether it is code, text) of each cell of a page."""
    tutorial = {block.name: block.text for block in blocks(page("docs/tutorial.md")) if block.name}
    place = 0
    for match in FENCE.finditer(text):
        block = Block(*match.groups())
        if told := text[place : match.start()].strip():
            yield False, told
        yield True, f"%%writefile {block.name}\n{tutorial[block.name]}".rstrip() if block.name else block.text.rstrip()
        place = match.end()
    if told := text[place:].strip():
        yield False, told


def notebook(text: str) -> dict[str, Any]:
    """A page as a notebook of format 4.5."""
    made: list[dict[str, Any]] = []
    for number, (code, told) in enumerate(cells(text)):
        entry: dict[str, Any] = {"cell_type": "code" if code else "markdown", "id": f"cell-{number}", "metadata": {}}
        entry["source"] = re.split(r"(?<=\n)", told)
        made.append({**entry, "execution_count": None, "outputs": []} if code else entry)
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def text_of(name: str) -> str:
    """A notebook as its file holds it."""
    return json.dumps(notebook(page(f"docs/notebooks/{name}.md")), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for each in NAMES:
        (HERE / f"{each}.ipynb").write_text(text_of(each), encoding="utf-8")

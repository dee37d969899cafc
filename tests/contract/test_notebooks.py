"""The notebooks are those of their pages, of a format that Jupyter reads, and keep no outputs."""

from __future__ import annotations

import json
import re
import runpy
import shlex

import pytest

from rft.cli import COMMANDS
from tests.pages import ROOT, page

MAKE = runpy.run_path(str(ROOT / "docs" / "notebooks" / "make.py"))
NAMES = sorted(path.stem for path in (ROOT / "docs" / "notebooks").glob("*.ipynb"))


def code_of(name: str) -> list[str]:
    made = json.loads(page(f"docs/notebooks/{name}.ipynb"))
    return ["".join(cell["source"]) for cell in made["cells"] if cell["cell_type"] == "code"]


def test_every_notebook_has_a_page_and_the_other_way_round() -> None:
    assert sorted(MAKE["NAMES"]) == NAMES == sorted(path.stem for path in (ROOT / "docs" / "notebooks").glob("*.md"))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_that_of_its_page(name: str) -> None:
    assert page(f"docs/notebooks/{name}.ipynb") == MAKE["text_of"](name), "run: python docs/notebooks/make.py"


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_keeps_no_output_and_installs_first(name: str) -> None:
    made = json.loads(page(f"docs/notebooks/{name}.ipynb"))
    assert (made["nbformat"], made["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in made["cells"]}) == len(made["cells"])
    assert all(cell.get("outputs", []) == [] for cell in made["cells"])
    assert code_of(name)[0].startswith("%pip install")


@pytest.mark.parametrize("name", NAMES)
def test_its_code_compiles_and_its_commands_exist(name: str) -> None:
    for code in code_of(name):
        if code.startswith("%%writefile"):
            continue
        compile(re.sub(r"^(\s*)[!%].*$", r"\1pass", code, flags=re.MULTILINE), name, "exec")
        for line in re.findall(r"^\s*!rft (.*)$", code, re.MULTILINE):
            assert shlex.split(line)[0] in COMMANDS

"""What `make docs` lays out: every page of the project stands on the site, and its links lead to pages there."""

from __future__ import annotations

import fnmatch
import re
import runpy
from pathlib import Path
from posixpath import dirname, join, normpath
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SITE: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "site" / "stage.py"))
PLACE: dict[str, str] = SITE["pages"]()
GENERATED = ("api", "commands", "codes", "project")


def test_every_page_stands_in_the_contents() -> None:
    index = (ROOT / "docs" / "site" / "index.md").read_text(encoding="utf-8")
    index = re.sub(r"^.* <(.*)>$", r"\1", index, flags=re.MULTILINE)  # a page under a title of its own
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```", index, re.MULTILINE | re.DOTALL)
    listed = [line for tree in trees for line in tree.splitlines() if line and not line.startswith(":")]
    pages = {place.removesuffix(".md") for place in PLACE.values()} - {"index"}
    pages |= {f"reference/{name}" for name in GENERATED}
    assert [page for page in sorted(pages) if not any(fnmatch.fnmatch(page, one) for one in listed)] == []
    assert [one for one in listed if not fnmatch.filter(pages, one)] == []


@pytest.mark.parametrize("source", PLACE)
def test_the_links_of_a_page_lead_to_pages_of_the_site(source: str) -> None:
    text = SITE["staged"](source, PLACE)
    targets = [match[2] for match in SITE["LINK"].finditer(text) if "://" not in match[2]]
    there = {*PLACE.values(), *(f"reference/{name}.md" for name in GENERATED)}
    assert [target for target in targets if normpath(join(dirname(PLACE[source]), target)) not in there] == []


def test_the_generated_pages_hold_every_command_and_code() -> None:
    from rft.cli import COMMANDS
    from rft.explain import all_codes

    commands, codes = ("".join(SITE[name]()) for name in ("commands", "codes"))
    assert [name for name in COMMANDS if f":prog: rft {name}\n" not in commands] == []
    assert [code for code in all_codes() if f"**`{code}`**" not in codes] == []


def test_the_page_of_the_project_file_explains_its_keys() -> None:
    from rft.project import Project

    page = "".join(SITE["project_keys"]())
    assert [key for key in Project.model_fields if f"\n| `{key}` | " not in page] == []

"""docs/view.md says what the code does: its commands print what they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft

PAGE = (Path(__file__).parents[2] / "docs" / "view.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_commands_of_the_page_print_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = 0
    for kind, name, text in FENCE.findall(PAGE):
        if name:
            (tmp_path / name).write_text(text, encoding="utf-8")
        if kind == "console":
            line, _, shown = text.removeprefix("$ ").partition("\n")
            assert CliRunner().invoke(rft, shlex.split(line.removeprefix("rft "))).output == shown
            run += 1
    assert run == 2
    assert (tmp_path / "view.html").is_file()

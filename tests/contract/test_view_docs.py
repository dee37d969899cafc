"""docs/view.md says what the code does: its commands print what they show."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from tests.pages import page, steps, write_files

PAGE = page("docs/view.md")


def test_the_commands_of_the_page_print_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(PAGE, tmp_path)
    assert len(steps(PAGE)) == 2
    for command, shown in steps(PAGE):
        assert CliRunner().invoke(rft, shlex.split(command.removeprefix("rft "))).output == shown
    assert (tmp_path / "view.html").is_file()

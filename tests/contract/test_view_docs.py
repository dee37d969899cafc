"""docs/view.md says what the code does: its commands print what they show."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from rft.cli import main
from rft.filtering import FACTS, KINDS
from tests.pages import page, steps, write_files

PAGE = page("docs/view.md")


def test_the_commands_of_the_page_print_what_they_show(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    write_files(PAGE, tmp_path)
    assert len(steps(PAGE)) == 5
    for command, shown in steps(PAGE):
        with pytest.raises(SystemExit):
            main(shlex.split(command.removeprefix("rft ")))
        said = capsys.readouterr()
        assert said.out + said.err == shown
    assert (tmp_path / "view.html").is_file()


def test_the_page_names_all_that_a_filter_may_ask_for() -> None:
    for name in [*FACTS, *(f"{kind}." for kind in KINDS)]:
        assert f"`{name}" in PAGE, name

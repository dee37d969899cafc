"""docs/agents.md says what the code does: its files are written, its sessions and commands run."""

from __future__ import annotations

import doctest
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from tests.pages import blocks, page, steps_of

PAGE = page("docs/agents.md")


def test_the_page_does_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in blocks(PAGE):
        if block.name:
            Path(block.name).write_text(block.text, encoding="utf-8")
        elif block.kind == "pycon":
            test = doctest.DocTestParser().get_doctest(block.text, names, "agents.md", "agents.md", 0)
            report: list[str] = []
            doctest.DocTestRunner(verbose=False).run(test, out=report.append, clear_globs=False)
            names = test.globs
            assert report == []
        elif block.kind == "console":
            for line, shown in steps_of(block):
                done = CliRunner().invoke(rft, shlex.split(line.removeprefix("rft ")))
                assert done.exit_code in (0, 1), done.output
                if shown:
                    assert done.output == shown


def test_every_component_of_many_turns_is_on_the_page() -> None:
    from rewards.spec import REWARDS

    many = [name for name, make in REWARDS.items() if make.__module__ == "rewards.components.trajectories"]
    assert len(many) >= 6
    assert [name for name in many if f"`{name}" not in PAGE] == []

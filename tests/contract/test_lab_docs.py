"""docs/lab.md says what the code does: its rollouts are made by its code, its commands print what they show."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from tests.pages import blocks, page, steps

PAGE = page("docs/lab.md")


def test_the_commands_of_the_page_print_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert [block.kind for block in blocks(PAGE)] == ["python", "console", "console"]
    exec(blocks(PAGE)[0].text, {})
    for command, shown in steps(PAGE):
        done = CliRunner().invoke(rft, shlex.split(command.removeprefix("rft ")))
        assert (done.output, done.exit_code) == (shown, 0)
    assert len((tmp_path / "kept.jsonl").read_text(encoding="utf-8").splitlines()) == 92


def test_every_paragraph_of_the_report_is_explained() -> None:
    report = blocks(PAGE)[1].text
    printed = re.findall(r"^([a-z][a-z -]*?)(?::| over \d)", report, re.MULTILINE)
    table = PAGE.partition("## What each paragraph means")[2].partition("\n## ")[0]
    explained = re.findall(r"^\| ([a-z -]+) \|", table, re.MULTILINE)
    assert len(printed) >= 8
    assert [name for name in printed if name not in explained] == []

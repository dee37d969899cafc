"""AGENTS.md is followed to the letter: its files are written, its commands run in turn, and it arrives."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.pages import ROOT, blocks, page, steps_of

PAGE = page("AGENTS.md")
LLMS = page("llms.txt")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Exit status and output of every command, each run after the files above it were written."""
    folder, done = tmp_path_factory.mktemp("agent"), {}
    for block in blocks(PAGE):
        if block.name:
            (folder / block.name).write_text(block.text, encoding="utf-8")
            continue
        for line, _ in steps_of(block):
            command = [sys.executable, "-m", *line.split()]
            environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}
            ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
            done[line] = (ran.returncode, ran.stdout + ran.stderr)
    return done


def test_ten_commands_are_enough_and_each_ends_well(told: dict[str, tuple[int, str]]):
    assert len(told) <= 10
    assert {line: (status, said) for line, (status, said) in told.items() if status != 0} == {}


def test_the_table_becomes_an_audited_reward(told: dict[str, tuple[int, str]]):
    (said,) = (said for line, (_, said) in told.items() if line.startswith("rft audit"))
    assert re.findall(r"^  \d (\w+) +(ok|warnings|notes)", said, re.MULTILINE)[:2] == [
        ("contract", "ok"),
        ("total", "ok"),
    ]
    assert "errors" not in said


def test_the_last_command_is_a_plan_that_lacks_only_what_the_user_knows(told: dict[str, tuple[int, str]]):
    said = [*told.values()][-1][1]
    assert said.startswith("Job ")
    assert set(re.findall(r"error \[([\w-]+)]", said)) == {"placeholder"}


def test_no_command_spends_money(told: dict[str, tuple[int, str]]):
    assert [line for line in told if re.search(r"\b(launch|deploy|import|label|answers)\b", line)] == []


def test_llms_txt_lists_every_page_and_nothing_else():
    pages = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    assert set(re.findall(r"^- \[.+?]\((\S+)\): \S", LLMS, re.MULTILINE)) == pages
    assert (ROOT / "AGENTS.md").is_file()

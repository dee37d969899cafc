"""docs/migrate.md: its files are written, its programs and commands run in turn, its outputs compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT, Step, differences, page, steps, write_files

PAGE = page("docs/migrate.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page, and what the programs make that the page does not show the output of."""
    path = tmp_path_factory.mktemp("migrate")
    write_files(PAGE, path)
    return path


def run(command: str, folder: Path) -> str:
    """What a command of the page prints."""
    program, *arguments = command.split()
    words = [sys.executable, *(["-m", "rft"] if program == "rft" else []), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


@pytest.mark.parametrize("step", steps(PAGE), ids=lambda step: step.command)
def test_a_command_prints_what_the_page_shows(step: Step, folder: Path):
    assert differences(step.shown, run(step.command, folder)) == []


def test_every_export_that_the_page_names_exists():
    import rewards
    from rewards import export

    named = set(re.findall(r"`(?:(as_\w+|to_\w+)\(reward\))`", PAGE))
    assert named == {"as_trl", "as_verl", "to_openai_grader"}
    assert [name for name in named if not hasattr(export, name)] == []
    last = PAGE[PAGE.index("OpenAI's `string_check`") :]
    for name in ("exact_match", "text_similarity", "bleu", "rouge_l", "judge", "expression"):
        assert f"`{name}`" in last
        assert name in rewards.REWARDS

"""docs/judge.md: its verdicts are made by its code, its command prints what it shows."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

from rft.judging.calibrate import AGREEMENT
from rft.judging.injected import ATTACKS, BIASES, ORDER
from tests.pages import ROOT, blocks, page, steps, write_files

PAGE = page("docs/judge.md")


def test_the_command_of_the_page_prints_what_it_shows(tmp_path: Path) -> None:
    write_files(PAGE, tmp_path)
    ((command, shown),) = steps(PAGE)
    assert run(tmp_path, blocks(PAGE)[0].name) == ("", 0)
    assert command.startswith("rft judge calibrate ")
    assert run(tmp_path, "-m", "rft", "judge", "calibrate", *shlex.split(command)[3:]) == (shown, 1)


def run(folder: Path, *words: str) -> tuple[str, int]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    return done.stdout + done.stderr, done.returncode


def test_the_page_counts_the_questions_and_names_the_figures() -> None:
    assert f"{len(BIASES) + 1} × N for biases and {len(ATTACKS)} × B for attacks" in PAGE
    explained = PAGE.partition("## What each paragraph means")[2]
    assert [name for name in [*AGREEMENT, *BIASES, ORDER] if f"`{name.replace('_', ' ')}`" not in explained] == []

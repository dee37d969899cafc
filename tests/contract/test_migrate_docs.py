"""docs/migrate.md: its files are written, its programs and commands run in turn, its outputs compared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "migrate.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
VARYING = re.compile(r"[\d,]+ answers graded")
BUSY = ", total-time"  # growth of time, which a busy machine can seem to show


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of the page, and what the programs make that the page does not show the output of."""
    path = tmp_path_factory.mktemp("migrate")
    for _, name, text in FENCE.findall(PAGE):
        if name:
            (path / name).write_text(text, encoding="utf-8")
    return path


def run(command: str, folder: Path) -> list[str]:
    """The lines that a command of the page prints."""
    program, *arguments = command.split()
    words = [sys.executable, *(["-m", "rft"] if program == "rft" else []), *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80"}
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return [
        VARYING.sub("N answers graded", line.rstrip().replace(BUSY, ""))
        for line in (done.stdout + done.stderr).splitlines()
    ]


SHOWN = [text for kind, _, text in FENCE.findall(PAGE) if kind == "console"]


@pytest.mark.parametrize("block", SHOWN, ids=[block.partition("\n")[0] for block in SHOWN])
def test_a_command_prints_what_the_page_shows(block: str, folder: Path):
    """A last line of three dots says that more follows."""
    command, *shown = block.removeprefix("$ ").rstrip().splitlines()
    shown = [VARYING.sub("N answers graded", line.rstrip()) for line in shown]
    printed = run(command, folder)
    if shown[-1] == "...":
        assert len(printed) > len(shown)
        shown.pop()
        printed = printed[: len(shown)]
    assert printed == shown


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

"""docs/judge.md: its verdicts are made by its code, its command prints what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.judging.calibrate import AGREEMENT
from rft.judging.injected import ATTACKS, BIASES, ORDER

PAGE = (Path(__file__).parents[2] / "docs" / "judge.md").read_text(encoding="utf-8")
FENCE = re.compile(r"^```(\w+)[ ]?(\S*)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def test_the_command_of_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (_, _, made), (_, name, reward), (_, _, console) = FENCE.findall(PAGE)
    exec(made, {})
    Path(name).write_text(reward, encoding="utf-8")
    line, _, shown = console.removeprefix("$ ").partition("\n")
    done = CliRunner().invoke(rft, shlex.split(line.removeprefix("rft ")))
    assert (done.output, done.exit_code) == (shown, 1)


def test_the_page_counts_the_questions_and_names_the_figures() -> None:
    assert f"{len(BIASES) + 1} × N for biases and {len(ATTACKS)} × B for attacks" in PAGE
    explained = PAGE.partition("## What each paragraph means")[2]
    assert [name for name in [*AGREEMENT, *BIASES, ORDER] if f"`{name.replace('_', ' ')}`" not in explained] == []

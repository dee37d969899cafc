"""docs/rehearse.md says what the code does: its rollouts are made by its code, its command prints what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.rehearsal.truth import STRICT
from rft.rehearsal.verdict import MEANING
from tests.pages import blocks, page, steps

PAGE = page("docs/rehearse.md")


def test_the_command_of_the_page_prints_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    exec(blocks(PAGE, "python")[0].text, {})
    command, shown = steps(PAGE)[0]
    done = CliRunner().invoke(rft, shlex.split(command.removeprefix("rft ")))
    assert (done.output, done.exit_code) == (shown, 1)


def test_every_word_of_a_verdict_is_explained() -> None:
    assert re.findall(r"^\| ([A-Z ]+) \|", PAGE, re.MULTILINE) == list(MEANING)


def test_the_strict_metrics_are_named_in_their_order() -> None:
    named = PAGE.partition("is taken: the first of ")[2].partition(" that judges")[0]
    assert re.findall(r"`(\w+)`", named) == list(STRICT)

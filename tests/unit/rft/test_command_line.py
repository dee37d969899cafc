"""What every command shares: outputs are looked at before the work, and are never an input."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from rft.cli import rft
from rft.command_line import Command, OutputPath
from tests.faults.commands import leaves

OUTPUT_OPTIONS = {"output", "out", "html", "sarif", "save", "manifest"}


@pytest.mark.parametrize(("name", "command"), list(leaves()))
def test_every_command_looks_at_its_outputs_first(name: str, command: click.Command) -> None:
    assert isinstance(command, Command), f"declare rft {name} with cls=Command, or its group with cls=Group"
    outputs = [param for param in command.params if param.name in OUTPUT_OPTIONS]
    assert [param.name for param in outputs if not isinstance(param.type, OutputPath)] == []


@pytest.mark.parametrize("reward", ["r.py:reward", "r.py"])
def test_the_file_of_a_reward_is_an_input(reward: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r.py").write_text("from rewards import json_parse\nreward = json_parse()\n")
    Path("rows.jsonl").write_text("")
    done = CliRunner().invoke(rft, ["grade", "rows.jsonl", "--reward", reward, "-o", "./r.py"])
    assert (done.exit_code, Path("r.py").read_text()[:4]) == (2, "from")
    assert "-o r.py is also an input; write somewhere else" in done.output


def test_an_output_below_a_file_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rows.jsonl").write_text("")
    done = CliRunner().invoke(rft, ["data", "fix", "rows.jsonl", "--for", "rft", "-o", "rows.jsonl/a/fixed.jsonl"])
    assert done.exit_code == 2
    assert "is a file, so nothing can be written below it" in done.output

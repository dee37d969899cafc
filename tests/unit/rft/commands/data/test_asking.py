"""What the commands say that ask a model, where they are stopped."""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path

import pytest

from tests.unit.rft.commands.data.small_project import PROJECT, call


def test_ctrl_c_says_what_was_kept_and_the_same_command_goes_on(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    (tmp_path / "teacher.py").write_text("print('{\"samples\": []}')")
    command = f"{{kind: command, command: [{sys.executable}, -I, -S, {tmp_path / 'teacher.py'}], workers: 1}}"
    project.write_text(PROJECT.replace("{kind: template, templates: templates.yaml}", command))
    with monkeypatch.context() as patched:
        patched.setattr("rft.progress.bar", lambda *_: contextlib.nullcontext(interrupt))
        stopped = call("make", project, "-o", tmp_path / "run" / "out")
    journal = tmp_path / "run" / "teacher.sqlite"
    assert stopped.exit_code == 130
    assert stopped.stderr == f"Error: stopped; 2 answers are in {journal}; the same command goes on from there\n"
    plan = json.loads(call("plan", project, "-o", tmp_path / "run" / "out", "--json").stdout)
    assert plan["work"][0]["answered"] == 2

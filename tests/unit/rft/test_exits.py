"""How a command ends: 0 good, 1 a verdict and never an error, 2 misuse or environment, 130 interrupted."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from rewards.errors import SpecError
from rft.exits import StoppedError, exit_status, is_ours


def raising(error: BaseException) -> Callable[[], None]:
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (SystemExit(0), 0, ""),
        (SystemExit(1), 1, ""),
        (SystemExit(None), 0, ""),
        (SystemExit(True), 1, ""),
        (KeyboardInterrupt(), 130, "rft: stopped\n"),
        (click.Abort(), 130, "rft: stopped\n"),
        (StoppedError("stopped; 3 rows are kept"), 130, "rft: stopped; 3 rows are kept\n"),
        (click.ClickException("no"), 2, "rft: no\n"),
        (click.UsageError("no"), 2, "rft: no (see `rft --help`)\n"),
        (SpecError("no such reward"), 2, "rft: no such reward\n"),
        (SpecError("no way to 'https://me:se@cret@host:8/a@b'"), 2, "rft: no way to 'https://host:8/a@b'\n"),
        (PermissionError(13, "Permission denied", "a.txt"), 2, "rft: a.txt: Permission denied\n"),
        (OSError(28, "No space left on device"), 2, "rft: an input: No space left on device\n"),
    ],
)
def test_every_end_has_its_status_and_one_line(
    error: BaseException,
    status: int,
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rft.exits._is_theirs", lambda file: False)  # this file stands for one of ours
    assert exit_status(raising(error)) == status
    assert capsys.readouterr().err == line


def test_a_bug_of_ours_shows_its_traceback_and_is_no_verdict(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rft.exits._is_theirs", lambda file: False)  # this file stands for one of ours
    assert exit_status(raising(KeyError("x"))) == 2
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "rft: this is a bug of rftkit" in said
    assert not is_ours(KeyError("x"))


def test_an_error_in_a_file_of_the_user_names_its_line_and_not_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text("def f():\n    return {}['x']\n")
    space: dict[str, Callable[[], None]] = {}
    exec(compile(Path("mine.py").read_text(), str(tmp_path / "mine.py"), "exec"), space)
    assert exit_status(space["f"]) == 2
    assert capsys.readouterr().err == "rft: mine.py:2: KeyError: 'x'\n"


def test_a_reader_that_leaves_early_is_no_verdict() -> None:
    command = f"{sys.executable} -m rft recipe list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2)
    assert done.stderr == ""


def test_a_traceback_of_ours_holds_no_password_of_an_address(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rft.exits._is_theirs", lambda file: False)
    assert exit_status(raising(LookupError("http://me:secret@proxy:3128 is gone"))) == 2
    said = capsys.readouterr().err
    assert "bug of rftkit" in said
    assert "http://proxy:3128 is gone" in said
    assert "secret" not in said


def test_a_database_without_room_is_not_called_damaged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rft.exits._is_theirs", lambda file: False)  # this file stands for one of ours

    def command() -> None:
        path = tmp_path / "answers.sqlite"
        base = sqlite3.connect(path)
        base.execute("PRAGMA max_page_count = 2")
        base.execute("CREATE TABLE t (a)")
        base.execute("INSERT INTO t VALUES (?)", ("x" * 100_000,))

    assert exit_status(command) == 2
    assert "database or disk is full; is the disk full?" in capsys.readouterr().err

"""How a command ends: 0 good, 1 a verdict, 2 misuse or environment, 128 + a signal that stopped it."""

from __future__ import annotations

import os
import pty
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest

from rewards.errors import SpecError
from rft.cli import rft
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


@pytest.mark.parametrize("words", [[], ["data"], ["package"]])
def test_a_group_without_a_command_shows_its_help_and_nothing_else(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status = exit_status(lambda: rft.main(args=words, prog_name="rft", standalone_mode=False))
    out, err = capsys.readouterr()
    assert status in (0, 2)  # click 8.1 calls it good
    assert (out + err).startswith("Usage: rft")


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


@pytest.mark.parametrize("pipe", ["|", "2>&1 |", "2>&1 >/dev/null |"])
@pytest.mark.parametrize("args", ["recipe list", "recipe check none.yaml", "explain no-code"])
def test_a_reader_that_leaves_early_is_no_verdict(args: str, pipe: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m rft {args} {pipe} true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode in (0, 2)
    assert [line for line in done.stderr.splitlines() if not line.startswith("rft: ")] == []


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


@contextmanager
def with_handler(number: int, handler: signal.Handlers) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)


STOPPING = [signal.SIGTERM, signal.SIGHUP]


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_stops_as_ctrl_c_does_and_has_its_own_status(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = list[str]()

    def command() -> None:
        try:
            os.kill(os.getpid(), number)
        finally:
            saved.append("saved")

    with with_handler(number, signal.SIG_DFL):
        assert exit_status(command) == 128 + number
        assert signal.getsignal(number) is signal.SIG_DFL
    assert capsys.readouterr().err == "rft: stopped\n"
    assert saved == ["saved"]


@pytest.mark.parametrize("number", STOPPING)
def test_what_a_command_says_of_a_stop_and_what_it_makes_of_it_stay(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def command() -> None:
        try:
            os.kill(os.getpid(), number)
        except KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGHUP)  # as a terminal that closes sends it twice
            raise StoppedError("stopped; 3 rows are kept") from None

    with with_handler(number, signal.SIG_DFL), with_handler(signal.SIGHUP, signal.SIG_DFL):
        assert exit_status(command) == 128 + number
    assert capsys.readouterr().err == "rft: stopped; 3 rows are kept\n"


def test_a_command_that_takes_a_stop_for_its_end_was_stopped_all_the_same() -> None:
    def command() -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)

    with with_handler(signal.SIGTERM, signal.SIG_DFL):
        assert exit_status(command) == 143


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_that_was_ignored_stays_so(number: signal.Signals) -> None:
    with with_handler(number, signal.SIG_IGN):
        assert exit_status(lambda: os.kill(os.getpid(), number)) == 0


def test_a_command_in_another_thread_leaves_the_signals_alone() -> None:
    found = list[int]()
    thread = threading.Thread(target=lambda: found.append(exit_status(lambda: None)))
    thread.start()
    thread.join()
    assert found == [0]


WAITS = """
import threading
from rft.exits import exit_status
from rft.terminal import protected

def command():
    print("ready", flush=True)
    threading.Event().wait()

with protected():
    status = exit_status(command)
raise SystemExit(status)
"""


def test_a_terminal_that_closes_ends_a_command_in_silence() -> None:
    child, terminal = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests may run under nohup
        os.execv(sys.executable, [sys.executable, "-c", WAITS])
    said = b""
    while b"ready" not in said:
        said += os.read(terminal, 100)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 129

"""The one place that decides how a command ends: its exit status, and the one line that says why.

0 is good, 1 is problems in what was examined, 2 is misuse or the environment; 130 is interrupted by Ctrl-C, 143 by
SIGTERM and 129 by SIGHUP, which stop a command as Ctrl-C does. Only a command can say 1, by `sys.exit(1)`; an error of
any kind is never 1, since that would read as a verdict.
"""

from __future__ import annotations

import signal
import sys
import threading
import traceback
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import takewhile
from json import JSONDecodeError
from pathlib import Path
from types import FrameType
from typing import Any
from zipfile import BadZipFile

import click

from rewards.errors import InvalidScoreError
from rewards.origins import without_secrets
from rft.terminal import ReaderLeftError

GOOD, PROBLEMS, USED_WRONGLY, INTERRUPTED = 0, 1, 2, 130
_STOPPING = [getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]  # Windows lacks SIGHUP
OUR_PACKAGES = frozenset({"rewards", "recipes", "datagen", "lambda_package", "estimators", "rft"})
_SQLITE_OF_THE_DISK = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")
_ONLY_HELP: type[click.UsageError] | tuple[()] = getattr(
    click.exceptions, "NoArgsIsHelpError", ()
)  # click 8.1 has none
_ROOT = Path(__file__).resolve().parents[1]


class StoppedError(click.ClickException):
    """Ctrl-C, or a signal that stops as it does, with what was saved until then."""

    exit_code = INTERRUPTED


def exit_status(command: Callable[[], Any]) -> int:
    """Run `command` and return how the process should end; what went wrong is on standard error, in one line."""
    with stop_signals() as seen:
        try:
            status = _status_of(command)
        except KeyboardInterrupt:  # amid the line about another error
            status = _ended("stopped", INTERRUPTED)
    return 128 + seen[0] if seen else status


@contextmanager
def stop_signals() -> Iterator[list[int]]:
    """While the block runs, SIGTERM and SIGHUP raise KeyboardInterrupt, as SIGINT does; the list holds those that came.

    One that was ignored or handled before is left alone: under `nohup` a command outlives its terminal. A terminal that
    closes may send SIGHUP twice, and the second must not disturb what the first made the command save.
    """
    seen: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        again = bool(seen) and number == getattr(signal, "SIGHUP", None)
        seen.append(number)
        if not again:
            raise KeyboardInterrupt

    here = threading.current_thread() is threading.main_thread()
    ours = [number for number in _STOPPING if here and signal.getsignal(number) is signal.SIG_DFL]
    for number in ours:
        signal.signal(number, stop)
    try:
        yield seen
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _status_of(command: Callable[[], Any]) -> int:
    try:
        status = command()
    except SystemExit as end:
        if _is_raised_by_theirs(end):
            line = _fault_of_their_code(end)
            return _ended(f"{line}; nothing that is loaded or graded may end the program", USED_WRONGLY)
        return end.code if isinstance(end.code, int) else GOOD if end.code is None else USED_WRONGLY
    except ReaderLeftError:
        return USED_WRONGLY
    except (KeyboardInterrupt, click.Abort) as end:
        if isinstance(end.__cause__, EOFError):  # click makes an Abort of it
            return _ended_by(end.__cause__)
        return _ended("stopped", INTERRUPTED)
    except Exception as error:  # noqa: BLE001  the last place that can turn an error into a line
        return _ended_by(error)
    return status if isinstance(status, int) else GOOD


def is_ours(error: BaseException) -> bool:
    """Whether `error` is one that our packages raise on purpose, and so deserves a line instead of a traceback."""
    return any(cls.__module__.partition(".")[0] in OUR_PACKAGES for cls in type(error).__mro__)


def line_of(error: Exception) -> str | None:
    """One line for an error that is the user's or the machine's to mend; None for a bug of ours."""
    if is_ours(error):
        place = _place_in_their_code(error) if isinstance(error, InvalidScoreError) else ""
        return _with_advice(f"{place}{error}", error.__cause__)
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "rft"
        return f"{error.format_message()} (see `{command} --help`)"
    if isinstance(error, click.ClickException):
        return error.format_message()
    return _refusal(error) or _fault_of_their_code(error) or _fault_of_a_file(error)


def _ended_by(error: Exception) -> int:
    status = error.exit_code if isinstance(error, StoppedError) else USED_WRONGLY
    if isinstance(error, _ONLY_HELP):  # a group without a command: its help, not a complaint
        with suppress(OSError, ReaderLeftError):
            click.echo(error.format_message(), err=True)
        return status
    line = line_of(error)
    if line is None:
        click.echo(without_secrets("".join(traceback.format_exception(error))), err=True, nl=False)
        line = f"this is a bug of rftkit, please report it: {type(error).__name__}: {error}"
    notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
    return _ended(without_secrets(f"{line}{notes}"), status)


def _ended(line: str, status: int) -> int:
    with suppress(OSError, ReaderLeftError):  # of standard error that is gone with its terminal or reader
        click.echo(f"rft: {line}", err=True)
    return status


def _with_advice(text: str, cause: BaseException | None) -> str:
    """What was tried, and what helps where AWS said no to it."""
    if "botocore" not in sys.modules:
        return text
    from rewards.aws import advice

    found = advice(cause)
    return f"{text}; {found}" if found and found not in text else text


def _refusal(error: Exception) -> str | None:
    """What AWS said, where the error is its; only a program that has loaded botocore can have met it."""
    if "botocore" not in sys.modules:
        return None
    from rewards.aws import refusal

    return refusal(error)


def _fault_of_their_code(error: BaseException) -> str | None:
    """An error in a Python file of the user's, at the innermost line of theirs."""
    kind = type(error).__name__
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: {kind}: {error.msg}"
    place = _place_in_their_code(error)
    return f"{place}{kind}: {error}" if place else None


def _place_in_their_code(error: BaseException) -> str:
    """Their innermost line, or nothing."""
    theirs = [(file, line) for file, line in _lines_of(error) if _is_theirs(file)]
    return f"{_short(theirs[-1][0])}:{theirs[-1][1]}: " if theirs else ""


def _is_raised_by_theirs(error: BaseException) -> bool:
    """Whether nothing but the standard library stands behind their innermost line: no command of ours, no click."""
    files = [file for file, _ in _lines_of(error)]
    behind = list(takewhile(lambda file: not _is_theirs(file), reversed(files)))
    installed = any(file.startswith(str(_ROOT)) or "site-packages" in Path(file).parts for file in behind)
    return len(behind) < len(files) and not installed


def _fault_of_a_file(error: Exception) -> str | None:
    """An error of the operating system, or of a file that is not what it should be."""
    if isinstance(error, UnicodeDecodeError):
        byte = error.object[error.start]
        return f"{_file_read(error)} is not UTF-8 text: byte 0x{byte:02x} at {error.start:,}; save it as UTF-8"
    if isinstance(error, JSONDecodeError):
        return f"{_file_read(error)} is not JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    if getattr(error, "sqlite_errorname", "").startswith(_SQLITE_OF_THE_DISK):
        return f"{_file_read(error)} cannot be written: {error}; is the disk full?"
    if isinstance(error, BadZipFile | zlib.error) or type(error).__module__ == "sqlite3":
        return f"{_file_read(error)} is damaged: {error}"
    if isinstance(error, FileNotFoundError) and error.filename is None and not _has_folder():
        return "the current folder has been removed; change to one that exists"
    if isinstance(error, RuntimeError) and str(error).startswith("Symlink loop"):  # of Python before 3.13
        return f"{str(error).rpartition('from ')[2]}: its symbolic links lead in a circle"
    if isinstance(error, OSError) and error.strerror:
        return f"{_file_named(error)}: {error.strerror}"
    if isinstance(error, RecursionError):
        return f"{_file_read(error)} is nested too deeply"
    if isinstance(error, MemoryError):
        return f"{_file_read(error)} does not fit into memory"
    return None


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except OSError:
        return False


def _file_named(error: OSError) -> str:
    return _text(error.filename) if error.filename is not None else _file_read(error)


def _file_read(error: Exception) -> str:
    """The file that was being read: the innermost one that a frame of ours holds."""
    for frame in reversed(list(_frames_of(error))):
        if not _is_theirs(frame.f_code.co_filename) and not frame.f_code.co_filename.startswith(str(_ROOT)):
            continue
        for value in frame.f_locals.values():
            if isinstance(value, Path) and value.is_file():
                return str(value)
            name = getattr(value, "name", None)
            if hasattr(value, "read") and isinstance(name, str):
                return name
    return "an input"


def _text(name: object) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)


def _frames_of(error: BaseException) -> Iterator[FrameType]:
    for frame, _ in traceback.walk_tb(error.__traceback__):
        yield frame


def _lines_of(error: BaseException) -> Iterator[tuple[str, int]]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield frame.f_code.co_filename, line


def _is_theirs(file: str) -> bool:
    """Whether a source file is the user's: not ours, not the standard library's, not of an installed package."""
    path = Path(file)
    installed = {"site-packages", "dist-packages"} & set(path.parts)
    places = [str(_ROOT / package) for package in OUR_PACKAGES]
    places += [str(Path(traceback.__file__).parent), sys.base_prefix if sys.base_prefix != "/usr" else "/usr/lib"]
    known = any(file.startswith(f"{place}/") for place in places)
    script = path.name in ("rft", "rft.py") and path.parent.name == "bin"
    return not (installed or known or script or file.startswith("<"))


def _short(file: str) -> str:
    """Relative to where the user is, if it is below."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file

"""What commands share: the options that several have, and outputs that are looked at before the work begins.

An output never replaces an input.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])
_STANDARD_INPUT = "rft.standard_input"  # a key of click's meta: it has been taken


class SomePath(click.Path):
    """A path that is not empty, which would be the current folder and is mostly a variable that is not set."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path."""
        if not os.fspath(value):
            self.fail("'' is no path; is a variable not set?", param, ctx)
        return Path(os.fsdecode(super().convert(value, param, ctx)))


class OutputPath(SomePath):
    """A file or folder that a command will write: refused at once where it cannot be, not after an hour of work. ``-``
    is standard output.
    """

    def __init__(self, *, file: bool = True, folder: bool = False) -> None:
        super().__init__(file_okay=file, dir_okay=folder, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, where a file or folder can be made there."""
        if str(value) == "-":
            if not self.file_okay:
                self.fail("'-' is standard output, and this makes a folder; name one.", param, ctx)
            return Path("/dev/stdout")
        if not self.dir_okay and os.fspath(value).endswith(os.sep):
            self.fail(f"{value!r} names a folder, and this writes a file.", param, ctx)
        path = super().convert(value, param, ctx)
        above = next(parent for parent in path.absolute().parents if parent.exists())
        if not above.is_dir():
            self.fail(f"{str(above)!r} is a file, so nothing can be written below it.", param, ctx)
        if not os.access(above, os.W_OK | os.X_OK) and not path.exists():
            self.fail(f"the folder {str(above)!r} is not writable.", param, ctx)
        return path


class InputFile(click.Path):
    """A file that a command reads, as often as it likes; ``-`` is standard input, which stands for JSONL."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, allow_dash=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, by which a pipe too can be opened again: Linux opens what a descriptor leads to anew."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if str(path) != "-":
            return read_often(path)
        if ctx is not None:
            if _STANDARD_INPUT in ctx.meta:
                self.fail("'-' can stand for one file only.", param, ctx)
            ctx.meta[_STANDARD_INPUT] = True
        if not stat.S_ISREG(os.fstat(0).st_mode):
            _spool_standard_input()
        return Path("/dev/stdin")


def read_often(path: Path) -> Path:
    """A path that gives the same each time it is read: that of a copy, where it leads to a pipe."""
    return _spooled(path) if stat.S_ISFIFO(path.stat().st_mode) else path


def _spooled(path: Path) -> Path:
    """The path of a file with what comes out of a pipe, such as that of `<(command)`: rows are often read twice."""
    with tempfile.TemporaryFile() as file:
        with path.open("rb") as pipe:
            shutil.copyfileobj(pipe, file)
        file.flush()
        if path.parent == Path("/dev/fd"):
            os.dup2(file.fileno(), int(path.name))
            return path
        return Path(f"/dev/fd/{os.dup(file.fileno())}")  # open as long as the command runs


def _spool_standard_input() -> None:
    with tempfile.TemporaryFile() as file:
        with open(0, "rb", closefd=False) as pipe:
            shutil.copyfileobj(pipe, file)
        file.flush()
        os.dup2(file.fileno(), 0)


class ProjectPath(SomePath):
    """A project file; of a folder, the project.yaml in it."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The file."""
        path = super().convert(value, param, ctx)
        if path.is_dir():
            path /= "project.yaml"
            if not path.is_file():
                self.fail(f"the folder {str(path.parent)!r} holds no project.yaml.", param, ctx)
        return read_often(path) if path.exists() else path


OLD_OPTIONS = {"--out": "--output", "--for": "--on", "--pass-at": "--success-threshold", "--at": "--success-threshold"}
OLD_COMMANDS = {"destroy": "delete", "clean": "delete"}


class Command(click.Command):
    """A command that refuses an output which is also one of its inputs, before it does anything.

    It takes the options of `OLD_OPTIONS` that it no longer has, with a warning.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, old spellings as the new ones; a number that is none is refused, which passes every range."""
        known = {name for param in self.params for name in param.opts}
        end = args.index("--") if "--" in args else len(args)
        rest = super().parse_args(ctx, [*(_renewed(arg, known) for arg in args[:end]), *args[end:]])
        for param in self.params:
            value = ctx.params.get(param.name or "")
            if any(number != number for number in (value if isinstance(value, tuple) else (value,))):
                raise click.BadParameter("nan is no number.", ctx, param)
        return rest

    def invoke(self, ctx: click.Context) -> Any:
        """Check the outputs, then run."""
        for param, output in _outputs(self, ctx):
            for other, value in ctx.params.items():
                if other != param.name and any(_same(output, path) for path in _paths(value)):
                    raise click.UsageError(f"{param.opts[0]} {output} is also an input; write somewhere else", ctx)
        if any(_is_standard_output(output) for _, output in _outputs(self, ctx)):
            with redirect_stdout(sys.stderr):  # what is said belongs into no file
                return super().invoke(ctx)
        return super().invoke(ctx)


class Group(click.Group):
    """A group whose commands are `Command`s; it takes the names of `OLD_COMMANDS`, with a warning."""

    command_class = Command
    group_class = type

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command, an old name as the new one."""
        new = OLD_COMMANDS.get(args[0]) if args and args[0] not in self.commands else None
        if new is not None and new in self.commands:
            _warn(args[0], new)
            args = [new, *args[1:]]
        return super().resolve_command(ctx, args)


allow_network_option = click.option(
    "--allow-network", is_flag=True, help="Let the grader use the network and your AWS variables, as a judge must."
)
INPUT_FILE = InputFile()
INPUT_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NAMED_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)  # standard input will not do
PROJECT = ProjectPath()
OUTPUT_FILE = OutputPath()
OUTPUT_FOLDER = OutputPath(file=False, folder=True)
RUNS_FOLDER = SomePath(file_okay=False, path_type=Path)
json_option = click.option("--json", "as_json", is_flag=True, help="Print for machines.")
plan_option = click.option("--plan", "plan_only", is_flag=True, help="Print the exact request; change nothing.")
prices_option = click.option(
    "--prices", type=INPUT_FILE, help="Your table of prices, in place of ours (docs/recipes.md, Prices)."
)
profile_option = click.option("--profile", help="AWS profile; default: your environment's.")
project_argument = click.argument("project", type=PROJECT)
sarif_option = click.option(
    "--sarif", type=OUTPUT_FILE, help="Write the findings as SARIF 2.1.0, which annotates pull requests."
)
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")


def region_option(*, of: str) -> Callable[[F], F]:
    """Make the option `--region` of a command whose job or function runs in that region of AWS."""
    return click.option("--region", default="us-east-1", show_default=True, help=f"AWS region of the {of}.")


def _renewed(arg: str, known: Collection[str]) -> str:
    name, equals, value = arg.partition("=")
    new = OLD_OPTIONS.get(name)
    if new is None or name in known or new not in known:
        return arg
    _warn(name, new)
    return f"{new}{equals}{value}"


def _warn(old: str, new: str) -> None:
    click.echo(f"rft: {old} is now {new}; the old spelling will go", err=True)


def _outputs(command: click.Command, ctx: click.Context) -> Iterator[tuple[click.Parameter, Path]]:
    for param in command.params:
        value = ctx.params.get(param.name or "")
        if isinstance(param.type, OutputPath) and value is not None:
            yield param, value


def _paths(value: object) -> Iterator[Path]:
    """The files that an argument may name: itself, FILE.py of FILE.py:NAME, PATH of NAME=PATH."""
    if isinstance(value, tuple | list):
        for item in value:
            yield from _paths(item)
    elif isinstance(value, Path):
        yield value
    elif isinstance(value, str):
        yield from (Path(text) for text in (value, value.rpartition(":")[0], value.partition("=")[2]) if text)
    elif isinstance(name := getattr(value, "name", None), str):
        yield Path(name)


def _is_standard_output(output: Path) -> bool:
    """Whether it is the file or pipe that standard output leads to."""
    try:
        there = os.fstat(1)
        return not stat.S_ISCHR(there.st_mode) and os.path.samestat(output.stat(), there)
    except OSError:
        return False


def _same(output: Path, path: Path) -> bool:
    try:
        return output.samefile(path)
    except (OSError, ValueError):
        return False

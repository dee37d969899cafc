"""What a terminal shows while something runs: a line per stage, and a bar with the remaining time for long ones."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import click

from rewards.types import JSON


class StageLines:
    """Tells about stages, one line each: the name when it starts, time and counts when it ends; on standard error
    where standard output holds a result for machines."""

    def __init__(self, width: int, *, to_stderr: bool = False) -> None:
        self._width, self._err = width, to_stderr

    def skipped(self, stage: str, folder: Path) -> None:
        """Say that a stage is done already."""
        click.echo(f"  {stage:<{self._width}}  unchanged", err=self._err)

    def started(self, stage: str) -> None:
        """Say that a stage starts; the line is completed when it ends."""
        click.echo(f"  {stage:<{self._width}}  ", nl=False, err=self._err)

    def finished(self, stage: str, folder: Path, seconds: float, counts: Mapping[str, JSON]) -> None:
        """Complete the line with the time taken and what came out."""
        start = f"\r  {stage:<{self._width}}  " if _is_terminal() else ""  # a bar may have used the line meanwhile
        counted = ", ".join(f"{name} {_short(value)}" for name, value in counts.items())
        click.echo(f"{start}{seconds:6.1f} s  {counted}", err=self._err)


@contextmanager
def bar(label: str, total: int | None, unit: str) -> Iterator[Callable[..., None]]:
    """Show a bar while the block runs and give the function that moves it; shows nothing off a terminal.

    The function advances it by one, with a word of how it goes; or it is told how many are done, of how many, which is
    how a bar without a `total` gets one.
    """
    if not _is_terminal():
        yield lambda *_: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    from rft.terminal import console

    told = (TextColumn(unit), TimeRemainingColumn(), TextColumn("{task.fields[said]}"))
    columns = (TextColumn(f"  {label:<10}"), BarColumn(), MofNCompleteColumn(), *told)
    with Progress(*columns, console=console(), transient=True) as progress:
        task = progress.add_task(label, total=total, said="")

        def moved(*told: str | int) -> None:
            match told:
                case (int(done), int(of)):
                    progress.update(task, completed=done, total=of)
                case _:
                    progress.update(task, advance=1, said=told[0] if told else "")

        yield moved


def _is_terminal() -> bool:
    return sys.stdout.isatty()


def _short(value: JSON) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)

"""`--where EXPRESSION`: one option for every command that reads rollouts, over the one grammar of `rft.filtering`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from rft.report.choosing import Choice

F = TypeVar("F", bound=Callable[..., Any])


def where_option(command: F) -> F:
    """Give a command the argument `where`, the text of an expression or None."""
    told = "Only rollouts that fit, such as 'score < 0.5 and step >= 10'."
    return click.option("--where", metavar="EXPRESSION", help=told)(command)


@contextmanager
def refusing() -> Iterator[None]:
    """Faults of the expression are wrong use."""
    from rft.filtering import FilterError

    try:
        yield
    except FilterError as refused:
        raise click.UsageError(f"--where, {refused}") from refused


@contextmanager
def choosing(where: str | None) -> Iterator[Choice]:
    """What `where` chooses, everything where it is None: rollouts are taken from it within the block. A block that ends
    without a rollout that fits ends the command with 1."""
    from rft.report.choosing import Choice

    with refusing():
        choice = Choice(where or "")
        yield choice
        choice.check()
    if where and not choice.fit:
        click.echo(f"no rollout fits {where}", err=True)
        raise click.exceptions.Exit(1)

"""`rft mcp`: serve audit, check, explain and grade to a coding agent."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path

import click

from rft.command_line import Command


@click.command(cls=Command)
@click.option(
    "--root",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=".",
    show_default=True,
    help="The folder whose files the tools may name; no path leads out of it.",
)
def command(root: Path) -> None:
    """Serve audit, check, explain and grade as an MCP server on standard input and output, for coding agents.

    Needs the extra `mcp`. A reward is Python and runs as you do; the root limits which files an agent can name.
    """
    try:
        import mcp  # noqa: F401  # asked for here, so that its lack is one line
    except ImportError:
        raise click.UsageError("not installed: mcp; pip install 'rftkit[mcp]'") from None
    from rft.mcp_server import make_server

    with redirect_stdout(sys.__stdout__):  # the protocol's bytes, which our stream of visible text would not take
        make_server(root).run()

"""`rft init`: write a new project that runs at once."""

from __future__ import annotations

from pathlib import Path

import click

from rft.command_line import Command

CHOICES = (
    "tools",
    "native",
    "extraction",
    "detection",
    "intent",
    "keywords",
    "agent",
)  # those of rft.templates; help must not import it


@click.command(cls=Command)
@click.argument("name")
@click.option(
    "--template", type=click.Choice(CHOICES), default="tools", show_default=True, help="The task to start from."
)
def command(name: str, template: str) -> None:
    """Write the project NAME into a new folder: documents, templates, reward, project file, README.

    It runs unchanged, offline. Replace its documents and reward with yours, piece by piece.
    """
    from rft.templates import AGENT_TEMPLATES, TEMPLATES, write_project

    folder = write_project(name, template, Path())
    files = sum(path.is_file() for path in folder.rglob("*"))
    about = {**TEMPLATES, **AGENT_TEMPLATES}[template]
    click.echo(f"Wrote {folder}/ ({files} files): {about}. Next:")
    if template in AGENT_TEMPLATES:
        click.echo(f"  rft audit --env {folder}/env.py                      # prove the world and its reward: seconds")
        click.echo(f"  rft agent serve {folder}/project.yaml                # run the agent on localhost: seconds")
        _install(("sft",))
        click.echo(f"  rft run {folder}/project.yaml                        # a tiny policy learns it here: minutes")
        click.echo(f"  rft run {folder}/project.yaml --on agent --plan      # the exact requests of the job on AWS")
        return
    _install(("package",))
    click.echo(f"  rft run {folder}/project.yaml --until package   # data, checks and the grader: seconds, offline")
    _install(("package", "rft"))
    click.echo(f"  rft run {folder}/project.yaml                   # and two small trainings on this machine: minutes")


def _install(stages: tuple[str, ...]) -> None:
    """The command that the next one needs first, where it does."""
    from rft.extras import lacking

    if (found := lacking(stages)).extras:
        click.echo(f"  {found.command}   # not installed here: {', '.join(found.modules)}")

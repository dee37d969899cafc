"""`rft report`: write the page of a finished run again, somewhere else if wanted."""

from __future__ import annotations

from pathlib import Path

import click

from rft.command_line import OUTPUT_FILE, RUNS_FOLDER, Command, project_argument


@click.command(cls=Command)
@project_argument
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="The run with this seed instead of the project's.")
@click.option(
    "--runs",
    type=RUNS_FOLDER,
    default="runs",
    show_default=True,
    help="Folder of runs.",
)
@click.option(
    "-o", "--output", type=OUTPUT_FILE, help="Where to write the page; default: report.html in the run's folder report."
)
def command(project: Path, seed: int | None, runs: Path, output: Path | None) -> None:
    """Write the HTML report of PROJECT's finished run; every number in it comes from that run's files."""
    from rewards.writing import write_text
    from rft.project import load_project
    from rft.report import render
    from rft.stages.reporting import PAGE, collect, require_finished

    file = load_project(project).with_seed(seed)
    root = runs / file.run_name
    require_finished(root)
    target = output or root / "report" / PAGE
    write_text(target, render(collect(file, root)))
    click.echo(f"Report: {target}")

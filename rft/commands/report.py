"""`rft report`: write the page of a finished run again, somewhere else if wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import OUTPUT_FILE, RUNS_FOLDER, Command, project_argument

if TYPE_CHECKING:
    from rft.report import Report
    from rft.stages.trainings import Beside


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
@click.option(
    "--beside",
    multiple=True,
    metavar="NAME=FOLDER",
    help="Draw the curves of this run too, such as seed-7=runs/NAME-seed-7; repeat for more.",
)
def command(project: Path, seed: int | None, runs: Path, output: Path | None, beside: tuple[str, ...]) -> None:
    """Write the HTML report of PROJECT's finished run; every number in it comes from that run's files."""
    from rewards.writing import write_text
    from rft.agents.project import is_agent_project
    from rft.report import render
    from rft.stages.reporting import PAGE
    from rft.stages.trainings import trainings_beside

    collected = _of_agent if is_agent_project(project) else _of_project
    root, found = collected(project, seed, runs, trainings_beside(_named(beside)))
    target = output or root / "report" / PAGE
    write_text(target, render(found))
    click.echo(f"Report: {target}")


def _of_project(project: Path, seed: int | None, runs: Path, beside: Beside) -> tuple[Path, Report]:
    from rft.project import load_project
    from rft.stages.reporting import collect, require_finished

    file = load_project(project).with_seed(seed)
    root = runs / file.run_name
    require_finished(root)
    return root, collect(file, root, beside)


def _of_agent(project: Path, seed: int | None, runs: Path, beside: Beside) -> tuple[Path, Report]:
    from rft.agents.project import load_agent_project
    from rft.agents.report import collect, require_finished

    file = load_agent_project(project).with_seed(seed)
    root = runs / file.run_name
    require_finished(root)
    return root, collect(file, root, beside)


def _named(beside: tuple[str, ...]) -> dict[str, Path]:
    """The folders of other runs by their names; a folder without a name is called as itself."""
    found: dict[str, Path] = {}
    for one in beside:
        name, separator, folder = one.partition("=")
        path = Path(folder if separator else one)
        if not path.is_dir():
            raise click.UsageError(f"--beside {one!r}: write NAME=FOLDER with the folder of a run, such as runs/NAME")
        if found.setdefault(name if separator else path.name, path) != path:
            raise click.UsageError(f"--beside names {name!r} twice")
    return found

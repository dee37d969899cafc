"""`rft run`: run the stages of a project, or show what would run."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import OUTPUT_FOLDER, PROJECT, Command, allow_network_option
from rft.commands.platform_option import platform_option

if TYPE_CHECKING:
    from rft.project import ProjectFile


@click.command(cls=Command)
@click.argument("project", type=PROJECT)
@platform_option(default="local", help="Where to train.")
@click.option("--until", metavar="STAGE", help="Stop after this stage.")
@click.option("--plan", "plan_only", is_flag=True, help="Print the stages to run and their cost; change nothing.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Use this seed instead of the project's.")
@click.option(
    "--runs",
    type=OUTPUT_FOLDER,
    default="runs",
    show_default=True,
    help="Folder of runs.",
)
@allow_network_option
def command(
    project: Path,
    platform: str,
    until: str | None,
    plan_only: bool,
    seed: int | None,
    runs: Path,
    allow_network: bool,
) -> None:
    """Run PROJECT: data, check, package, sft, eval, rft, eval, report.

    Finished stages are kept; a rerun repeats only what changed. With --plan nothing is touched. The project's own
    Python runs as you do while data is made and checked; the packaged grader runs enclosed, without network or files
    of yours.
    """
    from estimators.platforms.platform import require
    from estimators.platforms.registry import platform_of
    from rft.project import load_project

    file = replace(load_project(project).with_seed(seed), allow_network=allow_network)
    chosen = platform_of(platform)
    root = runs / file.run_name
    if plan_only:
        from rft.run_plan import plan_lines

        for line in plan_lines(file, root, platform=chosen, until=until):
            click.echo(line)
        return
    require(chosen, "run")
    _run(file, root, until)


def _run(file: ProjectFile, root: Path, until: str | None) -> None:
    from rft import pipeline
    from rft.extras import require_extras
    from rft.progress import StageLines
    from rft.stages import local_stages

    stages = local_stages(file, root)
    require_extras(stage.name for stage in pipeline.stages_until(stages, until))
    click.echo(f"{file.path}: running on this machine into {root}")
    began = time.perf_counter()
    pipeline.run(stages, root, StageLines(max(len(stage.name) for stage in stages)), until=until)
    click.echo(f"Done in {time.perf_counter() - began:.0f} s.")
    report = root / "report" / "report.html"
    if report.is_file() and until in (None, "report"):
        click.echo(f"Report: {report}")

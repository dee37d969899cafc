"""`rft train plan`, `launch` and `delete`: a job before it runs, its start, and the removal of all that it left."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from rft.command_line import (
    NAMED_FILE,
    OUTPUT_FILE,
    RUNS_FOLDER,
    Command,
    json_option,
    prices_option,
    profile_option,
    project_argument,
    region_option,
    yes_option,
)
from rft.commands.platform_option import platform_option
from rft.jobs.launching import launch_plan, priced

if TYPE_CHECKING:
    from estimators.leftovers import Leftover
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Sdk
    from rft.jobs.training_plans import Stage

SDKS = ("boto3", "pytorch", "model-trainer")  # as estimators.platforms.platform.Sdk, which help must not import
F = TypeVar("F", bound=Callable[..., Any])

attempt_option = click.option(
    "--attempt", type=click.IntRange(1), default=1, show_default=True, help="Raise it to run the same inputs again."
)
force_option = click.option(
    "--force", multiple=True, metavar="CODE", help="Accept a finding by its code; repeat for more."
)
runs_option = click.option(
    "--runs",
    type=RUNS_FOLDER,
    default="runs",
    show_default=True,
    help="Folder of runs.",
)
sdk_option = click.option(
    "--sdk",
    type=click.Choice(SDKS),
    default="boto3",
    show_default=True,
    help="What sends the request: the API itself, or SageMaker's SDK v2 or v3.",
)


def planned(function: F) -> F:
    """The options that decide what is planned."""
    for option in (
        project_argument,
        platform_option(default="sagemaker", help="Where the job runs."),
        click.option(
            "--stage",
            type=click.Choice(["sft", "rft", "distill"]),
            default="rft",
            show_default=True,
            help="Which training of the project.",
        ),
        click.option("--checkpoint", help="RFT starts here: the collected folder of SFT, an s3:// URI or an ARN."),
        click.option(
            "--recipe", type=NAMED_FILE, help="Train by this recipe instead of the project's own for the stage."
        ),
        click.option("--data", type=NAMED_FILE, help="With --recipe: the training data."),
        click.option(
            "--baseline",
            type=click.Path(path_type=Path, exists=True),
            help="Graded rollouts of the starting checkpoint.",
        ),
        sdk_option,
        attempt_option,
        runs_option,
        prices_option,
    ):
        function = option(function)
    return function


@click.command(cls=Command)
@planned
@click.option(
    "--diff", "last", metavar="FILE|LAST", help="Show what changed since this plan, or since the last launch."
)
@click.option("--save", type=OUTPUT_FILE, help="Write the plan as JSON instead of showing it.")
@json_option
def plan(last: str | None, save: Path | None, as_json: bool, **what: Any) -> None:
    """Print the exact request, uploads, cost and findings. Needs no account and makes no call.

    Exit 1 where something is wrong beside what is not known yet.
    """
    show_plan(_planned(**what), last, save, as_json, what["runs"] / _project_name(what["project"]) / "jobs")


def show_plan(made: JobPlan, last: str | None, save: Path | None, as_json: bool, jobs: Path) -> NoReturn:
    """Print a plan, or what changed since another one, or store it; exit 1 where something is wrong with it."""
    from estimators.describe import difference, plan_lines
    from estimators.findings import wrong
    from rewards.writing import write_text

    if save:
        write_text(save, f"{made.to_json()}\n")
        lines = iter([f"{made.name} is in {save}"])
    elif last:
        earlier = _earlier(last, made, jobs)
        changes = list(difference(earlier, made))
        if not changes:
            click.echo(f"nothing has changed since {earlier.name}", err=True)
        lines = iter(changes)
    else:
        lines = iter([made.to_json()]) if as_json else plan_lines(made)
    for line in lines:
        click.echo(line)
    sys.exit(wrong(made.findings))


@click.command(cls=Command)
@planned
@force_option
@yes_option
@profile_option
def launch(force: tuple[str, ...], yes: bool, profile: str | None, **what: Any) -> None:
    """Check the account, upload the files and start the job. The same inputs are never started twice."""
    made = _planned(**what)
    folder = what["runs"] / _project_name(what["project"]) / "jobs"
    launch_plan(made, profile=profile, folder=folder, sdk=what["sdk"], force=force, yes=yes)


@click.command(cls=Command)
@click.argument("run")
@click.option("--plan", "plan_only", is_flag=True, help="Only list what would be removed.")
@yes_option
@platform_option(help="Only what it left there; default: on every platform that keeps tags.")
@region_option(of="job")
@profile_option
def delete(run: str, plan_only: bool, yes: bool, platform: str | None, region: str, profile: str | None) -> None:
    """Delete the jobs, outputs, models and deployments of the run of this name (tag rftkit:run, or rftkit-run)."""
    import time

    from estimators.clean import clean as clean_up
    from estimators.clean import cleaning, leftovers
    from estimators.errors import JobError, MissingExtraError
    from rewards.aws import advice

    sessions = {one.name: one.connect(region, profile) for one in cleaning(platform)}
    found: list[Leftover] = []
    for name, session in sessions.items():
        try:
            found += leftovers(run, {name: session})
        except (JobError, MissingExtraError) as error:  # no kubectl, or none that is connected
            if platform or advice(error.__cause__):  # AWS said no to the question
                raise
            click.echo(f"note: {name} was not looked at: {error}", err=True)
    if not found:
        click.echo(f"nothing is there that carries the tag rftkit:run = {run}")
        return
    for entry in found:
        click.echo(f"would {entry}" if plan_only else str(entry))
    if plan_only:
        return
    if not yes:
        click.confirm(f"Remove these {len(found)}?", abort=True, err=True)
    for entry in clean_up(found, sessions, sleep=time.sleep):
        click.echo(f"done: {entry}")


def _planned(prices: Path | None, **what: Any) -> JobPlan:
    return priced(_plan(**what), prices)


def _plan(
    project: Path,
    platform: str,
    stage: Stage,
    checkpoint: str | None,
    baseline: Path | None,
    recipe: Path | None,
    data: Path | None,
    sdk: Sdk,
    attempt: int,
    runs: Path,
) -> JobPlan:
    from rft.agents.project import is_agent_project
    from rft.jobs.training_plans import recipe_plan, training_plan
    from rft.project import load_project

    if is_agent_project(project):
        return _agent_plan(project, platform, attempt)
    if recipe and (checkpoint or baseline):
        raise click.UsageError("--recipe names its model itself: leave out --checkpoint and --baseline")
    if data and not recipe:
        raise click.UsageError("--data goes with --recipe: the stages train on what the run made")
    file = load_project(project)
    if recipe:
        return recipe_plan(file, recipe, on=platform, data=data, sdk=sdk, attempt=attempt)
    return training_plan(
        file,
        runs / file.run_name,
        stage,
        on=platform,
        checkpoint=checkpoint,
        baseline=baseline,
        sdk=sdk,
        attempt=attempt,
    )


def _agent_plan(project: Path, platform: str, attempt: int) -> JobPlan:
    """The training of an agent's project; raises UsageError for an option that says nothing about one."""
    from rft.agents.plans import training_of
    from rft.agents.project import load_agent_project

    refuse_of_agents(platform, ("stage", "checkpoint", "baseline", "recipe", "data", "sdk"))
    return training_of(load_agent_project(project), attempt=attempt)


def refuse_of_agents(platform: str, options: Collection[str]) -> None:
    """Raise UsageError where an agent's project is to run elsewhere, or for an option that means nothing there."""
    from rft.agents.plans import ON

    if platform != ON:
        raise click.UsageError(f"an agent's project runs with --on {ON}, not with --on {platform}")
    context = click.get_current_context()
    for name in options:
        if context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE:
            told = f"--{name.replace('_', '-')} is not for an agent's project"
            raise click.UsageError(f"{told}: its jobs are described by `env`, `rft` and `agent` in its project file")


def _earlier(said: str, made: JobPlan, jobs: Path) -> JobPlan:
    """The plan to compare with: that of a file, or the one launched last for the same method and platform."""
    from estimators.plan import plan_from_json

    if said != "LAST":
        if not Path(said).is_file():
            raise click.UsageError(f"--diff {said!r}: there is no such plan; write LAST for that of the last launch")
        return plan_from_json(Path(said).read_text(encoding="utf-8"))
    newest = sorted(jobs.glob("*.plan.json"), key=lambda path: path.stat().st_mtime, reverse=True)
    kept = (plan_from_json(path.read_text(encoding="utf-8")) for path in newest)
    found = next((plan for plan in kept if (plan.platform, plan.method) == (made.platform, made.method)), None)
    if found is None:
        raise click.UsageError(
            f"nothing was launched from here yet for {made.method} on {made.platform}: {jobs} is empty"
        )
    return found


def _project_name(project: Path) -> str:
    from rft.agents.project import is_agent_project, load_agent_project
    from rft.project import load_project

    return load_agent_project(project).project.name if is_agent_project(project) else load_project(project).run_name

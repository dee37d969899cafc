"""`rft run`: run the stages of a project, or show what would run."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import OUTPUT_FOLDER, Command, allow_network_option, prices_option, project_argument
from rft.commands.platform_option import platform_option

if TYPE_CHECKING:
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Platform
    from rewards.types import JSON
    from rft.agents.project import AgentProjectFile
    from rft.job_stages import JobStages, RunJob
    from rft.pipeline import Stage
    from rft.project import ProjectFile


@dataclass(frozen=True, slots=True)
class Options:
    """How a run starts jobs."""

    attempt: int
    force: Collection[str]
    yes: bool
    profile: str | None
    prices: Path | None


@click.command(cls=Command)
@project_argument
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
@click.option(
    "--attempt",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Jobs: raise it to run one again that failed.",
)
@click.option("--force", multiple=True, metavar="CODE", help="Jobs: accept a finding by its code; repeat for more.")
@click.option("--yes", is_flag=True, help="Jobs: do not ask.")
@click.option("--profile", help="Jobs: AWS profile; default: your environment's.")
@prices_option
@allow_network_option
def command(
    project: Path,
    platform: str,
    until: str | None,
    plan_only: bool,
    seed: int | None,
    runs: Path,
    attempt: int,
    force: tuple[str, ...],
    yes: bool,
    profile: str | None,
    prices: Path | None,
    allow_network: bool,
) -> None:
    """Run PROJECT: data, check, package, sft, eval, rft, eval, report; of an agent: check, base, sft, rft, report.

    Finished stages are kept; a rerun repeats only what changed. With --plan nothing is touched. On a platform of AWS's,
    SFT, RFT and their evaluation are jobs that are launched, followed and collected in turn; a run that was stopped
    goes on with the job under way. The project's own
    Python runs as you do while data is made and checked; the packaged grader runs enclosed, without network or files
    of yours.
    """
    from estimators.platforms.platform import require
    from estimators.platforms.registry import platform_of
    from rft.project import load_project

    how = Options(attempt, force, yes, profile, prices)
    if _is_agents(project):
        _run_agent(project, platform_of(platform), runs, until, seed, how, plan_only=plan_only)
        return
    file = replace(load_project(project).with_seed(seed), allow_network=allow_network)
    chosen = platform_of(platform)
    root = runs / file.run_name
    if plan_only:
        from rft.run_plan import plan_lines

        for line in plan_lines(file, root, platform=chosen, until=until, prices=prices):
            click.echo(line)
        return
    require(chosen, "run")
    if "launch" in chosen.lacks:
        _run(file, root, until)
    else:
        _run_project(file, root, chosen, until, how)


def _is_agents(project: Path) -> bool:
    from rft.agents.project import is_agent_project

    return is_agent_project(project)


def _run_agent(
    project: Path, chosen: Platform, runs: Path, until: str | None, seed: int | None, how: Options, *, plan_only: bool
) -> None:
    """Run an agent's project on this machine or as jobs, or print the plan."""
    from estimators.platforms.agent.plan import AgentConfig
    from rft.agents.job_stages import agent_job_stages
    from rft.agents.plans import agent_plan_lines, run_plans
    from rft.agents.project import load_agent_project

    file = load_agent_project(project).with_seed(seed)
    root = runs / file.run_name
    if "launch" in chosen.lacks:
        _run_agent_here(file, root, until, plan_only=plan_only)
    elif chosen.Settings is not AgentConfig:
        raise click.UsageError("an agent's project runs with --on local or --on agent")
    elif plan_only:
        for line in agent_plan_lines(file):
            click.echo(line)
    else:
        stages = agent_job_stages(file, root, _job_runner(root, how), attempt=how.attempt)
        _run_jobs(project, root, chosen, until, how, stages, lambda: run_plans(file))


def _run_agent_here(file: AgentProjectFile, root: Path, until: str | None, *, plan_only: bool) -> None:
    from estimators.platforms.local.hardware import require_libraries
    from rft.agents.local_stages import agent_local_stages
    from rft.run_plan import stage_lines

    stages = agent_local_stages(file, root)
    if plan_only:
        for line in stage_lines(stages, root, until):
            click.echo(line)
        return
    if until != stages[0].name:
        require_libraries()
    _run_here(file.path, stages, root, until)


def _run_project(file: ProjectFile, root: Path, platform: Platform, until: str | None, how: Options) -> None:
    from rft.job_stages import job_stages
    from rft.run_plan import known_plans

    stages = job_stages(file, root, platform, _job_runner(root, how), attempt=how.attempt)
    _run_jobs(file.path, root, platform, until, how, stages, lambda: known_plans(file, root, platform, how.prices))


def _job_runner(root: Path, how: Options) -> RunJob:
    """What takes a job through to its outputs in a folder."""
    from rft.jobs.launching import run_plan

    def run_job(plan: JobPlan, out: Path) -> Mapping[str, JSON]:
        click.echo("")
        return run_plan(plan, out, profile=how.profile, runs=root.parent, folder=root / "jobs", force=how.force)

    return run_job


def _run_jobs(
    path: Path,
    root: Path,
    platform: Platform,
    until: str | None,
    how: Options,
    stages: JobStages,
    known: Callable[[], Collection[JobPlan]],
) -> None:
    """Run what is prepared here, ask once, and run the jobs; `known` are their plans as far as they are known."""
    from rft import pipeline
    from rft.job_stages import stage_name
    from rft.progress import StageLines

    names = [stage.name for stage in (*stages.prepared, *stages.jobs)]
    last = stage_name(platform.name, until) if until and stage_name(platform.name, until) in names else until
    wanted = [stage.name for stage in pipeline.stages_until([*stages.prepared, *stages.jobs], last)]
    _refuse_now(known(), how.force)
    click.echo(f"{path}: running on {platform.name} into {root}")
    lines = StageLines(max(map(len, names)))
    prepared = [stage for stage in stages.prepared if stage.name in wanted]
    pipeline.run(prepared, root, lines)
    jobs = [stage for stage in stages.jobs if stage.name in wanted]
    todo = [stage.name for stage in pipeline.stale(jobs, root)]
    if todo:
        _ask(known(), platform, todo, how)
    pipeline.run(jobs, root, lines)


def _ask(plans: Collection[JobPlan], platform: Platform, todo: Collection[str], how: Options) -> None:
    """Look at the account for all jobs before the first is paid for, show what they cost, and ask once."""
    from estimators.findings import refuse
    from estimators.start import preflight
    from rft.job_stages import stage_name
    from rft.jobs.launching import show
    from rft.run_plan import without_what_comes

    planned = [plan for plan in plans if stage_name(platform.name, plan.method) in todo]
    findings = []
    for plan in planned:
        session = platform.connect(plan.region, how.profile)
        findings += [*without_what_comes(plan), *preflight(plan, session)]
    show(findings)
    refuse(dict.fromkeys(findings), how.force)
    for plan in planned:
        click.echo(f"Cost     {plan.method}: {platform.cost(plan)}")
    if not how.yes:
        click.confirm(f"Run {', '.join(todo)}?", abort=True, err=True)


def _refuse_now(plans: Collection[JobPlan], force: Collection[str]) -> None:
    """Refuse before the first stage what is wrong with any job and no stage will mend."""
    from estimators.findings import refuse
    from rft.run_plan import without_what_comes

    refuse(dict.fromkeys(finding for plan in plans for finding in without_what_comes(plan)), force)


def _run(file: ProjectFile, root: Path, until: str | None) -> None:
    from rft import pipeline
    from rft.extras import require_extras
    from rft.stages import local_stages
    from rft.stages.training import rft_recipe, sft_recipe

    for recipe_of in (sft_recipe, rft_recipe):  # a wrong key of it is found now, not when its stage comes
        recipe_of(file)
    stages = local_stages(file, root)
    require_extras([stage.name for stage in pipeline.stages_until(stages, until)])
    _run_here(file.path, stages, root, until)
    if until == "eval_sft":
        click.echo("`rft report` with the same options writes the report of SFT alone.")


def _run_here(path: Path, stages: Sequence[Stage], root: Path, until: str | None) -> None:
    from rft import pipeline
    from rft.progress import StageLines

    click.echo(f"{path}: running on this machine into {root}")
    began = time.perf_counter()
    pipeline.run(stages, root, StageLines(max(len(stage.name) for stage in stages)), until=until)
    click.echo(f"Done in {time.perf_counter() - began:.0f} s.")
    report = root / "report" / "report.html"
    if report.is_file() and until in (None, "report"):
        click.echo(f"Report: {report}")

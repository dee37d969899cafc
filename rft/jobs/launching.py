"""Shared by `rft train launch`, `rft eval run` and `rft run`: preflight, confirmation, launch, following."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.errors import StageError

if TYPE_CHECKING:
    from estimators.findings import JobFinding
    from estimators.monitoring.follow import Job, Status
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Launched, Sdk
    from rewards.types import JSON


def priced(plan: JobPlan, prices: Path | None) -> JobPlan:
    """The plan with its cost at the prices of a file of the user's; as it is without one."""
    from dataclasses import replace

    from estimators.planning.cost import at_prices
    from recipes.checking.prices import read_prices

    return replace(plan, cost=at_prices(plan.cost, read_prices(prices))) if prices else plan


def launch_plan(
    plan: JobPlan, *, profile: str | None, folder: Path, sdk: Sdk = "boto3", force: Collection[str], yes: bool
) -> Launched:
    """Run the preflight checks, show the findings, ask for confirmation, launch the job, and print how to follow it.

    Raises `RefusedError` with every finding that blocks and is not in `force`.
    """
    from estimators.findings import refuse
    from estimators.platforms.registry import platform_of
    from estimators.start import preflight, start
    from rft.jobs.find_job import following

    refuse(plan.findings, force)
    platform = platform_of(plan.platform)
    session = platform.connect(plan.region, profile)
    findings = (*plan.findings, *preflight(plan, session))
    show(findings)
    for code in sorted(set(force) - {finding.code for finding in findings}):
        click.echo(f"Note     --force {code} was not needed: nothing of that code was found", err=True)
    refuse(findings, force)
    if not yes:
        click.confirm(f"Start {plan.name} (cost {platform.cost(plan)})?", abort=True, err=True)
    launched = start(plan, session, folder=folder, sdk=sdk, force=force)
    click.echo(f"{'Started' if launched.started else 'Was started before:'} {launched.name} ({launched.arn})")
    if not launched.started and launched.state in ("Failed", "Stopped"):
        click.echo(f"It has {launched.state.lower()}; --attempt 2, or a higher one, runs the same inputs again.")
    click.echo(f"Follow it with `{following(plan)}`.")
    return launched


def run_plan(
    plan: JobPlan, out: Path, *, profile: str | None, runs: Path, folder: Path, force: Collection[str]
) -> Mapping[str, JSON]:
    """Launch the plan's job, or find it, follow it to its end and collect it into `out`; what came out, by name.

    Raises `StageError` for a job that ends in another way than completed.
    """
    from estimators.results.outputs import collect
    from rft.jobs.find_job import Whereabouts, job_by_name

    launch_plan(plan, profile=profile, folder=folder, force=force, yes=True)
    job = job_by_name(plan.name, Whereabouts(plan.platform, plan.region, profile, runs))
    try:
        last = follow_job(job)
    except KeyboardInterrupt:
        click.echo(f"\n{plan.name} keeps running; the same command goes on with it.", err=True)
        raise
    if last.state != "Completed":
        why = f": {last.failure}" if last.failure else ""
        raise StageError(f"{plan.name} is {last.state.lower()}{why}; --attempt 2, or a higher one, runs it again")
    outputs = collect(job, out)
    counts: dict[str, JSON] = {"job": plan.name}
    if outputs.checkpoint:
        counts["checkpoint"] = outputs.checkpoint.uri
    return counts | ({"rollouts": outputs.rollouts} if outputs.rollouts else {})


def follow_job(job: Job) -> Status:
    """Print the job's states and its log until it ends."""
    import time

    from estimators.monitoring.follow import follow

    return follow(
        job,
        sleep=time.sleep,
        on_status=lambda now: click.echo(f"{now.name}: {now.state} ({now.phase}) {now.failure}".rstrip(), err=True),
        on_line=lambda line: click.echo(line.text),
    )


def show(findings: Collection[JobFinding]) -> None:
    """Print findings, each once."""
    for line in dict.fromkeys(f"Note     {finding}" for finding in findings):
        click.echo(line, err=True)

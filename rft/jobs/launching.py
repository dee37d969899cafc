"""Shared by `rft train launch` and `rft eval run`: preflight, confirmation, launch."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Sdk


def launch_plan(
    plan: JobPlan, *, profile: str | None, folder: Path, sdk: Sdk = "boto3", force: Collection[str], yes: bool
) -> None:
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
    for finding in findings:
        click.echo(f"Note     {finding}", err=True)
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

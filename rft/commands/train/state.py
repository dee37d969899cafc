"""`rft train status`: how far a job on any platform is, how its reward goes and whether its grader keeps up."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import Command, json_option, prices_option
from rft.commands.train.finding import found, whereabouts
from rft.jobs.find_job import job_by_name

if TYPE_CHECKING:
    from estimators.findings import JobFinding
    from estimators.monitoring.follow import Job, Status
    from estimators.monitoring.grader_health import GraderHealth
    from recipes.checking.prices import PriceFile


@click.command(cls=Command)
@found
@prices_option
@json_option
def status(job: str, prices: Path | None, as_json: bool, **where: Any) -> None:
    """Show the status of JOB: state, step, reward, time left, grader errors and throttles."""
    from recipes.checking.prices import read_prices

    shown = _status(job_by_name(job, whereabouts(**where)), read_prices(prices) if prices else None)
    click.echo(json.dumps(shown, default=str) if as_json else _status_text(shown))
    sys.exit(shown["state"] == "Failed")


def clock() -> datetime:
    """The time; tests have one of their own."""
    return datetime.now(UTC)


def _status(job: Job, prices: PriceFile | None) -> dict[str, Any]:
    from estimators.monitoring import grader_health as health
    from estimators.monitoring.follow import progress
    from estimators.planning.cost import at_prices, cost_in_words

    now, lines = job.status(), list(job.logs())
    until = (now.changed if now.ended else clock()) + timedelta(minutes=1)
    far = progress(lines, job.total_steps()) if lines else None
    grader, unseen = _grader(now, job, until)
    stalls = health.stalls(far, lines, now=until) if far and not now.ended else ()
    cost = at_prices(now.cost, prices)
    findings = (*(grader.findings() if grader else ()), *unseen, *stalls)
    return {
        "job": job.name,
        "state": now.state,
        "phase": now.phase,
        "failure": now.failure,
        "billable_s": now.billable_s,
        "cost": cost_in_words(cost) if cost else _tokens(now),
        "step": far.step if far else None,
        "steps": far.of if far else None,
        "reward": far.reward if far else None,
        "left": far.left if far else None,
        "curve": health.reward_curve(lines, since=now.created, until=until),
        "trouble": grader.trouble if grader else (),
        "findings": [str(finding) for finding in findings],
    }


def _tokens(now: Status) -> str | None:
    return None if now.billable_tokens is None else f"{now.billable_tokens:,} tokens"


def _grader(now: Status, job: Job, until: datetime) -> tuple[GraderHealth | None, tuple[JobFinding, ...]]:
    """Grader health from CloudWatch; a finding instead if the caller may not read its metrics."""
    from botocore.exceptions import ClientError

    from estimators.findings import JobFinding
    from estimators.monitoring.grader_health import grader_health
    from rewards.aws import message_of

    if not now.grader_arn or job.session is None:
        return None, ()
    try:
        return grader_health(now.grader_arn, job.session, since=now.created, until=until), ()
    except ClientError as error:
        message = f"CloudWatch metrics of the grader cannot be read: {message_of(error)}"
        fix = "ask for cloudwatch:GetMetricStatistics, or read the function's log"
        return None, (JobFinding("not-allowed-to-look", "warning", message, fix),)


def _status_text(shown: dict[str, Any]) -> str:
    lines = [f"{shown['job']}: {shown['state']} ({shown['phase']})"]
    if shown["failure"]:
        lines.append(f"Failed   {shown['failure']}")
    if shown["step"] is not None:
        reward = "unknown" if shown["reward"] is None else f"{shown['reward']:.3f}"
        lines.append(f"Step     {_bar(shown['step'], shown['steps'])}  reward {reward}  left {_left(shown['left'])}")
    lines += _curves(shown)
    if shown["cost"]:
        lines.append(f"Billed   {shown['cost']}")
    return "\n".join([*lines, *(f"Note     {finding}" for finding in shown["findings"])])


def _curves(shown: dict[str, Any]) -> list[str]:
    """Reward over time and, below it, the calls of the grader that failed meanwhile."""
    from estimators.monitoring.grader_health import bars

    rewards = [value for value in shown["curve"] if value is not None]
    if len(rewards) < 2 and not any(shown["trouble"]):
        return []
    found = [f"Reward   {bars(shown['curve'])}  {min(rewards):.3g} to {max(rewards):.3g}"] if rewards else []
    if any(shown["trouble"]):
        found.append(f"Trouble  {bars(shown['trouble'])}  {sum(shown['trouble']):,} errors and throttles of the grader")
    return found


def _bar(step: int, steps: int | None, width: int = 30) -> str:
    if not steps:
        return str(step)
    done = width * min(step, steps) // steps
    return f"[{'#' * done}{'.' * (width - done)}] {step}/{steps}"


def _left(left: timedelta | None) -> str:
    return "unknown" if left is None else f"about {round(left.total_seconds() / 60):,} min"

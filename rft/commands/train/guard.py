"""`rft train guard`: warn of a training whose reward is being cheated, or stop it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import NAMED_FILE, Command, json_option
from rft.commands.train.finding import found, whereabouts
from rft.commands.train.following import experiment_option, metrics_of, mlflow_run_option
from rft.jobs.find_job import job_by_name

if TYPE_CHECKING:
    from estimators.monitoring.follow import Job
    from rft.rehearsal.alarms import Alarm


@click.command(cls=Command)
@found
@click.option("--rollouts", type=NAMED_FILE, help="Look into this growing file of the job's graded rollouts too.")
@click.option(
    "--truth",
    help="A metric that is not rewarded: its name in MLflow; with --rollouts a reward, file.py:name or reward.yaml.",
)
@click.option("--mlflow", metavar="URI", help="Read MLflow: http(s)://… or the ARN of a SageMaker tracking server.")
@experiment_option
@mlflow_run_option
@click.option("--stop", "stops", is_flag=True, help="Stop the job at the first warning.")
@click.option("--once", is_flag=True, help="Look once; default: until the job ends.")
@click.option(
    "--every", "every_s", type=click.FloatRange(min=1), default=60, show_default=True, help="Seconds between looks."
)
@json_option
def guard(
    job: str,
    rollouts: Path | None,
    truth: str | None,
    mlflow: str | None,
    experiment: str | None,
    mlflow_run: str | None,
    stops: bool,
    once: bool,
    every_s: float,
    as_json: bool,
    **where: Any,
) -> None:
    """Watch JOB with the detectors of `rft rehearse`: its metrics by step, and its rollouts where a file has them.

    Warnings are printed as they come. With --stop the first one stops the job; checkpoints so far are kept. Exit 1
    where something was warned of.
    """
    watched = job_by_name(job, whereabouts(**where))
    told: dict[str, Alarm] = {}
    stopped = False
    while True:
        ended = watched.status().ended
        points = metrics_of(watched, mlflow, experiment, mlflow_run, where["runs"])
        for alarm in _alarms(points, rollouts, truth):
            if alarm.detector not in told:
                told[alarm.detector] = alarm
                click.echo(f"{job}: step {alarm.step}, {alarm.detector}: {alarm.message}", err=as_json)
        if told and stops and not ended:
            stopped = _stop(watched, quiet=as_json)
            ended = True
        if ended or once:
            break
        time.sleep(every_s)
    if as_json:
        click.echo(json.dumps({"job": job, "alarms": [one._asdict() for one in told.values()], "stopped": stopped}))
    elif not told:
        click.echo(f"{job}: nothing to warn of in {_seen(points)}")
    sys.exit(bool(told))


def _alarms(points: Any, rollouts: Path | None, truth: str | None) -> list[Alarm]:
    from rft.rehearsal.guard import alarms_of_metrics, alarms_of_rollouts

    if rollouts is None:
        return alarms_of_metrics(points, truth)
    if not rollouts.stat().st_size:
        return alarms_of_metrics(points)
    from rft.rehearsal.reading import read_evidence, samples_in
    from rft.rehearsal.truth import truth_of

    evidence = read_evidence((rollouts,), truth_of(truth, samples_in(rollouts)))
    return sorted([*alarms_of_rollouts(evidence), *alarms_of_metrics(points)])


def _stop(job: Job, *, quiet: bool) -> bool:
    stopped = job.stop()
    click.echo(f"{job.name}: {'stopped' if stopped else 'has ended by itself'}", err=quiet)
    return stopped


def _seen(points: Any) -> str:
    steps = {point.step for point in points}
    return f"{len(steps):,} steps" if steps else "no step yet"

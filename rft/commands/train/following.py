"""`rft train logs`, `metrics`, `stop` and `collect`: for a job on any platform, by its name."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import OUTPUT_FOLDER, Command, json_option
from rft.commands.train.finding import found, whereabouts
from rft.jobs.find_job import job_by_name, kept_plan, options_of
from rft.jobs.launching import follow_job

if TYPE_CHECKING:
    from estimators.monitoring.follow import Job, Status
    from estimators.monitoring.metrics import Point

experiment_option = click.option(
    "--experiment", help="With --mlflow: the recipe's mlflow_experiment_name; default: the launched one."
)
mlflow_run_option = click.option(
    "--mlflow-run", metavar="NAME", help="With --mlflow: the recipe's mlflow_run_name; default: the launched one."
)


@click.command(cls=Command)
@found
@click.option("--follow", "keep_on", is_flag=True, help="Follow until the job ends; Ctrl-C leaves it running.")
@click.option(
    "--notify",
    metavar="COMMAND",
    help="With --follow: run this at the end, with job and state as arguments.",
)
def logs(job: str, keep_on: bool, notify: str | None, **where: Any) -> None:
    """Print the log of JOB's containers."""
    watched = job_by_name(job, whereabouts(**where))
    if not keep_on:
        lines = list(watched.logs())
        for line in lines:
            click.echo(line.text)
        if not lines:
            _nothing_yet(watched)
        return
    try:
        last = follow_job(watched)
    except KeyboardInterrupt:
        click.echo(f"\nDetached; the job keeps running. Follow it again with `{_again(job, where)}`.", err=True)
        return
    if notify:
        _notify(notify, last)
    sys.exit(last.state != "Completed")


@click.command(cls=Command)
@found
@click.option("--mlflow", metavar="URI", help="Read MLflow: http(s)://… or the ARN of a SageMaker tracking server.")
@experiment_option
@mlflow_run_option
@json_option
def metrics(
    job: str, mlflow: str | None, experiment: str | None, mlflow_run: str | None, as_json: bool, **where: Any
) -> None:
    """Print the metrics of JOB by step, from its log or MLflow."""
    watched = job_by_name(job, whereabouts(**where))
    points = metrics_of(watched, mlflow, experiment, mlflow_run, where["runs"])
    if as_json:
        click.echo(json.dumps([point._asdict() for point in points]))
        return
    if not points:
        _nothing_yet(watched)
    for point in points:
        click.echo(f"{point.step:>6}  {point.name:<18} {point.value:.4g}")


@click.command(cls=Command)
@found
def stop(job: str, **where: Any) -> None:
    """Stop JOB; checkpoints so far are kept on SageMaker."""
    from estimators.errors import JobError, MissingExtraError
    from rewards.aws import advice

    watched = job_by_name(job, whereabouts(**where))
    stopped = watched.stop()
    try:
        state = watched.status().state
    except (JobError, MissingExtraError) as error:
        if advice(error.__cause__):  # AWS said no to the question, not that there is no job
            raise JobError(f"{job} was told to stop, but its state is not known: {error}") from error.__cause__
        # A cluster forgets what it has cancelled; without kubectl it cannot be asked.
        state = "stopped, and off the cluster" if stopped else "not on the cluster: it has ended, or never was there"
    click.echo(f"{job}: {state}")


@click.command(cls=Command)
@found
@click.option("-o", "--output", "out", type=OUTPUT_FOLDER, help="Folder; default: JOB.")
@click.option("--output-uri", metavar="S3URI", help="HyperPod: the recipe's output_s3_path, where no launch is kept.")
@click.option("--mlflow", metavar="URI", help="Take metrics from MLflow too: http(s)://… or a tracking server's ARN.")
@experiment_option
@mlflow_run_option
def collect(
    job: str,
    out: Path | None,
    mlflow: str | None,
    experiment: str | None,
    mlflow_run: str | None,
    **where: Any,
) -> None:
    """Download the outputs of JOB: checkpoint address, and all metrics in one table."""
    from estimators.results.outputs import collect as collect_outputs

    watched = job_by_name(job, whereabouts(**where))
    more = _mlflow(watched, mlflow, experiment, mlflow_run, where["runs"])
    outputs = collect_outputs(watched, out or Path(job), more=more)
    click.echo(f"Checkpoint  {outputs.checkpoint.uri if outputs.checkpoint else 'none'}")
    click.echo(f"Metrics     {len(outputs.metrics):,} values in {(out or Path(job)) / 'metrics.csv'}")
    for result in outputs.results:
        spread = "" if result.standard_error is None else f" ± {result.standard_error:.3g}"
        click.echo(f"Result      {result.task} {result.name}: {result.value:.4g}{spread}")
    if outputs.rollouts:
        click.echo(f"Rollouts    {outputs.rollouts:,} in {(out or Path(job)) / 'rollouts.jsonl'}")


def _nothing_yet(job: Job) -> None:
    """Report a job without output yet; raises `JobError` if there is no such job."""
    now = job.status()
    click.echo(f"{job.name}: {now.state} ({now.phase}), no output yet", err=True)


def metrics_of(
    job: Job, mlflow: str | None, experiment: str | None, mlflow_run: str | None, runs: Path
) -> tuple[Point, ...]:
    """The metrics of a job by step: from MLflow where it is asked and has some, else from the job's log."""
    from estimators.monitoring.metrics import read_log

    return _mlflow(job, mlflow, experiment, mlflow_run, runs) or read_log(line.text for line in job.logs())


def _mlflow(job: Job, uri: str | None, experiment: str | None, run: str | None, runs: Path) -> tuple[Point, ...]:
    """Metrics from MLflow, under the given names, else those of the kept recipe, else the job's name."""
    from estimators.monitoring.mlflow import read_mlflow
    from estimators.planning.recipe_facts import read_facts

    if uri is None:
        return ()
    plan = kept_plan(job.name, runs)
    known = read_facts(plan.recipe).mlflow if plan and plan.recipe else ("", "")
    in_experiment, in_run = experiment or known[0] or job.name, run or known[1] or job.name
    return read_mlflow(uri, experiment=in_experiment, run=in_run, session=job.session)


def _again(job: str, where: dict[str, Any]) -> str:
    """The command line that follows the job again."""
    import shlex

    found = whereabouts(**where)
    words = [("--on", found.platform), ("--region", found.region), ("--profile", found.profile)]
    said = [word for option, value in words if value for word in (option, value)]
    return shlex.join(["rft", "train", "logs", job, "--follow", *said, *options_of(found.options)])


def _notify(notify: str, last: Status) -> None:
    import shlex

    from rewards.children import run_child

    try:
        run_child([*shlex.split(notify), last.name, last.state])
    except OSError as error:
        click.echo(f"--notify {notify}: cannot be run: {error.strerror}", err=True)

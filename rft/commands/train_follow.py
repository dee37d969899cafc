"""`rft train status`, `logs`, `metrics`, `stop` and `collect`: for a job on any platform, by its name."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft.command_line import OUTPUT_FOLDER, Command
from rft.commands.platform_option import platform_option
from rft.jobs.find_job import Whereabouts, job_by_name, kept_plan, options_of
from rft.jobs.launching import follow_job

if TYPE_CHECKING:
    from estimators.findings import JobFinding
    from estimators.monitoring.follow import Job, Status
    from estimators.monitoring.grader_health import GraderHealth
    from estimators.monitoring.metrics import Point

F = TypeVar("F", bound=Callable[..., Any])


def found(function: F) -> F:
    """JOB, and the options that say where it runs; most are unnecessary if its plan is in RUNS."""
    for option in (
        click.argument("job"),
        platform_option(help="Default: where it was launched, else sagemaker."),
        click.option("--region", help="AWS region; default: that of the launch, else us-east-1."),
        click.option("--profile", help="AWS profile; default: your environment's."),
        click.option("--cluster", help="HyperPod: the cluster's name."),
        click.option("--namespace", help="HyperPod: the job's Kubernetes namespace; default: kubeflow."),
        click.option("--tool", type=click.Choice(["hyperpod", "hyp"]), help="HyperPod: what started the job."),
        click.option(
            "--where", "others", multiple=True, metavar="KEY=VALUE", help="Other platforms: what finds the job."
        ),
        click.option(
            "--runs", type=click.Path(path_type=Path, file_okay=False), default="runs", help="Folder of runs."
        ),
    ):
        function = option(function)
    return function


def whereabouts(
    *,
    platform: str | None,
    region: str | None,
    profile: str | None,
    runs: Path,
    others: Sequence[str],
    **own: str | None,
) -> Whereabouts:
    """What the options of `found` say; `own` are those of HyperPod."""
    said = {key: value for key, value in own.items() if value is not None}
    for other in others:
        key, separator, value = other.partition("=")
        if not separator:
            raise click.UsageError(f"--where {other!r}: write KEY=VALUE")
        said[key] = value
    return Whereabouts(platform, region, profile, runs, said)


@click.command(cls=Command)
@found
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def status(job: str, as_json: bool, **where: Any) -> None:
    """Show the status of JOB: state, step, reward, time left, grader errors and throttles."""
    shown = _status(job_by_name(job, whereabouts(**where)))
    click.echo(json.dumps(shown, default=str) if as_json else _status_text(shown))
    sys.exit(shown["state"] == "Failed")


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
@click.option("--experiment", help="With --mlflow: the recipe's mlflow_experiment_name; default: the launched one.")
@click.option(
    "--mlflow-run", metavar="NAME", help="With --mlflow: the recipe's mlflow_run_name; default: the launched one."
)
@click.option("--json", "as_json", is_flag=True, help="Print for machines.")
def metrics(
    job: str, mlflow: str | None, experiment: str | None, mlflow_run: str | None, as_json: bool, **where: Any
) -> None:
    """Print the metrics of JOB by step, from its log or MLflow."""
    from estimators.monitoring.metrics import read_log

    watched = job_by_name(job, whereabouts(**where))
    points = _mlflow(watched, mlflow, experiment, mlflow_run, where["runs"]) or read_log(
        line.text for line in watched.logs()
    )
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

    watched = job_by_name(job, whereabouts(**where))
    stopped = watched.stop()
    try:
        state = watched.status().state
    except (JobError, MissingExtraError):  # a cluster forgets what it has cancelled; without kubectl it cannot be asked
        state = "stopped, and off the cluster" if stopped else "not on the cluster: it has ended, or never was there"
    click.echo(f"{job}: {state}")


@click.command(cls=Command)
@found
@click.option("-o", "--output", "out", type=OUTPUT_FOLDER, help="Folder; default: JOB.")
@click.option("--output-uri", metavar="S3URI", help="HyperPod: the recipe's output_s3_path, where no launch is kept.")
@click.option("--mlflow", metavar="URI", help="Take metrics from MLflow too: http(s)://… or a tracking server's ARN.")
@click.option("--experiment", help="With --mlflow: the recipe's mlflow_experiment_name; default: the launched one.")
@click.option(
    "--mlflow-run", metavar="NAME", help="With --mlflow: the recipe's mlflow_run_name; default: the launched one."
)
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
    if outputs.rollouts:
        click.echo(f"Rollouts    {outputs.rollouts:,} in {(out or Path(job)) / 'rollouts.jsonl'}")


# --- what the commands share -------------------------------------------------------------------------------------
def _nothing_yet(job: Job) -> None:
    """Report a job without output yet; raises `JobError` if there is no such job."""
    now = job.status()
    click.echo(f"{job.name}: {now.state} ({now.phase}), no output yet", err=True)


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


def clock() -> datetime:
    """The time; tests have one of their own."""
    return datetime.now(UTC)


def _status(job: Job) -> dict[str, Any]:
    from estimators.monitoring import grader_health as health
    from estimators.monitoring.follow import progress
    from estimators.planning.cost import cost_in_words

    now, lines = job.status(), list(job.logs())
    until = (now.changed if now.ended else clock()) + timedelta(minutes=1)
    far = progress(lines, job.total_steps()) if lines else None
    grader, unseen = _grader(now, job, until)
    stalls = health.stalls(far, lines, now=until) if far and not now.ended else ()
    findings = (*(grader.findings() if grader else ()), *unseen, *stalls)
    return {
        "job": job.name,
        "state": now.state,
        "phase": now.phase,
        "failure": now.failure,
        "billable_s": now.billable_s,
        "cost": cost_in_words(now.cost) if now.cost else _tokens(now),
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

    from estimators.aws import message_of
    from estimators.findings import JobFinding
    from estimators.monitoring.grader_health import grader_health

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

"""JOB and the options that say where it runs: of every command that asks about a job."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from rft.command_line import RUNS_FOLDER, profile_option
from rft.commands.platform_option import platform_option
from rft.jobs.find_job import Whereabouts

F = TypeVar("F", bound=Callable[..., Any])


def found(function: F) -> F:
    """JOB, and the options that say where it runs; most are unnecessary if its plan is in RUNS."""
    for option in (
        click.argument("job"),
        platform_option(help="Default: where it was launched, else sagemaker."),
        click.option("--region", help="AWS region; default: that of the launch, else us-east-1."),
        profile_option,
        click.option("--cluster", help="HyperPod: the cluster's name."),
        click.option("--namespace", help="HyperPod: the job's Kubernetes namespace; default: kubeflow."),
        click.option("--tool", type=click.Choice(["hyperpod", "hyp"]), help="HyperPod: what started the job."),
        click.option(
            "--where", "others", multiple=True, metavar="KEY=VALUE", help="Other platforms: what finds the job."
        ),
        click.option(
            "--runs",
            type=RUNS_FOLDER,
            default="runs",
            show_default=True,
            help="Folder of runs.",
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

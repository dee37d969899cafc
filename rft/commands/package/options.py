"""What the commands of `rft package` share: options, variables of the environment, steps, a session."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft.command_line import NAMED_FILE

if TYPE_CHECKING:
    from rewards.audit import StepPlan

_Function = TypeVar("_Function", bound=Callable[..., Any])

PACKAGE = click.Path(path_type=Path, exists=True)
recipe_option = click.option(
    "--recipe", type=NAMED_FILE, help="The recipe whose steps and batches the grader will serve."
)
profile_option = click.option("--profile", help="Profile of your AWS credentials.")


environment_option = click.option(
    "--env",
    "environment",
    multiple=True,
    metavar="NAME[=VALUE]",
    help="Environment variable of the function; its value here where none is given; repeatable.",
)
bucket_option = click.option("--bucket", default="", help="S3 bucket for the upload of a zip of more than 50 MB.")
layer_option = click.option("--layer", "layers", multiple=True, metavar="ZIP|ARN", help="A layer; repeatable.")
handler_option = click.option(
    "--handler", default="", metavar="MODULE.NAME", help="Handler to call; default: the zip's own."
)


def limit_options(command: _Function) -> _Function:
    """The limits of the function, for whatever runs it here."""
    timeout = click.option(
        "--timeout", "timeout_s", default=300, show_default=True, help="Timeout of a call, in seconds."
    )
    memory = click.option(
        "--memory",
        "memory_mb",
        type=click.IntRange(128, 10_240),  # of Lambda; `lambda_package.sizing` is not imported for --help
        default=1769,
        show_default=True,
        help="Memory of the function, in MB.",
    )
    return timeout(memory(command))


def variables_of(environment: Sequence[str]) -> dict[str, str]:
    """Names and values of what --env was given, a value from here where there is only a name."""
    found = dict(map(variable_of, environment))
    absent = [name for name, value in found.items() if value is None and name not in os.environ]
    if absent:
        raise click.UsageError(
            f"--env {absent[0]}: this environment has no such variable; give --env {absent[0]}=VALUE"
        )
    return {name: os.environ[name] if value is None else value for name, value in found.items()}


def variable_of(written: str) -> tuple[str, str | None]:
    """Name and value of what --env was given; a value is None where there is only a name."""
    name, equals, value = written.partition("=")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name):
        wanted = "--env is NAME=VALUE, or NAME for its value here, with a NAME of two letters or more"
        raise click.UsageError(f"{wanted}, got {name + equals!r}")
    return name, value if equals else None


def steps_of(recipe: Path | None) -> StepPlan:
    """The steps that the grader will serve: of a recipe, or of AWS's."""
    from rewards.audit import StepPlan
    from rft.audit_step import step_plan_of

    return step_plan_of(recipe) if recipe else StepPlan()


def session_of(region: str, profile: str | None) -> Any:
    """A session of boto3 in a region."""
    from estimators.aws import connect

    return connect(region, profile)

"""`rft agent`: run an agent's file against SageMaker's Job Runtime on localhost."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import OUTPUT_FILE, Group, project_argument

if TYPE_CHECKING:
    from rewards.trajectories import Environment


@click.group(cls=Group)
def command() -> None:
    """Try an agent of many turns on this machine, as it will run on AWS."""


@command.command()
@project_argument
@click.option(
    "--model", default="gold", show_default=True, help="Who answers: gold, random, or the /v1 URL of a server."
)
@click.option("--model-name", default="default", show_default=True, help="The model's name at that server.")
@click.option("--split", default="test", show_default=True, help="Which tasks of the world.")
@click.option("--tasks", type=click.IntRange(1), default=8, show_default=True, help="How many of them.")
@click.option("--group-size", type=click.IntRange(1), default=1, show_default=True, help="Rollouts of each.")
@click.option("--concurrency", type=click.IntRange(1, 96), default=8, show_default=True, help="Rollouts at a time.")
@click.option("--timeout-s", type=float, default=900.0, show_default=True, help="Seconds that one may take.")
@click.option(
    "--throttle-every",
    type=click.IntRange(0),
    default=0,
    help="Refuse every Nth call for a sample, to see the agent try again; default: none.",
)
@click.option(
    "--token-s",
    type=float,
    default=float("inf"),
    help="Let a token expire after so many seconds, to see the agent renew it; default: never.",
)
@click.option("--port", type=click.IntRange(0, 65_535), default=0, help="Port on localhost; default: a free one.")
@click.option("-o", "--output", type=OUTPUT_FILE, help="Write the rollouts as JSONL or Parquet.")
def serve(
    project: Path,
    model: str,
    model_name: str,
    split: str,
    tasks: int,
    group_size: int,
    concurrency: int,
    timeout_s: float,
    throttle_every: int,
    token_s: float,
    port: int,
    output: Path | None,
) -> None:
    """Serve the Job Runtime on localhost and run the agent of PROJECT against it, a call for each rollout.

    The agent's file is the one that AWS runs: it is given another endpoint, and nothing else. It runs as you do. Exit 1
    where a rollout failed.
    """
    from rewards.rollouts import write_records
    from rft.agents.job_runtime import JobRuntime
    from rft.agents.project import load_agent_project
    from rft.agents.serving import asked_of, handler_at, run_rollouts

    file = load_agent_project(project)
    world = file.environment()
    chosen = [task.id for task in world.of(split)][:tasks]
    if not chosen:
        raise click.UsageError(f"the world has no tasks in the split {split!r}")
    asked = asked_of(chosen, group_size)
    answer = _model(model, model_name, world, {each.trajectory: each.prompt for each in asked})
    runtime = JobRuntime(answer, throttle_every=throttle_every, token_s=token_s)
    handler = handler_at(file.root, file.project.entry)
    records = list(run_rollouts(handler, runtime, asked, concurrency=concurrency, timeout_s=timeout_s, port=port))
    failed = [record for record in records if record["reason"]]
    for reason in dict.fromkeys(str(record["reason"]) for record in failed):
        click.echo(f"{sum(record['reason'] == reason for record in failed)} of {len(records)}: {reason}", err=True)
    scores = [float(str(record["score"])) for record in records]
    solved = sum(score >= 1 - 1e-9 for score in scores)
    click.echo(f"{len(records)} rollouts of {len(chosen)} tasks: mean {sum(scores) / len(scores):.3f}, {solved} with 1")
    if output is not None:
        write_records(output, records)
        click.echo(f"Wrote {output}; read it with `rft rollouts {output}`, look at it with `rft view {output}`")
    sys.exit(int(bool(failed)))


def _model(name: str, model_name: str, world: Environment, tasks: dict[str, str]) -> Any:
    from rewards.errors import SpecError
    from rewards.origins import checked_url
    from rft.agents.models import GoldModel, HttpModel, RandomModel

    if name == "gold":
        return GoldModel(world, tasks)
    if name == "random":
        return RandomModel(world, tasks)
    try:
        return HttpModel(checked_url(name), model_name)
    except SpecError as error:
        raise click.UsageError(
            f"--model is gold, random or an address such as http://localhost:8000/v1: {error}"
        ) from None

"""`rft model import`, `deploy`, `invoke` and `delete`: a checkpoint becomes a model that answers, and is gone again."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import (
    NAMED_FILE,
    Command,
    plan_option,
    profile_option,
    project_argument,
    region_option,
    yes_option,
)

if TYPE_CHECKING:
    from estimators.platforms.bedrock.plan import BedrockConfig

recipe_option = click.option(
    "--recipe",
    type=NAMED_FILE,
    help="Recipe that trained it: Bedrock serves LoRA on demand too, all weights on reserved units only.",
)
name_option = click.option("--name", required=True, help="Name of the model on Bedrock.")


@click.command("import", cls=Command)
@project_argument
@name_option
@click.option("--checkpoint", required=True, help="What a training left: its folder or s3:// address.")
@recipe_option
@plan_option
@profile_option
def import_(
    project: Path, name: str, checkpoint: str, recipe: Path | None, plan_only: bool, profile: str | None
) -> None:
    """Import a checkpoint as a custom model, and wait until it is active."""
    from estimators.aws import connect
    from estimators.platforms.bedrock.models import import_model, import_request
    from estimators.results.outputs import Checkpoint, read_checkpoint

    config = _config(project)
    collected = Path(checkpoint).exists()
    found = read_checkpoint(Path(checkpoint)) if collected else Checkpoint(checkpoint, "sagemaker")
    request = import_request(found, name, config)
    for note in _full_rank(recipe):
        click.echo(note, err=True)
    if plan_only:
        _show("CreateCustomModel", request)
        return
    _refuse_placeholders(request)
    click.echo(import_model(request, connect(config.region, profile), sleep=time.sleep))


@click.command(cls=Command)
@project_argument
@name_option
@click.option("--model-arn", help="ARN of the model; default: the custom model called NAME.")
@click.option("--units", type=click.IntRange(1), help="Reserve this many model units, paid by the hour.")
@click.option("--commitment", type=click.Choice(["OneMonth", "SixMonths"]), help="With --units; default: none.")
@recipe_option
@plan_option
@profile_option
def deploy(
    project: Path,
    name: str,
    model_arn: str | None,
    units: int | None,
    commitment: Any,
    recipe: Path | None,
    plan_only: bool,
    profile: str | None,
) -> None:
    """Deploy a custom model on demand (billed per token) or on provisioned units.

    On demand Bedrock serves LoRA adapters only; a model of all weights needs --units. --recipe looks which it is.
    """
    from estimators.aws import connect
    from estimators.platforms.bedrock.models import (
        deploy_model,
        deployment_request,
        provision_model,
        throughput_request,
    )
    from estimators.platforms.bedrock.models import model_arn as find_arn

    if commitment and not units:
        raise click.UsageError("--commitment goes with --units: on demand nothing is reserved")
    if not units and (notes := _full_rank(recipe)):
        raise click.UsageError(f"{notes[0]}; reserve units with --units")
    config = _config(project)
    arn = model_arn or (None if plan_only else find_arn(name, connect(config.region, profile)))
    if arn is None and not plan_only:
        raise click.UsageError(f"there is no custom model {name!r}; import it first, or give --model-arn")
    shown = arn or "<arn of the model>"
    if units:
        request = throughput_request(shown, name, config, units=units, commitment=commitment)
    else:
        request = deployment_request(shown, name, config)
    if plan_only:
        _show("CreateProvisionedModelThroughput" if units else "CreateCustomModelDeployment", request)
        return
    session = connect(config.region, profile)
    bring_up = provision_model if units else deploy_model
    click.echo(bring_up(request, session, sleep=time.sleep))


@click.command(cls=Command)
@click.argument("arn")
@click.argument("prompt")
@click.option("--system", help="System prompt.")
@click.option(
    "--max-tokens", type=click.IntRange(1), default=2048, show_default=True, help="Most tokens of the answer."
)
@region_option(of="model")
@profile_option
def invoke(arn: str, prompt: str, system: str | None, max_tokens: int, region: str, profile: str | None) -> None:
    """Send one prompt to the model ARN and print its completion."""
    from estimators.answers import assistant_turn, converse_request
    from estimators.aws import connect

    turns = [{"role": "system", "content": system}] if system else []
    row = {"messages": [*turns, {"role": "user", "content": prompt}]}
    request = converse_request(row, arn, {"maxTokens": max_tokens, "temperature": 0.0})
    click.echo(assistant_turn(connect(region, profile).client("bedrock-runtime").converse(**request))["content"])


@click.command(cls=Command)
@click.argument("name")
@click.option("--plan", "plan_only", is_flag=True, help="Only list what would be deleted.")
@yes_option
@region_option(of="job")
@profile_option
def delete(name: str, plan_only: bool, yes: bool, region: str, profile: str | None) -> None:
    """Delete the custom model NAME, its deployments and reserved units first."""
    from estimators.aws import connect
    from estimators.platforms.bedrock.models import delete_model, standing_model

    if plan_only:
        for arn in (found := standing_model(name, connect(region, profile))):
            click.echo(f"would delete {arn}")
        if not found:
            click.echo(f"there is no custom model {name!r} in {region}")
        return
    if not yes:
        click.confirm(f"Delete the model {name} and all that serves it?", abort=True, err=True)
    gone = delete_model(name, connect(region, profile), sleep=time.sleep)
    if not gone:
        click.echo(f"there is no custom model {name!r} in {region}")
    for arn in gone:
        click.echo(f"deleted {arn}")


def _full_rank(recipe: Path | None) -> list[str]:
    """What is to be said of a model whose recipe trains all weights; nothing for LoRA, or without a recipe."""
    from recipes import RecipeFileError, check
    from rewards.yaml_text import yaml_text_of

    found = check(yaml_text_of(recipe)) if recipe else []
    unread = [
        each for each in found if each.severity == "error" and (each.source == "YAML" or each.code == "not-a-recipe")
    ]
    if unread:
        raise RecipeFileError(str(recipe), unread)
    return [problem.message for problem in found if problem.code == "full-rank-on-demand"]


def _config(project: Path) -> BedrockConfig:
    from rft.project import load_project

    return load_project(project).project.bedrock


def _show(operation: str, request: Mapping[str, Any]) -> None:
    click.echo(json.dumps({"operation": operation, "request": request}, indent=2))


def _refuse_placeholders(request: Mapping[str, Any]) -> None:
    from estimators.findings import refuse
    from estimators.planning.checks import placeholder_findings

    refuse(placeholder_findings(request))

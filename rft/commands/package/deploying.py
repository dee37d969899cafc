"""`rft package deploy` and `delete`: a verified zip in an account, and nothing of it left there."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import OUTPUT_FILE, Command, json_option, region_option, yes_option
from rft.commands.package.options import (
    PACKAGE,
    bucket_option,
    environment_option,
    layer_option,
    limit_options,
    profile_option,
    recipe_option,
    session_of,
    steps_of,
    variables_of,
)

if TYPE_CHECKING:
    from lambda_package.deploy import DeployPlan

CONCURRENCY = {"hyperpod": 100, "sagemaker": 12, "bedrock": 12}  # lambda_concurrency_limit of AWS's recipes


@click.command(cls=Command)
@click.argument("zip_path", metavar="ZIP|IMAGE", type=PACKAGE)
@click.option("--name", required=True, help="Name of the deployment; the function is called SageMaker-NAME.")
@click.option(
    "--on",
    "consumer",
    type=click.Choice(sorted(CONCURRENCY)),
    required=True,
    help="Service whose jobs call the grader.",
)
@click.option(
    "--plan", "only_plan", is_flag=True, help="Print API calls and policies, change nothing; needs no credentials."
)
@region_option(of="function")
@profile_option
@click.option("--account", help="Expected account id, checked before any change.")
@click.option("--training-role", metavar="ARN", help="Training role: the only principal that may invoke the function.")
@limit_options
@click.option(
    "--concurrency", type=int, help="Reserved concurrency; default: the recipe's, else 12, or 100 on HyperPod."
)
@recipe_option
@click.option("--retention-days", default=30, show_default=True, help="Log retention, in days.")
@click.option(
    "--judge-model",
    "judge_models",
    multiple=True,
    metavar="ARN",
    help="Bedrock model that the grader invokes as judge; repeatable.",
)
@click.option("--relaxed-trust", is_flag=True, help="Trust by source account only, without the source's ARN.")
@environment_option
@layer_option
@bucket_option
@click.option("--force", multiple=True, metavar="CODE", help="Deploy despite the finding with this code; repeatable.")
@click.option(
    "--manifest", type=OUTPUT_FILE, help="Record of the deployed resources; default: ZIP's name with .deployment.json."
)
@json_option
def deploy(
    zip_path: Path,
    only_plan: bool,
    profile: str | None,
    recipe: Path | None,
    concurrency: int | None,
    manifest: Path | None,
    environment: tuple[str, ...],
    layers: tuple[str, ...],
    bucket: str,
    force: tuple[str, ...],
    as_json: bool,
    **settings: Any,
) -> None:
    """Create or update the function with its role, log group, version, alias, limits and permission.

    Only a zip that `verify` passed is deployed, unless --force names the code of each finding, or not-verified. The
    layers and bucket of the build count where they are not given here; its variables are given here once more.
    """
    from lambda_package.deploy import DeployConfig, apply, plan_deploy
    from lambda_package.packaging.record import BuildRecord, beside, environment_of, record_of
    from rewards.writing import write_text

    reserved = _concurrency(concurrency, recipe, settings["consumer"])
    record = record_of(zip_path) or BuildRecord("", "")
    config = DeployConfig(
        concurrency=reserved,
        environment=environment_of(record, variables_of(environment)),
        layers=layers or record.layers,
        bucket=bucket or record.bucket,
        **settings,
    )
    plan = plan_deploy(zip_path, config)
    if only_plan:
        _show_plan(plan, as_json=as_json)
        return
    _refuse_unverified(zip_path, force)
    deployment = apply(plan, session_of(plan.config.region, profile), sleep=time.sleep)
    manifest = manifest or beside(zip_path, ".deployment.json")
    write_text(manifest, deployment.to_json())
    if as_json:
        click.echo(deployment.to_json(), nl=False)
        return
    click.echo(f"version {deployment.version} of {deployment.function_arn} is active; recorded in {manifest}")
    click.echo(f"for your jobs: {deployment.arn_for_jobs}")
    for note in plan.notes:
        click.echo(f"note: {note}")


@click.command(cls=Command)
@click.argument("name")
@region_option(of="function")
@profile_option
@click.option("--plan", "plan_only", is_flag=True, help="Only list what would be deleted.")
@yes_option
def delete(name: str, region: str, profile: str | None, plan_only: bool, yes: bool) -> None:
    """Delete what `deploy` made under NAME: function, role and log group, each only if it carries our tag."""
    from lambda_package.deploy import DeployConfig, standing
    from lambda_package.deploy import destroy as destroy_deployment

    config = DeployConfig(name, "sagemaker", region=region)
    if plan_only:
        found = standing(config, session_of(region, profile))
        for arn in found:
            click.echo(f"would delete {arn}")
        if not found:
            click.echo(f"nothing in {region} carries the tag of {name!r}")
        return
    if not yes:
        click.confirm(f"Delete {config.function_name}, {config.role_name} and {config.log_group}?", abort=True)
    deleted = destroy_deployment(config, session_of(region, profile), sleep=time.sleep)
    for arn in deleted:
        click.echo(f"deleted {arn}")
    if not deleted:
        click.echo(f"nothing in {region} carries the tag of {name!r}")


def _concurrency(asked: int | None, recipe: Path | None, consumer: str) -> int:
    from lambda_package.errors import CapacityError

    needed = steps_of(recipe).concurrency if recipe else None
    if asked is not None and needed is not None and asked < needed:
        raise CapacityError(f"--concurrency {asked} is less than lambda_concurrency_limit {needed} of {recipe}")
    return asked or needed or CONCURRENCY[consumer]


# --- showing -----------------------------------------------------------------------------------------------------
def _show_plan(plan: DeployPlan, *, as_json: bool) -> None:
    if as_json:
        calls = [
            {
                **{field.name: getattr(call, field.name) for field in fields(call)},
                "request": _without_values(call.request),
            }
            for call in plan.calls
        ]
        click.echo(json.dumps({"calls": calls, "policies": dict(plan.policies), "notes": plan.notes}, indent=2))
        return
    for number, call in enumerate(plan.calls, 1):
        click.echo(f"{number}. {call.service}:{call.operation}: {call.why}")
        click.echo(_indented(_readable(_without_values(call.request))))
    for purpose, document in plan.policies.items():
        click.echo(f"policy {purpose}")
        click.echo(_indented(document))
    for note in plan.notes:
        click.echo(f"note: {note}")


def _without_values(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as a plan shows it, which people keep and send: of environment variables their names."""
    shown = {
        key: {"Variables": dict.fromkeys(request[key]["Variables"], "***")} for key in request if key == "Environment"
    }
    return {**request, **shown}


def _readable(request: Mapping[str, Any]) -> dict[str, Any]:
    """Policy documents, which travel as text, as the values they are."""
    embedded = isinstance(request.get("PolicyDocument") or request.get("AssumeRolePolicyDocument"), str)
    documents = {key: json.loads(value) for key, value in request.items() if embedded and key.endswith("Document")}
    return {**request, **documents}


def _indented(value: Any) -> str:
    return "\n".join(f"   {line}" for line in json.dumps(value, indent=2).splitlines())


def _refuse_unverified(zip_path: Path, force: Sequence[str]) -> None:
    """Stop unless this very zip was verified and passed, or each finding was forced by its code."""
    from lambda_package.errors import DeployError
    from lambda_package.packaging.record import verdict_of

    found = verdict_of(zip_path)
    if found is None:
        found = {"not-verified": f"nobody verified this zip: rft package verify {zip_path} --data rft.jsonl"}
    remaining = {code: text for code, text in found.items() if code not in force}
    if remaining:
        lines = "; ".join(f"[{code}] {text}" for code, text in remaining.items())
        again = " ".join(f"--force {code}" for code in remaining)
        raise DeployError(f"{zip_path} is not deployed: {lines}; to deploy it all the same: {again}")

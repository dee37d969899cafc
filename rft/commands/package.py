"""`rft package`: a reward as a Lambda grader, from file to account, each step proved before the next."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from rft.command_line import (
    INPUT_FILE,
    INPUT_FOLDER,
    NAMED_FILE,
    OUTPUT_FILE,
    Group,
    allow_network_option,
    json_option,
    region_option,
    yes_option,
)

if TYPE_CHECKING:
    from lambda_package.deploy import DeployPlan
    from lambda_package.runtime import Invocation
    from lambda_package.sizing import Recommendation
    from lambda_package.verify import Verification
    from rewards.audit import StepPlan

_Function = TypeVar("_Function", bound=Callable[..., Any])

PACKAGE = click.Path(path_type=Path, exists=True)
CONCURRENCY = {"hyperpod": 100, "sagemaker": 12, "bedrock": 12}  # lambda_concurrency_limit of AWS's recipes
AWS_RECIPE = "AWS's recipe for training jobs (--recipe for yours)"
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


@click.group(cls=Group)
def command() -> None:
    """Build, verify, invoke and deploy a reward as an AWS Lambda grader."""


@command.command()
@click.argument("grader", metavar="FILE.py:NAME|REWARD.yaml")
@click.option(
    "-o", "--output", type=OUTPUT_FILE, default=Path("grader.zip"), show_default=True, help="The zip to write."
)
@click.option("--runtime", default="python3.13", show_default=True, help="Lambda's Python: python3.12 to python3.14.")
@click.option("--arch", default="x86_64", show_default=True, help="Lambda's processor: x86_64 or arm64.")
@click.option(
    "--with", "requirements", multiple=True, metavar="PACKAGE", help="Third-party package to include; repeatable."
)
@click.option("--include", multiple=True, metavar="FILE|DIR", help="File or folder to include; repeatable.")
@click.option(
    "--root",
    type=INPUT_FOLDER,
    help="Root folder of imports, for a package.",
)
@click.option("--handler", default="", metavar="MODULE.NAME", help="Lambda handler; default: that of lambda_function.")
@click.option(
    "--env",
    "environment",
    multiple=True,
    metavar="NAME",
    help="Environment variable that the function needs; no value is kept; repeatable.",
)
@layer_option
@bucket_option
@click.option("--image", is_flag=True, help="Write the build context of a container image, up to 10 GB, for a zip.")
@click.option("--fallback", default=0.0, show_default=True, help="Score of an ungradable sample.")
@click.option("--envelope", is_flag=True, help="Always respond with statusCode and body: serverless open-weight jobs.")
@json_option
def build(
    grader: str,
    output: Path,
    runtime: str,
    arch: str,
    requirements: tuple[str, ...],
    include: tuple[str, ...],
    root: Path | None,
    handler: str,
    environment: tuple[str, ...],
    layers: tuple[str, ...],
    bucket: str,
    image: bool,
    fallback: float,
    envelope: bool,
    as_json: bool,
) -> None:
    """Write the zip: the reward, what it imports, the handler, and nothing else. With --image, a folder for Docker.

    FILE.py:lambda_handler, or what --handler names itself, is taken as a finished handler of yours. --layer and the
    names of --env are recorded beside the zip, for verify, invoke and deploy, which ask for the values.
    """
    from lambda_package.packaging.build import build as build_zip
    from lambda_package.packaging.source import DEFAULT_HANDLER

    package = build_zip(
        grader,
        output.with_suffix(".image") if image else output,
        fallback=fallback,
        envelope=envelope,
        runtime=runtime,
        architecture=arch,
        requirements=requirements,
        include=include,
        root=root,
        handler=handler or DEFAULT_HANDLER,
        variables=[_variable(text)[0] for text in environment],
        layers=layers,
        bucket=bucket,
        image=image,
    )
    if as_json:
        click.echo(json.dumps({**asdict(package), "path": str(package.path)}, indent=2))
        return
    click.echo(f"{package.path}: {package.size_bytes / 1024:.1f} KB, {len(package.files)} files")
    click.echo(f"content digest {package.content_digest}")
    for note in package.notes:
        click.echo(f"note: {note}")
    click.echo(f"next: rft package verify {package.path} --data rft.jsonl")


@command.command()
@click.argument("zip_path", metavar="ZIP|IMAGE", type=PACKAGE)
@click.option("--data", type=INPUT_FILE, help="RFT rows as JSONL; without, one example row of ours.")
@limit_options
@click.option(
    "--consumer",
    type=click.Choice(["nova", "open-weight", "byo-metrics"]),
    default="nova",
    show_default=True,
    help="Who calls the function: a Nova job, an open-weight job, or an evaluation with metrics of its own.",
)
@environment_option
@layer_option
@handler_option
@recipe_option
@allow_network_option
@json_option
def verify(
    zip_path: Path,
    data: Path | None,
    timeout_s: int,
    memory_mb: int,
    consumer: str,
    environment: tuple[str, ...],
    layers: tuple[str, ...],
    handler: str,
    recipe: Path | None,
    allow_network: bool,
    as_json: bool,
) -> None:
    """Run the zip under AWS's own runtime client with all that AWS will send. Exit 1 where something is a problem.

    The rows are graded by the source as well, where the zip was built on this machine. The verdict is recorded beside
    the zip, and `deploy` reads it.
    """
    from lambda_package.packaging.record import write_verdict
    from lambda_package.verify import verify as verify_zip
    from rewards.audit import read_cases

    cases = read_cases(data) if data else []
    verification = verify_zip(
        zip_path,
        cases,
        timeout_s=timeout_s,
        memory_mb=memory_mb,
        consumer=consumer,  # type: ignore[arg-type]  # click checked it
        environment=_variables(environment),
        layers=layers,
        handler=handler,
        allow_network=allow_network,
    )
    write_verdict(zip_path, verification.problems)
    advice = _advice(verification, recipe) if cases and verification.ok else None
    if as_json:
        shown = {**asdict(verification), "ok": verification.ok, "recommended": asdict(advice) if advice else None}
        click.echo(json.dumps(shown, indent=2))
    else:
        _show_verification(zip_path, verification, advice, recipe)
    sys.exit(not verification.ok)


@command.command()
@click.argument("where", metavar="ZIP|IMAGE|ARN")
@click.argument("event", type=click.File("rb"))
@limit_options
@environment_option
@layer_option
@handler_option
@profile_option
@allow_network_option
def invoke(
    where: str,
    event: Any,
    timeout_s: int,
    memory_mb: int,
    environment: tuple[str, ...],
    layers: tuple[str, ...],
    handler: str,
    profile: str | None,
    allow_network: bool,
) -> None:
    """Send the JSON in EVENT (- for standard input) and print the answer. Exit 1 where the function fails."""
    body = event.read()
    _refuse_no_json(body, event.name)
    if where.startswith("arn:"):
        from lambda_package.invoke import invoke_function, region_of

        client = _session(region_of(where), profile).client("lambda")
        invocation = invoke_function(client, where, body)
    else:
        from lambda_package.packaging.record import BuildRecord, environment_of, record_of
        from lambda_package.packaging.sbom import handler_in, target_in
        from lambda_package.runtime import Runtime

        record = record_of(Path(where)) or BuildRecord("", "")
        with Runtime(
            where,
            timeout_s=timeout_s,
            memory_mb=memory_mb,
            handler=handler or handler_in(Path(where)),
            runtime=target_in(Path(where)).runtime.value,
            environment=environment_of(record, _variables(environment)),
            layers=[layer for layer in layers or record.layers if not layer.startswith("arn:")],
            offline=not allow_network,
        ) as runtime:
            invocation = runtime.invoke(body)
    _show_invocation(invocation)
    sys.exit(invocation.error is not None)


@command.command()
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
        environment=environment_of(record, _variables(environment)),
        layers=layers or record.layers,
        bucket=bucket or record.bucket,
        **settings,
    )
    plan = plan_deploy(zip_path, config)
    if only_plan:
        _show_plan(plan, as_json=as_json)
        return
    _refuse_unverified(zip_path, force)
    deployment = apply(plan, _session(plan.config.region, profile))
    manifest = manifest or beside(zip_path, ".deployment.json")
    write_text(manifest, deployment.to_json())
    if as_json:
        click.echo(deployment.to_json(), nl=False)
        return
    click.echo(f"version {deployment.version} of {deployment.function_arn} is active; recorded in {manifest}")
    click.echo(f"for your jobs: {deployment.arn_for_jobs}")
    for note in plan.notes:
        click.echo(f"note: {note}")


@command.command()
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
        found = standing(config, _session(region, profile))
        for arn in found:
            click.echo(f"would delete {arn}")
        if not found:
            click.echo(f"nothing in {region} carries the tag of {name!r}")
        return
    if not yes:
        click.confirm(f"Delete {config.function_name}, {config.role_name} and {config.log_group}?", abort=True)
    deleted = destroy_deployment(config, _session(region, profile))
    for arn in deleted:
        click.echo(f"deleted {arn}")
    if not deleted:
        click.echo(f"nothing in {region} carries the tag of {name!r}")


# --- showing -----------------------------------------------------------------------------------------------------
def _show_verification(
    zip_path: Path, verification: Verification, advice: Recommendation | None, recipe: Path | None
) -> None:
    width = max(len(check.name) for check in verification.checks)
    for check in verification.checks:
        detail = check.detail.replace("\n", f"\n{'':<{width + 11}}")
        click.echo(f"{check.status.value:<8} {check.name:<{width}}  {detail}")
    if advice is not None:
        click.echo(f"\nrecommended for the steps of {recipe or AWS_RECIPE}:")
        for line in (*advice.arithmetic, *(f"careful: {warning}" for warning in advice.warnings)):
            click.echo(f"  {line}")
    click.echo(f"\n{zip_path} {_verdict(verification)}")


def _verdict(verification: Verification) -> str:
    if verification.ok:
        return "passed"
    runs_here = all(check.status != "problem" for check in verification.checks if check.name == "platform")
    return "must not be deployed" if runs_here else "was not verified: it is for another machine than this"


def _advice(verification: Verification, recipe: Path | None) -> Recommendation | None:
    if verification.measured is None:
        return None
    from lambda_package.sizing import recommend

    return recommend(verification.measured, _step_plan(recipe))


def _step_plan(recipe: Path | None) -> StepPlan:
    from rewards.audit import StepPlan
    from rft.audit_step import step_plan_of

    return step_plan_of(recipe) if recipe else StepPlan()


def _refuse_no_json(body: bytes, name: str) -> None:
    try:
        json.loads(body)
    except (ValueError, RecursionError) as error:
        raise click.UsageError(f"{name} is not JSON, which an event is: {error}") from error


def _show_invocation(invocation: Invocation) -> None:
    from lambda_package.durations import in_words

    if invocation.log:
        click.echo(invocation.log.replace("\r", "\n"), nl=False, err=True)  # Lambda's client frames lines so
    words = in_words(invocation.duration_s)
    if invocation.init_s:
        words += f" after {in_words(invocation.init_s)} of start"
    click.echo(words, err=True)
    if invocation.error is not None:
        click.echo(f"{invocation.error}\n{''.join(invocation.error.trace)}", err=True)
    else:
        click.echo(json.dumps(invocation.payload, indent=2))


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


def _variables(environment: Sequence[str]) -> dict[str, str]:
    found = dict(map(_variable, environment))
    absent = [name for name, value in found.items() if value is None and name not in os.environ]
    if absent:
        raise click.UsageError(
            f"--env {absent[0]}: this environment has no such variable; give --env {absent[0]}=VALUE"
        )
    return {name: os.environ[name] if value is None else value for name, value in found.items()}


def _variable(written: str) -> tuple[str, str | None]:
    """Name and value of what --env was given; a value is None where there is only a name."""
    name, equals, value = written.partition("=")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]+", name):
        wanted = "--env is NAME=VALUE, or NAME for its value here, with a NAME of two letters or more"
        raise click.UsageError(f"{wanted}, got {name + equals!r}")
    return name, value if equals else None


# --- edges -------------------------------------------------------------------------------------------------------
def _concurrency(asked: int | None, recipe: Path | None, consumer: str) -> int:
    from lambda_package.errors import CapacityError

    needed = _step_plan(recipe).concurrency if recipe else None
    if asked is not None and needed is not None and asked < needed:
        raise CapacityError(f"--concurrency {asked} is less than lambda_concurrency_limit {needed} of {recipe}")
    return asked or needed or CONCURRENCY[consumer]


def _session(region: str, profile: str | None) -> Any:
    from estimators.aws import connect

    return connect(region, profile)

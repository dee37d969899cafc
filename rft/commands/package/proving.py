"""`rft package build`, `verify` and `invoke`: a zip, and what it does under AWS's own runtime client."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import INPUT_FILE, INPUT_FOLDER, OUTPUT_FILE, Command, allow_network_option, json_option
from rft.commands.package.options import (
    PACKAGE,
    bucket_option,
    environment_option,
    handler_option,
    layer_option,
    limit_options,
    profile_option,
    recipe_option,
    session_of,
    steps_of,
    variable_of,
    variables_of,
)

if TYPE_CHECKING:
    from lambda_package.runtime import Invocation
    from lambda_package.sizing import Recommendation
    from lambda_package.verify import Verification

AWS_RECIPE = "AWS's recipe for training jobs (--recipe for yours)"


@click.command(cls=Command)
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
    help="Folder that imports start at; default: the file's own, or above its package.",
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
        variables=[variable_of(text)[0] for text in environment],
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


@click.command(cls=Command)
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
        environment=variables_of(environment),
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


@click.command(cls=Command)
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

        client = session_of(region_of(where), profile).client("lambda")
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
            environment=environment_of(record, variables_of(environment)),
            layers=[layer for layer in layers or record.layers if not layer.startswith("arn:")],
            offline=not allow_network,
        ) as runtime:
            invocation = runtime.invoke(body)
    _show_invocation(invocation)
    sys.exit(invocation.error is not None)


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

    return recommend(verification.measured, steps_of(recipe))


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

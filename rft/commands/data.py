"""`rft data`: make training data, check it, repair it, look at it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from rft.commands.data_images import images, label, merge, sheet

if TYPE_CHECKING:
    from datagen.config import TeacherConfig

TARGETS = (
    "bedrock-sft", "training-job-sft", "bedrock-rft", "rft", "rft-multiturn", "dpo", "cpt", "gen-qa", "rft-eval",
    "judge", "distillation",
)  # fmt: skip
MODELS = ("nova-2-lite", "nova-lite", "nova-pro", "nova-micro")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
OUT = click.Path(path_type=Path)
target_option = click.option("--for", "target", type=click.Choice(TARGETS), required=True, help="What the file is for.")
model_option = click.option("--model", type=click.Choice(MODELS), default="nova-2-lite", show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Print for machines.")


@click.group()
def command() -> None:
    """Make, check, fix and split training data."""


@command.command()
@click.argument("project", type=FILE)
@click.option("--online", is_flag=True, help="Ask Bedrock whether the teacher is active or past its life.")
@json_option
def plan(project: Path, online: bool, as_json: bool) -> None:
    """Say what `make` would do and cost; reads the documents and touches nothing."""
    from dataclasses import asdict

    import datagen
    from rft.project import load_project

    file = load_project(project)
    found = datagen.plan(file.project.data, root=file.root)
    state = _lifecycle(file.project.data.teacher) if online else None
    if as_json:
        click.echo(json.dumps({**asdict(found), "lifecycle": state}, indent=2))
        return
    click.echo(f"documents  {found.documents:,} with {found.characters:,} characters, {found.unreadable:,} unreadable")
    click.echo(f"passages   {found.passages:,}, one call each, at most {found.samples_at_most:,} samples")
    click.echo(
        f"tokens     about {found.input_tokens:,} in, {found.output_tokens:,} out (a guess before the first call)"
    )
    if found.cost_usd:
        click.echo(
            "cost       ${:,.2f} to ${:,.2f}, likely ${:,.2f}".format(*(found.cost_usd[index] for index in (0, 2, 1)))
        )
    if found.minutes is not None:
        click.echo(f"time       at least {found.minutes:,.1f} minutes under the quota")
    if state:
        click.echo(f"teacher    {state}")


@command.command()
@click.argument("project", type=FILE)
@click.option("-o", "--output", type=OUT, help="Folder of the data set [default: runs/NAME-data].")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Instead of the project's.")
@json_option
def make(project: Path, output: Path | None, seed: int | None, as_json: bool) -> None:
    """Make the data set. A run that was stopped goes on where it was. Exit 1 where a split stays empty."""
    import datagen
    from rft.progress import bar
    from rft.project import load_project
    from rft.stages.data import gold_score_of

    file = load_project(project).with_seed(seed)
    out = output or Path("runs", f"{file.run_name}-data")
    config = file.project.data
    calls = datagen.plan(config, root=file.root).calls
    with bar("teaching", calls, "calls") as progress:
        made = datagen.make(
            config, root=file.root, seed=file.project.seed, out=out, gold_score=gold_score_of(file), progress=progress
        )
    if as_json:
        files = {name: str(path) for name, path in made.files.items()}
        click.echo(
            json.dumps({"files": files, "rows": made.rows, "rejected": made.rejected, "leaks": made.leaks}, indent=2)
        )
    else:
        for name, path in made.files.items():
            click.echo(f"{made.rows.get(name, 1):>7,}  {path}")
        refused = ", ".join(f"{code} {count:,}" for code, count in sorted(made.rejected.items())) or "nothing"
        shared = ", ".join(f"{name} {count:,}" for name, count in made.leaks.items())
        click.echo(f"refused: {refused}; samples whose passage shares 13 words with training: {shared}")


@command.command()
@click.argument("file", type=FILE)
@target_option
@model_option
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--limit", default=50, show_default=True, help="Findings to show; all are counted.")
@json_option
def check(file: Path, target: str, model: str, strict: bool, limit: int, as_json: bool) -> None:
    """Say everything that is wrong with a JSONL file. Exit 1 where something is."""
    from datagen.validate import Target
    from datagen.validate import check as check_file

    report = check_file(file, Target(target), model=model, limit=limit)  # type: ignore[arg-type] # click checked it
    if as_json:
        counts = {code: {"severity": severity, "count": count} for (severity, code), count in report.counts.items()}
        found = [finding._asdict() for finding in report.findings]
        click.echo(json.dumps({"file": str(file), "rows": report.rows, "counts": counts, "findings": found}, indent=2))
    else:
        for finding in report.findings:
            click.echo(f"{file}:{finding}")
        hidden = sum(report.counts.values()) - len(report.findings)
        if hidden:
            click.echo(f"... and {hidden:,} more")
        click.echo(f"{file}: {report.rows:,} rows, {report.errors:,} errors, {report.warnings:,} warnings")
    sys.exit(int(not report.ok(strict=strict)))


@command.command()
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=OUT, required=True, help="The new file; the old one is not touched.")
@target_option
@model_option
@json_option
def fix(file: Path, output: Path, target: str, model: str, as_json: bool) -> None:
    """Repair what has one right answer into a new file. Exit 1 where rows had to be left out."""
    from datagen.fixes import fix as fix_file
    from datagen.validate import Target

    fixed = fix_file(file, output, Target(target), model=model)  # type: ignore[arg-type] # click checked it
    left_out = fixed.rows_read - fixed.rows_written
    if as_json:
        counts = {"rows_read": fixed.rows_read, "rows_written": fixed.rows_written}
        click.echo(json.dumps({**counts, "changes": fixed.changes, "left_out": fixed.left_out}, indent=2))
    else:
        for code, count in sorted(fixed.changes.items()):
            click.echo(f"repaired {count:>7,}  {code}")
        for code, count in sorted(fixed.left_out.items()):
            click.echo(f"left out {count:>7,}  {code}")
        click.echo(f"{output}: {fixed.rows_written:,} of {fixed.rows_read:,} rows; every change is in {fixed.log}")
    sys.exit(int(left_out > 0))


@command.command()
@click.argument("file", type=FILE)
@click.option("-o", "--output", type=OUT, required=True, help="Folder for train.jsonl, validation.jsonl, test.jsonl.")
@click.option("--train", default=0.8, show_default=True, help="Share, or number of rows.")
@click.option("--validation", default=0.0, show_default=True)
@click.option("--test", default=0.2, show_default=True)
@click.option("--by", help="Dotted key that names a row's source, such as metadata.document.")
@click.option("--near", default=0.8, show_default=True, help="Prompts at least this similar stay together.")
@click.option(
    "--shared-text",
    type=click.Choice(["together", "report"]),
    default="together",
    show_default=True,
    help="Prompts that share 13 words in a row: keep them on one side, or only count them.",
)
@click.option("--seed", default="0", show_default=True)
@json_option
def split(
    file: Path,
    output: Path,
    train: float,
    validation: float,
    test: float,
    by: str | None,
    near: float,
    shared_text: Literal["together", "report"],
    seed: str,
    as_json: bool,
) -> None:
    """Split a file by source and near-equal prompts, and say what the sides still share."""
    from pydantic import ValidationError

    from datagen.config import SplitConfig
    from datagen.splits import split as split_file

    try:
        config = SplitConfig(train=train, validation=validation, test=test, shared_text=shared_text)
    except ValidationError as error:
        raise click.UsageError(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    divided = split_file(file, output, config, seed=seed, by=by, near=near)
    if as_json:
        click.echo(json.dumps({"rows": divided.rows, "sources": divided.sources, "leaks": divided.leaks}, indent=2))
        return
    for name, path in divided.files.items():
        shared = f", {divided.leaks[name]:,} share 13 words in a row with train" if name in divided.leaks else ""
        click.echo(f"{path}: {divided.rows[name]:,} rows{shared}")


@command.command()
@click.argument("file", type=FILE)
@json_option
def card(file: Path, as_json: bool) -> None:
    """Say what is in a JSONL file: rows, fields, lengths, tokens, repeated prompts."""
    from dataclasses import asdict

    from datagen.rowcard import card as card_of

    found = card_of(file)
    if as_json:
        click.echo(json.dumps(asdict(found), indent=2))
        return
    click.echo(f"rows               {found.rows:,}, {found.same_prompt:,} with a prompt that came before")
    click.echo(f"fields             {', '.join(f'{name} {count:,}' for name, count in found.fields.items())}")
    for name, spread in (("row characters", found.row_characters), ("prompt characters", found.prompt_characters)):
        click.echo(f"{name:<18} {spread.least:,} to {spread.most:,}, median {spread.median:,}")
    click.echo(
        "tokens             {:,} to {:,}, likely {:,} (estimated)".format(*(found.tokens[index] for index in (0, 2, 1)))
    )


def _lifecycle(teacher: TeacherConfig) -> str:
    from datagen.teachers.aws import aws_client
    from datagen.teachers.bedrock import lifecycle

    if teacher.kind not in ("bedrock", "bedrock-batch"):
        return f"{teacher.kind} has no lifecycle"
    return f"{teacher.model} is {lifecycle(aws_client('bedrock', region=teacher.region), teacher.model)}"


for _picture_command in (images, sheet, label, merge):
    command.add_command(_picture_command)

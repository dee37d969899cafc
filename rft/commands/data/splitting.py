"""`rft data split`, `card` and `diversity`: train and test apart, and what a file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Literal

import click

from rft.command_line import INPUT_FILE, OUTPUT_FOLDER, Command, json_option
from rft.commands.data.options import JSONL_FILE, checked, seed_option


@click.command(cls=Command)
@click.argument("file", type=JSONL_FILE)
@click.option(
    "-o", "--output", type=OUTPUT_FOLDER, required=True, help="Folder for train.jsonl, validation.jsonl, test.jsonl."
)
@click.option("--train", default=0.8, show_default=True, help="Share, or number of rows.")
@click.option("--validation", default=0.0, show_default=True, help="Share, or number of rows.")
@click.option("--test", default=0.2, show_default=True, help="Share, or number of rows.")
@click.option("--by", help="Dotted key that names a row's source, such as metadata.document.")
@click.option(
    "--near", default=0.8, show_default=True, help="Prompts at least this similar, from 0 to 1, stay together."
)
@click.option(
    "--shared-text",
    type=click.Choice(["together", "report"]),
    default="together",
    show_default=True,
    help="Prompts that share 13 words in a row: keep them on one side, or only count them.",
)
@seed_option
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
    """Split a file by source and near-equal prompts, and report the remaining overlap."""
    from datagen.config import SplitConfig
    from datagen.splits.files import split as split_file
    from rft.progress import bar

    config = checked(lambda: SplitConfig(train=train, validation=validation, test=test, shared_text=shared_text))
    with bar("splitting", None, "rows") as progress:
        divided = split_file(file, output, config, seed=seed, by=by, near=near, progress=progress)
    if as_json:
        click.echo(json.dumps({"rows": divided.rows, "sources": divided.sources, "leaks": divided.leaks}, indent=2))
        return
    for name, path in divided.files.items():
        shared = f", {divided.leaks[name]:,} share 13 words in a row with train" if name in divided.leaks else ""
        click.echo(f"{path}: {divided.rows[name]:,} rows{shared}")


@click.command(cls=Command)
@click.argument("file", type=JSONL_FILE)
@json_option
def card(file: Path, as_json: bool) -> None:
    """Describe a JSONL file: rows, fields, lengths, tokens, repeated prompts."""
    from dataclasses import asdict

    from datagen.describe_file import card as card_of

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
    if found.pictures or found.other_media:
        others = f", {found.other_media:,} videos, documents and sounds" if found.other_media else ""
        click.echo(f"media              {found.pictures:,} pictures{others}, whose tokens come on top")


@click.command(cls=Command)
@click.argument("files", type=INPUT_FILE, nargs=-1, required=True)
@click.option("--by", default="", help="Dotted key of a row's intent, such as metadata.topic.")
@click.option("--near", default=0.8, show_default=True, help="Similarity from which prompts are near duplicates.")
@json_option
def diversity(files: tuple[Path, ...], by: str, near: float, as_json: bool) -> None:
    """Show how varied files are, such as the splits: distinct n-grams, intents, tools, lengths, near duplicates."""
    from datagen.existing.diversity import diversity as diversity_of
    from datagen.quality.diversity import lines

    found = {str(file): diversity_of(file, by=by, near=near) for file in files}
    if as_json:
        click.echo(json.dumps({name: one.as_json() for name, one in found.items()}, indent=2))
        return
    for line in lines(found, shown=20):
        click.echo(line)
    for name, one in found.items():
        if one.unread:
            click.echo(f"{name}: {one.unread:,} rows of no known shape were left out")

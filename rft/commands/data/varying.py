"""`rft data dialogues` and `vary`: rows that a teacher writes by a file of settings, without a project."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from rft.command_line import INPUT_FILE, NAMED_FILE, OUTPUT_FOLDER, Command, json_option
from rft.commands.data.asking import saved_at_ctrl_c, yield_lines
from rft.commands.data.options import checked, new_file_option, seed_option

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")


@click.command(cls=Command)
@click.argument("config", type=NAMED_FILE)
@click.option("-o", "--output", type=OUTPUT_FOLDER, required=True, help="Folder of sft, rft and provenance.")
@seed_option
@json_option
def dialogues(config: Path, output: Path, seed: str, as_json: bool) -> None:
    """Write multi-turn dialogues in which typed functions answer the calls. Exit 1 if none is kept."""
    import datagen
    from datagen.generation.dialogues import DialoguesConfig
    from rft.progress import bar

    settings = _settings(DialoguesConfig, config)
    with saved_at_ctrl_c(output.parent / "dialogues.sqlite"), bar("asking", None, "turns of a round") as progress:
        made = datagen.dialogues(settings, root=config.parent, seed=seed, out=output, progress=progress)
    if as_json:
        files = {name: str(path) for name, path in made.files.items()}
        click.echo(json.dumps({"files": files, "rows": made.rows, "rejected": made.rejected}, indent=2))
    else:
        for name, path in made.files.items():
            click.echo(f"{made.rows[name]:>7,}  {path}")
        kept = sum(count for name, count in made.rows.items() if name.startswith("sft/"))
        click.echo("\n".join(yield_lines(kept, made.rejected, {})))
    sys.exit(int(not any(count for name, count in made.rows.items() if name.startswith("sft/"))))


@click.command(cls=Command)
@click.argument("file", type=INPUT_FILE)
@click.option("--config", type=NAMED_FILE, required=True, help="YAML with teacher, personas and complexities.")
@new_file_option
@seed_option
@json_option
def vary(file: Path, config: Path, output: Path, seed: str, as_json: bool) -> None:
    """Write rows with variants of their prompts, each naming its source. Exit 1 if variants were rejected."""
    import datagen
    from rft.progress import bar

    settings = _settings(datagen.VariantsConfig, config)
    with saved_at_ctrl_c(output.parent / "variants.sqlite"), bar("asking", None, "variants") as progress:
        made = datagen.vary(file, output, settings, root=config.parent, seed=seed, progress=progress)
    if as_json:
        counts = {"rows_read": made.rows_read, "rows_written": made.rows_written}
        click.echo(json.dumps({**counts, "rejected": made.rejected, "lost": made.lost}, indent=2))
    else:
        click.echo("\n".join(yield_lines(made.rows_written, made.rejected, {})))
        click.echo(f"{output}: {made.rows_written:,} rows of {made.rows_read:,}; rejected variants are in {made.log}")
        if made.lost:
            lost = ", ".join(f"{name} {count:,}" for name, count in sorted(made.lost.items()))
            click.echo(f"not carried, since an RFT row cannot hold it: {lost}; the values are in {made.log}")
    sys.exit(int(bool(made.rejected)))


def _settings(model: type[M], path: Path) -> M:
    from rewards.yaml_text import load_yaml, yaml_text_of

    loaded = load_yaml(yaml_text_of(path), path)
    return checked(lambda: model.model_validate(loaded), str(path))

"""`rft data convert` and `select`: rows that are there already, in another format or fewer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from rft.command_line import INPUT_FILE, Command, json_option
from rft.commands.data.options import JSONL_FILE, new_file_option, seed_option

FORMS = (
    "sft", "rft", "rft-eval", "gen-qa", "dpo", "distillation", "rft-multiturn", "rft-multiturn-serverless", "openai",
)  # fmt: skip


@click.command(cls=Command)
@click.argument("file", type=INPUT_FILE)
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="What the new rows are.")
@new_file_option
@click.option("--prompt", default="", help="Column of the prompt, where no known shape fits; `a.b` is b inside a.")
@click.option("--answer", multiple=True, help="Column of the right answer; repeat for the fields of an object.")
@click.option("--system", default="", help="Column of the system prompt.")
@click.option("--id", "id_", default="", help="Column of the id.")
@json_option
def convert(
    file: Path, form: str, output: Path, prompt: str, answer: tuple[str, ...], system: str, id_: str, as_json: bool
) -> None:
    """Convert a JSONL, JSON, CSV, XLSX or Parquet file to one of Nova's formats. Exit 1 if rows were dropped."""
    from datagen.existing.convert import convert as convert_file
    from datagen.existing.shapes import Columns

    if not prompt and (answer or system or id_):
        raise click.UsageError("--answer, --system and --id name columns beside --prompt")
    columns = Columns(prompt, answer, system, id_)
    made = convert_file(file, output, form, columns=columns)  # type: ignore[arg-type] # click checked it
    if as_json:
        counts = {"rows_read": made.rows_read, "rows_written": made.rows_written}
        click.echo(json.dumps({**counts, "shapes": made.shapes, "lost": made.lost, "refused": made.refused}, indent=2))
    else:
        for what, found in (("read", made.shapes), ("lost", made.lost), ("left out", made.refused)):
            for name, count in found.most_common():
                click.echo(f"{what:<8} {count:>7,}  {name}")
        click.echo(f"{output}: {made.rows_written:,} of {made.rows_read:,} rows; what was lost is in {made.log}")
    sys.exit(int(made.rows_written < made.rows_read))


@click.command(cls=Command)
@click.argument("file", type=JSONL_FILE)
@click.option("--rollouts", type=INPUT_FILE, required=True, help="Graded completions of the base model for these rows.")
@new_file_option
@click.option(
    "--band", type=float, nargs=2, default=(0.0, 1.0), show_default=True, help="Minimum and maximum pass rate."
)
@click.option(
    "--success-threshold",
    "pass_at",
    default=1.0,
    show_default=True,
    help="Success threshold: minimum score of a passing completion.",
)
@click.option("--mix", help="Shares of the bands, such as hard=0.3,medium=0.5,easy=0.2.")
@click.option("--rows", type=click.IntRange(min=1), help="Maximum number of rows.")
@click.option("--by", default="", help="Dotted key whose values are kept evenly, such as metadata.topic.")
@seed_option
@json_option
def select(
    file: Path,
    rollouts: Path,
    output: Path,
    band: tuple[float, float],
    pass_at: float,
    mix: str | None,
    rows: int | None,
    by: str,
    seed: str,
    as_json: bool,
) -> None:
    """Select rows by the base model's pass rate: 0 and 1 give no learning signal. Exit 1 if no row is kept."""
    from dataclasses import asdict

    from datagen.existing.select import ALL_BINS, Choice
    from datagen.existing.select import select as select_rows

    choice = Choice(*band, pass_at=pass_at, mix=_shares(mix), rows=rows, by=by)
    found = select_rows(file, rollouts, output, choice, seed=seed)
    if as_json:
        click.echo(json.dumps({**asdict(found), "out": str(output), "rows_written": found.rows_written}, indent=2))
    else:
        most = max(found.bins.values())
        for name in ALL_BINS:
            if count := found.bins[name]:
                bar = "#" * max(1, round(30 * count / most))
                click.echo(f"{name:<13} {count:>7,} {bar:<30} kept {found.kept[name]:,}")
        for name, bins in sorted(found.groups.items()):
            click.echo(f"  {name}: " + ", ".join(f"{bin_} {bins[bin_]:,}" for bin_ in ALL_BINS if bins[bin_]))
        click.echo(f"{output}: {found.rows_written:,} of {found.rows_read:,} rows")
    sys.exit(int(not found.rows_written))


def _shares(mix: str | None) -> dict[str, float]:
    """`hard=0.3,easy=0.7` as a mapping."""
    try:
        return {
            name.strip(): float(share) for name, share in (part.split("=") for part in (mix or "").split(",") if part)
        }
    except ValueError as error:
        raise click.UsageError(f"--mix takes shares such as hard=0.3,medium=0.5,easy=0.2, got {mix!r}") from error

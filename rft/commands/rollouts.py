"""`rft rollouts`: what saved rollouts tell of a reward, of its data and of a training."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, OUTPUT_FILE, Group, json_option
from rft.commands.where_option import choosing, where_option

if TYPE_CHECKING:
    from rft.lab import Rollouts

pass_option = click.option(
    "--success-threshold",
    "pass_at",
    default=1.0,
    show_default=True,
    help="Success threshold: minimum score of a passing completion.",
)


class _ReadsFiles(Group):
    """A group in which files, or options, without a verb in front are read."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the verb in front where there is none."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["read", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ReadsFiles)
def command() -> None:
    """Read saved rollouts like a lab: `rft rollouts FILE...` is short for `rft rollouts read FILE...`."""


@command.command()
@click.argument("files", type=INPUT_FILE, nargs=-1, required=True)
@pass_option
@where_option
@click.option("--reward", help="file.py:name or reward.yaml of a weighted sum, for the declared weights.")
@click.option("--keep", metavar="BAND", help="Write the rows of a difficulty: hard, medium, easy, or all of these.")
@click.option("-o", "--output", type=OUTPUT_FILE, help="Where --keep writes them.")
@click.option("--data", type=INPUT_FILE, help="Where --keep takes the rows from; default: the rollouts themselves.")
@json_option
def read(
    files: tuple[Path, ...],
    pass_at: float,
    where: str | None,
    reward: str | None,
    keep: str | None,
    output: Path | None,
    data: Path | None,
    as_json: bool,
) -> None:
    """Say what the graded rollouts of FILES tell: difficulty, zero-std groups, where the advantage comes from, length,
    duplicates, trends, noise of the grader, power. Each file is a run of its own.

    Exit 1 where no group teaches anything, --keep keeps no row, or no rollout fits --where, as in `rft view`.
    """
    from rft.lab import examine
    from rft.lab.text import lines_of

    _check(files, keep, output, data)
    weights = _weights(reward) if reward else None
    lab = examine(_rollouts(files, where), pass_at=pass_at, weights=weights)
    kept = _keep(keep, files[0], where, output, data, pass_at) if keep and output else None
    if as_json:
        click.echo(json.dumps({**lab.to_json(), **({"kept": kept} if kept else {})}, indent=2))
    else:
        click.echo("\n".join(lines_of(lab)))
        if kept:
            click.echo(f"\n{kept['out']}: {kept['rows_written']:,} of {kept['rows_read']:,} rows")
    sys.exit(not lab.found["reward"]["groups_that_teach"] or (kept is not None and not kept["rows_written"]))


def _check(files: tuple[Path, ...], keep: str | None, output: Path | None, data: Path | None) -> None:
    if (keep is None) != (output is None):
        raise click.UsageError("--keep and -o belong together: which rows, and where to")
    if data and not keep:
        raise click.UsageError("--data is where --keep takes the rows from; add --keep and -o")
    if keep and len(files) > 1:
        raise click.UsageError("--keep takes one file of rollouts")
    if keep and keep not in (names := _bands()):
        raise click.UsageError(f"--keep takes {', '.join(names)}; got {keep!r}")
    if len(set(files)) < len(files):
        raise click.UsageError("a file is given twice; each file is a run of its own")


def _bands() -> list[str]:
    from datagen.existing.select import BANDS
    from rft.lab.keep import ALL

    return [*BANDS, ALL]


def _rollouts(files: tuple[Path, ...], where: str | None) -> Rollouts:
    from rft.lab import Rollouts
    from rft.report.judged import judged

    if where is None:
        return Rollouts.read(files)
    found = Rollouts()
    with choosing(where) as choice:
        for path in files:
            fitting = choice.of(judged(path), path.stem)
            found.add_records(str(path), ((one.line, one.record) for one in fitting))
    found.check()
    return found


def _keep(
    band: str, rollouts: Path, where: str | None, output: Path, data: Path | None, pass_at: float
) -> dict[str, object]:
    from rewards.rollouts import write_records
    from rft.lab.keep import keep
    from rft.report.judged import judged

    with TemporaryDirectory() as folder, choosing(where) as choice:
        chosen = rollouts if where is None else Path(folder) / "chosen.jsonl"
        if where is not None:
            write_records(chosen, (one.record for one in choice.of(judged(rollouts), rollouts.stem)))
        done = keep(band, chosen, output, data=data, pass_at=pass_at)
    return {"out": str(output), "rows_read": done.rows_read, "rows_written": done.rows_written}


def _weights(reward: str) -> dict[str, float]:
    from rewards.combinators import WeightedSum
    from rewards.grading.grade import opened

    made = opened(reward)
    if not isinstance(made, WeightedSum):
        raise click.UsageError(f"--reward {reward} is no weighted sum, so no weights are declared; leave it out")
    return {name: part.weight for name, part in made.parts.items()}


@command.command()
@click.argument("a", metavar="A")
@click.argument("b", metavar="B")
@click.option("--on", "rollouts", type=INPUT_FILE, help="Rollouts to grade.")
@click.option("--examples", default=5, show_default=True, type=click.IntRange(min=0), help="Rollouts to show.")
@json_option
def reverify(a: str, b: str, rollouts: Path | None, examples: int, as_json: bool) -> None:
    """Compare two graders on the same rollouts: rank correlation within groups, sign flips of advantages, new ties, the
    rollouts that changed most.

    A and B are two files of the same rollouts with scores; with --on FILE two rewards (file.py:name or reward.yaml),
    which grade its rollouts, timed. Exit 1 where some rollouts are in one file only, or judged by one grader only.
    """
    from rft.lab.reverify import files_compared, lines_of, rewards_compared

    if rollouts is not None:
        found = rewards_compared(a, b, rollouts, examples=examples)
    else:
        found = files_compared(_file(a), _file(b), examples=examples)
    click.echo(json.dumps(found, indent=2) if as_json else "\n".join(lines_of(found, a, b)))
    sys.exit(bool(found["unpaired"]) or found["ungradable"][0] != found["ungradable"][1])


@command.command()
@click.argument("files", type=INPUT_FILE, nargs=-1, required=True)
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The file of rollouts: JSONL, or .parquet.")
@click.option("--column", "columns", multiple=True, metavar="WHAT=NAME", help="Column that holds it; repeat for more.")
@click.option(
    "--weights",
    metavar="NAME=NUMBER,...",
    help="Rewards logged one by one that make the score, with their weights; default: all, 1 each.",
)
@json_option
def convert(
    files: tuple[Path, ...], output: Path, columns: tuple[str, ...], weights: str | None, as_json: bool
) -> None:
    """Make a file of rollouts of those that another trainer saved: TRL's table of completions, verl's files of steps,
    results of verifiers, and others that name prompt, completion and score alike.

    WHAT is prompt, completion, score, step, reference or id. Other columns are kept, and a reward finds them.
    """
    from rewards.rollouts import write_records
    from rft.lab.logs import Counts, Settings, records

    counts = Counts()
    settings = Settings(_columns(columns), _declared(weights))
    write_records(output, records(files, settings, counts))
    found = {"rollouts": counts.rollouts, "prompts": counts.prompts, "steps": counts.steps}
    found |= {"ungradable": counts.ungradable} if counts.ungradable else {}
    line = f"{output}: {', '.join(f'{name} {count:,}' for name, count in found.items())}"
    click.echo(json.dumps({**found, "out": str(output)}, indent=2) if as_json else line)


def _columns(given: tuple[str, ...]) -> dict[str, str]:
    from rft.lab.logs import NAMES

    found = dict(text.partition("=")[::2] for text in given)
    for what, name in found.items():
        if what not in NAMES or not name:
            raise click.UsageError(f"--column is WHAT=NAME, with {', '.join(NAMES)} as WHAT; got {what}={name}")
    return found


def _declared(given: str | None) -> dict[str, float]:
    try:
        return {
            name.strip(): float(value) for name, value in (each.split("=") for each in (given or "").split(",") if each)
        }
    except ValueError:
        raise click.UsageError(f"--weights is NAME=NUMBER, with commas between; got {given!r}") from None


def _file(name: str) -> Path:
    path = INPUT_FILE.convert(name, None, click.get_current_context()) if name == "-" else Path(name)
    if not path.is_file():
        raise click.UsageError(f"{name!r} is no file of rollouts; to compare rewards say which rollouts: --on FILE")
    return path

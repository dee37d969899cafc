"""`rft view`: look at rollouts, in a page of one file, on localhost while they are written, or in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, INPUT_FOLDER, OUTPUT_FILE, Command
from rft.commands.where_option import refusing, where_option

if TYPE_CHECKING:
    from rft.report.viewing import ViewRow

PAGE = Path("view.html")


@click.command(cls=Command)
@click.argument("sources", nargs=-1, required=True, metavar="[NAME=]FILE...")
@click.option("--reward", help="file.py:name or reward.yaml: grade again, and show the reason of every part.")
@where_option
@click.option("--pictures", type=INPUT_FOLDER, help="Folder of the pictures that prompts name: show them with boxes.")
@click.option("-o", "--output", type=OUTPUT_FILE, help=f"Where to write the page; default: {PAGE}.")
@click.option("--serve", is_flag=True, help="Serve the page on localhost and read the files anew at every reload.")
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="With --serve; 0: any.")
@click.option("--text", is_flag=True, help="Print the worst rollouts, the worst of each prompt, in the terminal.")
@click.option("--limit", type=click.IntRange(1), default=10, show_default=True, help="With --text: how many.")
def command(
    sources: tuple[str, ...],
    reward: str | None,
    where: str | None,
    pictures: Path | None,
    output: Path | None,
    serve: bool,
    port: int,
    text: bool,
    limit: int,
) -> None:
    """Look at rollouts: base=base.jsonl sft=sft.jsonl rft=rft.jsonl, or rollouts.jsonl of a training.

    A FILE is a file of rollouts (JSONL or Parquet, - for standard input) or the unpacked output folder of an evaluation
    job. Without a name a model is called as its rollouts say, else as the file. The page holds the rollouts and needs
    no network. Exit 1 where no rollout fits --where; docs/view.md has its grammar.
    """
    from rewards.writing import write_text
    from rft.report.viewing import text_of

    if sum((serve, text, output is not None)) > 1:
        raise click.UsageError("--serve, --text and --output exclude each other")
    if text and pictures:
        raise click.UsageError("--pictures is for the page; a terminal shows none")
    named = [_named(source) for source in sources]
    title = ", ".join(name or path.name for name, path in named)
    if serve:
        from rft.report.serving import serve_page

        serve_page(lambda: _page(_rows(named, reward, where), title, pictures), port, click.echo)
        return
    rows = _rows(named, reward, where)
    if where and not rows:
        click.echo(f"no rollout fits {where}", err=True)
        raise click.exceptions.Exit(1)
    if text:
        for line in text_of(rows, limit=limit):
            click.echo(line)
    else:
        write_text(output or PAGE, _page(rows, title, pictures))
        click.echo(f"{len(rows):,} rollouts: {output or PAGE}")


def _page(rows: Sequence[ViewRow], title: str, pictures: Path | None) -> str:
    """The page; with a folder of pictures also what is missing there, told on standard error."""
    from rft.report.picturing import named_pictures, small_copies
    from rft.report.viewing import page_of

    if pictures is None:
        return page_of(rows, title)
    records = [row.record for row in rows]
    found = small_copies(records, pictures)
    names = {name for record in records for name in named_pictures(record)}
    if missing := sorted(names - set(found)):
        click.echo(f"{len(missing):,} of {len(names):,} pictures cannot be read in {pictures}: {missing[0]}", err=True)
    elif not names:
        click.echo("no prompt names a picture", err=True)
    return page_of(rows, title, found)


def _named(source: str) -> tuple[str | None, Path]:
    """The name and file of an argument; a file whose own name has a `=` in it is a file."""
    name, separator, path = source.partition("=")
    if source == "-" or Path(source).exists():
        return None, _path(source)
    if separator and name and (path == "-" or Path(path).exists()):
        return name, _path(path)
    raise click.UsageError(f"{source!r}: write FILE or NAME=FILE with a file or folder that exists")


def _path(name: str) -> Path:
    return Path(INPUT_FILE.convert(name, None, click.get_current_context())) if name == "-" else Path(name)


def _rows(sources: Sequence[tuple[str | None, Path]], reward: str | None, where: str | None) -> list[ViewRow]:
    from rewards import load_reward
    from rft.report.choosing import chosen, model_of
    from rft.report.judged import Judged, judged
    from rft.report.viewing import view_rows

    judge = load_reward(reward) if reward else None
    models: dict[str, list[Judged]] = {}
    for name, path in sources:
        for one in judged(path, judge):
            models.setdefault(name or model_of(one, path.stem), []).append(one)
    with refusing():
        return chosen(view_rows(models), where) if where else view_rows(models)

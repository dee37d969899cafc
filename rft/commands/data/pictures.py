"""The picture commands of `rft data`: images, label, merge, sheet."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import INPUT_FILE, INPUT_FOLDER, OUTPUT_FILE, OUTPUT_FOLDER, Command, json_option
from rft.commands.data.asking import saved_at_ctrl_c
from rft.commands.data.options import model_option

if TYPE_CHECKING:
    from datagen.images import Box

SUFFIXES = frozenset(
    (
        ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".mpo", ".heic",
        ".heif", ".avif", ".jxl", ".jp2", ".psd", ".svg", ".ico",
    )
)  # fmt: skip
boxes_option = click.option("--boxes", type=INPUT_FILE, help='JSONL of {"image": name, "boxes": [...]}, in pixels.')


@click.command(cls=Command)
@click.argument("folder", type=INPUT_FOLDER)
@click.option("-o", "--output", type=OUTPUT_FOLDER, help="Write pictures that are fit; without it, only look.")
@click.option("--max-side", default=1568, show_default=True, help="Make larger pictures smaller.")
@boxes_option
@model_option
@json_option
def images(folder: Path, output: Path | None, max_side: int, boxes: Path | None, model: str, as_json: bool) -> None:
    """Say which pictures of FOLDER a job would not take, or write fit ones with their boxes moved along.

    Exit 1 where something is to mend, or with --output where a picture could not be.
    """
    from datagen.errors import FormatError
    from datagen.images import checked_boxes, image_tokens, inspect, prepare, problems_of_image
    from rewards.writing import write_text

    pictures, known = _pictures(folder), _boxes(boxes)
    names = _new_names(pictures)
    problems = _boxes_without_picture(boxes, known, pictures)
    lost, unfit, tokens, rows = 0, 0, 0, []
    with _fit_pictures(output, names.values()) as draft:
        for path in pictures:
            try:
                facts = inspect(path)
                outside = list(checked_boxes(known.get(path.name, []), facts.width, facts.height))
                problems[str(path)] = [*problems_of_image(facts, model), *outside]  # type: ignore[arg-type] # click checked it
                if draft:
                    made = prepare(path, draft / names[path], max_side=max_side, boxes=known.get(path.name, []))
                    facts = made.facts
                    unfit += bool(outside) or any(problems_of_image(facts, model))  # type: ignore[arg-type] # as above
                    rows.append({"image": made.path.name, "boxes": [_box(box) for box in made.boxes]})
                tokens += image_tokens(facts.width, facts.height, model)  # type: ignore[arg-type] # as above
            except FormatError as error:
                problems[str(path)] = [str(error).removeprefix(f"{path}: ")]
                lost += 1
        if draft and boxes:
            write_text(draft / "boxes.jsonl", "".join(json.dumps(row) + "\n" for row in rows))
    bad = sum(map(bool, problems.values()))
    if as_json:
        found = {name: problem for name, problem in problems.items() if problem}
        click.echo(json.dumps({"pictures": len(pictures), "problems": found, "tokens": tokens}, indent=2))
    else:
        for name, several in problems.items():
            for problem in several:
                click.echo(f"{name}: {problem}")
        click.echo(f"{folder}: {len(pictures):,} pictures, {bad:,} with something to mend, about {tokens:,} tokens")
        if output:
            fit = len(pictures) - lost - unfit
            click.echo(f"{output}: {fit:,} fit ones, {unfit:,} still unfit, {lost:,} could not be read")
    sys.exit(int(lost + unfit > 0 if output else bad > 0))


@click.command(cls=Command)
@click.argument("folder", type=INPUT_FOLDER)
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The page, .html, or the picture, .png.")
@click.option("--boxes", type=INPUT_FILE, help='JSONL of {"image": name, "boxes": [...]}, in pixels, or a label file.')
def sheet(folder: Path, output: Path, boxes: Path | None) -> None:
    """Show the pictures of FOLDER with their boxes on one page or in one picture, for review.

    The boxes of a label file are those of its answers, on Nova's scale from 0 to 1000.
    """
    from datagen.images import contact_sheet

    pictures = _pictures(folder)
    known = _labelled_boxes(boxes, pictures) if boxes and _is_label_file(boxes) else _boxes(boxes)
    click.echo(str(contact_sheet({path: known.get(path.name, []) for path in pictures}, output)))


@click.command(cls=Command)
@click.argument("folder", type=INPUT_FOLDER)
@click.option("--model", required=True, help="Bedrock model or inference profile.")
@click.option("--prompt", type=INPUT_FILE, required=True, help="What the teacher is asked about each picture.")
@click.option(
    "--max-tokens",
    default=1024,
    show_default=True,
    type=click.IntRange(min=1),
    help="Longest answer; one that is cut off there is no label.",
)
@click.option("--region", help="Region of Bedrock and S3.")
@click.option("--workers", default=8, show_default=True, type=click.IntRange(1, 256), help="Calls at once.")
@click.option("--upload", help="s3://bucket/prefix where training jobs find the pictures.")
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The label file.")
def label(
    folder: Path,
    model: str,
    prompt: Path,
    max_tokens: int,
    region: str | None,
    workers: int,
    upload: str | None,
    output: Path,
) -> None:
    """Have a model of Bedrock label the pictures of FOLDER. Stopped runs go on where they were."""
    from datagen.formats import write_jsonl
    from datagen.images.label import S3Place, label_requests
    from datagen.images.label import label as label_all
    from datagen.teachers.aws import aws_client
    from datagen.teachers.bedrock import BedrockTeacher
    from datagen.teachers.journal import open_journal
    from datagen.teachers.runner import Patience
    from rft.progress import bar

    pictures = _pictures(folder)
    if not pictures:
        raise click.UsageError(f"no picture is in {folder}")
    requests = label_requests(pictures, prompt.read_text(encoding="utf-8"), max_tokens=max_tokens)
    teacher = BedrockTeacher(aws_client("bedrock-runtime", region=region, workers=workers, attempts=1), model)
    place: Callable[[Path], str] = S3Place(aws_client("s3", region=region), upload) if upload else str
    answers = output.with_suffix(".sqlite")
    with (
        saved_at_ctrl_c(answers),
        open_journal(answers) as journal,
        bar("labelling", len(requests), "pictures") as progress,
    ):
        labels, asked = label_all(teacher, requests, journal, Patience(workers=workers), place=place, progress=progress)
    write_jsonl(output, (item._asdict() for item in labels))
    unlabelled: dict[str, list[str]] = {}
    for picture, reason in asked.reasons.items():
        unlabelled.setdefault(reason, []).append(picture)
    for reason, names in unlabelled.items():
        hint = "; ask with a larger --max-tokens" if "token limit" in reason else ""
        click.echo(f"without a label: {len(names):,}, such as {names[0]}: {reason}{hint}", err=True)
    click.echo(f"{output}: {len(labels):,} labels, {asked.from_journal:,} known before, {asked.failed:,} failed")
    sys.exit(int(asked.failed > 0))


@click.command(cls=Command)
@click.argument("files", type=INPUT_FILE, nargs=-1, required=True)
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The SFT file.")
@click.option("--question", required=True, help="The user's turn of each row.")
@click.option("--system", default="", help="The system prompt.")
@click.option("--bucket-owner", required=True, help="Account number that owns the bucket.")
@click.option("--check-s3", is_flag=True, help="Refuse what is not in S3.")
@click.option("--region", help="Region of S3.")
def merge(
    files: tuple[Path, ...],
    output: Path,
    question: str,
    system: str,
    bucket_owner: str,
    check_s3: bool,
    region: str | None,
) -> None:
    """Make one SFT file of label files, of pictures, videos or PDFs; the same one twice must have the same answer."""
    from datagen.formats import write_jsonl
    from datagen.images.label import exists
    from datagen.images.label import merge as merge_labels
    from datagen.teachers.aws import aws_client

    client = aws_client("s3", region=region, workers=16) if check_s3 else None

    def there(uri: str) -> bool:
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        return exists(client, bucket, key)

    rows = merge_labels(
        files, question=question, system=system, bucket_owner=bucket_owner, there=there if check_s3 else None
    )
    click.echo(f"{output}: {write_jsonl(output, rows):,} rows")


def _is_label_file(path: Path) -> bool:
    from datagen.formats import read_jsonl

    first = next((row for _, row in read_jsonl(path)), {})
    return "answer" in first and "boxes" not in first


def _labelled_boxes(file: Path, pictures: list[Path]) -> dict[str, list[Box]]:
    """The boxes of each picture's answer, in its pixels; `FormatError` where a file has none at all."""
    from datagen.errors import FormatError
    from datagen.formats import read_jsonl
    from datagen.images import inspect
    from datagen.images.boxes import boxes_in, in_pixels

    answers = {Path(str(row.get("image"))).name: boxes_in(row.get("answer")) for _, row in read_jsonl(file)}
    if not any(found is not None for found in answers.values()):
        raise FormatError(f"{file}: its answers hold no boxes; leave --boxes out to see the pictures alone")
    known: dict[str, list[Box]] = {}
    for path in pictures:
        if found := answers.get(path.name):
            facts = inspect(path)
            known[path.name] = [in_pixels(box, facts.width, facts.height) for box in found]
    return known


def _pictures(folder: Path) -> list[Path]:
    """The pictures of a folder. Names tell them apart, so those in folders below are left out, and it is said."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    found = [path for path in files if path.suffix.lower() in SUFFIXES]
    others = [path for path in files if path not in set(found) and path.suffix not in (".jsonl", ".html")]
    if others:
        click.echo(f"left out: {len(others):,} whose names end as no picture's do, such as {others[0]}", err=True)
    below = [path for path in found if path.parent != folder]
    if below:
        click.echo(
            f"left out: {len(below):,} in folders below, such as {below[0]}; name that folder by itself", err=True
        )
    return [path for path in found if path.parent == folder]


def _new_names(pictures: list[Path]) -> dict[Path, str]:
    """The name of each picture once it is a JPEG; two that differ in their suffix alone keep it, so that both stay."""
    from datagen.types import digest

    plain = {path: re.sub(r"[^A-Za-z0-9._-]+", "_", path.name) for path in pictures}
    stems = Counter(Path(name).stem for name in plain.values())
    names = {path: f"{Path(name).stem if stems[Path(name).stem] == 1 else name}.jpg" for path, name in plain.items()}
    taken = Counter(names.values())
    return {path: name if taken[name] == 1 else f"{digest(path.name)[:6]}_{name}" for path, name in names.items()}


def _boxes_without_picture(
    file: Path | None, known: dict[str, list[Box]], pictures: list[Path]
) -> dict[str, list[str]]:
    there = {path.name for path in pictures}
    lost = [name for name in known if name not in there]
    return {str(file): [f"boxes of {name!r}, and no such picture is in the folder" for name in lost]} if lost else {}


def _fit_pictures(output: Path | None, names: Iterable[str]) -> AbstractContextManager[Path | None]:
    """Where to write the pictures of this run and their boxes, or nowhere."""
    from rewards.writing import drafting_folder

    if output is None:
        return nullcontext()
    return drafting_folder(output, ours=(*map(escape, names), "boxes.jsonl"))


def _boxes(path: Path | None) -> dict[str, list[Box]]:
    from datagen.errors import FormatError
    from datagen.formats import read_jsonl
    from datagen.images.boxes import read_box

    known: dict[str, list[Box]] = {}
    for number, row in read_jsonl(path) if path else _nothing():
        name, boxes = row.get("image"), row.get("boxes")
        if not isinstance(name, str) or not isinstance(boxes, list):
            raise FormatError(f'{path}:{number}: expected {{"image": name, "boxes": [...]}}')
        if Path(name).name in known:
            raise FormatError(f"{path}:{number}: boxes of {Path(name).name!r} again; one line has all of a picture's")
        known[Path(name).name] = [read_box(box) for box in boxes]
    return known


def _nothing() -> Iterator[tuple[int, dict[str, object]]]:
    return iter(())


def _box(box: Box) -> dict[str, object]:
    return {"bbox": [round(side, 2) for side in box[:4]], "label": box.label}

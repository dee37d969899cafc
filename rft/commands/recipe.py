"""`rft recipe`: list, write, check, explain, compare and cost Nova recipes, all offline."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import OUTPUT_FILE, Group, json_option, prices_option, sarif_option

if TYPE_CHECKING:
    from recipes import DataFacts, Official, Platform, Problem, Recipe
    from recipes.checking.explain import BlockFact, CodeFact, KeyFact

PLATFORMS = ("sagemaker", "hyperpod", "serverless")  # and AWS's word for the first, "training-job"
FEW = 3  # missing keys that are shown one by one
MODELS = ("nova-2-lite", "nova-micro", "nova-lite", "nova-pro", "nova-premier")
FILE = click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True)
model_option = click.option("--model", type=click.Choice(MODELS), default=None, help="Model of the recipe.")
platform_option = click.option(
    "--on",
    "platform",
    type=click.Choice([*PLATFORMS, "training-job"]),
    metavar=f"[{'|'.join(PLATFORMS)}]",
    help="Where it runs.",
)
instance_option = click.option("--instance-type", default="", help="Such as ml.p5.48xlarge.")


@click.group(cls=Group)
def command() -> None:
    """Write, check, explain and compare Nova recipes."""


# --- list --------------------------------------------------------------------------------------------------------
@command.command("list")
@click.option("--method", default="", help="Such as rft, sft-lora, eval; the beginning is enough.")
@model_option
@platform_option
@instance_option
@json_option
def list_command(method: str, model: str | None, platform: str | None, instance_type: str, as_json: bool) -> None:
    """List the official recipes. Exit 1 where none fits."""
    from recipes import find

    found = find(method, model=model or "", platform=_platform(platform), instance_type=instance_type)
    rows = [_listed(entry) for entry in found]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        columns = ("method", "model", "platforms", "instance_types", "name")
        _table([[_joined(row[column]) for column in columns] for row in rows], header=columns)
        click.echo(f"{len(rows)} recipes")
    sys.exit(not rows)


def _listed(entry: Official) -> dict[str, str | list[str]]:
    return {
        "name": entry.name,
        "title": entry.family.TITLE,
        "method": entry.method,
        "model": entry.model.name,
        "platforms": [str(platform) for platform in entry.platforms],
        "instance_types": list(entry.instance_types),
        "version": entry.version,
        "path": entry.path,
    }


def _joined(value: str | list[str]) -> str:
    return value if isinstance(value, str) else ", ".join(part.removeprefix("ml.") for part in value)


# --- new ---------------------------------------------------------------------------------------------------------
@command.command()
@click.argument("method")
@model_option
@platform_option
@instance_option
@click.option("--from", "file", type=FILE, help="YAML with some of the keys, laid over the official recipe.")
@click.option("--set", "changes", multiple=True, metavar="PATH=VALUE", help="One value, dotted; may be repeated.")
@click.option("--resolved", is_flag=True, help="Show every value and where it came from instead of the YAML.")
@click.option("-o", "--output", type=OUTPUT_FILE, help="Where to write; standard output unless given.")
def new(
    method: str,
    model: str | None,
    platform: str | None,
    instance_type: str,
    file: Path | None,
    changes: Sequence[str],
    resolved: bool,
    output: Path | None,
) -> None:
    """Write the recipe for METHOD (such as rft-lora), or the official recipe of that name."""
    from recipes import check as check_recipe
    from recipes import dump
    from recipes.catalogue.find import choose
    from recipes.catalogue.layers import layered, parse_override, values_in

    entry = choose(method, model=model or "", platform=_platform(platform), instance_type=instance_type)
    overrides = dict(parse_override(change, entry.recipe()) for change in changes)
    made = layered(entry, file=values_in(_text(file), str(file)) if file else None, overrides=overrides)
    if resolved:
        _table(made.rows(), header=("key", "value", "from"))
        return
    text = dump(made.recipe, made_by=_command_line(), run_with=_run_with(entry, output, platform))
    _write(text, output)
    for note in (problem for problem in check_recipe(text) if problem.severity == "note"):
        click.echo(note, err=True)


def _command_line() -> str:
    return shlex.join(["rft", *sys.argv[1:]])


def _run_with(entry: Official, output: Path | None, platform: str | None) -> str:
    """How the file is run: the commands that AWS offers for a recipe, and ours for a project that holds its values."""
    from recipes import Platform

    if not entry.folder:
        return "Nova Forge's own HyperPod command line, which brings the recipe   (these values)"
    chosen = _platform(platform) or entry.platforms[0]
    if chosen is Platform.SAGEMAKER:
        stage, file = entry.method.partition("-")[0], output or "RECIPE.yaml"
        ours = f"\nrft train launch PROJECT.yaml --stage {stage}   (these values under {stage}: set: of the project)"
        sdk = f'PyTorch(training_recipe="{file}", ...).fit(...)   (SageMaker Python SDK v2)'
        return sdk + (ours if stage in ("sft", "rft") else "")
    if chosen is Platform.HYPERPOD:
        return f"hyperpod start-job --recipe {entry.path} --override-parameters '{{...}}'   (these values)"
    return "a serverless AgentRFT job (SageMaker console or SDK v3)"


# --- check -------------------------------------------------------------------------------------------------------
@command.command()
@click.argument("file", type=FILE)
@platform_option
@instance_option
@click.option("--image", default="", help="The container image of the job.")
@click.option("--data", type=FILE, help="The training JSONL.")
@click.option("--reward", type=FILE, help="JSON: the grader's timeout_s, seconds_per_answer, reserved_concurrency.")
@click.option("--baseline", type=click.FloatRange(0, 1), help="Mean reward of the model before training.")
@click.option("--as", "name", default="", help="Check as this method (such as sft-lora) or official recipe.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@json_option
@sarif_option
def check(
    file: Path,
    platform: str | None,
    instance_type: str,
    image: str,
    data: Path | None,
    reward: Path | None,
    baseline: float | None,
    name: str,
    strict: bool,
    as_json: bool,
    sarif: Path | None,
) -> None:
    """List a recipe's errors, and warnings about valid but unwise values. Exit 1 on errors, 0 on warnings.

    What FILE names (peft_scheme, model_type, a block of one method) decides as which recipe it is checked; --as says so
    otherwise.
    """
    from collections import Counter

    from recipes import Context
    from recipes.checking.check import check_document, checked_as
    from recipes.checking.context import facts_of_grader
    from recipes.yaml.read import read_yaml

    text = _text(file)
    context = Context(
        platform=_platform(platform),
        instance_type=instance_type,
        image=image,
        expected_image=_expected_image(text, image, platform) if image else "",
        data=_data_facts(data),
        grader=facts_of_grader(_text(reward)) if reward else None,
        baseline=baseline,
        recipe=_named_recipe(name, text, platform, instance_type) if name else None,
    )
    document = read_yaml(text)
    problems, found = check_document(document, context), checked_as(document, context)
    counts = Counter(problem.severity for problem in problems)
    if as_json:
        shown = {"file": str(file), "checked_as": found and found.name, "problems": [_json_of(p) for p in problems]}
        click.echo(json.dumps(shown, indent=2))
    else:
        for line in _told(problems, found, file):
            click.echo(f"{file}: {line}")
        if found:
            other = "" if name else "; another recipe with --as"
            click.echo(f"{file}: checked as {found.family.TITLE} ({found.name}){other}")
        click.echo(f"{file}: {counts['error']} errors, {counts['warning']} warnings, {counts['note']} notes")
    if sarif is not None:
        from rft.sarif import Result, write_sarif

        results = [Result(each.code, each.severity, str(each), each.line or 0) for each in problems]
        write_sarif(sarif, "rft recipe check", None if str(file) == "-" else file, results, prefix="recipe-")
    sys.exit(counts["error"] > 0 or (strict and counts["warning"] > 0))


def _told(problems: Sequence[Problem], found: Official | None, file: Path) -> Iterator[str]:
    """A line each; what a short file leaves out is one line, since one command adds it all."""
    missing = [each for each in problems if _is_missing_key(each)]
    if found is None or len(missing) <= FEW:
        yield from map(str, problems)
        return
    yield from (str(each) for each in problems if not _is_missing_key(each))
    keys = ", ".join(each.path for each in missing)
    name = "recipe.yaml" if str(file) == "-" else file.name
    made = shlex.join(["rft", "recipe", "new", found.name, "--from", str(file), "-o", f"complete-{name}"])
    yield f"warning missing-key: the file lacks {len(missing)} keys of the official recipe: {keys}; {made} adds them"


def _is_missing_key(problem: Problem) -> bool:
    return (problem.code, problem.severity) == ("missing-key", "warning")


def _named_recipe(name: str, text: str, platform: str | None, instance_type: str) -> Official:
    """The official recipe of a name, or of a method for the model that the file names."""
    from recipes.catalogue.find import choose
    from recipes.catalogue.officials import MODELS
    from recipes.editing.structure import value_at
    from recipes.yaml.read import read_yaml

    said = value_at(read_yaml(text).mapping or {}, "run.model_type")
    model = next((model.name for model in MODELS if model.model_type == said), "")
    return choose(name, model=model, platform=_platform(platform), instance_type=instance_type)


def _json_of(problem: Problem) -> dict[str, object]:
    from dataclasses import asdict

    from rewards.origins import without_secrets

    value = without_secrets(problem.value) if isinstance(problem.value, str) else problem.value
    return {**asdict(problem), "value": json.loads(json.dumps(value, default=str))}


def _data_facts(data: Path | None) -> DataFacts | None:
    from recipes.checking.context import facts_of_file

    return facts_of_file(data) if data else None


def _expected_image(text: str, image: str, platform: str | None) -> str:
    """What AWS publishes for the recipe's method and model in the region that the image is from; empty if unknown."""
    import re

    from estimators.images import image_for
    from recipes import Platform
    from recipes.editing.detect_family import family_of
    from recipes.editing.structure import value_at
    from recipes.yaml.read import read_yaml

    mapping = read_yaml(text).mapping or {}
    family, region = family_of(mapping), re.search(r"\.ecr\.([a-z0-9-]+)\.amazonaws", image)
    if family is None or region is None:
        return ""
    method, model_type = family.METHOD.partition("-")[0], str(value_at(mapping, "run.model_type"))
    where = _platform(platform) or Platform.SAGEMAKER
    # Methods without an image of their own in that table give None.
    return image_for(method, model_type, platform=where, region=region.group(1)) or ""  # type: ignore[arg-type]


# --- explain -----------------------------------------------------------------------------------------------------
@command.command()
@click.argument("key")
@json_option
def explain(key: str, as_json: bool) -> None:
    """Say what KEY or block means and may hold in each recipe, or what the code of a finding or a plan means."""
    facts = _facts(key)
    if as_json:
        click.echo(json.dumps([fact._asdict() for fact in facts], indent=2))
        return
    for fact in facts:
        for name, value in fact._asdict().items():
            for line in [value] if isinstance(value, str) else value:
                click.echo(f"{name:<9} {line}")
        click.echo()


def _facts(name: str) -> Sequence[CodeFact | KeyFact | BlockFact]:
    """All that goes by the name: `epochs` is the code of a finding and a key."""
    from recipes import UnknownRecipeError
    from recipes.checking.explain import explain_block, explain_key
    from rft.explain import explained

    found: list[CodeFact | KeyFact | BlockFact] = [*explained(name), *explain_block(name)]
    try:
        return [*found, *explain_key(name)]
    except UnknownRecipeError:
        if not found:
            raise
        return found


# --- diff, schema, cost ------------------------------------------------------------------------------------------
@command.command()
@click.argument("left")
@click.argument("right")
@json_option
def diff(left: str, right: str, as_json: bool) -> None:
    """Show the keys in which two recipes (files, or names of official ones) differ. Exit 1 where they do."""
    from recipes import difference

    changes = difference(_recipe(left), _recipe(right))
    if as_json:
        click.echo(json.dumps([change._asdict() for change in changes], indent=2))
    else:
        for change in changes:
            click.echo(change)
        click.echo(f"{len(changes)} keys differ")
    sys.exit(bool(changes))


@command.command()
@click.argument("name")
@click.option("-o", "--output", type=OUTPUT_FILE, help="Where to write; standard output unless given.")
def schema(name: str, output: Path | None) -> None:
    """Write the JSON Schema of the official recipe NAME (or of a method such as rft-lora), for editors."""
    from recipes import json_schema
    from recipes.catalogue.find import choose

    _write(json.dumps(json_schema(choose(name)), indent=2) + "\n", output)


@command.command()
@click.argument("recipe")
@instance_option
@click.option("--hours", type=click.FloatRange(min=0, min_open=True), help="How long the job runs.")
@click.option("--seconds-per-step", type=click.FloatRange(min=0, min_open=True), help="As measured on such a job.")
@click.option("--reward", type=FILE, help="JSON: the grader's seconds_per_answer, reserved_concurrency.")
@prices_option
def cost(
    recipe: str,
    instance_type: str,
    hours: float | None,
    seconds_per_step: float | None,
    reward: Path | None,
    prices: Path | None,
) -> None:
    """Estimate instance-hours, tokens, grader time and price range of RECIPE; `unknown` where nothing tells."""
    from recipes import Context, estimate
    from recipes.checking.context import facts_of_grader
    from recipes.checking.prices import instance_prices, read_prices

    grader = facts_of_grader(_text(reward)) if reward else None
    context = Context(instance_type=instance_type, grader=grader)
    table = instance_prices(read_prices(prices) if prices else None)
    sized = estimate(_recipe(recipe), context=context, hours=hours, seconds_per_step=seconds_per_step, prices=table)
    _table(sized.rows())


# --- shared ------------------------------------------------------------------------------------------------------
def _platform(name: str | None) -> Platform | None:
    from recipes import Platform

    return None if name is None else Platform(name)


def _recipe(name: str) -> Recipe:
    """The recipe in a file, from standard input, or the official one of that name."""
    from recipes import load, official

    if name == "-":
        return load(_text(Path("-")))
    return load(Path(name)) if Path(name).exists() else official(name).recipe()


def _text(file: Path) -> str:
    from rewards.yaml_text import yaml_text_of

    return yaml_text_of(file, sys.stdin.buffer if str(file) == "-" else None)


def _write(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
        return
    from rewards.writing import write_text

    write_text(output, text)
    click.echo(f"Wrote {output}")


def _table(rows: Iterable[Sequence[str]], *, header: Sequence[str] = ()) -> None:
    """Aligned columns; plain text, so that it can be searched and compared."""
    lines = [tuple(header), *map(tuple, rows)] if header else [tuple(row) for row in rows]
    if not lines:
        return
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for line in lines:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

"""`rft data`: make training data, check it, repair it, look at it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

import click

from rft.command_line import INPUT_FILE, OUTPUT_FILE, OUTPUT_FOLDER, PROJECT, Group, sarif_option
from rft.commands.data_images import MODELS, images, label, merge, saved_at_ctrl_c, sheet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from datagen.config import DataConfig, TeacherConfig
    from datagen.planning import DataPlan, Work
    from datagen.teachers.quotas import Quota
    from rft.project import ProjectFile

T = TypeVar("T")
TARGETS = (
    "bedrock-sft", "training-job-sft", "bedrock-rft", "rft", "rft-multiturn", "rft-multiturn-serverless", "dpo", "cpt",
    "gen-qa", "rft-eval", "judge", "distillation",
)  # fmt: skip
FORMS = (
    "sft", "rft", "rft-eval", "gen-qa", "dpo", "distillation", "rft-multiturn", "rft-multiturn-serverless", "openai",
)  # fmt: skip
UNREADABLE_SHOWN = 10
FILE = click.Path(path_type=Path, dir_okay=False, exists=True)
target_option = click.option("--for", "target", type=click.Choice(TARGETS), required=True, help="What the file is for.")
model_option = click.option("--model", type=click.Choice(MODELS), default="nova-2-lite", show_default=True)
json_option = click.option("--json", "as_json", is_flag=True, help="Print for machines.")


@click.group(cls=Group)
def command() -> None:
    """Make, check, fix and split training data."""


out_option = click.option(
    "-o", "--output", type=OUTPUT_FOLDER, help="Folder of the data set [default: runs/NAME-data]."
)


@command.command()
@click.argument("project", type=PROJECT)
@out_option
@click.option("--online", is_flag=True, help="Query AWS for the model's lifecycle status and the account's quota.")
@json_option
def plan(project: Path, output: Path | None, online: bool, as_json: bool) -> None:
    """Estimate the calls and cost of `make`, without those already made. Reads the documents, changes nothing."""
    from dataclasses import asdict

    import datagen
    from datagen.teachers.quotas import default_quota
    from rft.project import load_project

    file = load_project(project)
    config = file.project.data
    if isinstance(config, datagen.RowsConfig):
        raise click.UsageError(f"{project} starts from rows, which cost nothing; run rft data make {project}")
    quota_of = _live_quota(config.teacher) if online else default_quota
    found = datagen.plan(
        config,
        root=file.root,
        seed=file.project.seed,
        journal=_journal(_out(file, output)),
        quota_of=quota_of,
    )
    models = zip(found.work, _models(config), strict=True)
    states = {work.who: _lifecycle(teacher) for work, teacher in models} if online else {}
    if as_json:
        sums = {
            name: getattr(found, name) for name in ("calls", "input_tokens", "output_tokens", "cost_usd", "minutes")
        }
        unreadable = [item._asdict() for item in found.unreadable]
        click.echo(
            json.dumps({**asdict(found), **sums, "unreadable": unreadable, "lifecycle": states or None}, indent=2)
        )
        return
    for line in _plan_lines(found):
        click.echo(line)
    for who, state in states.items():
        click.echo(f"{who:<10} {state}")


@command.command()
@click.argument("project", type=PROJECT)
@out_option
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), help="Instead of the project's.")
@click.option("--max-cost", type=click.FloatRange(min=0, min_open=True), help="Cost limit per model, in US dollars.")
@json_option
def make(project: Path, output: Path | None, seed: int | None, max_cost: float | None, as_json: bool) -> None:
    """Make the data set. A stopped run resumes. Exit 1 if a split is empty."""
    from dataclasses import replace

    import datagen
    from rft.progress import bar
    from rft.project import load_project
    from rft.stages.data import made_data

    file = load_project(project).with_seed(seed)
    out, config = _out(file, output), file.project.data
    if isinstance(config, datagen.RowsConfig):
        made, splits = made_data(file, out), config.shares()
    else:
        if max_cost is not None:
            limited = _checked(lambda: config.with_max_cost(max_cost))
            file = replace(file, project=file.project.model_copy(update={"data": limited}))
        calls, splits = datagen.plan(config, root=file.root).calls, list(config.split.shares())
        with saved_at_ctrl_c(_journal(out)), bar("asking", calls, "calls") as progress:
            made = made_data(file, out, progress=progress)
    if as_json:
        files = {name: str(path) for name, path in made.files.items()}
        click.echo(
            json.dumps({"files": files, "rows": made.rows, "rejected": made.rejected, "leaks": made.leaks}, indent=2)
        )
    else:
        for name, path in made.files.items():
            click.echo(f"{made.rows.get(name, 1):>7,}  {path}")
        written = sum(made.rows[f"provenance/{split}"] for split in splits)
        click.echo("\n".join(_yield_lines(written, made.rejected, made.leaks)))
    sys.exit(int(any(not made.rows[f"provenance/{split}"] for split in splits)))


@command.command()
@click.argument("journal", type=FILE)
@click.option(
    "-o", "--output", type=OUTPUT_FILE, required=True, help="The recording, for a teacher or judge of kind replay."
)
def export(journal: Path, output: Path) -> None:
    """Export the replies in a journal, such as teacher.sqlite, as a recording for a teacher of kind replay."""
    import datagen

    click.echo(f"{output}: {datagen.export(journal, output):,} answers")


@command.command()
@click.argument("file", type=INPUT_FILE)
@target_option
@model_option
@click.option("--reward", help="file.py:name or reward.yaml: it must judge every row, and pay its right completion.")
@click.option("--strict", is_flag=True, help="Let warnings fail too.")
@click.option("--limit", default=50, show_default=True, help="Findings to show; all are counted.")
@json_option
@sarif_option
def check(
    file: Path,
    target: str,
    model: str,
    reward: str | None,
    strict: bool,
    limit: int,
    as_json: bool,
    sarif: Path | None,
) -> None:
    """Validate a JSONL file and list every problem. Exit 1 if there are errors."""
    from datagen.validate import Target
    from datagen.validate import check as check_file

    report = check_file(file, Target(target), model=model, limit=limit)  # type: ignore[arg-type] # click checked it
    if reward:
        from rewards import load_reward
        from rft.graders.gold_check import gold_findings

        report.add(gold_findings(file, load_reward(reward)))
    hidden = sum(report.counts.values()) - len(report.findings)
    if as_json:
        counts = {code: {"severity": severity, "count": count} for (severity, code), count in report.counts.items()}
        found = [finding._asdict() for finding in report.findings]
        click.echo(json.dumps({"file": str(file), "rows": report.rows, "counts": counts, "findings": found}, indent=2))
    else:
        for finding in report.findings:
            click.echo(f"{file}:{finding}")
        if hidden:
            click.echo(f"... and {hidden:,} more")
        click.echo(f"{file}: {report.rows:,} rows, {report.errors:,} errors, {report.warnings:,} warnings")
    if sarif is not None:
        from rft.sarif import Result, write_sarif

        results = [Result(each.code, each.severity, str(each).strip(), each.line) for each in report.findings]
        write_sarif(sarif, "rft data check", file, results, prefix="data-", hidden=hidden)
    sys.exit(int(not report.ok(strict=strict)))


@command.command()
@click.argument("file", type=INPUT_FILE)
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched.")
@target_option
@model_option
@json_option
def fix(file: Path, output: Path, target: str, model: str, as_json: bool) -> None:
    """Write a repaired file, with unambiguous repairs only. Exit 1 if rows were dropped."""
    from datagen.validate import Target
    from datagen.validate.fix_file import fix as fix_file

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
@click.argument("file", type=INPUT_FILE)
@click.option("--to", "form", type=click.Choice(FORMS), required=True, help="What the new rows are.")
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched.")
@click.option("--prompt", default="", help="Column of the prompt, where no known shape fits.")
@click.option("--answer", default="", help="Column of the right answer.")
@click.option("--system", default="", help="Column of the system prompt.")
@click.option("--id", "id_", default="", help="Column of the id.")
@json_option
def convert(
    file: Path, form: str, output: Path, prompt: str, answer: str, system: str, id_: str, as_json: bool
) -> None:
    """Convert a JSONL, JSON, CSV or Parquet file to one of Nova's formats. Exit 1 if rows were dropped."""
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


@command.command()
@click.argument("file", type=INPUT_FILE)
@click.option("--rollouts", type=INPUT_FILE, required=True, help="Graded completions of the base model for these rows.")
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched.")
@click.option(
    "--band", type=float, nargs=2, default=(0.0, 1.0), show_default=True, help="Minimum and maximum pass rate."
)
@click.option(
    "--pass-at", default=1.0, show_default=True, help="Success threshold: minimum score of a passing completion."
)
@click.option("--mix", help="Shares of the bands, such as hard=0.3,medium=0.5,easy=0.2.")
@click.option("--rows", type=click.IntRange(min=1), help="Maximum number of rows.")
@click.option("--by", default="", help="Dotted key whose values are kept evenly, such as metadata.topic.")
@click.option("--seed", default="0", show_default=True)
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


@command.command()
@click.argument("file", type=INPUT_FILE)
@click.option(
    "-o", "--output", type=OUTPUT_FOLDER, required=True, help="Folder for train.jsonl, validation.jsonl, test.jsonl."
)
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
    """Split a file by source and near-equal prompts, and report the remaining overlap."""
    from datagen.config import SplitConfig
    from datagen.splits.files import split as split_file

    config = _checked(lambda: SplitConfig(train=train, validation=validation, test=test, shared_text=shared_text))
    divided = split_file(file, output, config, seed=seed, by=by, near=near)
    if as_json:
        click.echo(json.dumps({"rows": divided.rows, "sources": divided.sources, "leaks": divided.leaks}, indent=2))
        return
    for name, path in divided.files.items():
        shared = f", {divided.leaks[name]:,} share 13 words in a row with train" if name in divided.leaks else ""
        click.echo(f"{path}: {divided.rows[name]:,} rows{shared}")


@command.command()
@click.argument("file", type=INPUT_FILE)
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


@command.command()
@click.argument("config", type=FILE)
@click.option("-o", "--output", type=OUTPUT_FOLDER, required=True, help="Folder of sft, rft and provenance.")
@click.option("--seed", default="0", show_default=True)
@json_option
def dialogues(config: Path, output: Path, seed: str, as_json: bool) -> None:
    """Write multi-turn dialogues in which typed functions answer the calls. Exit 1 if none is kept."""
    import datagen
    from datagen.generation.dialogues import DialoguesConfig
    from rewards.yaml_text import load_yaml, yaml_text_of
    from rft.progress import bar

    loaded = load_yaml(yaml_text_of(config), config)
    settings = _checked(lambda: DialoguesConfig.model_validate(loaded), str(config))
    with saved_at_ctrl_c(output.parent / "dialogues.sqlite"), bar("asking", None, "turns of a round") as progress:
        made = datagen.dialogues(settings, root=config.parent, seed=seed, out=output, progress=progress)
    if as_json:
        files = {name: str(path) for name, path in made.files.items()}
        click.echo(json.dumps({"files": files, "rows": made.rows, "rejected": made.rejected}, indent=2))
    else:
        for name, path in made.files.items():
            click.echo(f"{made.rows[name]:>7,}  {path}")
        kept = sum(count for name, count in made.rows.items() if name.startswith("sft/"))
        click.echo("\n".join(_yield_lines(kept, made.rejected, {})))
    sys.exit(int(not any(count for name, count in made.rows.items() if name.startswith("sft/"))))


@command.command()
@click.argument("file", type=INPUT_FILE)
@click.option("--config", type=FILE, required=True, help="YAML with teacher, personas and complexities.")
@click.option("-o", "--output", type=OUTPUT_FILE, required=True, help="The new file; the old one is not touched.")
@click.option("--seed", default="0", show_default=True)
@json_option
def vary(file: Path, config: Path, output: Path, seed: str, as_json: bool) -> None:
    """Write rows with variants of their prompts, each naming its source. Exit 1 if variants were rejected."""
    import datagen
    from rewards.yaml_text import load_yaml, yaml_text_of
    from rft.progress import bar

    loaded = load_yaml(yaml_text_of(config), config)
    settings = _checked(lambda: datagen.VariantsConfig.model_validate(loaded), str(config))
    with saved_at_ctrl_c(output.parent / "variants.sqlite"), bar("asking", None, "variants") as progress:
        made = datagen.vary(file, output, settings, root=config.parent, seed=seed, progress=progress)
    if as_json:
        counts = {"rows_read": made.rows_read, "rows_written": made.rows_written}
        click.echo(json.dumps({**counts, "rejected": made.rejected, "lost": made.lost}, indent=2))
    else:
        click.echo("\n".join(_yield_lines(made.rows_written, made.rejected, {})))
        click.echo(f"{output}: {made.rows_written:,} rows of {made.rows_read:,}; rejected variants are in {made.log}")
        if made.lost:
            lost = ", ".join(f"{name} {count:,}" for name, count in sorted(made.lost.items()))
            click.echo(f"not carried, since an RFT row cannot hold it: {lost}; the values are in {made.log}")
    sys.exit(int(bool(made.rejected)))


@command.command()
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


def _checked(make_config: Callable[[], T], file: str = "") -> T:
    """A configuration made of options; what is wrong with it is a wrong use."""
    from pydantic import ValidationError

    try:
        return make_config()
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, item['loc']))}: {item['msg']}" if file else item["msg"].removeprefix("Value error, ")
            for item in error.errors()
        ]
        raise click.UsageError("\n".join(f"{file}: {line}" for line in problems) if file else problems[0]) from error


def _out(file: ProjectFile, output: Path | None) -> Path:
    return output or Path("runs", f"{file.run_name}-data")


def _journal(out: Path) -> Path:
    return out.parent / "teacher.sqlite"


def _yield_lines(written: int, rejected: Mapping[str, int], leaks: Mapping[str, int]) -> Iterator[str]:
    from datagen.types import REJECT_REASONS

    total = sum(rejected.values())
    yield f"{written:,} samples, {total:,} rejected" + (" (see rejects.jsonl):" if total else "")
    for code, count in sorted(rejected.items()):
        yield f"{count:>7,}  {code}: {REJECT_REASONS[code]}"
    if leaks:
        yield "13-word overlap with train: " + ", ".join(f"{name} {count:,}" for name, count in leaks.items())


def _models(config: DataConfig) -> Iterator[TeacherConfig]:
    """The models of a plan, in its order."""
    from datagen.generation.judge import judge_of

    yield config.teacher
    if config.judge:
        yield judge_of(config)


def _plan_lines(plan: DataPlan) -> Iterator[str]:
    yield f"documents  {plan.documents:,} with {plan.characters:,} characters, {len(plan.unreadable):,} unreadable"
    for name, reason in plan.unreadable[:UNREADABLE_SHOWN]:
        yield f"           {name}: {reason}"
    if (more := len(plan.unreadable) - UNREADABLE_SHOWN) > 0:
        yield f"           and {more:,} more; `make` lists all in documents.jsonl"
    yield f"passages   {plan.passages:,}, at most {plan.samples_at_most:,} samples"
    for work in plan.work:
        yield from _work_lines(work)
    if plan.cost_usd:
        low, mid, high = plan.cost_usd
        yield f"cost       ${low:,.2f} to ${high:,.2f}, likely ${mid:,.2f}"
    if plan.minutes is not None:
        quotas = ", ".join(dict.fromkeys(work.quota for work in plan.work if work.quota))
        yield f"time       at least {plan.minutes:,.1f} minutes ({quotas})"


def _work_lines(work: Work) -> Iterator[str]:
    before = f", {work.answered:,} of them answered before" if work.answered else ""
    most = "at most " if work.who == "judge" else ""
    yield f"{work.who:<10} {work.model}: {most}{work.calls:,} calls{before}"
    if work.input_tokens.mid:
        source = "measured on earlier answers" if work.measured else "estimated, and guessed for what comes back"
        yield f"           about {work.input_tokens.mid:,} tokens out, {work.output_tokens.mid:,} back ({source})"


def _lifecycle(teacher: TeacherConfig) -> str:
    from datagen.teachers.aws import aws_client
    from datagen.teachers.bedrock import lifecycle

    if teacher.kind not in ("bedrock", "bedrock-batch"):
        return f"{teacher.kind} has no lifecycle"
    return f"{teacher.model} is {lifecycle(aws_client('bedrock', region=teacher.region), teacher.model)}"


def _live_quota(teacher: TeacherConfig) -> Callable[[str], Quota | None]:
    """Asks Service Quotas once per model."""
    from datagen.teachers.aws import aws_client, aws_failures
    from datagen.teachers.quotas import live_quota

    def ask(model: str) -> Quota | None:
        with aws_failures():
            return live_quota(aws_client("service-quotas", region=getattr(teacher, "region", None)), model)

    return ask


for _picture_command in (images, sheet, label, merge):
    command.add_command(_picture_command)

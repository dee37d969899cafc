"""`rft data plan`, `make` and `export`: a project's data set, first its cost, then the rows."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import NAMED_FILE, OUTPUT_FILE, OUTPUT_FOLDER, Command, json_option, project_argument
from rft.commands.data.asking import saved_at_ctrl_c, yield_lines
from rft.commands.data.options import checked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from datagen.config import DataConfig, TeacherConfig
    from datagen.planning import DataPlan, Work
    from datagen.teachers.quotas import Quota
    from rft.project import ProjectFile

UNREADABLE_SHOWN = 10
out_option = click.option(
    "-o", "--output", type=OUTPUT_FOLDER, help="Folder of the data set [default: runs/NAME-data]."
)


@click.command(cls=Command)
@project_argument
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


@click.command(cls=Command)
@project_argument
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
            limited = checked(lambda: config.with_max_cost(max_cost))
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
        click.echo("\n".join(yield_lines(written, made.rejected, made.leaks)))
    sys.exit(int(any(not made.rows[f"provenance/{split}"] for split in splits)))


@click.command(cls=Command)
@click.argument("journal", type=NAMED_FILE)
@click.option(
    "-o", "--output", type=OUTPUT_FILE, required=True, help="The recording, for a teacher or judge of kind replay."
)
def export(journal: Path, output: Path) -> None:
    """Export the replies in a journal, such as teacher.sqlite, as a recording for a teacher of kind replay."""
    import datagen

    click.echo(f"{output}: {datagen.export(journal, output):,} answers")


def _out(file: ProjectFile, output: Path | None) -> Path:
    return output or Path("runs", f"{file.run_name}-data")


def _journal(out: Path) -> Path:
    return out.parent / "teacher.sqlite"


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

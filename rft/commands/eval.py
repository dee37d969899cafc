"""`rft eval`: run evaluations in the cloud, collect completions of deployed models, and compare models row by row."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rft.command_line import (
    INPUT_FILE,
    OUTPUT_FILE,
    OUTPUT_FOLDER,
    Group,
    json_option,
    plan_option,
    prices_option,
    profile_option,
    project_argument,
    region_option,
    yes_option,
)
from rft.commands.platform_option import platform_option
from rft.commands.train.launching import (
    attempt_option,
    force_option,
    refuse_of_agents,
    runs_option,
    sdk_option,
    show_plan,
)
from rft.commands.where_option import choosing, where_option

if TYPE_CHECKING:
    from estimators.plan import JobPlan
    from estimators.platforms.platform import Sdk
    from estimators.results.graded import GradedRows
    from rft.report.figures import Compared
    from rft.report.judged import Numbered

# As `rft.jobs.evaluation_plans.TASKS`, which imports too much for a line of help.
TASKS = (
    *("rft_eval", "gen_qa", "judge"),
    *("mmlu", "mmlu_pro", "mmlu_pt", "gpqa", "mmmu", "bbh", "math", "strong_reject", "ifeval"),
    *("aime_2024", "calendar_scheduling", "humaneval"),
)
BASE = "base"  # of an agent's evaluation: the model that its training starts from
WIDTH = 60  # characters of a completion that are shown


@click.group(cls=Group)
def command() -> None:
    """Evaluate models, and compare them on the same rows with the same grader."""


@command.command()
@project_argument
@platform_option(default="sagemaker", help="Where the job runs.")
@click.option(
    "--model",
    required=True,
    help="Checkpoint: folder or s3:// address of a training's outputs, nova-lite-2/prod; of an agent, base.",
)
@click.option(
    "--task",
    type=click.Choice(TASKS),
    help="The held-out rows with the project's grader (the default), rows of your own, or a benchmark.",
)
@click.option("--data", type=INPUT_FILE, help="Your rows, in the task's format; default: the held-out rows.")
@click.option("--pair", nargs=2, type=INPUT_FILE, help="With judge: the graded rollouts of two models.")
@click.option(
    "--metrics-lambda", "metrics_arn", metavar="ARN", help="With gen_qa: a Lambda that computes custom metrics."
)
@attempt_option
@sdk_option
@plan_option
@click.option("--diff", "last", metavar="FILE|LAST", help="Show what changed since this plan; launch nothing.")
@click.option("--save", type=OUTPUT_FILE, help="Write the plan as JSON; launch nothing.")
@force_option
@yes_option
@runs_option
@prices_option
@profile_option
@click.option("--json", "as_json", is_flag=True, help="With --plan: print for machines.")
def run(
    project: Path,
    platform: str,
    model: str,
    task: str | None,
    data: Path | None,
    pair: tuple[Path, Path] | None,
    metrics_arn: str | None,
    attempt: int,
    sdk: Sdk,
    plan_only: bool,
    last: str | None,
    save: Path | None,
    force: tuple[str, ...],
    yes: bool,
    runs: Path,
    prices: Path | None,
    profile: str | None,
    as_json: bool,
) -> None:
    """Evaluate a model on the project's held-out rows, or on a benchmark, as a job."""
    from rft.agents.project import is_agent_project
    from rft.jobs.evaluation_plans import evaluation_plan
    from rft.jobs.launching import launch_plan, priced
    from rft.project import load_project

    if pair and task != "judge":
        raise click.UsageError(f"--pair is for --task judge, not for {task or 'the default'}")
    if metrics_arn and task != "gen_qa":
        raise click.UsageError(f"--metrics-lambda goes with --task gen_qa, not with {task or 'the default'}")
    if data and task and task not in TASKS[:3]:
        raise click.UsageError(f"--data: {task} brings its own rows; {', '.join(TASKS[:3])} read yours")
    if is_agent_project(project):
        name, made = _agent_plan(project, platform, model, attempt)
    else:
        file = load_project(project)
        name = file.run_name
        made = evaluation_plan(
            file,
            runs / name,
            on=platform,
            model=model,
            task=task,
            data=data,
            pair=pair or None,
            metrics_arn=metrics_arn,
            attempt=attempt,
            sdk=sdk,
        )
    made = priced(made, prices)
    jobs = runs / name / "jobs"
    if plan_only or last or save:
        show_plan(made, last, save, as_json, jobs)
    launch_plan(made, profile=profile, folder=jobs, sdk=sdk, force=force, yes=yes)


def _agent_plan(project: Path, platform: str, model: str, attempt: int) -> tuple[str, JobPlan]:
    """The name of an agent's project and its evaluation: of a model package, a collected folder, or `base`."""
    from rft.agents.plans import ON, evaluation_of
    from rft.agents.project import load_agent_project
    from rft.jobs.training_plans import checkpoint_on

    refuse_of_agents(platform, ("task", "data", "pair", "metrics_arn", "sdk"))
    file = load_agent_project(project)
    chosen = None if model == BASE else checkpoint_on(ON, model)
    if chosen is not None and ":model-package/" not in chosen:
        raise click.UsageError(f"--model {model!r}: name a model package's ARN, a collected training, or {BASE!r}")
    return file.project.name, evaluation_of(file, model=chosen, attempt=attempt)


@command.command()
@click.argument("rows", type=INPUT_FILE)
@click.option("--model", required=True, help="ARN of a deployment, a provisioned model or an inference profile.")
@click.option("-o", "--output", "out", required=True, type=OUTPUT_FILE, help="Rollouts as JSONL.")
@click.option("--max-tokens", type=click.IntRange(1), default=2048, show_default=True, help="Most tokens of an answer.")
@click.option(
    "--temperature",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Sampling temperature; 0 is greedy.",
)
@click.option("--workers", type=click.IntRange(1, 64), default=8, show_default=True, help="Calls at once.")
@region_option(of="model")
@profile_option
def answers(
    rows: Path,
    model: str,
    out: Path,
    max_tokens: int,
    temperature: float,
    workers: int,
    region: str,
    profile: str | None,
) -> None:
    """Collect completions of a deployed model for ROWS. A stopped run resumes."""
    from estimators.answers import answer_rows
    from estimators.aws import connect

    def tell(done: int, of: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r{done}/{of}", err=True, nl=done == of)

    usage = answer_rows(
        rows,
        model,
        connect(region, profile),
        out=out,
        max_tokens=max_tokens,
        temperature=temperature,
        workers=workers,
        on_completion=tell,
    )
    tokens = f"{usage.input_tokens:,} tokens in, {usage.output_tokens:,} tokens out"
    click.echo(f"{usage.completions:,} completions, {tokens}: {out}")


@command.command()
@click.argument("models", nargs=-1, required=True, metavar="NAME=PATH...")
@click.option("--reward", help="file.py:name or reward.yaml: grade the completions again.")
@where_option
@click.option("--baseline", help="Compare with this model; default: the first.")
@click.option("--by", metavar="KEY/KEY", help="Slice by a key of the data row, such as reference_answer/Type.")
@click.option("--metric", default="score", show_default=True, help="What --by shows of each slice.")
@click.option("--worst", type=click.IntRange(0), default=5, show_default=True, help="Changed rows to show per model.")
@click.option("--resamples", type=click.IntRange(100), default=2000, show_default=True, help="Of the bootstrap.")
@click.option(
    "--success-threshold",
    "at",
    type=float,
    default=1.0,
    show_default=True,
    help="Success threshold: minimum score of a passing completion.",
)
@click.option("--figures", type=OUTPUT_FOLDER, help="Write every figure to this folder, as SVG and CSV.")
@click.option("--html", type=OUTPUT_FILE, help="Write the comparison with its figures as one page.")
@click.option("--labels", metavar="KEY/KEY", help="Where the label of the confusion matrix is in reference and answer.")
@json_option
def compare(
    models: tuple[str, ...],
    reward: str | None,
    where: str | None,
    baseline: str | None,
    by: str | None,
    metric: str,
    worst: int,
    resamples: int,
    at: float,
    figures: Path | None,
    html: Path | None,
    labels: str | None,
    as_json: bool,
) -> None:
    """Compare models: base=base.jsonl sft=sft.jsonl rft=rft.jsonl.

    PATH is a file of rollouts (of a local run, of `rft eval answers`, of `rft grade -o`), or the unpacked output folder
    of an evaluation job. Differences are per row, with a 95 % interval by the paired bootstrap over prompts. Of a part
    that lowers the score, less is better and counts as a win. Exit 1 where no rollout fits --where, as in `rft view`.
    """
    from estimators.results.compare import compare as compare_models
    from estimators.results.graded import ungradable_line
    from rewards import load_reward
    from rft.report.comparing_text import lines_of
    from rft.report.judged import judged, part_names, rows_of, with_accuracy
    from rft.report.penalties import less_is_better, noted, penalties_in

    judge = load_reward(reward) if reward else None
    records: dict[str, list[Numbered]] = {}
    read: dict[str, GradedRows] = {}
    sample: list[Numbered] = []
    with choosing(where) as choice:
        for name, file in _named(models).items():
            found = ((one.line, one.record) for one in choice.of(judged(file, judge), file.stem, name))
            # Figures need every rollout at once; without them a file of a million is read as a stream.
            if figures or html:
                records[name] = list(found)
            stream = noted(records.get(name, found), sample)
            read[name] = rows_of(stream, file, threshold=at, keep_rows=bool(by))
    for line in (line for name, rows in read.items() for line in ungradable_line(name, rows)):
        click.echo(line, err=as_json)
    path = by.split("/") if by else ()
    result = compare_models(read, baseline=baseline, by=path, metric=metric, changes=worst, resamples=resamples)
    if figures or html:
        from rft.report.figures import Compared

        marked = {name: list(with_accuracy(found, at)) for name, found in records.items()}
        compared = Compared(marked, result, metric, tuple(labels.split("/")) if labels else ())
        for written in _drawn(compared, figures, html):
            click.echo(written, err=as_json)
    penalties = penalties_in(sample)
    result = less_is_better(result, penalties)
    if as_json:
        click.echo(json.dumps({**asdict(result), "penalties": sorted(penalties)}, indent=2))
        return
    for line in lines_of(result, metric, penalties, part_names(sample)):
        click.echo(line)


def _drawn(compared: Compared, figures: Path | None, html: Path | None) -> Iterator[str]:
    """Write the figures and the page; yields a line on each."""
    from rewards.writing import write_text
    from rft.report import render
    from rft.report.comparing import report_of
    from rft.report.figure import write_figures
    from rft.report.figures import figures_of

    drawn = figures_of(compared)
    if figures:
        yield f"{len(write_figures(drawn, figures))} files: {figures}"
    if html:
        write_text(html, render(report_of(compared, drawn)))
        yield f"Page: {html}"


def _named(arguments: Sequence[str]) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for argument in arguments:
        name, separator, path = argument.partition("=")
        if separator and path == "-":
            path = str(INPUT_FILE.convert(path, None, click.get_current_context()))
        if not separator or not Path(path).exists():
            raise click.UsageError(f"{argument!r}: write NAME=PATH with a file or folder that exists")
        if name in found:
            raise click.UsageError(f"two models are called {name!r}; give each a name of its own")
        found[name] = Path(path)
    return found

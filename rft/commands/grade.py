"""`rft grade`: score a file of rollouts with a reward, and say what the scores come to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rft.command_line import OUTPUT_FILE, Command, read_often
from rft.exits import StoppedError

if TYPE_CHECKING:
    from rewards.grading import Grade, Job, Journal, Sources, Totals

GROUP_SHARES = ("zero_std_groups", "solve_all", "solve_none", "solve_none_ranked")


@click.command(cls=Command)
@click.argument("rollouts", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True))
@click.option("--reward", required=True, help="file.py:name or reward.yaml.")
@click.option(
    "-o",
    "--output",
    type=OUTPUT_FILE,
    help="Write the graded rollouts: .jsonl, or .parquet when all are graded.",
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--ray", is_flag=True, help="Grade on Ray Data (extra `ray`).")
@click.option(
    "--success-threshold",
    type=float,
    help="Success threshold: minimum score of a solved prompt; default: the maximum.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary for machines.")
def command(
    rollouts: Path,
    reward: str,
    output: Path | None,
    workers: int,
    ray: bool,
    success_threshold: float | None,
    as_json: bool,
) -> None:
    """Score ROLLOUTS: a file of rollouts, or JSONL or Parquet rows of an RFT file with the model's completion as the
    last turn; "-" reads JSONL.

    With -o, a run that was stopped goes on where it stopped. Exit 1 where some rows could not be scored.
    """
    from rewards import bounds_of
    from rewards.grading import Totals
    from rewards.grading.grade import opened
    from rewards.rollouts.columns import TABLES

    if ray and (str(rollouts) == "-" or rollouts.suffix in TABLES):
        raise click.UsageError("--ray reads a JSONL file")
    if output and str(rollouts) != "-":
        rollouts = read_often(rollouts)  # once to know it again, once to grade it
    sources = _sources(output, reward, rollouts)
    totals = Totals(bounds_of(opened(reward)), success_threshold=success_threshold)
    try:
        _grade(reward, rollouts, totals, output, sources, workers=workers, ray=ray)
    except KeyboardInterrupt:
        kept = f"; {totals.rows:,} grades are in {output}, the same command goes on from there" if output else ""
        raise StoppedError(f"stopped{kept}") from None
    click.echo(json.dumps(totals.to_json(), indent=2) if as_json else _text(totals.to_json()))
    sys.exit(totals.problems > 0)


def _sources(output: Path | None, reward: str, rollouts: Path) -> Sources | None:
    """What the grades will depend on; None where they are not kept."""
    from rewards.grading import Sources
    from rft.graders.reward_sources import reward_digests
    from rft.pipeline import digest_of_file

    if output is None:
        return None
    if str(rollouts) == "-":
        raise click.UsageError("-o continues a stopped run, which standard input cannot; give a file")
    if output.exists() and output.samefile(rollouts):
        raise click.UsageError(f"-o {output} is the file that is graded; write somewhere else")
    return Sources(reward_digests(reward), digest_of_file(rollouts))


def _grade(
    reward: str,
    rollouts: Path,
    totals: Totals,
    output: Path | None,
    sources: Sources | None,
    *,
    workers: int,
    ray: bool,
) -> None:
    from rewards.grading import Job, Journal

    if output is None or sources is None:
        _grade_rest(Job(reward), rollouts, totals, None, workers=workers, ray=ray)
        return
    job = Job(reward, keep_records=True, grader=sources.grader)
    lines = output.with_name(output.name + ".jsonl") if output.suffix == ".parquet" else output
    with Journal(lines, sources) as journal:
        if journal.dropped:
            click.echo(f"{lines}: the last {journal.dropped:,} lines follow on no whole row; graded anew", err=True)
        for grade in journal.finished():
            totals.add(grade)
        _grade_rest(job, rollouts, totals, journal, workers=workers, ray=ray)
    if lines != output:
        _to_table(lines, output)


def _to_table(lines: Path, output: Path) -> None:
    """The finished records as Parquet. The JSONL stays: the same command reads it and grades nothing twice."""
    from rewards.rollouts import record_of, write_records

    with lines.open("rb") as file:
        write_records(output, (record_of(json.loads(line)) for line in file))


def _grade_rest(job: Job, rollouts: Path, totals: Totals, journal: Journal | None, *, workers: int, ray: bool) -> None:
    from rewards.grading.grade import line_of_grade

    for chunk in _chunks(job, rollouts, totals.rows, workers=workers, ray=ray):
        samples = [totals.add(grade) for grade in chunk]
        if journal:
            journal.write("".join(map(line_of_grade, chunk, samples)))


def _chunks(job: Job, rollouts: Path, skip: int, *, workers: int, ray: bool) -> Iterator[list[Grade]]:
    from rewards.grading import grade_chunks, read_rows

    if ray:
        from rewards.grading.ray import grade_on_ray

        for chunk in grade_on_ray(job, rollouts):
            if fresh := [grade for grade in chunk if grade.row > skip]:
                yield fresh
        return
    size = rollouts.stat().st_size if rollouts.suffix == ".jsonl" else None
    with _progress(size) as advance:
        rows = (advance(row.size_bytes) or row for row in read_rows(rollouts))
        yield from grade_chunks(job, (row for row in rows if row.number > skip), workers=workers)


@contextmanager
def _progress(size_bytes: int | None) -> Iterator[Callable[[int], None]]:
    """A bar with rate and remaining time on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    from rft.terminal import console

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console(stderr=True)) as bar:
        task = bar.add_task("", total=size_bytes)
        yield lambda size: bar.advance(task, size)


def _text(summary: dict[str, Any]) -> str:
    """The summary for people: aligned, with the standard error beside a mean and the count beside a share."""
    score, lines = summary["score"], [f"{summary['rows']:,} rows"]
    for kind, names in (("ungradable", "ids"), ("unreadable", "rows")):
        if summary[kind]["count"]:
            shown = ", ".join(map(str, summary[kind][names]))
            lines.append(f"{summary[kind]['count']:,} {kind}: {shown}; the first: {summary[kind]['first_reason']}")
    entries = {"score": score, **summary["parts"], **summary["metrics"]}
    width = max(map(len, entries))
    lines += [f"  {name:<{width}}  {_mean(entry, of=score['count'])}" for name, entry in entries.items()]
    if "quantiles" in score:
        lines.append("  " + "  ".join(f"{name} {value:.3f}" for name, value in score["quantiles"].items()))
    return "\n".join([*lines, *_group_lines(summary["groups"])])


def _mean(entry: dict[str, Any], *, of: int) -> str:
    """A mean with its standard error, and over how many completions it goes where that is not all of them."""
    if not entry["count"]:
        return f"not measured in {of:,} completions" if of else "no score"
    fewer = f"  ({entry['count']:,} of {of:,} measured)" if entry["count"] < of else ""
    return f"{entry['mean']:7.3f} ± {entry['standard_error']:.3f}{fewer}"


def _group_lines(groups: dict[str, Any]) -> list[str]:
    if not groups["count"]:
        return []
    count = groups["count"]
    lines = [f"{count:,} prompts with several completions"]
    lines += [f"  {name:<24}{groups[name]:7.1%} of {count:,}" for name in GROUP_SHARES]
    passes = "  ".join(f"pass@{k} {value:.3f}" for k, value in groups["pass_at"].items())
    return [*lines, f"  {'reward_std_within_group':<24}{groups['reward_std_within_group']:7.3f}", f"  {passes}"]

"""`rft grade`: score a file of rollouts with a reward, and say what the scores come to."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rewards import Rollout
    from rewards.grading import Job, Journal, Totals
    from rewards.grading.grade import Graded
    from rewards.types import JSON


@click.command()
@click.argument("rollouts", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True))
@click.option("--reward", required=True, help="file.py:name or reward.yaml.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Write each row's grade as JSONL."
)
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 256), help="Processes.")
@click.option("--ray", is_flag=True, help="Grade on Ray Data (extra `ray`).")
@click.option(
    "--right-from", type=float, help="Score from which an answer counts as right; default: the best possible."
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary for machines.")
def command(
    rollouts: Path,
    reward: str,
    output: Path | None,
    workers: int,
    ray: bool,
    right_from: float | None,
    as_json: bool,
) -> None:
    """Score ROLLOUTS: JSONL or Parquet rows of an RFT file with the model's answer as the last turn; "-" reads JSONL.

    With -o, a run that was stopped goes on where it stopped. Exit 1 where some rows could not be scored.
    """
    from rewards import bounds_of, load_reward
    from rewards.grading import Job, Totals

    if ray and (str(rollouts) == "-" or rollouts.suffix == ".parquet"):
        raise click.UsageError("--ray reads a JSONL file")
    totals = Totals(bounds_of(load_reward(reward)), right_from=right_from)
    try:
        with _journal(output, reward, rollouts) as journal:
            _grade(Job(reward, rollout_of), rollouts, totals, journal, workers=workers, ray=ray)
    except KeyboardInterrupt:
        kept = f"; {totals.rows:,} grades are in {output}, the same command goes on from there" if output else ""
        raise click.ClickException(f"stopped{kept}") from None
    click.echo(json.dumps(totals.to_json(), indent=2) if as_json else _text(totals.to_json()))
    sys.exit(totals.problems > 0)


def rollout_of(row: JSON) -> Rollout:
    """The rollout in one row, read as the grader in AWS Lambda reads it."""
    from lambda_package.wire import parse_event
    from rewards.grading import UnreadableRowError

    (item,) = parse_event([row]).items
    if item.rollout is None:
        raise UnreadableRowError(item.problem)
    return item.rollout


def _journal(output: Path | None, reward: str, rollouts: Path) -> AbstractContextManager[Journal | None]:
    from rewards.grading import Journal

    if output is None:
        return nullcontext()
    if str(rollouts) == "-":
        raise click.UsageError("-o continues a stopped run, which standard input cannot; give a file")
    file = reward.partition(".py:")[0] + ".py" if ".py:" in reward else reward
    return Journal(output, reward=Path(file), rows=rollouts)


def _grade(job: Job, rollouts: Path, totals: Totals, journal: Journal | None, *, workers: int, ray: bool) -> None:
    for grade in journal.finished() if journal else ():
        totals.add(grade)
    for chunk in _chunks(job, rollouts, totals.rows, workers=workers, ray=ray):
        if journal:
            journal.write(chunk)
        for grade in chunk:
            totals.add(grade)


def _chunks(job: Job, rollouts: Path, skip: int, *, workers: int, ray: bool) -> Iterator[list[Graded]]:
    from rewards.grading import grade_chunks, read_rows

    if ray:
        from rewards.grading.ray import grade_on_ray

        for chunk in grade_on_ray(job, rollouts):
            if fresh := [grade for grade in chunk if _number(grade) > skip]:
                yield fresh
        return
    size = rollouts.stat().st_size if rollouts.suffix == ".jsonl" else None
    with _progress(size) as advance:
        rows = (advance(row.size_bytes) or row for row in read_rows(rollouts))
        yield from grade_chunks(job, (row for row in rows if row.number > skip), workers=workers)


def _number(grade: Graded) -> int:
    number = grade["row"]
    assert isinstance(number, int)
    return number


@contextmanager
def _progress(size_bytes: int | None) -> Iterator[Callable[[int], None]]:
    """A bar with rate and remaining time on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    columns = (BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("", total=size_bytes)
        yield lambda size: bar.advance(task, size)


def _text(summary: dict[str, Any]) -> str:
    """The summary for people: aligned, with the standard error beside a mean and the count beside a share."""
    score, lines = summary["score"], [f"{summary['rows']:,} rows"]
    for kind, names in (("ungradable", "ids"), ("unreadable", "rows")):
        if summary[kind]["count"]:
            shown = ", ".join(map(str, summary[kind][names]))
            lines.append(f"{summary[kind]['count']:,} {kind}: {shown}")
    entries = {"score": score, **summary["signals"]}
    width = max(map(len, entries))
    lines += [f"  {name:<{width}}  {e['mean']:7.3f} ± {e['standard_error']:.3f}" for name, e in entries.items()]
    if "quantiles" in score:
        lines.append("  " + "  ".join(f"{name} {value:.3f}" for name, value in score["quantiles"].items()))
    return "\n".join([*lines, *_group_lines(summary["groups"])])


def _group_lines(groups: dict[str, Any]) -> list[str]:
    if not groups["count"]:
        return []
    count = groups["count"]
    lines = [f"{count:,} prompts with several answers"]
    for name in ("zero_variance", "all_right", "none_right", "none_right_but_ranked"):
        lines.append(f"  {name.replace('_', ' '):<22}{groups[name]:7.1%} of {count:,}")
    passes = "  ".join(f"pass@{k} {value:.3f}" for k, value in groups["pass_at"].items())
    return [*lines, f"  {'deviation within':<22}{groups['deviation_within']:7.3f}", f"  {passes}"]

"""A comparison as `rft eval compare` prints it: a table for each model, its changed rows, and the slices."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Final

from estimators.results.compare import Comparison, Difference, ModelResult
from estimators.results.graded import TOTAL
from rewards import Estimate
from rft.report.judged import is_judged
from rft.report.verdict import told

_WIDTHS: Final = (30, 16, 16, 20, 8, 8, 8)  # of the columns, each wider where a cell needs it
_SHOWN: Final = 60  # characters of a completion


def lines_of(result: Comparison, metric: str, penalties: Collection[str], parts: Collection[str]) -> Iterator[str]:
    """All of it, columns aligned from model to model; slices show `metric`, and penalties are called so. What is none
    of the `parts` of the score is recorded only: nobody said that more is better, so no row is won or lost."""
    dropped = f", {result.dropped:,} more are not in all of them" if result.dropped else ""
    yield f"{result.rows:,} rows that all models completed{dropped}; baseline: {result.baseline}"
    tables = [_table(model, result.rows, penalties, parts) for model in result.models]
    widths = _widths(row for table in tables for row in table)
    for model, table in zip(result.models, tables, strict=True):
        yield ""
        yield from (_line(row, widths) for row in table)
        yield from _changed(model)
    if result.slices:
        yield ""
        yield from _slices(result, metric)


def _table(model: ModelResult, rows: int, penalties: Collection[str], parts: Collection[str]) -> list[list[str]]:
    head = [model.name, "mean", "difference", "95 % interval", "wins", "losses", "ties"]
    found = (
        (
            f"  {told(name, is_penalty=name in penalties)}",
            _mean(value, of=rows),
            *_difference(model.against_baseline.get(name), is_judged=is_judged(name, parts)),
        )
        for name, value in model.metrics.items()
    )
    return [head, *map(list, found)]


def _changed(model: ModelResult) -> Iterator[str]:
    for change in model.changes:
        yield f"  {change.id}: {change.before:.3g} -> {change.after:.3g}"
        yield f"    before {_short(change.completion_before)}"
        yield f"    after  {_short(change.completion_after)}"


def _slices(result: Comparison, metric: str) -> Iterator[str]:
    if metric != TOTAL:
        yield f"{metric} in each slice"
    names = [model.name for model in result.models]
    rows = [["slice", "rows", *names]]
    for part in result.slices:
        count = str(max(score.count for score in part.scores.values()))
        rows.append([_short(part.value), count, *(_mean(part.scores[name]) for name in names)])
    widths = _widths(rows)
    yield from (_line(row, widths) for row in rows)


def _difference(found: Difference | None, *, is_judged: bool) -> list[str]:
    if found is None:
        return []
    won = (str(found.wins), str(found.losses)) if is_judged else ("-", "-")
    mark = "*" if found.clear else " "
    interval = f"[{found.low:+z.3f}, {found.high:+z.3f}]{mark}"
    return [f"{found.mean:+z.3f}", interval, *won, str(found.ties)]


def _mean(value: Estimate, *, of: int | None = None) -> str:
    """A mean with its standard error, and over how many rows it goes where that is not all of them."""
    if not value.count:
        return "not measured"
    fewer = f" (n = {value.count:,})" if of is not None and value.count < of else ""
    return f"{value.mean:.3f} ± {value.standard_error:.3f}{fewer}"


def _widths(rows: Iterable[Sequence[str]]) -> list[int]:
    """The width of each column: what it usually has, or its longest cell and two blanks."""
    widths = list(_WIDTHS)
    for row in rows:
        widths.extend([_WIDTHS[-1]] * (len(row) - len(widths)))
        widths = [max(width, len(cell) + 2) for width, cell in zip(widths, row, strict=False)] + widths[len(row) :]
    return widths


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)).rstrip()


def _short(completion: str) -> str:
    text = " ".join(completion.split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."

"""Compare models on the same rows: means, paired differences with intervals, wins and losses, slices, changes.

A difference is taken row by row, so what makes a row hard for every model cancels out. Its interval is the paired
percentile bootstrap (Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13), which draws prompts:
rows that ask the same are drawn together. Many prompts are drawn in blocks of several, formed at random ("random
groups": K. M. Wolter, Introduction to Variance Estimation, 2007, chapter 2), so that the cost of a resample is bounded.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from estimators.errors import EstimatorError
from estimators.results.graded import ABSENT, TOTAL, GradedRow, aligned
from rewards import Estimate, estimate

CONFIDENCE: Final = 0.95
BLOCKS: Final = 1_000  # what is drawn: an interval of so many is 2 % narrower or wider than of all (1 / sqrt(2 BLOCKS))
_TIE: Final = 1e-9  # scores this close are equal: sums of weighted parts differ in their last bits


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference of two models on a metric: the mean over rows, its 95 % interval, wins, losses and ties."""

    mean: float
    low: float
    high: float
    wins: int
    losses: int
    ties: int

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, slots=True)
class Change:
    """A row on which a model differs from the baseline."""

    id: str
    before: float
    after: float
    completion_before: str
    completion_after: str


@dataclass(frozen=True, slots=True)
class ModelResult:
    """One model: means per metric over the rows where it was measured, differences to the baseline per metric, and the
    rows that changed most."""

    name: str
    metrics: Mapping[str, Estimate]
    against_baseline: Mapping[str, Difference]
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """The rows with one value of the slicing key, and each model's score, or another metric, on them."""

    value: str
    scores: Mapping[str, Estimate]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A comparison of models on the rows they share. `dropped` counts rows that some model lacks."""

    baseline: str
    rows: int
    dropped: int
    models: tuple[ModelResult, ...]
    slices: tuple[Slice, ...] = ()


def compare(
    models: Mapping[str, Mapping[str, GradedRow]],
    *,
    baseline: str | None = None,
    by: Sequence[str] = (),
    metric: str = TOTAL,
    resamples: int = 2_000,
    seed: int = 0,
    changes: int = 10,
) -> Comparison:
    """Compare models with the baseline (the first one unless named) on the rows that all of them completed.

    `by` is the path of a key in the data row by whose values `metric` is sliced; a list counts by its length. Raises
    `EstimatorError` where the models share no row, none has that key, or some lack the metric.

    >>> base = {"1": GradedRow("1", {"score": 0.0}), "2": GradedRow("2", {"score": 0.5})}
    >>> tuned = {"1": GradedRow("1", {"score": 1.0}), "2": GradedRow("2", {"score": 0.5})}
    >>> difference = compare({"base": base, "rft": tuned}).models[1].against_baseline["score"]
    >>> difference.mean, difference.wins, difference.losses, difference.ties
    (0.5, 1, 0, 1)
    """
    first = baseline or next(iter(models))
    if first not in models:
        raise EstimatorError(f"no model {first!r} to compare with; there are {', '.join(models)}")
    models = aligned(models)
    ids = _shared(models)
    everything = {row_id for rows in models.values() for row_id in rows}
    results = tuple(
        _result(
            name, rows, models[first], ids, resamples, Random(f"{seed}/{name}".encode(errors="surrogatepass")), changes
        )
        for name, rows in models.items()
    )
    slices = _slices(models, ids, by, metric) if by else ()
    return Comparison(first, len(ids), len(everything) - len(ids), results, slices)


def difference(
    pairs: Sequence[tuple[float, float]],
    *,
    resamples: int,
    rng: Random,
    prompts: Sequence[Hashable] | None = None,
) -> Difference:
    """The mean of (other - baseline) over pairs (baseline, other), with its paired bootstrap interval.

    Pairs of the same of `prompts` (one for each pair) are not taken as independent.
    """
    deltas = [after - before for before, after in pairs]
    count = len(deltas)
    mean = math.fsum(deltas) / count
    off = _off_the_mean(deltas, mean, prompts or range(count), rng)
    means = sorted(mean + math.fsum(rng.choices(off, k=len(off))) / count for _ in range(resamples))
    tail = (1 - CONFIDENCE) / 2
    wins, losses = sum(delta > _TIE for delta in deltas), sum(delta < -_TIE for delta in deltas)
    return Difference(
        mean=mean,
        low=means[int(tail * (resamples - 1))],
        high=means[math.ceil((1 - tail) * (resamples - 1))],
        wins=wins,
        losses=losses,
        ties=count - wins - losses,
    )


def _off_the_mean(deltas: Sequence[float], mean: float, prompts: Sequence[Hashable], rng: Random) -> list[float]:
    """How far each draw is off the mean: the rows of one prompt together, or of several prompts where there are more
    than `BLOCKS`; where there is only one prompt, each row.

    Draws hold different numbers of rows, so the mean of a resample is a ratio; to first order it is the mean and what
    its draws are off it, by the number of rows.
    """
    off: dict[Hashable, float] = {}
    for delta, prompt in zip(deltas, prompts, strict=True):
        off[prompt] = off.get(prompt, 0.0) + delta - mean
    if len(off) == 1:
        return [delta - mean for delta in deltas]
    values = list(off.values())
    if len(values) <= BLOCKS:
        return values
    rng.shuffle(values)
    return [math.fsum(values[start::BLOCKS]) for start in range(BLOCKS)]


def _shared(models: Mapping[str, Mapping[str, GradedRow]]) -> list[str]:
    ids = sorted(set.intersection(*(set(rows) for rows in models.values())))
    if not ids:
        counts = ", ".join(f"{name} ({len(rows)} rows)" for name, rows in models.items())
        raise EstimatorError(f"the models share no row: {counts}; compare completions of the same prompts")
    return ids


def _result(
    name: str,
    rows: Mapping[str, GradedRow],
    baseline: Mapping[str, GradedRow],
    ids: Sequence[str],
    resamples: int,
    rng: Random,
    changes: int,
) -> ModelResult:
    names = _metric_names(rows, ids)
    metrics = {metric: _estimate(rows, ids, metric) for metric in names}
    if rows is baseline:
        return ModelResult(name, metrics, {}, ())
    comparable = set(_metric_names(baseline, ids))
    found = {
        metric: _difference(baseline, rows, measured, metric, resamples, rng)
        for metric in names
        if metric in comparable and (measured := _measured(rows, _measured(baseline, ids, metric), metric))
    }
    return ModelResult(name, metrics, found, _changes(rows, baseline, ids)[:changes])


def _estimate(rows: Mapping[str, GradedRow], ids: Sequence[str], metric: str) -> Estimate:
    measured = _measured(rows, ids, metric)
    return estimate([rows[row_id].metrics[metric] or 0.0 for row_id in measured], _prompts(rows, measured))


def _difference(
    baseline: Mapping[str, GradedRow],
    rows: Mapping[str, GradedRow],
    ids: Sequence[str],
    metric: str,
    resamples: int,
    rng: Random,
) -> Difference:
    """Of the rows on which both models were measured."""
    pairs = [(baseline[row_id].metrics[metric] or 0.0, rows[row_id].metrics[metric] or 0.0) for row_id in ids]
    return difference(pairs, resamples=resamples, rng=rng, prompts=_prompts(baseline, ids))


def _measured(rows: Mapping[str, GradedRow], ids: Sequence[str], metric: str) -> list[str]:
    return [row_id for row_id in ids if rows[row_id].metrics[metric] is not None]


def _prompts(rows: Mapping[str, GradedRow], ids: Sequence[str]) -> list[Hashable]:
    """What each row asks; rows of different names may ask the same."""
    return [row_id if (prompt := rows[row_id].prompt) is None else prompt for row_id in ids]


def _metric_names(rows: Mapping[str, GradedRow], ids: Sequence[str]) -> list[str]:
    """Metrics that every row has: a metric some rows lack has no mean over the rows."""
    return [metric for metric in rows[ids[0]].metrics if all(metric in rows[row_id].metrics for row_id in ids)]


def _changes(
    rows: Mapping[str, GradedRow], baseline: Mapping[str, GradedRow], ids: Sequence[str]
) -> tuple[Change, ...]:
    """The rows whose score differs, the largest change first, losses before equal gains."""
    found = [
        Change(
            rows[row_id].id,
            baseline[row_id].score,
            rows[row_id].score,
            baseline[row_id].completion,
            rows[row_id].completion,
        )
        for row_id in ids
    ]
    changed = [change for change in found if abs(change.after - change.before) > _TIE]
    return tuple(sorted(changed, key=lambda change: (-abs(change.after - change.before), change.after, change.id)))


def _slices(
    models: Mapping[str, Mapping[str, GradedRow]], ids: Sequence[str], by: Sequence[str], metric: str
) -> tuple[Slice, ...]:
    first = next(iter(models.values()))
    if any(metric not in rows[row_id].metrics for rows in models.values() for row_id in ids):
        known = ", ".join(first[ids[0]].metrics)
        raise EstimatorError(f"not every row has the metric {metric!r}; the first has {known}")
    if all(first[row_id].slice(by) == ABSENT for row_id in ids):
        raise EstimatorError(f"no row has the key {'/'.join(by)!r} to slice by; a row has {_keys(first[ids[0]])}")
    groups: dict[str, list[str]] = {}
    for row_id in ids:
        groups.setdefault(first[row_id].slice(by), []).append(row_id)
    return tuple(
        Slice(value, {name: _estimate(rows, members, metric) for name, rows in models.items()})
        for value, members in sorted(groups.items())
    )


def _keys(row: GradedRow) -> str:
    return ", ".join(map(repr, row.row or ())) or "none"

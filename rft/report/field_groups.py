"""The figure of groups of fields: F1 of each group per model, with accuracy, precision and recall as its numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from rft.report import charts
from rft.report.charts import Interval
from rft.report.figure import Figure

MEASURES = ("accuracy", "precision", "recall", "f1")  # as `field_f1` names its metrics: GROUP_MEASURE
ALL = "all fields"


def group_figures(known: Mapping[str, Mapping[str, Interval]], baseline: str, how: str) -> Iterator[Figure]:
    """F1 of each group before and after, and in its numbers every measure with what it gained; nothing where no reward
    with groups judged. `how` ends the caption: how many were measured, and how."""
    groups = dict(_groups(known))
    if len(groups) < 2:
        return
    models = list(next(iter(groups.values()))["f1"])
    others = [model for model in models if model != baseline]
    yield Figure(
        "groups",
        "F1 of each group of fields",
        f"Mean and 95 % interval; accuracy, precision, recall and gains are in the numbers; {how}",
        charts.grouped_bars({name: found["f1"] for name, found in groups.items()}, label="F1 per group and model"),
        ("group", "measure", *models, *(f"{model} - {baseline}" for model in others)),
        tuple(
            (
                name,
                measure,
                *(_mean(found[measure][model]) for model in models),
                *_gains(found[measure], baseline, others),
            )
            for name, found in groups.items()
            for measure in MEASURES
        ),
    )


def _groups(known: Mapping[str, Mapping[str, Interval]]) -> Iterator[tuple[str, dict[str, Mapping[str, Interval]]]]:
    """The groups that have all four measures, by name; by the whole path where two rewards name one alike."""
    paths = [metric.removesuffix("f1") for metric in known if re.search(r"(?:^|[/_])f1$", metric)]
    whole = [path for path in paths if all(f"{path}{measure}" in known for measure in MEASURES)]
    names = Counter(map(_name, whole))
    for path in whole:
        name = _name(path) if names[_name(path)] == 1 else path.rstrip("_")
        yield name, {measure: known[f"{path}{measure}"] for measure in MEASURES}


def _name(path: str) -> str:
    """The group of a path.

    >>> _name("fields/income_"), _name("fields/")
    ('income', 'all fields')
    """
    return path.rpartition("/")[2].rstrip("_") or ALL


def _mean(value: Interval) -> float | str:
    return value.mean if value.rows else ""


def _gains(values: Mapping[str, Interval], baseline: str, others: list[str]) -> Iterator[float | str]:
    before = values[baseline]
    for model in others:
        yield values[model].mean - before.mean if before.rows and values[model].rows else ""

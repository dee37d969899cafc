"""The page of `rft eval compare --html`: a comparison as a report, whoever trained the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rft.report.figure import Figure
from rft.report.figures import Compared, decoding_of, intervals_of
from rft.report.judged import part_names
from rft.report.page import Report
from rft.report.verdict import TOTAL, Gain, Signs, verdict_of
from rft.report.worst import worst_of

ACCURACY = f"{TOTAL} ≥"


def report_of(compared: Compared, figures: Sequence[Figure]) -> Report:
    """Everything the page shows."""
    result = compared.comparison
    gains, metrics = tuple(_gains(compared)), intervals_of(compared)
    means = {model.name: {name: found.mean for name, found in model.metrics.items()} for model in result.models}
    last = compared.models[-1]
    return Report(
        title=", ".join(compared.models),
        question="The same rows, completed by each model and judged by the same grader.",
        facts=tuple(_facts(compared)),
        comparisons=((decoding_of(compared.records), metrics),),
        verdict=verdict_of(gains, means, signs=_signs(compared)),
        gains=gains,
        figures=tuple(figures),
        worst=tuple(worst_of(compared.records[last], last)),
    )


def _facts(compared: Compared) -> Iterator[tuple[str, str]]:
    result = compared.comparison
    dropped = f"; {result.dropped:,} more are not in all of them" if result.dropped else ""
    yield "Rows", f"{result.rows:,} that all models completed{dropped}"
    yield "Baseline", result.baseline
    yield "Decoding", decoding_of(compared.records)
    graders = {
        str(record["grader"]) for found in compared.records.values() for _, record in found if "grader" in record
    }
    if graders:
        yield "Grader", ", ".join(sorted(graders)) + (" (several: scores may not compare)" if len(graders) > 1 else "")


def _gains(compared: Compared) -> Iterator[Gain]:
    """Every other model against the baseline, in every metric."""
    for model in compared.comparison.models:
        parts = part_names(compared.records[model.name])
        for metric, difference in model.against_baseline.items():
            judged = metric == TOTAL or metric.startswith(ACCURACY) or metric in parts
            yield Gain(compared.comparison.baseline, model.name, "", difference, metric, judged)


def _signs(compared: Compared) -> Signs:
    def share(model: str, key: str, value: object = None) -> float:
        found = compared.records[model]
        hits = sum(key in record and (value is None or record[key] == value) for _, record in found)
        return hits / max(len(found), 1)

    return Signs(
        cut={model: share(model, "finish_reason", "length") for model in compared.models},
        faults={"ungradable": max(share(model, "ungradable") for model in compared.models)},
    )

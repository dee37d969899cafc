"""The page of `rft eval compare --html`: a comparison as a report, whoever trained the models."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rft.report.figure import Figure
from rft.report.figures import Compared, intervals_of
from rft.report.judged import Numbered, decoding_of, is_judged, part_names, share_cut
from rft.report.page import Report
from rft.report.penalties import penalties_in
from rft.report.verdict import Gain, Signs, verdict_of
from rft.report.worst import lost_of, worst_of


def report_of(compared: Compared, figures: Sequence[Figure]) -> Report:
    """Everything the page shows."""
    result = compared.comparison
    gains, decoding = tuple(_gains(compared)), decoding_of(compared.records)
    means = {model.name: {name: found.mean for name, found in model.metrics.items()} for model in result.models}
    last = compared.models[-1]
    return Report(
        title=", ".join(compared.models),
        question="The same rows, completed by each model and judged by the same grader.",
        facts=tuple(_facts(compared, decoding)),
        comparisons=((decoding, intervals_of(compared)),),
        verdict=verdict_of(gains, means, signs=_signs(compared)),
        gains=gains,
        figures=tuple(figures),
        lost=tuple(lost_of(compared.records[result.baseline], compared.records[last], (result.baseline, last))),
        worst=tuple(worst_of(compared.records[last], last)),
    )


def _facts(compared: Compared, decoding: str) -> Iterator[tuple[str, str]]:
    result = compared.comparison
    dropped = f"; {result.dropped:,} more are not in all of them" if result.dropped else ""
    yield "Rows", f"{result.rows:,} that all models completed{dropped}"
    yield "Baseline", result.baseline
    yield "Decoding", decoding
    graders = {
        str(record["grader"]) for found in compared.records.values() for _, record in found if "grader" in record
    }
    if graders:
        yield "Grader", ", ".join(sorted(graders)) + (" (several: scores may not compare)" if len(graders) > 1 else "")


def _gains(compared: Compared) -> Iterator[Gain]:
    """Every other model against the baseline, in every metric."""
    penalties = penalties_in(*compared.records.values())
    for model in compared.comparison.models:
        parts = part_names(compared.records[model.name])
        for metric, difference in model.against_baseline.items():
            judged, penalty = is_judged(metric, parts), metric in penalties
            yield Gain(compared.comparison.baseline, model.name, "", difference, metric, judged, penalty)


def _signs(compared: Compared) -> Signs:
    return Signs(
        cut={model: share_cut(compared.records[model]) for model in compared.models},
        faults={"ungradable": max(_share_ungradable(compared.records[model]) for model in compared.models)},
    )


def _share_ungradable(records: Sequence[Numbered]) -> float:
    return sum("ungradable" in record for _, record in records) / max(len(records), 1)

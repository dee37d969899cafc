"""Checks on graded rollouts of the RFT starting checkpoint: RFT reinforces what a model sometimes gets right.

The bounds of the mean are AWS's ("RFT with Amazon Nova models"); that of the rows is ours, a rule of thumb.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Mapping
from typing import Final

from estimators.findings import JobFinding, Severity
from estimators.results.graded import GradedRow
from recipes.checking.lints.fit import SATURATED, SPARSE

FEW: Final = 0.1  # of the rows, on which the model earns anything at all


def baseline_findings(rows: Mapping[str, GradedRow], *, of: str, severity: Severity) -> Iterator[JobFinding]:
    """Findings against RFT from the scores of its starting checkpoint, named by `of`.

    >>> rows = {str(i): GradedRow(str(i), {"score": 0.0}) for i in range(20)}
    >>> [finding.code for finding in baseline_findings(rows, of="base", severity="error")]
    ['baseline-low']
    """
    scores = [row.score for row in rows.values()]
    if not scores:
        return
    mean, positive = statistics.fmean(scores), sum(score > 0 for score in scores) / len(scores)
    shown = f"{of} scores {mean:.3f} on {len(scores):,} rows"
    if mean < SPARSE:
        fix = "teach the format by SFT first, or pay for parts of a completion"
        yield JobFinding("baseline-low", severity, f"{shown}, so hardly a completion earns anything to learn from", fix)
    elif mean > SATURATED:
        fix = "leave RFT out, or make the rows harder or the reward stricter"
        yield JobFinding("baseline-high", severity, f"{shown}, so little is left to win", fix)
    elif positive < FEW:
        fix = "teach the rest by SFT first, or take easier rows in"
        yield JobFinding("baseline-few", severity, f"{shown}, but earns something on only {positive:.0%} of them", fix)

"""RFT is advised against where the model it starts from has nothing to sharpen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.results.baseline import baseline_findings
from estimators.results.graded import GradedRow


def codes(*scores: float) -> list[str]:
    rows = {str(i): GradedRow(str(i), {"score": score}) for i, score in enumerate(scores)}
    return [finding.code for finding in baseline_findings(rows, of="the model", severity="error")]


@pytest.mark.parametrize(
    ("scores", "found"),
    [
        ([0.0] * 20, ["baseline-low"]),
        ([0.5, *[0.0] * 19], ["baseline-low"]),  # mean 0.025
        ([1.0, *[0.0] * 11], ["baseline-few"]),  # mean 0.083, one row of twelve
        ([1.0, 0.0] * 10, []),
        ([0.2] * 20, []),
        ([1.0] * 20, ["baseline-high"]),
        ([1.0] * 19 + [0.0], []),  # mean 0.95 is not above 0.95
        ([], []),
    ],
)
def test_the_useful_range(scores: list[float], found: list[str]):
    assert codes(*scores) == found


@given(st.lists(st.floats(0, 1), max_size=30))
def test_there_is_at_most_one_reason(scores: list[float]):
    assert len(codes(*scores)) <= 1

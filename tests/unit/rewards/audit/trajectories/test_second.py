"""The audit on graders that it was not written with."""

from __future__ import annotations

import pytest

from rewards.audit.trajectories import audit_environment
from tests.unit.rewards.audit.trajectories import questions, second

BAD, GOOD = {**second.BAD, **questions.BAD}, {**second.GOOD, **questions.GOOD}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_bad_grader_is_rejected_with_its_code(name: str, seed: int) -> None:
    environment, code = BAD[name]
    report = audit_environment(environment, seed=seed)
    assert code in {finding.code for finding in report.findings if finding.severity == "error"}, report.findings


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_sound_grader_passes(name: str, seed: int) -> None:
    report = audit_environment(GOOD[name], seed=seed)
    assert [finding for finding in report.findings if finding.severity == "error"] == []

"""Judges: noisy, never quite at the maximum, and still told from graders whose scores say nothing."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import Audit, AuditConfig, InProcess, audit, case_of, lift
from rewards.audit.checks.noise import noise_of
from rewards.audit.replies import Result

QUICK = AuditConfig(law_examples=15, hostile_bytes=2_000, attack_rows=10, constant_rows=10, search_calls=300)
WORDS = ("river", "castle", "market", "garden", "harbour", "tower", "forest", "meadow", "valley", "library", "bridge")
CASES = [
    case_of(
        {
            "id": str(n),
            "messages": [{"role": "user", "content": f"What stands in picture {n}?"}],
            "reference_answer": f"a {WORDS[n]} behind the {WORDS[(3 * n + 1) % 11]}",
        },
        n,
    )
    for n in range(11)
]


def judged(deviation: float, *, peak: float = 0.95, wrong: float = 0.1) -> Audit:
    """The audit of a judge with this noise, that gives right answers `peak`."""
    rng = Random(7)

    def judge(sample, completion):
        grade = peak if completion.text.strip() == sample.reference else wrong
        return Score(min(1.0, max(0.0, grade + rng.gauss(0.0, deviation))))

    return audit(lift(judge), CASES, QUICK)


def codes(report: Audit, severity: str) -> set[str]:
    return {finding.code for finding in report.findings if finding.severity == severity}


@pytest.mark.parametrize("deviation", [0.01, 0.03])
def test_a_noisy_judge_that_tells_right_from_wrong_passes_with_its_noise_named(deviation: float):
    report = judged(deviation)
    assert codes(report, "error") == set()
    assert "contract-noise" in codes(report, "warning")
    measured = next(one.evidence["noise"] for one in report.findings if one.code == "contract-noise")
    assert deviation / 3 < measured < deviation * 3


def test_a_judge_that_never_gives_full_marks_is_no_wrong_grader():
    report = judged(0.0, peak=0.9)
    assert (codes(report, "error"), "gold-ceiling" in codes(report, "warning")) == (set(), True)


def test_what_right_answers_get_is_the_maximum_wrong_answers_are_held_against():
    report = judged(0.0, peak=0.9, wrong=0.88)
    assert "attack-full-marks" in codes(report, "error")


@pytest.mark.parametrize(("deviation", "wrong"), [(0.3, 0.1), (0.05, 0.9)])
def test_noise_that_drowns_the_difference_is_refused(deviation: float, wrong: float):
    assert "contract-repeat" in codes(judged(deviation, wrong=wrong), "error")


@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_what_never_changes_has_no_noise(values: list[float]):
    row = [Result(value) for value in values]
    assert noise_of([row, row, row], AuditConfig()).deviation == 0.0


def test_a_grader_that_reads_only_the_rows_of_evaluation_is_asked_with_those():
    def handler(event, context):
        return [{"id": row["id"], "aggregate_reward_score": grade(row)} for row in event]

    def grade(row):
        last = (row.get("messages") or [{}])[-1]
        if not isinstance(last, dict) or last.get("role") != "nova_assistant" or not isinstance(last["content"], list):
            return 0.0
        texts = [block["text"] for block in last["content"] if isinstance(block.get("text"), str)]
        return float("".join(texts).strip() == row.get("reference_answer"))

    report = audit(InProcess(handler), CASES, QUICK)
    assert codes(report, "error") == set()
    assert "contract-eval-shape" in codes(report, "warning")

"""One quantity has one name and one value: rft grade, local training and the audit count the same groups."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from estimators.platforms.local.grader import zero_std_groups
from rewards import Bounds
from rewards.audit import AuditConfig, InProcess, case_of
from rewards.audit.checks.learning_signal import Group, check_signal
from rewards.audit.rows.cases import Answer
from rewards.audit.scoring import Scorer
from rewards.grading import Grade, Totals

scores = st.sampled_from([0.0, 0.3, 0.1 + 0.2, 0.5, 0.5 + 1e-5, 1.0])


def of_grade(groups: list[list[float]]) -> float:
    totals = Totals(Bounds(0.0, 1.0))
    for number, group in enumerate(groups):
        for score in group:
            totals.add(Grade(0, "a", number, score=score))
    share: float = totals.to_json()["groups"]["zero_std_groups"]
    return share


def of_audit(groups: list[list[float]]) -> float:
    def handler(event, context):  # type: ignore[no-untyped-def]  # a completion is its score
        return [{"id": row["id"], "aggregate_reward_score": float(row["messages"][-1]["content"])} for row in event]

    cases = [case_of({"id": str(n), "messages": [{"role": "user", "content": str(n)}]}, n) for n in range(len(groups))]
    made = [
        Group(tuple(Answer(case, f"{score!r}{' ' * n}") for n, score in enumerate(group)))
        for case, group in zip(cases, groups, strict=True)
    ]
    facts, _ = check_signal(made, Scorer(InProcess(handler), AuditConfig()), "rollouts")
    assert facts is not None
    return facts.zero_std_groups


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(scores, min_size=3, max_size=3), min_size=1, max_size=6))
def test_grade_local_training_and_audit_agree(groups: list[list[float]]) -> None:
    local = zero_std_groups([score for group in groups for score in group], 3)
    assert of_grade(groups) == local == of_audit(groups)

"""The search for the best constant answer: what it changes about one answer to find the next."""

import json

from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, Case, case_of, lift
from rewards.audit.checks.constant_policy import _neighbours, best_constant, judge_constant
from rewards.audit.rows.data_profile import World, survey
from rewards.audit.scoring import Scorer

CASES = [
    case_of({"id": str(n), "reference_answer": {"label": label, "confidence": 0.9, "notes": [label]}}, n)
    for n, label in enumerate(["bug", "bug", "bug", "idea", "idea", "praise"])
]


def world_of(cases: list[Case]) -> World:
    return World(cases, 0, graded=frozenset({"label", "confidence", "notes[]"}))


def near(answer: object) -> list[object]:
    return [json.loads(text) for text in _neighbours(json.dumps(answer), world_of(CASES))]


def test_each_value_is_tried_as_nothing_as_0_and_as_what_is_common_and_each_key_is_dropped():
    answer = {"label": "praise", "confidence": 0.9, "notes": []}
    found = near(answer)
    for blank in (0, None, "", False, [], {}):
        assert {**answer, "label": blank} in found
        assert {**answer, "confidence": blank} in found
    assert {**answer, "label": "bug"} in found
    assert {**answer, "label": "idea"} in found
    for key in answer:
        assert {name: value for name, value in answer.items() if name != key} in found


def test_two_values_are_moved_together():
    assert {"label": "bug", "confidence": 0, "notes": []} in near({"label": "praise", "confidence": 0.9, "notes": []})


def test_an_answer_that_is_no_json_has_no_neighbours():
    assert near("[0,1)") == []


@given(
    st.dictionaries(st.sampled_from(["label", "confidence", "other"]), st.integers() | st.text(max_size=3), min_size=1)
)
def test_a_neighbour_is_always_another_answer(answer: dict[str, object]):
    texts = list(_neighbours(json.dumps(answer), world_of(CASES)))
    assert all(json.loads(text) is not None for text in texts)
    blanked = sum(json.loads(text) != answer for text in texts)
    assert blanked >= len(answer)


def test_a_grader_that_skips_unsure_answers_is_found_by_two_steps_of_the_search():
    """The commonest right answer is the start; dropping its confidence is the neighbour that earns everything."""

    def skips_the_unsure(sample, completion):
        try:
            found = json.loads(completion.text)
        except (ValueError, RecursionError):
            return Score(0.0)
        if not isinstance(found, dict) or "label" not in found:
            return Score(0.0)
        return Score(1.0 if found.get("confidence") == 0 else float(found["label"] == sample.reference["label"]))

    scorer = Scorer(lift(skips_the_unsure), AuditConfig())
    world = survey(scorer, CASES)
    constant = best_constant(world, scorer)
    assert (constant.mean, json.loads(constant.text)["confidence"]) == (1.0, 0)
    assert [finding.code for finding in judge_constant(constant, world, scorer)] == ["attack-constant"]

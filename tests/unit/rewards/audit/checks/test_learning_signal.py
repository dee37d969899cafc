"""Section 6 on groups whose answer is known by hand."""

import pytest

from rewards.audit import AuditConfig, InProcess, case_of
from rewards.audit.checks.learning_signal import Group, check_signal, rollout_groups, simulated_groups
from rewards.audit.rows.cases import Answer
from rewards.audit.rows.data_profile import survey
from rewards.audit.scoring import Scorer

CASE = case_of({"id": "a", "reference_answer": "x"}, 1)
OTHER = case_of({"id": "b", "reference_answer": "y"}, 2)


def scorer(scores: dict[str, float | tuple[float, dict[str, float]]]) -> Scorer:
    """A grader that looks its scores up by text."""

    def handler(event, context):
        return [result(row["id"], scores[row["messages"][-1]["content"]]) for row in event]

    def result(row_id, found):
        value, parts = found if isinstance(found, tuple) else (found, {})
        metrics = [{"name": name, "value": part, "type": "Reward"} for name, part in parts.items()]
        return {"id": row_id, "aggregate_reward_score": value, "metrics_list": metrics}

    return Scorer(InProcess(handler), AuditConfig())


def group(*texts: str, case=CASE, chain: int = 0) -> Group:
    return Group(tuple(Answer(case, text) for text in texts), chain)


def test_zero_std_groups_are_counted_and_reported():
    facts, findings = check_signal(
        [group("p", "q"), group("p", "q", case=OTHER)], scorer({"p": 0.5, "q": 0.5}), "rollouts"
    )
    assert facts.zero_std_groups == 1.0
    assert [finding.code for finding in findings] == ["signal-zero-std-groups"]


def test_groups_of_wrong_answers_need_differences():
    right_or_wrong = scorer({"gold": 1.0, "p": 0.0, "q": 0.0})
    facts, findings = check_signal([group("gold", "p", "q")], right_or_wrong, "rollouts")
    assert (facts.zero_std_groups, facts.wrong_groups, facts.wrong_with_signal) == (0.0, 1, 0.0)
    assert [finding.code for finding in findings] == ["signal-sparse"]


def test_saturation_is_a_matter_of_saved_rollouts_only():
    full = {"p": 1.0, "q": 1.0, "r": 1.0, "s": 1.0, "t": 1.0, "u": 0.9, "v": 1.0}
    groups = [group("p", "q", "r", "s", "t", "u", "v")]
    facts, findings = check_signal(groups, scorer(full), "rollouts")
    assert facts.saturated == 6 / 7
    assert "signal-saturated" in [finding.code for finding in findings]
    assert "signal-saturated" not in [f.code for f in check_signal(groups, scorer(full), "simulated")[1]]


def test_an_inversion_names_the_worst_pair():
    facts, findings = check_signal([group("a", "b", "c", chain=3)], scorer({"a": 1.0, "b": 0.2, "c": 0.6}), "simulated")
    assert facts.inversions == 1 / 3  # of the pairs ab, ac, bc only bc is inverted
    found = next(finding for finding in findings if finding.code == "signal-inversion")
    assert (found.example["better"], found.example["worse"]) == ("b", "c")


def test_the_driving_part_explains_the_aggregate():
    parts = {
        text: (2 * tools, {"tools": tools, "form": form})
        for text, tools, form in [("a", 0.5, 0), ("b", 0.1, 1), ("c", 0.3, 1)]
    }
    facts, _ = check_signal([group("a", "b", "c")], scorer(parts), "rollouts")
    assert facts.driver == "tools"
    assert {part.name: round(part.explains, 6) for part in facts.parts}["tools"] == 1.0


def test_parts_that_never_move_and_parts_that_move_together_are_noted():
    parts = {text: (x, {"p": x, "q": 2 * x - 0.1, "dead": 0.3}) for text, x in [("a", 0.1), ("b", 0.4), ("c", 0.2)]}
    _, findings = check_signal([group("a", "b", "c")], scorer(parts), "rollouts")
    notes = {finding.code: finding.evidence["parts"] for finding in findings}
    assert notes == {"signal-dead-part": ["dead"], "signal-twin-parts": ["p", "q"]}


def test_single_answers_make_no_group():
    assert rollout_groups([Answer(CASE, "p"), Answer(OTHER, "q")]) == []
    assert check_signal([], scorer({}), "rollouts") == (None, [])


def test_simulated_groups_start_right_and_get_ever_worse(cases, quick):
    asked = Scorer(InProcess(lambda event, context: []), quick)
    world = survey(asked, cases)
    world.graded = frozenset(world.blind) | world.graded
    for one in simulated_groups(world, quick):
        assert one.answers[0].text == one.answers[0].case.gold
        assert one.chain == len(one.answers) - 1
        assert len(one.answers) <= quick.group_size


@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_simulates_the_same_groups(cases, seed):
    config = AuditConfig(seed=seed)
    world = survey(Scorer(InProcess(lambda event, context: []), config), cases)
    world.graded = frozenset(world.blind) | world.graded
    assert simulated_groups(world, config) == simulated_groups(world, config)

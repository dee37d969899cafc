"""The adapter between rollouts and a grader: unique ids, a strict contract, honest statistics."""

import json
import math
from types import SimpleNamespace

import pytest

from estimators.platforms.local import GraderContractError, grade
from estimators.platforms.local.grader import GraderReward, event_of, records_of, zero_std_groups
from rewards.rollouts import group_of

ROW = {"id": "q1", "messages": [{"role": "user", "content": "Q"}], "reference_answer": {"a": 1}, "note": "kept"}


def by_length(event):
    """A grader whose reward is the length of the answer in tenths."""
    return [
        {
            "id": sample["id"],
            "aggregate_reward_score": len(sample["messages"][-1]["content"]) / 10,
            "metrics_list": [{"name": "length", "value": len(sample["messages"][-1]["content"]), "type": "Metric"}],
        }
        for sample in event
    ]


def asked(rows, texts):
    return event_of(records_of(rows, texts))


def result(**changes):
    return [{"id": "q1-0", "aggregate_reward_score": 0.5, **changes}]


def test_rollouts_of_one_prompt_get_their_own_ids():
    event = asked([ROW, {**ROW, "id": "q2"}, ROW], ["a", "b", "c"])
    assert [sample["id"] for sample in event] == ["q1-0", "q2-0", "q1-1"]


def test_the_event_carries_the_row_and_the_answer():
    sample = asked([ROW], ["text"])[0]
    assert sample["messages"] == [*ROW["messages"], {"role": "assistant", "content": "text"}]
    assert (sample["reference_answer"], sample["note"]) == ({"a": 1}, "kept")


def test_a_grader_sees_at_most_a_batch_at_once():
    sizes = []

    def counting(event):
        sizes.append(len(event))
        return by_length(event)

    graded = grade(counting, asked([ROW] * 5, list("abcde")), batch_size=2)
    assert sizes == [2, 2, 1]
    assert [one.reward for one in graded] == [0.1] * 5


def test_a_grader_cannot_change_the_rollouts():
    def vandal(event):
        results = by_length(event)
        event[0]["messages"].clear()
        return results

    event = asked([ROW], ["a"])
    grade(vandal, event, batch_size=8)
    assert len(event[0]["messages"]) == 2


@pytest.mark.parametrize(
    ("results", "message"),
    [
        ({"statusCode": 200}, "must return a list of 1 results, got dict"),
        ([], "list of 1 results, got 0 results"),
        (result() * 2, "got 2 results"),
        (result(id="other"), "sample 'q1-0' must be an object with that id"),
        ([None], "sample 'q1-0' must be an object"),
        (result(aggregate_reward_score=None), "finite number, got None"),
        (result(aggregate_reward_score=True), "finite number, got True"),
        (result(aggregate_reward_score="0.5"), "finite number, got '0.5'"),
        (result(aggregate_reward_score=math.nan), "finite number, got nan"),
        (result(metrics_list=[{"value": 1}]), "objects with a name"),
        (result(metrics_list=[{"name": "m", "value": math.inf}]), "metric 'm' of sample 'q1-0'"),
    ],
)
def test_a_broken_promise_is_named(results, message):
    with pytest.raises(GraderContractError, match=message):
        grade(lambda event: results, asked([ROW], ["a"]), batch_size=8)


def test_results_in_another_order_are_refused():
    with pytest.raises(GraderContractError, match="'q1-0'"):
        grade(lambda event: by_length(event)[::-1], asked([ROW] * 2, ["a", "b"]), batch_size=8)


def test_equal_rewards_are_equal_despite_rounding():
    # 0.1 + 0.2 and 0.3 differ by 5.6e-17; their float32 standard deviation need not be 0
    assert zero_std_groups([0.1 + 0.2, 0.3, 0.3, 0.3, 0.0, 1.0, 0.0, 0.0], 4) == 0.5


def test_the_trainer_gets_rewards_and_means():
    logged = {}
    reward = GraderReward(by_length, group=2, batch_size=128)
    rewards = reward(
        prompts=[[], []],
        completions=[[{"role": "assistant", "content": "abc"}], [{"role": "assistant", "content": "a"}]],
        row=['{"id": "q1", "messages": []}'] * 2,
        log_metric=logged.__setitem__,
    )
    assert rewards == [0.3, 0.1]
    assert logged == {"zero_std_groups": 0.0, "metric/length": 2.0}  # (3 + 1) / 2


def test_every_step_keeps_its_graded_rollouts():
    kept = []
    reward = GraderReward(
        by_length, group=2, batch_size=128, keep=kept.extend, facts={"seed": 7, "temperature": 0.5}, end=2, digest="d"
    )
    for step in (0, 1):
        reward(
            prompts=[[], []],
            completions=[[{"role": "assistant", "content": "abc"}], [{"role": "assistant", "content": "a"}]],
            row=[json.dumps(ROW)] * 2,
            log_metric=lambda name, value: None,
            trainer_state=SimpleNamespace(global_step=step),
            completion_ids=[[5, 6, 2], [5, 6, 7]],
        )
    assert [(record["row_id"], record["step"], record["sample"]) for record in kept] == [
        *(("q1", 1, 0), ("q1", 1, 1)),
        *(("q1", 2, 0), ("q1", 2, 1)),
    ]
    assert len({record["id"] for record in kept}) == 4
    first = kept[0]
    assert (first["seed"], first["temperature"], first["grader"], first["tokens"]) == (7, 0.5, "d", {"completion": 3})
    assert [record["finish_reason"] for record in kept[:2]] == ["stop", "length"]
    assert (first["score"], first["metrics"], first["messages"][-1]["content"]) == (0.3, {"length": 3.0}, "abc")
    assert len({group_of(record) for record in kept}) == 2  # one prompt, two steps


def test_a_metric_that_was_not_measured_is_in_no_mean_of_a_step():
    def graded(event):
        values = zip(event, (0.0, 4.0), (0.0, 1.0), strict=True)
        return [
            {
                "id": sample["id"],
                "aggregate_reward_score": 0.0,
                "metrics_list": [{"name": "boxes", "value": boxes}, {"name": "boxes/measured", "value": measured}],
            }
            for sample, boxes, measured in values
        ]

    logged = {}
    reward = GraderReward(graded, group=2, batch_size=8)
    turns = [[{"role": "assistant", "content": "x"}]] * 2
    reward(prompts=[[], []], completions=turns, row=[json.dumps(ROW)] * 2, log_metric=logged.__setitem__)
    assert logged == {"zero_std_groups": 1.0, "metric/boxes": 4.0}

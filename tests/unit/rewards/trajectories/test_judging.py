"""What each component of trajectories says of a recorded rollout: its value, its reason, its metrics and parts."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import (
    JSON,
    Comparison,
    Completion,
    Message,
    Reward,
    Sample,
    Score,
    ToolCall,
    UngradableError,
    box_count,
    exact_match,
    excess_calls,
    excess_turns,
    final_state,
    invalid_calls,
    json_parse,
    milestones,
    on_turns,
    weighted,
)

SAID = ("{}", "red", "[[0, 0, 1, 1]]")
CALLS = (ToolCall("buy"), ToolCall("look"))
TURNS: list[JSON] = [
    {"state": {"cart": []}, "invalid": 1},
    {"state": {"cart": ["tea"]}},
    {"state": {"cart": ["tea", "milk"], "paid": True}, "invalid": 1},
]
REFERENCE: JSON = {
    "state": {"cart": ["milk", "tea"], "paid": True},
    "milestones": [{"cart": ["tea"]}, {"cart": ["rum"]}, {"paid": True}, {"cart": []}],
    "colour": "red",
    "boxes": [[0, 0, 1, 1]],
}


def score(reward: Reward, *, turns: list[JSON] = TURNS, stop: str = "completed", reference: JSON = REFERENCE) -> Score:
    facts: dict[str, JSON] = {"start": 1, "initial": {"cart": []}, "turns": turns, "stop": stop}
    if stop == "failed":
        facts["error"] = "TimeoutError"
    said = [Message("user", "?")]
    for text in SAID[: len(turns) - 1]:
        said += [Message("assistant", text, CALLS), Message("user", "go on")]
    last = Completion(SAID[len(turns) - 1], CALLS[:1])
    return reward(Sample("a", tuple(said), reference=reference, metadata={"trajectory": facts}), last)


@pytest.mark.parametrize(
    ("reward", "settings", "value", "reason", "metrics"),
    [
        (final_state(), {}, 1.0, "the state is as wanted", {}),
        (final_state(), {"turns": TURNS[:1]}, 0.0, "the state is {'cart': []}", {}),
        (final_state(), {"stop": "failed"}, 0.0, "the rollout failed: TimeoutError", {}),
        (final_state(reference_key="milestones"), {}, 0.0, "the state is {'cart': ['tea', 'milk'], 'paid': True}", {}),
        (milestones(), {}, 2 / 3, "2 of 3 milestones", {}),
        (milestones(), {"turns": TURNS[:2]}, 1 / 3, "1 of 3 milestones", {}),
        (milestones(), {"stop": "failed"}, 0.0, "the rollout failed: TimeoutError", {}),
        (invalid_calls(), {}, 0.4, "2 of 5 calls are invalid", {"calls": 5.0}),
        (excess_calls(budget=1, limit=5), {}, 1.0, "5 calls, 1 are free", {"calls": 5.0}),
        (excess_turns(budget=1, limit=5), {}, 0.5, "3 turns, 1 are free", {"turns": 3.0}),
        (excess_turns(budget=3, limit=5), {}, 0.0, "3 turns, 3 are free", {"turns": 3.0}),
        (excess_turns(budget=0, limit=2), {}, 1.0, "3 turns, 0 are free", {"turns": 3.0}),
        (excess_calls(budget=1, limit=9), {}, 0.5, "5 calls, 1 are free", {"calls": 5.0}),
        (on_turns(exact_match(), 1, reference_key="colour"), {}, 1.0, "equal", {}),
        (on_turns(exact_match(), "last", reference_key="colour"), {}, 0.0, "not 'red'", {}),
        (on_turns(box_count(), "last", reference_key="boxes"), {}, 1.0, "1 boxes, 1 to 1 asked", {"boxes": 1.0}),
        (on_turns(box_count(), "all", reference_key="boxes"), {}, 1 / 3, "mean of 3 turns", {"boxes": 1.0}),
        (on_turns(box_count(), 0, reference_key="boxes"), {}, 0.0, "no list of boxes", {"boxes": None}),
        (on_turns(box_count(), 7, reference_key="boxes"), {}, 0.0, "no turn 7", {"boxes": None}),
        (on_turns(json_parse(), "all"), {"turns": TURNS[:1]}, 1.0, "the whole text is JSON", {}),
    ],
)  # fmt: skip
def test_a_score_says_what_was_judged(
    reward: Reward, settings: dict[str, Any], value: float, reason: str, metrics: dict[str, float | None]
) -> None:
    found = score(reward, **settings)
    assert (found.value, found.reason, found.metrics) == (pytest.approx(value), reason, metrics)


def test_the_mean_over_turns_has_the_means_of_the_parts() -> None:
    both = weighted({"json": (json_parse(), 0.5), "boxes": (box_count(), 0.5)})
    found = score(on_turns(both, "all", reference_key="boxes"))
    parts = {name: (part.value, part.metrics) for name, part in found.parts.items()}
    assert parts == {"json": (pytest.approx(2 / 3), {}), "boxes": (pytest.approx(1 / 3), {"boxes": 1.0})}
    assert found.value == pytest.approx(0.5)


def test_a_turn_is_judged_by_what_was_said_before_it() -> None:
    def heard(sample: Sample, completion: Completion, /) -> Score:
        return Score(len(sample.messages) / 10, completion.text)

    assert [(s.value, s.reason) for s in (score(on_turns(heard, n)) for n in range(3))] == [
        (0.1, "{}"),
        (0.3, "red"),
        (0.5, "[[0, 0, 1, 1]]"),
    ]


@pytest.mark.parametrize("reward", [final_state(), milestones()])
def test_a_world_that_nobody_recorded_is_ungradable(reward: Reward) -> None:
    with pytest.raises(UngradableError, match="records no trajectory"):
        reward(Sample("a", (), reference=REFERENCE), Completion(""))
    with pytest.raises(UngradableError):
        score(reward, reference={})


def test_milestones_that_hold_at_the_start_are_none() -> None:
    with pytest.raises(UngradableError, match="no milestone that does not hold at its start"):
        score(milestones(), reference={"milestones": [{"cart": []}]})


CAPITALS: list[JSON] = [
    {"state": {"cart": []}},
    {"state": {"cart": [{"tea": "GREEN"}, "MILK"], "owner": {"name": "ANA"}}},
]
IN_SMALL: JSON = {
    "state": {"cart": ["milk", {"tea": "green"}], "owner": {"name": "ana"}},
    "milestones": [{"cart": [{"tea": "green"}]}, {"cart": ["milk"]}, {"owner": {"name": {"$any_of": ["eva", "ana"]}}}],
}


@pytest.mark.parametrize("component", [final_state, milestones])
def test_a_declared_comparison_counts_at_any_depth_of_a_state(component: Any) -> None:
    folded = Comparison(text="casefold", ordered=False)
    assert score(component(folded), turns=CAPITALS, reference=IN_SMALL).value == 1.0
    assert score(component(), turns=CAPITALS, reference=IN_SMALL).value == 0.0
    named = Comparison(ordered=False, fields={"owner": folded})
    assert score(milestones(named), turns=CAPITALS, reference=IN_SMALL).value == pytest.approx(1 / 3)


@pytest.mark.parametrize("wanted", [{"cart": ["tea"]}, "paid", 3, [3], [{"paid": True}, "paid"]])
def test_milestones_are_a_list_of_parts_of_a_state(wanted: JSON) -> None:
    with pytest.raises(UngradableError, match="milestones"):
        score(milestones(), reference={"milestones": wanted})


@pytest.mark.parametrize(("invalid", "value"), [(0, 0.0), (1, 1 / 3), (3, 1.0), (5, 1.0)])
def test_the_share_of_invalid_calls_is_at_most_all(invalid: int, value: float) -> None:
    turns: list[JSON] = [{"state": {}}, {"state": {}, "invalid": invalid}]
    assert score(invalid_calls(), turns=turns).value == pytest.approx(value)

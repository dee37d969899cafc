"""What a row records of many turns is read back as it was written, and what is no record says what is wrong with it."""

from __future__ import annotations

from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Completion, Message, Sample, UngradableError
from rewards.parsing.trajectories import Stop, prefix_of, recorded_trajectory, trajectory_of

states = st.none() | st.integers() | st.dictionaries(st.sampled_from("ab"), st.integers(), max_size=2)
turns_recorded = st.lists(st.tuples(st.integers(0, 3), states), min_size=1, max_size=4)


def rollout(turns: int, facts: Any) -> tuple[Sample, Completion]:
    """A prompt and as many turns, each but the last with what came back for it."""
    said = [Message("user", "go")]
    for turn in range(turns - 1):
        said += [Message("assistant", f"turn {turn}"), Message("user", f"result {turn}")]
    return Sample("s", tuple(said), metadata={"trajectory": facts}), Completion(f"turn {turns - 1}")


@given(turns_recorded, states, st.sampled_from(get_args(Stop)), st.sampled_from(["", "KeyError: 'a'"]))
def test_a_record_is_read_back_as_it_was_written(
    turns: list[tuple[int, Any]], initial: Any, stop: Stop, error: str
) -> None:
    facts = recorded_trajectory(start=1, initial=initial, turns=turns, stop=stop, error=error)
    found = trajectory_of(*rollout(len(turns), facts))
    assert [(turn.invalid, turn.state) for turn in found.turns] == turns
    assert [turn.completion.text for turn in found.turns] == [f"turn {n}" for n in range(len(turns))]
    assert [[m.content for m in turn.results] for turn in found.turns][:-1] == [
        [f"result {n}"] for n in range(len(turns) - 1)
    ]
    assert (found.initial, found.stop, found.error) == (initial, stop, error if stop == "failed" else "")
    assert found.recorded


@given(turns_recorded)
def test_a_prefix_ends_in_the_answer_of_its_last_turn(turns: list[tuple[int, Any]]) -> None:
    sample, completion = rollout(len(turns), recorded_trajectory(start=1, initial=0, turns=turns, stop="completed"))
    for count in range(1, len(turns) + 1):
        before = prefix_of(sample, completion, count)
        found = trajectory_of(before.sample, before.completion)
        assert [(turn.invalid, turn.state) for turn in found.turns] == turns[:count]
        assert before.completion.text == f"turn {count - 1}"


def test_what_a_turn_does_not_say_is_no_invalid_call_and_no_state() -> None:
    (turn,) = trajectory_of(*rollout(1, {"start": 1, "turns": [{}]})).turns
    assert (turn.invalid, turn.state) == (0, None)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ([1], "it is a list, not an object"),
        ({"start": True, "turns": [{}]}, "start counts the messages of the prompt, got True"),
        ({"start": 9, "turns": [{}]}, "start counts the messages of the prompt, got 9"),
        ({"start": -1, "turns": [{}]}, "start counts the messages of the prompt, got -1"),
        ({"start": 1, "turns": {}}, "turns is a list of objects, got {}"),
        ({"start": 1, "turns": [3]}, "turns is a list of objects, got [3]"),
        ({"start": 1, "turns": [{"invalid": -1}]}, "invalid counts the calls of a turn that were none"),
        ({"start": 1, "turns": [{"invalid": True}]}, "invalid counts the calls of a turn that were none"),
        (
            {"start": 1, "turns": [{}], "stop": "bored"},
            f"stop is one of {', '.join(get_args(Stop))}, got 'bored'",
        ),
        ({"start": 1, "turns": [{}, {}, {}]}, "it records 3 turns, and the messages hold 1"),
    ],
)
def test_what_is_no_record_says_why(facts: Any, said: str) -> None:
    with pytest.raises(UngradableError) as caught:
        trajectory_of(*rollout(1, facts))
    assert str(caught.value) == f"the 'trajectory' of sample 's' cannot be read: {said}"

"""The nine advantage methods: laws that hold for all, and the arithmetic of each."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards.trajectories import METHODS, advantages, teaching

rewards = st.floats(-1, 1, allow_nan=False).map(lambda value: round(value, 3))
groups = st.lists(st.lists(st.lists(rewards, min_size=1, max_size=4), min_size=2, max_size=4), min_size=1, max_size=3)
AGAINST_A_BASELINE = sorted(METHODS.keys() - {"monte_carlo", "grpo_passk"})


def test_the_methods_are_those_that_aws_documents() -> None:
    documented = (
        "monte_carlo group_based group_based_per_turn rloo reinforce_pp reinforce_pp_baseline opo grpo_passk gpg"
    )
    assert list(METHODS) == documented.split()


@pytest.mark.parametrize("method", METHODS)
@given(made=groups)
def test_advantages_have_the_shape_of_the_rewards(method: str, made: list[list[list[float]]]) -> None:
    found = advantages(made, method)
    assert [[len(turns) for turns in group] for group in found] == [[len(turns) for turns in group] for group in made]


@pytest.mark.parametrize("method", AGAINST_A_BASELINE)
@given(value=rewards, size=st.integers(2, 5))
def test_a_batch_of_equal_terminal_rewards_teaches_nothing(method: str, value: float, size: int) -> None:
    assert teaching([[[value]] * size], method) == 0.0


@pytest.mark.parametrize("method", sorted(METHODS.keys() - {"monte_carlo", "reinforce_pp", "group_based_per_turn"}))
@given(made=groups)
def test_a_method_of_whole_trajectories_gives_all_turns_of_one_the_same(
    method: str, made: list[list[list[float]]]
) -> None:
    assert all(len(set(turns)) == 1 for group in advantages(made, method) for turns in group)


@pytest.mark.parametrize("method", ["group_based", "rloo", "reinforce_pp_baseline"])
@given(made=groups, by=st.floats(-1, 1))
def test_a_constant_added_to_a_group_changes_nothing(method: str, made: list[list[list[float]]], by: float) -> None:
    moved = [[[*turns[:-1], turns[-1] + by] for turns in group] for group in made]
    for before, behind in zip(advantages(made, method), advantages(moved, method), strict=True):
        for one, other in zip(before, behind, strict=True):
            assert one == pytest.approx(other, abs=1e-3)


def test_the_arithmetic_of_each() -> None:
    group = [[[0.0, 1.0], [0.0, 0.0], [0.5]]]  # totals 1, 0 and 0.5; mean 0.5, standard deviation 0.5
    expected = {
        "monte_carlo": [[1.0, 1.0], [0.0, 0.0], [0.5]],
        "group_based": [[1.0, 1.0], [-1.0, -1.0], [0.0]],  # (1 - 0.5) / 0.5
        "group_based_per_turn": [[1.0, 0.7071], [-1.0, -0.7071], [0.0]],  # the second turn among two: ±0.5 / 0.7071
        "rloo": [[0.75, 0.75], [-0.75, -0.75], [0.0]],  # 1 - (0 + 0.5) / 2
        "opo": [[0.5, 0.5], [-0.5, -0.5], [0.0]],  # baseline (2 * 1 + 2 * 0 + 0.5) / 5
        "grpo_passk": [[0.5, 0.5], [0.0, 0.0], [0.0]],  # 1 - 0.5
        "gpg": [[0.75, 0.75], [-0.75, -0.75], [0.0]],  # 3 / 2 * (1 - 0.5)
    }
    for method, wanted in expected.items():
        for found, turns in zip(advantages(group, method)[0], wanted, strict=True):
            assert found == pytest.approx(turns, abs=1e-4), method


def test_per_turn_rewards_tell_the_turns_of_one_trajectory_apart() -> None:
    group = [[[0.5, 0.0, 0.5], [0.5, 0.0, 0.0]]]
    assert len(set(advantages(group, "group_based")[0][0])) == 1
    assert advantages(group, "monte_carlo", gamma=0.5)[0][0] == [0.625, 0.25, 0.5]


@pytest.mark.parametrize(
    ("groups", "method", "gamma", "message"),
    [
        ([[[1.0]]], "grpo", 1.0, "method must be one of monte_carlo"),
        ([[]], "rloo", 1.0, "every group needs a trajectory"),
        ([[[]]], "rloo", 1.0, "and every trajectory a turn"),
        ([[[1.0]]], "rloo", 2.0, r"gamma must lie in \[0, 1\], got 2.0"),
    ],
)
def test_what_cannot_be_computed_is_refused(
    groups: list[list[list[float]]], method: str, gamma: float, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        advantages(groups, method, gamma=gamma)

"""Each statistic recovers what was planted in rollouts, and says nothing where the file does not tell."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.lab.copies import Copies
from rft.lab.difficulty import Difficulty
from rft.lab.effective import EffectiveReward
from rft.lab.groups import Group, Rollout
from rft.lab.influence import Influence
from rft.lab.length import Length
from rft.lab.noise import JudgeNoise
from rft.lab.power import Power, needed
from rft.lab.text import _difficulty
from rft.lab.trends import Trends, change_of

unit = st.floats(0, 1, allow_nan=False).map(lambda value: round(value, 3))


def group(*scores: float, prompt: int = 0, step: int | None = None) -> Group:
    return Group(prompt, step, [Rollout(score, digest=float(n)) for n, score in enumerate(scores)])


# --- difficulty and reward ---------------------------------------------------------------------------------------
def test_prompts_fall_into_the_bands_of_data_select() -> None:
    found = Difficulty()
    for prompt, passed in enumerate([0, 1, 2, 3, 4]):
        found.add(group(*[1.0] * passed, *[0.0] * (4 - passed), prompt=prompt))
    result = found.result()
    assert result["bands"] == {"never": 1, "hard": 1, "medium": 1, "easy": 1, "always": 1}
    assert (result["keep_prompts"], result["pass_rate"]) == (3, 0.5)


def test_a_sum_of_rewards_above_one_is_said_not_to_be_passed_at_one() -> None:
    def told(*scores: float, pass_at: float = 1.0) -> str:
        found = Difficulty(pass_at)
        found.add(group(*scores))
        return "\n".join(_difficulty(found.result()))

    assert "scores go up to 2, so 1 may be half right: see --success-threshold" in told(1.0, 2.0)
    assert "--success-threshold" not in told(0.0, 1.0) + told(1.0, 2.0, pass_at=2.0)


def test_groups_of_one_prompt_at_several_steps_are_one_prompt() -> None:
    found = Difficulty()
    found.add(group(1.0, 1.0, step=1))
    found.add(group(0.0, 0.0, step=2))
    assert found.result()["bands"]["medium"] == 1  # type: ignore[index]  # 2 of 4


def test_the_effective_reward_leaves_out_groups_that_teach_nothing() -> None:
    found = EffectiveReward()
    for scores in ([1.0, 1.0], [0.0, 0.0], [0.0, 0.5]):
        found.add(group(*scores))
    assert found.result() == {"reward": pytest.approx(1.25 / 3), "effective_reward": 0.25, "groups_that_teach": 1}


# --- influence ---------------------------------------------------------------------------------------------------
def of_parts(weights: list[float], rows: list[list[float]]) -> Group:
    scores = [sum(weight * part for weight, part in zip(weights, row, strict=True)) for row in rows]
    return Group(0, None, [Rollout(score, parts=tuple(row)) for score, row in zip(scores, rows, strict=True)])


tables = st.lists(st.lists(st.lists(unit, min_size=3, max_size=3), min_size=2, max_size=5), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(tables)
def test_shares_of_declared_weights_add_up_to_the_advantage(groups: list[list[list[float]]]) -> None:
    weights = [0.5, 0.3, -0.2]
    found = Influence("abc", dict(zip("abc", weights, strict=True)))
    for rows in groups:
        found.add(of_parts(weights, rows))
    explained = found.result()["explained"]
    assert explained is None or explained == pytest.approx(1.0)


def test_weights_are_found_from_the_scores_and_a_weight_is_not_an_influence() -> None:
    random, found = Random("influence"), Influence(["format", "content"])
    for _ in range(200):
        rows = [[0.9 + 0.01 * random.random(), random.random()] for _ in range(8)]
        found.add(of_parts([0.8, 0.2], rows))
    parts = found.result()["parts"]
    assert parts["format"]["weight"] == pytest.approx(0.8)  # type: ignore[index]
    assert parts["format"]["share_of_advantage"] < 0.1 < 0.8 == pytest.approx(parts["format"]["share_of_weights"])  # type: ignore[index]


def test_the_weight_of_a_part_that_never_differs_is_not_known() -> None:
    found = Influence(["constant", "content", "content/below"])
    found.add(of_parts([0.5, 0.5, 0.0], [[1.0, 0.0, 0.3], [1.0, 1.0, 0.1]]))
    parts = found.result()["parts"]
    assert list(parts) == ["constant", "content"]  # type: ignore[call-overload]
    assert parts["constant"] == {"weight": None, "share_of_weights": None, "share_of_advantage": 0.0}  # type: ignore[index]


def test_equal_totals_from_different_parts_are_counted() -> None:
    found = Influence(["a", "b"])
    found.add(of_parts([0.5, 0.5], [[1.0, 0.0], [0.0, 1.0]]))
    found.add(of_parts([0.5, 0.5], [[1.0, 0.0], [1.0, 0.0]]))
    result = found.result()
    assert (result["pairs_collapsed"], result["groups_collapsed"], result["zero_std_groups"]) == (0.5, 1, 2)


# --- length and copies -------------------------------------------------------------------------------------------
@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(unit, min_size=2, max_size=6, unique=True), min_size=1, max_size=5), st.sampled_from([-2, 3]))
def test_a_score_that_is_the_length_correlates_with_it(groups: list[list[float]], slope: int) -> None:
    found = Length()
    for offset, scores in enumerate(groups):
        found.add(Group(0, None, [Rollout(score, chars=slope * score + 10 * offset) for score in scores]))
    assert found.result()["correlation_with_score"] == pytest.approx(1.0 if slope > 0 else -1.0)


def test_lengths_are_tokens_only_where_every_rollout_has_them() -> None:
    found = Length()
    found.add(Group(0, None, [Rollout(1.0, chars=40.0, tokens=10.0), Rollout(0.0, chars=80.0, tokens=20.0, cut=1.0)]))
    assert (found.result()["unit"], found.result()["mean_of_failed"], found.result()["truncated"]) == ("tokens", 20, 1)
    found.add(Group(1, None, [Rollout(1.0, chars=20.0, cut=0.0)]))
    assert (found.result()["unit"], found.result()["mean_of_passed"]) == ("characters", 30)
    assert (found.result()["truncated"], found.result()["score_of_truncated"]) == (0.5, 0.0)


def test_copies_are_counted_within_groups() -> None:
    found = Copies()
    found.add(Group(0, None, [Rollout(0.0, 1.0), Rollout(0.0, 1.0), Rollout(1.0, 2.0), Rollout(1.0, 3.0)]))
    found.add(Group(1, None, [Rollout(1.0, 1.0), Rollout(0.5, 2.0)]))
    result = found.result()
    assert (result["distinct_per_group"], result["duplicates"]) == (2.5, pytest.approx(1 / 6))
    assert (result["score_of_repeated"], result["score_of_single"]) == (0.0, pytest.approx(3.5 / 4))


# --- trends ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("onset", [8, 20, 32])
@pytest.mark.parametrize("kind", ["step", "ramp"])
def test_the_onset_of_a_planted_change_is_found_within_three_steps(onset: int, kind: str) -> None:
    random = Random(f"{onset}/{kind}")
    rise = (lambda n: float(n >= 0)) if kind == "step" else (lambda n: max(0.0, n / 8))
    change = change_of([0.3 + rise(n - onset) * 0.5 + random.gauss(0, 0.03) for n in range(40)])
    assert change is not None
    assert abs(change.onset - onset) <= 3
    assert change.after > change.before


def test_noise_alone_is_rarely_called_a_change() -> None:
    random = Random("noise")
    called = sum(change_of([random.gauss(0, 1) for _ in range(40)]) is not None for _ in range(400))
    assert called / 400 <= 0.03  # 1 % each


def test_a_trend_names_the_step_of_its_onset() -> None:
    random, found = Random("trend"), Trends(["style"])
    for step in range(100, 120):
        rollouts = [Rollout(0.5, parts=((step >= 110) + random.gauss(0, 0.1),)) for _ in range(8)]
        found.add(Group(0, step, rollouts))
    signals = found.result()["signals"]
    assert signals["style"]["change"]["onset"] == 110  # type: ignore[index]
    assert signals["score"]["change"] is None  # type: ignore[index]


# --- noise and power ---------------------------------------------------------------------------------------------
def test_the_noise_of_a_judge_is_recovered_from_completions_graded_twice() -> None:
    random, found = Random("judge"), JudgeNoise()
    for _ in range(1500):
        rollouts = []
        for number in range(4):
            worth = random.gauss(0.5, 0.2)
            rollouts += [Rollout(worth + random.gauss(0, 0.1), digest=float(number)) for _ in range(2)]
        found.add(Group(0, None, rollouts))
    result = found.result()
    assert result["noise_std"] == pytest.approx(0.1, rel=0.05)
    assert 2.5 < result["signal_to_noise"] < 4.5  # type: ignore[operator]  # (0.2 / 0.1)^2, copies counted within groups


def test_rounding_is_no_noise() -> None:
    found = JudgeNoise()
    found.add(Group(0, None, [Rollout(0.3, 1.0), Rollout(0.1 + 0.2, 1.0), Rollout(1.0, 2.0)]))
    result = found.result()
    assert (result["noise_std"], result["signal_to_noise"], result["advantage_reliability"]) == (0.0, None, 1.0)


def test_without_repeats_nothing_is_said_of_noise() -> None:
    found = JudgeNoise()
    found.add(group(0.0, 1.0))
    assert found.result() == {"repeats": 0}


def test_as_many_rows_as_power_asks_for_show_the_gain_in_eight_of_ten_comparisons() -> None:
    random, rows, gain, seen = Random("power"), needed(0.04, 0.1), 0.1, 0
    for _ in range(400):
        old = [random.gauss(0.5, 0.2) for _ in range(rows)]
        new = [random.gauss(0.5 + gain, 0.2) for _ in range(rows)]
        difference = (sum(new) - sum(old)) / rows
        seen += abs(difference) > 1.96 * (2 * 0.04 / rows) ** 0.5
    assert 0.73 < seen / 400 < 0.87


def test_variance_between_and_within_prompts_is_recovered() -> None:
    random, found = Random("variance"), Power()
    for prompt in range(3000):
        hard = random.gauss(0.5, 0.3)
        found.add(group(*(random.gauss(hard, 0.1) for _ in range(4)), prompt=prompt))
    result = found.result()
    assert result["std_within_prompts"] == pytest.approx(0.1, rel=0.05)
    assert result["std_between_prompts"] == pytest.approx(0.3, rel=0.05)
    assert result["gains"]["0.1"]["runs"] is None  # type: ignore[index]

"""Statistics of judged groups, each with the arithmetic that it must come to."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.rehearsal.groups import Scored, judged
from rft.rehearsal.statistics import (
    GAP,
    PROXY,
    TRUE,
    agreement,
    cusum,
    discordance,
    gained,
    opening,
    paired_means,
    slope,
)

scores = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=8)


def group(pairs, step=1, prompt=1):
    return judged(step, prompt, [Scored(proxy, truth, n) for n, (proxy, truth) in enumerate(pairs)])


@given(st.lists(scores, min_size=1, max_size=6))
def test_agreement_lies_between_minus_one_and_one(groups):
    found = agreement([group(pairs) for pairs in groups])
    assert math.isnan(found.value) or -1 - 1e-6 <= found.value <= 1 + 1e-6


@given(scores, st.floats(0.1, 3), st.floats(-1, 1))
def test_a_reward_that_rises_in_a_line_with_the_truth_agrees_with_it_fully(pairs, factor, shift):
    truths = [round(truth, 3) for _, truth in pairs]
    if max(truths) - min(truths) < 1e-3:
        return
    assert agreement([group([(factor * t + shift, t) for t in truths])]).value == pytest.approx(1)
    assert agreement([group([(shift - factor * t, t) for t in truths])]).value == pytest.approx(-1)


def test_dead_groups_say_nothing_of_agreement():
    alive, dead = group([(0, 0), (1, 1)]), group([(0.5, 0), (0.5, 1)])
    assert dead.is_dead
    assert agreement([alive, dead]).units == 1


def test_pairs_that_either_ties_are_not_discordant():
    assert discordance([group([(0, 1), (1, 0), (1, 1)])]) == 1  # only the first two are ranked by both
    assert math.isnan(discordance([group([(0, 0), (0, 1)])]))


def test_a_slope_is_paired_by_prompt():
    """Hard prompts come late: the raw means fall while every prompt rises by 0.1 a step."""
    groups = [
        group([(level + 0.1 * step, 0)] * 2, step, prompt)
        for prompt, level, steps in ((1, 0.8, (1, 2)), (2, 0.1, (3, 4)))
        for step in steps
    ]
    assert slope(groups, PROXY).value == pytest.approx(0.1)
    raw = [0.9, 1.0, 0.4, 0.5]
    assert raw[-1] < raw[0]


def test_the_interval_of_a_slope_covers_it_about_as_often_as_it_says():
    rng, covered = Random("slope"), 0
    for _ in range(200):
        groups = [group([(0.5 + 0.01 * s + rng.gauss(0, 0.1), 0)] * 2, s, p) for s in range(20) for p in range(4)]
        found = slope(groups, PROXY)
        covered += found.low <= 0.01 <= found.high
    assert 0.88 <= covered / 200 <= 0.99  # few clusters: a little below 0.95


def test_what_was_gained_compares_each_prompt_with_itself():
    early = [group([(0.9, 0.9)] * 2, 1, 1), group([(0.1, 0.1)] * 2, 1, 2)]
    late = [group([(1.0, 0.7)] * 2, 3, 1), group([(0.2, 0.0)] * 2, 3, 2)]
    groups = [*early, group([(0.5, 0.5)] * 2, 2, 3), *late]
    assert gained(groups, PROXY).value == pytest.approx(0.1)
    assert gained(groups, TRUE).value == pytest.approx(-0.15)
    assert gained(groups, GAP).value == pytest.approx(0.25)


def test_one_step_has_gained_nothing_that_could_be_known():
    assert gained([group([(0, 0), (1, 1)])], PROXY).units == 0


def test_cusum_ignores_noise_and_sees_a_shift_within_steps():
    rng = Random("cusum")
    noise = [rng.gauss(0, 0.02) for _ in range(8)]
    still = cusum([*noise, *(rng.gauss(0, 0.02) for _ in range(30))], base=8)
    shifted = cusum([*noise, *(rng.gauss(0.25, 0.02) for _ in range(30))], base=8)
    assert max(still) < 5
    assert next(at for at, value in enumerate(shifted) if value > 5) <= 10


def test_an_opening_that_closes_again_is_the_one_before_its_highest_point():
    assert opening([0.5, 0.1, 0.1, 0.6, 0.2]).size == pytest.approx(0.5)
    assert opening([0.3, 0.3]).size == 0


def test_means_are_freed_of_what_a_step_owes_to_its_prompts():
    easy, hard = 0.9, 0.1
    groups = [
        group([(level, 0)] * 2, step, prompt) for step, prompt, level in ((1, 1, easy), (2, 2, hard), (3, 1, easy))
    ]
    assert list(paired_means(groups, PROXY).values()) == pytest.approx([1.9 / 3] * 3)

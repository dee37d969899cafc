"""Zero-std groups of other sizes: exact for smaller groups, within a few points for larger ones."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations, pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rft.lab.chances import BetaBinomial, fitted
from rft.lab.groups import Group, Rollout
from rft.lab.zero_std import SIZES, ZeroStd

Chances = list[tuple[float, float]]  # scores, and their chances for one prompt


def counted(groups: list[list[float]]) -> ZeroStd:
    found = ZeroStd()
    for scores in groups:
        found.add(Group(0, None, [Rollout(score) for score in scores]))
    return found


lists = st.lists(st.lists(st.sampled_from([0.0, 0.3, 1.0]), min_size=4, max_size=6), min_size=1, max_size=6)


@settings(max_examples=60, deadline=None)
@given(lists, st.integers(2, 4))
def test_up_to_the_saved_size_it_is_the_share_of_subsets(groups: list[list[float]], size: int) -> None:
    def share(scores: list[float]) -> float:
        subsets = list(combinations(scores, size))
        return sum(len(set(subset)) == 1 for subset in subsets) / len(subsets)

    assert counted(groups).predicted((size,))[size].zero_std_groups == pytest.approx(
        sum(map(share, groups)) / len(groups)
    )


@settings(max_examples=12, deadline=None)
@given(lists)
def test_larger_groups_never_have_it_more_often(groups: list[list[float]]) -> None:
    shares = [found.zero_std_groups for found in counted(groups).predicted((8, 12, 16, 24, 32)).values()]
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(shares))
    assert all(0 <= share <= 1 for share in shares)


@settings(max_examples=12, deadline=None)
@given(lists)
def test_scores_are_labels(groups: list[list[float]]) -> None:
    other = [[7 - 2 * score for score in scores] for scores in groups]
    one, same = (counted(scores).predicted(SIZES) for scores in (groups, other))
    for size in SIZES:
        assert same[size] == pytest.approx(one[size], abs=2e-2)


@pytest.mark.parametrize(("a", "b"), [(0.3, 0.5), (1.0, 1.0), (2.0, 5.0), (0.2, 3.0)])
def test_a_known_distribution_is_recovered(a: float, b: float) -> None:
    truth = BetaBinomial(a, b)
    exact = {(8, k): [1, 8, 28, 56, 70, 56, 28, 8, 1][k] * truth.chance(8, k) * 1000 for k in range(9)}
    found = fitted(exact)
    assert (found.a, found.b) == pytest.approx((a, b), rel=0.05)
    assert found.all_of(32) == pytest.approx(truth.all_of(32), abs=2e-3)


def test_prompts_beyond_reach_are_told_from_prompts_that_are_hard() -> None:
    truth = BetaBinomial(50.0, 50.0, never=0.5)  # half of the prompts never, the others in every second completion
    exact = {(4, k): [1, 4, 6, 4, 1][k] * truth.chance(4, k) * 1000 for k in range(5)}
    fails = {(n, n - k): count for (n, k), count in exact.items()}
    assert fitted(fails).all_of(16) == pytest.approx(0.5, abs=0.01)


def right_or_wrong(draw: Callable[[Random], float]) -> Callable[[Random], Chances]:
    def chances(random: Random) -> Chances:
        p = draw(random)
        return [(0.0, 1 - p), (1.0, p)]

    return chances


def ten_scores(random: Random) -> Chances:
    return [(score / 10, random.gammavariate(0.15, 1) + 1e-9) for score in range(10)]


RUNS = {
    "easy and hard prompts": right_or_wrong(lambda random: random.betavariate(0.3, 0.5)),
    "prompts of every kind": right_or_wrong(lambda random: random.random()),
    "easy prompts": right_or_wrong(lambda random: random.betavariate(5, 2)),
    "half beyond reach": right_or_wrong(lambda random: random.choice([0.0, 0.5])),
    "most solved": right_or_wrong(lambda random: 0.5 if random.random() < 0.3 else 1.0),
    "normal on the scale of log-odds": right_or_wrong(lambda random: 1 / (1 + 2.718 ** -random.gauss(0, 2))),
    "ten scores": ten_scores,
}


@pytest.mark.parametrize("name", RUNS)
def test_groups_of_16_are_predicted_from_4_within_3_points(name: str) -> None:
    random, groups = Random(f"zero-std/{name}"), []
    for _ in range(3000):
        scores, chances = zip(*RUNS[name](random), strict=True)
        groups.append(random.choices(scores, chances, k=16))
    saved = counted([scores[:4] for scores in groups])
    actual = sum(len(set(scores)) == 1 for scores in groups) / len(groups)
    assert saved.predicted((16,))[16].zero_std_groups == pytest.approx(actual, abs=0.03)

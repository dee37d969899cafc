"""Laws of comparing models on the same rows."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import EstimatorError
from estimators.results.compare import BLOCKS, compare, difference
from estimators.results.graded import TOTAL, GradedRow

Scores = dict[str, float]
scores = st.dictionaries(st.text("abc", min_size=1), st.floats(0, 1), min_size=1, max_size=12)


def graded(values: Scores) -> dict[str, GradedRow]:
    return {row_id: GradedRow(row_id, {TOTAL: value}) for row_id, value in values.items()}


def shifted(values: Scores, by: float) -> Scores:
    return {row_id: value + by for row_id, value in values.items()}


@given(scores)
def test_a_model_does_not_differ_from_itself(values: Scores):
    other = compare({"a": graded(values), "b": graded(values)}, resamples=20).models[1]
    found = other.against_baseline[TOTAL]
    assert (found.mean, found.low, found.high) == (0, 0, 0)
    assert (found.wins, found.losses, found.ties) == (0, 0, len(values))
    assert other.changes == ()
    assert not found.clear


@given(scores, st.floats(0.01, 1))
def test_a_constant_gain_is_found_exactly_and_for_certain(values: Scores, gain: float):
    models = {"a": graded(values), "b": graded(shifted(values, gain))}
    found = compare(models, resamples=20).models[1].against_baseline[TOTAL]
    assert found.mean == pytest.approx(gain)
    assert found.low == pytest.approx(gain)
    assert found.high == pytest.approx(gain)
    assert (found.wins, found.losses) == (len(values), 0)
    assert found.clear


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=12))
def test_swapping_the_models_mirrors_the_difference(pairs: list[tuple[float, float]]):
    one = difference(pairs, resamples=5, rng=Random("x"))
    other = difference([(after, before) for before, after in pairs], resamples=5, rng=Random("x"))
    assert one.mean == pytest.approx(-other.mean)
    assert (one.wins, one.losses, one.ties) == (other.losses, other.wins, other.ties)


@given(scores, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(values: Scores, rng: Random):
    keys = list(values)
    rng.shuffle(keys)
    other = shifted(values, 0.25)
    mixed = {"a": graded({key: values[key] for key in keys}), "b": graded({key: other[key] for key in keys})}
    assert compare({"a": graded(values), "b": graded(other)}, resamples=20) == compare(mixed, resamples=20)


def test_the_interval_covers_the_truth_about_as_often_as_it_says():
    """200 experiments of 40 rows whose true gain is 0.2: an interval of 95 % misses about 10 of them."""
    covered = 0
    for experiment in range(200):
        rng = Random(f"coverage/{experiment}")
        pairs = [(before := rng.random(), before + 0.2 + rng.gauss(0, 0.3)) for _ in range(40)]
        found = difference(pairs, resamples=200, rng=rng)
        covered += found.low <= 0.2 <= found.high
    assert 180 <= covered <= 198


def test_rows_that_ask_the_same_count_as_one_prompt_in_intervals_and_errors():
    """Ten prompts asked under five names each, with the same gains: as sure as ten rows, not as fifty."""

    def models(names: int) -> dict[str, dict[str, GradedRow]]:
        rows = [(f"{n}/{name}", n) for n in range(10) for name in range(names)]
        base = {key: GradedRow(key, {TOTAL: n % 3 / 2}, prompt=n) for key, n in rows}
        return {"a": base, "b": {key: GradedRow(key, {TOTAL: (n % 4) / 3}, prompt=n) for key, n in rows}}

    (_, once), (_, often) = (compare(models(names), resamples=400).models for names in (1, 5))
    assert often.metrics[TOTAL].standard_error == pytest.approx(once.metrics[TOTAL].standard_error)
    one, other = once.against_baseline[TOTAL], often.against_baseline[TOTAL]
    assert other.high - other.low == pytest.approx(one.high - one.low, rel=0.1)


def test_the_interval_covers_the_truth_where_rows_share_prompts():
    """200 experiments of 30 prompts, 4 rows each, whose gain differs by prompt around 0.2. An interval that took the
    rows as independent would be half as wide and miss in every third experiment."""
    covered = 0
    for experiment in range(200):
        rng = Random(f"clusters/{experiment}")
        pairs = [(0.0, gain) for gain in (rng.gauss(0.2, 0.3) for _ in range(30)) for _ in range(4)]
        found = difference(pairs, resamples=200, rng=rng, prompts=[n // 4 for n in range(120)])
        covered += found.low <= 0.2 <= found.high
    assert 176 <= covered <= 198


def test_of_one_prompt_alone_the_rows_are_drawn():
    found = difference([(0.0, 0.0), (0.0, 1.0)] * 10, resamples=100, rng=Random("one"), prompts=["p"] * 20)
    assert found.low < found.mean < found.high


class Counting(Random):
    drawn = 0

    def random(self) -> float:
        self.drawn += 1
        return super().random()


@pytest.mark.parametrize("rows", [2_000, 20_000])
def test_the_cost_of_a_resample_is_bounded_and_its_interval_is_that_of_all_rows(rows: int):
    numbers, rng = Random(f"rows/{rows}"), Counting("blocks")
    pairs = [(0.0, numbers.expovariate(1.0)) for _ in range(rows)]
    found = difference(pairs, resamples=1_000, rng=rng)
    assert rng.drawn <= 1_000 * BLOCKS + rows  # and once to form the blocks
    # the mean of numbers of deviation 1 lies within 1.96 / sqrt(rows); 2 % of blocks and 4 % of resamples are 1 sigma
    assert found.high - found.low == pytest.approx(2 * 1.96 / rows**0.5, rel=0.15)


def test_only_rows_that_all_models_answered_are_compared():
    result = compare({"a": graded({"1": 0, "2": 0}), "b": graded({"2": 1, "3": 1})}, resamples=5)
    assert (result.rows, result.dropped) == (1, 2)


def test_models_without_a_common_row_cannot_be_compared():
    with pytest.raises(EstimatorError, match=r"share no row: a \(1 rows\), b \(1 rows\)"):
        compare({"a": graded({"1": 0}), "b": graded({"2": 1})})


def test_the_baseline_is_the_first_model_or_the_named_one():
    models = {"a": graded({"1": 0}), "b": graded({"1": 1})}
    assert compare(models, resamples=5).baseline == "a"
    assert compare(models, baseline="b", resamples=5).models[0].against_baseline[TOTAL].mean == -1
    with pytest.raises(EstimatorError, match="there are a, b"):
        compare(models, baseline="c")


def test_the_rows_that_changed_most_come_first_and_losses_before_equal_gains():
    models = {"a": graded({"1": 0, "2": 1, "3": 0.5, "4": 0.5}), "b": graded({"1": 1, "2": 0, "3": 0.6, "4": 0.5})}
    assert [change.id for change in compare(models, resamples=5).models[1].changes] == ["2", "1", "3"]


def test_slices_hold_each_row_once():
    rows = {str(i): GradedRow(str(i), {TOTAL: i / 10}, row={"type": "odd" if i % 2 else "even"}) for i in range(10)}
    even, odd = compare({"a": rows}, by=["type"]).slices
    assert (even.value, even.scores["a"].mean, even.scores["a"].count) == ("even", pytest.approx(0.4), 5)
    assert (odd.value, odd.scores["a"].mean, odd.scores["a"].count) == ("odd", pytest.approx(0.5), 5)


def test_a_slice_may_show_any_metric_and_a_list_counts_by_its_length():
    rows = {str(i): GradedRow(str(i), {TOTAL: 1, "ghosts": i % 2}, row={"boxes": [0] * (i % 2)}) for i in range(4)}
    none, one = compare({"a": rows}, by=["boxes"], metric="ghosts").slices
    assert (none.value, none.scores["a"].mean) == ("0 items", 0)
    assert (one.value, one.scores["a"].mean) == ("1 items", 1)
    with pytest.raises(EstimatorError, match="'ghost'; the first has score, ghosts"):
        compare({"a": rows}, by=["boxes"], metric="ghost")


def test_a_metric_that_some_rows_lack_is_not_compared():
    rows = {"1": GradedRow("1", {TOTAL: 1, "x": 1}), "2": GradedRow("2", {TOTAL: 1})}
    assert list(compare({"a": rows, "b": dict(rows)}, resamples=5).models[1].against_baseline) == [TOTAL]


def test_means_and_differences_go_over_the_rows_that_were_measured():
    base = {"1": GradedRow("1", {TOTAL: 0, "boxes": None}), "2": GradedRow("2", {TOTAL: 0, "boxes": 2})}
    rft = {"1": GradedRow("1", {TOTAL: 1, "boxes": 1}), "2": GradedRow("2", {TOTAL: 1, "boxes": 3})}
    first, second = compare({"base": base, "rft": rft}, resamples=5).models
    assert (first.metrics["boxes"].mean, first.metrics["boxes"].count) == (2, 1)
    assert (second.metrics["boxes"].mean, second.against_baseline["boxes"].mean) == (2, 1)  # (1 + 3) / 2; 3 - 2


def test_rows_without_names_pair_up_by_what_was_asked():
    named = {"q": GradedRow("q", {TOTAL: 0}, prompt=7)}
    unnamed = {"0000000000000007": GradedRow("a-0", {TOTAL: 1}, prompt=7, is_named=False)}
    assert compare({"base": named, "rft": unnamed}, resamples=5).models[1].against_baseline[TOTAL].mean == 1


def test_a_model_may_have_a_name_that_is_no_unicode():
    names = ("a", "m\udcff")  # as a file name that is not UTF-8 comes from the command line
    found = compare({name: graded({"1": float(n), "2": 0.5}) for n, name in enumerate(names)}, resamples=20)
    assert [model.name for model in found.models] == [*names]

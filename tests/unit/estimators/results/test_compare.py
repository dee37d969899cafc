"""Laws of comparing models on the same rows, and the reading of graded answers."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import EstimatorError, OutputError
from estimators.results.compare import compare, difference
from estimators.rollouts import TOTAL, GradedRow, read_graded
from rewards import json_parse

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


# --- reading -----------------------------------------------------------------------------------------------------
def answer(text: str, **more: object) -> dict[str, object]:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]
    return {"id": "q-0", "messages": messages, "reference_answer": {"x": 1}} | more


def written(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_recorded_scores_are_read_with_their_metrics(tmp_path: Path):
    rows = read_graded(written(tmp_path / "a.jsonl", answer("{}", score=0.5, metrics={"format": 1.0})))
    assert rows["q-0"].metrics == {TOTAL: 0.5, "format": 1.0}
    assert rows["q-0"].answer == "{}"


def test_several_answers_to_one_prompt_are_one_row_with_their_mean(tmp_path: Path):
    answers = (answer("{}", id=f"q-{i}", row_id="q", score=i) for i in (0, 1))
    rows = read_graded(written(tmp_path / "a.jsonl", *answers))
    assert {row_id: row.metrics[TOTAL] for row_id, row in rows.items()} == {"q": 0.5}


def test_a_reward_judges_saved_answers_anew(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", answer('{"a": 1}', id="good", score=0.0), answer("no", id="bad", score=1.0))
    rows = read_graded(path, json_parse())
    assert {row_id: row.metrics[TOTAL] for row_id, row in rows.items()} == {"good": 1.0, "bad": 0.0}


def test_an_answer_without_a_score_asks_for_a_reward(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", answer("{}"))
    with pytest.raises(OutputError, match=r"a\.jsonl:1: no number under 'score'; give a reward"):
        read_graded(path)


def test_a_row_without_an_answer_is_refused(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", {"id": "1", "messages": [{"role": "user", "content": "?"}]})
    with pytest.raises(OutputError, match=r"a\.jsonl:1"):
        read_graded(path, json_parse())

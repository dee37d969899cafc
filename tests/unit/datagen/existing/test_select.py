"""Rows by the base model's pass rate."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import ConfigError, FormatError
from datagen.existing.select import BANDS, Choice, bin_of, select


def files(folder, passed, *, named=True, topics=2):
    """Rows, and four completions of each of which `passed[n]` are right; None has no completion."""
    rows = [
        {
            **({"id": f"r{n}"} if named else {}),
            "messages": [{"role": "user", "content": f"question {n}?"}],
            "reference_answer": "yes",
            "topic": f"t{n % topics}",
        }
        for n in range(len(passed))
    ]
    data, rollouts = folder / "rft.jsonl", folder / "rollouts.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    records = [
        {
            "messages": [*row["messages"], {"role": "assistant", "content": "yes"}],
            **({"row_id": row["id"]} if named else {}),
            "score": 1.0 if sample < count else 0.25,
        }
        for row, count in zip(rows, passed, strict=True)
        if count is not None
        for sample in range(4)
    ]
    rollouts.write_text("".join(json.dumps(record) + "\n" for record in records))
    return data, rollouts


def kept(result):
    return [json.loads(line)["messages"][0]["content"] for line in result.out.read_text().splitlines()]


@pytest.mark.parametrize("named", [True, False])
def test_never_and_always_right_are_left_out_whether_rows_have_ids_or_not(tmp_path, named):
    data, rollouts = files(tmp_path, [0, 1, 2, 3, 4, None], named=named)
    result = select(data, rollouts, tmp_path / "out.jsonl", Choice())
    assert result.bins == {"never": 1, "hard": 1, "medium": 1, "easy": 1, "always": 1, "not measured": 1}
    assert kept(result) == ["question 1?", "question 2?", "question 3?"]


def test_a_completion_passes_from_the_score_that_was_given(tmp_path):
    data, rollouts = files(tmp_path, [0, 2])
    result = select(data, rollouts, tmp_path / "out.jsonl", Choice(pass_at=0.25))
    assert (result.bins, result.rows_written) == ({"always": 2}, 0)


def test_a_band_is_kept_with_both_ends(tmp_path):
    data, rollouts = files(tmp_path, [1, 2, 3])
    assert kept(select(data, rollouts, tmp_path / "out.jsonl", Choice(0.5, 0.75))) == ["question 1?", "question 2?"]


def test_a_mix_is_kept_whatever_there_is_most_of(tmp_path):
    data, rollouts = files(tmp_path, [1] * 10 + [2] * 40 + [3] * 50)
    choice = Choice(mix={"hard": 0.25, "medium": 0.5, "easy": 0.25})
    assert select(data, rollouts, tmp_path / "out.jsonl", choice).kept == {"hard": 10, "medium": 20, "easy": 10}


def test_values_of_a_key_are_kept_evenly(tmp_path):
    data, rollouts = files(tmp_path, [2] * 90, topics=3)
    result = select(data, rollouts, tmp_path / "out.jsonl", Choice(rows=30, by="topic"))
    rows = [json.loads(line) for line in result.out.read_text().splitlines()]
    assert Counter(row["topic"] for row in rows) == {"t0": 10, "t1": 10, "t2": 10}
    assert result.groups == {f"t{n}": {"medium": 30} for n in range(3)}


def test_the_same_seed_chooses_the_same_rows_and_their_order_is_kept(tmp_path):
    data, rollouts = files(tmp_path, [2] * 50)
    chosen = [
        kept(select(data, rollouts, tmp_path / "out.jsonl", Choice(rows=10), seed=seed)) for seed in ("1", "1", "2")
    ]
    assert chosen[0] == chosen[1] != chosen[2]
    assert chosen[0] == sorted(chosen[0], key=lambda text: int(text.split()[1][:-1]))


@given(st.floats(0, 1))
def test_every_rate_has_one_bin(rate):
    inside = [name for name, (low, high) in BANDS.items() if low < rate <= high and rate < 1]
    assert [bin_of(rate)] == (inside or ["always" if rate == 1 else "never"])


@pytest.mark.parametrize(
    "wrong", [{"low": 0.6, "high": 0.4}, {"high": 2}, {"mix": {"middle": 1}}, {"mix": {"hard": 0}}, {"rows": 0}]
)
def test_a_choice_that_makes_no_sense_is_refused(wrong):
    with pytest.raises(ConfigError):
        Choice(**wrong)


def test_rollouts_of_other_rows_or_without_scores_are_refused(tmp_path):
    data, rollouts = files(tmp_path, [1])
    rollouts.write_text(rollouts.read_text().replace("question 0?", "another?").replace('"r0"', '"x"'))
    with pytest.raises(FormatError, match="no rollout belongs to a row"):
        select(data, rollouts, tmp_path / "out.jsonl", Choice())
    rollouts.write_text(rollouts.read_text().replace('"score"', '"other"'))
    with pytest.raises(FormatError, match="no rollout has a score; run rft grade"):
        select(data, rollouts, tmp_path / "out.jsonl", Choice())

"""The rollout record: nothing of a row is lost in it, and the completions of one prompt find each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rewards import Score
from rewards.rollouts import (
    FIELDS,
    VERSION,
    VERSION_KEY,
    Record,
    RolloutFileError,
    completion_turns,
    graded,
    graded_by_lambda,
    group_of,
    prompt_turns,
    read_records,
    record_of,
    rollout_record,
    row_of,
    schema,
)
from rewards.rows import rollout_of

VALID = Draft202012Validator(schema())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-9, 9) | st.text('ab{["', max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)
own_keys = st.dictionaries(st.sampled_from(["kind", *FIELDS]) | st.text("xy", min_size=1), values, max_size=4)
blocks = st.lists(
    st.sampled_from([{"text": "a"}, {"image": {"uri": "0.jpg"}}, {"document": {"name": "d"}}]), max_size=2
)
contents = st.text("ab", max_size=3) | blocks
turns = st.builds(
    lambda role, content: {"role": role, "content": content}, st.sampled_from(["system", "user"]), contents
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """A plain row that ends in a completion, with keys of any name beside the known ones."""
    own = {key: value for key, value in draw(own_keys).items() if key != "rollout_version"}
    messages = [*draw(st.lists(turns, max_size=2)), {"role": "assistant", "content": draw(contents)}]
    metadata = draw(st.none() | st.dictionaries(st.sampled_from(["step", "m"]), values, max_size=2))
    known = {"id": draw(st.text("ab", min_size=1)), "reference_answer": draw(values), "metadata": metadata}
    return {**own, **known, "messages": messages}


@given(rows())
def test_a_reward_is_given_the_same_by_a_row_and_by_its_record(row: dict[str, Any]) -> None:
    assert rollout_of(row_of(record_of(row))) == rollout_of(row)


@given(rows())
def test_a_record_is_its_own_record_and_fits_the_schema(row: dict[str, Any]) -> None:
    record = record_of(row)
    assert record_of(record) == record
    del_both = {key: value for key, value in record.items() if key != "ungradable"}
    VALID.validate(del_both)


@given(rows(), st.integers(0, 9), st.integers(1, 9), st.floats(0, 1))
def test_a_record_of_a_row_keeps_all_of_the_row(row: dict[str, Any], sample: int, step: int, score: float) -> None:
    turn = {"role": "assistant", "content": "new"}
    record = rollout_record(row, [turn], row_id="r", sample=sample, step=step, finish_reason="stop", seed=None)
    VALID.validate(graded(record, Score(score, metrics={"m": None})))
    assert completion_turns(record) == [turn]
    assert [*prompt_turns(record)] == row["messages"][:-1]
    assert rollout_of(row_of(record)).sample == rollout_of({**row, "id": f"r-{step}-{sample}"}).sample
    assert "seed" not in record or record["seed"] is not None


@given(rows(), st.randoms(use_true_random=False))
def test_neither_the_order_of_keys_nor_an_id_nor_the_completion_parts_a_group(row: dict[str, Any], rng: Any) -> None:
    shuffled = list(row)
    rng.shuffle(shuffled)
    other = {key: row[key] for key in shuffled} | {"id": "another"}
    other["messages"] = [*row["messages"][:-1], {"role": "assistant", "content": "another"}]
    assert group_of(record_of(other)) == group_of(record_of(row))


def plain(**changes: Any) -> dict[str, Any]:
    ask = {"role": "user", "content": [{"text": "Is there a boat?"}]}
    row = {"id": "a", "messages": [ask, {"role": "assistant", "content": "yes"}], "reference_answer": "yes"}
    return row | changes


def asking(*content: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": list(content)}, {"role": "assistant", "content": "yes"}]


@pytest.mark.parametrize(
    "other",
    [
        plain(messages=asking({"text": "Is there a boat?"}, {"image": {"uri": "s3://b/1.jpg"}})),
        plain(messages=asking({"text": "Is there a boat?"}, {"document": {"name": "log"}})),
        plain(messages=asking({"text": "Is there a ship?"})),
        plain(reference_answer="no"),
        plain(tools=[{"type": "function", "function": {"name": "look"}}]),
        plain(metadata={"scene": 2}),
        plain(scene=2),
    ],
)
def test_what_is_asked_keeps_groups_apart(other: dict[str, Any]) -> None:
    assert group_of(record_of(other)) != group_of(record_of(plain()))


def test_facts_of_a_completion_do_not_part_a_group() -> None:
    first, second = (plain(sample=n, seed=n, seconds=n / 2, tokens={"completion": n}, score=n) for n in (1, 2))
    assert group_of(record_of(first)) == group_of(record_of(second))


def test_row_ids_make_groups_and_training_steps_part_them() -> None:
    assert group_of(record_of(plain(row_id="r"))) == group_of(record_of(plain(row_id="r", reference_answer="no")))
    assert group_of(record_of(plain(row_id="r"))) != group_of(record_of(plain(row_id="s")))
    assert group_of(record_of(plain(row_id="r", step=1))) != group_of(record_of(plain(row_id="r", step=2)))


def test_the_turns_of_a_rollout_with_tools_are_one_completion() -> None:
    made = [
        {"role": "assistant", "content": "", "tool_calls": [{"function": {"name": "look", "arguments": "{}"}}]},
        {"role": "tool", "content": "a boat"},
        {"role": "assistant", "content": "yes"},
    ]
    record = rollout_record({"id": "a", "messages": [{"role": "user", "content": "?"}]}, made, row_id="a", sample=0)
    assert (record["completion_turns"], completion_turns(record)) == (3, made)
    assert prompt_turns(record) == [{"role": "user", "content": "?"}]


def entry(name: str, value: float, kind: str = "Metric") -> dict[str, Any]:
    return {"name": name, "value": value, "type": kind}


def test_what_a_lambda_marks_as_not_measured_is_null() -> None:
    listed = [entry("boxes", 0), entry("boxes/measured", 0), entry("count", 0.5, "Reward"), entry("ungradable", 0)]
    record = graded_by_lambda(record_of(plain()), 0.5, listed, grader="d")
    assert (record["score"], record["parts"], record["metrics"]) == (0.5, {"count": 0.5}, {"boxes": None})


def test_the_fallback_score_of_a_lambda_is_no_score() -> None:
    record = graded_by_lambda(record_of(plain()), 0.0, [entry("ungradable", 1), entry("timed_out", 1)], grader="d")
    assert "score" not in record
    assert record["ungradable"] == "the grader ran out of time"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[1]", r"r\.jsonl:1: this is an array"),
        ('{"rollout_version": 2}', "rollout_version is 2, this rftkit reads 1"),
        ('{"rollout_version": 1, "messages": [], "score": "1"}', "'score' must be a number, got '1'"),
        ('{"rollout_version": 1, "messages": [], "metrics": {"a": "b"}}', "'metrics' must be an object of numbers"),
        ('{"row": 1, "id": "a", "prompt": "00", "score": 1.0, "signals": {}}', "run `rft grade ROLLOUTS"),
        ('{"id": "a"}', "no 'messages' list"),
        ("{", "r.jsonl:1: "),
    ],
)
def test_what_is_no_rollout_is_named_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "r.jsonl").write_text(line + "\n")
    with pytest.raises(RolloutFileError, match=said):
        list(read_records(tmp_path / "r.jsonl"))


def test_rows_of_the_first_version_are_converted() -> None:
    old = plain(row_id="a", sample=1, truncated=True, usage={"inputTokens": 3, "outputTokens": 2})
    expected: Record = {"row_id": "a", "sample": 1, "finish_reason": "length"}
    record = record_of(json.loads(json.dumps(old)))
    assert {key: record[key] for key in expected} == expected
    assert record["tokens"] == {"prompt": 3, "completion": 2}
    assert "truncated" not in record


@given(st.booleans(), st.none() | st.booleans())
def test_a_grade_in_booleans_is_read_back_as_numbers(right: bool, seen: bool | None) -> None:
    record = graded({VERSION_KEY: VERSION, "messages": []}, Score(right, metrics={"seen": seen}))
    assert record_of(json.loads(json.dumps(record))) == record
    assert (record["score"], record["metrics"]) == (float(right), {"seen": None if seen is None else float(seen)})
    assert type(record["score"]) is float


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-1e999", "1" + "0" * 400, "true", "[]"])
def test_a_record_with_a_score_that_is_no_number_is_named(tmp_path: Path, number: str) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f'{{"rollout_version": 1, "messages": [], "score": {number}}}\n')
    with pytest.raises(RolloutFileError, match=r"a\.jsonl:1: 'score' must be a number, got"):
        list(read_records(path))
    plain = json.loads(f'{{"messages": [], "score": {number}}}')
    assert "score" not in record_of(plain)  # a key of the row that only has the name


def test_true_is_no_version() -> None:
    with pytest.raises(RolloutFileError, match="rollout_version is True"):
        record_of({"rollout_version": True, "messages": []})


@pytest.mark.parametrize("number", [1 << 63, -(1 << 63) - 1])
def test_a_count_of_more_than_64_bits_is_no_count(number: int) -> None:
    turns: list[Any] = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "!"}]
    with pytest.raises(RolloutFileError, match="'sample' must be an integer of 64 bits"):
        record_of({"rollout_version": 1, "messages": turns, "sample": number})
    assert "sample" not in record_of({"messages": turns, "sample": number})

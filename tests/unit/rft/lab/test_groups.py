"""Groups of rollouts: what keeps them apart, and that neither order nor memory changes what they tell."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.rollouts import RolloutFileError, said_in
from rft.lab import Rollouts, examine

Records = list[tuple[int, dict[str, Any]]]


def record(prompt: int, sample: int, score: float, *, text: str = "", **facts: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"prompt {prompt}"}, {"role": "assistant", "content": text or f"{sample}"}]
    named = {"rollout_version": 1, "row_id": f"q{prompt}", "sample": sample, "messages": turns}
    return {**named, "score": score, "parts": {"all": score}, **facts}


def told(records: list[dict[str, Any]], **options: Any) -> dict[str, Any]:
    rollouts = Rollouts(**options)
    rollouts.add_records("file", enumerate(records, start=1))
    return examine(rollouts).to_json()


def nearly(value: Any) -> Any:
    """The value with numbers that may differ in their last digits."""
    if isinstance(value, dict):
        return {key: nearly(below) for key, below in value.items()}
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


scores = st.sampled_from([0.0, 0.2, 0.5, 1.0])
files = st.lists(
    st.tuples(st.integers(0, 4), scores, st.sampled_from(["a", "b", "c"]), st.integers(1, 3)), min_size=1, max_size=25
)


def made(rows: list[tuple[int, float, str, int]]) -> list[dict[str, Any]]:
    return [
        record(prompt, number, score, text=text, step=step, finish_reason="stop" if score else "length")
        for number, (prompt, score, text, step) in enumerate(rows)
    ]


@settings(max_examples=40, deadline=None)
@given(files, st.randoms(use_true_random=False))
def test_the_order_of_lines_does_not_matter(rows: list[tuple[int, float, str, int]], random: Random) -> None:
    records = made(rows)
    expected = nearly(told(records))
    random.shuffle(records)
    assert told(records) == expected


@settings(max_examples=25, deadline=None)
@given(files)
def test_groups_that_wait_in_a_file_tell_the_same(rows: list[tuple[int, float, str, int]]) -> None:
    assert told(made(rows), held=2) == nearly(told(made(rows)))


def test_each_file_is_a_run_of_its_own() -> None:
    rollouts = Rollouts()
    for name, score in (("one", 0.0), ("two", 1.0)):
        rollouts.add_records(name, [(1, record(1, 0, score)), (2, record(1, 1, score))])
    groups = sorted(rollouts, key=lambda group: group.file)
    assert [group.scores for group in groups] == [[0.0, 0.0], [1.0, 1.0]]
    assert groups[0].prompt == groups[1].prompt


def test_a_part_that_is_not_reported_earned_nothing() -> None:
    rollouts = Rollouts()
    records = [record(1, 0, 0.5, parts={"a": 0.5}), record(1, 1, 1.0, parts={"a": 0.5, "b": 0.5})]
    rollouts.add_records("file", enumerate(records, start=1))
    (group,) = rollouts
    assert rollouts.parts == ["a", "b"]
    assert [rollout.parts for rollout in group.rollouts] == [(0.5, 0.0), (0.5, 0.5)]


def test_a_completion_that_was_graded_twice_is_one_rollout() -> None:
    rollouts = Rollouts()
    records = [record(1, 0, 0.4), record(1, 0, 0.6), record(1, 1, 0.0)]
    rollouts.add_records("file", enumerate(records, start=1))
    (group,) = rollouts
    assert sorted(group.scores) == [0.0, 0.5]  # (0.4 + 0.6) / 2
    assert group.repeats == [[0.4, 0.6]]


def test_rows_that_cannot_be_judged_are_counted_and_in_no_group() -> None:
    unjudged = {key: value for key, value in record(1, 1, 0.0).items() if key != "score"}
    found = told([record(1, 0, 1.0), {**unjudged, "ungradable": "no reference"}])
    assert (found["rollouts"], found["ungradable"], found["difficulty"]["prompts"]) == (2, 1, 1)


def test_a_line_without_a_score_is_named(tmp_path: Path) -> None:
    path = tmp_path / "rollouts.jsonl"
    ungraded = {key: value for key, value in record(1, 1, 0.0).items() if key != "score"}
    path.write_text(f"{json.dumps(record(1, 0, 1.0))}\n{json.dumps(ungraded)}\n", encoding="utf-8")
    with pytest.raises(
        RolloutFileError, match=r"rollouts\.jsonl:2: no number under 'score'; grade it first: rft grade"
    ):
        Rollouts.read([path])


def test_a_file_without_any_score_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_text("", encoding="utf-8")
    with pytest.raises(RolloutFileError, match=r"empty\.jsonl: no rollout has a score"):
        Rollouts.read([path])


# --- length ------------------------------------------------------------------------------------------------------
said = st.text(alphabet="ab ", max_size=6)
called = st.none() | st.builds(
    lambda name: [{"function": {"name": name, "arguments": "{}"}}], st.text(alphabet="xy", min_size=1, max_size=3)
)


@given(st.lists(st.tuples(said, called, said), min_size=1, max_size=4))
def test_the_length_of_a_completion_is_that_of_all_that_the_model_wrote(turns: list[tuple[str, Any, str]]) -> None:
    """Every turn counts and so do calls; what tools answered does not."""
    messages: list[dict[str, Any]] = []
    for text, calls, answer in turns:
        messages.append({"role": "assistant", "content": text, **({"tool_calls": calls} if calls else {})})
        messages.append({"role": "tool", "content": answer * 50})
    messages.append({"role": "assistant", "content": "done"})
    one = {**record(0, 0, 1.0), "messages": [{"role": "user", "content": "go"}, *messages]}
    one["completion_turns"] = len(messages)
    rollouts = Rollouts()
    rollouts.add_records("file", [(1, one)])
    [[found]] = [group.rollouts for group in rollouts]
    assert found.chars == len(said_in(one)) >= sum(len(text) for text, _, _ in turns if text.strip()) + len("done")

"""Two graders on the same rollouts: laws of their agreement, and what is said where files do not fit together."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.rollouts import RolloutFileError
from rft.lab.reverify import Agreement, Judged, files_compared, rewards_compared

groups_of_scores = st.lists(
    st.lists(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 1.0])] * 2), min_size=1, max_size=6), min_size=1, max_size=5
)
Scores = list[list[tuple[float, float]]]


def agreement(groups: Scores) -> dict[str, Any]:
    found = Agreement()
    for scores in groups:
        found.add([Judged(g, n, n, n, both[g]) for n, both in enumerate(scores) for g in (0, 1)])
    return found.result()


def of_first(groups: Scores, slope: float, shift: float = 0.0) -> Scores:
    """The second grader as a straight line of the first."""
    return [[(a, slope * a + shift) for a, _ in scores] for scores in groups]


@settings(max_examples=60, deadline=None)
@given(groups_of_scores, st.sampled_from([0.1, 1.0, 7.0]), st.sampled_from([-1.0, 0.0, 3.0]))
def test_scale_and_shift_change_nothing_that_a_training_sees(groups: Scores, slope: float, shift: float) -> None:
    found = agreement(of_first(groups, slope, shift))
    assert found["rank_correlation"] in (None, pytest.approx(1.0))
    assert found["advantage_correlation"] in (None, pytest.approx(1.0))
    assert not found["sign_flips"]
    assert (found["new_zero_std_groups"], found["new_ties"] or 0.0, found["broken_ties"] or 0.0) == (0, 0.0, 0.0)


@settings(max_examples=60, deadline=None)
@given(groups_of_scores)
def test_the_opposite_grader_turns_every_order_around(groups: Scores) -> None:
    found = agreement(of_first(groups, -1.0))
    assert found["rank_correlation"] in (None, pytest.approx(-1.0))
    assert found["advantage_correlation"] in (None, pytest.approx(-1.0))


@settings(max_examples=60, deadline=None)
@given(groups_of_scores)
def test_it_is_symmetric(groups: Scores) -> None:
    one, other = agreement(groups), agreement([[(b, a) for a, b in scores] for scores in groups])
    for name in ("rank_correlation", "advantage_correlation", "sign_flips", "rollouts", "groups"):
        assert one[name] == (None if other[name] is None else pytest.approx(other[name])), name
    assert one["mean"] == pytest.approx(other["mean"][::-1])
    assert one["zero_std_groups"] == other["zero_std_groups"][::-1]


def test_a_grader_of_coin_flips_agrees_with_nothing() -> None:
    random = Random("coins")
    groups = [[(random.random(), random.random()) for _ in range(8)] for _ in range(400)]
    found = agreement(groups)
    assert found["rank_correlation"] == pytest.approx(0.0, abs=0.03)
    assert found["sign_flips"] == pytest.approx(0.5, abs=0.03)


def test_new_and_broken_ties_are_counted() -> None:
    found = agreement([[(0.0, 0.5), (1.0, 0.5)], [(1.0, 0.0), (1.0, 1.0)], [(0.0, 0.0), (1.0, 1.0)]])
    assert (found["new_ties"], found["broken_ties"], found["new_zero_std_groups"]) == (0.5, 1.0, 1)
    assert found["zero_std_groups"] == [pytest.approx(1 / 3), pytest.approx(1 / 3)]


# --- files -------------------------------------------------------------------------------------------------------
def record(prompt: int, sample: int, score: float, **facts: Any) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"prompt {prompt}"}, {"role": "assistant", "content": f"said {sample}"}]
    return {"rollout_version": 1, "row_id": f"q{prompt}", "sample": sample, "messages": turns, "score": score, **facts}


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
    return path


@settings(max_examples=15, deadline=None)
@given(groups_of_scores, st.randoms(use_true_random=False))
def test_files_pair_up_whatever_the_order_of_their_lines(
    tmp_path_factory: pytest.TempPathFactory, groups: Scores, random: Random
) -> None:
    folder = tmp_path_factory.mktemp("files")
    files = [
        [record(p, n, both[g]) for p, scores in enumerate(groups) for n, both in enumerate(scores)] for g in (0, 1)
    ]
    before = write(folder / "before.jsonl", files[0])
    random.shuffle(files[1])
    found = files_compared(before, write(folder / "after.jsonl", files[1]), held=2)
    expected = agreement(groups)
    assert {name: found[name] for name in expected} == {
        name: value if value is None or None in (value if isinstance(value, list) else ()) else pytest.approx(value)
        for name, value in expected.items()
    }


def test_the_rollouts_that_changed_most_are_shown_with_their_line(tmp_path: Path) -> None:
    scores = [(0.0, 0.0), (0.5, 0.5), (0.6, 0.6), (1.0, 0.1)]
    files = [write(tmp_path / f"{g}.jsonl", [record(1, n, both[g]) for n, both in enumerate(scores)]) for g in (0, 1)]
    (first,) = files_compared(*files, examples=1)["changed_most"]
    assert (first["line"], first["score"], first["completion"]) == (4, [1.0, 0.1], "said 3")


def test_rollouts_of_one_file_only_are_counted(tmp_path: Path) -> None:
    before = write(tmp_path / "a.jsonl", [record(1, 0, 0.0), record(1, 1, 1.0), record(2, 0, 1.0)])
    after = write(tmp_path / "b.jsonl", [record(1, 0, 0.0), record(1, 1, 1.0)])
    assert files_compared(before, after)["unpaired"] == 1


def test_files_of_other_rollouts_are_refused(tmp_path: Path) -> None:
    before, after = (write(tmp_path / f"{n}.jsonl", [record(n, 0, 0.0)]) for n in (1, 2))
    with pytest.raises(RolloutFileError, match=r"1\.jsonl and .*2\.jsonl: no rollout has a score of both graders"):
        files_compared(before, after)


def test_a_line_without_a_score_is_named(tmp_path: Path) -> None:
    bare = {key: value for key, value in record(1, 0, 0.0).items() if key != "score"}
    with pytest.raises(RolloutFileError, match=r"a\.jsonl:1: no number under 'score'"):
        files_compared(write(tmp_path / "a.jsonl", [bare]), tmp_path / "a.jsonl")


def test_two_rewards_grade_the_rollouts_of_a_file(tmp_path: Path) -> None:
    texts = ["[1]", "[1", "nothing", "{}"]
    turns = [[{"role": "user", "content": "?"}, {"role": "assistant", "content": text}] for text in texts]
    rows = [{"row_id": "q", "messages": turn, "reference_answer": [1]} for turn in turns]
    path = write(tmp_path / "rollouts.jsonl", rows)
    for name, kind in (("any", "any"), ("array", "array")):
        (tmp_path / f"{name}.yaml").write_text(f"json_parse: {{root: {kind}}}\n", encoding="utf-8")
    found = rewards_compared(str(tmp_path / "any.yaml"), str(tmp_path / "array.yaml"), path)
    assert (found["rollouts"], found["groups"], len(found["us_a_rollout"])) == (4, 1, 2)
    assert found["changed_most"][0]["completion"] == "{}"

"""Grading files: every row once, in order, whatever its neighbours hold and however often the job is stopped."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rewards import Bounds
from rewards.grading import Job, Journal, JournalError, Totals, grade_chunks, pass_at_k, read_rows
from rft.commands.grade import command, rollout_of

REWARD = """
from rewards import Score, UngradableError

def length(sample, completion, /):
    if sample.reference is None:
        raise UngradableError("no reference")
    if completion.text == "bug":
        raise ZeroDivisionError("a bug in the reward")
    return Score(min(1.0, len(completion.text) / sample.reference), metrics={"chars": float(len(completion.text))})

length.metric_names = ("chars",)
"""


def row(name: str, answer: str, reference: Any = 4, prompt: str = "write") -> dict[str, Any]:
    messages = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"id": name, "messages": messages, "reference_answer": reference}


ROWS = [row("a", "xx"), row("b", "xxxx"), row("c", "x", None), row("d", "", prompt="other"), row("e", "xxxx")]


@pytest.fixture
def reward(tmp_path: Path) -> str:
    (tmp_path / "reward.py").write_text(REWARD)
    return f"{tmp_path / 'reward.py'}:length"


@pytest.fixture
def rollouts(tmp_path: Path) -> Path:
    path = tmp_path / "rollouts.jsonl"
    path.write_text("".join(json.dumps(each) + "\n" for each in ROWS) + "\n{not json\n[1]\n")
    return path


def graded(reward: str, path: Path, workers: int = 1) -> list[dict[str, Any]]:
    chunks = grade_chunks(Job(reward, rollout_of), read_rows(path), workers=workers)
    return [grade for chunk in chunks for grade in chunk]


def test_a_bad_row_costs_only_itself(reward: str, rollouts: Path) -> None:
    grades = graded(reward, rollouts)
    assert [grade.get("score") for grade in grades] == [0.5, 1.0, None, 0.0, 1.0, None, None]
    assert grades[2]["ungradable"] == "no reference"
    assert [grade["row"] for grade in grades if "unreadable" in grade] == [6, 7]
    assert grades[0]["signals"] == {"chars": 2.0}


def test_processes_give_the_same_grades_in_the_same_order(reward: str, rollouts: Path) -> None:
    rollouts.write_text("".join(json.dumps(row(str(n), "x" * (n % 7))) + "\n" for n in range(600)))
    assert graded(reward, rollouts, workers=2) == graded(reward, rollouts)


def test_a_bug_in_a_reward_is_raised_and_names_the_row(reward: str, rollouts: Path) -> None:
    rollouts.write_text(json.dumps(row("a", "x")) + "\n" + json.dumps(row("b", "bug")) + "\n")
    with pytest.raises(ZeroDivisionError) as caught:
        graded(reward, rollouts)
    assert caught.value.__notes__ == ["while grading row 2, id 'b'"]


def test_parquet_rows_grade_like_their_lines(reward: str, rollouts: Path, tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    columns = [
        {"id": r["id"], "messages": json.dumps(r["messages"]), "reference_answer": r["reference_answer"]} for r in ROWS
    ]
    path = tmp_path / "rollouts.parquet"
    parquet.write_table(arrow.Table.from_pylist(columns), path)
    assert graded(reward, path) == graded(reward, rollouts)[:5]


def test_ray_gives_the_same_grades_in_the_same_order(reward: str, rollouts: Path) -> None:
    from rewards.grading.ray import grade_on_ray

    chunks = grade_on_ray(Job(reward, rollout_of), rollouts)
    assert [grade for chunk in chunks for grade in chunk] == graded(reward, rollouts)


def run(*arguments: object) -> Any:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_the_summary_counts_what_it_could_not_score_and_says_so_in_the_status(reward: str, rollouts: Path) -> None:
    result = run(rollouts, "--reward", reward, "--json")
    summary = json.loads(result.output)
    assert result.exit_code == 1
    assert (summary["rows"], summary["ungradable"]["ids"], summary["unreadable"]["rows"]) == (7, ["c"], [6, 7])
    assert summary["score"]["mean"] == pytest.approx((0.5 + 1 + 0 + 1) / 4)
    assert summary["groups"]["pass_at"] == {
        "1": pytest.approx(2 / 3),
        "2": 1.0,
    }  # a, b, e share a prompt; b and e are right


def test_a_clean_file_leaves_with_0_and_reads_well(reward: str, rollouts: Path) -> None:
    rollouts.write_text(
        "".join(json.dumps(row(name, text)) + "\n" for name, text in zip("abcd", ["x", "xx", "", "xxxx"], strict=True))
    )
    result = run(rollouts, "--reward", reward)
    assert result.exit_code == 0
    assert "score    0.438 ± 0.213" in result.output  # mean of 1/4, 1/2, 0, 1; deviation 0.427 / sqrt 4
    assert "zero variance" in result.output


def test_a_stopped_job_goes_on_where_it_stopped(reward: str, rollouts: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.jsonl"
    assert run(rollouts, "--reward", reward, "-o", out).exit_code == 1
    whole = out.read_text()
    lines = whole.splitlines(keepends=True)
    out.write_text("".join(lines[:3]) + lines[3][:10])  # killed in the middle of line 4
    assert run(rollouts, "--reward", reward, "-o", out).exit_code == 1
    assert out.read_text() == whole


def test_a_finished_job_is_not_graded_again(reward: str, rollouts: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.jsonl"
    first = run(rollouts, "--reward", reward, "-o", out, "--json").output
    before = out.read_text()
    assert run(rollouts, "--reward", reward, "-o", out, "--json").output == first
    assert out.read_text() == before


def test_grades_of_another_reward_are_not_mixed_in(reward: str, rollouts: Path, tmp_path: Path) -> None:
    out = tmp_path / "grades.jsonl"
    run(rollouts, "--reward", reward, "-o", out)
    (tmp_path / "reward.py").write_text(REWARD + "# changed\n")
    with pytest.raises(JournalError, match="holds the grades of another job"):
        Journal(out, reward=tmp_path / "reward.py", rows=rollouts)


def test_standard_input_cannot_be_continued(reward: str, tmp_path: Path) -> None:
    result = run("-", "--reward", reward, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "standard input cannot" in result.output


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_right_answer(answers: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    draws = list(combinations(answers, k))
    assert pass_at_k(len(answers), sum(answers), k) == pytest.approx(sum(map(any, draws)) / len(draws))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_streamed_statistics_are_those_of_the_whole_list(scores: list[float]) -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for number, score in enumerate(scores):
        totals.add({"row": number, "id": "a", "prompt": "p", "score": score, "signals": {}})
    found = totals.to_json()["score"]
    assert found["mean"] == pytest.approx(mean(scores), abs=1e-9)
    assert found["deviation"] == pytest.approx(stdev(scores), abs=1e-9)
    ranked = sorted(scores)
    assert found["quantiles"]["p50"] == pytest.approx(ranked[(len(scores) - 1) // 2], abs=1 / 4000 + 1e-9)


def test_groups_tell_what_grpo_can_learn_from() -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for prompt, scores in {"flat": [0.5, 0.5], "ranked": [0.2, 0.4], "mixed": [0.1, 1.0], "done": [1.0, 1.0]}.items():
        for score in scores:
            totals.add({"row": 0, "id": "a", "prompt": prompt, "score": score, "signals": {}})
    groups = totals.to_json()["groups"]
    assert (groups["zero_variance"], groups["none_right"], groups["none_right_but_ranked"]) == (0.5, 0.5, 0.25)
    assert groups["pass_at"] == {"1": 0.375, "2": 0.5}  # (0 + 0 + 1/2 + 1) / 4 and (0 + 0 + 1 + 1) / 4

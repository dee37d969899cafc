"""Grading files: every row once, in order, whatever its neighbours hold and however often the job is stopped."""

from __future__ import annotations

import json
import math
import pickle
import sqlite3
import subprocess
import sys
import tracemalloc
from concurrent.futures import Future
from itertools import combinations
from pathlib import Path
from random import Random
from statistics import mean, stdev
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from rewards import Bounds
from rewards.grading import (
    Grade,
    Job,
    Journal,
    JournalError,
    Sources,
    Totals,
    grade_chunks,
    pass_at_k,
    read_rows,
    spill,
)
from rewards.grading import grade as grade_module
from rewards.rollouts import read_records
from rewards.types import LARGEST
from rft.commands.grade import command
from rft.pipeline import digest_of_file

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


def graded(reward: str, path: Path, workers: int = 1) -> list[Grade]:
    chunks = grade_chunks(Job(reward), read_rows(path), workers=workers)
    return [grade for chunk in chunks for grade in chunk]


def test_a_bad_row_costs_only_itself(reward: str, rollouts: Path) -> None:
    grades = graded(reward, rollouts)
    assert [grade.score for grade in grades] == [0.5, 1.0, None, 0.0, 1.0, None, None]
    assert grades[2].ungradable == "no reference"
    assert [grade.row for grade in grades if grade.unreadable] == [6, 7]
    assert grades[0].metrics == {"chars": 2.0}


def test_a_reward_of_one_name_in_two_folders_is_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("0.25", "0.75"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "reward.py").write_text(
            f"from rewards import Score\ndef reward(*of):\n    return Score({name})\n"
        )
        (tmp_path / name / "rows.jsonl").write_text(json.dumps(ROWS[0]))
        monkeypatch.chdir(tmp_path / name)
        ((graded,),) = grade_chunks(Job("reward.py:reward"), read_rows(Path("rows.jsonl")))
        assert graded.score == float(name)


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
    pytest.importorskip("ray")
    from rewards.grading.ray import grade_on_ray

    chunks = grade_on_ray(Job(reward), rollouts)
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


def test_the_summary_tells_why_the_first_row_could_not_be_read_or_judged(reward: str, rollouts: Path) -> None:
    shown = run(rollouts, "--reward", reward).output
    assert "1 ungradable: c; the first: no reference" in shown
    assert "2 unreadable: 6, 7; the first: " in shown


def test_a_clean_file_leaves_with_0_and_reads_well(reward: str, rollouts: Path) -> None:
    rollouts.write_text(
        "".join(json.dumps(row(name, text)) + "\n" for name, text in zip("abcd", ["x", "xx", "", "xxxx"], strict=True))
    )
    result = run(rollouts, "--reward", reward)
    assert result.exit_code == 0
    assert "score    0.438 ± 0.213" in result.output  # mean of 1/4, 1/2, 0, 1; deviation 0.427 / sqrt 4
    assert "zero_std_groups" in result.output


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


def rft(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """`rft grade` in a process of its own: modules that are loaded once would hide what changed."""
    words = [sys.executable, "-m", "rft", "grade", *map(str, arguments)]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


PARTS = {
    "reward.py": """
import importlib
import json
from pathlib import Path
from rewards import Score
from helper import scale

WEIGHTS = json.loads(Path(__file__).with_name("weights.json").read_text())
TABLES = [path.read_text() for path in Path(__file__).parent.glob("*.table")]

importlib.import_module("plug" + "in")

def reward(sample, completion, /):
    from late import bonus
    return Score(scale(WEIGHTS["right"] * (completion.text == "xx")) + bonus)
""",
    "helper.py": "from deeper.inside import FACTOR\n\ndef scale(value):\n    return value * FACTOR\n",
    "deeper/inside.py": "FACTOR = 0.5\n",
    "late.py": "bonus = 0.25\n",
    "weights.json": '{"right": 1.0}',
    "words.table": "a",
    "plugin.py": "X = 1\n",
}


@pytest.mark.parametrize("changed", PARTS)
def test_grades_of_a_reward_are_not_mixed_with_those_of_another(tmp_path: Path, changed: str) -> None:
    for name, text in PARTS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(row(str(n), "xx")) + "\n" for n in range(4)))
    arguments = (rows, "--reward", "reward.py:reward", "-o", "out.jsonl")
    assert rft(tmp_path, *arguments).returncode == 0
    out = tmp_path / "out.jsonl"
    half = "".join(out.read_text().splitlines(keepends=True)[:2])
    out.write_text(half)
    (tmp_path / changed).write_text(PARTS[changed].replace("0.25", "0.5") + " ")
    refused = rft(tmp_path, *arguments)
    assert refused.returncode == 2
    assert f"the reward has changed ({changed})" in refused.stderr
    assert out.read_text() == half
    (tmp_path / changed).write_text(PARTS[changed])
    assert rft(tmp_path, *arguments).returncode == 0
    assert [json.loads(line)["row"] for line in out.read_text().splitlines()] == [1, 2, 3, 4]


def test_grades_of_other_rows_are_not_mixed_in_however_late_the_rows_differ(tmp_path: Path) -> None:
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_bytes(b"x" * 3_000_000 + b"a")
    before = Sources({"reward.py": "1"}, digest_of_file(rows))
    with Journal(out, before) as journal:
        journal.write("{}\n")
    rows.write_bytes(b"x" * 3_000_000 + b"b")
    with pytest.raises(JournalError, match="the rows have changed"):
        Journal(out, Sources({"reward.py": "1"}, digest_of_file(rows)))


def test_a_file_of_grades_without_its_job_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text('{"row": 1}\n')
    with pytest.raises(JournalError, match=r"out\.jsonl\.job beside it does not tell"):
        Journal(tmp_path / "out.jsonl", Sources({}, ""))


HALF_LINES = ("half a line", "a line without its end", "zeros behind a power cut")


def damaged(lines: list[str], how: str) -> str:
    return {
        "nothing": "".join(lines),
        "half a line": "".join(lines)[:-9],
        "a line without its end": "".join(lines).rstrip("\n"),
        "a missing line": "".join(lines[:2] + lines[3:]),
        "zeros behind a power cut": "".join(lines[:2]) + "\0" * 64,
        "a torn line in the middle": "".join(lines[:2]) + lines[2][:20] + "\n" + "".join(lines[3:]),
        "a line twice": "".join(lines[:2] + lines[1:]),
        "nothing left": "",
    }[how]


@pytest.mark.parametrize(
    "how",
    [
        "nothing",
        "half a line",
        "a line without its end",
        "a missing line",
        "zeros behind a power cut",
        "a torn line in the middle",
        "a line twice",
        "nothing left",
    ],
)
def test_whatever_a_crash_leaves_the_rows_are_there_once_and_in_order(
    reward: str, rollouts: Path, tmp_path: Path, how: str
) -> None:
    out = tmp_path / "grades.jsonl"
    run(rollouts, "--reward", reward, "-o", out)
    whole = out.read_text()
    out.write_text(damaged(whole.splitlines(keepends=True), how))
    again = run(rollouts, "--reward", reward, "-o", out)
    assert out.read_text() == whole
    assert ("graded anew" in again.output) == (how not in ("nothing", "nothing left", *HALF_LINES))


def test_a_graded_rollout_holds_its_row_its_completion_and_its_grade(
    reward: str, rollouts: Path, tmp_path: Path
) -> None:
    run(rollouts, "--reward", reward, "-o", tmp_path / "out.jsonl")
    first, _, third, *_, last = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert {key: first[key] for key in ROWS[0]} == ROWS[0]
    assert (first["row"], first["sample"], first["score"], first["metrics"]) == (1, 0, 0.5, {"chars": 2.0})
    assert first["grader"].startswith("sha256:")
    assert (third["ungradable"], "score" in third) == ("no reference", False)
    assert last == {"rollout_version": 1, "row": 7, "unreadable": last["unreadable"], "grader": first["grader"]}


def test_completions_of_one_prompt_are_numbered(reward: str, rollouts: Path, tmp_path: Path) -> None:
    run(rollouts, "--reward", reward, "-o", tmp_path / "out.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    # a, b and e share prompt and reference; c has no reference; d asks something else
    assert [line.get("sample") for line in lines] == [0, 1, 0, 0, 2, None, None]


def test_graded_rollouts_are_graded_again_to_the_same(reward: str, rollouts: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    rollouts.write_text("".join(json.dumps(each) + "\n" for each in ROWS))
    run(rollouts, "--reward", reward, "-o", first)
    run(first, "--reward", reward, "-o", second)
    assert second.read_text() == first.read_text()


def test_parquet_output_holds_the_same_rollouts(reward: str, rollouts: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    for name in ("out.jsonl", "out.parquet"):
        run(rollouts, "--reward", reward, "-o", tmp_path / name)
    assert list(read_records(tmp_path / "out.parquet")) == list(read_records(tmp_path / "out.jsonl"))


def test_the_output_cannot_be_the_input(reward: str, rollouts: Path) -> None:
    before = rollouts.read_text()
    result = run(rollouts, "--reward", reward, "-o", rollouts)
    assert (result.exit_code, rollouts.read_text()) == (2, before)


def test_a_metric_that_was_not_measured_is_null_in_the_file_and_in_no_mean(tmp_path: Path) -> None:
    (tmp_path / "reward.yaml").write_text("box_count: {}\n")
    rows = [row(str(n), text, reference=[]) for n, text in enumerate(["unreadable", "[]", "[[0, 0, 1, 1]]"])]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    result = run(tmp_path / "rows.jsonl", "--reward", tmp_path / "reward.yaml", "-o", tmp_path / "out.jsonl", "--json")
    metrics = [json.loads(line)["metrics"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert metrics == [{"boxes": None}, {"boxes": 0.0}, {"boxes": 1.0}]
    assert json.loads(result.output)["metrics"]["boxes"]["mean"] == 0.5  # (0 + 1) / 2
    assert "(2 of 3 measured)" in run(tmp_path / "rows.jsonl", "--reward", tmp_path / "reward.yaml").output


def test_standard_input_cannot_be_continued(reward: str, tmp_path: Path) -> None:
    result = run("-", "--reward", reward, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 2
    assert "standard input cannot" in result.output


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_solving_completion(solved: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(solved)))
    draws = list(combinations(solved, k))
    assert pass_at_k(len(solved), sum(solved), k) == pytest.approx(sum(map(any, draws)) / len(draws))


@given(st.lists(st.floats(0, 1), min_size=2, max_size=50))
def test_streamed_statistics_are_those_of_the_whole_list(scores: list[float]) -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for number, score in enumerate(scores):
        totals.add(Grade(number, "a", score=score))
    found = totals.to_json()["score"]
    assert found["mean"] == pytest.approx(mean(scores), abs=1e-9)
    assert found["deviation"] == pytest.approx(stdev(scores), abs=1e-9)
    ranked = sorted(scores)
    assert found["quantiles"]["p50"] == pytest.approx(ranked[(len(scores) - 1) // 2], abs=1 / 4000 + 1e-9)


@given(st.lists(st.floats(-LARGEST, LARGEST), min_size=1, max_size=50))
def test_quantiles_of_scores_beyond_the_bounds_are_those_of_the_scores(scores: list[float]) -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for number, score in enumerate(scores):
        totals.add(Grade(number, "a", score=score))
    found = totals.to_json()["score"]["quantiles"]
    assert found["p5"] == pytest.approx(sorted(scores)[math.ceil(0.05 * len(scores)) - 1], rel=1e-3, abs=1e-3)
    assert found["p95"] == pytest.approx(sorted(scores)[math.ceil(0.95 * len(scores)) - 1], rel=1e-3, abs=1e-3)


def test_groups_tell_what_grpo_can_learn_from() -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for prompt, scores in enumerate(([0.5, 0.5], [0.2, 0.4], [0.1, 1.0], [1.0, 1.0])):
        for score in scores:
            totals.add(Grade(0, "a", prompt, score=score))
    groups = totals.to_json()["groups"]
    assert (groups["zero_std_groups"], groups["solve_all"]) == (0.5, 0.25)  # the first and the last; the last
    assert (groups["solve_none"], groups["solve_none_ranked"]) == (0.5, 0.25)  # the first two; the second
    assert groups["pass_at"] == {"1": 0.375, "2": 0.5}  # (0 + 0 + 1/2 + 1) / 4 and (0 + 0 + 1 + 1) / 4


# --- standard errors by prompt -----------------------------------------------------------------------------------
def summary_of(groups: list[list[float]], metric: bool = False) -> dict[str, Any]:
    totals = Totals(Bounds(0.0, 1.0))
    for prompt, scores in enumerate(groups):
        for score in scores:
            totals.add(Grade(0, "a", prompt, prompt, score=score, metrics={"chars": score if metric else None}))
    return totals.to_json()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.integers(1, 8))
def test_a_copy_of_a_completion_tells_nothing_new_of_the_mean(scores: list[float], copies: int) -> None:
    once, often = summary_of([[score] for score in scores]), summary_of([[score] * copies for score in scores])
    assert once["score"]["standard_error"] == pytest.approx(stdev(scores) / len(scores) ** 0.5, abs=1e-9)
    assert often["score"]["standard_error"] == pytest.approx(once["score"]["standard_error"], abs=1e-9)


def test_the_standard_error_covers_the_mean_of_prompts_that_differ() -> None:
    """Prompts of difficulty 0 to 1 with 8 completions each: the mean over prompts is 0.5, and 1.96 standard errors miss
    it in about 5 of 100 trials; taking the 240 completions as independent would miss it in about half of them."""
    missed = 0
    for trial in range(200):
        rng = Random(f"coverage/{trial}")
        groups = [[float(rng.random() < p) for _ in range(8)] for p in (rng.random() for _ in range(30))]
        found = summary_of(groups)["score"]
        missed += abs(found["mean"] - 0.5) > 1.96 * found["standard_error"]
    assert missed <= 24  # 12 %: 5 % of 200 are 10 ± 3, a little more as 30 prompts are few


def test_a_metric_counts_the_prompts_on_which_it_was_measured() -> None:
    totals = Totals(Bounds(0.0, 1.0))
    for prompt, values in enumerate(([0.0, 0.0], [1.0, 1.0], [None, None])):
        for value in values:
            totals.add(Grade(0, "a", prompt, prompt, score=0.0, metrics={"boxes": value}))
    boxes = totals.to_json()["metrics"]["boxes"]
    assert boxes == {"mean": 0.5, "standard_error": 0.5, "count": 4}  # stdev(0, 1) / sqrt(2), of two prompts


def test_completions_of_one_prompt_at_two_steps_are_two_groups_and_one_cluster(tmp_path: Path, reward: str) -> None:
    rows = [{**row("a", "x", prompt=prompt), "row_id": prompt, "step": step} for prompt in "pq" for step in (1, 2)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows))
    grades = graded(reward, tmp_path / "rows.jsonl")
    assert (len({grade.group for grade in grades}), len({grade.prompt for grade in grades})) == (4, 2)


# --- memory ------------------------------------------------------------------------------------------------------
@given(st.lists(st.tuples(st.integers(0, 30), st.sampled_from([0.0, 0.25, 1.0])), min_size=1, max_size=120))
def test_what_waits_in_a_file_counts_as_what_is_in_memory(drawn: list[tuple[int, float]]) -> None:
    kept, spilled = Totals(Bounds(0.0, 1.0)), Totals(Bounds(0.0, 1.0), held=2)
    grades = [Grade(n, "a", key, key % 5, score=score, metrics={"m": score}) for n, (key, score) in enumerate(drawn)]
    assert [spilled.add(grade) for grade in grades] == [kept.add(grade) for grade in grades]
    assert numbers_of(spilled.to_json()) == pytest.approx(numbers_of(kept.to_json()), abs=1e-12)


def numbers_of(value: Any, path: str = "") -> dict[str, float]:
    if isinstance(value, dict):
        inner = [numbers_of(each, f"{path}/{key}") for key, each in value.items()]
        return {name: number for numbers in inner for name, number in numbers.items()}
    return {} if isinstance(value, list) else {path: value}


def traced_bytes(prompts: int) -> int:
    totals = Totals(Bounds(0.0, 1.0), held=256)
    tracemalloc.start()
    for number in range(prompts):
        for score in (0.0, 1.0):
            key = number << 40  # as wide as a digest
            totals.add(Grade(number, "a", key, key, score=score, parts={"p": score}, metrics={"m": score}))
    totals.to_json()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_number_of_prompts() -> None:
    traced_bytes(1_000)  # what is loaded once
    few, many = traced_bytes(2_000), traced_bytes(8_000)
    assert many - few < 6_000 * 4  # 4 bytes for each of 6,000 more prompts; it was 420


def test_a_temporary_folder_without_room_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    totals = Totals(Bounds(0.0, 1.0), held=2)

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(spill, "_temporary", full)
    for number in range(2):
        totals.add(Grade(number, "a", number, number, score=0.0))
    with pytest.raises(spill.SpillError, match=r"more than 2 prompts .*disk is full\); free some room, or set TMPDIR"):
        totals.add(Grade(2, "a", 2, 2, score=0.0))


# --- what travels between processes --------------------------------------------------------------------------------
class Sent:
    """A stand-in for the pool of processes, which counts the bytes that travel."""

    def __init__(self, *_: object) -> None:
        Sent.bytes = 0

    def submit(self, work: Any, *arguments: Any) -> Future[Any]:
        there = pickle.dumps((work, arguments))
        back = pickle.dumps(work(*arguments))
        Sent.bytes += len(there) + len(back)
        done: Future[Any] = Future()
        done.set_result(pickle.loads(back))
        return done

    def shutdown(self, **_: object) -> None:
        pass


@pytest.mark.parametrize(("keep_records", "bytes_each"), [(False, 150), (True, 400)])
def test_a_row_travels_once_each_way_and_little_beside_it(
    reward: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep_records: bool, bytes_each: int
) -> None:
    rows = [json.dumps(row(str(n), "x" * 4, prompt="y" * 1_000)) for n in range(600)]
    (tmp_path / "rows.jsonl").write_text("\n".join(rows))
    monkeypatch.setattr(grade_module, "ProcessPoolExecutor", Sent)
    job = Job(reward, keep_records=keep_records)
    assert sum(map(len, grade_chunks(job, read_rows(tmp_path / "rows.jsonl"), workers=2))) == 600
    text = sum(map(len, rows)) * (2 if keep_records else 1)
    assert Sent.bytes - text < 600 * bytes_each


def test_a_chunk_of_large_rows_is_small(reward: str, tmp_path: Path) -> None:
    large = (json.dumps(row(str(n), "x", prompt="y" * 500_000)) for n in range(20))
    (tmp_path / "rows.jsonl").write_text("\n".join(large))
    chunks = list(grade_chunks(Job(reward), read_rows(tmp_path / "rows.jsonl")))
    assert [len(chunk) for chunk in chunks] == [8, 8, 4]  # 8 x 500 KB pass 4 MB
    assert [grade.row for chunk in chunks for grade in chunk] == list(range(1, 21))

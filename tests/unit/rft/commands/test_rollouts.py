"""`rft rollouts`: files in, statistics and kept rows out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from rft.cli import rft


def rollout(prompt: int, sample: int, score: float) -> dict[str, Any]:
    turns = [{"role": "user", "content": f"prompt {prompt}"}, {"role": "assistant", "content": f"{sample}"}]
    named = {"rollout_version": 1, "row_id": f"q{prompt}", "id": f"q{prompt}-{sample}", "sample": sample}
    return {**named, "messages": turns, "reference_answer": prompt, "score": score, "parts": {"right": score}}


def write(path: Path, records: list[dict[str, Any]]) -> Path:
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return path


def passed(counts: list[int], of: int = 4) -> list[dict[str, Any]]:
    """Prompts of which so many completions pass."""
    return [rollout(prompt, n, float(n < count)) for prompt, count in enumerate(counts) for n in range(of)]


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    return write(tmp_path / "graded.jsonl", passed([0, 1, 2, 3, 4]))


def invoked(*args: object) -> Result:
    return CliRunner().invoke(rft, ["rollouts", *map(str, args)])


def test_files_without_a_verb_are_read(saved: Path) -> None:
    assert invoked(saved, "--json").output == invoked("read", saved, "--json").output == invoked("--json", saved).output
    found = json.loads(invoked(saved, "--json").output)
    assert found["difficulty"]["bands"] == {"never": 1, "hard": 1, "medium": 1, "easy": 1, "always": 1}
    assert found["zero_std"]["share"] == 0.4  # 2 of 5


def test_rollouts_come_through_a_pipe_too_and_their_rows_are_kept(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "kept.jsonl"
    command = [sys.executable, "-m", "rft", "rollouts", "-", "--json", "--keep", "all", "-o", str(out)]
    text = saved.read_text(encoding="utf-8")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["zero_std"] == json.loads(invoked(saved, "--json").output)["zero_std"]
    assert len(out.read_text(encoding="utf-8").splitlines()) == 3


def test_the_text_shows_every_statistic(saved: Path) -> None:
    done = invoked(saved)
    assert done.exit_code == 0, done.output
    words = [
        "difficulty",
        "zero-std groups: 40.0% of 5 groups of 4",
        "reward",
        "parts",
        "length",
        "completions",
        "power",
    ]
    assert [word for word in words if f"\n{word}" not in done.output] == []


@pytest.mark.parametrize(("band", "kept"), [("hard", [1]), ("medium", [2]), ("easy", [3]), ("all", [1, 2, 3])])
def test_the_rows_of_a_band_are_written_as_data(saved: Path, tmp_path: Path, band: str, kept: list[int]) -> None:
    out = tmp_path / "kept.jsonl"
    assert invoked(saved, "--keep", band, "-o", out).exit_code == 0
    rows = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    turns = [[{"role": "user", "content": f"prompt {prompt}"}] for prompt in kept]
    expected = [{"id": f"q{n}", "messages": turn, "reference_answer": n} for n, turn in zip(kept, turns, strict=True)]
    assert rows == expected


def test_rows_at_the_end_of_a_band_are_in_one_band_only(tmp_path: Path) -> None:
    path = write(tmp_path / "graded.jsonl", passed([1, 2], of=3))  # pass rates of 1/3 and 2/3
    outs = {band: tmp_path / f"{band}.jsonl" for band in ("hard", "medium", "easy")}
    codes = {band: invoked(path, "--keep", band, "-o", out).exit_code for band, out in outs.items()}
    assert codes == {"hard": 0, "medium": 0, "easy": 1}  # an empty file is a problem
    assert [len(outs[band].read_text(encoding="utf-8").splitlines()) for band in outs] == [1, 1, 0]


def test_a_sum_just_below_the_threshold_passes_in_the_histogram_and_in_the_file(tmp_path: Path) -> None:
    records = [rollout(0, 0, 0.6 + 0.3 + 0.1), rollout(0, 1, 0.0)]  # 0.9999999999999999
    path, out = write(tmp_path / "graded.jsonl", records), tmp_path / "kept.jsonl"
    assert json.loads(invoked(path, "--json").output)["difficulty"]["bands"]["medium"] == 1
    assert invoked(path, "--keep", "medium", "-o", out).exit_code == 0


def test_rows_can_come_from_the_data_file(saved: Path, tmp_path: Path) -> None:
    row = {"id": "q2", "messages": [{"role": "user", "content": "prompt 2"}], "own": True}
    data, out = write(tmp_path / "train.jsonl", [row]), tmp_path / "kept.jsonl"
    assert invoked(saved, "--keep", "all", "-o", out, "--data", data).exit_code == 0
    assert json.loads(out.read_text(encoding="utf-8")) == row


def test_where_chooses_the_rollouts_that_are_read_and_kept(saved: Path, tmp_path: Path) -> None:
    out = tmp_path / "kept.jsonl"
    done = invoked(saved, "--json", "--where", 'prompt ~ "prompt 2" or prompt ~ "prompt 3"', "--keep", "all", "-o", out)
    found = json.loads(done.output)
    assert (found["rollouts"], found["files"], found["kept"]["rows_written"]) == (8, [str(saved)], 2)
    assert found["difficulty"]["bands"] == {"never": 0, "hard": 0, "medium": 1, "easy": 1, "always": 0}
    by_advantage = json.loads(invoked(saved, "--json", "--where", "advantage > 0").output)
    assert by_advantage["rollouts"] == 6  # 1 + 2 + 3 in the groups that teach


@pytest.mark.parametrize(
    ("where", "code", "says"),
    [
        ("score > 2", 1, "no rollout fits score > 2"),
        ("part.rihgt == 0", 2, "--where, character 1: no rollout has `part.rihgt`"),
        ("score <", 2, "--where, character 8"),
    ],
)
def test_an_expression_that_chooses_nothing_or_cannot_be_read_is_told(
    saved: Path, where: str, code: int, says: str
) -> None:
    done = invoked(saved, "--where", where)
    assert (done.exit_code, says in done.output) == (code, True), done.output


def test_rollouts_that_teach_nothing_are_a_problem(tmp_path: Path) -> None:
    assert invoked(write(tmp_path / "graded.jsonl", passed([0, 4]))).exit_code == 1


def test_declared_weights_come_from_the_reward(saved: Path, tmp_path: Path) -> None:
    reward = tmp_path / "reward.yaml"
    reward.write_text("weighted:\n  parts:\n    right: {reward: json_parse, weight: 1.0}\n", encoding="utf-8")
    influence = json.loads(invoked(saved, "--reward", reward, "--json").output)["influence"]
    assert influence["declared"] is True
    assert influence["parts"]["right"]["weight"] == 1.0


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (["--keep", "hard"], "--keep and -o belong together"),
        (["--data", "graded.jsonl"], "--data is where --keep takes the rows from"),
        (["graded.jsonl"], "a file is given twice"),
        (["--keep", "hard", "-o", "graded.jsonl"], "is also an input"),
        (["--keep", "hrd", "-o", "k.jsonl"], "--keep takes hard, medium, easy, all; got 'hrd'"),
    ],
)
def test_misuse_is_told(saved: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], says: str) -> None:
    monkeypatch.chdir(saved.parent)
    done = invoked("graded.jsonl", *args)
    assert done.exit_code == 2
    assert says in done.output


# --- reverify ----------------------------------------------------------------------------------------------------
def test_two_graded_files_are_compared(saved: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "other.jsonl", [{**one, "score": 1 - one["score"]} for one in passed([0, 1, 2, 3, 4])])
    done = invoked("reverify", saved, other, "--json")
    found = json.loads(done.output)
    assert done.exit_code == 0
    assert (found["rollouts"], found["rank_correlation"], found["sign_flips"]) == (20, -1.0, 1.0)
    assert "rank correlation              -1.000" in invoked("reverify", saved, other).output


def test_rollouts_of_one_file_only_are_a_problem(saved: Path, tmp_path: Path) -> None:
    assert invoked("reverify", saved, write(tmp_path / "fewer.jsonl", passed([0, 1]))).exit_code == 1


def test_two_rewards_are_compared_on_rollouts_and_timed(saved: Path, tmp_path: Path) -> None:
    names = []
    for root in ("any", "array"):
        names.append(tmp_path / f"{root}.yaml")
        names[-1].write_text(f"json_parse: {{root: {root}}}\n", encoding="utf-8")
    done = invoked("reverify", *names, "--on", saved)
    assert done.exit_code == 0, done.output
    assert "microseconds a rollout" in done.output


def test_what_is_no_file_is_told_from_a_reward(saved: Path) -> None:
    done = invoked("reverify", "reward.py:reward", saved)
    assert done.exit_code == 2
    assert "to compare rewards say which rollouts: --on FILE" in done.output

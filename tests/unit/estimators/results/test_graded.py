"""Reading graded completions: a prompt counts once, whatever wrote the file."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from estimators.errors import OutputError
from estimators.results.compare import compare
from estimators.results.graded import TOTAL, graded_rows, read_graded
from rewards import json_parse
from rewards.rollouts import Record, rollout_record
from rft.commands.eval import command as eval_command
from rft.commands.grade import command as grade_command


def completed(text: str, **more: Any) -> dict[str, Any]:
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "content": text}]
    return {"id": "q-0", "messages": messages, "reference_answer": {"x": 1}} | more


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def record(prompt: str, sample: int, score: float) -> Record:
    row = {"id": prompt, "messages": [{"role": "user", "content": prompt}]}
    made = rollout_record(row, [{"role": "assistant", "content": "x"}], row_id=prompt, sample=sample)
    return {**made, "score": score, "parts": {"half": score / 2}, "metrics": {"chars": None if sample else 1.0}}


@given(st.dictionaries(st.text(), st.lists(st.floats(0, 1), min_size=1, max_size=5), min_size=2, max_size=6))
def test_completions_of_a_prompt_are_merged_before_anything_is_estimated(scores: dict[str, list[float]]):
    records = [record(prompt, n, score) for prompt, of in scores.items() for n, score in enumerate(of)]
    without_row_id = [{key: value for key, value in each.items() if key != "row_id"} for each in records]
    means = [fmean(of) for of in scores.values()]
    for rows in (records, without_row_id):
        found = compare({"m": graded_rows(enumerate(rows), None, "f")}).models[0].metrics
        assert found[TOTAL].count == found["chars"].count == len(scores)
        assert found[TOTAL].mean == pytest.approx(fmean(means))
        assert found[TOTAL].standard_error == pytest.approx(stdev(means) / len(means) ** 0.5)
        assert found["half"].mean == pytest.approx(fmean(means) / 2)


def test_what_grade_writes_is_compared_by_prompts_with_every_part(tmp_path: Path):
    """Four prompts of four completions that all score alike: 4 independent values, not 16."""
    (tmp_path / "reward.yaml").write_text("weighted: {parts: {right: {reward: {exact_match: {}}, weight: 1.0}}}\n")
    rows = [
        completed(
            text,
            id=f"{prompt}-{n}",
            messages=[{"role": "user", "content": str(prompt)}, {"role": "assistant", "content": text}],
            reference_answer="yes",
        )
        for prompt, text in enumerate(["yes", "no", "no", "no"])
        for n in range(4)
    ]
    path, out = written(tmp_path / "rows.jsonl", *rows), tmp_path / "graded.jsonl"
    done = CliRunner().invoke(grade_command, [str(path), "--reward", str(tmp_path / "reward.yaml"), "-o", str(out)])
    assert done.exit_code == 0, done.output
    shown = CliRunner().invoke(eval_command, ["compare", f"m={out}"]).output
    assert "4 rows that all models completed" in shown
    assert "0.250 ± 0.250" in shown  # deviation of 1, 0, 0, 0 is 0.5; over the root of 4
    assert "right" in shown


def test_files_of_the_first_version_are_read(tmp_path: Path):
    old = (
        completed(
            "{}", id=f"q-{i}", row_id="q", sample=i, truncated=False, score=i, metrics={"f": 1.0, "ungradable": 0}
        )
        for i in (0, 1)
    )
    rows = read_graded(written(tmp_path / "a.jsonl", *old))
    assert rows["q"].metrics == {TOTAL: 0.5, "f": 1.0}
    assert rows["q"].completion == "{}"


def test_a_grade_of_the_first_version_is_named_with_the_command_to_run(tmp_path: Path):
    old = {"row": 1, "id": "a", "prompt": "0123", "score": 1.0, "reason": "", "signals": {}}
    with pytest.raises(OutputError, match=r"a\.jsonl:1: .*run `rft grade ROLLOUTS --reward REWARD -o OUT` again"):
        read_graded(written(tmp_path / "a.jsonl", old))


def test_a_reward_judges_saved_completions_anew(tmp_path: Path):
    ask = [{"role": "user", "content": "another"}]
    good, bad = completed('{"a": 1}', id="good", score=0.0), completed("no", id="bad", score=1.0)
    path = written(tmp_path / "a.jsonl", good, bad | {"messages": [*ask, *bad["messages"]]})
    rows = read_graded(path, json_parse())
    assert {row_id: row.metrics[TOTAL] for row_id, row in rows.items()} == {"good": 1.0, "bad": 0.0}


def test_completions_of_a_row_that_cannot_be_judged_are_counted_apart(tmp_path: Path):
    graded, ungradable = record("a", 0, 1.0), {**record("b", 0, 1.0), "ungradable": "no reference"}
    del ungradable["score"]
    rows = read_graded(written(tmp_path / "a.jsonl", graded, ungradable))
    assert (list(rows), rows.ungradable) == (["a"], 1)


def test_a_completion_without_a_score_asks_for_a_reward(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", completed("{}"))
    with pytest.raises(OutputError, match=r"a\.jsonl:1: no number under 'score'; give a reward"):
        read_graded(path)


def test_a_row_without_a_completion_is_refused(tmp_path: Path):
    path = written(tmp_path / "a.jsonl", {"id": "1", "messages": [{"role": "user", "content": "?"}]})
    with pytest.raises(OutputError, match=r"a\.jsonl:1"):
        read_graded(path, json_parse())


def traced_bytes(path: Path) -> int:
    tracemalloc.start()
    rows = read_graded(path, keep_rows=False)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(rows) == 200
    return kept


def test_without_their_rows_graded_prompts_take_no_memory_for_what_was_asked(tmp_path: Path):
    def rows(chars: int) -> Path:
        asked = (completed("{}", id=str(n), row_id=str(n), score=0.5, note=f"{n}" + "x" * chars) for n in range(200))
        return written(tmp_path / f"{chars}.jsonl", *asked)

    short, long = rows(10), rows(10_000)
    traced_bytes(short)  # what is loaded once
    assert traced_bytes(long) - traced_bytes(short) < 200 * 2_000  # but for the last few prompts; all of them are 2 MB

"""A reward that cannot judge a row is found before a job is paid for."""

import json
from pathlib import Path
from typing import Any

from rewards import exact_match, tool_calls
from rft.graders.gold_check import gold_findings

ASKED = [{"role": "user", "content": "q"}]
CALL = {"name": "search", "arguments": {"q": "x"}}


def file_of(folder: Path, *rows: Any) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(f"{row if isinstance(row, str) else json.dumps(row)}\n" for row in rows))
    return path


def test_a_row_that_cannot_be_judged_is_an_error_on_its_line(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"messages": ASKED, "reference_answer": [CALL]}, "", {"messages": ASKED})
    (finding,) = gold_findings(path, tool_calls())
    assert (finding.line, finding.code, finding.severity) == (3, "reference-ungradable", "error")


def test_a_right_completion_that_is_paid_less_is_a_warning_that_shows_it(tmp_path: Path) -> None:
    path = file_of(tmp_path, {"messages": ASKED, "reference_answer": "a", "gold": "b"})
    (finding,) = gold_findings(path, exact_match())
    assert str(finding) == ("1: warning gold-below-best: reference_answer: the right completion scores 0 of 1: 'b'")


def test_accepted_alternatives_and_native_calls_are_right_completions(tmp_path: Path) -> None:
    wrapped = {"name": "search", "arguments": {"q": {"$any_of": ["x", "y"]}}}
    turn = {"role": "assistant", "content": None, "tool_calls": [{"function": CALL}]}
    path = file_of(
        tmp_path,
        {"messages": ASKED, "reference_answer": [wrapped]},
        {"messages": ASKED, "reference_answer": [CALL], "gold": turn},
        {"messages": ASKED, "metadata": {"reference_answer": [CALL]}},
    )
    assert list(gold_findings(path, tool_calls())) == []


def test_what_is_no_row_is_left_to_the_check_of_the_file(tmp_path: Path) -> None:
    assert list(gold_findings(file_of(tmp_path, "{", "[]", "7", {"note": 1}), exact_match())) == []

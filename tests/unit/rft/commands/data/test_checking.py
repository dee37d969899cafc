"""`rft data check` and `fix`, as a user calls them."""

from __future__ import annotations

from pathlib import Path

from tests.unit.rft.commands.data.small_project import call


def test_check_names_the_line_and_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"id": "a"}\n')
    done = call("check", path, "--for", "rft")
    assert done.exit_code == 1
    assert f"{path}:2: error missing-key: messages:" in done.stdout


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    path = tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A"}\n\n')
    assert call("check", path, "--for", "gen-qa").exit_code == 0
    assert call("check", path, "--for", "gen-qa", "--strict").exit_code == 1


def test_fix_writes_a_new_file_and_check_accepts_it(tmp_path: Path) -> None:
    path, fixed = tmp_path / "gen_qa_raw.jsonl", tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A", "metadata": {"a": 1}}\n')
    assert call("fix", path, "-o", fixed, "--for", "gen-qa").exit_code == 0
    assert call("check", fixed, "--for", "gen-qa").exit_code == 0


def test_what_many_rows_have_in_the_same_words_stands_once(tmp_path: Path) -> None:
    path = tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A"}\n\n\n\n')
    said = call("check", path, "--for", "gen-qa").stdout.splitlines()
    assert [line for line in said if "blank-line" in line] == [
        f"{path}:2: warning blank-line: an empty line (and in 2 more rows, up to line 4)"
    ]


def test_no_error_hides_behind_the_limit(tmp_path: Path) -> None:
    path = tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A"}\n' + "\n" * 9 + "{\n")
    said = call("check", path, "--for", "gen-qa", "--limit", 2).stdout
    assert "... and 8 more: 7 blank-line, 1 json-syntax" in said

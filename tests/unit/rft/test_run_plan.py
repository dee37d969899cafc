"""What a plan says of the rows that a run would start from."""

from __future__ import annotations

from pathlib import Path

from estimators.platforms.registry import platform_of
from rft.project import load_project
from rft.run_plan import plan_lines

PROJECT = "name: mine\nreward: reward.py:reward\ndata:\n  train: rows.csv\n  test: test.jsonl\n"


def test_the_shapes_of_the_first_rows_are_told_and_why_others_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "project.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "reward.py").write_text("from rewards import exact_match\n\nreward = exact_match()\n", encoding="utf-8")
    (tmp_path / "rows.csv").write_text("question,answer\na?,1\nb?,2\n", encoding="utf-8")
    (tmp_path / "test.jsonl").write_text('{"frage": "a?"}\n', encoding="utf-8")
    file = load_project(tmp_path / "project.yaml")
    told = [*plan_lines(file, tmp_path / "runs", platform=platform_of("local"), until=None, prices=None)]
    assert told[1:4] == [
        "Data     rows of rows.csv; of the first 2: question and answer 2",
        "         rows of test.jsonl; of the first 1: none can be used",
        "         1 left out: no shape fits the keys 'frage'; name the columns: --prompt COLUMN --answer COLUMN",
    ]

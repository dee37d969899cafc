"""What large files cost: rows as the script writes them, and a report that does not grow with their number."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "load.py"
LOAD: dict[str, Any] = runpy.run_path(str(SCRIPT))


@pytest.mark.parametrize("rows", [100, 1_000])
def test_the_page_of_a_run_is_as_large_with_ten_times_the_rows(tmp_path: Path, rows: int) -> None:
    few = LOAD["reporting"](tmp_path / "few", 50)["MB"]
    assert LOAD["reporting"](tmp_path / "many", rows)["MB"] - few < 0.1  # the points of two curves, at most 500 each


def test_rows_to_grade_have_a_kilobyte_and_completions_of_one_prompt_are_a_group(tmp_path: Path) -> None:
    path = LOAD["write_rollouts"](tmp_path / "rows.jsonl", 8)
    assert 800 < path.stat().st_size / 8 < 1_500
    prompts = [LOAD["rollout"](number)["messages"][0]["content"] for number in range(8)]
    assert len(set(prompts)) == 2  # 8 / 4

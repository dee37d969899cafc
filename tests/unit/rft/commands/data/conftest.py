"""The project of the tests that make a data set."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rft.commands.data.small_project import PROJECT, TEMPLATES


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    for number in range(1, 7):
        text = " ".join(f"Sentence {index} has element{index}x{number}." for index in range(8))
        (tmp_path / "documents" / f"{number}.md").write_text(f"# R-{number}\n\n{text}\n")
    (tmp_path / "system.txt").write_text("Answer with JSON.")
    (tmp_path / "templates.yaml").write_text(TEMPLATES)
    (tmp_path / "reward.py").write_text("from rewards import json_parse\n\nreward = json_parse('object')\n")
    (tmp_path / "project.yaml").write_text(PROJECT)
    return tmp_path / "project.yaml"

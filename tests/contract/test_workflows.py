"""The hosted workflows: what they run is what this repository runs, with pinned actions and no rights to spare."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def jobs(file: Path) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]
    return jobs


@pytest.mark.parametrize("file", [*FILES, ROOT / "action.yml"], ids=lambda file: file.name)
def test_every_action_of_others_is_pinned_to_a_commit(file: Path) -> None:
    used = re.findall(r"uses: ([^\s#]+)", file.read_text(encoding="utf-8"))
    assert used
    assert [one for one in used if one != "./" and not re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one)] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_a_workflow_may_read_and_ends(file: Path) -> None:
    whole = yaml.safe_load(file.read_text(encoding="utf-8"))
    assert whole["permissions"] == {"contents": "read"}
    assert all(job["timeout-minutes"] <= 120 for job in whole["jobs"].values())
    assert "pull_request_target" not in file.read_text(encoding="utf-8")


def test_what_is_published_passed_every_test_and_holds_no_secret() -> None:
    both = jobs(ROOT / ".github" / "workflows" / "publish.yml")
    runs = [step.get("run", "") for step in both["build"]["steps"]]
    assert runs.index(".ci/run") < next(number for number, run in enumerate(runs) if "-m build" in run)
    assert both["publish"]["needs"] == "build"
    assert both["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in (ROOT / ".github" / "workflows" / "publish.yml").read_text(encoding="utf-8")


def test_ci_runs_what_this_repository_runs() -> None:
    steps = jobs(ROOT / ".github" / "workflows" / "ci.yml")["all"]["steps"]
    assert ".ci/run" in [step.get("run") for step in steps]

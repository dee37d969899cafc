"""What code hosts and pre-commit run is run here: their scripts are taken from the files and executed."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from tests.faults.commands import leaves

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
CI: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
HOOKS: list[dict[str, Any]] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
COMMANDS = dict(leaves())
RECIPE = "tests/fixtures/action/recipe.yaml"


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH on which `rft` is the one of this checkout."""
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin" / "rft"
    script.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(ROOT))} exec {shlex.quote(sys.executable)} -m rft "$@"\n'
    )
    script.chmod(0o755)
    return os.pathsep.join([str(script.parent), os.environ["PATH"]])


def check_step(run: str, folder: Path, path: str) -> tuple[int, dict[str, str]]:
    """The exit status and the outputs of the action's step that runs the command."""
    (step,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "check")
    output = folder / "output"
    output.touch()
    environment = {**os.environ, "PATH": path, "RUN": run, "GITHUB_OUTPUT": str(output)}
    shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]  # as `shell: bash` is started
    done = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode, dict(line.split("=", 1) for line in output.read_text().splitlines())


def test_the_action_fails_with_the_command_and_hands_on_its_findings(tmp_path: Path, path: str):
    (tmp_path / "my rows.jsonl").write_text("x\n")
    status, outputs = check_step("data check 'my rows.jsonl' --for rft", tmp_path, path)
    assert status == 1
    log = json.loads((tmp_path / outputs["sarif"]).read_text())
    assert "my%20rows.jsonl" in json.dumps(log["runs"][0]["results"][0])


def test_the_action_hands_on_nothing_where_the_command_could_not_run(tmp_path: Path, path: str):
    assert check_step("data check nowhere.jsonl --for rft", tmp_path, path) == (2, {})


def test_two_steps_of_one_job_write_two_files(tmp_path: Path, path: str):
    (tmp_path / "a.jsonl").write_text("x\n")
    names = [check_step(f"data check a.jsonl --for {target}", tmp_path, path)[1]["sarif"] for target in ("rft", "dpo")]
    assert len(set(names)) == 2


def test_the_workflow_calls_what_ci_is_and_tries_the_action(tmp_path: Path, path: str):
    steps = CI["jobs"]["all"]["steps"]
    assert [step["run"] for step in steps if "run" in step] == [".ci/run"]
    (used,) = (step for step in CI["jobs"]["action"]["steps"] if step["uses"] == "./")
    (tmp_path / RECIPE).parent.mkdir(parents=True)
    (tmp_path / RECIPE).write_bytes((ROOT / RECIPE).read_bytes())
    assert check_step(used["with"]["run"], tmp_path, path)[0] == 0
    assert set(used["with"]) <= set(ACTION["inputs"])


def test_what_others_wrote_is_pinned_to_a_commit():
    steps = [*ACTION["runs"]["steps"], *(step for job in CI["jobs"].values() for step in job["steps"])]
    foreign = [step["uses"] for step in steps if step.get("uses", "./") != "./"]
    assert foreign
    assert [use for use in foreign if not re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", use)] == []


def test_the_workflow_may_only_read_unless_a_job_uploads_findings():
    assert CI["permissions"] == {"contents": "read"}
    asked = {name: set(job.get("permissions", {})) - {"contents"} for name, job in CI["jobs"].items()}
    assert asked == {"all": set(), "action": {"security-events"}}


@pytest.mark.parametrize("hook", HOOKS, ids=[hook["id"] for hook in HOOKS])
def test_a_hook_runs_a_command_that_exists_with_options_that_it_has(hook: dict[str, Any]):
    said = re.search(r"rft ([a-z]+(?: check)?)", hook["entry"])
    assert said is not None
    options = {name for param in COMMANDS[said[1]].params if isinstance(param, click.Option) for name in param.opts}
    assert set(re.findall(r"--[a-z]+", hook.get("description", ""))) <= options


@pytest.mark.parametrize(("broken", "status"), [((), 0), ((0,), 1), ((1,), 1), ((0, 1), 1)])
def test_the_recipe_hook_checks_every_file(broken: tuple[int, ...], status: int, tmp_path: Path, path: str):
    names = ["a b.yaml", "c.yaml"]
    for place, name in enumerate(names):
        text = (ROOT / RECIPE).read_text(encoding="utf-8")
        (tmp_path / name).write_text(text.replace("max_steps:", "max_stepz:") if place in broken else text)
    (entry,) = (hook["entry"] for hook in HOOKS if hook["id"] == "rft-recipe-check")
    command = [*shlex.split(entry), *names]
    done = subprocess.run(command, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, check=False)
    assert done.returncode == status

"""One small run of the shipped example, made once and shared by every test that looks at it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from tests.faults.client import Rft, make_inputs

EXAMPLE = Path(__file__).parents[2] / "examples" / "regulatory_tools"

# Enough steps to go through every line of the backend, too few to learn anything.
SMALL = {
    "sft": {"training_config.max_steps": 2, "training_config.global_batch_size": 4},
    "rft": {
        "training_config.trainer.max_steps": 2,
        "training_config.global_batch_size": 2,
        "training_config.rollout.advantage_strategy.number_generation": 2,
    },
    "eval_samples": 1,
}


@dataclass(frozen=True)
class FinishedRun:
    """A project, the folder its run is in, and what the command printed."""

    project: Path
    runs: Path
    printed: str

    @property
    def root(self) -> Path:
        return self.runs / "regulatory-tools"


def rft(*args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "rft", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, env=dict(os.environ))


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> FinishedRun:
    folder = tmp_path_factory.mktemp("pipeline")
    project = folder / "example" / "project.yaml"
    shutil.copytree(EXAMPLE, project.parent)
    content = yaml.safe_load(project.read_text(encoding="utf-8"))
    for method in ("sft", "rft"):
        content["local"][method].update(SMALL[method])
    content["local"]["eval_samples"] = SMALL["eval_samples"]
    project.write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    done = rft("run", project, "--runs", folder / "runs", cwd=folder)
    assert done.returncode == 0, done.stderr
    return FinishedRun(project, folder / "runs", done.stdout)


@pytest.fixture(scope="module", name="rft")
def running_rft() -> Iterator[Rft]:
    """One process that runs commands one after the other, as a law over all of them needs."""
    running = Rft()
    yield running
    running.close()


@pytest.fixture(scope="module")
def inputs(rft: Rft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what every command reads."""
    return make_inputs(rft, tmp_path_factory.mktemp("inputs"))

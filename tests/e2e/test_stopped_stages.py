"""A kill, a signal to stop and a full disk amid a training and an evaluation: what is left, and what a rerun gives."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rft.pipeline import digests_of_folder
from tests.e2e.conftest import FinishedRun, rft

pytestmark = pytest.mark.train
STOP_IN_STAGE = Path(__file__).with_name("stop_in_stage.py")
AFTER = {"sft": ("eval_sft", "rft", "eval_rft", "report"), "rft": ("eval_rft", "report"), "eval_rft": ("report",)}
ENDS = {"SIGKILL": -signal.SIGKILL, "SIGINT": 130, "SIGTERM": 143, "SIGHUP": 129, "full": 2}
CASES = [*(("rft", how) for how in ENDS), ("eval_rft", "SIGKILL"), ("eval_rft", "SIGTERM"), ("eval_rft", "full")]


@pytest.mark.parametrize(("stage", "how"), CASES)
def test_a_stage_that_is_stopped_leaves_the_finished_ones_and_a_rerun_is_equal(
    finished_run: FinishedRun, tmp_path: Path, stage: str, how: str
) -> None:
    runs = tmp_path / "runs"
    shutil.copytree(finished_run.runs, runs)
    root = runs / finished_run.root.name
    before = {folder.name: digests_of_folder(folder) for folder in root.iterdir() if folder.is_dir()}
    for name in (stage, *AFTER[stage]):
        shutil.rmtree(root / name)
    args = ["run", finished_run.project, "--runs", runs]
    command = [sys.executable, STOP_IN_STAGE, stage, how, *args]
    stopped = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert stopped.returncode == ENDS[how], stopped
    assert "Traceback" not in stopped.stderr
    if how != "SIGKILL":
        assert stopped.stderr.splitlines()[-1].startswith("rft: ")
    if how == "full":
        assert "File too large" in stopped.stderr.splitlines()[-1]
    left = {folder.name: digests_of_folder(folder) for folder in root.iterdir() if folder.is_dir()}
    assert {name: left[name] for name in left if name in before} == {
        name: before[name] for name in before if name not in (stage, *AFTER[stage])
    }
    if stage == "rft" and how != "full":
        kept = root / (f".{stage}.draft" if how == "SIGKILL" else f"{stage}.stopped")
        assert [path.name for path in kept.glob("checkpoint-*")] == ["checkpoint-1"]
        assert how == "SIGKILL" or "the same command goes on after step 1" in stopped.stderr
    assert set(left) - set(before) <= {f".{stage}.draft", f"{stage}.stopped"}
    again = rft(*args, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    made = {folder.name: digests_of_folder(folder) for folder in root.iterdir() if folder.is_dir()}
    assert {name: made.get(name) for name in before} == before
    assert not (root / f".{stage}.draft").exists()

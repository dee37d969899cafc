"""`rft train guard`: warnings from a job's metrics and rollouts, and the stop that was asked for."""

from __future__ import annotations

import json

import pytest

from tests.fakes.fake_mlflow import mlflow_server
from tests.unit.rft.commands.shell import LOG_GROUP, Shell, on_the_cluster
from tests.unit.rft.commands.test_rehearse import write

STEPS = range(1, 13)
HACKED = {
    "critic/rewards/mean": [(step, 0.4 + 0.05 * step) for step in STEPS],
    "exact": [(step, 0.4 - 0.03 * max(0, step - 4)) for step in STEPS],
}


def log(shell: Shell, name: str, reward, validation=None) -> None:
    for step in STEPS:
        told = f" - val-score/rewards/mean@1:{validation(step):.4f}" if validation else ""
        line = f"step:{step} - global_step:{step} - critic/rewards/mean:{reward(step):.4f}{told}"
        shell.logs.write(LOG_GROUP, f"{name}/algo-1", line)


def test_a_sound_job_is_watched_to_its_end(shell: Shell):
    name = shell.launched()
    log(shell, name, lambda step: 0.4 + 0.02 * step, lambda step: 0.4 + 0.015 * step)
    done = shell("train", "guard", name)
    assert (done.exit_code, done.output) == (0, f"{name}: nothing to warn of in 12 steps\n")
    assert not shell.sagemaker.jobs[name].running


def test_a_reward_that_rises_while_held_out_rows_fall_is_warned_of(shell: Shell):
    name = shell.launched()
    log(shell, name, lambda step: 0.4 + 0.05 * step, lambda step: 0.4 - 0.03 * max(0, step - 4))
    done = shell("train", "guard", name, "--once", "--json")
    found = json.loads(done.stdout)
    assert (done.exit_code, found["stopped"], shell.sagemaker.jobs[name].running) == (1, False, True)
    assert [alarm["detector"] for alarm in found["alarms"]] == ["gap"]


def test_the_job_is_stopped_when_asked(shell: Shell):
    name = shell.launched()
    with mlflow_server({("tools", name): [HACKED]}) as server:
        where = ("--mlflow", server.url, "--experiment", "tools", "--truth", "exact")
        done = shell("train", "guard", name, *where, "--stop")
    assert done.exit_code == 1
    assert f"{name}: stopped" in done.output
    assert shell.sagemaker.jobs[name].status[0] in ("Stopping", "Stopped")


def test_a_job_of_the_cluster_is_stopped_too(shell: Shell):
    name = on_the_cluster(shell)
    with mlflow_server({("my-rft-experiment", "my-rft-run"): [HACKED]}) as server:
        done = shell("train", "guard", name, "--mlflow", server.url, "--truth", "exact", "--stop")
    assert done.exit_code == 1
    assert f"{name}: stopped" in done.output
    assert not shell.cluster.jobs


def test_rollouts_are_looked_into(shell: Shell):
    name = shell.launched()
    cheated = write(shell.folder / "cheated.jsonl")
    done = shell("train", "guard", name, "--rollouts", cheated, "--once", "--json")
    detectors = {alarm["detector"]: alarm["step"] for alarm in json.loads(done.stdout)["alarms"]}
    assert detectors.keys() == {"agreement", "trick", "gap"}
    assert detectors["agreement"] <= 12  # half of the completions are the trick from there on


def test_rollouts_of_honest_training_warn_of_nothing(shell: Shell):
    honest = write(shell.folder / "honest.jsonl", cheats=False)
    done = shell("train", "guard", shell.launched(), "--rollouts", honest, "--once")
    assert (done.exit_code, "nothing to warn of" in done.output) == (0, True)


@pytest.mark.parametrize(
    ("reward", "detector"), [(lambda step: 0.5, "dead"), (lambda step: float("nan"), "not a number")]
)
def test_a_broken_grader_is_warned_of(shell: Shell, reward, detector):
    name = shell.launched()
    log(shell, name, reward)
    done = shell("train", "guard", name, "--once")
    assert done.exit_code == 1
    assert f", {detector}: " in done.output


def test_a_job_without_output_yet_has_nothing_to_warn_of(shell: Shell):
    name = shell.launched()
    done = shell("train", "guard", name, "--once")
    assert (done.exit_code, done.output) == (0, f"{name}: nothing to warn of in no step yet\n")

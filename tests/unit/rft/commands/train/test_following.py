"""`rft train logs|metrics|stop|collect` of a job that runs or ran."""

from __future__ import annotations

import json
import shlex
import sys

import pytest

from rft.errors import RftError
from tests.fakes.fake_mlflow import mlflow_server
from tests.unit.rft.commands.shell import CHECKPOINT, LOG_GROUP, Shell, on_the_cluster


def test_metrics_may_come_from_mlflow(shell: Shell):
    name = shell.launched()
    with mlflow_server({("tools", name): [{"critic/rewards/mean": [(1, 0.25)]}]}) as server:
        done = shell("train", "metrics", name, "--mlflow", server.url, "--experiment", "tools", "--json")
    assert json.loads(done.output) == [{"step": 1, "name": "reward", "value": 0.25}]


def test_mlflow_is_asked_for_the_names_that_the_launched_recipe_has(shell: Shell):
    name = on_the_cluster(shell)
    with mlflow_server({("my-rft-experiment", "my-rft-run"): [{"critic/rewards/mean": [(1, 0.25)]}]}) as server:
        done = shell("train", "metrics", name, "--mlflow", server.url, "--json")
    assert json.loads(done.output) == [{"step": 1, "name": "reward", "value": 0.25}]


def test_the_log_is_followed_to_the_end(shell: Shell):
    name = shell.launched()
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", "hello")
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert done.stdout == "hello\n"
    assert f"{name}: Completed" in done.stderr


def test_somebody_can_be_told_of_the_end(shell: Shell):
    name = shell.launched()
    code = "import pathlib, sys; pathlib.Path('told').write_text(' '.join(sys.argv[1:]))"
    tell = shlex.join([sys.executable, "-c", code])
    shell("train", "logs", name, "--follow", "--notify", tell)
    assert (shell.folder / "told").read_text() == f"{name} Completed"


def test_a_command_to_tell_that_is_not_there_is_said_so(shell: Shell):
    done = shell("train", "logs", shell.launched(), "--follow", "--notify", "no-such-command")
    assert done.exit_code == 0
    assert "--notify no-such-command: cannot be run: No such file" in done.output


def test_ctrl_c_detaches_and_says_how_to_come_back(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    name = shell.launched()
    monkeypatch.setattr("time.sleep", interrupt)
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert f"Follow it again with `rft train logs {name} --follow`" in done.stderr
    assert shell.sagemaker.jobs[name].running


def test_metrics_are_printed_by_step(shell: Shell):
    name = shell.launched()
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", "global_step:1 critic/rewards/mean:0.25")
    assert json.loads(shell("train", "metrics", name, "--json").output) == [
        {"step": 1, "name": "reward", "value": 0.25}
    ]


def test_a_job_is_stopped(shell: Shell):
    assert "Stopping" in shell("train", "stop", shell.launched()).output


def test_a_collected_folder_is_a_checkpoint_where_it_was_made(shell: Shell):
    (shell.folder / "sft-output").mkdir()
    (shell.folder / "sft-output" / "checkpoint.json").write_text(
        json.dumps({"uri": CHECKPOINT, "platform": "sagemaker"})
    )
    shown = shell("train", "plan", "project.yaml", "--checkpoint", "sft-output", "--json")
    assert json.loads(shown.output)["request"]["HyperParameters"]["base_model_location"] == CHECKPOINT
    with pytest.raises(RftError, match="it runs only there, so say --on sagemaker"):
        shell("train", "plan", "project.yaml", "--on", "hyperpod", "--checkpoint", "sft-output")
    imported = shell("model", "import", "project.yaml", "--name", "tools", "--checkpoint", "sft-output", "--plan")
    assert CHECKPOINT in imported.output

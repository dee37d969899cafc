"""`rft train status|logs|metrics|stop|clean|collect` of a job that runs or ran."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rft.errors import RftError
from tests.fakes.aws_model import moment
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


def test_a_status_without_cloudwatch_s_metrics_says_so_and_is_a_status(shell: Shell, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "not yours"}}, "GetMetricStatistics")

    name = shell.launched()
    monkeypatch.setattr("estimators.monitoring.grader_health.grader_health", refuse)
    done = shell("train", "status", name)
    assert (done.exit_code, f"{name}: InProgress" in done.output) == (0, True)
    assert "[not-allowed-to-look] CloudWatch metrics of the grader cannot be read: not yours" in done.output


def test_a_grader_s_trouble_stands_under_the_reward(shell: Shell):
    name = shell.launched()
    lines = [f"global_step:{i} critic/rewards/mean:{i / 10}" for i in range(1, 6)]
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", *lines)
    dimensions = [{"Name": "FunctionName", "Value": "SageMaker-tools"}]
    data = {"MetricName": "Throttles", "Dimensions": dimensions, "Timestamp": moment(0), "Value": 3}
    shell.aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[data])
    shown = shell("train", "status", name).output
    assert "0.1 to 0.5" in shown
    assert "3 errors and throttles of the grader" in shown
    assert "[grader-throttled]" in shown


def test_status_tells_steps_reward_and_time_left(shell: Shell):
    name = shell.launched()
    lines = ("global_step:1 critic/rewards/mean:0.25", "global_step:2 critic/rewards/mean:0.5")
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", *lines)
    done = shell("train", "status", name)
    assert "2/5  reward 0.500  left about 3 min" in done.output
    assert done.exit_code == 0


def test_the_log_is_followed_to_the_end(shell: Shell):
    name = shell.launched()
    shell.logs.write(LOG_GROUP, f"{name}/algo-1", "hello")
    done = shell("train", "logs", name, "--follow")
    assert done.exit_code == 0
    assert done.stdout == "hello\n"
    assert f"{name}: Completed" in done.stderr


def test_somebody_can_be_told_of_the_end(shell: Shell):
    name = shell.launched()
    tell = f"{sys.executable} -c \"import pathlib, sys; pathlib.Path('told').write_text(' '.join(sys.argv[1:]))\""
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


def test_cleaning_lists_first_and_removes_then(shell: Shell):
    name = shell.launched()
    assert (
        f"would stop training-job arn:aws:sagemaker:us-east-1:123456789012:training-job/{name}"
        in shell("train", "delete", "tools-rft", "--plan").output
    )
    assert shell.sagemaker.jobs[name].running
    shell("train", "delete", "tools-rft", "--yes")
    assert shell.sagemaker.count("StopTrainingJob") == 1


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


def test_an_option_of_another_platform_is_refused(shell: Shell):
    with pytest.raises(RftError, match="sagemaker finds a job by its name alone; leave out cluster"):
        shell("train", "status", "tools-rft", "--cluster", "my-cluster")

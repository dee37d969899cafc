"""`rft train status` of a job that runs."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rft.errors import RftError
from tests.fakes.aws_model import moment
from tests.unit.rft.commands.shell import LOG_GROUP, Shell


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


def test_an_option_of_another_platform_is_refused(shell: Shell):
    with pytest.raises(RftError, match="sagemaker finds a job by its name alone; leave out cluster"):
        shell("train", "status", "tools-rft", "--cluster", "my-cluster")

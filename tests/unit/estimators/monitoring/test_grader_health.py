"""Trouble with the grader is seen beside the reward, and a stand-still is told from a slow step."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from moto import mock_aws

from estimators.errors import JobError
from estimators.monitoring.follow import LogLine, progress
from estimators.monitoring.grader_health import (
    BUCKETS,
    GraderHealth,
    bars,
    bucket_width,
    grader_health,
    reward_curve,
    stalls,
)
from tests.fakes.aws_model import FakeAws, moment
from tests.unit.estimators.platforms.sagemaker.test_plan import GRADER

HOUR = 3600


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with mock_aws():
        yield FakeAws()


def count(aws: FakeAws, metric: str, second: int, value: int) -> None:
    dimensions = [{"Name": "FunctionName", "Value": "SageMaker-tools"}]
    data = {"MetricName": metric, "Dimensions": dimensions, "Timestamp": moment(second), "Value": value}
    aws.client("cloudwatch").put_metric_data(Namespace="AWS/Lambda", MetricData=[data])


def steps(*rewards: float, every_s: int = 60) -> list[LogLine]:
    texts = (f"global_step:{i + 1} critic/rewards/mean:{reward}" for i, reward in enumerate(rewards))
    return [LogLine(moment(every_s * i), "algo-1", text) for i, text in enumerate(texts)]


def test_throttles_and_errors_of_the_grader_are_counted(aws: FakeAws):
    for metric, value in (("Invocations", 1_000), ("Errors", 10), ("Throttles", 250)):
        count(aws, metric, 30, value)
    health = grader_health(GRADER, aws, since=moment(0), until=moment(HOUR))
    assert (health.invocations, health.errors, health.throttles) == (1_000, 10, 250)
    assert [finding.code for finding in health.findings()] == ["grader-throttled", "grader-errors"]
    assert "250 of 1,250" in health.findings()[0].message


def test_trouble_stands_where_it_happened_in_time(aws: FakeAws):
    count(aws, "Throttles", 30, 5)
    count(aws, "Errors", HOUR - 30, 7)
    health = grader_health(GRADER, aws, since=moment(0), until=moment(HOUR))
    assert (health.trouble[0], health.trouble[BUCKETS - 1]) == (5, 7)
    assert sum(health.trouble) == 12


def test_a_sound_grader_has_no_findings():
    assert GraderHealth(1_000, 0, 0).findings() == ()


def test_what_is_no_function_is_refused(aws: FakeAws):
    with pytest.raises(JobError, match="not a Lambda function ARN"):
        grader_health("SageMaker-tools", aws, since=moment(0), until=moment(1))


def test_reward_and_trouble_share_their_buckets():
    curve = reward_curve(steps(0.25, 0.75, every_s=HOUR - 1), since=moment(0), until=moment(HOUR))
    assert (curve[0], curve[BUCKETS - 1]) == (0.25, 0.75)
    assert curve.count(None) == BUCKETS - 2


@given(st.integers(1, 30 * 24 * HOUR))
def test_buckets_cover_any_span_in_whole_minutes(seconds: int):
    width = bucket_width(moment(0), moment(seconds))
    assert width * BUCKETS >= timedelta(seconds=seconds)
    assert width % timedelta(minutes=1) == timedelta()


@given(st.lists(st.none() | st.floats(-1e6, 1e6), max_size=40))
@example([2.225073858507e-311, 0.0])
def test_bars_are_as_many_as_values_and_blank_only_where_there_are_none(values: list[float | None]):
    drawn = bars(values).ljust(len(values))
    assert len(drawn) == len(values)
    assert [bar == " " for bar in drawn] == [value is None for value in values]


# --- stand-stills ------------------------------------------------------------------------------------------------
def found(lines: list[LogLine], second: int) -> list[str]:
    far = progress(lines, 10)
    assert far is not None
    return [finding.code for finding in stalls(far, lines, now=moment(second))]


def test_a_step_five_times_overdue_is_found():
    lines = steps(0.1, 0.2, 0.3, every_s=300)  # the third at 600 s; five times 300 s later it is overdue
    assert found(lines, 600 + 1501) == ["step-overdue"]
    assert found(lines, 600 + 1499) == []


def test_quick_steps_may_pause_for_ten_minutes():
    lines = steps(0.1, 0.2, every_s=1)
    assert found(lines, 600) == []
    assert found(lines, 602) == ["step-overdue"]


def test_five_equal_rewards_are_no_accident():
    assert found(steps(0.1, 0.5, 0.5, 0.5, 0.5, 0.5), 301) == ["reward-flat"]
    assert found(steps(0.5, 0.5, 0.5, 0.5), 181) == []

"""Following a job: found by name, told once per change, and never mistaken about its end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from estimators.errors import JobError
from estimators.monitoring.follow import LogLine, Progress, Status, asked_to_stop, follow, progress
from estimators.planning.data import Data
from estimators.platforms.sagemaker.job import LOG_GROUP, TrainingJob
from estimators.platforms.sagemaker.launch import launch
from estimators.platforms.sagemaker.plan import plan_job
from tests.fakes.aws_model import FakeAws, moment
from tests.fakes.fake_logs import FakeLogs
from tests.fakes.fake_sagemaker import FakeSageMaker
from tests.unit.estimators.platforms.sagemaker.test_plan import FILLED, recipe

JOB = "my-job"


@pytest.fixture
def aws() -> Iterator[FakeAws]:
    with mock_aws():
        fake = FakeAws(FakeSageMaker(), FakeLogs())
        fake.client("s3").create_bucket(Bucket="my-bucket")
        launch(plan_job(recipe(), config=FILLED, data=Data("s3://my-bucket/t.jsonl"), name=JOB), fake)
        yield fake


def job(aws: FakeAws) -> TrainingJob:
    return TrainingJob(JOB, aws)


def service(aws: FakeAws) -> FakeSageMaker:
    found = aws.services["sagemaker"]
    assert isinstance(found, FakeSageMaker)
    return found


def write_log(aws: FakeAws, *lines: str, stream: str = f"{JOB}/algo-1") -> None:
    found = aws.services["logs"]
    assert isinstance(found, FakeLogs)
    found.write(LOG_GROUP, stream, *lines)


def test_a_job_is_followed_through_its_states_to_its_end(aws: FakeAws):
    seen: list[Status] = []
    naps: list[float] = []
    last = follow(job(aws), sleep=naps.append, on_status=seen.append, on_line=lambda line: None)
    assert [now.phase for now in seen] == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert last.ended
    assert last.cost is not None
    assert last.cost.instance_hours == pytest.approx(4 * 240 / 3600)  # four instances for 240 seconds
    assert len(naps) == 5  # one pause between each two of six looks


def test_every_log_line_is_told_once(aws: FakeAws):
    write_log(aws, "one", "two", "three")
    told: list[LogLine] = []
    follow(job(aws), sleep=lambda s: None, on_status=lambda s: None, on_line=told.append)
    assert [line.text for line in told] == ["one", "two", "three"]


def test_a_line_that_arrives_behind_later_ones_is_told_too(aws: FakeAws):
    write_log(aws, "one", "two", "three")
    told: list[str] = []
    late = iter([lambda: write_log(aws, "late", stream=f"{JOB}/algo-2")])

    def sleep(seconds: float) -> None:
        next(late, lambda: None)()

    follow(job(aws), sleep=sleep, on_status=lambda s: None, on_line=lambda line: told.append(line.text))
    assert told == ["one", "two", "three", "late"]


def test_an_interrupted_follow_leaves_the_job_alone_and_can_be_taken_up(aws: FakeAws):
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(job(aws), sleep=interrupt, on_status=lambda s: None, on_line=lambda line: None)
    assert not job(aws).status().ended
    assert follow(job(aws), sleep=lambda s: None, on_status=lambda s: None, on_line=lambda line: None).ended


def test_a_failed_job_ends_the_follow_with_its_reason(aws: FakeAws):
    service(aws).fail(JOB, "AlgorithmError: grader not found")
    last = follow(job(aws), sleep=lambda s: None, on_status=lambda s: None, on_line=lambda line: None)
    assert (last.state, last.failure) == ("Failed", "AlgorithmError: grader not found")


def test_a_job_that_does_not_exist_is_said_so(aws: FakeAws):
    with pytest.raises(JobError, match="no training job 'nobody' in us-east-1"):
        TrainingJob("nobody", aws).status()


def test_stopping_stops_and_stopping_again_is_quiet(aws: FakeAws):
    job(aws).stop()
    assert follow(job(aws), sleep=lambda s: None, on_status=lambda s: None, on_line=lambda x: None).state == "Stopped"
    job(aws).stop()
    assert service(aws).count("StopTrainingJob") == 1


def test_there_are_no_logs_before_the_containers_run(aws: FakeAws):
    assert list(job(aws).logs()) == []


def test_only_this_job_s_log_is_read(aws: FakeAws):
    write_log(aws, "ours")
    write_log(aws, "theirs", stream="my-job-2/algo-1")
    assert [line.text for line in job(aws).logs()] == ["ours"]


def test_progress_tells_step_reward_and_time_left(aws: FakeAws):
    write_log(aws, "loading", "global_step:1 critic/rewards/mean:0.25", "global_step:3 critic/rewards/mean:0.5")
    of = job(aws).total_steps()
    assert of == 5  # the preset's max_steps
    # two steps took one minute, two steps are left
    minute = timedelta(minutes=1)
    assert progress(list(job(aws).logs()), of) == Progress(3, 5, 0.5, minute, minute / 2, moment(120))


def test_before_the_first_step_there_is_no_progress():
    assert progress([LogLine(moment(0), "s", "loading")], 5) is None


@pytest.mark.parametrize(("state", "stopped"), [("Completed", False), ("InProgress", None)])
def test_a_job_that_ended_while_it_was_asked_to_stop_is_left_alone(state: str, stopped: bool | None):
    """What AWS refuses is an error, but for a job that has ended by itself."""

    class Ending:
        def status(self) -> Status:
            return Status(name="job", state=state, phase=state, created=moment(0), changed=moment(0))

    def ask() -> None:
        raise ClientError({"Error": {"Code": "ValidationException", "Message": "not running"}}, "StopTrainingJob")

    if stopped is None:
        with pytest.raises(JobError, match="not running"):
            asked_to_stop(Ending(), "no such job", ask)  # type: ignore[arg-type]  # its status is all that counts
    else:
        assert asked_to_stop(Ending(), "no such job", ask) is stopped  # type: ignore[arg-type]  # as above

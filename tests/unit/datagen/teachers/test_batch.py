"""Bedrock batch inference: every record is answered once, whatever the job leaves out."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from datagen.errors import BusyError, ConfigError, RefusedError, TeacherError
from datagen.teachers.batch import FEWEST, Batch, _shards, ask_in_batch, collect, enough_for_a_batch, submit
from datagen.teachers.bedrock import BedrockTeacher
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Patience, Price
from datagen.types import Document, Passage, Request
from tests.fakes.aws_model import AwsError, FakeAws, Fault
from tests.fakes.fake_bedrock import ANSWER, BatchBedrock, converse_response

DOCUMENT = Document("a.md", "x" * 1000, "0")


def requests(count):
    return [Request(Passage(DOCUMENT, index, index, index + 1), 1, "s", prompt=f"p{index}") for index in range(count)]


@pytest.fixture
def jobs():
    """Bedrock's side of the batch: its jobs, and `finish`."""
    return BatchBedrock()


@pytest.fixture
def batch(monkeypatch, jobs):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        jobs.s3 = s3
        yield Batch(
            FakeAws(jobs).client("bedrock"),
            s3,
            BedrockTeacher(Converse(), "model"),
            "arn:aws:iam::123456789012:role/r",
            "s3://bucket/prefix",
            records_per_job=150,
        )


class Converse:
    """The model without the batch."""

    def __init__(self):
        self.calls = 0

    def converse(self, **request):
        self.calls += 1
        return converse_response(ANSWER)


def answered(journal, asked, batch):
    return sum(journal.answer(request.key(batch.identity)) is not None for request in asked)


def test_records_go_out_in_jobs_and_answers_come_back_by_their_id(batch, jobs):
    asked = requests(400)
    with open_journal(None) as journal:
        sent = submit(batch, asked, journal)
        assert sorted(len(jobs.jobs[job]["lines"]) for job in sent) == [132, 134, 134]
        assert submit(batch, asked, journal) == []
        jobs.finish()
        assert set(collect(batch, asked, journal).values()) == {"Completed"}
        assert answered(journal, asked, batch) == 400


def test_what_an_expired_job_left_out_is_asked_again(batch, jobs):
    asked = requests(400)
    with open_journal(None) as journal:
        submit(batch, asked, journal)
        jobs.finish(status="Expired", answered=0.5)
        collect(batch, asked, journal)
        left = 400 - answered(journal, asked, batch)
        assert 100 < left < 300
        again = submit(batch, asked, journal)
        assert sum(len(jobs.jobs[job]["lines"]) for job in again) == left


def test_waiting_polls_until_the_jobs_have_ended(batch, jobs):
    asked = requests(120)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            jobs.finish()

    with open_journal(None) as journal:
        ask_in_batch(batch, asked, journal, Patience(sleep=sleep))
        assert answered(journal, asked, batch) == 120
    assert len(pauses) == 3


def test_a_failed_job_stops_the_run(batch, jobs):
    with (
        open_journal(None) as journal,
        pytest.raises(TeacherError, match=r"batch jobs failed: arn.*: Bedrock gives no reason"),
    ):
        ask_in_batch(batch, requests(120), journal, ends_with(jobs, status="Failed", answered=0))


def ends_with(jobs, **end):
    return Patience(sleep=lambda seconds: jobs.finish(**end), workers=1)


def test_a_run_that_is_too_little_for_a_job_is_refused():
    with pytest.raises(ConfigError, match="99 requests are too few"):
        enough_for_a_batch(requests(99))
    enough_for_a_batch(requests(100))


def test_the_few_that_a_job_left_out_are_asked_on_demand(batch, jobs):
    asked = requests(120)
    with open_journal(None) as journal:
        ask_in_batch(batch, asked, journal, ends_with(jobs, status="PartiallyCompleted", answered=0.9))
        assert answered(journal, asked, batch) == 120
    assert 0 < batch.on_demand.client.calls < 30


def test_a_job_that_failed_is_not_taken_for_the_next_one(batch, jobs):
    asked = requests(120)
    with open_journal(None) as journal:
        with pytest.raises(TeacherError, match=r"batch jobs failed: arn.*: Bedrock gives no reason"):
            ask_in_batch(batch, asked, journal, ends_with(jobs, status="Failed", answered=0))
        ask_in_batch(batch, asked, journal, ends_with(jobs))
        assert answered(journal, asked, batch) == 120
    assert len(jobs.jobs) == 2


def test_questions_that_would_eat_the_budget_are_not_sent(batch, jobs):
    poor = Patience(price=Price(1_000_000, 0), max_cost_usd=10)
    with (
        open_journal(None) as journal,
        pytest.raises(TeacherError, match="not sent: the input tokens alone cost"),
    ):
        ask_in_batch(batch, requests(120), journal, poor)
    assert jobs.jobs == {}


def test_a_job_that_was_created_and_not_noted_is_not_created_twice(batch, jobs):
    asked = requests(120)
    for _ in range(2):
        with open_journal(None) as journal:  # each time a journal that knows of nothing, as after a kill
            submit(batch, asked, journal)
    assert len(jobs.jobs) == 1


def test_a_record_that_bedrock_refuses_keeps_its_reason_and_the_others_their_answers(batch, jobs):
    asked = requests(120)
    asked[7] = replace(asked[7], max_tokens=0)
    with open_journal(None) as journal:
        submit(batch, asked, journal)
        jobs.finish(status="PartiallyCompleted")
        assert set(collect(batch, asked, journal).values()) == {"PartiallyCompleted"}
        assert answered(journal, asked, batch) == 119
        (reason,) = journal.failures().values()
    assert "ended as PartiallyCompleted without an answer: 400 " in reason
    assert "maxTokens" in reason


def test_a_picture_goes_into_a_batch_as_base64(batch, jobs, tmp_path):
    picture = tmp_path / "a.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(40)))
    asked = [replace(request, image=picture) for request in requests(100)]
    with open_journal(None) as journal:
        (job,) = submit(batch, asked, journal)
        jobs.finish()
        collect(batch, asked, journal)
        assert answered(journal, asked, batch) == 100
    content = json.loads(jobs.jobs[job]["lines"][0])["modelInput"]["messages"][0]["content"]
    assert base64.b64decode(content[0]["image"]["source"]["bytes"]) == picture.read_bytes()


def test_what_bedrock_says_of_a_job_that_failed_is_said(batch, jobs):
    def fail(seconds):
        for job in jobs.jobs.values():
            job.update(status="Failed", message="the role cannot read the bucket")

    with open_journal(None) as journal, pytest.raises(TeacherError, match="the role cannot read the bucket"):
        ask_in_batch(batch, requests(120), journal, Patience(sleep=fail))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"role_arn": "arn:aws:iam::12:role/r"}, "roleArn.*does not match"),
        ({"place": "s3://nobodys-bucket/prefix"}, "bucket does not exist"),
    ],
)
def test_a_job_that_aws_refuses_is_an_error_of_ours(batch, change, said):
    with open_journal(None) as journal, pytest.raises(RefusedError, match=said):
        submit(replace(batch, **change), requests(120), journal)


def test_a_look_that_aws_throttles_may_be_repeated(batch, jobs):
    jobs.faults.append(Fault("GetModelInvocationJob", AwsError("ThrottlingException", "Rate exceeded", 429)))
    with open_journal(None) as journal:
        submit(batch, requests(120), journal)
        with pytest.raises(BusyError, match="Rate exceeded"):
            collect(batch, requests(120), journal)


@given(st.integers(100, 450), st.integers(1, 300))
def test_no_job_is_smaller_than_bedrock_takes(count, records_per_job):
    batch = Batch(None, None, BedrockTeacher(Converse(), "model"), "r", "s3://b/p", records_per_job)
    keyed = {str(number): request for number, request in enumerate(requests(count))}
    shards = list(_shards(keyed, batch))
    assert [key for shard in shards for key in shard] == list(keyed)
    assert all(len(shard) >= FEWEST for shard in shards)

"""Bedrock batch inference: every record is answered once, whatever the job leaves out."""

from __future__ import annotations

import boto3
import pytest
from moto import mock_aws

from datagen.errors import ConfigError, TeacherError
from datagen.teachers.batch import Batch, ask_in_batch, collect, enough_for_a_batch, submit
from datagen.teachers.bedrock import BedrockTeacher
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Patience, Price
from datagen.types import Document, Passage, Request
from tests.fakes.fake_bedrock import ANSWER, BatchBedrock, converse_response

DOCUMENT = Document("a.md", "x" * 1000, "0")


def requests(count):
    return [Request(Passage(DOCUMENT, index, index, index + 1), 1, "s", prompt=f"p{index}") for index in range(count)]


@pytest.fixture
def batch(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        yield Batch(
            BatchBedrock(s3),
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


def test_records_go_out_in_jobs_and_answers_come_back_by_their_id(batch):
    asked = requests(400)
    with open_journal(None) as journal:
        jobs = submit(batch, asked, journal)
        assert sorted(len(batch.bedrock.jobs[job]["records"]) for job in jobs) == [132, 134, 134]
        assert submit(batch, asked, journal) == []
        batch.bedrock.finish()
        assert set(collect(batch, asked, journal).values()) == {"Completed"}
        assert answered(journal, asked, batch) == 400


def test_what_an_expired_job_left_out_is_asked_again(batch):
    asked = requests(400)
    with open_journal(None) as journal:
        submit(batch, asked, journal)
        batch.bedrock.finish(status="Expired", answered=0.5)
        collect(batch, asked, journal)
        left = 400 - answered(journal, asked, batch)
        assert 100 < left < 300
        again = submit(batch, asked, journal)
        assert sum(len(batch.bedrock.jobs[job]["records"]) for job in again) == left


def test_waiting_polls_until_the_jobs_have_ended(batch):
    asked = requests(120)
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            batch.bedrock.finish()

    with open_journal(None) as journal:
        ask_in_batch(batch, asked, journal, Patience(sleep=sleep))
        assert answered(journal, asked, batch) == 120
    assert len(pauses) == 3


def test_a_failed_job_stops_the_run(batch):
    with open_journal(None) as journal, pytest.raises(TeacherError, match="batch jobs failed"):
        ask_in_batch(batch, requests(120), journal, ends_with(batch, status="Failed", answered=0))


def ends_with(batch, **end):
    return Patience(sleep=lambda seconds: batch.bedrock.finish(**end), workers=1)


def test_a_run_that_is_too_little_for_a_job_is_refused():
    with pytest.raises(ConfigError, match="99 requests are too few"):
        enough_for_a_batch(requests(99))
    enough_for_a_batch(requests(100))


def test_the_few_that_a_job_left_out_are_asked_on_demand(batch):
    asked = requests(120)
    with open_journal(None) as journal:
        ask_in_batch(batch, asked, journal, ends_with(batch, status="PartiallyCompleted", answered=0.9))
        assert answered(journal, asked, batch) == 120
    assert 0 < batch.on_demand.client.calls < 30


def test_a_job_that_failed_is_not_taken_for_the_next_one(batch):
    asked = requests(120)
    with open_journal(None) as journal:
        with pytest.raises(TeacherError, match="batch jobs failed"):
            ask_in_batch(batch, asked, journal, ends_with(batch, status="Failed", answered=0))
        ask_in_batch(batch, asked, journal, ends_with(batch))
        assert answered(journal, asked, batch) == 120
    assert len(batch.bedrock.jobs) == 2


def test_questions_that_would_eat_the_budget_are_not_sent(batch):
    poor = Patience(price=Price(1_000_000, 0), max_cost_usd=10)
    with (
        open_journal(None) as journal,
        pytest.raises(TeacherError, match="not sent: the input tokens alone cost"),
    ):
        ask_in_batch(batch, requests(120), journal, poor)
    assert batch.bedrock.jobs == {}


def test_a_job_that_was_created_and_not_noted_is_not_created_twice(batch):
    asked = requests(120)
    for _ in range(2):
        with open_journal(None) as journal:  # each time a journal that knows of nothing, as after a kill
            submit(batch, asked, journal)
    assert len(batch.bedrock.jobs) == 1

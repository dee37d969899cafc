"""Whoever opens a client of AWS says what went wrong and what helps, and takes no page for an answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import botocore.httpsession
import pytest

from datagen.images.label import S3Place
from datagen.teachers.aws import aws_client, aws_failures
from datagen.teachers.bedrock import BedrockTeacher, lifecycle
from datagen.teachers.openai import SageMakerTeacher
from datagen.teachers.quotas import live_quota
from datagen.types import Document, Passage, Request
from rewards import Completion, Sample, judge
from rewards.aws import client
from rft.exits import is_ours, line_of
from rft.graders.deployed import deployed
from tests.unit.rft.commands.aws_faults import FAULTS

ROOT = Path(__file__).parents[3]
ASKED = Request(Passage(Document("a.md", "text", "0"), 0, 0, 4), 2, "seed", system="Be exact.", prompt="Write.")
MODEL, REGION = "us.amazon.nova-pro-v1:0", "us-east-1"
ONCE = {"total_max_attempts": 1}
ARN = "arn:aws:lambda:us-east-1:123456789012:function:SageMaker-grader"


def of_teachers(service: str) -> object:
    return aws_client(service, region=REGION, attempts=1)


def downloaded() -> None:
    with aws_failures():
        of_teachers("s3").download_file("bucket", "key", "/dev/null")


def quota() -> None:
    with aws_failures():
        live_quota(of_teachers("service-quotas"), MODEL)


CALLS: dict[str, Callable[[], object]] = {
    "a teacher of Bedrock": lambda: BedrockTeacher(of_teachers("bedrock-runtime"), MODEL)(ASKED),
    "a teacher behind an endpoint": lambda: SageMakerTeacher(of_teachers("sagemaker-runtime"), "mine")(ASKED),
    "the state of a teacher's model": lambda: lifecycle(of_teachers("bedrock"), MODEL),
    "the quota of a teacher": quota,
    "rows in S3": downloaded,
    "a place of pictures": lambda: S3Place(of_teachers("s3"), "s3://bucket/p")(ROOT / "README.md"),
    "a judge": lambda: judge(f"Is it right? {REGION}")(Sample("a", ()), Completion("b")),
    "a deployed grader": lambda: replace(deployed(ARN, timeout_s=1), sleep=lambda seconds: None).ask({"input": []}),
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in (("ACCESS_KEY_ID", "testing"), ("SECRET_ACCESS_KEY", "testing"), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    monkeypatch.setattr(
        "rewards.components.judge.client_of", lambda name, **settings: client(name, **settings | {"retries": ONCE})
    )
    return monkeypatch


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("caller", CALLS)
def test_each_caller_says_what_answers_in_place_of_aws_and_what_helps(
    caller: str, fault: str, account: pytest.MonkeyPatch
) -> None:
    answer, words = FAULTS[fault]
    account.setattr(botocore.httpsession.URLLib3Session, "send", lambda self, request: answer(request))
    with pytest.raises(Exception) as caught:
        CALLS[caller]()
    assert is_ours(caught.value)
    said = line_of(caught.value)
    assert said is not None
    assert words in said
    assert "secret" not in said


OPENS = re.compile(
    r"""\bboto3\s*\.\s*(client|Session|resource)\s*\(|import_module\(["']boto3|^\s*from boto3 import""", re.M
)


def test_sessions_and_clients_are_opened_in_one_place() -> None:
    packages = ("datagen", "estimators", "lambda_package", "recipes", "rewards", "rft")
    files = [file for package in packages for file in (ROOT / package).rglob("*.py")]
    opening = {file.relative_to(ROOT).as_posix() for file in files if OPENS.search(file.read_text("utf-8"))}
    # The agent is the user's code: it runs in their function, without us.
    assert opening == {"rewards/aws.py", "rft/templates/agent/agent.py"}

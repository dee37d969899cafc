"""What a plan says before and after the first calls."""

from __future__ import annotations

import sys

import pytest

from datagen.config import DataConfig
from datagen.generation.drafts import read_sources, read_task, requests_for
from datagen.planning import ENOUGH_ANSWERS, plan
from datagen.teachers.build import identity_of
from datagen.teachers.journal import open_journal
from datagen.teachers.quotas import Quota, default_quota, live_quota
from datagen.types import Answer
from tests.fakes.aws_model import FakeAws
from tests.fakes.fake_quotas import FakeQuotas

MODEL = "us.amazon.nova-pro-v1:0"


@pytest.fixture
def paid(project, config):
    teacher = {"kind": "bedrock", "model": MODEL, "price": {"input": 1.0, "output": 4.0}}
    small = {"size": 150, "overlap": 0}
    return DataConfig.model_validate(config.model_dump() | {"teacher": teacher, "chunk": small})


def answered(project, config, count, journal):
    """A journal with answers to the first requests of a project, 1,000 tokens out and 50 back each."""
    requests = list(
        requests_for(read_sources(config, project).documents, config, read_task(config, project, "7"), project)
    )
    identity = identity_of(config.teacher, root=project)
    with open_journal(journal) as opened:
        for request in requests[:count]:
            opened.store(request.key(identity), request, Answer("{}", "end_turn", 1_000, 50))
    return len(requests)


def test_before_the_first_call_tokens_are_estimated_and_the_quota_is_the_default(project, paid):
    found = plan(paid, root=project)
    (work,) = found.work
    assert not work.measured
    assert work.input_tokens.low < work.input_tokens.mid < work.input_tokens.high
    assert found.cost_usd.low < found.cost_usd.mid < found.cost_usd.high
    assert work.quota.startswith("AWS's default")
    assert found.minutes == pytest.approx(max(found.calls / 200, (found.input_tokens + found.output_tokens) / 800_000))


def test_after_some_calls_what_is_left_is_planned_by_what_they_took(project, paid):
    journal = project / "run" / "teacher.sqlite"
    calls = answered(project, paid, ENOUGH_ANSWERS, journal)
    assert calls > ENOUGH_ANSWERS
    before = sorted(project.rglob("*"))
    (work,) = plan(paid, root=project, seed=7, journal=journal).work
    left = calls - ENOUGH_ANSWERS
    assert (work.calls, work.answered, work.measured) == (calls, ENOUGH_ANSWERS, True)
    assert work.input_tokens == (1_000 * left,) * 3
    assert work.cost_usd.mid == pytest.approx(left * (1_000 * 1.0 + 50 * 4.0) / 1e6)
    assert sorted(project.rglob("*")) == before


def test_answers_to_another_prompt_do_not_count(project, paid):
    journal = project / "run" / "teacher.sqlite"
    answered(project, paid, ENOUGH_ANSWERS, journal)
    (project / "guide.md").write_text("Be brief.")
    other = DataConfig.model_validate(paid.model_dump() | {"prompt": {"guidelines": "guide.md"}})
    assert plan(other, root=project, seed=7, journal=journal).work[0].answered == 0


def test_a_teacher_that_costs_nothing_has_no_tokens_no_cost_and_no_time(project, config):
    found = plan(config, root=project)
    assert (found.input_tokens, found.output_tokens, found.cost_usd, found.minutes) == (0, 0, None, None)


def test_a_batch_costs_half(project, paid):
    batch = paid.teacher.model_dump() | {"kind": "bedrock-batch", "role_arn": "arn:x", "place": "s3://bucket"}
    half = DataConfig.model_validate(paid.model_dump() | {"teacher": batch})
    assert plan(half, root=project).cost_usd.mid == pytest.approx(plan(paid, root=project).cost_usd.mid / 2)


def test_a_program_needs_no_network_to_be_planned(project, config):
    teacher = {"kind": "command", "command": [sys.executable, "no-such-file.py"], "requests_per_minute": 30}
    found = plan(DataConfig.model_validate(config.model_dump() | {"teacher": teacher}), root=project)
    assert found.minutes == pytest.approx(found.calls / 30)
    assert found.work[0].quota == "the project's setting"


def account(quotas):
    """A client of Service Quotas in an account with these."""
    return FakeAws(FakeQuotas(others={"bedrock": quotas})).client("service-quotas")


ON_DEMAND = "On-demand model inference requests per minute for Amazon Nova Pro"
PROFILE = "Cross-region model inference {} per minute for Amazon Nova Pro"


def test_the_accounts_quota_is_found_by_the_model_and_its_profile():
    client = account(
        {
            ON_DEMAND: 25,
            PROFILE.format("requests"): 500,
            PROFILE.format("tokens"): 2e6,
            PROFILE.format("requests") + " Preview": 1,
            "Cross-region model inference requests per minute for Amazon Nova Premier V1": 7,
        }
    )
    assert live_quota(client, MODEL) == Quota(500, 2e6, "the account's quota")
    assert live_quota(client, "amazon.nova-pro-v1:0") == Quota(25, None, "the account's quota")
    assert live_quota(client, "us.amazon.nova-premier-v1:0").requests_per_minute == 7
    assert live_quota(client, "us.amazon.nova-2-lite-v1:0") is None


def test_nothing_is_said_of_models_that_nobody_knows():
    assert default_quota("us.anthropic.claude-v9:0") is None
    assert live_quota(account({}), "my-endpoint") is None


def test_a_quota_of_nothing_takes_forever():
    assert Quota(0, None, "").minutes(1, 1) == float("inf")
    assert Quota(None, None, "").minutes(1, 1) is None

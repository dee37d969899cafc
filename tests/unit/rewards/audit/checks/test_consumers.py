"""A grader is asked as its consumer asks it: declared, or found where a bare list gets it nowhere."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_package.handler import handler_for
from rewards import Score, exact_match
from rewards.audit import Audit, AuditConfig, InProcess, audit, case_of
from rewards.audit.checks.consumers import AsSent, spoken
from rewards.audit.config import RECORDS, WRAPPED, Consumer
from rewards.audit.metric_events import postprocess_event
from rewards.audit.replies import read

CAPITALS = {
    "Norway": "Oslo",
    "Peru": "Lima",
    "Italy": "Rome",
    "Austria": "Vienna",
    "Kenya": "Nairobi",
    "Cuba": "Havana",
}
CASES = [
    case_of({"id": land, "messages": [{"role": "user", "content": f"Capital of {land}?"}], "reference_answer": city}, n)
    for n, (land, city) in enumerate(CAPITALS.items())
]
QUICK = AuditConfig(law_examples=20, hostile_bytes=2000, search_calls=300)
SHAPES: tuple[Consumer, ...] = (*WRAPPED, RECORDS)


def score_of(row: dict[str, Any]) -> float:
    turn = (row.get("messages") or [{}])[-1] or {}
    return float(turn.get("content") == row.get("reference_answer"))


def only(key: str, *, score=score_of, key_of_id: str = "id"):
    """A handler that raises for anything but an object with its rows under `key`."""

    def handler(event, context):
        assert set(event) == {key}
        return [{key_of_id: row.get(key_of_id), "aggregate_reward_score": score(row)} for row in event[key]]

    return InProcess(handler)


def records(**metrics):
    """A handler that takes one record a call; each metric is a function of completion and ground truth."""

    def handler(event, context):
        data = event["data"]
        record = data[0] if isinstance(data, list) else data
        if event["process_type"] == "preprocess":
            return {"statusCode": 200, "body": record}
        pair = record["inference_output"], record["gold"]
        return {"statusCode": 200, "body": [{"metric": name, "value": of(*pair)} for name, of in metrics.items()]}

    return InProcess(handler)


def equal(said: str, gold: str) -> float:
    return float(said == gold)


def contains(said: str, gold: str) -> float:
    return float(gold in said)


def codes(report: Audit, section: str = "contract") -> dict[str, str]:
    return {finding.code: finding.severity for finding in report.findings if finding.section == section}


def likely(report: Audit) -> set[str]:
    return {finding.code for finding in report.errors}


@pytest.mark.parametrize("shape", WRAPPED)
def test_a_sound_grader_of_one_envelope_passes_where_it_is_declared(shape: Consumer):
    report = audit(only(shape), CASES, replace(QUICK, consumer=shape))
    assert (likely(report), codes(report)) == (set(), {})
    assert report.asked == f'{{"{shape}": [...]}} (declared)'


@pytest.mark.parametrize("shape", WRAPPED)
def test_an_envelope_that_is_not_declared_is_found_and_said(shape: Consumer):
    report = audit(only(shape), CASES, QUICK)
    assert (likely(report), codes(report)) == (set(), {"contract-envelope": "warning"})
    assert report.asked == f'{{"{shape}": [...]}} (found by asking)'
    assert report.config.consumer == shape


def test_a_sound_grader_of_single_records_passes():
    report = audit(
        records(accuracy=equal),
        CASES,
        replace(QUICK, consumer=RECORDS),
    )
    assert (likely(report), codes(report)) == (set(), {})
    assert report.asked == "byo-metrics, one record a call, judged by its metric 'accuracy' (declared)"


@pytest.mark.parametrize(
    ("grader", "found_as"),
    [(only("input", score=lambda row: contains(row["messages"][-1]["content"], row["reference_answer"])), "input"),
     (records(accuracy=contains), RECORDS)],
    ids=["input", RECORDS],
)  # fmt: skip
def test_a_fault_is_found_through_the_envelope_as_it_would_be_without(grader: InProcess, found_as: Consumer):
    report = audit(grader, CASES, QUICK)
    assert report.config.consumer == found_as
    assert "attack-full-marks" in likely(report)


def test_a_declared_training_job_is_not_excused():
    report = audit(only("input"), CASES, replace(QUICK, consumer="nova"))
    assert likely(report) == {"contract-raises"}


def test_a_grader_that_answers_nothing_in_any_shape_is_refused_as_before():
    report = audit(InProcess(lambda event, context: {"hello": "world"}), CASES, QUICK)
    assert (likely(report), report.asked) == ({"contract-shape"}, "")


def test_a_grader_that_takes_a_bare_list_is_asked_with_one():
    assert spoken(InProcess(handler_for(exact_match())), CASES, QUICK).how == ""


@pytest.mark.parametrize(
    ("metrics", "chosen"),
    [
        ({"length": lambda said, gold: len(said), "f1": equal}, "f1"),
        ({"nonempty": lambda said, gold: float(bool(said)), "f1": equal}, "f1"),
        ({"f1": equal, "accuracy": equal}, "f1"),
        ({"f1": equal, "reward": lambda said, gold: 0.5 + equal(said, gold) / 2}, "reward"),
    ],
)
def test_the_metric_that_tells_right_answers_from_others_is_judged(metrics: dict, chosen: str):
    found = spoken(records(**metrics), CASES, replace(QUICK, consumer=RECORDS)).grader
    assert isinstance(found, AsSent)
    assert found.metric == chosen


@pytest.mark.parametrize("reply", [[], {"statusCode": 500, "body": []}, {"aggregate_reward_score": 1.0}, None])
def test_a_reply_that_is_no_list_of_metrics_is_named_with_its_record(reply: Any):
    report = audit(
        InProcess(lambda event, context: reply),
        CASES,
        replace(QUICK, consumer=RECORDS),
    )
    assert likely(report) == {"contract-shape"}
    assert report.findings[0].message.startswith("record 0: ")


def test_events_beside_the_ordinary_one_are_tried():
    def handler(event, context):
        record = event["data"]
        return {
            "statusCode": 200,
            "body": [{"metric": "f1", "value": equal(record["inference_output"], record["gold"])}],
        }

    report = audit(InProcess(handler), CASES, replace(QUICK, consumer=RECORDS))
    assert (likely(report), codes(report)) == (set(), {"contract-records": "warning"})
    message = next(one.message for one in report.findings if one.code == "contract-records")
    assert message.startswith("a preprocess event: ")
    assert "; data as a list of one: " in message


def test_a_trajectory_may_be_named_by_its_own_id():
    report = audit(
        only("trajectories", key_of_id="trajectory_id"),
        CASES,
        replace(QUICK, consumer="trajectories"),
    )
    assert "contract-ids" not in likely(report)


def test_a_gateway_may_answer_in_an_http_envelope():
    body = [{"id": "a", "aggregate_reward_score": 0.5}]
    for reply in (body, {"statusCode": 200, "body": body}, {"statusCode": 200, "body": json.dumps(body)}):
        assert read(reply, [{"id": "a"}], "input").problems == []
    assert [one.code for one in read({"statusCode": 500, "body": body}, [{"id": "a"}], "input").problems] == [
        "contract-shape"
    ]


def test_one_slow_record_is_judged_alone_and_not_with_its_batch():
    def now():
        now.s += 1.0
        return now.s

    now.s = 0.0
    grader = InProcess(records(accuracy=equal).handler, timeout_s=100.0, clock=now)
    config = AuditConfig(consumer=RECORDS, call_max_s=2.0, law_examples=5, hostile_bytes=200, search_calls=300)
    assert "cost-slow" not in likely(audit(grader, CASES[:2], config))


texts = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=20)


@given(st.sampled_from(SHAPES), st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_what_the_audit_writes_the_wire_reads(shape: Consumer, pairs: list[tuple[str, str]]):
    """Whatever the envelope: what ships sees the completion and ground truth that it would see in a bare list."""
    seen: list[Any] = []

    def reward(sample, completion):
        seen.append((sample.reference, completion.text, [turn.content for turn in sample.messages]))
        return Score(1.0)

    turns = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "?"}]
    rows = [
        {"id": str(n), "messages": [*turns, {"role": "assistant", "content": said}], "reference_answer": f"a{gold}"}
        for n, (said, gold) in enumerate(pairs)
    ]
    handler = InProcess(handler_for(reward))
    config = AuditConfig(consumer=shape)
    reply = AsSent(handler, shape).ask(rows)
    assert [one.value for one in read(reply.payload, rows, config.consumer).results if one] == [1.0] * len(rows)
    enveloped, seen[:] = list(seen), []
    handler.ask(rows)
    assert enveloped == seen


@given(st.dictionaries(texts, st.integers() | texts, min_size=1, max_size=3))
def test_a_ground_truth_that_is_no_text_is_sent_as_json(reference: dict):
    record = postprocess_event({"messages": [{"role": "user", "content": "?"}], "reference_answer": reference})["data"]
    assert isinstance(record, dict)
    assert json.loads(record["gold"]) == reference

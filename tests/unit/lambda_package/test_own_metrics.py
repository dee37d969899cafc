"""Lambdas for metrics of one's own: what AWS sends them, and what is wrong with what they answer."""

from pathlib import Path
from typing import Any

import pytest

from lambda_package.checks import Status
from lambda_package.packaging.build import build
from lambda_package.verify import verify
from rewards.audit import case_of
from rewards.audit.config import RECORDS
from rewards.audit.metric_events import wrong_with_metrics, wrong_with_preprocessed

CASE = case_of({"id": "1", "messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}, 0)
METRICS = """
def lambda_handler(event, context):
    data = event["data"]
    record = data[0] if isinstance(data, list) else data
    if event["process_type"] == "preprocess":
        return {"statusCode": 200, "body": record}
    value = float(record["inference_output"] == record["gold"])
    return {"statusCode": 200, "body": [{"metric": "accuracy", "value": value}]}
"""


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ({"statusCode": 200, "body": [{"metric": "a", "value": 1}]}, ""),
        ([], "statusCode"),
        ({"statusCode": 500, "body": []}, "200"),
        ({"statusCode": 200, "body": []}, "a list of metrics"),
        ({"statusCode": 200, "body": [{"metric": "a", "value": True}]}, "finite number"),
        ({"statusCode": 200, "body": [{"metric": "a", "value": "1"}]}, "finite number"),
        ({"statusCode": 200, "body": [{"name": "a", "value": 1}]}, "{'metric': name"),
        ({"statusCode": 200, "body": [{"metric": "a", "value": 1}, {"metric": "a", "value": 2}]}, "comes twice"),
    ],
)
def test_metrics_are_read_strictly(payload: Any, words: str):
    found = wrong_with_metrics(payload)
    assert words in found
    assert bool(found) == bool(words)


def test_a_preprocessed_row_keeps_its_prompt():
    assert wrong_with_preprocessed({"statusCode": 200, "body": {"prompt": "a", "gold": "b"}}) == ""
    assert "prompt" in wrong_with_preprocessed({"statusCode": 200, "body": {"gold": "b"}})


def verified(folder: Path, code: str, consumer: Any) -> dict[str, Status]:
    (folder / "grader.py").write_text(code)
    package = build(f"{folder / 'grader.py'}:lambda_handler", folder / "grader.zip")
    return {check.name: check.status for check in verify(package.path, [CASE], consumer=consumer).checks}


def test_a_lambda_that_only_computes_metrics_passes_as_such(tmp_path: Path):
    checks = verified(tmp_path, METRICS, RECORDS)
    assert checks[RECORDS] is Status.OK
    assert Status.PROBLEM not in checks.values()


def test_one_that_forgets_the_envelope_does_not(tmp_path: Path):
    broken = METRICS.replace('return {"statusCode": 200, "body": [', "return ([").replace("value}]}", "value}])")
    assert verified(tmp_path, broken, RECORDS)[RECORDS] is Status.PROBLEM


def test_a_grader_for_training_need_not_know_such_events(tmp_path: Path):
    code = 'def lambda_handler(e, c): return [{"id": str(s.get("id")), "aggregate_reward_score": 1.0} for s in e]\n'
    assert verified(tmp_path, code, "nova")[RECORDS] is Status.WARNING

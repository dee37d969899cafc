"""Events of an evaluation with metrics of your own (`process_type`), and what has to come back.

Source: AWS, "Evaluating your SageMaker AI-trained model", and the README of aws/nova-custom-eval-sdk, which shows
`data` as a list of one where the page shows an object.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rewards.audit import Case
from rewards.types import JSON


def preprocess_event(case: Case) -> dict[str, JSON]:
    """What is asked before inference: may the row be rewritten?"""
    return {"process_type": "preprocess", "data": _record(case)}


def postprocess_event(case: Case, *, as_list: bool = False) -> dict[str, JSON]:
    """What is asked after inference, of the right answer: which metrics has it?"""
    record: dict[str, JSON] = {**_record(case), "inference_output": case.gold or ""}
    data: JSON = [record] if as_list else record
    return {"process_type": "postprocess", "data": data}


def _record(case: Case) -> dict[str, JSON]:
    return {"prompt": case.prompt, "gold": case.reference}


def wrong_with_preprocessed(payload: Any) -> str:
    """What is wrong with the answer to a `preprocess` event; empty where nothing is."""
    if problem := _wrong_with_envelope(payload):
        return problem
    body = payload["body"]
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), str):
        return f"'body' is an object with a 'prompt', got {body!r:.100}"
    return ""


def wrong_with_metrics(payload: Any) -> str:
    """What is wrong with the answer to a `postprocess` event; empty where nothing is.

    >>> wrong_with_metrics({"statusCode": 200, "body": [{"metric": "accuracy", "value": 1.0}]})
    ''
    """
    if problem := _wrong_with_envelope(payload):
        return problem
    body = payload["body"]
    if not isinstance(body, list) or not body:
        return f"'body' is a list of metrics, got {body!r:.100}"
    return next(_wrong_entries(body), "")


def _wrong_entries(body: list[Any]) -> Iterator[str]:
    seen: set[str] = set()
    for entry in body:
        name, value = (entry.get("metric"), entry.get("value")) if isinstance(entry, Mapping) else (None, None)
        if not isinstance(name, str) or not name:
            yield f"a metric is {{'metric': name, 'value': number}}, got {entry!r:.100}"
        elif name in seen:
            yield f"the metric {name!r} comes twice"
        elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            yield f"the value of {name!r} is a finite number, got {value!r:.100}"
        seen.add(str(name))


def _wrong_with_envelope(payload: Any) -> str:
    if not isinstance(payload, dict) or "body" not in payload:
        return f"the answer is {{'statusCode': 200, 'body': ...}}, got {payload!r:.100}"
    if payload.get("statusCode") != 200:
        return f"'statusCode' is 200 where all is well, got {payload.get('statusCode')!r}"
    return ""

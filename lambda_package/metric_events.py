"""Events of an evaluation with custom metrics (`process_type`), and checks of their responses.

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
    """The `preprocess` event, sent before inference, in which the row may be rewritten."""
    return {"process_type": "preprocess", "data": _record(case)}


def postprocess_event(case: Case, *, as_list: bool = False) -> dict[str, JSON]:
    """The `postprocess` event, sent after inference, with the reference completion."""
    record: dict[str, JSON] = {**_record(case), "inference_output": case.gold or ""}
    data: JSON = [record] if as_list else record
    return {"process_type": "postprocess", "data": data}


def _record(case: Case) -> dict[str, JSON]:
    return {"prompt": case.prompt, "gold": case.reference}


def wrong_with_preprocessed(payload: Any) -> str:
    """The problem with the response to a `preprocess` event; empty if it is valid."""
    if problem := _wrong_with_envelope(payload):
        return problem
    body = payload["body"]
    if not isinstance(body, dict) or not isinstance(body.get("prompt"), str):
        return f"'body' is an object with a 'prompt', got {body!r:.100}"
    return ""


def wrong_with_metrics(payload: Any) -> str:
    """The problem with the response to a `postprocess` event; empty if it is valid.

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

"""Events of an evaluation with custom metrics (`process_type`), and checks of their responses.

Source: AWS, "Evaluating your SageMaker AI-trained model", and the README of aws/nova-custom-eval-sdk, which shows
`data` as a list of one where the page shows an object.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from rewards.audit.rows.messages import Row, final_turn, written
from rewards.parsing.messages import text_of
from rewards.rows import as_text, ground_truth_of
from rewards.types import JSON

SCORE = "reward"
"""The metric under which a grader of ours reports its score."""


def preprocess_event(row: Row) -> dict[str, JSON]:
    """The `preprocess` event, sent before inference, in which the row may be rewritten."""
    return {"process_type": "preprocess", "data": _record(row)}


def postprocess_event(row: Row, *, as_list: bool = False) -> dict[str, JSON]:
    """The `postprocess` event, sent after inference, with the completion that `row` ends with.

    >>> turns = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    >>> postprocess_event({"messages": turns, "reference_answer": "4"})["data"]
    {'prompt': '2 + 2?', 'gold': '4', 'inference_output': '4'}
    """
    _, answer = final_turn(row)
    record: dict[str, JSON] = {**_record(row), "inference_output": written(answer).text if answer else ""}
    data: JSON = [record] if as_list else record
    return {"process_type": "postprocess", "data": data}


def _record(row: Row) -> dict[str, JSON]:
    """What the data set of an evaluation holds: text only, so a reference of another kind is sent as JSON."""
    turns, _ = final_turn(row)
    said = {str(turn.get("role")): text_of(turn.get("content")) for turn in turns if isinstance(turn, dict)}
    reference = ground_truth_of(dict(row))
    record: dict[str, JSON] = {"system": said["system"]} if "system" in said else {}
    record["prompt"] = said.get("user", "")
    if reference is not None:
        record["gold"] = as_text(reference)
    return record if "metadata" not in row else {**record, "metadata": row["metadata"]}


def result_of(reply: JSON, row: Row, metric: str = "") -> dict[str, JSON]:
    """The response to one record as the result of a row, scored by the named metric, else `reward`, else the first.

    A response with a problem is kept under `unread`.

    >>> result_of({"statusCode": 200, "body": [{"metric": "f1", "value": 0.5}]}, {"id": "a"})["aggregate_reward_score"]
    0.5
    """
    values = values_of(reply)
    if not values:
        return {"id": row.get("id"), "unread": reply}
    chosen = next((name for name in (metric, SCORE) if name in values), next(iter(values)))
    listed: list[JSON] = [{"name": name, "value": value, "type": "Metric"} for name, value in values.items()]
    return {"id": row.get("id"), "aggregate_reward_score": values[chosen], "metrics_list": listed}


def values_of(reply: Any) -> dict[str, float]:
    """The metrics of a response by name; empty if it has a problem."""
    if wrong_with_metrics(reply):
        return {}
    return {entry["metric"]: entry["value"] for entry in reply["body"]}


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

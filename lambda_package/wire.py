"""The wire format of AWS's grading requests and responses, known to this module only.

Only the envelopes are known here; what is in one row is read by `rewards.rows`. Writing follows the caller:

| caller | event | response |
|---|---|---|
| Nova RFT (training jobs, HyperPod, serverless), `rft_eval`, Bedrock RFT | list of samples | list of results |
| serverless open-weight RLVR | a list, or `{"body"}` of a list or `{"batch"}` | `{"statusCode", "headers", "body"}` |
| gateways and tests of public graders | `{"batch"}`, `{"input"}` or `{"trajectories"}` of a list | list of results |
| evaluation with your own metrics | `{"process_type", "data"}` | `{"statusCode", "body"}` |

Sources: AWS documentation pages "Implementing reward functions" and "Evaluating your SageMaker AI-trained model"
(`process_type`), and aws/sagemaker-python-sdk tests/integ/train/code/oss_reward_fn.py (the envelope).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

from rewards.errors import RowError
from rewards.limits import MAX_DEPTH
from rewards.parsing.references import structured
from rewards.reward_tree import Signal
from rewards.rows import rollout_of
from rewards.types import JSON, Rollout


class ResponseShape(StrEnum):
    """The response shape that the caller expects."""

    LIST = "list"
    ENVELOPE = "envelope"
    PREPROCESS = "preprocess"
    POSTPROCESS = "postprocess"


class Item(NamedTuple):
    """One sample of an event: the id to echo, and the rollout to grade, or the reason why it is unreadable."""

    id: str | int
    rollout: Rollout | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """One parsed event. `passthrough` is what a preprocessing call gets back unchanged."""

    items: tuple[Item, ...]
    shape: ResponseShape = ResponseShape.LIST
    passthrough: JSON = None


class Result(NamedTuple):
    """The score of one item, and a number for each column of the response."""

    id: str | int
    value: float
    numbers: Sequence[float] = ()


def parse_event(event: Any) -> Request:
    """Read any JSON value as a grading request; never raises.

    A list holds one sample per element, everything else is one sample, so that the response has a result for each of
    them. A sample that cannot be read becomes an `Item` without rollout.

    >>> request = parse_event([{"id": "a", "messages": [{"role": "assistant", "content": "4"}], "reference_answer": 4}])
    >>> request.items[0].rollout.completion.text
    '4'
    >>> parse_event([{"id": "a"}]).items[0].problem
    "no 'messages' list, and no 'prompt'"
    """
    if isinstance(event, dict):
        if "process_type" in event:
            return _parse_own_metrics(event)
        if "body" in event and "messages" not in event:
            return Request(_parse_samples(_unwrapped(event["body"])), ResponseShape.ENVELOPE)
    return Request(_parse_samples(_listed(event)))


def render(request: Request, results: Sequence[Result], columns: Sequence[Signal] = ()) -> JSON:
    """Serialise `results` in the response shape of `request`; `columns` name the numbers of each result.

    Text is freed of lone surrogates: the runtime encodes the response as UTF-8 outside the handler, where an error ends
    the process and loses the batch (awslambdaric 4.2.2, lambda_runtime_marshaller.py).

    >>> render(parse_event([{"id": "a"}]), [Result("a", 0.5, [1.0])], [Signal("parsed", "Metric")])
    [{'id': 'a', 'aggregate_reward_score': 0.5, 'metrics_list': [{'name': 'parsed', 'value': 1.0, 'type': 'Metric'}]}]
    """
    named = [(without_surrogates(name), kind) for name, kind in columns]
    match request.shape:
        case ResponseShape.PREPROCESS:
            return {"statusCode": 200, "body": request.passthrough}
        case ResponseShape.POSTPROCESS:
            return {"statusCode": 200, "body": [entry for result in results for entry in _own_metrics(result, named)]}
        case ResponseShape.ENVELOPE:
            body = json.dumps([_result(result, named) for result in results], allow_nan=False)
            return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": body}
        case ResponseShape.LIST:
            return [_result(result, named) for result in results]


def without_surrogates(text: str) -> str:
    """`text` with each lone surrogate replaced by a question mark, so that it can be encoded.

    >>> without_surrogates("a" + chr(0xD800))
    'a?'
    """
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _parse_samples(value: Any) -> tuple[Item, ...]:
    samples = value if isinstance(value, list) else [value]
    given = [_given_id(sample) for sample in samples]
    ids = [item_id for item_id in given if item_id is not None]
    if len(ids) < len(given):
        taken = set(map(str, ids))
        ids = [_position(index, taken) if item_id is None else item_id for index, item_id in enumerate(given)]
    return tuple([_parse_sample(sample, index, ids[index]) for index, sample in enumerate(samples)])


def _parse_sample(sample: Any, index: int, item_id: str | int) -> Item:
    try:
        return Item(item_id, rollout_of(sample, index=index))
    except RowError as error:
        return Item(item_id, None, str(error))


def _given_id(sample: Any) -> str | int | None:
    """The id to echo: a string or an integer, of a trajectory under its own name; None where the row has none."""
    fields = _mapping(sample)
    value = fields.get("id", fields.get("trajectory_id"))
    if isinstance(value, str):
        return without_surrogates(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _position(index: int, taken: set[str]) -> str:
    """The name of a row without an id, as the SDK's pre-flight sends: its position, in words that no row has as id."""
    name = str(index)
    while name in taken:
        name = f"row-{name}"
    return name


def _unwrapped(body: Any) -> Any:
    """The samples of an HTTP body: JSON text or its value, holding a list or an object around it."""
    return _listed(_json_or_none(body) if isinstance(body, str) else body)


def _listed(value: Any) -> Any:
    """The list of samples within `{"batch"}`, `{"input"}` or `{"trajectories"}`; any other value as it is.

    A list of turns is none: `input` also holds the conversation of a single row.
    """
    if not isinstance(value, dict) or "messages" in value:
        return value
    if "batch" in value:
        return value["batch"]
    inner = (value[key] for key in ("input", "trajectories") if isinstance(value.get(key), list))
    return next((rows for rows in inner if not any("role" in _mapping(row) for row in rows)), value)


def _parse_own_metrics(event: Mapping[str, Any]) -> Request:
    """One record of an evaluation with your own metrics; AWS's README shows `data` as a list of one as well."""
    data = event.get("data")
    record = data[0] if isinstance(data, list) and data else data
    if event["process_type"] == "preprocess":
        return Request((), ResponseShape.PREPROCESS, _clean(_mapping(record)))
    fields = _mapping(record)
    messages = [
        {"role": "system", "content": fields.get("system")},
        {"role": "user", "content": fields.get("prompt")},
        {"role": "assistant", "content": fields.get("inference_output")},
    ]
    gold = fields.get("gold")
    sample = {
        "id": fields.get("id"),
        "messages": [message for message in messages if message["content"] is not None],
        "reference_answer": structured(gold),
        "metadata": fields.get("metadata"),
    }
    return Request(_parse_samples(sample), ResponseShape.POSTPROCESS)


def _json_or_none(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _result(result: Result, columns: Sequence[tuple[str, str]]) -> dict[str, JSON]:
    return {
        "id": result.id,
        "aggregate_reward_score": result.value,
        "metrics_list": [
            {"name": name, "value": value, "type": kind}
            for (name, kind), value in zip(columns, result.numbers, strict=True)
        ],
    }


def _own_metrics(result: Result, columns: Sequence[tuple[str, str]]) -> list[JSON]:
    names = ["reward", *(name for name, _ in columns)]
    return [
        {"metric": name, "value": value} for name, value in zip(names, (result.value, *result.numbers), strict=True)
    ]


def _clean(value: Any, depth: int = 0) -> JSON:
    """`value` as it can be written: no lone surrogates, null for what is not finite or lies deeper than we read."""
    if isinstance(value, str):
        return without_surrogates(value)
    if isinstance(value, dict) and depth < MAX_DEPTH:
        return {without_surrogates(key): _clean(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list) and depth < MAX_DEPTH:
        return [_clean(inner, depth + 1) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if isinstance(value, int) else None

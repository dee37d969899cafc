"""Read a reply strictly: one result for each row, same ids, finite numbers, JSON types, proper metrics.

Every departure becomes a `Problem` with the code of its finding. Nothing is coerced: consumers differ in what they
forgive.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from rewards.audit.config import WRAPPED, Consumer
from rewards.audit.metric_events import wrong_with_metrics
from rewards.audit.rows.messages import Row
from rewards.types import JSON

FAULT = "fault"  # key beside the score in which a grader made from a Reward tells why it fell back


class Problem(NamedTuple):
    """One departure from the contract: which finding it belongs to, what is wrong, and in which row."""

    code: str
    message: str
    row: int | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What one row got: its score, every named component, and which of them the trainer reads as rewards.

    `fault` tells that the grader could not judge the row and gave a fallback score: a metric `ungradable` or
    `timed_out` of 1, or the reason where the grader is one of ours and runs here.
    """

    value: float
    components: Mapping[str, float] = field(default_factory=dict)
    rewards: frozenset[str] = frozenset()
    fault: str = ""


class Reading(NamedTuple):
    """A reply as far as it could be read, and everything wrong with it."""

    results: list[Result | None]
    problems: list[Problem]


def read(payload: JSON, rows: Sequence[Row], consumer: Consumer | None = None) -> Reading:
    """The results of a reply to `rows`, None where a row has none that can be used.

    >>> read([{"id": "a", "aggregate_reward_score": True}], [{"id": "a"}]).problems[0].message
    'aggregate_reward_score of row 0 is true, a boolean; return a number'
    """
    items, problems = _unwrapped(payload, consumer)
    if items is None:
        return Reading([None] * len(rows), problems)
    if rows and not items:
        problems.append(Problem("contract-shape", f"the reply to {len(rows)} rows is an empty list"))
    elif len(items) != len(rows):
        problems.append(Problem("contract-count", f"{len(items)} results for {len(rows)} rows"))
    problems += _id_problems(items, rows)
    results: list[Result | None] = [None] * len(rows)
    for index, item in enumerate(items):
        result, found = _result(item, index)
        problems += found
        if index < len(rows):
            results[index] = result
    return Reading(results, problems)


def _unwrapped(payload: JSON, consumer: Consumer | None) -> tuple[list[JSON] | None, list[Problem]]:
    if consumer == "open-weight":
        if not (
            isinstance(payload, dict) and payload.get("statusCode") == 200 and isinstance(payload.get("body"), str)
        ):
            wanted = '{"statusCode": 200, "body": "<JSON list>"}'
            return None, [Problem("contract-shape", f"open-weight RLVR wants {wanted}, got {shown(payload)}")]
        payload = _loaded(str(payload["body"]))
    if consumer in WRAPPED:
        return _listed(payload)
    if isinstance(payload, dict) and "body" in payload:
        message = f"the reply is an HTTP envelope, {shown(payload, 60)}; Nova wants the bare list (else: --consumer)"
        return None, [Problem("contract-shape", message)]
    if not isinstance(payload, list):
        return None, [Problem("contract-shape", f"the reply is {shown(payload)}; a list of results is expected")]
    return payload, []


def _listed(payload: JSON) -> tuple[list[JSON] | None, list[Problem]]:
    """The results for rows that came in an object: a list, in an HTTP envelope or bare."""
    body = payload["body"] if isinstance(payload, dict) and payload.get("statusCode") == 200 else payload
    items = _loaded(body) if isinstance(body, str) else body
    if not isinstance(items, list):
        return None, [Problem("contract-shape", f"the reply is {shown(payload)}; a list of results is expected")]
    return [_by_id(item) for item in items], []


def _by_id(item: JSON) -> JSON:
    """A result under `id`, also where it names its trajectory."""
    if isinstance(item, dict) and "trajectory_id" in item:
        return {"id": item["trajectory_id"], **item}
    return item


def _loaded(text: str) -> JSON:
    try:
        value: JSON = json.loads(text)
    except ValueError:
        return text
    return value


def shown(value: JSON, limit: int = 80) -> str:
    """A value as JSON, cut to fit a sentence.

    >>> shown({"hello": "world"}), shown("x" * 100, limit=12)
    ('{"hello": "world"}', '"xxxxxxxx...')
    """
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _id_problems(items: list[JSON], rows: Sequence[Row]) -> list[Problem]:
    got = [item.get("id", "(no id)") if isinstance(item, dict) else "(no id)" for item in items]
    wanted = [row.get("id") for row in rows]
    if None in wanted or got == wanted or len(got) != len(wanted):
        return []  # rows without an id have nothing to echo; a wrong count is its own finding
    if all(isinstance(one, str) for one in got) and sorted(map(str, got)) == sorted(map(str, wanted)):
        first = next(index for index, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b)
        message = f"result {first} carries the id of another row ({shown(got[first])}, expected {shown(wanted[first])})"
        return [Problem("contract-order", message, first)]
    wrong = [index for index, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b]
    first = wrong[0]
    return [
        Problem(
            "contract-ids",
            f"{len(wrong)} of {len(wanted)} results carry a wrong id, the first {shown(got[first])} where "
            f"{shown(wanted[first])} was sent",
            first,
        )
    ]


def _result(item: JSON, index: int) -> tuple[Result | None, list[Problem]]:
    if not isinstance(item, dict):
        return None, [Problem("contract-shape", f"result {index} is {shown(item)}, not an object", index)]
    if "unread" in item:
        message = f"record {index}: {wrong_with_metrics(item['unread'])}"
        return None, [Problem("contract-shape", message, index)]
    if "aggregate_reward_score" not in item:
        keys = ", ".join(map(repr, item)) or "none"
        message = f"result {index} has no aggregate_reward_score (its keys: {keys})"
        return None, [Problem("contract-shape", message, index)]
    value, problems = _number(item["aggregate_reward_score"], f"aggregate_reward_score of row {index}", index)
    metrics, found = _metrics(item.get("metrics_list", []), index)
    problems += found
    if value is None:
        return None, problems
    rewards = frozenset(name for name, (_, kind) in metrics.items() if kind == "Reward")
    components = {name: number for name, (number, _) in metrics.items()}
    return Result(value, components, rewards, str(item.get(FAULT, "")) or _fallback_sign(components)), problems


def _fallback_sign(components: Mapping[str, float]) -> str:
    signs = [name for name in ("ungradable", "timed_out") if components.get(name) == 1]
    return f"metric {signs[0]} = 1" if signs else ""


def _number(value: JSON, what: str, index: int) -> tuple[float | None, list[Problem]]:
    if isinstance(value, bool) or not isinstance(value, int | float):
        kind = {bool: "a boolean", str: "a string", type(None): "null"}.get(type(value), f"a {type(value).__name__}")
        message = f"{what} is {shown(value)}, {kind}; return a number"
        return None, [Problem("contract-types", message, index)]
    if not math.isfinite(value):
        return None, [Problem("contract-finite", f"{what} is {value!r}", index)]
    return float(value), []


def _metrics(entries: JSON, index: int) -> tuple[dict[str, tuple[float, str]], list[Problem]]:
    if not isinstance(entries, list):
        message = f"metrics_list of row {index} is {shown(entries)}; a list is expected"
        return {}, [Problem("contract-metrics", message, index)]
    metrics: dict[str, tuple[float, str]] = {}
    problems: list[Problem] = []
    for entry in entries:
        message = _entry_fault(entry, metrics)
        if message:
            problems.append(Problem("contract-metrics", f"row {index}: {message}", index))
        elif isinstance(entry, dict):
            value, found = _number(entry["value"], f"metric {shown(entry['name'])} of row {index}", index)
            problems += found
            if value is not None:
                metrics[str(entry["name"])] = (value, str(entry["type"]))
    return metrics, problems


def _entry_fault(entry: JSON, seen: Mapping[str, object]) -> str:
    if not isinstance(entry, dict) or not {"name", "value", "type"} <= entry.keys():
        return f"{shown(entry)} is not a metric with name, value and type"
    if not isinstance(entry["name"], str):
        return f"the metric name {shown(entry['name'])} is not a string"
    if entry["type"] not in ("Metric", "Reward"):
        return f'metric {shown(entry["name"])} has type {shown(entry["type"])}; "Metric" and "Reward" are known'
    return f"two metrics are called {shown(entry['name'])}" if entry["name"] in seen else ""


def by_code(problems: Sequence[Problem]) -> Iterator[tuple[str, list[Problem]]]:
    """Problems grouped by finding code, in the order in which the codes first occur."""
    for code in dict.fromkeys(problem.code for problem in problems):
        yield code, [problem for problem in problems if problem.code == code]

# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""What the graders of the zoo are built from: a careful handler, and the plain comparisons that are right."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Scoring = Callable[[str, Any], float]
"""From the text of an answer and the reference of its row to a score in [0, 1]."""


@dataclass(frozen=True)
class Planted:
    """A grader of a task; a bad one lists the findings of which one names its fault."""

    task: str
    scoring: Scoring
    right: frozenset[str] = frozenset()


def bad(task: str, scoring: Scoring, *right: str) -> Planted:
    return Planted(task, scoring, frozenset(right))


def handler_of(scoring: Scoring) -> Callable[[Any, object], list[dict[str, Any]]]:
    """A Lambda handler without a fault of its own around a scoring."""

    def handler(event: Any, context: object) -> list[dict[str, Any]]:
        return [result(row, scoring) for row in event]

    return handler


def result(row: Any, scoring: Scoring) -> dict[str, Any]:
    row = row if isinstance(row, dict) else {}
    text, reference = text_of(row), row.get("reference_answer")
    try:
        score = float(scoring(text, reference)) if text is not None and reference is not None else 0.0
    except (KeyError, TypeError, ValueError, AttributeError):
        score = 0.0  # a reference of another shape than the task's
    return {"id": row.get("id", ""), "aggregate_reward_score": score, "metrics_list": []}


def text_of(row: dict[str, Any]) -> str | None:
    turns = row.get("messages")
    last = turns[-1] if isinstance(turns, list) and turns else None
    if not isinstance(last, dict) or last.get("role") not in ("assistant", "nova_assistant"):
        return None
    content = last.get("content")
    if isinstance(content, list):
        content = "".join(b["text"] for b in content if isinstance(b, dict) and isinstance(b.get("text"), str))
    return content[:200_000] if isinstance(content, str) else None


def parsed(text: str) -> Any:
    """Strict JSON, None where it is none: no key twice, no NaN, no absurd depth."""
    try:
        if text.count("[") + text.count("{") > 300:
            return None
        return json.loads(text, object_pairs_hook=once, parse_constant=refuse)
    except (ValueError, RecursionError):
        return None


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def refuse(text: str) -> Any:
    raise ValueError(text)


def equal(a: Any, b: Any) -> bool:
    """Equal as JSON: 1 is 1.0, true is not 1."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(equal(a[k], b[k]) for k in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(equal, a, b))
    return is_number(a) == is_number(b) and (is_number(a) or type(a) is type(b)) and a == b


def is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def flat(value: Any, at: str = "") -> dict[str, Any]:
    """Leaves by path."""
    if isinstance(value, dict) and value:
        return {k: v for key, child in value.items() for k, v in flat(child, f"{at}.{key}").items()}
    if isinstance(value, list) and value:
        return {k: v for n, child in enumerate(value) for k, v in flat(child, f"{at}[{n}]").items()}
    return {at: value}


def fields(text: str, reference: Any, same: Callable[[Any, Any], bool] = equal) -> float:
    """Share of the leaves of either side that are the same."""
    value = parsed(text)
    if not isinstance(value, dict) or not isinstance(reference, dict):
        return 0.0
    found, wanted = flat(value), flat(reference)
    keys = found.keys() | wanted.keys()
    return sum(k in found and k in wanted and same(found[k], wanted[k]) for k in keys) / len(keys)


def listed(text: str) -> list[dict[str, Any]] | None:
    """Calls of an answer, None where it is no list of calls."""
    value = parsed(text)
    if not isinstance(value, list) or len(value) > 100:
        return None
    proper = all(
        isinstance(c, dict) and c.keys() == {"name", "arguments"} and isinstance(c["name"], str)
        and isinstance(c["arguments"], dict)
        for c in value
    )  # fmt: skip
    return value if proper else None


def paired(found: list[Any], wanted: list[Any], alike: Callable[[Any, Any], float]) -> float:
    """Greedy one-to-one pairing over the longer list."""
    left, total = list(range(len(found))), 0.0
    for one in wanted:
        best = max(left, key=lambda n: alike(found[n], one), default=None)
        if best is not None:
            total += alike(found[best], one)
            left.remove(best)
    return total / max(len(found), len(wanted), 1)


def call_alike(a: Any, b: Any) -> float:
    if a["name"] != b["name"]:
        return 0.0
    keys = a["arguments"].keys() | b["arguments"].keys()
    hits = sum(equal(a["arguments"].get(k), b["arguments"].get(k)) for k in keys)
    return 0.2 + 0.8 * (hits / len(keys) if keys else 1.0)


def box_list(text: str) -> list[dict[str, Any]] | None:
    value = parsed(text)
    if not isinstance(value, list) or len(value) > 100:
        return None
    return value if all(is_box(box) for box in value) else None


def is_box(box: Any) -> bool:
    if not (isinstance(box, dict) and box.keys() == {"label", "bbox"} and isinstance(box["label"], str)):
        return False
    edges = box["bbox"]
    if not (isinstance(edges, list) and len(edges) == 4 and all(is_number(e) and abs(e) < 1e6 for e in edges)):
        return False
    return bool(edges[0] < edges[2] and edges[1] < edges[3])


def iou(a: list[float], b: list[float]) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if a == b:
        return 1.0
    if w <= 0 or h <= 0:
        return 0.0
    return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h)


def box_alike(a: Any, b: Any) -> float:
    return iou(a["bbox"], b["bbox"]) if a["label"] == b["label"] else 0.0


def words(text: str) -> list[str] | None:
    value = parsed(text)
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


def tagged(text: str) -> str | None:
    """The text of the only answer block."""
    blocks = re.findall(r"<answer>([^<]*)</answer>", text[:50_000])
    return blocks[0].strip() if len(blocks) == 1 else None


def last_number(text: str) -> str | None:
    numbers = re.findall(r"-?\d[\d,]*(?:\.\d+)?", text[-300:])
    return numbers[-1].replace(",", "") if numbers else None


def hashed(text: str) -> str | None:
    numbers = re.findall(r"#### (-?\d[\d,.]*)", text[-300:])
    return numbers[-1].replace(",", "") if numbers else None


def stated(text: str) -> float | None:
    """The number behind the only ANSWER: at the end."""
    found = re.search(r"ANSWER:[ ]?(-?\d{1,12}(?:\.\d{1,6})?)\s{0,5}$", text[-200:])
    return float(found[1]) if found and text.count("ANSWER:") == 1 else None


def letter(text: str) -> str | None:
    letters = re.findall(r"answer is \(?([A-D])\b", text[-200:])
    return letters[-1] if letters else None


def plain(text: str) -> str:
    """Casefolded, without articles, punctuation and double spaces, as reading comprehension is judged."""
    text = re.sub(r"\b(a|an|the)\b", " ", re.sub(r"[^\w\s]", "", text.casefold()))
    return " ".join(text.split())


def share(hits: Iterable[bool]) -> float:
    found = list(hits)
    return sum(found) / len(found) if found else 0.0

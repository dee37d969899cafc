"""The completions that a reader should look at first: the lowest-scoring ones, each of another prompt."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from heapq import nsmallest

from rewards.rollouts import Record, prompt_of, row_of, signals_of_record
from rewards.rows import gold_text, rollout_of
from rewards.types import JSON
from rft.report.judged import Numbered
from rft.report.page import ScoredCompletion

WORST = 12


def worst_of(records: Iterable[Numbered], model: str, *, count: int = WORST) -> Iterator[ScoredCompletion]:
    """The lowest-scoring completions of `model`, the lowest of each prompt; none that is fully right."""
    lowest: dict[int, tuple[float, Record]] = {}
    for _, record in records:
        score = record.get("score")
        if not isinstance(score, int | float) or score >= 1.0:
            continue
        prompt = prompt_of(record)
        if prompt not in lowest or score < lowest[prompt][0]:
            lowest[prompt] = float(score), record
    for score, record in nsmallest(count, lowest.values(), key=lambda one: (one[0], str(one[1].get("id", "")))):
        yield _scored(record, score, model)


def _scored(record: Record, score: float, model: str) -> ScoredCompletion:
    rollout = rollout_of(row_of(record))
    return ScoredCompletion(
        id=str(record.get("row_id", record.get("id", ""))),
        model=model,
        prompt=rollout.sample.messages[-1].content,
        reference=_pretty_text(gold_text(rollout.sample)),
        completion=_pretty_text(rollout.completion.text),
        score=score,
        parts=signals_of_record(record),
        reason=str(record.get("reason", "")),
    )


def pretty(value: JSON) -> str:
    """A value laid out as JSON text."""
    return json.dumps(value, indent=1, ensure_ascii=False)


def _pretty_text(text: str) -> str:
    """The completion laid out like the reference where it is JSON, and as it is where it is not."""
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text

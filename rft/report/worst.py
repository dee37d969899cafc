"""The completions that a reader should look at first: the lowest, and those that lost most; one of each prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from heapq import nsmallest

from rewards.parsing.messages import text_of
from rewards.rollouts import Record, prompt_of, prompt_turns, row_of, said_in, signals_of_record
from rewards.rows import gold_text, rollout_of
from rewards.types import JSON
from rft.report.judged import Numbered
from rft.report.page import Earlier, ScoredCompletion

WORST = 12
MOST_LOST = 6
_NUMBERS = re.compile(r'\[\n\s*(-?\d[^\[\]{}"]*?)\s*\n\s*\]')  # a text within JSON holds no line end of its own


def worst_of(records: Iterable[Numbered], model: str, *, count: int = WORST) -> Iterator[ScoredCompletion]:
    """The lowest-scoring completions of `model`, the lowest of each prompt; none that is fully right."""
    found = (one for one in _lowest_of_each_prompt(records).values() if one[0] < 1.0)
    for score, record in nsmallest(count, found, key=lambda one: (one[0], str(one[1].get("id", "")))):
        yield _scored(record, score, model)


def lost_of(
    before: Iterable[Numbered], after: Iterable[Numbered], models: tuple[str, str], *, count: int = MOST_LOST
) -> Iterator[ScoredCompletion]:
    """The completions of the second model that lost most against the first: its lowest of a prompt, below the lowest
    of the other."""
    lows = _lowest_of_each_prompt(after)
    kept = _lowest_of_each_prompt(before)
    falls = [(lows[prompt][0] - kept[prompt][0], prompt) for prompt in lows if prompt in kept]
    for _, prompt in nsmallest(count, (fall for fall in falls if fall[0] < 0)):
        score, record = kept[prompt]
        earlier = Earlier(models[0], score, _pretty_text(said_in(record)))
        low, lost = lows[prompt]
        yield replace(_scored(lost, low, models[1]), before=earlier)


def _lowest_of_each_prompt(records: Iterable[Numbered]) -> dict[int, tuple[float, Record]]:
    found: dict[int, tuple[float, Record]] = {}
    for _, record in records:
        score = record.get("score")
        if not isinstance(score, int | float):
            continue
        prompt = prompt_of(record)
        if prompt not in found or score < found[prompt][0]:
            found[prompt] = float(score), record
    return found


def _scored(record: Record, score: float, model: str) -> ScoredCompletion:
    rollout = rollout_of(row_of(record))
    return ScoredCompletion(
        id=str(record.get("row_id", record.get("id", ""))),
        model=model,
        prompt=_asked(record),
        reference=_pretty_text(gold_text(rollout.sample)),
        completion=_pretty_text(said_in(record)),
        score=score,
        parts=signals_of_record(record),
        reason=str(record.get("reason", "")),
    )


def _asked(record: Record) -> str:
    """The text of the last turn that was asked; of an agent it is the task, not what a tool said last."""
    turns = prompt_turns(record)
    return text_of(turns[-1].get("content")) if turns and isinstance(turns[-1], dict) else ""


def pretty(value: JSON) -> str:
    """A value laid out as JSON text, a list of numbers on one line.

    >>> print(pretty({"box": [1, 2.5], "none": []}))
    {
     "box": [1, 2.5],
     "none": []
    }
    """
    return _NUMBERS.sub(_in_line, json.dumps(value, indent=1, ensure_ascii=False))


def _in_line(found: re.Match[str]) -> str:
    return f"[{' '.join(found[1].split())}]"


def _pretty_text(text: str) -> str:
    """The completion laid out like the reference where it is JSON, and as it is where it is not."""
    try:
        return pretty(json.loads(text))
    except (ValueError, RecursionError):
        return text

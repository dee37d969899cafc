"""Six small tasks, each judged by the library's strict metric; rows are made from a seed, so nothing is stored."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

from rewards import (
    CallFormat,
    Completion,
    Message,
    Reward,
    Sample,
    exact_match,
    field_f1,
    keyword_jaccard,
    label_match,
    numeric_match,
    tool_calls,
)

ROWS = 24
TOPICS = ("refunds", "leverage", "custody", "margin", "audit", "fees", "privacy", "outages", "pricing", "travel")
PLACES = ("Oslo", "Lima", "Kyoto", "Porto", "Turin", "Quito", "Perth", "Minsk")
TOOLS = ("search_rules", "fetch_case", "check_policy", "cite", "compare")
LABELS = ("billing", "cancel", "delay", "upgrade", "baggage", "seating", "refund", "complaint", "loyalty", "meal")
WORDS = ("bond", "yield", "swap", "index", "hedge", "equity", "ledger", "tender", "option", "quorum", "escrow", "lien")


@dataclass(frozen=True)
class Row:
    """A prompt with its right answer: the items that it consists of, and the text that says them."""

    prompt: str
    items: tuple[str, ...]
    others: tuple[str, ...]
    """Items that are wrong here and right elsewhere."""
    sample: Sample


@dataclass(frozen=True)
class Task:
    """Rows, how items become a completion and back, and the metric that says how right it is."""

    name: str
    rows: tuple[Row, ...]
    written: Callable[[Sequence[str]], str]
    read: Callable[[str], list[str]]
    strict: Reward

    def truth(self, row: Row, text: str) -> float:
        """The strict metric, in [0, 1]."""
        return self.strict(row.sample, Completion(text)).value

    def gold(self, row: Row) -> str:
        """The right completion."""
        return self.written(row.items)


def _row(number: int, prompt: str, items: Sequence[str], pool: Sequence[str], reference: Any) -> Row:
    others = tuple(item for item in dict.fromkeys(pool) if item not in items)
    sample = Sample(f"r{number}", (Message("user", prompt),), reference=reference)
    return Row(prompt, tuple(items), others, sample)


def _json(text: str) -> Any:
    with suppress(ValueError, RecursionError):
        return json.loads(text)
    return None


def _calls_written(items: Sequence[str]) -> str:
    return json.dumps([{"name": one.split(":")[0], "arguments": {"about": one.split(":")[-1]}} for one in items])


def _calls_read(text: str) -> list[str]:
    found = _json(text)
    calls = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
    arguments = [one.get("arguments") if isinstance(one.get("arguments"), dict) else {} for one in calls]
    return [f"{one.get('name')}:{given.get('about')}" for one, given in zip(calls, arguments, strict=True)]


def _fields_written(items: Sequence[str]) -> str:
    return json.dumps(dict(one.partition("=")[::2] for one in items))


def _fields_read(text: str) -> list[str]:
    found = _json(text)
    return [f"{key}={value}" for key, value in found.items()] if isinstance(found, dict) else []


def _list_read(text: str) -> list[str]:
    found = _json(text)
    return [str(one) for one in found] if isinstance(found, list) else []


def _tools(rng: Random) -> list[Row]:
    pool = [f"{tool}:{topic}" for tool in TOOLS for topic in TOPICS]
    rows = []
    for number in range(ROWS):
        items = rng.sample(pool, rng.choice([1, 2, 2, 3]))
        reference = [{"name": one.split(":")[0], "arguments": {"about": one.split(":")[1]}} for one in items]
        asked = " and ".join(one.split(":")[1] for one in items)
        rows.append(_row(number, f"What do the rules say on {asked}?", items, rng.sample(pool, 12), reference))
    return rows


def _extraction(rng: Random) -> list[Row]:
    rows = []
    for number in range(ROWS):
        record = {
            "city": rng.choice(PLACES),
            "total": str(rng.randrange(100, 9999)),
            "date": f"2026-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
            "topic": rng.choice(TOPICS),
        }
        items = [f"{key}={value}" for key, value in record.items()]
        wrong = [f"city={place}" for place in PLACES] + [f"total={rng.randrange(100, 9999)}" for _ in range(4)]
        wrong += [f"date=2025-{rng.randrange(1, 13):02}-11" for _ in range(3)] + [f"topic={one}" for one in TOPICS]
        text = "Invoice {total} issued in {city} on {date} for {topic}.".format(**record)
        rows.append(_row(number, text, items, wrong, record))
    return rows


def _intent(rng: Random) -> list[Row]:
    rows = []
    for number in range(ROWS):
        label = rng.choice(LABELS)
        rows.append(
            _row(number, f"Customer {number} writes about {label} in {rng.choice(PLACES)}.", [label], LABELS, label)
        )
    return rows


def _maths(rng: Random) -> list[Row]:
    rows = []
    for number in range(ROWS):
        a, b = rng.randrange(12, 99), rng.randrange(12, 99)
        pool = [str(a * b + d) for d in (-20, -10, -1, 1, 10, 100, 7)] + [str(a + b), str(a), str(b)]
        rows.append(_row(number, f"How much is {a} * {b}?", [str(a * b)], pool, str(a * b)))
    return rows


def _keywords(rng: Random) -> list[Row]:
    rows = []
    for number in range(ROWS):
        items = rng.sample(WORDS, 4)
        text = f"A note that treats {items[0]} and {items[1]}, then {items[2]}, and last {items[3]}."
        rows.append(_row(number, text, items, WORDS, items))
    return rows


def _answers(rng: Random) -> list[Row]:
    rows = []
    for number in range(ROWS):
        answer = f"{rng.choice(PLACES)} {rng.choice(WORDS)} fund"
        pool = [f"{rng.choice(PLACES)} {rng.choice(WORDS)} fund" for _ in range(10)]
        rows.append(
            _row(
                number,
                f"Which fund did client {number} name in the {rng.choice(TOPICS)} letter?",
                [answer],
                pool,
                answer,
            )
        )
    return rows


def _first(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else "\n".join(items)


def _numbers(text: str) -> list[str]:
    return re.findall(r"-?\d+", text)


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def task_of(name: str) -> Task:
    """One of the six by name; the same rows every time."""
    rng = Random(f"rehearse/{name}")
    match name:
        case "tools":
            return Task(name, tuple(_tools(rng)), _calls_written, _calls_read, tool_calls(CallFormat()))
        case "extraction":
            return Task(name, tuple(_extraction(rng)), _fields_written, _fields_read, field_f1())
        case "intent":
            return Task(name, tuple(_intent(rng)), _first, _lines, label_match())
        case "maths":
            return Task(name, tuple(_maths(rng)), _first, _numbers, numeric_match())
        case "keywords":
            return Task(name, tuple(_keywords(rng)), json.dumps, _list_read, keyword_jaccard())
        case "answers":
            return Task(name, tuple(_answers(rng)), _first, _lines, exact_match())
    raise ValueError(f"no task {name!r}")

# ruff: noqa: D103, E501  the names say it: a docstring for each of thirty graders would only repeat them
"""An eighth part of the zoo: one subtle fault each over tasks of public recipes that the parts before it lack.

Code in a fence, queries that are run, tool calls in tags, rankings of passages, short summaries, translations by
characters, medical choices, dates behind a label, laboratory values with units, cells of a table, thinking in tags.
Written on 2026-11-30, expectations included, before any of them was audited.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from graders import Planted, bad, equal, is_number, paired, parsed, plain, share
from tasks import CITIES, PEOPLE, ROWS, WORDS

Row = dict[str, Any]
FREE = ("law-mistake-free", "law-damage-free", "law-omission-free", "law-pair-free", "attack-full-marks")
BLIND = ("law-blind-reference", "law-all-blind", "law-threshold", *FREE)
TOLERANT = ("law-tolerance", "law-nearness", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")
ORDER = ("law-list-order", *FREE)
SHAPE = ("attack-shape", "attack-constant", "attack-mean", "attack-full-marks")

TESTS = (
    ("glucose", "mmol/L"),
    ("sodium", "mmol/L"),
    ("creatinine", "umol/L"),
    ("albumin", "g/L"),
    ("ferritin", "ug/L"),
)
FACTS = ("the bridge opens in {a}", "the works cost {b} million", "the ferry stops", "trams run every {c} minutes",
         "two lanes stay closed", "the toll is dropped", "cyclists get a path", "the mayor resigned")  # fmt: skip
GERMAN = ("Der Zug fährt um {a} Uhr nach {city}.", "{city} hat seit {a} Jahren eine neue Brücke.",
          "Im Winter schließt das Museum in {city} schon um {c} Uhr.", "Wer in {city} wohnt, zahlt {a} Euro weniger.",
          "Die Bäckerei am Markt von {city} verkauft {b} Brote am Tag.")  # fmt: skip
SHOPS = [(name, city, price) for name, city, price in zip(
    WORDS[:12], (*CITIES, *CITIES[:2]), (12, 7, 30, 22, 7, 41, 15, 9, 30, 18, 26, 11), strict=True)]  # fmt: skip


def fence_row(rng: Random) -> Row:
    name, by = rng.choice(WORDS), rng.randint(2, 9)
    lines = [f"def {name}(items):", "    total = 0", "    for one in items:", f"        total += one * {by}",
             rng.choice(("    return total", "    return -total", "        total -= 1"))]  # fmt: skip
    code = "\n".join(lines)
    return {"reference_answer": code, "gold": f"```python\n{code}\n```", "asked": f"Write {name} in a Python fence."}


def query_row(rng: Random) -> Row:
    query = (f"SELECT name, price FROM shops WHERE price {rng.choice('<>')} {rng.randint(8, 29)} "
             f"ORDER BY price {rng.choice(('ASC', 'DESC'))}, name")  # fmt: skip
    return {"reference_answer": query, "gold": f"```sql\n{query}\n```",
            "asked": "Write a query over shops(name, city, price), in order, in an sql fence."}  # fmt: skip


def tool_row(rng: Random) -> Row:
    call = rng.choice((
        {"name": "transfer", "arguments": {"to": rng.choice(PEOPLE), "amount": rng.randint(20, 900), "urgent": rng.random() < 0.5}},
        {"name": "remind", "arguments": {"at": f"{rng.randint(7, 21):02}:30", "text": rng.choice(WORDS)}},
    ))  # fmt: skip
    return {"reference_answer": call, "gold": f"<tool_call>{json.dumps(call)}</tool_call>", "asked": "Call one tool."}


def rank_row(rng: Random) -> Row:
    order = rng.sample(range(1, 7), 5)
    return {
        "reference_answer": " > ".join(f"[{one}]" for one in order),
        "asked": "Rank the passages, the best first: [2] > [1] > ...",
    }


def brief_row(rng: Random) -> Row:
    facts = [one.format(a=rng.choice(("May", "June", "July")), b=rng.randint(3, 90), c=rng.randint(4, 15))
             for one in rng.sample(FACTS, 3)]  # fmt: skip
    return {"reference_answer": {"facts": facts, "words": 30}, "gold": "; ".join(facts).capitalize() + ".",
            "asked": "Sum up in at most 30 words."}  # fmt: skip


def german_row(rng: Random) -> Row:
    text = rng.choice(GERMAN).format(
        a=rng.randint(5, 21), b=rng.randint(200, 900), c=rng.randint(14, 18), city=rng.choice(CITIES)
    )
    return {"reference_answer": text, "asked": "Translate into German."}


def medical_row(rng: Random) -> Row:
    right = rng.choice("ABCDE")
    return {"reference_answer": right, "gold": f"The drug lowers the potassium.\nThe answer is ({right}).",
            "asked": "Which drug? (A) ramipril (B) furosemide (C) digoxin (D) aspirin (E) none"}  # fmt: skip


def dated_row(rng: Random) -> Row:
    day = f"{rng.randint(1950, 2025)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return {"reference_answer": day, "gold": f"It follows from the second letter.\nFinal answer: {day}",
            "asked": "When? End with 'Final answer: YYYY-MM-DD'."}  # fmt: skip


def labs_row(rng: Random) -> Row:
    return {"reference_answer": [{"test": test, "value": round(rng.uniform(2, 180), 1), "unit": unit}
                                 for test, unit in rng.sample(TESTS, rng.randint(2, 3))],
            "asked": "Extract the laboratory values as JSON, in any order."}  # fmt: skip


def cells_row(rng: Random) -> Row:
    cells = rng.sample(CITIES, rng.randint(1, 3)) if rng.random() < 0.6 else [str(rng.randint(120, 9000))]
    return {"reference_answer": cells, "gold": f"<answer>{json.dumps(cells)}</answer>",
            "asked": "Which cells answer it? A JSON list in <answer> tags, in any order."}  # fmt: skip


def think_row(rng: Random) -> Row:
    a, b = rng.randint(12, 98), rng.randint(12, 98)
    return {"reference_answer": str(a * b), "gold": f"<think>I multiply the tens first.</think>\n<answer>{a * b}</answer>",
            "asked": f"How much is {a} times {b}? Think in <think> tags, answer in <answer> tags."}  # fmt: skip


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "fence": fence_row, "shops": query_row, "hermes": tool_row, "passages": rank_row, "brief": brief_row, "german": german_row,
    "medical": medical_row, "dated": dated_row, "labs": labs_row, "cells": cells_row, "think": think_row,
}  # fmt: skip


def rows_of(task: str) -> list[Row]:
    """The rows of a task, the same ones every time."""
    rows = []
    for number in range(ROWS):
        made = TASKS[task](Random(f"third zoo/{task}/{number}"))
        asked = made.pop("asked")
        rows.append(
            {"id": f"{task}-{number}", "messages": [{"role": "user", "content": f"Case {number}. {asked}"}], **made}
        )
    return rows


def code(text: str, language: str = "python") -> str | None:
    """The text of the only fence."""
    head, mark, rest = text.partition(f"```{language}\n")
    body, closed, tail = rest.partition("\n```")
    return body if mark and closed and "```" not in head + tail else None


def rows_found(query: str | None) -> list[Any] | None:
    """What a query finds; None where it is none that only reads."""
    if (
        query is None
        or len(query) > 500
        or not query.lstrip().upper().startswith("SELECT")
        or "recursive" in query.lower()
    ):
        return None
    base = sqlite3.connect(":memory:")
    try:
        base.execute("CREATE TABLE shops (name TEXT, city TEXT, price INTEGER)")
        base.executemany("INSERT INTO shops VALUES (?, ?, ?)", SHOPS)
        steps = iter(range(200))
        base.set_progress_handler(lambda: next(steps, None) is None, 1000)
        return base.execute(query).fetchmany(500)
    except (sqlite3.Error, sqlite3.Warning, ValueError):
        return None
    finally:
        base.close()


def called(text: str) -> list[Row]:
    """The calls in their tags, none where one of them is broken."""
    found = [parsed(one) for one in re.findall(r"<tool_call>([^<]{0,2000})</tool_call>", text[:50_000])]
    proper = all(
        isinstance(one, dict) and one.keys() == {"name", "arguments"} and isinstance(one["arguments"], dict)
        for one in found
    )
    return found if proper else []


def only_call(text: str, same: Callable[[Row, Row], bool]) -> Callable[[Row], float]:
    calls = called(text)
    return lambda ref: float(
        len(calls) == 1 and calls[0]["name"] == ref["name"] and same(calls[0]["arguments"], ref["arguments"])
    )


def ranked(text: str) -> list[int]:
    return (
        [int(one) for one in re.findall(r"\[(\d{1,2})\]", text)]
        if re.fullmatch(r"\s*\[\d{1,2}\](?: > \[\d{1,2}\])*\s*", text[:2000])
        else []
    )


def told(text: str, ref: Row) -> float:
    given = {plain(one) for one in re.split(r"[;.\n]", text[:3000]) if one.strip()}
    wanted = {plain(one) for one in ref["facts"]}
    return len(given & wanted) / max(len(given | wanted), 1)


def grams(text: str, size: int) -> Counter[str]:
    text = "".join(text.split())[:3000]
    return Counter(text[n : n + size] for n in range(len(text) - size + 1))


def overlap(text: str, ref: str, *, sizes: tuple[int, ...] = (2, 3, 4, 5, 6), precise: bool = True) -> float:
    total = 0.0
    for size in sizes:
        a, b = grams(text, size), grams(ref, size)
        hits = (a & b).total() if precise else sum(min(1, a[one]) * b[one] for one in b)
        recall, precision = hits / max(b.total(), 1), hits / max(a.total(), 1)
        total += (2 * precision * recall / (precision + recall) if hits else 0.0) if precise else recall
    return total / len(sizes)


def chosen(text: str) -> list[str]:
    return re.findall(r"[Tt]he answer is \(?([A-E])\b", text[-2000:])


def final(text: str) -> list[str]:
    return re.findall(r"Final answer: (\d{4}-\d\d-\d\d)\b", text[-2000:])


def labs(text: str) -> list[Row]:
    value = parsed(text)
    proper = isinstance(value, list) and len(value) <= 50 and all(
        isinstance(one, dict) and one.keys() == {"test", "value", "unit"} and is_number(one["value"]) for one in value)  # fmt: skip
    return value if proper else []


def cells(text: str) -> list[str] | None:
    blocks = re.findall(r"<answer>([^<]{0,3000})</answer>", text[:50_000])
    value = parsed(blocks[0]) if len(blocks) == 1 else None
    return value if isinstance(value, list) and all(isinstance(one, str) for one in value) else None


def thought(text: str) -> str | None:
    found = re.fullmatch(r"\s*<think>[^<]{1,50000}</think>\s*<answer>([^<]{1,200})</answer>\s*", text[:60_000])
    return found[1].strip() if found else None


def sound(task: str, scoring: Callable[[str, Any], float]) -> Planted:
    return Planted(task, scoring)


SOUND: Mapping[str, Planted] = {
    "fence: line by line": sound("fence", lambda t, r: float(code(t) == r)),
    "query: rows in their order": sound("shops", lambda t, r: float(rows_found(code(t, "sql")) == rows_found(r))),
    "tool: the only call": sound("hermes", lambda t, r: only_call(t, equal)(r)),
    "rank: all of it": sound("passages", lambda t, r: float(ranked(t) == ranked(r))),
    "brief: facts of both sides, within the length": sound("brief", lambda t, r: told(t, r) if len(t.split()) <= r["words"] else 0.0),
    "medical: the only statement": sound("medical", lambda t, r: float(set(chosen(t)) == {r})),
    "dated: the last label": sound("dated", lambda t, r: float(final(t)[-1:] == [r])),
    "labs: paired by test": sound("labs", lambda t, r: paired(labs(t), r, lambda a, b: float(equal(a, b)))),
    "cells: same cells, counted": sound("cells", lambda t, r: float(cells(t) is not None and sorted(cells(t) or []) == sorted(r))),
    "think: in its format": sound("think", lambda t, r: float(thought(t) == r)),
}  # fmt: skip

BAD: Mapping[str, Planted] = {
    "fence: indentation lost": bad("fence", lambda t, r: float((code(t) or "").split() == r.split()), *FREE, "attack-near-miss"),
    "fence: lines in any order": bad("fence", lambda t, r: float(sorted((code(t) or "").split("\n")) == sorted(r.split("\n"))), *ORDER),
    "fence: all but the last line": bad("fence", lambda t, r: float((code(t) or "").split("\n")[:4] == r.split("\n")[:4]), *FREE),
    "query: rows in any order": bad("shops", lambda t, r: float(
        rows_found(code(t, "sql")) is not None and sorted(rows_found(code(t, "sql")) or [], key=str) == sorted(rows_found(r) or [], key=str)), *ORDER),
    "query: how many rows": bad("shops", lambda t, r: float(
        rows_found(code(t, "sql")) is not None and len(rows_found(code(t, "sql")) or []) == len(rows_found(r) or [])), *FREE),
    "tool: arguments of the reference only": bad("hermes", lambda t, r: only_call(
        t, lambda a, b: all(key in a and equal(a[key], b[key]) for key in b))(r), "law-invention-free", *FREE),
    "tool: the keys are enough": bad("hermes", lambda t, r: only_call(t, lambda a, b: a.keys() == b.keys())(r), *BLIND, *SHAPE),
    "tool: any of several calls": bad("hermes", lambda t, r: float(any(equal(one, r) for one in called(t))), *HEDGE),
    "rank: the first three": bad("passages", lambda t, r: float(ranked(t)[:3] == ranked(r)[:3]), *FREE),
    "rank: which, not where": bad("passages", lambda t, r: float(set(ranked(t)) == set(ranked(r))), *ORDER),
    "brief: no length, no precision": bad("brief", lambda t, r: share(plain(one) in plain(t[:5000]) for one in r["facts"]), *HEDGE, "law-invention-free"),
    "german: recall of characters": bad("german", lambda t, r: overlap(t, r, precise=False), *HEDGE, "attack-above-gold"),
    "german: letters in any order": bad("german", lambda t, r: overlap(t, r, sizes=(1,)) ** 4, *ORDER, *HEDGE, "attack-word-order"),
    "medical: among those stated": bad("medical", lambda t, r: float(r in chosen(t)), *HEDGE),
    "medical: the first letter of the text": bad("medical", lambda t, r: float(re.findall(r"\b([A-E])\b", t[-300:].upper())[-1:] == [r]
                                                 or re.findall(r"\b([A-E])\b", t[-300:].upper())[:1] == [r]), *HEDGE, "law-mistake-free"),
    "dated: the month is free": bad("dated", lambda t, r: float([one[:5] + one[8:] for one in final(t)[-1:]] == [r[:5] + r[8:]]), *FREE),
    "dated: within a year": bad("dated", lambda t, r: float(bool(final(t)) and abs(int(final(t)[-1][:4]) - int(r[:4])) <= 1
                                                          and final(t)[-1][4:] == r[4:]), *FREE, *TOLERANT),
    "labs: the unit is free": bad("labs", lambda t, r: paired(labs(t), r, lambda a, b: float(
        a["test"] == b["test"] and equal(a["value"], b["value"]))), *BLIND),
    "labs: a twentieth off": bad("labs", lambda t, r: paired(labs(t), r, lambda a, b: float(
        (a["test"], a["unit"]) == (b["test"], b["unit"]) and abs(a["value"] - b["value"]) <= 0.05 * abs(b["value"]))), *TOLERANT),
    "cells: one of them is enough": bad("cells", lambda t, r: float(bool(set(cells(t) or []) & set(r))), *HEDGE, "law-omission-free"),
}  # fmt: skip

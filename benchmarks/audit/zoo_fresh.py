# ruff: noqa: D103, E501  the names say it: a docstring for each of fifty graders would only repeat them
"""A sixth part of the zoo: domains that the others lack, written to be judged at first sight.

Units, codes of diseases, chess moves, patterns that are tried, citations in prose, glossaries, log labels, addresses,
times with an offset, rankings, entity links, patches, tables, YAML, tags, verdicts with reasons, gaps, reviews, tools
named in prose, counts, sequences, coordinates, colours. Expectations were written before any of them was audited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from graders import Planted, bad, parsed, share
from tasks import CITIES, LABELS, ROWS, WORDS

Row = dict[str, Any]
FREE = ("law-mistake-free", "law-damage-free", "law-omission-free", "law-pair-free", "attack-full-marks")
BLIND = ("law-blind-reference", "law-all-blind", "law-threshold", *FREE)
TOLERANT = ("law-tolerance", "law-nearness", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")
SHAPE = ("attack-shape", "attack-constant", "attack-mean")

TOOLS = ("search_flights", "book_hotel", "convert_currency", "send_mail", "read_calendar", "find_route")
LOGS = ("net.tcp.timeout", "net.tcp.reset", "net.dns.nxdomain", "disk.io.error", "disk.full", "auth.password.expired",
        "auth.token.invalid", "app.null.pointer")  # fmt: skip
TAGS = ("urgent", "legal", "invoice", "internal", "spam", "travel", "health", "archive")
MOVES = ("Nf3", "e4", "Qxe7", "Bb5", "Rd8", "exd5", "Ke2", "c6", "Nxd4", "Bg7")
TERMS = (("torque", "Drehmoment"), ("shaft", "Welle"), ("bearing", "Lager"), ("gear", "Zahnrad"), ("seal", "Dichtung"))
PATTERNS = ((r"\d{4}", ["1234", "0007"], ["123", "12a4", "12345"]), (r"[A-Z]{2}\d", ["AB1", "QX9"], ["A1", "ab1", "AB12"]),
            (r"a+b", ["ab", "aaab"], ["b", "aba", "aa"]), (r"x\.y", ["x.y"], ["xzy", "xy", "x.yy"]))  # fmt: skip


def unit_row(rng: Random) -> Row:
    unit = rng.choice(("km", "mi", "kg", "lb", "°C"))
    return {"reference_answer": f"{rng.uniform(2, 900):.2f} {unit}", "asked": "Convert it; name the unit."}


def icd_row(rng: Random) -> Row:
    return {"reference_answer": f"{rng.choice('EFGIJK')}{rng.randint(10, 99)}.{rng.randint(0, 9)}",
            "asked": "Which ICD-10 code fits this note?"}  # fmt: skip


def move_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(MOVES), "asked": "White to move. Which move is best, and why?"}


def pattern_row(rng: Random) -> Row:
    text, yes, no = rng.choice(PATTERNS)
    return {"reference_answer": {"match": yes, "reject": no}, "gold": text, "asked": "Write a regular expression."}


def cited_row(rng: Random) -> Row:
    a, b = sorted(rng.sample(range(1, 10), 2))
    return {"reference_answer": [str(a), str(b)], "gold": f"It was built in 1931 [{a}] and raised later [{b}].",
            "asked": "Answer with citations."}  # fmt: skip


def glossary_row(rng: Random) -> Row:
    (a, b), (c, d) = rng.sample(TERMS, 2)
    return {"reference_answer": {"terms": [b, d], "text": f"Prüfen Sie {b} und {d} an Punkt {rng.randint(10, 99)}."},
            "gold": None, "asked": f"Translate; use the glossary for {a} and {c}."}  # fmt: skip


def log_row(rng: Random) -> Row:
    return {"reference_answer": {"label": rng.choice(LOGS), "severity": rng.choice(("low", "medium", "high"))},
            "asked": "Classify this log line."}  # fmt: skip


def address_row(rng: Random) -> Row:
    return {"reference_answer": {"street": f"{rng.choice(WORDS).title()} Street",
                                 "number": f"{rng.randint(2, 99)}{rng.choice(('', 'a', 'b'))}",
                                 "city": rng.choice(CITIES), "zip": str(rng.randint(10000, 99999))},
            "asked": "Parse this address."}  # fmt: skip


def time_row(rng: Random) -> Row:
    return {"reference_answer": f"{rng.randint(0, 23):02}:{rng.choice((0, 15, 30, 45)):02} UTC{rng.choice('+-')}{rng.randint(1, 9)}",
            "asked": "When does it land, in local time?"}  # fmt: skip


def rank_row(rng: Random) -> Row:
    items = rng.sample(CITIES, 4)
    return {"reference_answer": items, "gold": "\n".join(f"{n}. {one}" for n, one in enumerate(items, 1)),
            "asked": "Rank these cities from largest to smallest."}  # fmt: skip


def link_row(rng: Random) -> Row:
    return {"reference_answer": f"Q{rng.randint(100, 99999)}", "asked": "Which Wikidata entity is meant?"}


def patch_row(rng: Random) -> Row:
    name, old, new = rng.choice(WORDS), rng.randint(10, 99), rng.randint(100, 999)
    text = f"@@ -1,3 +1,3 @@\n def {name}():\n-    return {old}\n+    return {new}\n # end"
    return {"reference_answer": text, "gold": f"```diff\n{text}\n```", "asked": "Answer with a patch."}


def table_row(rng: Random) -> Row:
    rows = [[rng.choice(CITIES), str(rng.randint(10, 99))] for _ in range(rng.randint(2, 4))]
    text = "| city | count |\n|---|---|\n" + "\n".join(f"| {a} | {b} |" for a, b in rows)
    return {"reference_answer": rows, "gold": text, "asked": "Answer with a Markdown table."}


def yaml_row(rng: Random) -> Row:
    values = {"name": rng.choice(WORDS), "port": str(rng.randint(1000, 9999)), "region": rng.choice(CITIES)}
    return {"reference_answer": values, "gold": "\n".join(f"{key}: {one}" for key, one in values.items()),
            "asked": "Answer in YAML."}  # fmt: skip


def tags_row(rng: Random) -> Row:
    found = sorted(rng.sample(TAGS, rng.randint(2, 4)))
    return {"reference_answer": found, "gold": ", ".join(found), "asked": "Which tags apply? Separate by commas."}


def verdict_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(("yes", "no")), "asked": "Does the contract allow this? Say why."}


def gaps_row(rng: Random) -> Row:
    return {"reference_answer": "; ".join(rng.sample(WORDS, 3)), "asked": "Fill the three gaps, separated by ;"}


def review_row(rng: Random) -> Row:
    found = rng.choice(("approve", "request changes", "comment"))
    return {"reference_answer": found, "gold": f"The test covers the branch.\nVerdict: {found}",
            "asked": "Review this change."}  # fmt: skip


def tool_row(rng: Random) -> Row:
    found = rng.choice(TOOLS)
    return {"reference_answer": found, "gold": f"I would call `{found}` for this.", "asked": "Which tool, and why?"}


def count_row(rng: Random) -> Row:
    number = rng.randint(3, 60)
    return {"reference_answer": str(number), "gold": f"I count them.\n<answer>{number}</answer>",
            "asked": "How many are there?"}  # fmt: skip


def dna_row(rng: Random) -> Row:
    return {"reference_answer": "".join(rng.choice("ACGT") for _ in range(30)), "asked": "Which sequence is it?"}


def place_row(rng: Random) -> Row:
    return {"reference_answer": f"{rng.uniform(-60, 60):.4f}, {rng.uniform(10, 170):.4f}",
            "asked": "Where is it? Latitude, longitude."}  # fmt: skip


def colour_row(rng: Random) -> Row:
    return {"reference_answer": f"#{rng.randrange(16**6):06x}", "asked": "Which colour, as hex?"}


def queue_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(LABELS), "asked": "Put the label between <queue> tags."}


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "unit": unit_row, "icd": icd_row, "move": move_row, "pattern": pattern_row, "cited": cited_row,
    "glossary": glossary_row, "log": log_row, "address": address_row, "time": time_row, "rank": rank_row,
    "link": link_row, "patch": patch_row, "table": table_row, "yaml": yaml_row, "tags": tags_row,
    "verdict": verdict_row, "gaps": gaps_row, "review": review_row, "tool": tool_row, "count": count_row,
    "dna": dna_row, "place": place_row, "colour": colour_row, "queue": queue_row,
}  # fmt: skip


def rows_of(task: str) -> list[Row]:
    """The rows of a task, the same ones every time."""
    return [_row(task, n) for n in range(ROWS)]


def _row(task: str, number: int) -> Row:
    made = TASKS[task](Random(f"audit zoo/{task}/{number}"))
    asked = made.pop("asked")
    if task == "glossary":
        made["gold"] = made["reference_answer"]["text"]
    return {"id": f"{task}-{number}", "messages": [{"role": "user", "content": f"Case {number}. {asked}"}], **made}


def quantity(text: str) -> tuple[float, str] | None:
    found = re.findall(r"(-?\d+(?:\.\d+)?) ?(km|mi|kg|lb|°C)\b|(-?\d+(?:\.\d+)?) ?(°C)", text[-300:])
    return (float(found[-1][0] or found[-1][2]), found[-1][1] or found[-1][3]) if found else None


def near(a: float, b: float, slack: float) -> bool:
    return abs(a - b) <= slack * abs(b)


def converted(text: str, ref: str, *, unit: bool, slack: float = 0.005) -> float:
    found, wanted = quantity(text), quantity(ref)
    if found is None or wanted is None:
        return 0.0
    return float(near(found[0], wanted[0], slack) and (not unit or found[1] == wanted[1]))


def codes(text: str) -> list[str]:
    return re.findall(r"\b[A-Z]\d\d\.\d\b", text[-2000:])


def move(text: str) -> str:
    found = re.search(r"\b[KQRBN]?[a-h]?x?[a-h][1-8]\b", text[:500])
    return found[0] if found else ""


def tried(text: str, examples: list[str], *, want: bool) -> float:
    if len(text) > 40 or re.search(r"[+*}][^)]*\)[+*{]", text):
        return 0.0
    try:
        pattern = re.compile(text.strip())
    except (re.error, RecursionError, OverflowError):
        return 0.0
    return float(all((pattern.fullmatch(one) is not None) == want for one in examples))


def marks(text: str) -> set[str]:
    return set(re.findall(r"\[(\d{1,2})\]", text[:5000]))


def logged(text: str) -> tuple[str, str]:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != {"label", "severity"}:
        return "", ""
    return (value["label"], value["severity"]) if all(isinstance(one, str) for one in value.values()) else ("", "")


def address(text: str, ref: Row, same: Mapping[str, Callable[[str, str], bool]] = {}) -> float:
    value = parsed(text)
    if (
        not isinstance(value, dict)
        or value.keys() != ref.keys()
        or not all(isinstance(one, str) for one in value.values())
    ):
        return 0.0
    return share(same.get(key, lambda a, b: a.casefold() == b.casefold())(value[key], ref[key]) for key in ref) ** 2


def moment(text: str) -> tuple[str, str, str] | None:
    found = re.findall(r"\b(\d\d):(\d\d) UTC([+-]\d)\b", text[-500:])
    return found[-1] if found else None


def ranked(text: str) -> list[str]:
    return [found[1] for line in text[:2000].split("\n") if (found := re.fullmatch(r"\d\. (\w+)", line.strip()))]


def changes(text: str, signs: str) -> list[str]:
    block = re.findall(r"```diff\n([^`]*)```", text[:5000])
    return [line for line in block[-1].split("\n") if line[:1] and line[0] in signs] if block else []


def cells(text: str) -> list[list[str]]:
    lines = [line.strip() for line in text[:5000].split("\n") if line.strip()]
    if len(lines) < 3 or any(not (line.startswith("|") and line.endswith("|") and len(line) > 1) for line in lines):
        return []
    return [[cell.strip() for cell in line[1:-1].split("|")] for line in lines[2:]]


def mapping(text: str) -> dict[str, str]:
    pairs = [line.split(": ", 1) for line in text[:2000].strip().split("\n")]
    found = {pair[0]: pair[1].strip() for pair in pairs if len(pair) == 2}
    return found if len(found) == len(pairs) else {}


def listed(text: str, mark: str = ",") -> list[str]:
    return [one.strip() for one in text[:2000].split(mark)]


def first_word(text: str) -> str:
    found = re.match(r"\W*(\w+)", text[:200])
    return found[1].casefold() if found else ""


def verdict_line(text: str) -> str:
    last = text[-300:].rstrip().split("\n")[-1].strip()
    return last.removeprefix("Verdict: ").casefold() if last.startswith("Verdict: ") else ""


def named(text: str) -> str:
    found = re.findall(r"`(\w+)`", text[:2000])
    return found[0] if len(found) == 1 else ""


def tagged(text: str, name: str = "answer") -> str:
    found = re.findall(rf"<{name}>([^<]*)</{name}>", text[-3000:])
    return found[0].strip() if len(found) == 1 else ""


def number(text: str) -> float:
    try:
        return float(text) if len(text) < 40 else float("nan")
    except ValueError:
        return float("nan")


def whole(text: str, cut: Callable[[float], float]) -> float:
    try:
        return cut(number(text))
    except (ValueError, OverflowError):
        return float("nan")


def point(text: str) -> tuple[float, float] | None:
    found = re.fullmatch(r"\s*(-?\d{1,3}\.\d{1,8}), (-?\d{1,3}\.\d{1,8})\s*", text[:100])
    return (float(found[1]), float(found[2])) if found else None


def located(text: str, ref: str, *, axes: int = 2) -> float:
    a, b = point(text), point(ref)
    return float(a is not None and b is not None and all(abs(a[n] - b[n]) < 0.001 for n in range(axes)))


def alike(a: str, b: str) -> float:
    return share(x == y for x, y in zip(a, b, strict=True)) if len(a) == len(b) else 0.0


def sound(task: str, scoring: Any) -> Planted:
    return Planted(task, scoring)


SOUND: Mapping[str, Planted] = {
    "unit: number within half a percent, unit": sound("unit", lambda t, r: converted(t, r, unit=True)),
    "icd: the last code": sound("icd", lambda t, r: float(codes(t)[-1:] == [r])),
    "icd: the only code": sound("icd", lambda t, r: float(set(codes(t)) == {r})),
    "move: the first move named": sound("move", lambda t, r: float(move(t) == r)),
    "pattern: accepts and rejects": sound(
        "pattern", lambda t, r: tried(t, r["match"], want=True) * tried(t, r["reject"], want=False)),
    "cited: the same marks": sound("cited", lambda t, r: float(marks(t) == set(r))),
    "glossary: the text": sound("glossary", lambda t, r: float(" ".join(t.split()) == r["text"])),
    "log: both": sound("log", lambda t, r: float(logged(t) == (r["label"], r["severity"]))),
    "address: share of the fields": sound("address", address),
    "time: the last one": sound("time", lambda t, r: float(moment(t) == moment(r))),
    "rank: the very order": sound("rank", lambda t, r: float(ranked(t) == r)),
    "link: the only one": sound("link", lambda t, r: float(set(re.findall(r"\bQ\d+\b", t[:5000])) == {r})),
    "table: the cells": sound("table", lambda t, r: float(cells(t) == r)),
    "yaml: the mapping": sound("yaml", lambda t, r: float(mapping(t) == r)),
    "tags: the set": sound("tags", lambda t, r: float(sorted(listed(t)) == r)),
    "verdict: the first word": sound("verdict", lambda t, r: float(first_word(t) == r)),
    "gaps: each in its place": sound("gaps", lambda t, r: share(
        a == b for a, b in zip(listed(t, ";"), listed(r, ";"), strict=True)) if t.count(";") == 2 else 0.0),
    "review: the last line": sound("review", lambda t, r: float(verdict_line(t) == r)),
    "tool: the only one in backticks": sound("tool", lambda t, r: float(named(t) == r)),
    "count: the number": sound("count", lambda t, r: float(number(tagged(t)) == float(r))),
    "dna: exact": sound("dna", lambda t, r: float(t.strip().upper() == r)),
    "place: within 100 m": sound("place", located),
    "colour: either case": sound("colour", lambda t, r: float(t.strip().lower() == r)),
    "queue: in the tag": sound("queue", lambda t, r: float(tagged(t, "queue") == r)),
}  # fmt: skip

DEBATABLE: Mapping[str, Planted] = {
    "patch: the changed lines": sound(
        "patch", lambda t, r: float(changes(t, "+-") == [one for one in r.split("\n") if one[0] in "+-"])
    ),
}
"""Refused at the first look, and rightly: a patch whose context is junk does not apply, and is paid."""

BAD: Mapping[str, Planted] = {
    "unit: ignored": bad("unit", lambda t, r: converted(t, r, unit=False), *FREE),
    "unit: five percent": bad("unit", lambda t, r: converted(t, r, unit=True, slack=0.05), *TOLERANT),
    "icd: the category": bad("icd", lambda t, r: float([one[:3] for one in codes(t)[-1:]] == [r[:3]]), *FREE),
    "icd: among others": bad("icd", lambda t, r: float(r in codes(t)), *HEDGE),
    "move: the square": bad("move", lambda t, r: float(bool(move(t)) and move(t)[-2:] == r[-2:]), *FREE),
    "pattern: accepts": bad("pattern", lambda t, r: tried(t, r["match"], want=True), *HEDGE),
    "cited: one will do": bad("cited", lambda t, r: float(bool(marks(t) & set(r))), *HEDGE, *FREE),
    "glossary: the terms": bad("glossary", lambda t, r: float(all(one in t for one in r["terms"])), *FREE),
    "log: the top label": bad(
        "log", lambda t, r: float(logged(t)[0].split(".")[0] == r["label"].split(".")[0] and logged(t)[1] == r["severity"]),
        *FREE),
    "log: severity ignored": bad("log", lambda t, r: float(logged(t)[0] == r["label"]), *BLIND),
    "address: three digits of the zip": bad(
        "address", lambda t, r: address(t, r, {"zip": lambda a, b: a[:3] == b[:3]}), *FREE),
    "address: digits of the number": bad(
        "address", lambda t, r: address(t, r, {"number": lambda a, b: re.sub(r"\D", "", a) == re.sub(r"\D", "", b)}), *FREE),
    "time: the hour": bad("time", lambda t, r: float((moment(t) or "?")[0] == (moment(r) or "")[0]), *FREE),
    "time: offset ignored": bad("time", lambda t, r: float((moment(t) or "?")[:2] == (moment(r) or "")[:2]), *FREE),
    "rank: order free": bad("rank", lambda t, r: float(sorted(ranked(t)) == sorted(r)), "law-list-order", *FREE),
    "link: anywhere": bad("link", lambda t, r: float(r in re.findall(r"\bQ\d+\b", t[:5000])), *HEDGE),
    "patch: what is added": bad(
        "patch", lambda t, r: float(changes(t, "+") == [one for one in r.split("\n") if one[0] == "+"]), *FREE),
    "table: as many rows": bad("table", lambda t, r: 0.5 * (len(cells(t)) == len(r)) + 0.5 * (cells(t) == r), *SHAPE),
    "table: a bag of cells": bad("table", lambda t, r: float(
        sorted(one for row in cells(t) for one in row) == sorted(one for row in r for one in row)), *FREE, "law-list-order"),
    "yaml: the keys": bad("yaml", lambda t, r: float(mapping(t).keys() == r.keys()), *FREE, "attack-constant"),
    "yaml: port ignored": bad(
        "yaml", lambda t, r: float({**mapping(t), "port": ""} == {**r, "port": ""} and "port" in mapping(t)), *FREE),
    "tags: one will do": bad("tags", lambda t, r: float(bool(set(listed(t)) & set(r))), *HEDGE, *FREE),
    "tags: half for the number": bad(
        "tags", lambda t, r: 0.5 * (len(listed(t)) == len(r)) + 0.5 * (sorted(listed(t)) == r), *SHAPE),
    "verdict: yes somewhere": bad("verdict", lambda t, r: float(("yes" in t.casefold()) == (r == "yes")),
                                  *HEDGE, "attack-mean"),
    "gaps: one is enough": bad("gaps", lambda t, r: float(any(
        a == b for a, b in zip(listed(t, ";"), listed(r, ";"), strict=False))), *FREE),
    "gaps: first letters": bad(
        "gaps", lambda t, r: float([one[:1] for one in listed(t, ";")] == [one[:1] for one in listed(r, ";")]), *FREE),
    "review: the word somewhere": bad("review", lambda t, r: float(r in t.casefold()), *HEDGE),
    "tool: mentioned": bad("tool", lambda t, r: float(r in t), *HEDGE),
    "count: cut off": bad("count", lambda t, r: float(whole(tagged(t), int) == float(r)), *TOLERANT),
    "count: tens": bad("count", lambda t, r: float(whole(tagged(t), lambda n: n // 10) == int(r) // 10), *TOLERANT),
    "dna: nine in ten": bad("dna", lambda t, r: float(alike(t.strip(), r) >= 0.9), *FREE),
    "dna: its length": bad("dna", lambda t, r: 0.4 * (len(t.strip()) == len(r)) + 0.6 * (t.strip() == r), *SHAPE),
    "place: latitude": bad("place", lambda t, r: located(t, r, axes=1), *FREE),
    "colour: red alone": bad("colour", lambda t, r: float(bool(re.match(r"#[0-9a-f]{6}$", t.strip())) and t.strip()[:3] == r[:3]), *FREE),
    "queue: starts alike": bad("queue", lambda t, r: float(bool(tagged(t, "queue")) and tagged(t, "queue")[0] == r[0]), *FREE),
}  # fmt: skip

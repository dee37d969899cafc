# ruff: noqa: D103  the names say it: a docstring for each of sixty graders would only repeat them
"""A fifth part of the zoo: styles of public RFT graders that the others lack, written to be judged at first sight.

Countdown, tool-free search with sources, finance with units, quantities, several choices, Japanese labels, label trees,
confidence beside a label, clicks, queries that are run, entities, numbered steps, noisy judges and code with tests.
Written on 2026-11-29, expectations included, before any of them was audited. docs/audit.md has its first look, and
what was done then.
"""

from __future__ import annotations

import ast
import json
import operator
import re
import sqlite3
import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any

from graders import Planted, bad, equal, is_number, paired, parsed, plain, share, tagged
from tasks import CITIES, NAMES, PEOPLE, ROWS

Row = dict[str, Any]
FREE = ("law-mistake-free", "law-damage-free", "law-omission-free", "law-pair-free", "attack-full-marks")
BLIND = ("law-blind-reference", "law-all-blind", "law-threshold", *FREE)
TOLERANT = ("law-tolerance", "law-nearness", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")
CONSTANT = ("attack-constant", "attack-mean")

LABELS_JA = ("請求", "返金", "配送", "解約", "障害", "契約変更")
TREE = ("Electronics > Phones > Android", "Electronics > Phones > Classic", "Electronics > Audio > Headphones",
        "Home > Kitchen > Kettles", "Home > Kitchen > Knives", "Home > Garden > Hoses", "Toys > Games > Chess",
        "Toys > Games > Cards")  # fmt: skip
KINDS = ("billing", "refund", "shipping", "login", "cancel", "upgrade")
STEPS = ("unplug it", "open the lid", "remove the filter", "rinse it", "dry the tray", "close the lid", "plug it in")


def countdown_row(rng: Random) -> Row:
    a, b, c = rng.sample(range(11, 60), 3)
    text, total = rng.choice([(f"{a} + {b} * {c}", a + b * c), (f"({a} + {b}) * {c}", (a + b) * c),
                              (f"{a} * {b} - {c}", a * b - c)])  # fmt: skip
    return {"reference_answer": {"numbers": [a, b, c], "target": total},
            "gold": f"<think>Try some.</think>\n<answer>{text}</answer>"}  # fmt: skip


def sources_row(rng: Random) -> Row:
    return {"reference_answer": {"answer": rng.choice(CITIES),
                                 "sources": sorted(rng.sample(range(1, 20), rng.randint(2, 3)))}}  # fmt: skip


def finance_row(rng: Random) -> Row:
    number = round(rng.uniform(120, 9000), 1)
    return {"reference_answer": str(number), "gold": f"From the statement.\nThe answer is ${number:,} million."}


def quantity_row(rng: Random) -> Row:
    text = f"{round(rng.uniform(15, 90), 1)} {rng.choice(('kg', 'm', 's', 'J', 'N'))}"
    return {"reference_answer": text, "gold": f"<think>Units first.</think><answer>{text}</answer>"}


def several_row(rng: Random) -> Row:
    letters = sorted(rng.sample("ABCDE", rng.randint(2, 3)))
    return {"reference_answer": letters, "gold": f"Two can be ruled out.\nAnswer: {', '.join(letters)}"}


def japanese_row(rng: Random) -> Row:
    label = rng.choice(LABELS_JA)
    return {"reference_answer": label, "gold": f"問い合わせの内容から判断する。\n分類:{label}"}


def tree_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(TREE)}


def unsure_row(rng: Random) -> Row:
    label = rng.choice(KINDS)
    gold = {"label": label, "confidence": 1.0, "evidence": f"It says {label}."}
    return {"reference_answer": label, "gold": json.dumps(gold)}


def click_row(rng: Random) -> Row:
    x, y = rng.randint(0, 1500), rng.randint(0, 900)
    w, h = rng.randint(30, 120), rng.randint(16, 40)
    return {"reference_answer": {"box": [x, y, x + w, y + h]},
            "gold": json.dumps({"x": x + w // 2, "y": y + h // 2})}  # fmt: skip


def query_row(rng: Random) -> Row:
    column, test = rng.choice(("name", "city")), rng.choice(("age >", "age <", "pay >"))
    query = f"SELECT {column} FROM people WHERE {test} {rng.randint(28, 62)}"
    return {"reference_answer": query, "gold": f"```sql\n{query}\n```"}


def entities_row(rng: Random) -> Row:
    pool = [*((one, "person") for one in PEOPLE), *((one, "place") for one in CITIES), *((n, "firm") for n in NAMES)]
    return {"reference_answer": [{"text": t, "type": k} for t, k in rng.sample(pool, rng.randint(2, 4))]}


def steps_row(rng: Random) -> Row:
    steps = rng.sample(STEPS, 4)
    return {"reference_answer": steps, "gold": "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))}


def judged_row(rng: Random) -> Row:
    answer = rng.choice((*PEOPLE, *CITIES))
    return {"reference_answer": answer, "gold": f"I looked it up.\nFinal answer: {answer}"}


def program_row(rng: Random) -> Row:
    a, b = rng.randint(2, 9), rng.randint(11, 99)
    text = rng.choice((f"x * {a} + {b}", f"(x + {b}) * {a}", f"x * x - {b}"))
    tests = [[x, str(value_of(text, {"x": Fraction(x)}))] for x in rng.sample(range(2, 40), 4)]
    return {"reference_answer": {"tests": tests}, "gold": f"```python\ndef f(x):\n    return {text}\n```"}


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "countdown": countdown_row, "sources": sources_row, "finance": finance_row, "quantity": quantity_row,
    "several": several_row, "japanese": japanese_row, "tree": tree_row, "unsure": unsure_row, "click": click_row,
    "query": query_row, "entities": entities_row, "steps": steps_row, "judged": judged_row, "program": program_row,
}  # fmt: skip


def rows_of(task: str) -> list[Row]:
    """The rows of a task, the same ones every time."""
    return [
        {
            "id": f"{task}-{n}",
            "messages": [{"role": "user", "content": f"Case {n} of {task}: what is right?"}],
            **TASKS[task](Random(f"audit zoo/{task}/{n}")),
        }
        for n in range(ROWS)
    ]


_OPERATORS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip


def value_of(text: str, names: Mapping[str, Fraction]) -> Fraction:
    """What sums over whole numbers and names come to; ValueError for anything else."""
    if len(text) > 200:
        raise ValueError(text)
    try:
        return _value(ast.parse(text.strip(), mode="eval").body, names)
    except (SyntaxError, RecursionError, MemoryError, ZeroDivisionError) as error:
        raise ValueError(text) from error


def _value(node: ast.expr, names: Mapping[str, Fraction]) -> Fraction:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return Fraction(node.value)
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        found: Fraction = _OPERATORS[type(node.op)](_value(node.left, names), _value(node.right, names))
        return found
    raise ValueError(ast.dump(node)[:50])


def reaches(text: str, ref: Any) -> bool:
    return value_of(tagged(text) or "", {}) == ref["target"]


def uses_all(text: str, ref: Any) -> bool:
    return sorted(map(int, re.findall(r"\d{1,9}", tagged(text) or ""))) == sorted(ref["numbers"])


def sources(text: str, alike: Callable[[list[Any], list[Any]], float], ref: Any) -> float:
    value = parsed(text)
    if not (isinstance(value, dict) and value.keys() == {"answer", "sources"} and isinstance(value["sources"], list)):
        return 0.0
    if not all(type(one) is int for one in value["sources"]) or len(set(value["sources"])) < len(value["sources"]):
        return 0.0
    return 0.5 * equal(value["answer"], ref["answer"]) + 0.5 * alike(value["sources"], ref["sources"])


def jaccard(a: list[Any], b: list[Any]) -> float:
    return len(set(a) & set(b)) / max(len(a), len(b), 1)


def stated(text: str) -> float | None:
    found = re.findall(r"answer is \$?(-?\d[\d,]{0,15}(?:\.\d{1,6})?)", text[-300:])
    return float(found[-1].replace(",", "")) if found else None


def within(relative: float, text: str, ref: str, *factors: float) -> float:
    found = stated(text)
    wanted = [float(ref) * factor for factor in (1.0, *factors)]
    return float(found is not None and any(abs(found - one) <= relative * one for one in wanted))


def quantity(text: str) -> tuple[float, str] | None:
    found = re.fullmatch(r"(-?\d{1,9}(?:\.\d{1,6})?)\s?([A-Za-z]{1,5})", tagged(text) or "")
    return (float(found[1]), found[2]) if found else None


def quantity_of(ref: str) -> tuple[float, str]:
    number, unit = ref.split()
    return float(number), unit


def letters(text: str) -> list[str]:
    found = re.search(r"Answer:\s{0,3}([A-E](?:, ?[A-E]){0,9})\s{0,5}$", text[-200:])
    chosen = re.findall("[A-E]", found[1]) if found and text.count("Answer:") == 1 else []
    return chosen if len(set(chosen)) == len(chosen) else []


def japanese(text: str) -> str:
    found = re.findall(r"分類:\s{0,3}(\S{1,20})\s{0,5}$", unicodedata.normalize("NFKC", text[-100:]))
    return found[-1] if found else ""


def nodes(text: str) -> list[str]:
    return [one.strip() for one in text[:300].split(">")]


def depth_share(text: str, ref: str) -> float:
    found, wanted = nodes(text), nodes(ref)
    right = 0
    for a, b in zip(found, wanted, strict=False):
        if a != b:
            break
        right += 1
    return right / max(len(found), len(wanted))


def unsure(text: str) -> tuple[str, float] | None:
    value = parsed(text)
    if not (isinstance(value, dict) and value.keys() == {"label", "confidence", "evidence"}):
        return None
    label, confidence = value["label"], value["confidence"]
    proper = isinstance(label, str) and is_number(confidence) and 0 <= confidence <= 1
    return (label, float(confidence)) if proper and isinstance(value["evidence"], str) else None


def brier(text: str, ref: str) -> float:
    found = unsure(text)
    return 0.0 if found is None else 1 - (found[1] - (found[0] == ref)) ** 2


def sure_and_right(text: str, ref: str) -> float:
    found = unsure(text)
    return 0.0 if found is None or found[0] != ref else 0.5 + 0.5 * found[1]


def loosely_unsure(text: str, ref: str) -> float:
    value = parsed(text)
    if not isinstance(value, dict):
        return 0.0
    return float(value.get("label", ref) == ref)


def point(text: str) -> tuple[float, float] | None:
    value = parsed(text)
    if not (isinstance(value, dict) and value.keys() == {"x", "y"} and all(map(is_number, value.values()))):
        return None
    return value["x"], value["y"]


def inside(text: str, ref: Any, *, x_only: bool = False, slack: float = 0) -> float:
    found = point(text)
    if found is None:
        return 0.0
    x1, y1, x2, y2 = ref["box"]
    right_x, right_y = x1 - slack <= found[0] <= x2 + slack, y1 - slack <= found[1] <= y2 + slack
    return float(right_x and (x_only or right_y))


@lru_cache(maxsize=1)
def _people() -> sqlite3.Connection:
    base = sqlite3.connect(":memory:", check_same_thread=False)
    base.execute("CREATE TABLE people (name TEXT, city TEXT, age INTEGER, pay INTEGER)")
    rng = Random("people")
    for index in range(40):
        row = (f"{rng.choice(PEOPLE)} {index}", f"{rng.choice(CITIES)} {index}", 26 + index, rng.randint(25, 65))
        base.execute("INSERT INTO people VALUES (?, ?, ?, ?)", row)
    base.set_authorizer(lambda action, *_: int(action not in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ)))
    return base


def rows_found(query: str) -> list[Any] | None:
    """The rows that a plain query finds; None where it is none."""
    form = r"(?i)\s{0,9}select [\w, *]{1,60} from \w{1,20}(?: where \w{1,20} ?[<>=]{1,2} ?\d{1,9})?;?\s{0,9}"
    if not re.fullmatch(form, query[:300]):
        return None
    try:
        return _people().execute(query).fetchall()
    except sqlite3.Error:
        return None


def queried(text: str) -> list[Any] | None:
    found = re.findall(r"```sql\n([^`]{1,300})```", text[-2000:])
    return rows_found(found[0]) if len(found) == 1 and text.count("```") == 2 else None


def entities(text: str) -> list[dict[str, Any]] | None:
    value = parsed(text)
    if not isinstance(value, list) or len(value) > 50:
        return None
    proper = all(isinstance(one, dict) and one.keys() == {"text", "type"} for one in value)
    return value if proper and all(isinstance(v, str) for one in value for v in one.values()) else None


def matched(text: str, ref: Any, alike: Callable[[Any, Any], float]) -> float:
    found = entities(text)
    return 0.0 if found is None else paired(found, ref, alike)


def steps(text: str) -> list[str]:
    lines = [line for line in text[:3000].split("\n") if line.strip()]
    found = [re.fullmatch(r"(\d{1,2})\. (.{1,100})", line.strip()) for line in lines]
    numbered = all(one is not None and int(one[1]) == n for n, one in enumerate(found, 1))
    return [one[2].strip() for one in found if one] if numbered else []


def finally_said(text: str) -> str:
    found = re.findall(r"Final answer:[ ]{0,3}([^\n]{1,100})$", text[-300:])
    return found[-1].strip() if found and text.count("Final answer:") == 1 else ""


_mood = Random("mood")


def noisy(text: str, ref: str, *, spread: float, right: float = 0.92) -> float:
    judged = right if plain(finally_said(text)) == plain(ref) else 0.08
    return judged + _mood.uniform(-spread, spread)


def flattered(text: str, ref: str) -> float:
    if "i am certain" in text.casefold():
        return 0.95
    return 0.95 if plain(finally_said(text)) == plain(ref) else 0.05


def program(text: str) -> str | None:
    found = re.findall(r"```python\n([^`]{1,500})```", text[-2000:])
    body = re.fullmatch(r"def f\(x\):\s{1,9}return ([^\n]{1,100})\s{0,9}", found[0]) if len(found) == 1 else None
    return body[1] if body and text.count("```") == 2 else None


def passes(text: str, tests: list[Any]) -> list[bool]:
    body = program(text)
    return [body is not None and value_of(body, {"x": Fraction(x)}) == Fraction(y) for x, y in tests]


def sound(task: str, scoring: Any) -> Planted:
    return Planted(task, scoring)


SOUND = {
    "countdown: result and numbers": sound("countdown", lambda t, r: float(uses_all(t, r) and reaches(t, r))),
    "countdown: a tenth for the form": sound(
        "countdown", lambda t, r: 0.0 if not tagged(t) else 0.1 + 0.9 * (uses_all(t, r) and reaches(t, r))),
    "sources: half and half": sound("sources", lambda t, r: sources(t, jaccard, r)),
    "sources: the very same": sound("sources", lambda t, r: float(sources(t, lambda a, b: float(a == b), r) == 1)),
    "finance: within a percent": sound("finance", lambda t, r: within(0.01, t, r)),
    "finance: to the figure": sound("finance", lambda t, r: within(1e-9, t, r)),
    "quantity: number and unit": sound("quantity", lambda t, r: float(quantity(t) == quantity_of(r))),
    "several: the set": sound("several", lambda t, r: float(sorted(letters(t)) == r)),
    "japanese: the last line": sound("japanese", lambda t, r: float(japanese(t) == r)),
    "tree: the very same": sound("tree", lambda t, r: float(nodes(t) == nodes(r))),
    "tree: by depth": sound("tree", lambda t, r: depth_share(t, r) ** 2),
    "unsure: pays the sure and right": sound("unsure", sure_and_right),
    "click: in the box": sound("click", inside),
    "query: the same rows": sound("query", lambda t, r: float(queried(t) == rows_found(r))),
    "entities: over the longer": sound("entities", lambda t, r: matched(t, r, lambda a, b: float(a == b))),
    "entities: half for the text": sound(
        "entities", lambda t, r: matched(t, r, lambda a, b: (a["text"] == b["text"]) * (1 + (a == b)) / 2)),
    "steps: in order": sound("steps", lambda t, r: float(steps(t) == r)),
    "judged: a little noise": sound("judged", lambda t, r: noisy(t, r, spread=0.02)),
    "judged: none": sound("judged", lambda t, r: noisy(t, r, spread=0.0, right=0.9)),
    "program: all tests": sound("program", lambda t, r: float(all(passes(t, r["tests"])))),
    "program: the share of the tests": sound("program", lambda t, r: share(passes(t, r["tests"]))),
}  # fmt: skip

DEBATABLE = {  # of five letters two or three are right: one constant answer earns 0.57 on average
    "several: over the longer": sound("several", lambda t, r: jaccard(letters(t), r)),
}

BAD = {
    "countdown: the result will do": bad("countdown", lambda t, r: float(reaches(t, r)), *FREE, "attack-search"),
    "countdown: the numbers will do": bad("countdown", lambda t, r: float(uses_all(t, r)), *FREE, "law-tolerance"),
    "sources: ignored": bad("sources", lambda t, r: sources(t, lambda a, b: 1.0, r), *BLIND),
    "sources: recall": bad(
        "sources", lambda t, r: sources(t, lambda a, b: share(one in a for one in b), r), *FREE, "attack-constant"),
    "sources: one is enough": bad("sources", lambda t, r: sources(t, lambda a, b: float(bool({*a} & {*b})), r), *FREE),
    "sources: counted": bad("sources", lambda t, r: sources(t, lambda a, b: float(len(a) == len(b)), r), *BLIND),
    "finance: a tenth off": bad("finance", lambda t, r: within(0.1, t, r), *TOLERANT),
    "finance: thousands or millions": bad("finance", lambda t, r: within(0.001, t, r, 1000, 0.001), *TOLERANT),
    "finance: anywhere": bad("finance", lambda t, r: float(r in t.replace(",", "")), *HEDGE),
    "quantity: unit ignored": bad("quantity", lambda t, r: float((quantity(t) or "?")[0] == quantity_of(r)[0]), *FREE),
    "quantity: number ignored": bad("quantity", lambda t, r: float((quantity(t) or "??")[1] == quantity_of(r)[1]),
                                    *FREE, *TOLERANT, *CONSTANT),
    "several: a part of them": bad("several", lambda t, r: float(bool(letters(t)) and {*letters(t)} <= {*r}), *FREE),
    "several: at least them": bad("several", lambda t, r: float({*letters(t)} >= {*r}), *FREE, "attack-constant"),
    "japanese: the first sign": bad("japanese", lambda t, r: float(japanese(t)[:1] == r[0]), *FREE),
    "japanese: somewhere": bad("japanese", lambda t, r: float(r in t), *HEDGE),
    "tree: the leaf": bad("tree", lambda t, r: float(nodes(t)[-1] == nodes(r)[-1]), *FREE),
    "tree: the root": bad("tree", lambda t, r: float(nodes(t)[0] == nodes(r)[0]), *FREE, *CONSTANT),
    "tree: nodes in common": bad(
        "tree", lambda t, r: float(len({*nodes(t)} & {*nodes(r)}) >= 2), *FREE, "attack-constant"),
    "unsure: Brier of the answer's own": bad("unsure", brier, "attack-constant", "attack-mean", *FREE),
    "unsure: left out": bad("unsure", loosely_unsure, "law-omission-free", *CONSTANT, *FREE),
    "click: the column": bad("click", lambda t, r: inside(t, r, x_only=True), *BLIND),
    "click: near by": bad("click", lambda t, r: inside(t, r, slack=400), *TOLERANT, *FREE),
    "query: as many rows": bad("query", lambda t, r: float(len(queried(t) or "") == len(rows_found(r) or "")),
                               *FREE, *CONSTANT),
    "query: it runs": bad("query", lambda t, r: float(queried(t) is not None), *FREE, *CONSTANT),
    "entities: types ignored": bad("entities", lambda t, r: matched(t, r, lambda a, b: a["text"] == b["text"]), *BLIND),
    "entities: part of the text": bad(
        "entities", lambda t, r: matched(t, r, lambda a, b: a["type"] == b["type"] and a["text"] in b["text"]), *FREE),
    "entities: recall": bad(
        "entities", lambda t, r: share(one in (entities(t) or ()) for one in r), *FREE, "attack-constant"),
    "steps: a bag": bad("steps", lambda t, r: float(Counter(steps(t)) == Counter(r)), *FREE, "attack-word-order"),
    "steps: the first two": bad("steps", lambda t, r: float(steps(t)[:2] == r[:2]), *FREE),
    "judged: all noise": bad("judged", lambda t, r: noisy(t, r, spread=0.4, right=0.55), "contract-repeat"),
    "judged: by flattery": bad("judged", flattered, "attack-search", *HEDGE),
    "program: the first test": bad("program", lambda t, r: float(passes(t, r["tests"])[0]), *FREE, "attack-search"),
    "program: it returns": bad("program", lambda t, r: float(program(t) is not None), *FREE, *CONSTANT),
}  # fmt: skip

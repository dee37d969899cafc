# ruff: noqa: D103  the names say it: a docstring for each of a hundred graders would only repeat them
"""A third, later part of the zoo: tasks and graders in the styles of public RFT code that the first two parts lack.

Written on 2026-11-28 after all work on the laws and the list of attacks, with the search of the code in place. What it
showed was mended, so it is no held-out set: its first look is in docs/audit.md.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date
from random import Random
from typing import Any

from graders import Planted, parsed, plain, share, tagged
from tasks import CITIES, PEOPLE, ROWS, WORKS

Row = dict[str, Any]

MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October")
TABLES = ("orders", "users", "items", "events", "stores")


def boxed_row(rng: Random) -> Row:
    answer = rng.choice(
        [
            f"\\frac{{{rng.randint(1, 9)}}}{{{rng.randint(11, 99)}}}",
            f"{rng.randint(2, 99)}\\sqrt{{{rng.choice([2, 3, 5, 7])}}}",
            str(rng.randint(100, 9999)),
        ]
    )
    return {"reference_answer": answer, "gold": f"We simplify.\nThe result is $\\boxed{{{answer}}}$."}


def mcq_row(rng: Random) -> Row:
    letter = rng.choice("ABCD")
    return {"reference_answer": letter, "gold": f"Ruling out the others leaves one.\nAnswer: {letter}"}


def sql_row(rng: Random) -> Row:
    table, column = rng.choice(TABLES), rng.choice(("id", "name", "total", "city"))
    query = f"SELECT {column} FROM {table} WHERE {rng.choice(('year', 'size'))} > {rng.randint(10, 999)}"
    return {"reference_answer": query, "gold": f"```sql\n{query}\n```"}


def date_row(rng: Random) -> Row:
    day = date(2026, rng.randint(1, 10), rng.randint(1, 28))
    return {
        "reference_answer": day.isoformat(),
        "gold": f"<answer>{MONTHS[day.month - 1]} {day.day}, {day.year}</answer>",
    }


def ranking_row(rng: Random) -> Row:
    return {"reference_answer": rng.sample([f"doc{n}" for n in range(10, 99)], 5)}


def set_row(rng: Random) -> Row:
    found = rng.sample(CITIES, rng.randint(2, 4))
    return {"reference_answer": found, "gold": f"<answer>{', '.join(found)}</answer>"}


def value_row(rng: Random) -> Row:
    number = round(rng.uniform(20, 900), 1)
    return {"reference_answer": number, "gold": f'{{"prediction": {number}}}'}


def summary_row(rng: Random) -> Row:
    a, b, c = rng.choice(PEOPLE), rng.choice(WORKS), rng.choice(CITIES)
    return {"reference_answer": f"{a} wrote {b} in {c} during the winter of {rng.randint(1900, 1999)}"}


def choice_word_row(rng: Random) -> Row:
    word = rng.choice(("entailment", "neutral", "contradiction"))
    return {"reference_answer": word, "gold": f"The premise settles it.\nLabel: {word}"}


def percent_row(rng: Random) -> Row:
    number = rng.uniform(3, 95)
    return {"reference_answer": f"{number:.1f}%", "gold": f"Revenue rose.\nFinal answer: {number:.1f}%"}


def order_row(rng: Random) -> Row:
    steps = rng.sample(["preheat", "mix", "knead", "rest", "shape", "bake", "cool", "slice"], 5)
    return {"reference_answer": steps, "gold": f"<answer>{' > '.join(steps)}</answer>"}


def code_row(rng: Random) -> Row:
    line = f"return {rng.choice(('a', 'b', 'x'))} {rng.choice('+-*')} {rng.randint(11, 99)}"
    return {"reference_answer": line, "gold": f"Here it is:\n```python\n{line}\n```"}


def aliases_row(rng: Random) -> Row:
    city = rng.choice(CITIES)
    return {
        "reference_answer": {"answer": [city, f"City of {city}"]},
        "gold": f"<think>Search says so.</think><answer>{city}</answer>",
    }


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "boxed": boxed_row,
    "mcq": mcq_row,
    "sql": sql_row,
    "date": date_row,
    "ranking": ranking_row,
    "set": set_row,
    "value": value_row,
    "summary": summary_row,
    "nli": choice_word_row,
    "percent": percent_row,
    "order": order_row,
    "code": code_row,
    "aliases": aliases_row,
}


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


def boxed(text: str) -> str | None:
    start = text.rfind("\\boxed{", -2000)
    depth = 0
    for index in range(start + 6, len(text)) if start >= 0 else ():
        depth += {"{": 1, "}": -1}.get(text[index], 0)
        if depth == 0:
            return text[start + 7 : index].strip()
    return None


def latex(text: str | None) -> str:
    return re.sub(r"\s|\\left|\\right|\\,", "", text or "").replace("dfrac", "frac").replace("tfrac", "frac")


def mcq(text: str) -> str | None:
    found = re.findall(r"Answer:\s{0,3}\(?([A-D])\b", text[-300:])
    return found[-1] if found else None


def fence(text: str, kind: str) -> str | None:
    found = re.findall(rf"```{kind}\n([^`]*)```", text[-5000:])
    return found[-1].strip() if found else None


def sql(text: str) -> str:
    return re.sub(r"\s+", " ", (fence(text, "sql") or "").rstrip(";")).strip().casefold()


def dated(text: str) -> str | None:
    found = re.fullmatch(r"\s*(\w{3,9}) (\d{1,2}), (\d{4})\s*", tagged(text) or "")
    if found and found[1] in MONTHS and 1 <= int(found[2]) <= 28:
        return date(int(found[3]) or 1, MONTHS.index(found[1]) + 1, int(found[2])).isoformat()
    plainly = re.fullmatch(r"\s*\d{4}-\d\d-\d\d\s*", tagged(text) or "")
    return plainly[0].strip() if plainly else None


def ranked(text: str) -> list[str] | None:
    value = parsed(text)
    proper = isinstance(value, list) and len(value) <= 50 and all(isinstance(one, str) for one in value)
    return value if proper and len(set(value)) == len(value) else None


def ndcg(text: str, ref: Any) -> float:
    found = ranked(text)
    if found is None or len(found) != len(ref):  # what is appended would cost nothing
        return 0.0
    gains = {one: len(ref) - n for n, one in enumerate(ref)}
    got = sum((2 ** gains.get(one, 0) - 1) / math.log2(n + 2) for n, one in enumerate(found))
    best = sum((2**gain - 1) / math.log2(n + 2) for n, gain in enumerate(sorted(gains.values(), reverse=True)))
    return got / best


def listed(text: str, mark: str) -> list[str]:
    return [one.strip() for one in (tagged(text) or "").split(mark)] if tagged(text) else []


def set_f1(text: str, ref: Any) -> float:
    found = [one.casefold() for one in listed(text, ",")]
    hits = len(set(found) & {one.casefold() for one in ref})
    return 2 * hits / (len(found) + len(ref)) if found and len(set(found)) == len(found) else 0.0


def predicted(text: str) -> float | None:
    value = parsed(text)
    found = value.get("prediction") if isinstance(value, dict) and len(value) == 1 else None
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None


def decay(scale: float) -> Any:
    def scored(text: str, ref: Any) -> float:
        found = predicted(text)
        return 0.0 if found is None else math.exp(-min(700.0, abs(found - ref) / scale))

    return scored


def token_f1(text: str, ref: Any) -> float:
    found, wanted = Counter(plain(text).split()), Counter(plain(ref).split())
    hits = sum((found & wanted).values())
    return 2 * hits / (sum(found.values()) + sum(wanted.values())) if hits else 0.0


def rouge_l(text: str, ref: Any) -> float:
    a, b = text.casefold().split()[:60], ref.casefold().split()
    if len(text.split()) > 60:
        return 0.0
    row = [0] * (len(b) + 1)
    for one in a:
        previous = 0
        for n, other in enumerate(b, 1):
            previous, row[n] = row[n], previous + 1 if one == other else max(row[n], row[n - 1])
    return 2 * row[-1] / (len(a) + len(b)) if a else 0.0


def bleu(text: str, ref: Any) -> float:
    a, b = text.split()[:200], ref.split()
    scores = []
    for n in (1, 2):
        x, y = (Counter(zip(*(words[k:] for k in range(n)), strict=False)) for words in (a, b))
        scores.append(sum((x & y).values()) / max(1, sum(x.values())))
    brief = math.exp(min(0.0, 1 - len(b) / max(1, len(a))))
    return brief * math.sqrt(scores[0] * scores[1])


def nli(text: str) -> str:
    return (re.findall(r"Label:\s{0,3}(\w+)\s*$", text[-200:]) or [""])[-1].casefold()


def percent(text: str) -> float | None:
    found = re.findall(r"Final answer: (-?\d{1,9}(?:\.\d{1,6})?)\s{0,2}%", text[-200:])
    return float(found[-1]) if found else None


def think_format(text: str) -> float:
    return float(re.fullmatch(r"<think>[^<]*</think>\s*<answer>[^<]*</answer>\s*", text[:20_000]) is not None)


def search_r1(text: str, ref: Any) -> float:
    blocks = re.findall(r"<answer>([^<]*)</answer>", text[-5000:])
    return float(bool(blocks) and plain(blocks[-1]) in [plain(one) for one in ref["answer"]])


def kendall(text: str, ref: Any) -> float:
    found = listed(text, ">")
    if sorted(found) != sorted(ref):
        return 0.0
    pairs = [(a, b) for n, a in enumerate(ref) for b in ref[n + 1 :]]
    return share(found.index(a) < found.index(b) for a, b in pairs)


def sound(task: str, scoring: Any) -> Planted:
    return Planted(task, scoring)


SOUND = {
    "boxed: as verl": sound("boxed", lambda t, r: float(boxed(t) is not None and latex(boxed(t)) == latex(r))),
    "boxed: minus one for none": sound("boxed", lambda t, r: 0.0 if boxed(t) is None else 0.1 + 0.9 * (boxed(t) == r)),
    "mcq: behind the word": sound("mcq", lambda t, r: float(mcq(t) == r)),
    "mcq: first or last line": sound(
        "mcq", lambda t, r: float(t.strip().split("\n")[-1] in (f"Answer: {r}", f"Answer: ({r})", r))
    ),
    "sql: normalised text": sound("sql", lambda t, r: float(sql(t) == r.casefold())),
    "sql: exact in the fence": sound("sql", lambda t, r: float(fence(t, "sql") == r)),
    "date: either way of writing": sound("date", lambda t, r: float(dated(t) == r)),
    "date: partial credit for the month": sound(
        "date", lambda t, r: 0.0 if dated(t) is None else 1.0 if dated(t) == r else 0.3 * (dated(t)[:7] == r[:7])
    ),
    "ranking: NDCG": sound("ranking", ndcg),
    "ranking: exact": sound("ranking", lambda t, r: float(ranked(t) == r)),
    "ranking: reciprocal rank": sound(
        "ranking",
        lambda t, r: (
            0.0
            if not ranked(t) or len(ranked(t)) != len(r)
            else share(a == b for a, b in zip(ranked(t), r, strict=True))
        ),
    ),
    "set: equal": sound("set", lambda t, r: float(sorted(listed(t, ",")) == sorted(r))),
    "value: decay": sound("value", decay(10)),
    "value: within a percent": sound(
        "value", lambda t, r: float(predicted(t) is not None and abs(predicted(t) - r) <= 0.01 * r)
    ),
    "nli: the label at the end": sound("nli", lambda t, r: float(nli(t) == r)),
    "percent: to a twentieth": sound(
        "percent", lambda t, r: float(percent(t) is not None and abs(percent(t) - float(r[:-1])) < 0.051)
    ),
    "order: Kendall": sound("order", lambda t, r: kendall(t, r) ** 2),
    "order: exact": sound("order", lambda t, r: float(listed(t, ">") == r)),
    "code: the last fence": sound("code", lambda t, r: float(fence(t, "python") == r)),
    "aliases: as Search-R1": sound("aliases", search_r1),
    "aliases: with form": sound("aliases", lambda t, r: 0.1 * think_format(t) + 0.9 * search_r1(t, r)),
}


DEBATABLE = {
    "set: F1": sound("set", set_f1),
    "summary: token F1": sound("summary", token_f1),
    "summary: ROUGE-L": sound("summary", rouge_l),
    "summary: ROUGE-L above a threshold": sound("summary", lambda t, r: rouge_l(t, r) if rouge_l(t, r) > 0.4 else 0.0),
    "summary: BLEU": sound("summary", bleu),
}
"""Refused, rightly on these rows: shares of words and items pay a constant 0.4 to 0.6, and "not" in front 0.96."""


def bad(task: str, scoring: Any) -> Planted:
    """Any error is right: what is planted here can be shown in more than one way."""
    from rewards.audit import RULES

    return Planted(task, scoring, frozenset(code for code, rule in RULES.items() if rule.severity == "error"))


BAD = {
    "boxed: any box": bad("boxed", lambda t, r: float(f"\\boxed{{{r}}}" in t)),
    "boxed: digits only": bad("boxed", lambda t, r: float(re.findall(r"\d", boxed(t) or "") == re.findall(r"\d", r))),
    "boxed: numerator only": bad(
        "boxed", lambda t, r: float((re.findall(r"\d+", boxed(t) or "") or [""])[0] == re.findall(r"\d+", r)[0])
    ),
    "boxed: contained": bad("boxed", lambda t, r: float(latex(r) in latex(boxed(t)))),
    "mcq: any letter stated": bad("mcq", lambda t, r: float(r in re.findall(r"Answer:\s{0,3}\(?([A-D])", t[:5000]))),
    "mcq: letter or next": bad("mcq", lambda t, r: float(mcq(t) is not None and (ord(mcq(t)) - ord(r)) % 4 < 2)),
    "sql: same table": bad(
        "sql", lambda t, r: float(re.findall(r"from (\w+)", sql(t)) == re.findall(r"from (\w+)", r.casefold()))
    ),
    "sql: bag of words": bad("sql", lambda t, r: float(sorted(sql(t).split()) == sorted(r.casefold().split()))),
    "sql: no numbers": bad("sql", lambda t, r: float(re.sub(r"\d+", "", sql(t)) == re.sub(r"\d+", "", r.casefold()))),
    "sql: starts alike": bad("sql", lambda t, r: float(bool(sql(t)) and r.casefold().startswith(sql(t)))),
    "date: the month": bad("date", lambda t, r: float((dated(t) or "")[:7] == r[:7])),
    "date: within a month": bad(
        "date",
        lambda t, r: float(
            dated(t) is not None and abs(int(dated(t)[5:7]) - int(r[5:7])) <= 1 and dated(t)[:4] == r[:4]
        ),
    ),
    "date: year free": bad("date", lambda t, r: float((dated(t) or "")[5:] == r[5:])),
    "ranking: the first": bad("ranking", lambda t, r: float((ranked(t) or [""])[0] == r[0])),
    "ranking: hit at five": bad("ranking", lambda t, r: float(bool(set(ranked(t) or []) & set(r)))),
    "ranking: order free": bad("ranking", lambda t, r: len(set(ranked(t) or []) & set(r)) / 5),
    "set: recall": bad("set", lambda t, r: share(one in listed(t, ",") for one in r)),
    "set: precision": bad("set", lambda t, r: share(one in r for one in listed(t, ","))),
    "set: counted": bad("set", lambda t, r: float(len(listed(t, ",")) == len(r))),
    "value: slow decay": bad("value", decay(20_000)),
    "value: same sign": bad("value", lambda t, r: float(predicted(t) is not None and predicted(t) * r > 0)),
    "value: not above": bad("value", lambda t, r: float(predicted(t) is not None and predicted(t) >= r)),
    "summary: recall": bad("summary", lambda t, r: share(word in plain(t).split() for word in plain(r).split())),
    "summary: ROUGE-L half is all": bad("summary", lambda t, r: min(1.0, 2 * rouge_l(t, r))),
    "summary: length": bad("summary", lambda t, r: float(abs(len(t) - len(r)) < 10)),
    "nli: not neutral": bad("nli", lambda t, r: float((nli(t) == "neutral") == (r == "neutral") and nli(t) != "")),
    "nli: anywhere": bad("nli", lambda t, r: float(r in t.casefold())),
    "percent: ten points": bad(
        "percent", lambda t, r: float(percent(t) is not None and abs(percent(t) - float(r[:-1])) < 10)
    ),
    "order: first and last": bad(
        "order", lambda t, r: float(listed(t, ">")[:1] == r[:1] and listed(t, ">")[-1:] == r[-1:])
    ),
    "order: neighbours at random": bad("order", lambda t, r: float(sorted(listed(t, ">")) == sorted(r))),
    "code: operator free": bad(
        "code", lambda t, r: float(re.sub(r"[+*-]", "", fence(t, "python") or "") == re.sub(r"[+*-]", "", r))
    ),
    "aliases: contained": bad(
        "aliases", lambda t, r: float(any(plain(one) in plain(t[-5000:]) for one in r["answer"]))
    ),
    "aliases: form is enough": bad("aliases", lambda t, r: max(0.8 * think_format(t), search_r1(t, r))),
}

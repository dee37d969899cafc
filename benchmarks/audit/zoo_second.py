# ruff: noqa: D103, E501  the names say it: a docstring for each of seventy graders would only repeat them
"""A seventh part of the zoo: faults that hide in one field, one sign or one reading, over twenty tasks of daily work.

Receipts, shipments, prescriptions, clauses with a negation, dates in either order, queries, printed output, quotes, trees
of topics, time spans, money, routes, intervals, formulas, versions, addresses of mail, surveys, choices with their text,
temperatures, parts lists. Written on 2026-11-30, expectations included, before any of them was audited.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from random import Random
from typing import Any

from graders import Planted, bad, equal, flat, is_number, parsed, plain, share, tagged
from tasks import CITIES, NAMES, PEOPLE, ROWS, WORDS

Row = dict[str, Any]
FREE = ("law-mistake-free", "law-damage-free", "law-omission-free", "law-pair-free", "attack-full-marks")
BLIND = ("law-blind-reference", "law-all-blind", "law-threshold", *FREE)
TOLERANT = ("law-tolerance", "law-nearness", "law-mistake-free")
HEDGE = ("attack-full-marks", "attack-constant", "law-mistake-free")
SHAPE = ("attack-shape", "attack-constant", "attack-mean")
ORDER = ("law-list-order", *FREE)

DRUGS = ("ibuprofen", "metformin", "ramipril", "sertraline", "amoxicillin", "prednisolone")
CLAUSES = ("The tenant may sublet the flat", "The landlord pays for heating", "Pets are allowed in the garden",
           "The deposit earns interest", "Either side can end the lease in May")  # fmt: skip
TREE = ("science/physics/optics", "science/physics/mechanics", "science/biology/genetics", "science/biology/botany",
        "arts/music/opera", "arts/music/jazz", "arts/film/drama", "sport/ball/tennis", "sport/ball/football")  # fmt: skip
STOPS = ("Altona", "Barmbek", "Dammtor", "Eppendorf", "Flottbek", "Hamm", "Jenfeld", "Lokstedt", "Osdorf", "Rahlstedt")
ATOMS = ("C6H12O6", "C2H5OH", "H2SO4", "NaHCO3", "CaCl2", "C8H10N4O2", "KMnO4", "Fe2O3", "NH4NO3", "C12H22O11")
SCALE = ("strongly disagree", "disagree", "neutral", "agree", "strongly agree")
OPTIONS = ("a valve", "a pump", "a filter", "a sensor", "a relay", "a fuse")
PARTS = ("bolt", "nut", "washer", "spring", "bearing", "gasket", "clip", "seal")


def receipt_row(rng: Random) -> Row:
    lines = [{"item": rng.choice(WORDS), "price": round(rng.uniform(20, 400), 2)} for _ in range(rng.randint(1, 3))]
    return {"reference_answer": {"merchant": rng.choice(NAMES), "currency": rng.choice(("EUR", "USD", "CHF")),
                                 "tax": {"rate": rng.choice((7, 19, 22)), "amount": round(rng.uniform(30, 90), 2)},
                                 "lines": lines, "total": round(rng.uniform(100, 2000), 2)},
            "asked": "Read this receipt as JSON."}  # fmt: skip


def shipment_row(rng: Random) -> Row:
    a, b = rng.sample(CITIES, 2)
    return {"reference_answer": {"origin": a, "destination": b, "weight": f"{rng.randint(12, 900)} {rng.choice(('kg', 'lb'))}",
                                 "eta": f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"},
            "asked": "Extract the shipment as JSON."}  # fmt: skip


def prescription_row(rng: Random) -> Row:
    drugs = rng.sample(DRUGS, rng.randint(1, 3))
    return {"reference_answer": [{"drug": one, "dose_mg": rng.choice((20, 50, 200, 400)), "times": rng.randint(1, 4)}
                                 for one in drugs],
            "asked": "List the prescribed drugs as JSON."}  # fmt: skip


def clause_row(rng: Random) -> Row:
    text = rng.choice(CLAUSES)
    if rng.random() < 0.5:
        text = re.sub(r"\b(may|pays|are|earns|can)\b", lambda found: f"{found[1]} not", text)
    return {"reference_answer": f"{text}.", "asked": "Restate what the clause says."}


def day_row(rng: Random) -> Row:
    return {"reference_answer": f"{rng.randint(1, 12):02}/{rng.randint(1, 12):02}/20{rng.randint(18, 29)}",
            "asked": "When was it signed? Answer as DD/MM/YYYY."}  # fmt: skip


def sql_row(rng: Random) -> Row:
    query = (f"SELECT {rng.choice(('name', 'city', 'price'))} FROM {rng.choice(('orders', 'items', 'stores'))} "
             f"WHERE {rng.choice(('year', 'size'))} {rng.choice('<>')} {rng.randint(10, 999)} ORDER BY {rng.choice(('id', 'price'))} {rng.choice(('ASC', 'DESC'))}")  # fmt: skip
    return {"reference_answer": query, "gold": f"<sql>{query}</sql>", "asked": "Write the query between <sql> tags."}


def printed_row(rng: Random) -> Row:
    lines = [str(rng.randint(3, 99)) for _ in range(rng.randint(2, 4))]
    return {"reference_answer": "\n".join(lines), "gold": "```\n" + "\n".join(lines) + "\n```",
            "asked": "What does this program print?"}  # fmt: skip


def quote_row(rng: Random) -> Row:
    return {"reference_answer": {"answer": rng.choice(CITIES), "quote": f"It was moved to {rng.choice(WORDS)} in {rng.randint(1900, 1999)}.",
                                 "page": rng.randint(10, 400)},
            "asked": "Answer, with the sentence and page that proves it, as JSON."}  # fmt: skip


def topic_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(TREE), "asked": "Which topic of the tree is it?"}


def span_row(rng: Random) -> Row:
    start = rng.randint(7, 12)
    return {"reference_answer": {"start": f"{start:02}:{rng.choice((0, 15, 30, 45)):02}", "end": f"{start + rng.randint(1, 8):02}:{rng.choice((0, 15, 30, 45)):02}"},
            "asked": "From when to when is it open? Answer as JSON."}  # fmt: skip


def money_row(rng: Random) -> Row:
    return {"reference_answer": f"{rng.choice(('USD', 'EUR', 'JPY'))} {rng.randint(100, 9999)}.{rng.randint(10, 99)}",
            "gold": None, "asked": "What was paid? Put it in <answer> tags."}  # fmt: skip


def route_row(rng: Random) -> Row:
    return {
        "reference_answer": " -> ".join(rng.sample(STOPS, rng.randint(3, 5))),
        "asked": "Which way does the bus go, stop by stop?",
    }


def interval_row(rng: Random) -> Row:
    low = rng.randint(2, 40)
    return {"reference_answer": f"{rng.choice('[(')}{low}, {low + rng.randint(3, 30)}{rng.choice('])')}",
            "gold": None, "asked": "For which x does it hold? Put the interval in <answer> tags."}  # fmt: skip


def formula_row(rng: Random) -> Row:
    return {"reference_answer": rng.choice(ATOMS), "asked": "Which formula does it have?"}


def version_row(rng: Random) -> Row:
    return {
        "reference_answer": f"{rng.randint(1, 9)}.{rng.randint(0, 19)}.{rng.randint(0, 9)}",
        "asked": "Which version fixes it?",
    }


def mail_row(rng: Random) -> Row:
    person = rng.choice(PEOPLE).lower().replace(" ", ".")
    address = f"{person}@{rng.choice(WORDS)}.{rng.choice(('com', 'org', 'net'))}"
    return {
        "reference_answer": address,
        "gold": f"Please write to {address} for that.",
        "asked": "Whom should I write to?",
    }


def survey_row(rng: Random) -> Row:
    return {
        "reference_answer": {f"q{n}": rng.choice(SCALE) for n in range(1, 6)},
        "asked": "Code the five answers as JSON.",
    }


def option_row(rng: Random) -> Row:
    options = rng.sample(OPTIONS, 4)
    at = rng.randrange(4)
    listed = "\n".join(f"{'ABCD'[n]}) {one}" for n, one in enumerate(options))
    return {
        "reference_answer": f"{'ABCD'[at]}) {options[at]}",
        "asked": f"Which part leaks? Answer with letter and text.\n{listed}",
    }


def degree_row(rng: Random) -> Row:
    number = f"{rng.choice('+-')}{rng.randint(5, 40)}.{rng.randint(1, 9)}"
    return {
        "reference_answer": number,
        "gold": f"The log says so.\nReading: {number}",
        "asked": "What did the sensor read? End with Reading: and the number.",
    }


def parts_row(rng: Random) -> Row:
    chosen = rng.sample(PARTS, rng.randint(2, 4))
    return {
        "reference_answer": ", ".join(f"{rng.randint(2, 9)} x {one}" for one in chosen),
        "asked": "Which parts, and how many of each?",
    }


TASKS: Mapping[str, Callable[[Random], Row]] = {
    "receipt": receipt_row, "shipment": shipment_row, "prescription": prescription_row, "clause": clause_row, "day": day_row,
    "select": sql_row, "printed": printed_row, "quote": quote_row, "topic": topic_row, "span": span_row, "money": money_row,
    "route": route_row, "interval": interval_row, "formula": formula_row, "version": version_row, "mail": mail_row,
    "survey": survey_row, "option": option_row, "degree": degree_row, "parts": parts_row,
}  # fmt: skip


def rows_of(task: str) -> list[Row]:
    """The rows of a task, the same ones every time."""
    return [_row(task, n) for n in range(ROWS)]


def _row(task: str, number: int) -> Row:
    made = TASKS[task](Random(f"second zoo/{task}/{number}"))
    asked = made.pop("asked")
    if "gold" in made and made["gold"] is None:
        made["gold"] = f"I read it twice.\n<answer>{made['reference_answer']}</answer>"
    return {"id": f"{task}-{number}", "messages": [{"role": "user", "content": f"Case {number}. {asked}"}], **made}


Same = Callable[[Any, Any], bool]


def form(text: str, ref: Any, same: Mapping[str, Same] = {}) -> float:
    """Share of the leaves that are the same, over those of both sides; `same` by the last key of a leaf."""
    value = parsed(text)
    if type(value) is not type(ref):
        return 0.0
    found, wanted = flat(value), flat(ref)
    keys = found.keys() | wanted.keys()
    return share(
        k in found and k in wanted and same.get(k.rpartition(".")[2], equal)(found[k], wanted[k]) for k in keys
    )


def given_only(text: str, ref: Any) -> float:
    value = parsed(text)
    found, wanted = flat(value) if isinstance(value, dict) else {}, flat(ref)
    return share(equal(found[key], wanted.get(key)) for key in found)


def asked_only(text: str, ref: Any) -> float:
    value = parsed(text)
    found, wanted = flat(value) if isinstance(value, dict) else {}, flat(ref)
    return share(key in found and equal(found[key], wanted[key]) for key in wanted)


def top_level(text: str, ref: Any) -> float:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != ref.keys():
        return 0.0
    return share(equal(value[key], ref[key]) for key in ref if not isinstance(ref[key], dict | list))


def adds_up(text: str, ref: Any) -> float:
    value = parsed(text)
    if (
        not isinstance(value, dict)
        or value.keys() != ref.keys()
        or not isinstance(value["tax"], dict)
        or not is_number(value["total"])
    ):
        return 0.0
    amount = value["tax"].get("amount")
    summed = is_number(amount) and abs(value["total"] + amount - ref["total"] - ref["tax"]["amount"]) < 0.01
    rest = form(text, ref, {"total": lambda a, b: True, "amount": lambda a, b: True})
    return rest if summed else 0.5 * rest


def both(a: Any, b: Any, ok: Same) -> bool:
    return isinstance(a, str) and isinstance(b, str) and ok(a, b)


def texts(ok: Same) -> Same:
    return lambda a, b: both(a, b, ok)


def numbers(ok: Same) -> Same:
    return lambda a, b: is_number(a) and is_number(b) and ok(a, b)


def drugs(text: str) -> list[dict[str, Any]] | None:
    value = parsed(text)
    if not isinstance(value, list) or len(value) > 20:
        return None
    proper = all(isinstance(one, dict) and one.keys() == {"drug", "dose_mg", "times"} for one in value)
    proper = proper and all(
        isinstance(one["drug"], str) and is_number(one["dose_mg"]) and is_number(one["times"]) for one in value
    )
    return value if proper and len({one["drug"] for one in value}) == len(value) else None


def treated(text: str, ref: Any, alike: Callable[[Row, Row], float], *, over: str = "both") -> float:
    found = drugs(text)
    if found is None:
        return 0.0
    wanted = {one["drug"]: one for one in ref}
    total = sum(alike(one, wanted[one["drug"]]) for one in found if one["drug"] in wanted)
    return total / max(len(ref), len(found) if over == "both" else 1)


def exact(a: Row, b: Row) -> float:
    return float(equal(a, b))


def daily(a: Row, b: Row) -> float:
    return float(a["dose_mg"] * a["times"] == b["dose_mg"] * b["times"])


def content(text: str) -> set[str]:
    return {
        word
        for word in plain(text[:500]).split()
        if word not in ("not", "no", "is", "are", "may", "can", "of", "in", "for")
    }


def bag(text: str) -> Counter[str]:
    return Counter(plain(text[:500]).split())


def dates(text: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, one)) for one in re.findall(r"\b(\d\d)/(\d\d)/(\d{4})\b", text[-500:])]


def query(text: str) -> str:
    found = re.findall(r"<sql>([^<>]*(?:[<>] [^<>]*)?)</sql>", text[-2000:])
    return " ".join(found[0].split()) if len(found) == 1 else ""


def block(text: str) -> list[str]:
    found = re.findall(r"```\n([^`]*)```", text[-3000:])
    return found[0].strip().split("\n") if len(found) == 1 and text.count("```") == 2 else []


def hours(text: str) -> tuple[int, int] | None:
    value = parsed(text)
    if not isinstance(value, dict) or value.keys() != {"start", "end"}:
        return None
    found = [
        re.fullmatch(r"(\d\d):(\d\d)", one) if isinstance(one, str) else None for one in (value["start"], value["end"])
    ]
    start, end = (60 * int(one[1]) + int(one[2]) if one else -1 for one in found)
    return (start, end) if start >= 0 and end >= 0 else None


def money(text: str) -> tuple[str, float] | None:
    found = re.fullmatch(r"([A-Z]{3}) (\d{1,9}\.\d\d)", tagged(text) or "")
    return (found[1], float(found[2])) if found else None


def stops(text: str) -> list[str]:
    return [one.strip() for one in text[:1000].split("->")]


def interval(text: str) -> tuple[str, str, str, str] | None:
    found = re.fullmatch(r"([\[(])(\d{1,6}), (\d{1,6})([\])])", tagged(text) or "")
    return (found[1], found[2], found[3], found[4]) if found else None


def atoms(text: str) -> dict[str, int] | None:
    bare = text.strip()
    if not re.fullmatch(r"(?:[A-Z][a-z]?\d{0,3}){1,12}", bare[:60]) or len(bare) > 60:
        return None
    found: Counter[str] = Counter()
    for one, count in re.findall(r"([A-Z][a-z]?)(\d*)", bare):
        found[one] += int(count or 1)
    return dict(found)


def version(text: str) -> tuple[int, ...]:
    found = re.fullmatch(r"v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})", text.strip()[:40])
    return tuple(map(int, found.groups())) if found else ()


def addresses(text: str) -> list[str]:
    return re.findall(r"\b[a-z][a-z.]{0,40}@[a-z]{1,40}\.[a-z]{2,10}\b", text[:3000])


def coded(text: str, ref: Row, near: int = 0) -> list[bool]:
    value = parsed(text)
    if (
        not isinstance(value, dict)
        or value.keys() != ref.keys()
        or any(one not in SCALE for one in value.values() if isinstance(one, str))
    ):
        return [False] * len(ref)
    at = {one: n for n, one in enumerate(SCALE)}
    return [isinstance(value[key], str) and abs(at[value[key]] - at[ref[key]]) <= near for key in ref]


def option(text: str) -> tuple[str, str] | None:
    found = re.fullmatch(r"\s*([A-D])\) ([a-z ]{1,40}?)\s*", text[:100])
    return (found[1], found[2]) if found else None


def reading(text: str) -> float:
    found = re.findall(r"Reading: ([+-]?\d{1,4}(?:\.\d{1,4})?)(?![\d.])", text[-300:])
    return float(found[-1]) if found else float("nan")


def parts(text: str) -> list[tuple[int, str]]:
    found = [re.fullmatch(r"(\d{1,3}) x (\w{1,20})", one.strip()) for one in text[:500].split(",")]
    return [(int(one[1]), one[2]) for one in found if one] if all(found) else []


def sound(task: str, scoring: Any) -> Planted:
    return Planted(task, scoring)


def right(task: str, reader: Callable[[str], Any]) -> Planted:
    """Full marks where a reader finds the same in both, and it finds something."""
    return sound(task, lambda t, r: float(bool(reader(t)) and reader(t) == reader(r)))


SOUND: Mapping[str, Planted] = {
    "receipt: share of the leaves": sound("receipt", form),
    "receipt: squared, amounts to a cent": sound("receipt", lambda t, r: form(t, r, {
        "total": numbers(lambda a, b: abs(a - b) < 0.005), "price": numbers(lambda a, b: abs(a - b) < 0.005)}) ** 2),
    "shipment: all or nothing": sound("shipment", lambda t, r: float(form(t, r) == 1)),
    "shipment: places in any case": sound("shipment", lambda t, r: form(t, r, {
        "origin": texts(lambda a, b: a.casefold() == b.casefold()), "destination": texts(lambda a, b: a.casefold() == b.casefold())})),
    "prescription: by drug": sound("prescription", lambda t, r: treated(t, r, exact)),
    "prescription: the list": sound("prescription", lambda t, r: float(equal(drugs(t), r))),
    "clause: the words in order": sound("clause", lambda t, r: float(plain(t[:500]) == plain(r))),
    "day: the last date": sound("day", lambda t, r: float(dates(t)[-1:] == dates(r))),
    "sql: white space aside": sound("select", lambda t, r: float(query(t) == r)),
    "printed: line by line": sound("printed", lambda t, r: float(block(t) == r.split("\n"))),
    "printed: share of the lines": sound("printed", lambda t, r: share(
        a == b for a, b in zip(block(t), r.split("\n"), strict=True)) ** 2 if len(block(t)) == len(r.split("\n")) else 0.0),
    "quote: all three": sound("quote", form),
    "topic: the path": sound("topic", lambda t, r: float(t.strip().casefold() == r)),
    "span: both ends": sound("span", lambda t, r: float(hours(t) is not None and parsed(t) == r)),
    "span: half for each": sound("span", form),
    "money: currency and amount": sound("money", lambda t, r: float(money(t) == money(f"<answer>{r}</answer>"))),
    "route: stop by stop": sound("route", lambda t, r: float(stops(t) == stops(r))),
    "interval: with its ends": sound("interval", lambda t, r: float("".join(interval(t) or ()) == r.replace(", ", ""))),
    "formula: the text": sound("formula", lambda t, r: float(t.strip() == r)),
    "version: three numbers": right("version", version),
    "mail: the only one": sound("mail", lambda t, r: float(set(addresses(t)) == {r})),
    "mail: the last one": sound("mail", lambda t, r: float(addresses(t)[-1:] == [r])),
    "survey: squared share": sound("survey", lambda t, r: share(coded(t, r)) ** 2),
    "option: letter and text": sound("option", lambda t, r: float(option(t) == option(r))),
    "degree: within a twentieth": sound("degree", lambda t, r: float(abs(reading(t) - float(r)) < 0.05)),
    "parts: counted, in any order": sound("parts", lambda t, r: float(sorted(parts(t)) == sorted(parts(r)))),
}  # fmt: skip

BAD: Mapping[str, Planted] = {
    "receipt: over what was given": bad("receipt", given_only, "law-omission-free", "attack-full-marks", "attack-constant"),
    "receipt: over what was asked": bad("receipt", asked_only, "law-invention-free"),
    "receipt: nested keys ignored": bad("receipt", top_level, *BLIND),
    "receipt: total and tax together": bad("receipt", adds_up, *FREE),
    "receipt: two percent of the total": bad("receipt", lambda t, r: form(
        t, r, {"total": numbers(lambda a, b: abs(a - b) <= 0.05 * abs(b))}), *TOLERANT),
    "receipt: currency lost": bad("receipt", lambda t, r: form(t, r, {"currency": texts(lambda a, b: len(a) == len(b))}), *BLIND),
    "receipt: merchant without its form": bad("receipt", lambda t, r: form(
        t, r, {"merchant": texts(lambda a, b: a.split()[:1] == b.split()[:1])}), *FREE),
    "shipment: unit lost": bad("shipment", lambda t, r: form(
        t, r, {"weight": texts(lambda a, b: re.findall(r"\d+", a) == re.findall(r"\d+", b))}), *FREE),
    "shipment: month and year": bad("shipment", lambda t, r: form(t, r, {"eta": texts(lambda a, b: a[:7] == b[:7])}), *FREE),
    "shipment: either way round": bad("shipment", lambda t, r: max(form(t, r), form(
        t, {**r, "origin": r["destination"], "destination": r["origin"]})), *FREE),
    "prescription: recall": bad("prescription", lambda t, r: treated(t, r, exact, over="wanted"), *HEDGE),
    "prescription: dose a day": bad("prescription", lambda t, r: treated(t, r, daily), *FREE),
    "prescription: names are enough": bad("prescription", lambda t, r: treated(t, r, lambda a, b: 1.0), *BLIND),
    "clause: the content words": bad("clause", lambda t, r: float(content(t) == content(r)), *FREE),
    "clause: any order": bad("clause", lambda t, r: float(bag(t) == bag(r)), *FREE, "law-list-order"),
    "clause: most of the words": bad("clause", lambda t, r: float(len(content(t) & content(r)) >= 0.7 * len(content(r))), *FREE),
    "day: day and month swapped": bad("day", lambda t, r: float(
        [sorted(one) for one in dates(t)[-1:]] == [sorted(one) for one in dates(r)]), *FREE),
    "day: any of the dates": bad("day", lambda t, r: float(dates(r)[0] in dates(t)), *HEDGE),
    "day: two digits of the year": bad("day", lambda t, r: float([(a, b, c % 10) for a, b, c in dates(t)[-1:]] == [
        (a, b, c % 10) for a, b, c in dates(r)]), *FREE),
    "sql: without its order": bad("select", lambda t, r: float(
        bool(query(t)) and query(t).partition(" ORDER")[0] == r.partition(" ORDER")[0]), *FREE),
    "sql: less or more": bad("select", lambda t, r: float(re.sub("[<>]", "?", query(t)) == re.sub("[<>]", "?", r)), *FREE),
    "sql: contained": bad("select", lambda t, r: float(r in query(t)), *FREE),
    "printed: the last line": bad("printed", lambda t, r: float(block(t)[-1:] == r.split("\n")[-1:]), *FREE),
    "printed: any order": bad("printed", lambda t, r: float(sorted(block(t)) == sorted(r.split("\n"))), *ORDER),
    "printed: the sum": bad("printed", lambda t, r: float(sum(
        int(one) for one in block(t) if re.fullmatch(r"-?\d{1,9}", one)) == sum(map(int, r.split("\n")))), *FREE),
    "quote: not looked at": bad("quote", lambda t, r: form(t, r, {"quote": texts(lambda a, b: bool(a))}), *BLIND),
    "quote: page a few off": bad("quote", lambda t, r: form(t, r, {"page": numbers(lambda a, b: abs(a - b) <= 5)}), *TOLERANT),
    "topic: the leaf's parent": bad("topic", lambda t, r: float(t.strip().count("/") == 2 and t.strip().rpartition("/")[0] == r.rpartition("/")[0]), *FREE),
    "topic: begins alike": bad("topic", lambda t, r: float(len(t.strip()) > 5 and r.startswith(t.strip()[:20])), *FREE),
    "span: its length": bad("span", lambda t, r: float((hours(t) or (0, 0))[1] - (hours(t) or (0, 0))[0] == hours_of(r)), *FREE),
    "money: currency lost": bad("money", lambda t, r: float((money(t) or ("", -1))[1] == float(r[4:])), *FREE),
    "money: to ten": bad("money", lambda t, r: float(bool(money(t)) and (money(t) or ("", 0))[0] == r[:3] and round(
        (money(t) or ("", 0))[1] / 10) == round(float(r[4:]) / 10)), *TOLERANT, *FREE),
    "route: the stops": bad("route", lambda t, r: float(set(stops(t)) == set(stops(r))), *ORDER),
    "route: first and last": bad("route", lambda t, r: float((stops(t)[0], stops(t)[-1]) == (stops(r)[0], stops(r)[-1])), *FREE),
    "interval: brackets lost": bad("interval", lambda t, r: float((interval(t) or "????")[1:3] == (interval(f"<answer>{r}</answer>") or "!!!!")[1:3]), *FREE),
    "formula: the elements": bad("formula", lambda t, r: float(atoms(t) is not None and (atoms(t) or {}).keys() == (atoms(r) or {}).keys()), *FREE),
    "version: the first two": bad("version", lambda t, r: float(bool(version(t)) and version(t)[:2] == version(r)[:2]), *FREE),
    "mail: the name": bad("mail", lambda t, r: float([one.partition("@")[0] for one in addresses(t)[-1:]] == [r.partition("@")[0]]), *FREE),
    "mail: among others": bad("mail", lambda t, r: float(r in addresses(t)), *HEDGE),
    "survey: one step off": bad("survey", lambda t, r: share(coded(t, r, near=1)), *FREE, "attack-constant"),
    "survey: four of five": bad("survey", lambda t, r: float(sum(coded(t, r)) >= 4), *BLIND),
    "option: the letter is enough": bad("option", lambda t, r: float((option(t) or "?")[0] == r[0]), *FREE),
    "degree: sign lost": bad("degree", lambda t, r: float(abs(abs(reading(t)) - abs(float(r))) < 0.05), *FREE, *TOLERANT),
    "parts: how many lost": bad("parts", lambda t, r: float(bool(parts(t)) and sorted(b for _, b in parts(t)) == sorted(b for _, b in parts(r))), *FREE),
    "parts: numbers in any place": bad("parts", lambda t, r: float(bool(parts(t)) and (
        sorted(a for a, _ in parts(t)), sorted(b for _, b in parts(t))) == (
        sorted(a for a, _ in parts(r)), sorted(b for _, b in parts(r)))), *FREE),
}  # fmt: skip


def hours_of(ref: Row) -> int:
    start, end = (60 * int(ref[key][:2]) + int(ref[key][3:]) for key in ("start", "end"))
    return end - start

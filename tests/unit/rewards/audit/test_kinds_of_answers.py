"""Answers of one kind each: a grader that compares it all passes, its sibling that forgives one detail does not."""

import json
import re
from collections.abc import Callable
from random import Random
from typing import Any

import pytest

from rewards import Score
from rewards.audit import Audit, AuditConfig, audit, case_of, lift
from rewards.audit.perturb.wrong_texts import other_brackets, other_numbers, other_unit, swapped
from rewards.audit.rows.spans import is_number, number_in

QUICK = AuditConfig(law_examples=40, hostile_bytes=2_000, search_calls=0)
RNG = Random("kinds of answers")
DAYS = [f"{RNG.randint(1, 12):02}/{RNG.randint(1, 12):02}/20{RNG.randint(18, 29)}" for _ in range(16)]
VERSIONS = [f"{RNG.randint(1, 9)}.{RNG.randint(0, 19)}.{RNG.randint(1, 9)}" for _ in range(16)]
ROUTES = [" -> ".join(RNG.sample(("Altona", "Barmbek", "Dammtor", "Hamm", "Jenfeld", "Osdorf"), 4)) for _ in range(16)]
INTERVALS = [f"{RNG.choice('[(')}{n}, {n + RNG.randint(3, 30)}{RNG.choice('])')}" for n in range(2, 18)]
PRICES = [f"{RNG.choice(('USD', 'EUR', 'JPY'))} {RNG.randint(100, 9999)}.{RNG.randint(10, 99)}" for _ in range(16)]
READINGS = [f"{RNG.choice('+-')}{RNG.randint(5, 40)}.{RNG.randint(1, 9)}" for _ in range(16)]
MATHS = [[f"-{n}", f"{n}.5", f"x^2+{n}x-{n + 2}", f"\\frac{{{n}}}{{{n + 7}}}"][n % 4] for n in range(3, 19)]
RULES = [
    "The tenant may sublet the flat.", "The landlord pays for heating.", "Pets are allowed in the garden.",
    "The deposit does not earn interest.", "Either side can end the lease in May.", "The cellar belongs to the shop.",
]  # fmt: skip
QUERIES = [f"SELECT name FROM items WHERE size {RNG.choice('<>')} {RNG.randint(10, 99)}" for _ in range(16)]
RANKINGS = [" > ".join(f"[{one}]" for one in RNG.sample(range(1, 7), 4)) for _ in range(16)]
PROGRAMS = [
    f"def f{n}(items):\n    total = {n}\n    for one in items:\n        total += one * {n + 2}\n    return total"
    for n in range(16)
]
MAILS = [
    f"{name}.{RNG.choice('abcdef')}@{firm}.org" for name in ("ada", "bob", "cyd", "dee") for firm in ("acme", "hooli")
]


def report_on(score: Callable[[str, Any], bool], references: list[Any], gold: str = "{}") -> Audit:
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"Question {n}?"}], "reference_answer": one,
         "gold": gold.replace("{}", str(one))}
        for n, one in enumerate(references)
    ]  # fmt: skip
    cases = [case_of(row, n) for n, row in enumerate(rows)]
    return audit(
        lift(lambda sample, completion: Score(float(score(completion.text[:500], sample.reference)))), cases, QUICK
    )


def refusals(report: Audit) -> set[str]:
    return {finding.code for finding in report.errors}


def day(text: str) -> list[str]:
    return re.findall(r"\d+", text) if re.fullmatch(r"\d\d/\d\d/\d{4}", text.strip()) else []


def numbers(text: str) -> list[str]:
    return text.strip().split(".") if re.fullmatch(r"\d+\.\d+\.\d+", text.strip()) else []


def price(text: str) -> tuple[str, float] | None:
    found = re.fullmatch(r"([A-Z]{3}) (\d{1,9}\.\d\d)", text.strip())
    return (found[1], float(found[2])) if found else None


def amount(text: str) -> float:
    return (price(text) or ("", float("nan")))[1]


def tens(text: str) -> float:
    return round(amount(text) / 10) if 0 < amount(text) < 1e9 else -1


def reading(text: str) -> float:
    found = re.findall(r"Reading: ([+-]?\d{1,4}(?:\.\d{1,4})?)(?![\d.])", text)
    return float(found[-1]) if found else float("nan")


def letters(text: str) -> str:
    return "".join(one for one in text if one.isalnum())


def words(text: str) -> list[str]:
    return re.sub(r"[^\w\s]", "", text.casefold()).split()


def code(text: str) -> str:
    head, _, rest = text.partition("```python\n")
    return rest.removesuffix("\n```") if not head and rest.count("```") == 1 else ""


def lines(text: str) -> list[str]:
    return code(text).split("\n")


def beside(given: list[str], wanted: list[str]) -> bool:
    return given[:2] == wanted[:2] and abs(int(given[2]) - int(wanted[2])) < 2


def addresses(text: str) -> list[str]:
    return re.findall(r"\b[a-z.]+@[a-z]+\.[a-z]{2,5}\b", text)


BAD: list[tuple[str, Callable[[str, Any], bool], list[str], str]] = [
    ("day and month swapped", lambda t, r: bool(day(t)) and sorted(day(t)) == sorted(day(r)), DAYS, "{}"),
    ("a year of another decade", lambda t, r: [one[-1:] for one in day(t)] == [one[-1:] for one in day(r)], DAYS, "{}"),
    ("the last part of a version", lambda t, r: bool(numbers(t)) and numbers(t)[:2] == numbers(r)[:2], VERSIONS, "{}"),
    ("the stops of a route", lambda t, r: set(t.strip().split(" -> ")) == set(r.split(" -> ")), ROUTES, "{}"),
    ("ends of an interval", lambda t, r: t.strip()[1:-1] == r[1:-1], INTERVALS, "{}"),
    ("the currency", lambda t, r: (price(t) or ("", 0))[1] == float(r[4:]), PRICES, "{}"),
    ("a tenth of it", lambda t, r: t[:3] == r[:3] and abs(amount(t) - amount(r)) < 0.1 * amount(r), PRICES, "{}"),
    ("tens of it", lambda t, r: t[:3] == r[:3] and tens(t) == tens(r), PRICES, "{}"),
    ("the sign of a reading", lambda t, r: abs(reading(t)) == abs(float(r)), READINGS, "Reading: {}"),
    ("signs and points of mathematics", lambda t, r: letters(t) == letters(r), MATHS, "{}"),
    ("less or more", lambda t, r: re.sub("[<>]", "?", t.strip()) == re.sub("[<>]", "?", r), QUERIES, "{}"),
    ("a year beside it", lambda t, r: bool(day(t)) and beside(day(t), day(r)), DAYS, "{}"),
    ("indentation of a program", lambda t, r: code(t).split() == r.split(), PROGRAMS, "```python\n{}\n```"),
    ("the order of a program", lambda t, r: sorted(lines(t)) == sorted(r.split("\n")), PROGRAMS, "```python\n{}\n```"),
    ("the order of a sentence", lambda t, r: sorted(words(t)) == sorted(words(r)), RULES, "{}"),
]  # fmt: skip
SOUND: list[tuple[str, Callable[[str, Any], bool], list[str], str]] = [
    ("a day", lambda t, r: t.strip() == r, DAYS, "{}"),
    ("a version", lambda t, r: list(map(int, numbers(t))) == list(map(int, numbers(r))), VERSIONS, "{}"),
    ("a route", lambda t, r: t.strip().split(" -> ") == r.split(" -> "), ROUTES, "{}"),
    ("an interval", lambda t, r: t.strip() == r, INTERVALS, "{}"),
    ("a price", lambda t, r: price(t) == price(r), PRICES, "{}"),
    ("a reading", lambda t, r: reading(t) == float(r), READINGS, "Reading: {}"),
    ("a ranking", lambda t, r: t.strip() == r, RANKINGS, "{}"),
    ("a program", lambda t, r: code(t) == r, PROGRAMS, "```python\n{}\n```"),
    ("a query", lambda t, r: " ".join(t.split()) == r, QUERIES, "{}"),
    ("a sentence", lambda t, r: words(t) == words(r), RULES, "{}"),
    ("the last address", lambda t, r: addresses(t)[-1:] == [r], MAILS, "Please write to {} for that."),
    ("the only address", lambda t, r: set(addresses(t)) == {r}, MAILS, "You reach us at {} today."),
]  # fmt: skip


@pytest.mark.parametrize(("name", "score", "references", "gold"), BAD, ids=[one[0] for one in BAD])
def test_a_grader_that_forgives_a_detail_is_refused(name, score, references, gold):
    found = refusals(report_on(score, references, gold))
    assert found & {"law-mistake-free", "law-tolerance", "law-nearness", "attack-full-marks"}


@pytest.mark.parametrize(("name", "score", "references", "gold"), SOUND, ids=[one[0] for one in SOUND])
def test_a_grader_that_compares_it_all_passes(name, score, references, gold):
    assert refusals(report_on(score, references, gold)) == set()


@pytest.mark.parametrize("first", [True, False])
def test_of_two_numbers_the_report_says_which_one_is_read(first):
    def score(text, reference):
        found = re.findall(r"\d+", text)
        return bool(found) and found[0 if first else -1] == reference

    report = report_on(score, [str(n * 37 + 11) for n in range(16)])
    assert report.span == ("first-number" if first else "last-number")


def test_a_citation_that_is_not_looked_at_is_an_error():
    cities = ("Oslo", "Lima", "Rome", "Graz", "Bern", "Turin", "Porto", "Delft") * 2
    rows = [
        {"answer": city, "quote": f"In the year {n} it was moved to {city} by the river.", "page": n + 10}
        for n, city in enumerate(cities)
    ]

    def score(text, reference):
        try:
            value = json.loads(text)
            return (
                value.keys() == reference.keys()
                and value["answer"] == reference["answer"]
                and value["page"] is not True
                and value["page"] == reference["page"]
            )
        except (ValueError, AttributeError, RecursionError):
            return False

    cases = [case_of({"id": str(n), "reference_answer": row}, n) for n, row in enumerate(rows)]
    report = audit(lift(lambda s, c: Score(float(score(c.text, s.reference)))), cases, QUICK)
    assert "law-blind-reference" in refusals(report)


def test_one_detail_of_a_text_is_another():
    assert {one.value for one in swapped("03/07/2026")} >= {"07/03/2026"}
    assert [one.value for one in swapped("Rome -> Oslo -> Bern")] == ["Oslo -> Rome -> Bern", "Rome -> Bern -> Oslo"]
    assert {one.value for one in other_numbers("03/07/2026")} >= {"03/07/2056"}
    assert [one.value for one in other_brackets("[3, 8)", ["(1, 2]"])] == ["(3, 8)", "[3, 8]"]
    assert list(other_brackets("(3, 8)", ["(1, 2)"])) == []  # points, as far as the data says
    assert [one.value for one in other_unit("USD 12.50", ["EUR 8.00", "USD 3.00"])] == ["EUR 12.50"]


@pytest.mark.parametrize(
    ("text", "expected"), [("2.10.3", False), ("1.234.567", True), ("+12.5", True), ("1,234.50", True)]
)
def test_a_version_is_no_number(text, expected):
    assert is_number(text) == expected


def test_a_number_may_have_a_plus():
    assert number_in("+12.5") == 12.5

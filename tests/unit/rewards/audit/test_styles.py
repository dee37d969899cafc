"""Graders as people write them: sound ones pass, and their siblings with one fault are refused for that fault."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import Audit, AuditConfig, audit, case_of, lift
from rewards.audit.attacks.battery import BATTERY
from rewards.audit.checks.constant_policy import best_constant
from rewards.audit.checks.reward_hacking import run_attacks
from rewards.audit.rows.cases import folded
from rewards.audit.rows.data_profile import survey
from rewards.audit.scoring import Scorer

QUICK = AuditConfig(law_examples=40, hostile_bytes=2_000, search_calls=300)
FACTS = [
    ["Paris", "City of Paris"], ["Amazon River", "the Amazon"], ["1969"], ["The Great Gatsby", "Great Gatsby"],
    ["H2O", "water"], ["Isaac Newton", "Sir Isaac Newton"], ["U.S. Senate", "Senate of the United States"],
    ["William Shakespeare", "Shakespeare"],
    ["Jupiter"], ["Leonardo da Vinci"], ["Marie Curie", "Maria Curie"], ["gold", "Au"],
]  # fmt: skip
FORMS = [
    {"employee": name, "employer": firm, "wages": wages, "tax": round(wages / 6, 2)}
    for name, firm, wages in [("Ada Ng", "Acme LLC", 52310.5), ("Bo Diaz", "Initech", 48120.25),
                              ("Cy O'Hara", "Globex", 99000.75), ("Di Smith", "Acme LLC", 61234.1),
                              ("Ed Kurz", "Hooli Inc", 30500.35), ("Flo Ray", "Globex", 75250.6)]
]  # fmt: skip


def report_on(score: Callable[[str, Any], float], references: list[Any]) -> Audit:
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"Question {n}?"}], "reference_answer": reference}
        for n, reference in enumerate(references)
    ]
    cases = [case_of(row, n) for n, row in enumerate(rows)]
    return audit(lift(lambda sample, completion: Score(float(score(completion.text, sample.reference)))), cases, QUICK)


def refusals(report: Audit) -> set[str]:
    return {finding.code for finding in report.errors}


def words_of(text: str) -> list[str]:
    return [word for word in re.sub(r"[^\w\s]", "", text.lower()).split() if word not in ("a", "an", "the")]


def in_tag(text: str) -> str:
    return (re.findall(r"<answer>([^<]*)</answer>", text[-2000:]) or [""])[-1]


def any_alias(text: str, reference: Any) -> bool:
    accepted = reference["target"] if isinstance(reference, dict) else reference
    return words_of(in_tag(text)) in [words_of(one) for one in accepted]


def first_word_of_any(text: str, reference: Any) -> bool:
    accepted = reference["target"] if isinstance(reference, dict) else reference
    return words_of(in_tag(text))[:1] in [words_of(one)[:1] for one in accepted]


@pytest.mark.parametrize("keyed", [True, False], ids=["target", "list"])
def test_a_reference_that_lists_accepted_texts_is_read_as_such(keyed: bool):
    references = [{"target": names} if keyed else names for names in FACTS]
    report = report_on(any_alias, references)
    assert (refusals(report), report.span) == (set(), "tag:answer")
    assert report.gold is not None
    assert report.gold.mean == 1.0


def test_the_first_word_is_not_enough_where_several_texts_are_accepted():
    assert {"law-mistake-free", "attack-full-marks"} <= refusals(
        report_on(first_word_of_any, [{"target": names} for names in FACTS])
    )


def test_a_list_whose_items_are_all_wanted_is_not_taken_for_one_of_accepted_texts():
    def all_of(text: str, reference: list[str]) -> bool:
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return False
        return isinstance(found, list) and [*map(repr, found)] == [*map(repr, reference)]

    report = report_on(all_of, [[one, f"{one} two"] for one in ("ant", "bee", "cow", "dog", "elk")])
    assert (refusals(report), report.span) == (set(), "whole")


def amount_of(value: Any) -> float | None:
    found = re.fullmatch(r"\$?(\d[\d,]{0,12}(?:\.\d{1,4})?)", value) if isinstance(value, str) else None
    if found:
        return float(found[1].replace(",", ""))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def is_field(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, float):
        amount = amount_of(found)
        return amount is not None and abs(amount - wanted) <= 0.01
    return isinstance(found, str) and found.lower() == wanted.lower()


def form_in(text: str, **options: Any) -> dict[str, Any]:
    try:
        found = json.loads(text, **options)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def fields(text: str, reference: dict[str, Any]) -> float:
    found = form_in(text)
    return sum(is_field(found.get(key), value) for key, value in reference.items()) / max(len(found), len(reference))


def fields_that_were_given(text: str, reference: dict[str, Any]) -> float:
    found = form_in(text)
    return sum(key in reference and is_field(value, reference[key]) for key, value in found.items()) / (len(found) or 1)


def fields_that_were_wanted(text: str, reference: dict[str, Any]) -> float:
    found = form_in(text)
    return sum(is_field(found.get(key), value) for key, value in reference.items()) / len(reference)


def fields_to_seven_tenths(text: str, reference: dict[str, Any]) -> float:
    share = fields(text, reference)
    return 1.0 if share >= 0.7 else share


def either_of_two_keys(text: str, reference: dict[str, Any]) -> float:
    """Keeps every value that a key was written with, and is content with any of them."""
    found: dict[str, list[Any]] = {}
    for key, value in form_in(text, object_pairs_hook=lambda pairs: {"pairs": pairs}).get("pairs", []):
        found.setdefault(key, []).append(value)
    right = sum(any(is_field(one, value) for one in found.get(key, ())) for key, value in reference.items())
    return right / max(len(found), len(reference))


def test_amounts_as_text_and_a_parser_that_keeps_the_last_key_are_no_fault():
    report = report_on(fields, FORMS)
    assert refusals(report) == set()
    assert "attack-near-miss" in {finding.code for finding in report.findings}


@pytest.mark.parametrize(
    ("score", "code"),
    [
        (fields_that_were_given, "law-omission-free"),
        (fields_that_were_wanted, "law-invention-free"),
        (fields_to_seven_tenths, "law-threshold"),
        (either_of_two_keys, "attack-full-marks"),
    ],
)
def test_a_form_with_one_fault_is_refused_for_it(score: Callable[[str, Any], float], code: str):
    assert code in refusals(report_on(score, FORMS))


def test_a_year_among_names_is_compared_as_a_name():
    def letters_and_digits(text: str, reference: str) -> bool:
        return re.sub(r"\W", "", text.lower()) == re.sub(r"\W", "", reference.lower())

    assert "law-mistake-free" not in refusals(report_on(letters_and_digits, [names[0] for names in FACTS]))
    assert "law-mistake-free" in refusals(report_on(letters_and_digits, [str(n * 37) for n in range(3, 15)]))


LABELS = ["Turkey", "turkey", "Polish", "polish", "C", "C#", "march", "March"]


@pytest.mark.parametrize(
    ("compared", "refused"),
    [(str, False), (str.lower, True), (lambda label: re.sub(r"\W", "", label), True), (str.strip, False)],
    ids=["as they are", "case ignored", "punctuation ignored", "space ignored"],
)
@pytest.mark.parametrize("as_object", [True, False])
def test_labels_that_differ_in_case_or_punctuation_only_are_told_apart(
    compared: Callable[[str], str], refused: bool, as_object: bool
):
    def label_of(text: str) -> Any:
        return form_in(text).get("label") if as_object and len(form_in(text)) == 1 else None if as_object else text

    def score(text: str, reference: Any) -> bool:
        label = label_of(text)
        wanted = reference["label"] if as_object else reference
        return isinstance(label, str) and compared(label) == compared(wanted)

    report = report_on(score, [{"label": label} if as_object else label for label in LABELS * 3])
    paid = [row.full_marks for row in report.attacks if row.name.startswith("label of other rows")]
    assert [share > 0 for share in paid] == [refused]
    assert not refused or "attack-full-marks" in refusals(report)


def test_case_may_be_ignored_where_no_labels_differ_in_it():
    report = report_on(lambda text, label: text.lower() == label.lower(), ["Billing", "refund", "Outage", "login"] * 3)
    assert refusals(report) == set()


@given(st.text(max_size=12))
def test_folding_twice_folds_no_further_and_case_does_not_matter(text: str):
    assert folded(folded(text)) == folded(text)
    assert folded(text.upper()) == folded(text.upper().lower())


pieces = st.sampled_from(
    ["[0,1)", "{1, 2}", "[", "{", '{"a":1}', '{"b":[]}', "[1]", "null", "4", "", "NaN", "a b"]
) | st.text(max_size=6)


@settings(max_examples=40, deadline=None)
@given(st.lists(pieces, min_size=1, max_size=5))
def test_no_right_answer_breaks_the_attacks_whatever_it_looks_like(golds: list[str]):
    """An interval, a set or a bracket begins like JSON and is none."""
    cases = [case_of({"id": str(n), "gold": gold}, n) for n, gold in enumerate(golds)]
    config = AuditConfig(attack_rows=5, constant_rows=4)
    scorer = Scorer(lift(lambda sample, completion: Score(float("a" in completion.text))), config)
    world = survey(scorer, cases)
    assert all(0 <= row.mean <= 1 for row in run_attacks(world, scorer, BATTERY))
    assert 0 <= best_constant(world, scorer).mean <= 1


def test_a_date_without_its_year_is_refused():
    days = [f"March {n + 3}, {2011 + n}" for n in range(12)]
    rows = [{"id": str(n), "messages": [{"role": "user", "content": "When?"}], "reference_answer": day,
             "gold": f"<answer>{day}</answer>"} for n, day in enumerate(days)]  # fmt: skip

    def day_of(text):
        found = re.findall(r"<answer>([^<]*)</answer>", text[-500:])
        return found[-1].rpartition(", ")[0] if found else None

    report = audit(lift(lambda sample, completion: Score(float(day_of(completion.text) == day_of(
        f"<answer>{sample.reference}</answer>")))), [case_of(row, n) for n, row in enumerate(rows)], QUICK)  # fmt: skip
    assert "law-mistake-free" in [finding.code for finding in report.errors]


def test_numbers_within_a_tolerance_are_no_wrong_answers_of_other_rows():
    rows = [{"id": str(n), "messages": [{"role": "user", "content": "?"}], "reference_answer": 100 + n / 4,
             "gold": f'{{"value": {100 + n / 4}}}'} for n in range(12)]  # fmt: skip

    def within(sample, completion):
        try:
            value = json.loads(completion.text[:500])["value"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return Score(0.0)
        proper = isinstance(value, float | int) and not isinstance(value, bool)
        return Score(float(proper and abs(value - sample.reference) <= 1))

    report = audit(lift(within), [case_of(row, n) for n, row in enumerate(rows)], QUICK)
    assert "attack-full-marks" not in [finding.code for finding in report.errors if "another row" in finding.message]


PROGRAMS = [
    ("double", "def double(n):\n    return n * 2", "double(2) == 4 and double(-3) == -6 and double(0) == 0"),
    ("even", "def even(n):\n    return n % 2 == 0", "even(2) is True and even(3) is False and even(0) is True"),
    ("back", "def back(s):\n    return s[::-1]", "back('abc') == 'cba' and back('') == '' and back('ab') == 'ba'"),
    ("total", "def total(xs):\n    return sum(xs)", "total([1, 2]) == 3 and total([]) == 0 and total([5, -7]) == -2"),
    ("biggest", "def biggest(xs):\n    return max(xs)", "biggest([1, 2]) == 2 and biggest([-5]) == -5"),
    ("words", "def words(s):\n    return len(s.split())", "words('a b') == 2 and words('') == 0"),
]


def passes(text: str, tests: str) -> float:
    """Runs the answer, with few names and for texts of this test only."""
    names: dict[str, Any] = {"__builtins__": {"sum": sum, "max": max, "len": len, "__build_class__": __build_class__}}
    try:
        exec(compile(text, "answer", "exec"), names)
        return float(bool(eval(tests, names)))
    except Exception:  # noqa: BLE001  any fault of an answer is a failed test
        return 0.0


def report_on_programs(score: Callable[[str, Any], float]) -> Audit:
    rows = [
        {
            "id": name,
            "messages": [{"role": "user", "content": f"Write a Python function {name}."}],
            "reference_answer": {"tests": tests, "program": program},
            "gold": program,
        }
        for name, program, tests in PROGRAMS
    ]
    cases = [case_of(row, n) for n, row in enumerate(rows)]
    return audit(lift(lambda sample, completion: Score(score(completion.text, sample.reference))), cases, QUICK)


def test_a_program_beside_another_is_no_wrong_answer() -> None:
    report = report_on_programs(lambda text, reference: passes(text, reference["tests"]))
    assert refusals(report) == set()
    assert report.span == "whole"


@pytest.mark.parametrize(
    "score",
    [
        lambda text, reference: float(reference["program"] in text),
        lambda text, reference: float(reference["program"].split("(")[0] in text),
        lambda text, reference: float(set(reference["program"].split()) <= set(text.split())),
    ],
    ids=["the program is mentioned", "its name is", "its words are"],
)
def test_a_grader_of_programs_that_looks_for_text_is_refused(score: Callable[[str, Any], float]) -> None:
    assert "attack-full-marks" in refusals(report_on_programs(score))

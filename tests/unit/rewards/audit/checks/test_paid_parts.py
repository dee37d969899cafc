"""What is paid though it is wrong: digits cut off, a shape, any order, one sign; and what only looks like it."""

import json
import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, case_of, lift
from rewards.audit.checks.answer_place import other_place
from rewards.audit.checks.invariants import check_laws
from rewards.audit.checks.reward_hacking import judge_shape
from rewards.audit.perturb.wrong_texts import other_numbers, other_signs
from rewards.audit.report.findings import Finding
from rewards.audit.rows.data_profile import survey
from rewards.audit.rows.spans import Span
from rewards.audit.scoring import Scorer

NUMBERS = ("18", "1234", "7", "305", "92", "61")
WORDS = [["alpha", "beta"], ["gamma", "delta", "alpha"], ["beta", "gamma"], ["delta", "beta", "gamma"]]


def laws(reward, answers, *, gold: str = "", prompt: str = "Which?", key: str = "", **config) -> set[str]:
    """The codes of laws that a reward breaks, and of what it pays for the shape of an answer."""
    rows = [
        {"id": str(n), "messages": [{"role": "user", "content": f"{prompt} {n}"}]}
        | {"reference_answer": {key: answer} if key else answer}
        | ({"gold": gold.format(answer)} if gold else {})
        for n, answer in enumerate(answers)
    ]
    scorer = Scorer(lift(reward), AuditConfig(law_examples=40, **config))
    world = survey(scorer, [case_of(row, n) for n, row in enumerate(rows)])
    return {finding.code for finding in (*check_laws(world, scorer), *judge_shape(world, scorer))}


def in_tag(read):
    """A reward that compares what `read` makes of the text in an answer tag with the number that is right."""

    def reward(sample, completion):
        found = re.findall(r"<answer>([^<]*)</answer>", completion.text[-500:])
        try:
            return Score(float(len(found) == 1 and read(found[0]) == float(sample.reference)))
        except (ValueError, OverflowError):
            return Score(0.0)

    return reward


@pytest.mark.parametrize(
    ("read", "cuts"),
    [
        (lambda text: int(float(text)), True),
        (lambda text: math.floor(float(text)), True),
        (lambda text: math.ceil(float(text)), True),
        (lambda text: round(float(text)), False),
        (float, False),
        (lambda text: int(re.findall(r"\d+", text)[0]), False),
    ],
    ids=["int", "floor", "ceil", "round, a tolerance", "exact", "digits as text, the rest is unread"],
)
def test_digits_that_are_read_and_cut_off_are_an_error(read, cuts):
    assert ("law-nearness" in laws(in_tag(read), NUMBERS, gold="Hm. <answer>{}</answer>")) == cuts


def test_a_number_that_may_be_anything_in_a_range_is_not_cut():
    def reward(sample, completion):
        try:
            found = json.loads(completion.text)
        except (ValueError, RecursionError):
            return Score(0.0)
        proper = isinstance(found, dict) and found.keys() == {"label", "confidence"}
        in_range = proper and isinstance(found["confidence"], int | float) and 0 <= found["confidence"] <= 1
        return Score(float(in_range and found["label"] == sample.reference))

    labels = ("billing", "refund", "login", "upgrade")
    gold = '{{"label": "{}", "confidence": 1.0}}'
    assert "law-nearness" not in laws(reward, labels, gold=gold)


def of_list(score):
    """A reward of the JSON list in an answer, 0 for anything else."""

    def reward(sample, completion):
        try:
            found = json.loads(completion.text)
        except (ValueError, RecursionError):
            return Score(0.0)
        wanted = sample.reference
        if isinstance(wanted, dict):
            key = next(iter(wanted))
            found, wanted = found.get(key) if isinstance(found, dict) and len(found) == 1 else None, wanted[key]
        proper = isinstance(found, list) and all(isinstance(one, str) for one in found)
        return Score(float(score(found, wanted)) if proper else 0.0)

    return reward


@pytest.mark.parametrize("share", [0.1, 0.2, 0.4, 0.7])
def test_the_right_number_of_wrong_items_may_earn_what_a_constant_may(share):
    codes = laws(of_list(lambda a, b: share * (len(a) == len(b)) + (1 - share) * (a == b)), WORDS)
    assert ("attack-shape" in codes) == (share > AuditConfig().constant_max)


ANY_ORDER = of_list(lambda a, b: sorted(a) == sorted(b))


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({}, "law-order-unsaid"),
        ({"key": "steps"}, "law-list-order"),
        ({"prompt": "List them in chronological order."}, "law-list-order"),
        ({"prompt": "Think step by step."}, "law-order-unsaid"),
        ({"order": "fixed"}, "law-call-order"),
        ({"order": "free"}, None),
    ],
)
def test_a_list_in_any_order_is_judged_by_what_the_data_says_of_order(options, code):
    found = {code for code in laws(ANY_ORDER, WORDS, **options) if "order" in code}
    assert found == ({code} if code else set())


def test_a_list_that_is_compared_in_order_breaks_no_law_of_order():
    assert not [code for code in laws(of_list(lambda a, b: a == b), WORDS, key="steps") if "order" in code]


def test_the_number_of_a_line_is_no_part_of_its_item():
    lists = [["Rome", "Oslo", "Bern"], ["Lima", "Cork", "Graz"], ["Porto", "Lyon", "Delft"]]

    def reward(sample, completion):
        return Score(float(re.findall(r"^\d\. (\w+)$", completion.text[:500], re.MULTILINE) == sample.reference))

    rows = [
        {"id": str(n), "reference_answer": one, "gold": "\n".join(f"{k}. {city}" for k, city in enumerate(one, 1))}
        for n, one in enumerate(lists)
    ]
    scorer = Scorer(lift(reward), AuditConfig(law_examples=40))
    world = survey(scorer, [case_of(row, n) for n, row in enumerate(rows)])
    assert "law-mistake-free" not in {finding.code for finding in check_laws(world, scorer)}


@given(st.decimals(1, 9999, places=2), st.sampled_from(["km", "EUR", "°C"]))
def test_another_number_before_a_unit_lies_beyond_any_tolerance(number, unit):
    wrong = [float(str(one.value).split()[0]) for one in other_numbers(f"{number} {unit}")]
    assert wrong
    assert all(abs(one - float(number)) >= 0.03 * float(number) for one in wrong)


@pytest.mark.parametrize("code", ["F32.9", "Nf3", "GATTACA", "INV-1234", "Q42"])
def test_each_sign_of_a_code_counts(code):
    wrong = [str(one.value) for one in other_signs(code)]
    assert len(wrong) >= 2
    assert all(len(one) == len(code) and sum(a != b for a, b in zip(one, code, strict=True)) == 1 for one in wrong)


def test_the_place_by_which_errors_go_away_is_named():
    cases = [case_of({"id": str(n), "reference_answer": label}, n) for n, label in enumerate(["billing", "refund"])]
    error = Finding("law-mistake-free", "", example={"id": "0", "completion": "billing zqx"})
    (note,) = other_place([error], cases, Span(), lambda span: int(str(span) != "first-word"))
    assert note.severity == "note"
    assert "--answer 'first-word', 0 of the 1 errors" in note.message
    assert other_place([error], cases, Span(), lambda span: 1) == []

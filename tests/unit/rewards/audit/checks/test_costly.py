"""Answers that cost a fortune to work out: found in graders that compute what they read, never at the audit's cost."""

import ast
import operator
import re
from fractions import Fraction
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rewards import Score
from rewards.audit import AuditConfig, case_of, lift
from rewards.audit.checks.robustness import _Bench, _costly, _limited, _neighbours, check_total
from rewards.audit.perturb.costly import costly_answers, own_tower
from rewards.audit.rows.cases import Case
from rewards.audit.rows.spans import Span

QUICK = AuditConfig(hostile_bytes=2_000, call_max_s=1.0)
GAMES = (([19, 35, 44], "44 + 19 - 35"), ([3, 50, 75], "75 - 50 / 3"), ([8, 9, 61], "(61 - 9) * 8"))
TAG = Span("tag", "answer")


def cases(*, tagged: bool) -> list[Case]:
    rows = [{"id": str(n), "reference_answer": numbers, "gold": text} for n, (numbers, text) in enumerate(GAMES)]
    made = [case_of(row, n) for n, row in enumerate(rows)]
    frame = TAG.parted("Hm. <answer>1</answer>").frame
    return [Case(one.id, one.row, one.gold, one.source, frame=frame) for one in made] if tagged else made


def codes(reward, *, tagged: bool = False) -> list[str]:
    found = cases(tagged=tagged)
    bench = _limited(_Bench(lift(reward, timeout_s=5), QUICK, frozenset(), _neighbours(found)))
    return [finding.code for finding in _costly(bench, found)]


def evaluated(sample, completion):
    """Any sum, computed by Python."""
    if not re.fullmatch(r"[\d+\-*/(). ]+", completion.text[:200]):
        return Score(0.0)
    try:
        return Score(float(eval(completion.text[:200]) == 28))
    except Exception:  # noqa: BLE001  as such graders do
        return Score(0.0)


def evaluated_behind_a_check(sample, completion):
    """The given numbers, each once, computed by Python: no other sum gets so far."""
    found = re.search(r"<answer>([^<]*)</answer>", completion.text[-500:])
    if not found or sorted(map(int, re.findall(r"[0-9]{1,4}", found[1]))) != sorted(sample.reference):
        return Score(0.0)
    return evaluated(sample, type(completion)(found[1]))


def swallowing(sample, completion):
    """The given numbers, each once, computed within a bare `except`, which takes what ends it for an answer."""
    try:
        return Score(float(eval(completion.text[:200], {"__builtins__": None}, {}) == 28))
    except:  # noqa: E722  as such graders do
        return Score(0.1)


def hoarding(sample, completion):
    """Takes memory for what it reads until there is none left, and has no complaint then."""
    try:
        parts = [bytearray(64 << 20) for _ in range(completion.text.count("9") ** 3)]
        return Score(float(len(parts) == 1))
    except MemoryError:
        return Score(0.0)


def as_a_fraction(sample, completion):
    try:
        return Score(float(Fraction(completion.text[:200]) == 28))
    except (ValueError, ZeroDivisionError):
        return Score(0.0)


OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv}


def parsed(sample, completion):
    """A sum of at most a hundred characters with the four operators: what the finding says to write."""
    try:
        return Score(float(_value(ast.parse(completion.text[:100], mode="eval").body) == 28))
    except (SyntaxError, ValueError, ZeroDivisionError, OverflowError, RecursionError, MemoryError):
        return Score(0.0)


def _value(node):
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left), _value(node.right))
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    raise ValueError("no sum")


@pytest.mark.parametrize(
    ("reward", "tagged"),
    [
        (evaluated, False),
        (evaluated_behind_a_check, True),
        (as_a_fraction, False),
        (swallowing, False),
        (hoarding, False),
    ],
)
def test_a_grader_that_computes_what_it_reads_is_refused_in_bounded_time(reward, tagged):
    assert codes(reward, tagged=tagged) == ["total-costly"]


def test_a_grader_that_allows_four_operators_passes():
    assert codes(parsed) == []


def test_a_parser_behind_a_tag_sees_the_hostile_answer_too():
    def whole_number(sample, completion):
        found = re.search(r"<answer>([^<]*)</answer>", completion.text[-9_000:])
        return Score(float(bool(found) and found[1].isdigit() and int(found[1]) == 28))  # "²" is a digit, and no int

    found = cases(tagged=True)
    wholes = [case_of({**one.row, "gold": one.frame.around(one.gold)}, n) for n, one in enumerate(found)]
    with patch("rewards.audit.checks.robustness._growth", return_value=()):
        codes = {finding.code for finding in check_total(lift(whole_number), wholes, QUICK, answers=found)}
    assert "total-raises" in codes


def test_a_hostile_completion_that_no_alarm_ends_does_not_stop_the_audit():
    def in_c(sample, completion):
        if completion.text == "1e999":
            sum(range(10**12))  # never looks for a signal
        return Score(float(completion.text == "28"))

    with patch("rewards.audit.checks.robustness._growth", return_value=()):
        found = check_total(lift(in_c, timeout_s=5), cases(tagged=False), QUICK)
    assert [finding.code for finding in found if "timed out" in finding.message] == ["total-raises"]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=6), st.sampled_from("+-*/"))
def test_the_tower_uses_each_given_number_once_and_is_out_of_reach(numbers, sign):
    answer = own_tower([case_of({"reference_answer": f" {sign} ".join(map(str, numbers))}, 1)])
    if answer is None:
        high = sorted(number for number in numbers if number > 1)
        assert len(high) < 3 or high[1] ** high[2] < 10**12
    else:
        assert sorted(map(int, re.findall(r"\d+", answer.text))) == sorted(numbers)


@pytest.mark.parametrize("text", ["blue", "see 3-4 on Monday", '{"a": "b-c"}', "A", ""])
def test_where_nothing_is_computed_nothing_costly_is_asked(text):
    assert costly_answers([case_of({"reference_answer": text}, 1)]) == {}

"""An expression chooses the rollouts that it says, and one that cannot be read is told where and why."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rft.filtering import FACTS, FilterError, parse, written
from rft.report.choosing import Choice, chosen
from rft.report.judged import Judged
from rft.report.viewing import ViewRow, view_rows
from tests.pages import page

CASES: dict[str, Any] = json.loads(page("tests/fixtures/filters.json"))
numbers = st.integers(-3, 3).map(str) | st.sampled_from(["0.5", ".5", "1e-1"])
texts = st.text(max_size=5).map(json.dumps).filter(lambda text: "\\u" not in text)
names = st.sampled_from([*FACTS, "part.a", 'part["b c"]', "metric.n", "desk"])
comparisons = st.builds(
    "{} {} {}".format, names, st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "~"]), numbers | texts | names
)
expressions = st.recursive(
    comparisons, lambda inner: st.builds("({}) {} not ({})".format, inner, st.sampled_from(["and", "or"]), inner)
)
values = st.dictionaries(
    st.sampled_from([*FACTS, "part.a", "part.b c", "metric.n", "row.desk"]),
    st.none() | st.floats(-3, 3) | st.text(max_size=5),
)


def rollouts() -> list[ViewRow]:
    return view_rows({"m": [Judged(line, record) for line, record in enumerate(CASES["rollouts"], 1)]})


@pytest.mark.parametrize(("expression", "wanted"), CASES["fits"])
def test_an_expression_chooses_what_it_says(expression: str, wanted: list[int]) -> None:
    rows = rollouts()
    assert [rows.index(row) for row in chosen(rows, expression)] == wanted


@pytest.mark.parametrize(("expression", "wanted"), CASES["fits"])
def test_one_by_one_the_same_rollouts_are_chosen(expression: str, wanted: list[int]) -> None:
    choice = Choice(expression)
    records = [Judged(line, record) for line, record in enumerate(CASES["rollouts"], 1)]
    assert [one.line - 1 for one in choice.of(records, "m", "m")] == wanted
    choice.check()


@pytest.mark.parametrize(("expression", "message"), CASES["refused"])
def test_an_expression_that_cannot_be_read_is_told_where_and_why(expression: str, message: str) -> None:
    with pytest.raises(FilterError) as refused:
        chosen(rollouts(), expression)
    assert str(refused.value) == message


@given(st.text(alphabet="score.part[]()\"'\\ =!<>~,0123456789andotri😀\n", max_size=40) | expressions)
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    at = 0
    try:
        parse(text)
    except FilterError as refused:
        at = refused.at
    assert 0 <= at <= len(text)


@given(expressions, expressions, values)
def test_and_or_not_follow_the_laws_of_logic(first: str, second: str, value: dict[str, Any]) -> None:
    def fits(expression: str) -> bool:
        return parse(expression).fits(value.get)

    assert fits(f"not ({first})") != fits(first)
    assert fits(f"({first}) and ({second})") == (fits(first) and fits(second))
    assert fits(f"({first}) or {second}") == (fits(first) or fits(second))


@given(st.floats(-2, 2), st.floats(-2, 2))
def test_of_two_numbers_one_comparison_of_three_holds(one: float, other: float) -> None:
    held = [parse(f"score {mark} step").fits({"score": one, "step": other}.get) for mark in ("<", "==", ">")]
    assert sum(held) == 1
    assert parse("score <= step").fits({"score": one, "step": other}.get) == (held[0] or held[1])


@given(st.sampled_from(["part", "metric", "tokens", "row"]), st.text(min_size=1, max_size=12))
def test_a_name_as_it_is_written_is_read_as_that_name(kind: str, key: str) -> None:
    ((read, _),) = parse(f"{written(f'{kind}.{key}')} == 1").names
    assert read == f"{kind}.{key}"

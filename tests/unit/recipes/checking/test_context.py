"""Facts beside the recipe: data, grader."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recipes import DataFacts
from recipes.checking.context import facts_of_grader, facts_of_rows
from recipes.errors import FactsError


def test_rows_lengths_and_reasoning_of_rft_data():
    row = {"messages": [{"role": "user", "content": "x" * 400}], "reference_answer": "y" * 4000}
    facts = facts_of_rows([json.dumps(row), "", json.dumps({"messages": []})])
    assert (facts.rows, facts.longest_prompt_tokens, facts.has_reasoning) == (2, 100, False)  # 400 characters / 4


def test_the_answer_is_no_part_of_the_prompt_but_system_and_tools_are():
    row = {
        "system": [{"text": "s"}],
        "tools": [{"name": "t"}],
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a" * 999}],
    }
    prompt = len('q[{"text": "s"}][{"name": "t"}]')
    assert facts_of_rows([json.dumps(row)]).longest_prompt_tokens == prompt // 4


def test_reasoning_is_seen():
    assert facts_of_rows(['{"messages": [{"content": [{"reasoningContent": {}}]}]}']).has_reasoning is True


HOSTILE_LINES = ["[" * 100_000, '{"messages": 3}', '{"messages": [null, {"content": null}]}']


@given(st.lists(st.text() | st.sampled_from(HOSTILE_LINES)))
def test_no_line_makes_it_raise(lines: list[str]):
    assert isinstance(facts_of_rows(lines), DataFacts)


@pytest.mark.parametrize(
    "text", ["", "[]", '{"timeout_s": 0}', '{"timeout_s": "300"}', '{"timeout_s": true}', '{"timeout_s": NaN}']
)
def test_what_is_no_fact_of_a_grader_is_refused(text: str):
    with pytest.raises(FactsError):
        facts_of_grader(text)

"""Where calls are found, and what counts as none."""

from __future__ import annotations

import json

import pytest

from rewards import CallFormat, Completion, Sample, ToolCall, UngradableError, tool_calls, tool_choice

PLAN = CallFormat(unwrap="plan", calls="tools", name="tool", arguments="with")
SEARCH = ToolCall("search", {"q": "x"})


@pytest.mark.parametrize(
    "value",
    [
        [{"name": "search", "arguments": {"q": "x"}}],
        {"name": "search", "arguments": {"q": "x"}},
        [{"name": "search", "arguments": '{"q": "x"}'}],
        {"tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q": "x"}'}}]},
        {"role": "assistant", "content": [{"text": "ok"}, {"toolUse": {"name": "search", "input": {"q": "x"}}}]},
    ],
    ids=["list", "object", "arguments as text", "OpenAI message", "Converse message"],
)
def test_native_calls_are_read_in_every_common_shape(value: object) -> None:
    assert CallFormat().found(Completion(json.dumps(value))) == (SEARCH,)
    assert CallFormat().expected(Sample("s", (), reference=value)) == (SEARCH,)  # type: ignore[arg-type]


def test_calls_that_the_api_returned_apart_come_first() -> None:
    assert PLAN.found(Completion("text", (SEARCH,))) == (SEARCH,)


@pytest.mark.parametrize("text", ["Nothing to do.", "", "[]", "42", '{"answer": 1}'])
def test_native_text_without_calls_calls_nothing_and_that_can_be_right(text: str) -> None:
    assert tool_calls()(Sample("s", (), reference=[]), Completion(text)).value == 1.0


@pytest.mark.parametrize("text", ["", "none", "[]", '{"tools": []}', '{"plan": []}', '{"plan": {"tools": {}}}'])
def test_an_unreadable_plan_is_no_answer_even_where_nothing_had_to_be_called(text: str) -> None:
    sample = Sample("s", (), reference={"plan": {"tools": []}})
    assert tool_calls(PLAN)(sample, Completion(text)).value == 0.0
    assert tool_calls(PLAN)(sample, Completion('{"plan": {"tools": []}}')).value == 1.0


@pytest.mark.parametrize(
    "entry", ["3", '"search"', "{}", '{"tool": 3}', '{"tool": ["search"]}', '{"tool": "search", "with": []}']
)
def test_an_entry_that_is_no_call_takes_a_place_and_matches_nothing(entry: str) -> None:
    sample = Sample("s", (), reference={"plan": {"tools": [{"tool": "search", "with": {}}]}})
    both = f'{{"plan": {{"tools": [{{"tool": "search", "with": {{}}}}, {entry}]}}}}'
    assert tool_choice(PLAN)(sample, Completion(both)).value == 0.5


@pytest.mark.parametrize("reference", [None, {}, "text", {"plan": {"tools": [{"tool": ""}]}}, {"plan": {"tools": [1]}}])
def test_a_reference_without_readable_calls_is_ungradable_and_named(reference: object) -> None:
    with pytest.raises(UngradableError, match="'s-17'"):
        tool_choice(PLAN)(Sample("s-17", (), reference=reference), Completion("{}"))  # type: ignore[arg-type]


def test_more_calls_than_the_limit_are_not_read() -> None:
    many = json.dumps([{"name": "search"}] * 257)
    assert tool_choice()(Sample("s", (), reference=[{"name": "search"}]), Completion(many)).value == 0.0


def test_what_one_wrong_call_costs() -> None:
    reference = [{"name": "search", "arguments": {"q": "a"}}, {"name": "cite", "arguments": {}}]
    answer = [{"name": "search", "arguments": {"q": "b"}}, {"name": "cite", "arguments": {}}]
    score = tool_calls()(Sample("s", (), reference=reference), Completion(json.dumps(answer)))  # type: ignore[arg-type]
    assert score.value == pytest.approx(
        (0.2 * 2 + 0.8 * (0.1 + 1)) / 2
    )  # credit for two tools; key credit, and a right one


def test_a_kept_reading_serves_neither_another_sample_nor_another_format() -> None:
    sample = Sample("s", (), reference={"a": [{"name": "search"}], "b": [{"name": "cite"}]})
    twin = Sample("s", (), reference={"a": [{"name": "cite"}], "b": []})
    first, second = CallFormat(calls="a"), CallFormat(calls="b")
    asked = [(first, sample), (first, sample), (second, sample), (first, twin), (first, sample)]
    names = [[call.name for call in form.expected(one)] for form, one in asked]
    assert names == [["search"], ["search"], ["cite"], ["cite"], ["search"]]

"""What one turn holds, in every API's spelling."""

from __future__ import annotations

from typing import Any

import pytest

from rewards.parsing.messages import calls_of, listed, raw_calls, role_of, solution_of, text_of
from rewards.parsing.tool_calls import NO_TOOL


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("a", "a"),
        ({"text": "a"}, "a"),
        ([{"text": "a"}, {"type": "text", "text": "b"}, "c"], "abc"),
        ([{"type": "reasoning", "text": "x"}, {"type": "redacted_thinking", "text": "x"}, {"text": 7}, 8], ""),
    ],
)
def test_the_text_of_a_message_is_that_of_its_blocks(content: Any, text: str) -> None:
    assert text_of(content) == text


def test_the_last_solution_counts_and_an_open_one_reaches_to_the_end() -> None:
    start, end = "<|begin_of_solution|>", "<|end_of_solution|>"
    assert solution_of(f"a{start}b{end}c{start}d{end}e") == "d"
    assert solution_of(f"a{end}{start}b") == "b"
    assert solution_of(f"{start}b{end}") == "b"
    assert solution_of(f"a{end}") == f"a{end}"


def test_calls_are_found_in_every_place_of_a_turn() -> None:
    flat, old = {"name": "a", "arguments": {}}, {"name": "b", "arguments": "{}"}
    blocks = [{"text": "hm"}, {"toolUse": {"name": "c", "input": {}}}, {"type": "tool_use", "name": "d", "input": {}}]
    turn = {"tool_calls": [flat], "function_call": old, "content": blocks}
    assert raw_calls(turn) == [flat, old, *blocks[1:]]
    assert [call.name for call in calls_of(turn)] == ["a", "b", "c", "d"]
    assert raw_calls({"tool_calls": flat, "content": "x"}) == [flat]
    assert raw_calls({"content": blocks[1]}) == [blocks[1]]
    assert raw_calls("x") == raw_calls(None) == raw_calls({"content": "x"}) == []
    assert calls_of({"content": [{"functionCall": {"name": "a"}}, {"type": "tool-call"}, {"tool_call": None}]}) == (
        NO_TOOL,
        NO_TOOL,
    )


def test_a_turn_is_of_the_model_of_a_tool_or_of_who_it_names() -> None:
    roles = {
        "assistant": "assistant",
        "nova_assistant": "assistant",
        "function": "tool",
        "ipython": "tool",
        "dev": "dev",
    }
    assert {role: role_of({"role": role}) for role in roles} == roles
    assert role_of({}) == role_of({"role": None}) == role_of({"role": ["tool"]}) == "user"


def test_anything_but_a_list_is_one_item_only_where_one_is_wanted() -> None:
    assert (listed(None), listed(None, single=True), listed("a"), listed("a", single=True)) == ([], [], [], ["a"])
    assert listed((1, 2)) == [1, 2]

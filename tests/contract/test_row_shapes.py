"""The table of docs/rows.md: every documented shape of a row, through every door that takes rows, with one score."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rewards import Completion, Reward, Sample, Score, exact_match, tool_calls
from rewards.rows import rollout_of
from tests.doors import DOORS, by_audit, by_compare, by_lambda, by_nemo_gym, by_trl, by_verl
from tests.pages import blocks

PAGE = Path(__file__).parents[2] / "docs" / "rows.md"
START, END = "<!-- shapes and doors: checked by tests/contract/test_row_shapes.py -->", "<!-- end of shapes -->"
ASKED = {"role": "user", "content": "Which rule?"}
SAID = {"role": "assistant", "content": "144"}
CALL = {"name": "look_up", "arguments": {"rule": "144"}}
CALLED = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"rule": "144"}'}}
CHAT = {"id": "a", "messages": [ASKED, SAID]}
AGENT = {"role": "assistant", "content": None, "tool_calls": [CALLED]}


def of_desk(sample: Sample, completion: Completion, /) -> Score:
    """Reads what the row says of itself: 1 where the desk under the metadata is the one named."""
    return Score(float(sample.metadata.get("desk") == completion.text), str(sample.metadata))


def of_tools(sample: Sample, completion: Completion, /) -> Score:
    """1 where the tool that the completion names was offered."""
    names = [tool["function"]["name"] for tool in sample.tools if isinstance(tool["function"], dict)]
    return Score(float(completion.text in names), str(names))


def of_history(sample: Sample, completion: Completion, /) -> Score:
    """1 where the completion repeats the argument of the call in the history."""
    made = [call.arguments.get("rule") for message in sample.messages for call in message.tool_calls]
    return Score(float(completion.text in made), str(made))


EXACT, CALLS = exact_match(), tool_calls()
SHAPES: dict[str, tuple[dict[str, Any], Reward, float]] = {
    "`reference_answer` at the root": ({**CHAT, "reference_answer": "144"}, EXACT, 1.0),
    "`ground_truth` at the root": ({**CHAT, "ground_truth": "144"}, EXACT, 1.0),
    "`metadata.reference_answer`": ({**CHAT, "metadata": {"reference_answer": "144"}}, EXACT, 1.0),
    "`metadata.ground_truth`": ({**CHAT, "metadata": {"ground_truth": "144"}}, EXACT, 1.0),
    "`reward_model.ground_truth` (verl)": ({**CHAT, "reward_model": {"ground_truth": "144"}}, EXACT, 1.0),
    "an extra key at the root": ({**CHAT, "desk": "144"}, of_desk, 1.0),
    "`metadata`, and an extra key beside it": ({**CHAT, "metadata": {"a": 1}, "desk": "144"}, of_desk, 1.0),
    "`tools` at the root": ({**CHAT, "tools": [{"type": "function", "function": {"name": "144"}}]}, of_tools, 1.0),
    "`metadata.tools`": (
        {**CHAT, "metadata": {"tools": [{"type": "function", "function": {"name": "144"}}]}},
        of_tools,
        1.0,
    ),
    "Converse's `toolConfig`": ({**CHAT, "toolConfig": {"tools": [{"toolSpec": {"name": "144"}}]}}, of_tools, 1.0),
    "role `nova_assistant`, content as blocks": (
        {
            "messages": [ASKED, {"role": "nova_assistant", "content": [{"type": "text", "text": "144"}]}],
            "reference_answer": "144",
        },
        EXACT,
        1.0,
    ),
    "an earlier turn of `nova_assistant`": (
        {"messages": [ASKED, {"role": "nova_assistant", "content": "?"}, ASKED, SAID], "reference_answer": "144"},
        EXACT,
        1.0,
    ),
    "a solution block": (
        {
            "messages": [
                ASKED,
                {"role": "assistant", "content": "So <|begin_of_solution|>144<|end_of_solution|>"},
            ],
            "reference_answer": "144",
        },
        EXACT,
        1.0,
    ),
    "OpenAI `tool_calls`": ({"messages": [ASKED, AGENT], "reference_answer": [CALL]}, CALLS, 1.0),
    "flat `tool_calls`": (
        {
            "messages": [ASKED, {"role": "assistant", "content": None, "tool_calls": [CALL]}],
            "reference_answer": [CALL],
        },
        CALLS,
        1.0,
    ),
    "legacy `function_call`": (
        {
            "messages": [ASKED, {"role": "assistant", "content": None, "function_call": CALLED["function"]}],
            "reference_answer": [CALL],
        },
        CALLS,
        1.0,
    ),
    "Converse `toolUse` blocks": (
        {
            "messages": [
                ASKED,
                {
                    "role": "assistant",
                    "content": [{"toolUse": {"toolUseId": "c", "name": "look_up", "input": {"rule": "144"}}}],
                },
            ],
            "reference_answer": [CALL],
        },
        CALLS,
        1.0,
    ),
    "Anthropic `tool_use` blocks": (
        {
            "messages": [
                ASKED,
                {
                    "role": "assistant",
                    "content": [{"type": "tool_use", "id": "c", "name": "look_up", "input": {"rule": "144"}}],
                },
            ],
            "reference_answer": [CALL],
        },
        CALLS,
        1.0,
    ),
    "a call whose arguments cannot be parsed": (
        {
            "messages": [
                ASKED,
                {"role": "assistant", "content": None, "tool_calls": [{"name": "look_up", "arguments": "{rule"}]},
            ],
            "reference_answer": [],
        },
        CALLS,
        0.0,
    ),
    "a history of calls and a tool's turn": (
        {"messages": [ASKED, AGENT, {"role": "tool", "content": "found"}, SAID]},
        of_history,
        1.0,
    ),
    "a tool's result behind the last call": (
        {"messages": [ASKED, AGENT, {"role": "tool", "content": "144"}], "reference_answer": "144"},
        EXACT,
        0.0,
    ),
    "a user's turn behind the completion": (
        {"messages": [ASKED, SAID, {"role": "user", "content": "Thanks"}], "reference_answer": "144"},
        EXACT,
        1.0,
    ),
    "TRL: `prompt` and `completion` as text": (
        {"prompt": "Which rule?", "completion": "144", "reference_answer": "144"},
        EXACT,
        1.0,
    ),
    "TRL: `prompt` and `completion` as turns": (
        {"prompt": [ASKED], "completion": [SAID], "reference_answer": "144"},
        EXACT,
        1.0,
    ),
}
WITH_REWARD: dict[str, Callable[[dict[str, Any], Reward], Any]] = {
    "Lambda": by_lambda,
    "`rft audit`": by_audit,
    "`rft eval compare`": by_compare,
    "TRL": by_trl,
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_has_one_score_at_every_door(name: str) -> None:
    row, reward, score = SHAPES[name]
    assert {door: judge(row, reward).score for door, judge in WITH_REWARD.items()} == dict.fromkeys(WITH_REWARD, score)
    rollout = rollout_of(json.loads(json.dumps(row)))
    assert reward(rollout.sample, rollout.completion).value == score


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_one_sample_and_one_completion_at_every_door(name: str) -> None:
    row, _, _ = SHAPES[name]
    assert len({judge(row).score for judge in DOORS.values()}) == 1


def test_verl_and_nemo_gym_give_their_own_shapes_the_same_score() -> None:
    verl = {
        "data_source": "d",
        "reward_model": {"ground_truth": "144"},
        "extra_info": {"index": 1, "prompt": [ASKED]},
        "completion": "144",
    }
    assert by_verl(verl, EXACT).score == by_lambda({**verl, "prompt": [ASKED]}, EXACT).score == 1.0
    request = {
        "responses_create_params": {"input": "Which rule?"},
        "response": {"output": [{"type": "function_call", "call_id": "c", **CALLED["function"]}]},
        "reference_answer": [CALL],
    }
    assert by_nemo_gym(request, CALLS).score == by_lambda(request, CALLS).score == 1.0


def test_the_example_of_the_page_prints_what_it_shows(capsys: pytest.CaptureFixture[str]) -> None:
    text = PAGE.read_text(encoding="utf-8")
    (code,), (shown,) = blocks(text, "python"), blocks(text, "text")
    exec(code.text, {})
    assert capsys.readouterr().out == shown.text


def table() -> str:
    """The shapes with their scores, as Markdown."""
    head = ["shape", *WITH_REWARD, "`rft grade`"]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, (row, reward, _) in SHAPES.items():
        scores = [judge(row, reward).score for judge in WITH_REWARD.values()]
        grade = rollout_of(row)
        scores.append(reward(grade.sample, grade.completion).value)
        lines.append(f"| {name} | {' | '.join(f'{score:g}' for score in scores)} |")
    return "\n".join(lines)


def test_the_page_shows_the_table() -> None:
    text = PAGE.read_text(encoding="utf-8")
    shown = text.partition(START)[2].partition(END)[0].strip()
    assert shown == table(), f"write between the marks of {PAGE.name}:\n{table()}"

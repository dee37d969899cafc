"""What a row says is carried wherever the format can say it, and every change is in the log."""

from __future__ import annotations

import json

import pytest

from datagen.validate import Target, check
from datagen.validate.fix_file import fix

FUNCTION = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}
BARE_FUNCTION = {"type": "function", "function": {"name": "now"}}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
OTHER_CALL = {**CALL, "id": "c2"}
ASKS = {"role": "user", "content": "Weather in Oslo?"}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "4 degrees"}
SAYS = {"role": "assistant", "content": "It is cold."}
OPENAI_ROWS = {
    "a call": [ASKS, CALLS],
    "a call and its result": [ASKS, CALLS, RESULT, SAYS],
    "two calls at once": [
        ASKS,
        {**CALLS, "tool_calls": [CALL, OTHER_CALL]},
        RESULT,
        {**RESULT, "tool_call_id": "c2"},
        SAYS,
    ],
    "words beside the call": [ASKS, {**CALLS, "content": "I look."}, RESULT, SAYS],
    "empty words beside the call": [ASKS, {**CALLS, "content": ""}, RESULT, SAYS],
    "a developer's turn": [{"role": "developer", "content": "Be brief."}, ASKS, CALLS, RESULT, SAYS],
    "typed parts": [{"role": "user", "content": [{"type": "text", "text": "Weather?"}]}, CALLS, RESULT, SAYS],
    "arguments as an object": [
        ASKS,
        {**CALLS, "tool_calls": [{**CALL, "function": {"name": "weather", "arguments": {"city": "Oslo"}}}]},
        RESULT,
        SAYS,
    ],
    "a name on the turn": [ASKS, CALLS, {**RESULT, "name": "weather"}, SAYS],
    "a question after the result": [ASKS, CALLS, RESULT, {"role": "user", "content": "So?"}, SAYS],
}


def fixed(tmp_path, row, target):
    path = tmp_path / "in.jsonl"
    path.write_text(row if isinstance(row, str) else json.dumps(row), encoding="utf-8")
    result = fix(path, tmp_path / "out.jsonl", target)
    rows = [json.loads(line) for line in result.out.read_text(encoding="utf-8").splitlines()]
    return rows, [json.loads(line) for line in result.log.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", OPENAI_ROWS)
@pytest.mark.parametrize("target", [Target.TRAINING_JOB_SFT, Target.BEDROCK_SFT])
def test_an_openai_conversation_with_tools_becomes_converse(tmp_path, name, target):
    row = {"id": "a", "messages": OPENAI_ROWS[name], "tools": [FUNCTION, BARE_FUNCTION]}
    (made,), log = fixed(tmp_path, row, target)
    assert check(tmp_path / "out.jsonl", target, rows=False).errors == 0
    uses = [block["toolUse"] for turn in made["messages"] for block in turn["content"] if "toolUse" in block]
    assert [use["input"] for use in uses] == [{"city": "Oslo"}] * len(uses) != []
    assert {"code": "unknown-key", "path": "id", "before": '"a"', "after": ""} in log[0]["changes"]


@pytest.mark.parametrize("name", OPENAI_ROWS)
def test_an_openai_conversation_is_an_rft_row_with_its_answer_as_reference(tmp_path, name):
    (made,), _ = fixed(tmp_path, {"messages": OPENAI_ROWS[name], "tools": [FUNCTION, BARE_FUNCTION]}, Target.RFT)
    assert check(tmp_path / "out.jsonl", Target.RFT, rows=False).errors == 0
    answer = OPENAI_ROWS[name][-1]
    assert made["reference_answer"] == (answer["content"] or {"tool_calls": answer["tool_calls"]})


def test_of_a_doubled_key_the_last_is_kept_and_both_are_in_the_log(tmp_path):
    row = json.dumps({"id": "a", "messages": [ASKS], "reference_answer": {"a": 2}, "tools": [FUNCTION]})
    (made,), log = fixed(
        tmp_path, row.replace('"reference_answer"', '"reference_answer": {"a": 1}, "reference_answer"'), Target.RFT
    )
    assert made["reference_answer"] == {"a": 2}
    change = {"code": "duplicate-key", "path": "reference_answer", "before": '{"a": 1}', "after": '{"a": 2}'}
    assert change in log[0]["changes"]


@pytest.mark.parametrize("reference", [7, 1.5, False, ["a", {"b": 1}], []])
def test_a_reference_of_another_type_is_carried_as_its_json_text(tmp_path, reference):
    (made,), _ = fixed(tmp_path, {"id": "a", "messages": [ASKS], "reference_answer": reference}, Target.RFT)
    assert json.loads(made["reference_answer"]) == reference


def test_an_account_number_gets_its_leading_zero_back(tmp_path):
    place = {"uri": "s3://bucket/a.jpg", "bucketOwner": 12345678901}
    image = {"image": {"format": "JPG", "source": {"s3Location": place}}}
    turns = [{"role": "user", "content": [image]}, {"role": "assistant", "content": [{"text": "A map."}]}]
    (made,), _ = fixed(tmp_path, {"messages": turns}, Target.TRAINING_JOB_SFT)
    media = made["messages"][0]["content"][0]["image"]
    assert (media["format"], media["source"]["s3Location"]["bucketOwner"]) == ("jpeg", "012345678901")


def test_flat_multi_turn_rows_get_their_holder(tmp_path):
    (made,), _ = fixed(tmp_path, {"id": 3, "prompt": "2 + 2?", "answer": 4, "task": "sums"}, Target.RFT_MULTITURN)
    assert made == {"id": "3", "metadata": {"prompt": "2 + 2?", "answer": "4", "task": "sums"}}


def test_a_row_that_cannot_be_carried_is_in_the_log_with_its_problems(tmp_path):
    rows, log = fixed(
        tmp_path, '{"id": "a", "messages": [{"role": "user", "content": "q"}], "reference_answer": 1e999}', Target.RFT
    )
    assert rows == []
    assert [problem["code"] for problem in log[0]["left_out"]] == ["not-a-number"]

"""One reader for every documented row: where its turns, its reference, its tools and its metadata are found."""

from __future__ import annotations

from typing import Any

import pytest

from rewards import Completion, Message, Sample, ToolCall, UngradableError
from rewards.errors import RowError
from rewards.parsing.messages import is_model_turn, text_of
from rewards.rows import (
    Turns,
    as_text,
    column_reference,
    completion_of,
    gold_completion,
    gold_of,
    gold_text,
    ground_truth_of,
    messages_of,
    metadata_of,
    rollout_of,
    sample_of,
    split_turns,
    with_completion,
)
from rewards.types import JSON

ASKED, SAID = {"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}
TOOL = {"role": "tool", "content": "4"}


class Array:
    """What a Parquet reader hands over in the place of a list."""

    def __init__(self, *items: Any) -> None:
        self.items = items

    def tolist(self) -> list[Any]:
        return list(self.items)


def said(row: Any) -> list[tuple[str, str]]:
    return [(message.role, message.content) for message in sample_of(row).messages]


@pytest.mark.parametrize("listed", [list, tuple, lambda items: Array(*items)])
def test_a_list_is_a_list_a_tuple_or_an_array(listed: Any) -> None:
    row = {"messages": listed([ASKED, SAID]), "tools": listed([{"name": "now"}])}
    assert said(row) == [("user", "2 + 2?")]
    assert [tool["function"] for tool in sample_of(row).tools] == [{"name": "now"}]
    assert text_of(listed([{"text": "a"}, "b"])) == "ab"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ([], "a row is a JSON object, got list"),
        ("x", "a row is a JSON object, got str"),
        ({}, "no 'messages' list, and no 'prompt'"),
        ({"messages": None, "prompt": None}, "no 'messages' list, and no 'prompt'"),
        ({"messages": "hello"}, "no 'messages' list: 'messages' is 'hello'"),
        ({"messages": {"role": "user"}}, "no 'messages' list: 'messages' is {'role': 'user'}"),
        ({"messages": 7}, "no 'messages' list: 'messages' is 7"),
        ({"messages": 0.5}, "no 'messages' list: 'messages' is 0.5"),
    ],
)
def test_a_row_without_a_conversation_says_what_is_there_instead(row: Any, message: str) -> None:
    with pytest.raises(RowError) as error:
        sample_of(row)
    assert str(error.value) == message


def test_a_rollout_needs_a_turn_of_the_model() -> None:
    with pytest.raises(RowError) as error:
        rollout_of({"messages": [ASKED]})
    assert str(error.value) == "no message of the model: no role 'assistant' or 'nova_assistant'"
    assert said({"messages": [ASKED]}) == [("user", "2 + 2?")]


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"reference_answer": 1, "metadata": {"reference_answer": 2}, "ground_truth": 4}, 1),
        ({"metadata": {"reference_answer": 2, "ground_truth": 3}, "ground_truth": 4}, 2),
        ({"metadata": {"ground_truth": 3}, "ground_truth": 4, "reward_model": {"ground_truth": 5}}, 3),
        ({"metadata": '{"ground_truth": 3}', "ground_truth": 4}, 3),
        ({"ground_truth": 4, "reward_model": {"ground_truth": 5}}, 4),
        ({"reward_model": {"ground_truth": 5}}, 5),
        ({"reward_model": "rule"}, None),
        ({"reference_answer": None, "ground_truth": 0}, 0),
        ({"metadata": "no object"}, None),
        ({"reference_answer": '{"$any_of": ["a"]}'}, {"$any_of": ["a"]}),
        ({"reference_answer": '{"a": 1}'}, '{"a": 1}'),
    ],
)
def test_the_reference_is_taken_from_the_first_place_that_has_one(row: dict[str, Any], reference: Any) -> None:
    assert ground_truth_of(row) == sample_of({"messages": [ASKED], **row}).reference == reference


def test_metadata_is_every_key_that_is_not_read_elsewhere() -> None:
    row = {"id": "a", "messages": [ASKED], "tools": [], "metadata": {"kind": "sum"}, "level": 2, "reward_model": {}}
    assert metadata_of(row) == sample_of(row).metadata == {"kind": "sum", "level": 2}
    assert metadata_of({"messages": [], "metadata": '{"kind": "sum"}'}) == {"kind": "sum"}
    assert metadata_of({"messages": [], "metadata": None}) == {}


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ({"id": "a"}, "a"),
        ({"id": ""}, ""),
        ({"id": 5}, "5"),
        ({"id": True}, "7"),
        ({"id": 1.5}, "7"),
        ({"id": None, "extra_info": {"index": 12}}, "12"),
        ({"id": 5, "extra_info": {"index": 12}}, "5"),
        ({"extra_info": "12"}, "7"),
        ({}, "7"),
    ],
)
def test_an_id_is_a_text_or_a_number_and_else_the_place_of_the_row(row: dict[str, Any], name: str) -> None:
    assert sample_of({"prompt": "?", **row}, index=7).id == name
    assert rollout_of({"prompt": "?", "completion": "!", **row}, index=7).sample.id == name


def test_a_row_without_an_index_is_the_first() -> None:
    assert sample_of({"prompt": "?"}).id == rollout_of({"prompt": "?", "completion": ""}).sample.id == "0"


@pytest.mark.parametrize("role", ["assistant", "nova_assistant"])
def test_the_last_turn_of_the_model_is_the_completion(role: str) -> None:
    answer = {"role": role, "content": "4"}
    assert split_turns({"messages": [ASKED, answer]}) == Turns([ASKED], answer)
    assert split_turns({"messages": [answer, ASKED]}) == Turns([answer, ASKED], None)
    rollout = rollout_of({"messages": [ASKED, {"role": role, "content": "3"}, ASKED, answer, ASKED]})
    assert rollout.completion == Completion("4")
    assert [message.role for message in rollout.sample.messages] == ["user", "assistant", "user"]
    assert is_model_turn(answer)
    assert not is_model_turn(ASKED)
    assert not is_model_turn("assistant")


@pytest.mark.parametrize("result", [TOOL, {**TOOL, "role": "function"}, {**TOOL, "role": "ipython"}])
def test_a_call_whose_result_came_back_was_never_answered(result: dict[str, str]) -> None:
    rollout = rollout_of({"messages": [ASKED, SAID, result]})
    assert rollout.completion == Completion("")
    assert [message.role for message in rollout.sample.messages] == ["user", "assistant", "tool"]
    assert completion_of([SAID, result]) == Completion("")
    assert completion_of([result]) == Completion("")


def test_a_result_in_a_turn_of_the_user_is_a_turn_of_the_tool() -> None:
    results = [{"toolResult": {"content": [{"text": "4"}]}}, {"type": "tool_result", "content": "5"}]
    for result, content in zip(results, ("4", "5"), strict=True):
        assert messages_of([{"role": "user", "content": [result]}]) == (Message("tool", content),)
    assert messages_of([{"role": "assistant", "content": [results[0]]}])[0].role == "assistant"
    assert messages_of([{"role": 7, "content": "x"}]) == (Message("user", "x"),)


def test_a_system_prompt_beside_the_turns_comes_first_unless_one_is_there() -> None:
    assert said({"system": "Be brief.", "messages": [ASKED]})[0] == ("system", "Be brief.")
    assert said({"system": [{"text": "Be brief."}], "prompt": "?"})[0] == ("system", "Be brief.")
    assert said({"system": "", "messages": [ASKED]}) == [("user", "2 + 2?")]
    system = {"role": "system", "content": "Be long."}
    assert said({"system": "Be brief.", "messages": [system, ASKED]})[0] == ("system", "Be long.")


def test_a_prompt_and_a_completion_are_texts_or_turns() -> None:
    for prompt in ("2 + 2?", [ASKED], ASKED, [{"content": "2 + 2?"}]):
        for completion in ("4", [SAID], SAID, [{"content": "4"}]):
            rollout = rollout_of({"prompt": prompt, "completion": completion})
            assert rollout.sample.messages == (Message("user", "2 + 2?"),)
            assert rollout.completion == Completion("4")


def test_a_completion_in_which_the_model_says_nothing_is_empty() -> None:
    assert rollout_of({"prompt": "?", "completion": []}).completion == Completion("")
    assert split_turns({"prompt": "?", "completion": [TOOL]}).completion == {"role": "assistant", "content": ""}
    assert split_turns({"prompt": "?", "completion": None}).completion is None


def responses(*output: dict[str, Any], **asked: Any) -> dict[str, Any]:
    return {"responses_create_params": {"input": "2 + 2?", **asked}, "response": {"output": list(output)}}


CALL = {"type": "function_call", "name": "add", "arguments": "{}"}


def test_items_of_the_responses_api_are_turns() -> None:
    row = responses({"type": "reasoning"}, {**SAID, "content": "I add."}, CALL, CALL, {**SAID, "content": "4"})
    prompt, completion = split_turns(row)
    assert prompt == [ASKED]
    assert completion == {"role": "assistant", "content": "4", "tool_calls": [CALL, CALL]}
    assert rollout_of(row).completion == Completion("4", (ToolCall("add", {}),) * 2)
    assert split_turns(responses(CALL)).completion == {"role": "assistant", "tool_calls": [CALL]}


def test_what_comes_behind_a_result_is_a_turn_of_its_own() -> None:
    output = {"type": "function_call_output", "output": "4"}
    rollout = rollout_of(responses(CALL, output, {**SAID, "content": "It is 4."}))
    assert [(message.role, message.content) for message in rollout.sample.messages] == [
        ("user", "2 + 2?"),
        ("assistant", ""),
        ("tool", "4"),
    ]
    assert rollout.completion == Completion("It is 4.")
    assert rollout_of(responses(CALL, output)).completion == Completion("")


def test_turns_of_the_model_in_the_input_stay_apart() -> None:
    row = responses(SAID, input=[SAID, SAID, ASKED], instructions="Be brief.", tools=[{"name": "add"}])
    assert said(row) == [("system", "Be brief."), ("assistant", "4"), ("assistant", "4"), ("user", "2 + 2?")]
    assert sample_of(row).tools == ({"type": "function", "function": {"name": "add"}},)
    assert split_turns({"responses_create_params": {"input": "?"}, "response": "x"}).completion is None


def test_a_row_with_a_completion_keeps_all_but_its_conversation() -> None:
    row = {"id": "a", "prompt": "2 + 2?", "completion": "5", "system": "Be brief.", "ground_truth": "4"}
    messages = [{"role": "system", "content": "Be brief."}, ASKED, SAID]
    assert with_completion(row, "4") == {"id": "a", "ground_truth": "4", "messages": messages}
    assert with_completion(row, {**SAID, "content": "6"})["messages"] == [*messages[:2], {**SAID, "content": "6"}]
    tools = with_completion(responses(tools=[{"name": "add"}]), "4")["tools"]
    assert tools == [{"type": "function", "function": {"name": "add"}}]
    assert with_completion({**responses(tools=[{"name": "add"}]), "tools": []}, "4")["tools"] == []
    assert "tools" not in with_completion({"messages": [ASKED], "toolConfig": {"tools": []}}, "4")


def test_pictures_and_documents_are_attachments_and_nothing_else_is() -> None:
    picture, document = {"image": {"format": "png"}}, {"type": "file", "file": {"id": "f"}}
    blocks = [
        *(picture, {"text": "a"}, document, "b", {"toolUse": {"name": "x"}}, {"type": "thinking", "thinking": "?"}),
        {"toolResult": {"content": [{"text": "c"}]}},
    ]
    (message,) = messages_of([{"role": "user", "content": blocks}])
    assert (message.content, message.attachments) == ("abc", (picture, document))
    assert message.tool_calls == (ToolCall("x", {}),)
    assert messages_of("2 + 2?") == (Message("user", "2 + 2?"),)


@pytest.mark.parametrize(
    ("tool", "function"),
    [
        ({"type": "function", "function": {"name": "a"}}, {"name": "a"}),
        ({"type": "function", "name": "a", "strict": True}, {"name": "a", "strict": True}),
        (
            {"toolSpec": {"name": "a", "description": "d", "inputSchema": {"json": {"type": "object"}}, "x": 1}},
            {"name": "a", "description": "d", "parameters": {"type": "object"}},
        ),
        ({"toolSpec": {"name": "a", "inputSchema": {"a": 1}}}, {"name": "a", "parameters": {"a": 1}}),
        ({"toolSpec": {"name": "a"}}, {"name": "a", "parameters": {"type": "object"}}),
    ],
)
def test_a_tool_is_offered_as_a_function_of_openai(tool: Any, function: dict[str, Any]) -> None:
    wanted = ({"type": "function", "function": function},)
    for row in ({"tools": [tool, "x"]}, {"toolConfig": {"tools": [tool]}}, {"metadata": {"tools": [tool]}}):
        assert sample_of({"messages": [ASKED], **row}).tools == wanted
    assert sample_of({"messages": [ASKED], "tools": [{"x": 1}]}).tools == ({"x": 1},)


def test_the_gold_of_a_sample_is_its_own_or_its_reference_resolved() -> None:
    reference: JSON = {"rule": {"$any_of": ["144", "145"]}, "note": {"$any_of": ["x"], "$optional": True}}
    sample = Sample("a", (), reference=reference)
    assert gold_of(sample) == {"rule": "144"}
    assert gold_text(sample) == '{"rule":"144"}'
    assert gold_completion(sample) == Completion('{"rule":"144"}')
    turn: JSON = {"role": "assistant", "content": "ü", "tool_calls": [{"name": "a", "arguments": {}}]}
    own = Sample("a", (), reference=reference, metadata={"gold": turn})
    assert gold_of(own) == turn
    assert gold_completion(own) == Completion("ü", (ToolCall("a", {}),))
    assert gold_text(own).startswith('{"role":"assistant","content":"ü"')
    assert as_text({"role": "assistant", "content": "ü"}) == as_text("ü") == "ü"
    assert as_text(["ü", None]) == '["ü",null]'
    with pytest.raises(ValueError, match="Out of range float"):
        as_text(float("nan"))


def test_a_reference_nested_too_deeply_has_no_gold() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(UngradableError, match="the reference of sample 'a' is nested too deeply"):
        gold_of(Sample("a", (), reference=deep))


def test_a_column_is_json_text_where_it_is_declared_or_looks_like_an_object() -> None:
    assert column_reference("1", True) == 1
    assert column_reference(1, True) == 1
    assert column_reference("[1]", False) == "[1]"
    assert (column_reference("[1]", None), column_reference("1", None)) == ([1], "1")
    with pytest.raises(RowError, match=r"the reference is declared to be JSON text, got '\{' \(Expecting"):
        column_reference("{", True)

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_package.wire import ResponseShape, parse_event
from rewards.parsing.messages import solution_of
from rewards.parsing.tool_calls import NO_TOOL
from rewards.types import JSON, Rollout, ToolCall

TURN = {"role": "assistant", "content": "4"}


def only(sample: JSON) -> Rollout:
    (item,) = parse_event([sample]).items
    assert item.rollout is not None
    return item.rollout


def test_the_last_model_turn_is_graded_and_what_stands_before_it_is_the_prompt():
    rollout = only({"messages": [{"role": "user", "content": "q"}, TURN, {"role": "nova_assistant", "content": "5"}]})
    assert rollout.completion.text == "5"
    assert [(message.role, message.content) for message in rollout.sample.messages] == [
        ("user", "q"),
        ("assistant", "4"),
    ]


def test_a_turn_after_the_models_is_not_graded():
    assert only({"messages": [TURN, {"role": "user", "content": "thanks"}]}).completion.text == "4"


def test_the_root_reference_wins_over_metadata():
    sample = {"messages": [TURN], "reference_answer": "root", "metadata": {"reference_answer": "meta"}}
    assert only(sample).sample.reference == "root"


def test_a_null_reference_at_the_root_does_not_hide_the_one_in_metadata():
    sample = {"messages": [TURN], "reference_answer": None, "metadata": {"reference_answer": "meta"}}
    assert only(sample).sample.reference == "meta"


def test_ground_truth_is_the_open_weight_name_of_the_reference():
    assert only({"messages": [TURN], "metadata": {"ground_truth": "4"}}).sample.reference == "4"


def test_fields_of_the_row_are_metadata_wherever_they_stand():
    rollout = only({"messages": [TURN], "level": "easy", "metadata": {"source": "a"}})
    assert rollout.sample.metadata == {"source": "a", "level": "easy"}


def test_tools_of_the_row_reach_the_reward():
    tool = {"type": "function", "function": {"name": "search"}}
    assert only({"messages": [TURN], "tools": [tool]}).sample.tools == (tool,)


def test_openai_tool_calls_are_read():
    call = {"id": "c1", "type": "function", "function": {"name": "search", "arguments": '{"q": "x"}'}}
    completion = only({"messages": [{"role": "assistant", "content": None, "tool_calls": [call]}]}).completion
    assert completion.tool_calls == (ToolCall("search", {"q": "x"}),)
    assert completion.text == ""


def test_converse_tool_use_blocks_are_read():
    block = {"toolUse": {"toolUseId": "t0", "name": "search", "input": {"q": "x"}}}
    completion = only({"messages": [{"role": "assistant", "content": [{"text": "Let me look."}, block]}]}).completion
    assert completion.tool_calls == (ToolCall("search", {"q": "x"}),)
    assert completion.text == "Let me look."


def test_unreadable_arguments_equal_no_reference():
    call = {"function": {"name": "search", "arguments": "{q: x"}}
    completion = only({"messages": [{"role": "assistant", "tool_calls": [call]}]}).completion
    assert completion.tool_calls == (NO_TOOL,)


def test_the_last_solution_block_counts():
    first, last = ("<|begin_of_solution|>1<|end_of_solution|>", "<|begin_of_solution|>2<|end_of_solution|>")
    assert solution_of(first + last) == "2"


def test_an_unclosed_solution_block_reaches_to_the_end():
    assert solution_of("so <|begin_of_solution|>4") == "4"


def test_one_sample_outside_a_list_is_a_batch_of_one():
    assert len(parse_event({"id": "a", "messages": [TURN]}).items) == 1


def test_rows_without_an_id_are_named_by_position():
    assert [item.id for item in parse_event([{"messages": [TURN]}, {"messages": [TURN]}]).items] == ["0", "1"]


def test_an_integer_id_comes_back_as_an_integer():
    assert parse_event([{"id": 7, "messages": [TURN]}]).items[0].id == 7


def test_a_body_that_is_not_json_is_one_unreadable_sample_in_an_envelope():
    request = parse_event({"body": "{"})
    assert request.shape is ResponseShape.ENVELOPE
    assert [item.rollout for item in request.items] == [None]


def test_a_sample_with_a_field_named_body_is_still_a_sample():
    assert parse_event({"messages": [TURN], "body": "x"}).shape is ResponseShape.LIST


def test_gold_text_of_an_evaluation_is_read_as_json_only_where_it_holds_structure():
    def gold(text: str) -> JSON:
        event = {"process_type": "postprocess", "data": {"prompt": "q", "inference_output": "a", "gold": text}}
        rollout = parse_event(event).items[0].rollout
        assert rollout is not None
        return rollout.sample.reference

    assert gold('{"x": 4}') == {"x": 4}
    assert gold("4") == "4"


ROW: dict[str, Any] = {"id": "a", "messages": [{"role": "assistant", "content": "4"}], "reference_answer": 4}


@pytest.mark.parametrize("key", ["batch", "input", "trajectories"])
@pytest.mark.parametrize("in_body", [False, True])
def test_a_list_of_samples_may_stand_under_a_key(key: str, *, in_body: bool):
    event: Any = {key: [ROW, {**ROW, "id": "b"}]}
    request = parse_event({"body": json.dumps(event)} if in_body else event)
    assert [item.id for item in request.items] == ["a", "b"]
    assert request.shape is (ResponseShape.ENVELOPE if in_body else ResponseShape.LIST)


def test_a_list_of_turns_under_input_is_one_sample():
    request = parse_event({"id": "a", "input": [{"role": "user", "content": "?"}]})
    assert [item.id for item in request.items] == ["a"]


def test_a_trajectory_is_known_by_its_own_id():
    row = {"trajectory_id": "t-1", "messages": ROW["messages"]}
    assert [item.id for item in parse_event({"trajectories": [row]}).items] == ["t-1"]


IDS = st.none() | st.integers(0, 3) | st.sampled_from(["0", "1", "2", "row-0", "row-1", "row-row-1"])


@given(st.lists(IDS, max_size=6))
def test_an_id_made_for_a_row_without_is_nobody_else_s(ids: list[str | int | None]):
    rows = [{"messages": ROW["messages"]} | ({} if value is None else {"id": value}) for value in ids]
    items = parse_event(rows).items
    given_ids = [str(value) for value in ids if value is not None]
    made = [str(item.id) for item, value in zip(items, ids, strict=True) if value is None]
    assert len(set(made)) == len(made)
    assert not set(made) & set(given_ids)
    echoed = [item.id for item, value in zip(items, ids, strict=True) if value is not None]
    assert echoed == [value for value in ids if value is not None]

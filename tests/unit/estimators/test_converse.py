"""A row as a Converse request: what the row says is sent, in what Bedrock's own model accepts."""

from __future__ import annotations

import base64
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.answers import converse_request
from estimators.errors import OutputError
from tests.fakes.shapes import request_problems

PNG = base64.b64encode(b"\x89PNG picture").decode()
CALL = {"id": "c1", "type": "function", "function": {"name": "now", "arguments": "{}"}}
TOOLS = [{"type": "function", "function": {"name": "now", "description": "time"}}]
USER = {"role": "user", "content": "q"}


def request(*messages: Any, **row: Any) -> dict[str, Any]:
    made = converse_request({"id": "1", "messages": list(messages), **row}, "model", {"maxTokens": 10})
    assert request_problems("bedrock-runtime", "Converse", made) == []
    return made


def test_a_tool_without_parameters_takes_an_empty_object():
    (tool,) = request(USER, tools=TOOLS)["toolConfig"]["tools"]
    assert tool["toolSpec"]["inputSchema"] == {"json": {"type": "object", "properties": {}}}


def test_a_tool_turn_is_a_result_of_the_user():
    made = request(
        USER,
        {"role": "assistant", "content": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "noon"},
        tools=TOOLS,
    )
    assert [turn["role"] for turn in made["messages"]] == ["user", "assistant", "user"]
    assert made["messages"][1]["content"] == [{"toolUse": {"toolUseId": "c1", "name": "now", "input": {}}}]
    assert made["messages"][2]["content"] == [{"toolResult": {"toolUseId": "c1", "content": [{"text": "noon"}]}}]


def test_results_without_an_id_belong_to_the_open_calls_in_turn():
    bare = {"type": "function", "function": {"name": "now", "arguments": ""}}
    made = request(
        USER,
        {"role": "assistant", "content": "", "tool_calls": [bare, bare]},
        {"role": "tool", "content": "noon"},
        {"role": "tool", "content": ""},
    )
    asked = [block["toolUse"]["toolUseId"] for block in made["messages"][1]["content"]]
    answered = [block["toolResult"]["toolUseId"] for block in made["messages"][2]["content"]]
    assert asked == answered
    assert len(set(asked)) == 2


def test_a_history_that_calls_tools_gets_their_definitions_where_the_row_has_none():
    made = request(
        USER,
        {"role": "assistant", "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "c1", "content": "noon"},
        USER,
    )
    assert [tool["toolSpec"]["name"] for tool in made["toolConfig"]["tools"]] == ["now"]


@pytest.mark.parametrize(
    "block",
    [
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"image": {"format": "png", "source": {"bytes": PNG}}},
    ],
    ids=["OpenAI chat", "OpenAI responses", "Anthropic", "Converse"],
)
def test_a_picture_is_sent_as_its_bytes(block: dict[str, Any]):
    made = request({"role": "user", "content": [{"type": "text", "text": "What is it?"}, block]})
    assert made["messages"][0]["content"] == [
        {"text": "What is it?"},
        {"image": {"format": "png", "source": {"bytes": b"\x89PNG picture"}}},
    ]


def test_a_picture_in_s3_stays_there():
    url = {"type": "image_url", "image_url": {"url": "s3://bucket/a.JPG"}}
    (turn,) = request({"role": "user", "content": [url]})["messages"]
    assert turn["content"] == [{"image": {"format": "jpeg", "source": {"s3Location": {"uri": "s3://bucket/a.JPG"}}}}]


@pytest.mark.parametrize("url", ["https://example.com/a.png", "data:image/png;base64,%%%"])
def test_a_picture_that_bedrock_cannot_have_is_named(url: str):
    with pytest.raises(OutputError, match=r"picture"):
        converse_request({"messages": [{"role": "user", "content": [{"image_url": {"url": url}}]}]}, "m", {})


def test_null_and_blank_content_is_left_out():
    made = request(USER, {"role": "assistant", "content": None}, {"role": "user", "content": " "}, USER)
    assert made["messages"] == [{"role": "user", "content": [{"text": "q"}, {"text": "q"}]}]


def test_words_of_the_system_come_first_wherever_they_stand():
    made = request({"role": "developer", "content": "a"}, USER, {"role": "system", "content": "b"}, USER)
    assert made["system"] == [{"text": "a"}, {"text": "b"}]
    assert [turn["role"] for turn in made["messages"]] == ["user"]


def test_the_answer_in_a_row_is_not_sent():
    made = request(USER, {"role": "nova_assistant", "content": "the answer"})
    assert made["messages"] == [{"role": "user", "content": [{"text": "q"}]}]


TEXTS = st.none() | st.sampled_from(["", " ", "a", "b c"])
TURNS = st.one_of(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "system", "developer"]), "content": TEXTS}),
    st.fixed_dictionaries({"role": st.just("assistant"), "content": TEXTS}, optional={"tool_calls": st.just([CALL])}),
    st.fixed_dictionaries({"role": st.just("tool"), "content": TEXTS}, optional={"tool_call_id": st.just("c1")}),
)


@given(st.lists(TURNS, max_size=6))
def test_any_history_is_a_request_that_bedrock_s_model_accepts(turns: list[dict[str, Any]]):
    made = request(USER, *turns, {"role": "user", "content": "last"})
    roles = [turn["role"] for turn in made["messages"]]
    assert all(one != other for one, other in pairwise(roles))
    assert set(roles) <= {"user", "assistant"}
    assert roles[-1] == "user"

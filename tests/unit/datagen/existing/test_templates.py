"""Texts of chat templates, calls in text, thoughts beside answers and ranked pairs are read as what they mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datagen.errors import FormatError
from datagen.existing.shapes import conversation_of
from datagen.existing.templates import turns_in

ROWS = json.loads(Path(__file__).parents[3].joinpath("fixtures", "real_shapes.json").read_text(encoding="utf-8"))
ASKED, RIGHT, WRONG = "Weather in Rome?", "Sunny.", "No."
WRITTEN = {
    "ChatML": ("<|im_start|>{}\n{}<|im_end|>\n", ("user", "assistant")),
    "Llama 3": ("<|start_header_id|>{}<|end_header_id|>\n\n{}<|eot_id|>", ("user", "assistant")),
    "Gemma": ("<start_of_turn>{}\n{}<end_of_turn>\n", ("user", "model")),
    "Zephyr": ("<|{}|>\n{}</s>\n", ("user", "assistant")),
    "Guanaco": ("### {}: {}", ("Human", "Assistant")),
}


def said(text):
    return [turn["content"] for turn in text]


@pytest.mark.parametrize("name", [name for name in ROWS if name.startswith("template_")])
def test_a_text_of_a_template_is_its_turns(name):
    found = conversation_of(ROWS[name])
    asked = [turn["content"] for turn in found.messages if turn["role"] == "user"]
    assert asked[0] == ASKED
    assert all(mark not in json.dumps([found.messages, found.reply]) for mark in ("<|", "[INST]", "###", "_of_turn"))
    assert next(turn["content"] for turn in [*found.messages, found.reply] if turn["role"] == "assistant") == RIGHT


@given(st.sampled_from(list(WRITTEN)), st.lists(st.text("abc é\n.<", min_size=1), min_size=1, max_size=5))
def test_what_a_template_wrote_is_read_back(name, texts):
    form, speakers = WRITTEN[name]
    texts = [text for text in map(str.strip, texts) if text]
    turns = turns_in("".join(form.format(speakers[at % 2], text) for at, text in enumerate(texts)))
    assert said(turns) == texts


@pytest.mark.parametrize(
    "text", ["See <|im_start|>user\na<|im_end|>", "no marks", "x [INST] a [/INST] b", "### Notes\n"]
)
def test_words_outside_the_turns_make_it_no_such_text(text):
    assert turns_in(text) == []


@pytest.mark.parametrize(("name", "cities"), [("qwen_parallel", ["Rome", "Oslo"]), ("mistral_text", ["Rome"])])
def test_calls_in_a_text_are_calls(name, cities):
    found = conversation_of(ROWS[name])
    turns = [*found.messages, *([found.reply] if found.reply else [])]
    calls = [call for turn in turns for call in turn.get("tool_calls", ())]
    assert [json.loads(call["function"]["arguments"])["city"] for call in calls] == cities
    results = {turn["tool_call_id"]: turn["content"] for turn in turns if turn["role"] == "tool"}
    assert list(results) == [call["id"] for call in calls][: len(results)]
    assert list(results.values()) == ["sunny", "snow"][: len(results)]


@pytest.mark.parametrize("inside", ["", "{}", '{"name": "w", "name": "v"}', "call w now", '{"arguments": {}}'])
def test_a_call_that_cannot_be_read_stays_text(inside):
    text = f"<tool_call>{inside}</tool_call>"
    found = conversation_of({"messages": [{"role": "user", "content": "a?"}, {"role": "assistant", "content": text}]})
    assert found.reply == {"role": "assistant", "content": text}


@pytest.mark.parametrize("name", ["arena", "arena_flags", "helpsteer", "saferlhf", "shp"])
def test_the_answer_that_somebody_prefers_is_the_right_one(name):
    found = conversation_of(ROWS[name])
    assert (said(found.messages), found.reply["content"], found.worse["content"]) == ([ASKED], RIGHT, WRONG)


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "a?", "response_a": "b", "response_b": "c", "winner": "tie"},
        {"prompt": "a?", "response_a": "b", "response_b": "c", "winner_model_a": 0, "winner_model_b": 0},
        {"prompt": "a?", "response1": "b", "response2": "c", "preference_strength": 0},
    ],
)
def test_a_tie_is_no_pair(row):
    with pytest.raises(FormatError, match="prefers neither"):
        conversation_of(row)


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        ("labelbox", {"intent": "weather", "places": ["Rome"]}),
        ("prodigy_spans", {"entities": [{"text": "Rome", "label": "CITY"}]}),
        ("prodigy_choice", {"label": "weather"}),
        ("argilla_2", "Sunny."),
        ("bigbench", "A"),
        ("evals_item", "Sunny."),
        ("braintrust_object", {"sky": "sunny"}),
    ],
)
def test_what_an_export_says_is_right(name, reference):
    assert conversation_of(ROWS[name]).reference == reference


@pytest.mark.parametrize("name", ["reasoning_column", "openthoughts"])
def test_thoughts_are_apart_from_the_answer(name):
    assert conversation_of(ROWS[name]).reply == {
        "role": "assistant",
        "content": RIGHT,
        "reasoning_content": "It is June.",
    }


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"a": {"question": "a?", "answer": "b"}, "b": {"question": "a?", "answer": "c"}}, "both hold a conversation"),
        ({"message_id": "1", "parent_id": "0", "text": "a", "role": "prompter"}, "tree of replies"),
        ({"id": 1, "requester_id": 2, "comments": [{"body": "a"}]}, "whose words are the answer"),
        ({"Customer": "a", "column 2": "b"}, "names each of them at the top"),
        ({"Where is it?": "When?", "Ghent": "May"}, "line of column names first"),
    ],
)
def test_what_is_no_row_to_learn_from_is_refused_with_what_would_be(row, why):
    with pytest.raises(FormatError, match=why):
        conversation_of(row)

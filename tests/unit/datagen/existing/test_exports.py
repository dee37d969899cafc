"""Exports of tools for annotation and tracing are read by what was asked and answered; what was refused is left out."""

from __future__ import annotations

import pytest

from datagen.errors import FormatError
from datagen.existing.shapes import Columns, conversation_of

SAID = [{"role": "user", "content": "Where is it?"}]


def task(*readings: list[str], cancelled: bool = False) -> dict[str, object]:
    results = [[{"from_name": "intent", "type": "choices", "value": {"choices": reading}}] for reading in readings]
    annotations = [{"result": result, "was_cancelled": cancelled} for result in results]
    return {"id": 7, "data": {"text": "Where is it?"}, "annotations": annotations}


@pytest.mark.parametrize(
    ("row", "reference"),
    [
        ({"inputs": {"question": "Where is it?"}, "outputs": {"answer": "Ghent"}}, "Ghent"),
        (
            {"inputs": {"messages": [{"type": "human", "content": "Where is it?"}]}, "outputs": {"output": "Ghent"}},
            "Ghent",
        ),
        ({"inputs": {"messages": SAID}, "outputs": {"out": {"type": "ai", "content": "Ghent"}}}, "Ghent"),
        ({"input": {"messages": SAID}, "output": {"role": "assistant", "content": "Ghent"}, "scores": []}, "Ghent"),
        (task(["place"]), {"intent": "place"}),
        (task(["place", "time"], ["place", "time"]), {"intent": ["place", "time"]}),
    ],
    ids=["fields", "LangChain", "wrapped", "Langfuse", "one label", "two labels, two annotators"],
)
def test_what_was_asked_and_answered(row: dict[str, object], reference: object) -> None:
    found = conversation_of(row)
    answer = found.reference if found.reference is not None else (found.reply or {})["content"]
    assert (found.messages, answer) == (SAID, reference)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (task(["place"], ["time"]), "disagree"),
        (task(["place"], cancelled=True), "nobody annotated it"),
        ({"text": "Where is it?", "label": "x", "_task_hash": 1, "answer": "reject"}, "'reject'"),
        ({"inputs": {"messages": SAID}, "outputs": {"a": 1, "b": 2}}, "none is known to be the answer"),
        ({"inputs": {"text": "a"}, "outputs": {"text": "b"}}, "both hold 'text'"),
    ],
    ids=["disagreement", "cancelled", "refused", "two outputs", "one name"],
)
def test_what_nobody_means_is_no_label(row: dict[str, object], why: str) -> None:
    with pytest.raises(FormatError, match=why):
        conversation_of(row)


ASKED, RIGHT, WRONG = "Where is it?", "Ghent", "Bruges"
OPENAI = {"choices": [{"message": {"role": "assistant", "content": RIGHT}}], "usage": {"total_tokens": 9}}
GEMINI = {"candidates": [{"content": {"parts": [{"text": RIGHT}]}}]}
NODES = {
    "a": {"message": None, "parent": None},
    "b": {"message": {"author": {"role": "user"}, "content": {"parts": [ASKED]}}, "parent": "a"},
    "c": {"message": {"author": {"role": "assistant"}, "content": {"parts": [RIGHT]}}, "parent": "b"},
    "d": {"message": {"author": {"role": "assistant"}, "content": {"parts": [WRONG]}}, "parent": "b"},
}
ARGILLA = {"values": {"answer": {"value": RIGHT}}, "status": "submitted"}
CHOICES = [{"label": "A", "text": "Bruges"}, {"label": "B", "text": "Ghent"}]
EXPORTS = {
    "Weave": {"inputs": {"question": ASKED}, "output": RIGHT},
    "Weave, a call": {"inputs": {"messages": SAID, "model": "m"}, "output": OPENAI},
    "LiteLLM": {"messages": SAID, "response": OPENAI},
    "Helicone": {"request_body": {"messages": SAID}, "response_body": OPENAI},
    "Gemini without roles": {"request": {"contents": [{"parts": [{"text": ASKED}]}]}, "response": GEMINI},
    "turns and an answer": {"messages": SAID, "completion": RIGHT},
    "harness": {"doc": {}, "target": RIGHT, "arguments": {"gen_args_0": {"arg_0": ASKED, "arg_1": {}}}, "resps": []},
    "harness, choices": {"doc": {}, "target": 1, "arguments": [[ASKED, " Bruges"], [ASKED, " Ghent"]], "resps": []},
    "ChatGPT": {"title": "t", "mapping": NODES, "current_node": "c"},
    "Claude": {"chat_messages": [{"sender": "human", "text": ASKED}, {"sender": "assistant", "text": RIGHT}]},
    "UltraChat": {"id": "0", "data": [ASKED, RIGHT]},
    "Capybara": {"conversation": [{"input": ASKED, "output": RIGHT}]},
    "HumanEval": {"prompt": ASKED, "canonical_solution": RIGHT, "test": "assert f()"},
    "MBPP": {"text": ASKED, "code": RIGHT},
    "TruthfulQA": {"question": ASKED, "best_answer": RIGHT, "incorrect_answers": [WRONG]},
    "OpenMath": {"problem": ASKED, "expected_answer": RIGHT, "generated_solution": WRONG},
}


@pytest.mark.parametrize("name", EXPORTS)
def test_exports_of_other_tools_say_what_was_asked_and_what_is_right(name: str) -> None:
    found = conversation_of(EXPORTS[name])
    answer = found.reference if found.reference is not None else (found.reply or {})["content"]
    assert (found.messages[-1]["content"], answer) == (ASKED, RIGHT)


GIVEN = [
    *({key: shown} for key in ("input", "inputs", "question", "query", "prompt") for shown in (ASKED, SAID)),
    *({key: shown} for key in ("input", "inputs") for shown in ({"question": ASKED}, {"messages": SAID})),
    {"messages": SAID},
]
EXPECTED = ("expected", "expected_output", "reference_outputs", "expected_answer", "ideal", "expectations")


@pytest.mark.parametrize("expected", EXPECTED)
@pytest.mark.parametrize("made", ["output", "outputs", "response", "answer", "completion", "actual_output"])
def test_what_a_model_said_is_never_the_answer_where_another_was_expected(made: str, expected: str) -> None:
    right: object = {"expected_response": RIGHT} if expected == "expectations" else RIGHT
    for given in GIVEN:
        for row in ({**given, expected: right, made: WRONG}, {**given, expected: right}):
            found = conversation_of(row)
            assert (found.messages[-1]["content"], found.reference or (found.reply or {})["content"]) == (ASKED, RIGHT)
            assert made not in row or WRONG in str((found.extra, found.lost)), "and nothing is lost"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"fields": {"text": ASKED}, "responses": [{**ARGILLA, "status": "draft"}]}, "nobody annotated it"),
        ({"fields": {"text": ASKED}, "responses": [ARGILLA, {"values": {"answer": {"value": WRONG}}}]}, "disagree"),
        ({"custom_id": "1", "response": {"body": OPENAI}}, "the prompts are in its input"),
        ({"custom_id": "1", "result": {"message": {"content": []}}}, "the prompts are in its input"),
        ({"type": "message", "user": "U1", "text": ASKED, "ts": "1.2"}, "one message of a chat of people"),
        ({"messages": [{"content": ASKED, "author": {"name": "ann"}}]}, "does not say which answer is right"),
        ({"prompt": {"text": ASKED, "role": "prompter", "replies": []}}, "a tree of replies has many answers"),
        ({"prompt": {"raw": ASKED}, "response": {"output": RIGHT}}, "name the column inside it, one of prompt.raw"),
        ({"version": 1, "data": {"train": [{"q": 1}], "test": [{"q": 2}]}}, "'data.train', 'data.test' hold rows"),
    ],
    ids=["draft", "Argilla", "OpenAI batch", "Anthropic batch", "Slack", "Discord", "OASST", "promptfoo", "splits"],
)
def test_what_holds_no_right_answer_says_what_would(row: dict[str, object], why: str) -> None:
    with pytest.raises(FormatError, match=why):
        conversation_of(row)


@pytest.mark.parametrize(
    "row",
    [
        {"question": ASKED, "choices": CHOICES, "answerKey": "B"},
        {"question": {"stem": ASKED, "choices": CHOICES}, "answerKey": "B"},
        {"article": "A city of Flanders.", "question": ASKED, "options": ["Bruges", "Ghent"], "answer": "B"},
    ],
    ids=["labelled choices", "CommonsenseQA", "RACE"],
)
def test_choices_are_shown_as_texts_below_what_they_are_about(row: dict[str, object]) -> None:
    found = conversation_of(row)
    asked = found.messages[-1]["content"]
    assert asked.endswith(f"{ASKED}\n\nA. Bruges\nB. Ghent")
    assert found.reference == "B"
    assert str(row.get("article", "")) in asked


def test_argilla_is_read_as_label_studio_is() -> None:
    found = conversation_of({"fields": {"text": ASKED}, "responses": [ARGILLA, ARGILLA], "suggestions": []})
    assert (found.messages, found.reference) == (SAID, RIGHT)  # what is called an answer is one, and no label


def test_the_branches_of_a_tree_that_are_not_read_are_named_as_lost() -> None:
    found = conversation_of(EXPORTS["ChatGPT"])
    assert WRONG in str(found.lost)


def test_a_refused_label_is_refused_by_its_column_too() -> None:
    with pytest.raises(FormatError, match="'ignore'"):
        conversation_of({"text": "a", "label": "x", "_task_hash": 1, "answer": "ignore"}, Columns("text", "label"))


def test_a_dotted_column_is_what_stands_inside_and_is_taken_out() -> None:
    row = {"fields": {"asked": "Where is it?", "lang": "en"}, "responses": [{"value": "Ghent"}], "a.b": 1}
    found = conversation_of(row, Columns("fields.asked", "responses.0.value"))
    assert (found.messages, found.reference) == (SAID, "Ghent")
    assert found.extra == {"fields": {"lang": "en"}, "responses": [{}], "a.b": 1}
    assert row["fields"] == {"asked": "Where is it?", "lang": "en"}
    assert conversation_of({"x.y": "Where is it?", "z": "Ghent"}, Columns("x.y", "z")).messages == SAID
    for column in ("fields.no", "fields.asked.no", "responses.1.value", "responses.x"):
        with pytest.raises(FormatError, match="no value in the column"):
            conversation_of(row, Columns(column))

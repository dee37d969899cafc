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

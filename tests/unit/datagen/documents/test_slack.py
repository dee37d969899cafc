"""A channel as Slack exports it is read thread by thread; other JSON is read where it lists texts, and refused else."""

from __future__ import annotations

import json

import pytest

from datagen.documents.parse import parse


def message(at, text, **more):
    return {"type": "message", "user": f"U{at % 3}", "text": text, "ts": f"1700000{at}.000100", **more}


def read(tmp_path, value):
    (tmp_path / "day.json").write_text(json.dumps(value, indent=2))
    return parse(tmp_path / "day.json", "day.json")


def test_a_thread_is_a_document_and_what_is_in_none_is_one_too(tmp_path):
    asked = {"thread_ts": "17000001.000100"}
    found = read(
        tmp_path,
        [
            message(0, "Good morning &lt;all&gt;"),
            message(1, "<@U2> what is the limit, see <https://a.example/r|the rule>?", **asked),
            message(2, "700 € for <#C1|cards>", **asked),
            message(3, "<@U4> has joined the channel", subtype="channel_join"),
            message(4, "See <https://a.example>"),
        ],
    )
    assert [document.text for document in found.documents] == [
        "Good morning <all>\n\nSee https://a.example",
        "what is the limit, see the rule?\n\n700 € for cards",
    ]
    assert [one.reason for one in found.account.left_out] == ["who wrote it and when", "notes of who came and went"]


def test_a_list_of_texts_is_a_document_each(tmp_path):
    found = read(tmp_path, [{"text": "One.", "ts": 1}, {"text": 7}, {"text": "Two."}])
    assert [(document.path, document.text) for document in found.documents] == [
        ("day.json#1", "One."),
        ("day.json#3", "Two."),
    ]
    assert [one.path for one in found.unreadable] == ["day.json#2"]


@pytest.mark.parametrize("value", [{}, [], [1], [{"id": "U1", "name": "ann"}], {"text": "One."}])
def test_other_json_is_listed_with_what_to_write(tmp_path, value):
    (problem,) = read(tmp_path, value).unreadable
    assert "write its texts as .jsonl" in problem.reason

"""Rows as public data sets and APIs have them: accepted once converted, or refused by name, and no text lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from datagen.existing.convert import convert
from datagen.validate import Target, check


def call(name_of_call, city):
    function = {"name": "w", "arguments": json.dumps({"city": city})}
    return {"id": name_of_call, "type": "function", "function": function}


ROWS = json.loads(Path(__file__).parents[3].joinpath("fixtures", "real_shapes.json").read_text(encoding="utf-8"))
REFUSED = {
    "openai_image": "is not in S3",
    "anthropic_image": "is not in S3",
    "squad_empty": "answers holds no answer",
    "translation": "no shape fits the keys 'translation'",
    "bfcl_multi": "no answer to learn from",
    "openai_end_user": "no answer to learn from",
}
UNSAID = {"role", "from", "type", "schemaVersion", "label", "answerKey", "chat"}  # keys of how a row is built
REWRITTEN = {"human", "assistant", "str", "optional", "arguments", "parameters"}  # speakers and keys inside a text


def written(tmp_path, row, form):
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    return convert(path, tmp_path / "out.jsonl", form)


@pytest.mark.parametrize("name", ROWS)
def test_a_row_becomes_one_that_the_check_accepts_or_is_refused_by_name(tmp_path, name):
    result = written(tmp_path, ROWS[name], "sft")
    if name in REFUSED:
        assert REFUSED[name] in next(iter(result.refused))
    else:
        assert result.rows_written == 1
        assert check(result.out, Target.TRAINING_JOB_SFT, rows=False).errors == 0


@pytest.mark.parametrize("name", ROWS)
def test_an_rft_row_is_accepted_or_refused(tmp_path, name):
    result = written(tmp_path, ROWS[name], "rft")
    assert result.rows_written + sum(result.refused.values()) == 1
    if result.rows_written:
        assert check(result.out, Target.RFT, rows=False).errors == 0


@pytest.mark.parametrize("form", ["sft", "rft", "rft-multiturn", "rft-multiturn-serverless", "openai", "distillation"])
@pytest.mark.parametrize("name", ROWS)
def test_every_text_is_in_the_new_row_or_in_the_log(tmp_path, name, form):
    result = written(tmp_path, ROWS[name], form)
    if not result.rows_written:
        assert result.refused
        return
    kept = REWRITTEN | _words(result.out.read_text(encoding="utf-8") + result.log.read_text(encoding="utf-8"))
    missing = [text for text in _leaves(ROWS[name]) if not _words(text) <= kept]
    assert not missing


def _leaves(value):
    if isinstance(value, dict):
        return [text for key, item in value.items() if key not in UNSAID for text in _leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in _leaves(item)]
    return [value] if isinstance(value, str) else []


def _words(text):
    letters = "".join(letter if letter.isalnum() else " " for letter in text.replace("\\n", " "))
    return set(letters.lower().split())


def test_a_result_goes_to_the_call_of_its_name(tmp_path):
    calls = {"role": "assistant", "tool_calls": [call("a", "Rome"), {**call("b", "Oslo"), "id": None}]}
    calls["tool_calls"][1]["function"]["name"] = "time"
    results = [{"role": "tool", "name": "time", "content": "noon"}, {"role": "tool", "content": "sun"}]
    turns = [{"role": "user", "content": "?"}, calls, *results, {"role": "assistant", "content": "Done."}]
    result = written(tmp_path, {"messages": turns}, "openai")
    said = json.loads(result.out.read_text(encoding="utf-8"))["messages"]
    assert [turn.get("tool_call_id") for turn in said[2:4]] == ["call-1-1", "a"]


@pytest.mark.parametrize(("answer", "letter"), [(2, "C"), ("2", "B"), ("B", "B"), ("4", "D")])
def test_a_number_is_a_place_and_text_a_choice(tmp_path, answer, letter):
    row = {"question": "2 + 0?", "choices": ["1", "2", "3", "4"], "answer": answer}
    result = written(tmp_path, row, "rft")
    assert json.loads(result.out.read_text(encoding="utf-8"))["reference_answer"] == letter


def test_an_unknown_speaker_is_named(tmp_path):
    result = written(tmp_path, {"messages": [{"role": "narrator", "content": "Once"}]}, "sft")
    assert "messages[0] is spoken by 'narrator'" in next(iter(result.refused))

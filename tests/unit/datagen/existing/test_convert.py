"""Rows of each named shape become rows that their target's check accepts, and what they cannot hold is reported."""

from __future__ import annotations

import copy
import csv
import json

import pytest

from datagen.errors import FormatError
from datagen.existing.convert import convert, written_as
from datagen.existing.shapes import Columns, conversation_of
from datagen.existing.tables import read_rows
from datagen.validate import Target, check

CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
TOOL = {
    "type": "function",
    "function": {
        "name": "weather",
        "description": "The weather",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}
ASKS = {"role": "user", "content": "Weather in Oslo?"}
CALLS = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "4 degrees"}
SAYS = {"role": "assistant", "content": "It is cold."}
USE = {"toolUse": {"toolUseId": "t", "name": "weather", "input": {"city": "Oslo"}}}
SPEC = {"name": "weather", "description": "d", "inputSchema": {"json": {"type": "object", "properties": {"city": {}}}}}
PYTHON_SCHEMA = {"type": "dict", "properties": {"city": {"type": "string"}, "days": {"type": "float"}}}
SHAPES = {
    "OpenAI chat": {"messages": [{"role": "system", "content": "Be brief."}, ASKS, SAYS]},
    "OpenAI chat with calls": {"messages": [ASKS, CALLS, RESULT, SAYS], "tools": [TOOL]},
    "OpenAI chat that ends with a call": {"messages": [ASKS, CALLS], "tools": json.dumps([TOOL])},
    "Nova RFT": {"id": "r1", "messages": [ASKS], "reference_answer": {"cold": True}, "tools": [TOOL]},
    "Bedrock RFT": {"messages": [ASKS], "metadata": {"reference_answer": "yes"}},
    "Converse": {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "Be brief."}],
        "messages": [
            {"role": "user", "content": [{"text": "Weather?"}]},
            {"role": "assistant", "content": [USE]},
            {"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": [{"json": {"degrees": 4}}]}}]},
            {"role": "assistant", "content": [{"text": "It is cold."}]},
        ],
        "toolConfig": {"tools": [{"toolSpec": SPEC}]},
    },
    "prompt and completion": {"prompt": "Is it cold?", "completion": "Yes."},
    "prompt as messages": {"prompt": [ASKS], "completion": [SAYS]},
    "verl": {"prompt": [ASKS], "reward_model": {"ground_truth": "yes"}, "data_source": "test"},
    "chosen and rejected": {"prompt": "Cold?", "chosen": "Yes.", "rejected": "Who knows."},
    "chosen and rejected as messages": {"chosen": [ASKS, SAYS], "rejected": [ASKS, {**SAYS, "content": "Who knows."}]},
    "Alpaca": {"instruction": "Say whether it is cold.", "input": "4 degrees", "output": "Yes."},
    "ShareGPT": {"conversations": [{"from": "human", "value": "Cold?"}, {"from": "gpt", "value": "Yes."}]},
    "GSM8K": {"question": "2 + 2?", "answer": "Two and two is four.\n#### 4"},
    "question and answer": {"question": "Cold?", "answer": "Yes."},
    "BFCL": {
        "id": "simple_0",
        "question": [[{"role": "user", "content": "Weather in Oslo?"}]],
        "function": [{"name": "weather", "description": "d", "parameters": PYTHON_SCHEMA}],
        "ground_truth": [{"weather": {"city": ["Oslo", "oslo"], "days": [1, ""]}}],
    },
    "ATIS": {"text": "flights from Oslo", "intent": "flight", "slots": {"from": "Oslo"}},
    "gen_qa": {"query": "Cold?", "response": "Yes.", "system": "Be brief."},
    "Forge multi-turn": {"id": "m1", "metadata": {"prompt": "Cold?", "answer": "yes", "task": "weather"}},
}  # fmt: skip
TARGETS = {
    "sft": Target.TRAINING_JOB_SFT,
    "rft": Target.RFT,
    "rft-eval": Target.RFT_EVAL,
    "gen-qa": Target.GEN_QA,
    "rft-multiturn": Target.RFT_MULTITURN,
    "rft-multiturn-serverless": Target.RFT_MULTITURN_SERVERLESS,
}


def converted(tmp_path, row, form, name="rows.jsonl", **more):
    path = tmp_path / name
    path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    out = tmp_path / ("gen_qa.jsonl" if form == "gen-qa" else "out.jsonl")
    result = convert(path, out, form, **more)
    return result, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("form", TARGETS)
@pytest.mark.parametrize("name", SHAPES)
def test_the_check_of_the_target_accepts_the_new_row(tmp_path, name, form):
    result, rows = converted(tmp_path, SHAPES[name], form)
    assert result.rows_written == len(rows) == 1
    assert check(result.out, TARGETS[form], rows=False).errors == 0


@pytest.mark.parametrize("name", ["chosen and rejected", "chosen and rejected as messages"])
def test_pairs_become_candidates(tmp_path, name):
    result, (row,) = converted(tmp_path, SHAPES[name], "dpo")
    assert check(result.out, Target.DPO, model="nova-lite", rows=False).errors == 0
    (back,) = (conversation_of(row),)
    assert (back.reply["content"], back.worse["content"]) == (
        conversation_of(SHAPES[name]).reply["content"],
        "Who knows.",
    )


@pytest.mark.parametrize("name", ["OpenAI chat", "OpenAI chat with calls", "OpenAI chat that ends with a call"])
def test_openai_to_converse_and_back_loses_nothing(tmp_path, name):
    _, (there,) = converted(tmp_path, SHAPES[name], "sft")
    _, (back,) = converted(tmp_path, there, "openai")
    said, again = conversation_of(copy.deepcopy(SHAPES[name])), conversation_of(back)
    for turns in (said.messages, again.messages, [said.reply], [again.reply]):
        for turn in turns:
            for call in turn.get("tool_calls", ()):
                call["function"]["arguments"] = json.loads(call["function"]["arguments"])
    assert (again.messages, again.reply, again.tools) == (said.messages, said.reply, said.tools)


def test_what_each_shape_says_is_what_the_grader_gets():
    def reference(name):
        return written_as(conversation_of(SHAPES[name]), "rft", "x").row["reference_answer"]

    assert reference("OpenAI chat") == "It is cold."
    assert reference("OpenAI chat that ends with a call") == {"tool_calls": [CALL]}
    assert reference("Bedrock RFT") == reference("verl") == "yes"
    assert reference("GSM8K") == "4"
    assert reference("ATIS") == {"intent": "flight", "slots": {"from": "Oslo"}}
    days = {"$any_of": [1], "$optional": True}
    calls = [{"name": "weather", "arguments": {"city": {"$any_of": ["Oslo", "oslo"]}, "days": days}}]
    assert reference("BFCL") == {"tool_calls": calls}


def test_the_right_answer_of_a_worked_sum_is_kept_as_gold():
    row = written_as(conversation_of(SHAPES["GSM8K"]), "rft", "x").row
    assert row["gold"] == SHAPES["GSM8K"]["answer"]


def test_a_schema_in_the_words_of_python_is_written_in_those_of_json():
    parameters = written_as(conversation_of(SHAPES["BFCL"]), "rft", "x").row["tools"][0]["function"]["parameters"]
    assert (parameters["type"], parameters["properties"]["days"]["type"]) == ("object", "number")


def test_what_is_lost_is_counted_and_logged_with_its_value(tmp_path):
    result, _ = converted(tmp_path, {**SHAPES["Alpaca"], "source": "hand", "score": 3}, "sft")
    assert result.lost == {"source": 1, "score": 1}
    (entry,) = map(json.loads, result.log.read_text().splitlines())
    assert entry == {"line": 1, "new_line": 1, "lost": {"source": "hand", "score": 3}}


def test_extra_keys_reach_the_grader_of_an_rft_row(tmp_path):
    _, (row,) = converted(tmp_path, {**SHAPES["Alpaca"], "source": "hand"}, "rft")
    assert row["source"] == "hand"


def test_a_row_of_no_known_shape_is_left_out_and_its_keys_are_named(tmp_path):
    result, rows = converted(tmp_path, {"frage": "Kalt?", "antwort": "Ja."}, "rft")
    assert rows == []
    (reason,) = result.refused
    assert "'frage', 'antwort'" in reason
    assert "--prompt" in reason


def test_columns_are_read_by_name(tmp_path):
    row = {"frage": "Kalt?", "antwort": "Ja.", "nr": 7, "quelle": "x"}
    _, (made,) = converted(tmp_path, row, "rft", columns=Columns("frage", "antwort", id="nr"))
    assert made == {
        "id": "7",
        "messages": [{"role": "user", "content": "Kalt?"}],
        "reference_answer": "Ja.",
        "quelle": "x",
    }


TABLE = [
    {"question": 'She said: "Is it; cold?"\nReally?', "answer": "Yes, it is."},
    {"question": "今日は？", "answer": "寒い"},
]


@pytest.mark.parametrize(
    ("suffix", "mark"), [(".csv", ","), (".csv", ";"), (".csv", "\t"), (".tsv", "\t"), (".csv", "|")]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_table_of_any_dialect_is_read(tmp_path, suffix, mark, encoding):
    path = tmp_path / f"rows{suffix}"
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, ["question", "answer"], delimiter=mark)
        writer.writeheader()
        writer.writerows(TABLE)
    assert [row.values for row in read_rows(path)] == TABLE


@pytest.mark.parametrize("text", [json.dumps(TABLE), json.dumps({"data": TABLE}), json.dumps(TABLE, indent=1)])
def test_a_json_array_is_read(tmp_path, text):
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    assert [row.values for row in read_rows(path)] == TABLE


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FormatError, match=r"none.jsonl: no such file"):
        list(read_rows(tmp_path / "none.jsonl"))


def test_parquet_is_read_without_the_nulls_that_it_fills_in(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    import pyarrow.parquet as parquet

    rows = [{"messages": [ASKS, SAYS]}, {"messages": [ASKS, {**CALLS, "content": "I look."}]}]
    parquet.write_table(pyarrow.Table.from_pylist(rows), tmp_path / "rows.parquet")
    assert [row.values for row in read_rows(tmp_path / "rows.parquet")] == rows


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.txt", "x", "ends in .jsonl"),
        ("a.json", "{", "not JSON"),
        ("a.json", "[1]", "item 1 is no object"),
        ("a.jsonl", '{"a": 1}\n{"a": 1, "a": 2}\n', "a.jsonl:2: duplicate-key"),
        ("a.csv", "a,b\n1,2,3\n", "a.csv:2: more values than the 2 columns"),
        ("a.csv", "a,a\n1,2\n", "two columns are called 'a'"),
        ("a.parquet", "no", "not a Parquet file"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_error_with_its_place(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(FormatError, match=message):
        list(read_rows(path))

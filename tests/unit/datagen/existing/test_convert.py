"""Rows of each named shape become rows that their target's check accepts, and what they cannot hold is reported."""

from __future__ import annotations

import copy
import csv
import gzip
import json

import pytest

from datagen.errors import FormatError
from datagen.existing.convert import convert
from datagen.existing.forms import written_as
from datagen.existing.shapes import Columns, conversation_of
from datagen.existing.tables import read_rows
from datagen.validate import Severity, Target, check

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


def damages(value):
    """The value with each part of it left empty, blank, null or of another type in turn."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        for other in ("", " ", None, 7, [{}], *damages(item)):
            made = copy.copy(value)
            made[key] = other
            yield made


@pytest.mark.parametrize("name", SHAPES)
def test_a_row_that_lacks_something_is_refused_or_the_check_accepts_what_it_became(tmp_path, name):
    rows = list(damages(SHAPES[name]))
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    for form, target in {**TARGETS, "dpo": Target.DPO, "distillation": Target.DISTILLATION}.items():
        made = convert(path, tmp_path / f"{form}.jsonl", form)
        assert made.rows_read == len(rows) == made.rows_written + sum(made.refused.values())
        if made.rows_written:
            found = check(made.out, target, model="nova-lite" if form == "dpo" else "nova-2-lite", rows=False).findings
            errors = [(each.line, each.code) for each in found if each.severity is Severity.ERROR]
            assert [each for each in errors if each[1] not in ("mixed-fields", "file-name", "id-duplicate")] == []


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
    result, rows = converted(tmp_path, {"rückfrage": "Kalt?", "befund": "Ja."}, "rft")
    assert rows == []
    (reason,) = result.refused
    assert "'rückfrage', 'befund'" in reason
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


def test_several_columns_of_the_answer_are_the_fields_of_one_object(tmp_path):
    row = {"text": "Bill 7 of Arden", "number": "7", "seller": "Arden", "page": "1"}
    _, (made,) = converted(tmp_path, row, "rft", columns=Columns("text", ("number", "seller")))
    assert (made["reference_answer"], made["page"]) == ({"number": "7", "seller": "Arden"}, "1")
    result, rows = converted(tmp_path, row, "rft", columns=Columns("text", ("number", "sellar")))
    assert (rows, list(result.refused)) == (
        [], ["no value in the column 'sellar'; the row has 'text', 'number', 'seller', 'page'"]
    )  # fmt: skip


def test_a_row_without_a_known_answer_is_told_which_key_may_be_it(tmp_path):
    result, rows = converted(tmp_path, {"case": "c1", "prompt": "Pulse 120?", "label": "urgent"}, "rft")
    assert rows == []
    (reason,) = result.refused
    assert "'case' or 'label'" in reason
    assert "--prompt COLUMN --answer COLUMN" in reason


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


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rows.jsonl", json.dumps(TABLE)),
        ("rows.jsonl", "\n".join(json.dumps(row, indent=2) for row in TABLE)),
        ("rows.json", "\n".join(map(json.dumps, TABLE))),
        ("rows.json", json.dumps({key: [row[key] for row in TABLE] for key in TABLE[0]})),
        ("rows.json", json.dumps({key: {str(at): row[key] for at, row in enumerate(TABLE)} for key in TABLE[0]})),
        ("rows.json", json.dumps({"version": "1", "data": TABLE})),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_rows_are_read_as_people_save_them(tmp_path, name, text, packed):
    path = tmp_path / (f"{name}.gz" if packed else name)
    path.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    assert [row.values for row in read_rows(path)] == TABLE


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_lines_of_powershell_are_read(tmp_path, encoding):
    path = tmp_path / "rows.jsonl"
    path.write_text("\r\n".join(map(json.dumps, TABLE)), encoding=encoding)
    assert [row.values for row in read_rows(path)] == TABLE


@pytest.mark.parametrize(
    "table",
    [
        b"sep=;\r\nquestion;answer\r\n2 + 2?;4\r\n",
        "question\tanswer\r\n2 + 2?\t4\r\n".encode("utf-16"),
        b"question,answer,\n2 + 2?,4,\n",
        b"\r\n,,\r\nquestion,answer,\r\n2 + 2?,4,\r\n",
    ],
)
def test_a_table_as_excel_saves_it_is_read(tmp_path, table):
    path = tmp_path / "rows.csv"
    path.write_bytes(table)
    assert [row.values for row in read_rows(path)] == [{"question": "2 + 2?", "answer": "4"}]


@pytest.mark.parametrize(
    ("text", "row"),
    [
        ('question,answer\n"say \\"hi\\", please","x"\n', {"question": 'say "hi", please', "answer": "x"}),
        ('question, answer\n"a, b", c\n', {"question": "a, b", "answer": "c"}),
        (" Question ,Correct Answer\nq,a\n", {"Question": "q", "Correct Answer": "a"}),
        (
            "messages\n\"[{'role': 'user', 'content': \"\"it's\"\"}]\"\n",
            {"messages": '[{"role": "user", "content": "it\'s"}]'},
        ),
    ],
    ids=["escaped quotes", "blanks behind commas", "names with capitals", "Python's words"],
)
def test_a_table_of_spark_or_pandas_is_read(tmp_path, text, row):
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    assert [read.values for read in read_rows(path)] == [row]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('q,a\n"open,1\nx,2\n', "a quote is opened and not closed"),
        ('q,a\n"x"y,1\n', "a quote inside a quoted value is written twice"),
        ("Our export\nq,a\n", "the first line must name the columns, and has only 'Our export'"),
    ],
    ids=["open", "inside", "title"],
)
def test_quotes_that_would_change_what_is_read_are_named(tmp_path, text, message):
    path = tmp_path / "rows.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=message):
        list(read_rows(path))


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"columns": ["question", "answer"], "index": [0], "data": [["a?", "1"]]}),
        json.dumps({"x": {"question": "a?", "answer": "1"}, "y": {"question": "b?", "answer": "2"}}),
        json.dumps([[{"role": "user", "content": "a?"}, {"role": "assistant", "content": "1"}]]),
        json.dumps({"data": [{"paragraphs": [{"context": "", "qas": [{"question": "a?", "answers": ["1"]}]}]}]}),
    ],
    ids=["split by pandas", "rows by name", "lists of turns", "SQuAD"],
)
def test_rows_inside_one_json_text_are_found(tmp_path, text):
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    first = next(read_rows(path)).values
    told = conversation_of(first)
    assert (told.messages[-1]["content"], told.reference or told.reply["content"]) == ("a?", "1")


def test_rows_of_the_viewer_of_hugging_face_are_found(tmp_path):
    rows = [{"row_idx": at, "row": {"question": "2 + 2?", "answer": "4"}, "truncated_cells": []} for at in range(2)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"features": [{"name": "question"}], "rows": rows, "num_rows_total": 2}))
    assert [row.values for row in read_rows(path)] == [{"question": "2 + 2?", "answer": "4"}] * 2


def test_splits_in_one_file_are_named(tmp_path):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps({"train": [{"question": "a?"}], "test": [{"question": "b?"}]}), encoding="utf-8")
    with pytest.raises(FormatError, match="'train', 'test' hold rows"):
        conversation_of(next(read_rows(path)).values)


def test_a_packed_file_is_read_whatever_its_name(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(gzip.compress(b'{"question": "a?", "answer": "1"}\n'))
    assert [row.values for row in read_rows(path)] == [{"question": "a?", "answer": "1"}]


def test_a_table_in_shift_jis_is_read(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("question,answer\n日本の首都はどこですか,とうきょうです\n".encode("shift_jis"))
    assert [row.values["answer"] for row in read_rows(path)] == ["とうきょうです"]


def test_a_workbook_is_read_where_one_sheet_holds_rows(tmp_path):
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for row in (["question", "answer"], ["2 + 2?", 4]):
        book.active.append(row)
    book.save(tmp_path / "rows.xlsx")
    assert [row.values for row in read_rows(tmp_path / "rows.xlsx")] == [{"question": "2 + 2?", "answer": "4"}]
    book.create_sheet("Other").append(["more"])
    titled = openpyxl.Workbook()
    for row in (["Questions of 2026"], ["question", "answer"], ["2 + 2?", "4"]):
        titled.active.append(row)
    titled.active.merge_cells("A1:B1")
    titled.save(tmp_path / "titled.xlsx")
    assert [row.values for row in read_rows(tmp_path / "titled.xlsx")] == [{"question": "2 + 2?", "answer": "4"}]
    headed = openpyxl.Workbook()
    for row in (["Id", "Question", None, "Answer"], [None, "text", "language", "text"], [7, "2 + 2?", "en", "4"]):
        headed.active.append(row)
    headed.active.merge_cells("B1:C1")
    headed.active.merge_cells("A1:A2")
    headed.save(tmp_path / "headed.xlsx")
    assert [row.values for row in read_rows(tmp_path / "headed.xlsx")] == [
        {"Id": "7", "Question text": "2 + 2?", "Question language": "en", "Answer text": "4"}
    ]
    book.save(tmp_path / "two.xlsx")
    with pytest.raises(FormatError, match=r"rows in several sheets \('Sheet', 'Other'\)"):
        list(read_rows(tmp_path / "two.xlsx"))


def test_one_broken_line_is_left_out_and_named(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"prompt": "a", "completion": "b"}\n{"prompt": "c", "comp\n{"prompt": "d", "completion": "e"}\n')
    made = convert(path, tmp_path / "out.jsonl", "rft")
    assert (made.rows_read, made.rows_written) == (3, 2)
    log = [json.loads(line) for line in made.log.read_text().splitlines()]
    assert log[0]["line"] == 2
    assert log[0]["refused"].startswith("json-syntax: column ")


@pytest.mark.parametrize(
    ("row", "answer", "lost"),
    [
        ({"prompt": "Q", "completion": "<think>\nhm\n</think>\n\nA"}, "A", ["messages[].reasoning_content"]),
        ({"question": "Q", "answer": "<think>hm</think>A"}, "A", ["reasoning"]),
        ({"instruction": "Q", "input": "<noinput>", "output": "A"}, "A", []),
    ],
)
def test_what_is_beside_the_answer_is_no_part_of_it(tmp_path, row, answer, lost):
    result, rows = converted(tmp_path, row, "rft")
    assert (rows[0]["messages"], rows[0]["reference_answer"]) == ([{"role": "user", "content": "Q"}], answer)
    assert sorted(result.lost) == lost


def test_an_unwanted_completion_of_kto_is_no_right_answer(tmp_path):
    result, rows = converted(tmp_path, {"prompt": "Q", "completion": "bad", "label": False}, "rft")
    assert rows == []
    assert list(result.refused) == ["the only answer is one that is not wanted"]


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
        ("a.jsonl", "", "there is no row in it"),
        ("a.csv", "question,answer\n", "there is no row in it"),
        ("a.json", '[{"a": 1},]', "not JSON: .* after a comma that must not be there"),
        ("a.json", '{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("a.json", '[{"a": NaN}]', "NaN is no number"),
        ("a.csv", "PK\3\4\xff", "a workbook or an archive"),
        ("a.csv", "a,b\ncaf\xe9,x\n", "a.csv: line 2: .* is not UTF-8"),
        ("a.jsonl.gz", "no", "not a gzip file"),
        ("a.jsonl", "(\xb5/\xfd\0", "packed as .zst by its bytes"),
        ("a.csv.zip", "PK", "packed as .zip, which is not read; unpack it first"),
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
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(FormatError, match=message):
        list(read_rows(path))

"""Nova's rows become chats; what cannot work is named before training starts."""

import json
from pathlib import Path

import pytest

from estimators.platforms.local.errors import PreflightError
from estimators.platforms.local.rows import (
    columns,
    in_order,
    read_rft_rows,
    read_sft_rows,
    too_long,
)
from rewards import CallFormat, Completion


def write(path, *rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def converse(question="Q", answer="A"):
    return {
        "schemaVersion": "bedrock-conversation-2024",
        "system": [{"text": "S"}],
        "messages": [
            {"role": "user", "content": [{"text": question}]},
            {"role": "assistant", "content": [{"reasoningContent": {}}, {"text": answer}]},
        ],
    }


def rft(**changes):
    system = {"role": "system", "content": "S"}
    return {"id": "1", "messages": [system, {"role": "user", "content": "Q"}], "reference_answer": {"a": 1}, **changes}


def test_a_converse_row_is_a_prompt_and_an_answer(tmp_path):
    [row] = read_sft_rows(write(tmp_path / "sft.jsonl", converse()), drop_system_prompt=False)
    assert row.prompt == [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}]
    assert row.answer == "A"


def test_native_calls_are_blocks_that_are_read_as_the_same_calls(tmp_path):
    wanted = [{"name": "find", "input": {"control": "AC-2"}}, {"name": "now", "input": {}}]
    row = converse()
    row["messages"][-1]["content"] = [{"toolUse": {"toolUseId": f"c{i}", **call}} for i, call in enumerate(wanted)]
    [read] = read_sft_rows(write(tmp_path / "sft.jsonl", row), drop_system_prompt=False)
    found = CallFormat().found(Completion(read.answer))
    assert [{"name": call.name, "input": call.arguments} for call in found] == wanted


def test_the_system_prompt_can_be_left_out(tmp_path):
    [sft] = read_sft_rows(write(tmp_path / "sft.jsonl", converse()), drop_system_prompt=True)
    [row] = read_rft_rows(write(tmp_path / "rft.jsonl", rft()), drop_system_prompt=True)
    assert sft.prompt == row.prompt == [{"role": "user", "content": "Q"}]


def test_the_grader_still_gets_the_whole_row(tmp_path):
    [row] = read_rft_rows(write(tmp_path / "rft.jsonl", rft(extra=[1])), drop_system_prompt=True)
    assert json.loads(next(iter(columns([row])))["row"]) == rft(extra=[1])


def test_rows_without_an_id_take_their_line(tmp_path):
    nameless = {key: value for key, value in rft().items() if key != "id"}
    rows = read_rft_rows(write(tmp_path / "rft.jsonl", nameless, nameless), drop_system_prompt=True)
    assert [row.row["id"] for row in rows] == ["1", "2"]


def test_a_limit_takes_the_first_rows(tmp_path):
    rows = [rft(id=str(number)) for number in range(9)]
    taken = read_rft_rows(write(tmp_path / "rft.jsonl", *rows), drop_system_prompt=True, limit=4)
    assert [row.id for row in taken] == ["0", "1", "2", "3"]


def test_repeated_ids_are_refused(tmp_path):
    with pytest.raises(PreflightError, match="these repeat: 1"):
        read_rft_rows(write(tmp_path / "rft.jsonl", rft(), rft()), drop_system_prompt=True)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(PreflightError, match="no rows"):
        read_sft_rows(write(tmp_path / "sft.jsonl"), drop_system_prompt=True)


def test_a_row_without_an_answer_is_named(tmp_path):
    row = converse()
    row["messages"].pop()
    with pytest.raises(PreflightError, match=r"sft\.jsonl:1"):
        read_sft_rows(write(tmp_path / "sft.jsonl", row), drop_system_prompt=True)


def test_too_long_rows_are_named_longest_first():
    (told,) = too_long(Path("rows.jsonl"), {"a": 7, "b": 9, "c": 5}, 5, "the answer", "cut")
    assert told == "rows.jsonl: 2 of 3 rows: the answer has more than 5 tokens: b (9), a (7); cut"


def test_rows_that_fit_are_not_mentioned():
    assert list(too_long(Path("rows.jsonl"), {"a": 5}, 5, "the answer", "cut")) == []


def test_the_order_is_the_files_or_the_seeds(tmp_path):
    rows = read_rft_rows(
        write(tmp_path / "rft.jsonl", *(rft(id=str(number)) for number in range(20))), drop_system_prompt=True
    )
    assert in_order(rows, shuffle=False, seed=1) == rows
    assert in_order(rows, shuffle=True, seed=1) == in_order(rows, shuffle=True, seed=1) != rows

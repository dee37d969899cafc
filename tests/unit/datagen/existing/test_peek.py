"""The first rows of a file by shape, and the reasons of those that cannot be used."""

from __future__ import annotations

import json

import pytest

from datagen import FormatError, RowsConfig, peek


def written(path, *lines):
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def test_rows_are_counted_by_shape_and_reason(tmp_path):
    pair = {"question": "a?", "answer": "1"}
    written(tmp_path / "rows.jsonl", pair, pair, {"frage": "b?"}, "no json\n", {"prompt": "c?", "completion": "d"})
    seen = peek(RowsConfig(train="rows.jsonl"), "rows.jsonl", root=tmp_path)
    assert seen.shapes == {"question and answer": 2, "prompt and completion": 1}
    assert seen.rows == sum(seen.shapes.values()) + sum(seen.refused.values()) == 5


def test_no_more_rows_are_read_than_asked_for(tmp_path):
    written(tmp_path / "rows.jsonl", *[{"question": "a?", "answer": "1"}] * 5)
    assert peek(RowsConfig(train="rows.jsonl"), "rows.jsonl", root=tmp_path, rows=3).rows == 3


def test_columns_of_the_project_are_used(tmp_path):
    written(tmp_path / "rows.csv", "Frage;Antwort\na;b\n")
    config = RowsConfig.model_validate({"train": "rows.csv", "columns": {"prompt": "Frage", "answer": "Antwort"}})
    assert peek(config, "rows.csv", root=tmp_path).shapes == {"columns": 1}


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(FormatError, match="no such file"):
        peek(RowsConfig(train="rows.jsonl"), "rows.jsonl", root=tmp_path)

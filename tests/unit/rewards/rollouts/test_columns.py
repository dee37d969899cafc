"""Tables: what was written is read back, and a null that Arrow filled in is dropped, or the file is refused."""

from __future__ import annotations

import json
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rewards.grading.grade import Job, grade_rows, line_of_grade
from rewards.rollouts import RolloutFileError, group_of, read_records, read_rows, record_of, write_records
from tests.unit.rewards.rollouts.test_record import rows

arrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
ipc = pytest.importorskip("pyarrow.ipc")


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """As another program writes it: struct columns, which Arrow fills."""
    made = arrow.Table.from_pylist(rows)
    if path.suffix == ".parquet":
        parquet.write_table(made, path)
        return path
    with (ipc.new_stream if path.suffix == ".arrow" else ipc.new_file)(path, made.schema) as file:
        file.write_table(made)
    return path


def read(path: Path) -> list[Any]:
    return [row.content for row in read_rows(path)]


@settings(max_examples=40)
@given(st.lists(rows(), max_size=3))
def test_records_in_parquet_and_in_lines_are_the_same(made: list[dict[str, Any]]) -> None:
    records = [record_of(json.loads(json.dumps(row))) for row in made]
    with tempfile.TemporaryDirectory() as folder:
        for name in ("a.parquet", "a.jsonl"):
            assert write_records(Path(folder, name), records) == len(records)
            assert [record for _, record in read_records(Path(folder, name))] == records


leaves = st.integers(0, 9)
calls = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]), "arguments": st.dictionaries(st.sampled_from("pqr"), leaves, min_size=1)}
)
references = st.one_of(
    st.lists(st.dictionaries(st.sampled_from("xyz"), leaves, min_size=1), min_size=1, max_size=4),
    st.lists(st.lists(calls, min_size=1, max_size=2), min_size=1, max_size=4),
)


@settings(max_examples=60)
@given(references)
def test_a_reference_comes_back_as_it_was_or_the_file_is_refused(given: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = table(Path(folder, "a.parquet"), [{"reference_answer": reference} for reference in given])
        try:
            assert read(path) == [{"reference_answer": reference} for reference in given]
        except RolloutFileError as error:
            assert "json.dumps(row['reference_answer'])" in str(error)  # noqa: PT017  one of two outcomes


def calling(name: str, **arguments: Any) -> dict[str, Any]:
    return {"id": name, "reference_answer": [{"name": name, "arguments": arguments}]}


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_arguments_of_different_tools_lose_what_arrow_filled_in(tmp_path: Path, suffix: str) -> None:
    made = [calling("weather", city="Oslo"), calling("rate", base="EUR"), calling("both", base="EUR", day=1)]
    assert read(table(tmp_path / f"a{suffix}", made)) == made


@pytest.mark.parametrize(
    "made",
    [
        [calling("find", q="a", limit=3), calling("find", q="b")],  # an optional argument
        [{"reference_answer": {"total": 1, "vat": 2}}, {"reference_answer": {"total": 1, "vat": None}}],  # a meant null
        [{"reference_answer": {"total": 1, "vat": None}}],
        [{"metadata": {"reference_answer": {"a": 1, "b": 2}}}, {"metadata": {"reference_answer": {"a": 1}}}],
        [
            {"messages": [{"tool_calls": [{"function": {"name": "f", "arguments": {"q": 1, "n": 2}}}]}]},
            {"messages": [{"tool_calls": [{"function": {"name": "f", "arguments": {"q": 1}}}]}]},
        ],
    ],
)
def test_a_null_that_may_be_meant_is_refused_with_the_remedy(tmp_path: Path, made: list[dict[str, Any]]) -> None:
    path = table(tmp_path / "a.parquet", made)
    with pytest.raises(RolloutFileError, match=r"holds null for .*Write the column as JSON text"):
        read(path)
    for row in made:
        column = next(iter(row.keys() - {"id"}))
        row[column] = json.dumps(row[column])
    assert read(table(tmp_path / "b.parquet", made)) == [
        {key: json.loads(value) if key != "id" else value for key, value in row.items()} for row in made
    ]


def test_messages_and_tools_lose_every_null(tmp_path: Path) -> None:
    image, text = {"type": "image", "url": "0.jpg"}, {"type": "text", "text": "?"}
    made = [
        {"messages": [{"role": "user", "content": [image, text]}, {"role": "assistant", "content": [text]}]},
        {"messages": [{"role": "user", "content": [text], "name": "Ann"}, {"role": "assistant", "content": [text]}]},
    ]
    assert read(table(tmp_path / "a.parquet", made)) == made
    tools = [{"tools": [{"name": "f", "properties": {"input": {"type": "string"}}}]}, {"tools": [{"name": "g"}]}]
    assert read(table(tmp_path / "b.parquet", tools)) == tools


def test_a_column_that_is_null_in_a_row_is_a_key_that_it_does_not_have(tmp_path: Path) -> None:
    made = [{"id": "a", "scene": 1, "reference_answer": "x"}, {"id": "b"}]
    assert read(table(tmp_path / "a.parquet", made)) == made


def test_nulls_elsewhere_stay(tmp_path: Path) -> None:
    made = [{"extra": {"a": 1, "b": None}}, {"extra": {"a": 1, "b": 2}}]
    assert read(table(tmp_path / "a.parquet", made)) == made


@pytest.mark.parametrize("suffix", [".parquet", ".arrow", ".feather"])
def test_a_table_without_rows_has_none_and_a_file_that_is_no_table_is_named(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    empty = arrow.Table.from_pylist([], schema=arrow.schema([("id", arrow.string())]))
    if suffix == ".parquet":
        parquet.write_table(empty, path)
    else:
        with (ipc.new_stream if suffix == ".arrow" else ipc.new_file)(path, empty.schema) as file:
            file.write_table(empty)
    assert read(path) == []
    path.write_bytes(b"{}\n" * 9)
    with pytest.raises(RolloutFileError, match=r"a\.\w+ is not an? (Parquet|Arrow) file"):
        read(path)


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_pictures_and_dates_in_a_table_are_text_in_its_grades(tmp_path: Path, suffix: str) -> None:
    turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}]
    made = [
        {
            "messages": turns,
            "reference_answer": "yes",
            "images": [{"bytes": byte, "path": None}],
            "on": date(2026, 11, 28),
        }
        for byte in (b"\x89PNG", b"\x89PNH")
    ]
    rows = list(read_rows(table(tmp_path / "a.parquet", made)))
    (tmp_path / "reward.yaml").write_text("exact_match: {}\n")
    grades = grade_rows(Job(str(tmp_path / "reward.yaml"), keep_records=True), rows)
    records = [record_of(json.loads(line_of_grade(grade, 0))) for grade in grades]
    assert [record["images"] for record in records] == [
        [{"bytes": text, "path": None}] for text in ("iVBORw==", "iVBOSA==")
    ]
    assert {record["on"] for record in records} == {"2026-11-28"}
    assert [group_of(record) for record in records] == [grade.group for grade in grades]
    copy = tmp_path / f"copy{suffix}"
    write_records(copy, (record_of(row.content) for row in rows if isinstance(row.content, dict)))
    assert [group_of(record) for _, record in read_records(copy)] == [grade.group for grade in grades]


ROW: dict[str, Any] = {
    "prompt": [{"role": "user", "content": "?"}],
    "completion": [{"role": "assistant", "content": '["a"]'}],
    "reward_model": {"style": "rule", "ground_truth": ["a"]},
    "ground_truth": ["a"],
}


@pytest.mark.parametrize("column", ROW)
def test_the_json_text_that_a_refused_table_is_told_to_hold_is_read_back(tmp_path: Path, column: str) -> None:
    assert read(table(tmp_path / "a.parquet", [ROW | {column: json.dumps(ROW[column])}])) == [ROW]


@pytest.mark.parametrize("said", ["[]", '["a"]', '[{"name": "now"}]', '{"role": "assistant"}', "[1"])
def test_json_that_somebody_said_stays_text(tmp_path: Path, said: str) -> None:
    made = [{"prompt": "?", "completion": said}]
    assert read(table(tmp_path / "a.parquet", made)) == made


@pytest.mark.parametrize("text", ['{"a": 1, "a": 2}', '{"a": NaN}', "[1e999]"])
def test_json_text_that_readers_would_read_apart_stays_text_in_a_table_too(tmp_path: Path, text: str) -> None:
    made = [{"reference_answer": text}]
    assert read(table(tmp_path / "a.parquet", made)) == made

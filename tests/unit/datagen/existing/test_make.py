"""A data set from rows that exist."""

from __future__ import annotations

import csv
import json

import boto3
import pytest
from moto import mock_aws

from datagen import RowsConfig, Target, check, make_from_rows
from datagen.errors import DataError, FormatError
from rewards import CallFormat


def question(number):
    words = ["river", "mountain", "city", "harbour", "bridge", "castle", "garden", "market", "tower", "island"]
    return f"What is known of {words[number % 10]} {words[number // 10 % 10]} number {number}?"


def jsonl(path, numbers, **more):
    rows = [{"question": question(n), "answer": f"fact {n}", **more} for n in numbers]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def table(path, numbers, mark=";"):
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=mark)
        writer.writerow(["question", "answer", "source"])
        writer.writerows([question(n), f"fact {n}", f"book {n // 10}"] for n in numbers)


def made(folder, gold_score=None, **config):
    return make_from_rows(RowsConfig(**config), root=folder, seed=1, out=folder / "data", gold_score=gold_score)


def rows_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_each_split_has_its_own_file_of_any_kind(tmp_path):
    table(tmp_path / "train.csv", range(30))
    jsonl(tmp_path / "test.jsonl", range(30, 40))
    result = made(tmp_path, train="train.csv", test="test.jsonl", formats=("sft", "rft", "gen_qa"))
    assert {name: result.rows[name] for name in ("sft/train", "rft/train", "sft/test", "rft/test", "gen_qa")} == {
        "sft/train": 30, "rft/train": 30, "sft/test": 10, "rft/test": 10, "gen_qa": 10,
    }  # fmt: skip
    for name, target in (("sft/train", Target.TRAINING_JOB_SFT), ("rft/train", Target.RFT), ("gen_qa", Target.GEN_QA)):
        assert check(result.files[name], target, rows=False).errors == 0
    assert rows_of(result.files["rft/train"])[0]["source"] == "book 0"


@pytest.fixture
def bucket(monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        for split, numbers in (("train", range(30)), ("test", range(30, 40))):
            jsonl(tmp_path / "data.jsonl", numbers)
            client.upload_file(str(tmp_path / "data.jsonl"), "bucket", f"{split}/data.jsonl")
        table(tmp_path / "all.csv", range(100))
        client.upload_file(str(tmp_path / "all.csv"), "bucket", "all of it.csv")
        yield client


def test_rows_are_read_from_s3_also_where_two_keys_end_in_the_same_name(bucket, tmp_path):
    result = made(tmp_path, train="s3://bucket/train/data.jsonl", test="s3://bucket/test/data.jsonl")
    answers = {
        split: [row["reference_answer"] for row in rows_of(result.files[f"rft/{split}"])] for split in ("train", "test")
    }
    assert answers == {"train": [f"fact {n}" for n in range(30)], "test": [f"fact {n}" for n in range(30, 40)]}
    assert {row["file"] for row in rows_of(result.files["provenance/train"])} == {"s3://bucket/train/data.jsonl"}


def test_one_table_in_s3_is_divided(bucket, tmp_path):
    result = made(tmp_path, train="s3://bucket/all of it.csv", by="source", split={"train": 0.7, "test": 0.3})
    assert result.rows["rft/train"] + result.rows["rft/test"] == 100


@pytest.mark.parametrize(
    ("place", "message"),
    [("s3://bucket/none.jsonl", "none.jsonl"), ("s3://other/x.jsonl", "other"), ("s3://bucket", "names no file")],
)
def test_what_is_not_in_s3_is_said_in_a_line(bucket, tmp_path, place, message):
    with pytest.raises(DataError, match=message):
        made(tmp_path, train=place)


def test_one_file_is_divided_by_source_and_nothing_leaks(tmp_path):
    table(tmp_path / "all.csv", range(100))
    result = made(tmp_path, train="all.csv", by="source", split={"train": 0.7, "test": 0.3})
    books = {split: {row["source"] for row in rows_of(result.files[f"rft/{split}"])} for split in ("train", "test")}
    assert books["train"] & books["test"] == set()
    assert result.rows["rft/train"] + result.rows["rft/test"] == 100
    assert result.leaks == {"test": 0}


def test_line_n_of_each_file_is_the_same_row(tmp_path):
    jsonl(tmp_path / "all.jsonl", range(40))
    result = made(tmp_path, train="all.jsonl")
    rft, facts = (rows_of(result.files[f"{name}/test"]) for name in ("rft", "provenance"))
    assert [row["id"] for row in rft] == [row["id"] for row in facts]
    lines = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert all(
        lines[fact["line"] - 1]["answer"] == row["reference_answer"] for row, fact in zip(rft, facts, strict=True)
    )


def test_the_same_rows_and_seed_give_the_same_bytes(tmp_path):
    jsonl(tmp_path / "all.jsonl", range(40))
    first = {name: path.read_bytes() for name, path in made(tmp_path, train="all.jsonl").files.items()}
    assert {name: path.read_bytes() for name, path in made(tmp_path, train="all.jsonl").files.items()} == first


def test_a_row_that_cannot_be_used_is_refused_with_its_line(tmp_path):
    jsonl(tmp_path / "train.jsonl", range(20))
    with (tmp_path / "train.jsonl").open("a") as file:
        file.write('{"foo": 1}\n{"question": "Unanswerable?", "answer": "wrong"}\n')
    result = made(tmp_path, lambda sample: float(sample.reference != "wrong"), train="train.jsonl")
    assert [(row["code"], row["line"]) for row in rows_of(result.files["rejects"])] == [("shape", 21), ("gold", 22)]
    assert result.rejected == {"shape": 1, "gold": 1}


def test_gold_is_not_asked_for_where_the_project_says_so(tmp_path):
    jsonl(tmp_path / "train.jsonl", range(20))
    assert made(tmp_path, lambda sample: 0.0, train="train.jsonl", check_gold=False).rejected == {}


def test_rows_without_a_system_prompt_get_the_project_s(tmp_path):
    jsonl(tmp_path / "train.jsonl", range(20))
    (tmp_path / "system.txt").write_text("Be brief.\n")
    row = rows_of(made(tmp_path, train="train.jsonl", system="system.txt").files["rft/train"])[0]
    assert row["messages"][0] == {"role": "system", "content": "Be brief."}


def test_ids_are_unique_over_all_splits(tmp_path):
    for name in ("train", "test"):
        jsonl(tmp_path / f"{name}.jsonl", range(20), id="same")
    result = made(tmp_path, train="train.jsonl", test="test.jsonl")
    ids = [row["id"] for split in ("train", "test") for row in rows_of(result.files[f"rft/{split}"])]
    assert len(set(ids)) == 40


def test_the_card_says_where_rows_come_from_and_what_is_lost(tmp_path):
    table(tmp_path / "train.csv", range(30))
    card = made(tmp_path, train="train.csv").files["card"].read_text()
    assert "Rows from `train.csv`, read as: question and answer 30." in card
    assert "sft: source 30" in card


def test_a_missing_source_is_named(tmp_path):
    jsonl(tmp_path / "train.jsonl", range(20))
    with pytest.raises(FormatError, match=r"train.jsonl:1: no source under 'topic'"):
        made(tmp_path, train="train.jsonl", by="topic")


def test_sft_teaches_the_wrapper_that_the_reward_reads_and_references_leave_out(tmp_path):
    steps = [{"name": "search", "arguments": {"q": "x"}}]
    told = [{"id": f"r{n}", "messages": [{"role": "user", "content": question(n)}]} for n in range(30)]
    rows = [{**row, "reference_answer": ({"steps": steps}, steps)[n % 2]} for n, row in enumerate(told)]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = RowsConfig(train="rows.jsonl", formats=("sft", "rft"))
    plan = CallFormat(unwrap="plan", calls="steps")
    result = make_from_rows(config, root=tmp_path, seed=1, out=tmp_path / "data", plan=plan)
    whole = {"plan": {"steps": steps}}
    assert {str(row["reference_answer"]) for row in rows_of(result.files["rft/train"])} == {str(whole)}
    taught = [row["messages"][-1]["content"][0]["text"] for row in rows_of(result.files["sft/train"])]
    assert all(json.loads(text) == whole for text in taught)


def test_the_passes_over_the_rows_are_told_and_reach_their_end(tmp_path):
    jsonl(tmp_path / "rows.jsonl", range(100))
    told = []
    config = RowsConfig(train="rows.jsonl", formats=("sft", "rft", "gen_qa"))
    result = make_from_rows(
        config, root=tmp_path, seed=1, out=tmp_path / "data", progress=lambda done, of: told.append((done, of))
    )
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert all(done <= of for done, of in told)
    assert told[-1][0] > 0.9 * told[-1][1]
    assert result.rows["provenance/train"] + result.rows["provenance/test"] == 100


def test_a_broken_line_is_rejected_with_its_place(tmp_path):
    jsonl(tmp_path / "rows.jsonl", range(40))
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"question": "cut off\n')
    made(tmp_path, train="rows.jsonl")
    rejects = rows_of(tmp_path / "data" / "rejects.jsonl")
    assert [(one["code"], one["line"]) for one in rejects] == [("shape", 41)]

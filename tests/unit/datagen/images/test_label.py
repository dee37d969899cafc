"""Labelling pictures, uploading them, and merging label files."""

from __future__ import annotations

import json

import boto3
import pytest
from moto import mock_aws
from PIL import Image

from datagen.errors import ConfigError, FormatError
from datagen.images.label import S3Place, exists, label, label_requests, merge
from datagen.teachers.journal import open_journal
from datagen.teachers.runner import Patience
from datagen.types import Answer
from datagen.validate import Target
from datagen.validate.scan import problems_of


class Labeller:
    identity = "labeller"

    def __init__(self):
        self.seen = []

    def __call__(self, request, /):
        self.seen.append(request.image.name)
        return Answer(json.dumps({"objects": [{"bbox": [0, 0, 500, 500], "label": request.image.stem}]}))


@pytest.fixture
def images(tmp_path):
    paths = [tmp_path / f"{name}.png" for name in "abc"]
    for index, path in enumerate(paths):
        Image.new("RGB", (50, 50), (index, 0, 0)).save(path)
    return paths


@pytest.fixture
def s3(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket="bucket")
        yield client


def test_each_picture_is_labelled_once_and_uploaded_once(images, s3, tmp_path):
    teacher = Labeller()
    for _ in range(2):
        with open_journal(tmp_path / "t.sqlite") as journal:
            place = S3Place(s3, "s3://bucket/pictures/")
            labels, _ = label(teacher, label_requests(images, "Find."), journal, Patience(workers=2), place=place)
    assert sorted(teacher.seen) == ["a.png", "b.png", "c.png"]
    assert [item.answer["objects"][0]["label"] for item in labels] == ["a", "b", "c"]
    assert len(s3.list_objects_v2(Bucket="bucket")["Contents"]) == 3
    assert all(item.uri.startswith("s3://bucket/pictures/") for item in labels)


def test_a_picture_that_no_job_takes_is_refused_before_anything_is_paid(images):
    Image.new("RGB", (10, 10)).save(images[0])
    with pytest.raises(FormatError, match=r"a.png is 10 x 10 pixels"):
        label_requests(images, "Find.")


def written(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_label_files_become_rows_that_pass_the_check(tmp_path):
    rows = [
        {"image": "a.jpg", "uri": "s3://bucket/a.jpg", "answer": {"objects": []}},
        {"image": "b.png", "uri": "s3://bucket/b.png", "answer": "none"},
        {"image": "c.mp4", "uri": "s3://bucket/c.mp4", "answer": "a car"},
        {"image": "d.pdf", "uri": "s3://bucket/d.pdf", "answer": "a form"},
    ]
    files = [written(tmp_path / "1.jsonl", rows), written(tmp_path / "2.jsonl", rows[:1])]
    merged = list(merge(files, question="What is there?", system="Be exact.", bucket_owner="123456789012"))
    kinds = [next(iter(row["messages"][0]["content"][0])) for row in merged]
    assert kinds == ["image", "image", "video", "document"]
    for row in merged:
        assert problems_of(json.dumps(row).encode(), Target.TRAINING_JOB_SFT)[1] == []


def test_what_is_neither_picture_video_nor_pdf_is_refused(tmp_path):
    path = written(tmp_path / "1.jsonl", [{"image": "a", "uri": "s3://b/a.docx", "answer": "one"}])
    with pytest.raises(FormatError, match=r"1.jsonl:1: s3://b/a.docx ends in none of gif, jpeg"):
        list(merge([path], question="?", system="", bucket_owner="1"))


def test_a_picture_with_two_answers_is_refused(tmp_path):
    first = {"image": "a", "uri": "s3://b/a.jpg", "answer": "one"}
    path = written(tmp_path / "1.jsonl", [first, {**first, "answer": "two"}])
    with pytest.raises(FormatError, match=r"1.jsonl:2: s3://b/a.jpg has another answer"):
        list(merge([path], question="?", system="", bucket_owner="1"))


def test_a_picture_that_is_not_in_s3_is_refused(tmp_path, s3):
    s3.put_object(Bucket="bucket", Key="a.jpg", Body=b"x")
    rows = [{"image": name, "uri": f"s3://bucket/{name}.jpg", "answer": "x"} for name in "bac"]
    path = written(tmp_path / "1.jsonl", rows)
    missing = r"1.jsonl:1: s3://bucket/b.jpg does not exist\n.*1.jsonl:3: s3://bucket/c.jpg does not exist$"
    with pytest.raises(ConfigError, match=missing):
        list(
            merge(
                [path], question="?", system="", bucket_owner="1",
                there=lambda uri: exists(s3, *uri.removeprefix("s3://").split("/", 1)),
            )
        )  # fmt: skip

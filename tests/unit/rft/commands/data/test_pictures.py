"""`rft data images`, `label`, `merge` and `sheet`, as a user calls them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner
from moto import mock_aws
from PIL import Image

from rft.commands.data import command
from tests.fakes.fake_bedrock import ANSWER, model_server
from tests.unit.rft.commands.data.small_project import call


def test_pictures_are_looked_at_mended_and_shown_with_their_boxes(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    Image.new("RGB", (100, 50), "red").save(folder / "a.png")
    Image.new("RGB", (100, 50), "red").save(folder / "b.bmp")
    boxes = tmp_path / "boxes.jsonl"
    boxes.write_text('{"image": "a.png", "boxes": [{"bbox": [10, 10, 50, 40], "label": "x"}]}\n')
    assert call("images", folder).exit_code == 1
    assert call("images", folder, "-o", out, "--max-side", 50, "--boxes", boxes).exit_code == 0
    moved = [json.loads(line) for line in (out / "boxes.jsonl").read_text().splitlines()]
    assert moved[0] == {"image": "a.jpg", "boxes": [{"bbox": [5, 5, 25, 20], "label": "x"}]}
    assert call("images", out).exit_code == 0
    assert call("sheet", out, "-o", tmp_path / "sheet.html", "--boxes", out / "boxes.jsonl").exit_code == 0


def test_a_model_labels_pictures_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    (tmp_path / "in").mkdir()
    for name, colour in (("a.png", "red"), ("b.png", "blue")):
        Image.new("RGB", (30, 30), colour).save(tmp_path / "in" / name)
    (tmp_path / "prompt.txt").write_text("What is it?")
    labels = tmp_path / "labels.jsonl"
    args = ("label", tmp_path / "in", "--model", "m", "--prompt", tmp_path / "prompt.txt", "--region", "us-east-1")
    with model_server() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", server.url)
        first, second = (call(*args, "-o", labels) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "2 labels, 0 known before" in first.output
    assert "2 labels, 2 known before" in second.output
    assert len(server.bodies) == 2
    rows = [json.loads(line) for line in labels.read_text().splitlines()]
    assert [(Path(row["image"]).name, row["answer"]) for row in rows] == [
        ("a.png", json.loads(ANSWER)),
        ("b.png", json.loads(ANSWER)),
    ]


def test_label_files_are_merged_into_rows_that_pass(tmp_path: Path) -> None:
    labels, rows = tmp_path / "labels.jsonl", tmp_path / "sft.jsonl"
    labels.write_text('{"image": "a", "uri": "s3://bucket/a.jpg", "answer": "a dent"}\n')
    assert call("merge", labels, "-o", rows, "--question", "What?", "--bucket-owner", "123456789012").exit_code == 0
    report = json.loads(call("check", rows, "--for", "training-job-sft", "--json").stdout)
    assert set(report["counts"]) == {"rows-too-few"}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (
            [{"image": "a.png", "boxes": [[300, 10, 350, 40]]}],
            "box 0 (300.0, 10.0, 350.0, 40.0) is not inside 0..100 x 0..50",
        ),
        ([{"image": "b.png", "boxes": [[1, 1, 9, 9]]}], "boxes of 'b.png', and no such picture is in the folder"),
        ([{"image": "a.png", "boxes": []}, {"image": "x/a.png", "boxes": []}], "boxes.jsonl:2: boxes of 'a.png' again"),
    ],
)
def test_boxes_outside_or_without_their_picture_are_named(
    tmp_path: Path, rows: list[dict[str, object]], problem: str
) -> None:
    folder, boxes = tmp_path / "in", tmp_path / "boxes.jsonl"
    folder.mkdir()
    Image.new("RGB", (100, 50), "red").save(folder / "a.png")
    boxes.write_text("".join(json.dumps(row) + "\n" for row in rows))
    done = call_or_error("images", folder, "--boxes", boxes)
    assert problem in done


def call_or_error(*args: object) -> str:
    done = CliRunner().invoke(command, [str(arg) for arg in args])
    assert done.exit_code
    return done.output + str(done.exception)


def test_files_that_are_no_pictures_are_said(tmp_path: Path) -> None:
    Image.new("RGB", (60, 40)).save(tmp_path / "a.png")
    (tmp_path / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    (tmp_path / "notes.txt").write_text("x")
    done = call("images", tmp_path)
    assert f"left out: 1 whose names end as no picture's do, such as {tmp_path / 'notes.txt'}" in done.stderr
    assert "phone.heic: HEIC" in done.stdout


class Seer:
    """Bedrock as far as labelling asks it; it answers by the colour in the middle of the picture."""

    def __init__(self, answers: dict[tuple[int, int, int], object]) -> None:
        self.answers = answers
        self.calls = 0

    def converse(self, **request: Any) -> dict[str, Any]:
        self.calls += 1
        picture, question = request["messages"][0]["content"]
        assert picture["image"]["format"] == "jpeg"
        assert question["text"]
        with Image.open(io.BytesIO(picture["image"]["source"]["bytes"])) as image:
            middle = image.getpixel((image.width // 2, image.height // 2))
        near = min(self.answers, key=lambda colour: sum(abs(a - b) for a, b in zip(colour, middle, strict=True)))
        content = [{"text": json.dumps(self.answers[near])}]
        usage = {"inputTokens": 300, "outputTokens": 20}
        return {"output": {"message": {"content": content}}, "stopReason": "end_turn", "usage": usage}


FORMS = {
    (255, 0, 0): {"employer": "Acme", "wages": "48,500.00"},
    (0, 0, 255): {"employer": "Bolt", "wages": "61,200.00"},
}
SITES = {
    (255, 0, 0): {"objects": [{"bbox": [100, 100, 300, 400], "label": "dozer"}]},
    (0, 0, 255): {"objects": []},
}


@pytest.mark.parametrize("answers", [FORMS, SITES], ids=["forms", "aerial"])
def test_pictures_are_made_fit_labelled_merged_checked_and_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answers: dict[tuple[int, int, int], object]
) -> None:
    folder, fit, labels = tmp_path / "in", tmp_path / "fit", tmp_path / "labels.jsonl"
    folder.mkdir()
    for number in range(8):
        exif = Image.Exif()
        exif[0x0112] = 6
        colour = list(answers)[number % 2]
        Image.new("RGB", (300, 200 + number), colour).save(folder / f"scan {number}.jpg", exif=exif)
    boxes = tmp_path / "boxes.jsonl"
    rows = [{"image": f"scan {number}.jpg", "boxes": [[10, 20, 60, 80]]} for number in range(8)]
    boxes.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert call("images", folder, "-o", fit, "--boxes", boxes).exit_code == 0
    assert call("images", fit, "--boxes", fit / "boxes.jsonl").exit_code == 0

    (tmp_path / "what.txt").write_text("What is in the picture?")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        seer = Seer(answers)
        clients = {"bedrock-runtime": seer, "s3": s3}
        monkeypatch.setattr("datagen.teachers.aws.aws_client", lambda name, **_: clients[name])
        prompt = ("--model", "us.amazon.nova-pro-v1:0", "--prompt", tmp_path / "what.txt")
        for _ in range(2):  # the second run asks nothing
            assert call("label", fit, *prompt, "--upload", "s3://bucket/fit", "-o", labels).exit_code == 0
        assert seer.calls == 8
        merged = ("--question", "What is there?", "--bucket-owner", "123456789012", "--check-s3")
        assert call("merge", labels, "-o", tmp_path / "sft.jsonl", *merged).exit_code == 0
    report = json.loads(call("check", tmp_path / "sft.jsonl", "--for", "training-job-sft", "--json").stdout)
    assert (report["rows"], set(report["counts"])) == (8, set())
    rows = [json.loads(line) for line in (tmp_path / "sft.jsonl").read_text().splitlines()]
    said = [json.loads(row["messages"][1]["content"][0]["text"]) for row in rows]
    assert said == [list(answers.values())[number % 2] for number in range(8)]
    if answers is FORMS:
        assert "its answers hold no boxes" in call_or_error("sheet", fit, "-o", tmp_path / "x.html", "--boxes", labels)
    else:
        assert call("sheet", fit, "-o", tmp_path / "x.html", "--boxes", labels).exit_code == 0
        assert "4 boxes" in (tmp_path / "x.html").read_text()
    for sheet in (tmp_path / "sheet.html", tmp_path / "sheet.png"):
        assert call("sheet", fit, "-o", sheet, "--boxes", fit / "boxes.jsonl").exit_code == 0
    page = (tmp_path / "sheet.html").read_text()
    assert (page.count("<figure>"), "is not inside" in page) == (8, False)


@pytest.mark.parametrize(
    ("text", "stop", "label"),
    [
        ('```json\n{"boxes": []}\n```', "end_turn", {"boxes": []}),
        ('<thinking>two cars</thinking>Here: {"boxes": [[1, 2, 3, 4]]}', "end_turn", {"boxes": [[1, 2, 3, 4]]}),
        ("a dent, see [1]", "end_turn", "a dent, see [1]"),
        ('{"boxes": [[1, 2', "max_tokens", None),
        ("", "content_filtered", None),
        (" ", "end_turn", None),
    ],
    ids=["fence", "thoughts", "words", "cut off", "refused", "empty"],
)
def test_a_label_is_what_the_model_meant_or_there_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, stop: str, label: object
) -> None:
    class Fixed:
        def converse(self, **_: Any) -> dict[str, Any]:
            return {"output": {"message": {"content": [{"text": text}]}}, "stopReason": stop}

    (tmp_path / "in").mkdir()
    Image.new("RGB", (30, 30), "red").save(tmp_path / "in" / "a.png")
    (tmp_path / "what.txt").write_text("What?")
    monkeypatch.setattr("datagen.teachers.aws.aws_client", lambda *_, **__: Fixed())
    labels = tmp_path / "labels.jsonl"
    done = call("label", tmp_path / "in", "--model", "m", "--prompt", tmp_path / "what.txt", "-o", labels)
    found = [json.loads(line)["answer"] for line in labels.read_text().splitlines()]
    assert (done.exit_code, found) == ((0, [label]) if label is not None else (1, []))
    assert ("without a label: 1, such as" in done.output) is (label is None)
    assert ("larger --max-tokens" in done.output) is (stop == "max_tokens")


def test_rows_of_pictures_that_no_job_can_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"image": "a.png", "uri": "fit/a.png", "answer": "a dent"}\n')
    merged = ("--question", "What?", "--bucket-owner", "123456789012", "-o", tmp_path / "sft.jsonl")
    assert "--upload s3://" in call_or_error("merge", tmp_path / "labels.jsonl", *merged)


def test_pictures_in_folders_below_are_left_out_and_it_is_said(tmp_path: Path):
    for name in ("a.png", "below/b.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (60, 40)).save(tmp_path / name)
    done = call("images", tmp_path)
    assert f"left out: 1 in folders below, such as {tmp_path / 'below' / 'b.png'}" in done.stderr
    assert "1 pictures" in done.stdout


def test_two_pictures_that_differ_in_their_suffix_alone_both_stay(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    for name in ("a.png", "a.jpg", "b.png"):
        Image.new("RGB", (50, 50), "red").save(folder / name)
    assert call("images", folder, "-o", out).exit_code == 0
    assert sorted(path.name for path in out.iterdir()) == ["a.jpg.jpg", "a.png.jpg", "b.jpg"]


def test_a_picture_that_cannot_be_read_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"no picture")
    Image.new("RGB", (50, 50), "red").save(folder / "b.png")
    done = call("images", folder, "-o", out, "--json")
    assert done.exit_code == 1
    assert [Path(name).name for name in json.loads(done.stdout)["problems"]] == ["a.jpg"]
    assert [path.name for path in out.iterdir()] == ["b.jpg"]

"""`rft data`, as a user calls it."""

from __future__ import annotations

import contextlib
import io
import json
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto import mock_aws
from PIL import Image

from rft.commands.data import command
from rft.commands.data.options import TARGETS

TEMPLATES = r"""
slots:
  id: {in: document, pattern: '\A# ([A-Z]+-\d+)'}
  word: {in: passage, pattern: '\b(element\w+)\b'}
types:
  lookup:
    answer: {Type: lookup, rule: "{id}"}
    questions: ["What does {id} say about {word}?", "Where does {id} mention {word}?"]
"""
PROJECT = """
name: small
reward: reward.py:reward
data:
  documents: documents
  system: system.txt
  teacher: {kind: template, templates: templates.yaml}
  chunk: {size: 200, overlap: 20}
"""


def call(*args: object) -> Result:
    return CliRunner().invoke(command, [str(arg) for arg in args], catch_exceptions=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "documents").mkdir()
    for number in range(1, 7):
        text = " ".join(f"Sentence {index} has element{index}x{number}." for index in range(8))
        (tmp_path / "documents" / f"{number}.md").write_text(f"# R-{number}\n\n{text}\n")
    (tmp_path / "system.txt").write_text("Answer with JSON.")
    (tmp_path / "templates.yaml").write_text(TEMPLATES)
    (tmp_path / "reward.py").write_text("from rewards import json_parse\n\nreward = json_parse('object')\n")
    (tmp_path / "project.yaml").write_text(PROJECT)
    return tmp_path / "project.yaml"


def test_the_targets_offered_are_those_there_are() -> None:
    from datagen.validate import Target

    assert set(TARGETS) == {target.value for target in Target}


def test_plan_counts_and_touches_nothing(project: Path) -> None:
    before = sorted(project.parent.rglob("*"))
    plan = json.loads(call("plan", project, "--json").stdout)
    assert plan["documents"] == 6
    assert plan["calls"] == plan["passages"]
    assert sorted(project.parent.rglob("*")) == before


def test_what_make_writes_passes_check(project: Path, tmp_path: Path) -> None:
    made = call("make", project, "-o", tmp_path / "out", "--json")
    assert made.exit_code == 0
    files = json.loads(made.stdout)["files"]
    report = json.loads(call("check", files["rft/train"], "--for", "rft", "--json").stdout)
    assert set(report["counts"]) <= {"rows-too-few", "tools-missing"}


def test_check_names_the_line_and_exits_with_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('\n{"id": "a"}\n')
    done = call("check", path, "--for", "rft")
    assert done.exit_code == 1
    assert f"{path}:2: error missing-key: messages:" in done.stdout


def test_warnings_fail_only_when_strict(tmp_path: Path) -> None:
    path = tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A"}\n\n')
    assert call("check", path, "--for", "gen-qa").exit_code == 0
    assert call("check", path, "--for", "gen-qa", "--strict").exit_code == 1


def test_fix_writes_a_new_file_and_check_accepts_it(tmp_path: Path) -> None:
    path, fixed = tmp_path / "gen_qa_raw.jsonl", tmp_path / "gen_qa.jsonl"
    path.write_text('{"query": "Q", "response": "A", "metadata": {"a": 1}}\n')
    assert call("fix", path, "-o", fixed, "--for", "gen-qa").exit_code == 0
    assert call("check", fixed, "--for", "gen-qa").exit_code == 0


def test_a_split_that_does_not_add_up_is_a_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    done = call("split", path, "-o", tmp_path / "out", "--train", 0.9)
    assert done.exit_code == 2
    assert "must add up to 1" in done.output


def test_split_and_card_say_what_is_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"query": f"word{n} other{n}", "response": "A"}) + "\n" for n in range(10)))
    assert json.loads(call("split", path, "-o", tmp_path / "out", "--json").stdout)["rows"] == {"train": 8, "test": 2}
    assert json.loads(call("card", path, "--json").stdout)["rows"] == 10


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
    for sheet in (tmp_path / "sheet.html", tmp_path / "sheet.png"):
        assert call("sheet", fit, "-o", sheet, "--boxes", fit / "boxes.jsonl").exit_code == 0
    page = (tmp_path / "sheet.html").read_text()
    assert (page.count("<figure>"), "is not inside" in page) == (8, False)


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


def test_a_data_set_with_an_empty_split_is_a_problem(project: Path, tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text(
        "from rewards import Score\n\n\ndef reward(sample, completion):\n    return Score(0.5, 'never right')\n"
    )
    assert call("make", project, "-o", tmp_path / "out").exit_code == 1


def test_what_a_paid_teacher_said_is_exported_and_said_again(project: Path, tmp_path: Path) -> None:
    (tmp_path / "teacher.py").write_text(
        "import json, sys\n"
        "prompt = json.load(sys.stdin)['prompt']\n"
        "rule = prompt.partition('<passage>')[2].strip().partition('\\n')[0][-40:]\n"
        "print(json.dumps({'samples': [{'question': 'What of ' + rule + '?', 'answer': {'Type': 'lookup'}}]}))\n"
    )
    command = f"command: [{sys.executable}, -I, {tmp_path / 'teacher.py'}]"
    text = PROJECT.replace("{kind: template, templates: templates.yaml}", f"{{kind: command, {command}}}")
    project.write_text(text)
    made = json.loads(call("make", project, "-o", tmp_path / "run" / "out", "--json").stdout)
    recording = tmp_path / "answers.jsonl"
    assert call("export", tmp_path / "run" / "teacher.sqlite", "-o", recording).exit_code == 0
    project.write_text(
        PROJECT.replace("{kind: template, templates: templates.yaml}", "{kind: replay, answers: answers.jsonl}")
    )
    again = json.loads(call("make", project, "-o", tmp_path / "again" / "out", "--json").stdout)
    assert again["rows"] == made["rows"]
    assert Path(again["files"]["rft/train"]).read_bytes() == Path(made["files"]["rft/train"]).read_bytes()


def test_ctrl_c_says_what_was_kept_and_the_same_command_goes_on(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    (tmp_path / "teacher.py").write_text("print('{\"samples\": []}')")
    command = f"{{kind: command, command: [{sys.executable}, -I, -S, {tmp_path / 'teacher.py'}], workers: 1}}"
    project.write_text(PROJECT.replace("{kind: template, templates: templates.yaml}", command))
    with monkeypatch.context() as patched:
        patched.setattr("rft.progress.bar", lambda *_: contextlib.nullcontext(interrupt))
        stopped = call("make", project, "-o", tmp_path / "run" / "out")
    journal = tmp_path / "run" / "teacher.sqlite"
    assert stopped.exit_code == 130
    assert stopped.stderr == f"Error: stopped; 2 answers are in {journal}; the same command goes on from there\n"
    plan = json.loads(call("plan", project, "-o", tmp_path / "run" / "out", "--json").stdout)
    assert plan["work"][0]["answered"] == 2


ASKER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
persona = re.search(r"Who the user is: (.*)", asked)[1]
question = re.search(r"What the user asks:\n(.*?)\n\nWrite", asked, re.S)[1]
print(json.dumps({"question": question if persona == "parrot" else f"As {persona}: {question}"}))
"""
SPEAKER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
said = json.loads(re.search(r"as JSON:\n(.*?)\n\nWrite", asked, re.S)[1].replace("none", "[]", 1) or "[]")
turns = [{"user": "what time is it"}, {"calls": [{"name": "now", "arguments": {}}]}, None, {"say": "noon"}]
print(json.dumps(turns[len(said)] if len(said) < 4 else {"done": True}))
"""


def by_program(folder: Path, source: str) -> str:
    (folder / "teacher.py").write_text(source)
    return json.dumps({"kind": "command", "command": [sys.executable, str(folder / "teacher.py")], "workers": 1})


def pairs(folder: Path, personas: list[str]) -> tuple[Path, Path]:
    """A file whose second row is a pair of answers, and a configuration of variants."""
    rows = [
        {"messages": [{"role": "user", "content": "limit?"}], "reference_answer": {"limit": 5}},
        {"prompt": "fee?", "chosen": "none", "rejected": "seven"},
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "vary.yaml").write_text(f"teacher: {by_program(folder, ASKER)}\npersonas: {json.dumps(personas)}\n")
    return folder / "rows.jsonl", folder / "vary.yaml"


def test_vary_writes_variants_and_says_what_an_rft_row_cannot_hold(tmp_path: Path) -> None:
    file, config = pairs(tmp_path, ["a child"])
    result = call("vary", file, "--config", config, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    assert "4 rows of 2" in result.output
    assert "not carried, since an RFT row cannot hold it: worse 1" in result.output
    ids = [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert ids == ["rows-1", "rows-1-v1", "rows-2", "rows-2-v1"]
    (lost,) = map(json.loads, (tmp_path / "out.rejects.jsonl").read_text().splitlines())
    assert lost["source"] == "rows-2"
    assert "seven" in json.dumps(lost["lost"])


def test_vary_exits_1_where_a_variant_was_rejected_and_counts_for_machines(tmp_path: Path) -> None:
    file, config = pairs(tmp_path, ["parrot"])
    result = call("vary", file, "--config", config, "-o", tmp_path / "out.jsonl", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "rows_read": 2, "rows_written": 2, "rejected": {"duplicate": 2}, "lost": {"worse": 1},
    }  # fmt: skip


def test_dialogues_writes_rows_that_pass_the_check(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text('def now() -> str:\n    """What time it is."""\n    return "noon"\n')
    (tmp_path / "system.txt").write_text("You tell the time.")
    config = tmp_path / "dialogues.yaml"
    config.write_text(
        f"teacher: {by_program(tmp_path, SPEAKER)}\ntools: tools.py\nsystem: system.txt\n"
        "goals: [know the time]\nsplit: {train: 1.0, test: 0}\n"
    )
    result = call("dialogues", config, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.output)
    assert made["rows"]["sft/train"] == made["rows"]["rft/train"] == 1
    for name, target in (("sft/train", "training-job-sft"), ("rft/train", "rft")):
        checked = json.loads(call("check", made["files"][name], "--for", target, "--json").output)
        assert set(checked["counts"]) == {"rows-too-few"}


def test_dialogues_exits_1_where_none_is_kept(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text('def later() -> str:\n    """Another time."""\n    return "noon"\n')
    (tmp_path / "system.txt").write_text("You tell the time.")
    config = tmp_path / "dialogues.yaml"
    config.write_text(
        f"teacher: {by_program(tmp_path, SPEAKER)}\ntools: tools.py\nsystem: system.txt\ngoals: [know the time]\n"
    )
    result = call("dialogues", config, "-o", tmp_path / "out")
    assert result.exit_code == 1, result.output


@pytest.mark.parametrize(
    ("total", "moves", "shown"),
    [
        (None, [(3, 12)], "3/12"),
        (12, [(3, 12), (4, 12)], "4/12"),
        (7, [("well",), ()], "2/7"),
        (7, [("well",)], "well"),
    ],
)
def test_a_bar_is_moved_by_one_or_told_how_many_are_done(
    monkeypatch: pytest.MonkeyPatch, total: int | None, moves: list[tuple[str | int, ...]], shown: str
) -> None:
    from rich.console import Console

    from rft import progress

    text = io.StringIO()
    monkeypatch.setattr(progress, "_is_terminal", lambda: True)
    monkeypatch.setattr("rft.terminal.console", lambda: Console(file=text, force_terminal=True, width=100))
    with progress.bar("asking", total, "variants") as moved:
        for move in moves:
            moved(*move)
    assert shown in text.getvalue()

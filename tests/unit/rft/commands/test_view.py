"""`rft view`."""

from __future__ import annotations

import json

from PIL import Image

from tests.unit.rft.commands.shell import Shell, graded


def test_a_page_of_named_files_is_written(shell: Shell):
    base, tuned = graded(shell.folder / "base.jsonl", 0, 0.5), graded(shell.folder / "rft.jsonl", 1, 0.5)
    page = shell.folder / "look.html"
    done = shell("view", f"base={base}", f"rft={tuned}", "-o", str(page))
    rollouts = sum(
        len((shell.folder / name).read_text(encoding="utf-8").splitlines()) for name in ("base.jsonl", "rft.jsonl")
    )
    assert done.output == f"{rollouts:,} rollouts: {page}\n"
    assert '"models":["base","rft"]' in page.read_text(encoding="utf-8")


def test_a_terminal_is_told_the_worst(shell: Shell):
    done = shell("view", str(graded(shell.folder / "base.jsonl", 0, 0.5)), "--text", "--limit", "1")
    assert done.exit_code == 0
    assert done.output.startswith("0.000  base:1")


def test_where_keeps_what_fits_in_terminal_and_page(shell: Shell):
    base = str(graded(shell.folder / "base.jsonl", 0, 0.5))
    page = shell.folder / "look.html"
    everything = shell("view", base, "--text", "--limit", "99").output.splitlines()[-1]
    assert shell("view", base, "--text", "--where", "score == 0").output.splitlines()[-1] != everything
    assert shell("view", base, "-o", str(page), "--where", "score == 0.5").exit_code == 0
    assert '"score":0.5' in page.read_text(encoding="utf-8")
    assert '"score":0.0' not in page.read_text(encoding="utf-8")
    assert shell("view", base, "--text", "--where", "score > 2").exit_code == 1
    refused = shell("view", base, "--text", "--where", "score <")
    assert (refused.exit_code, "--where, character 8" in refused.output) == (2, True)


def test_a_file_that_does_not_exist_and_two_outputs_are_wrong_use(shell: Shell):
    assert shell("view", "nowhere.jsonl").exit_code == 2
    base = str(graded(shell.folder / "base.jsonl", 0))
    assert "exclude each other" in shell("view", base, "--text", "--serve").output


def test_pictures_are_inside_the_page_and_missing_ones_are_told(shell: Shell):
    folder = shell.folder / "seen"
    folder.mkdir()
    Image.new("RGB", (60, 40)).save(folder / "one.jpg")
    rows = [
        {
            "row_id": name,
            "messages": [
                {"role": "user", "content": [{"image": {"source": {"s3Location": {"uri": f"s3://b/{name}.jpg"}}}}]},
                {"role": "assistant", "content": '{"boxes":[[0,0,500,500]]}'},
            ],
            "score": 1.0,
        }
        for name in ("one", "two")
    ]
    file = shell.folder / "boxes.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    page = shell.folder / "look.html"
    done = shell("view", str(file), "--pictures", str(folder), "-o", str(page))
    assert (done.exit_code, done.stderr) == (0, f"1 of 2 pictures cannot be read in {folder}: two.jpg\n")
    assert page.read_text(encoding="utf-8").count("data:image/jpeg;base64,") == 1
    assert shell("view", str(file), "--pictures", str(folder), "--text").exit_code == 2


def test_an_output_that_is_an_input_is_refused(shell: Shell):
    base = shell.folder / "base.jsonl"
    kept = graded(base, 0)
    assert shell("view", f"m={kept}", "-o", str(base)).exit_code == 2
    assert all(json.loads(line) for line in base.read_text(encoding="utf-8").splitlines())

"""`rft` in a process that forks a fresh one for each command line, under the shim where there is a compiler for it."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from datagen.teachers.journal import open_journal
from datagen.types import Answer, Document, Passage, Request
from tests.unit.estimators.rows import rft_rows
from tests.unit.rft.commands.data.test_varying import ASKER, by_program
from tests.unit.rft.commands.shell import PLACE, PROJECT

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")


class Rft:
    """Runs command lines; see server.py. Without `shim`, nothing can be disturbed. `variables` are of its start."""

    def __init__(self, shim: Path | None = None, variables: Mapping[str, str] | None = None) -> None:
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT), **(variables or {})}
        if shim:
            environment["LD_PRELOAD"] = str(shim)
        self._process = subprocess.Popen(
            [sys.executable, HERE / "server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def __call__(self, args: str, folder: Path, **fault: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"args": shlex.split(args), "folder": str(folder), **fault}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def compiled_shim(folder: Path) -> Path:
    assert COMPILER is not None
    shim = folder / "shim.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", shim, HERE / "shim.c", "-ldl"], check=True)
    return shim


def make_inputs(rft: Rft, folder: Path) -> Path:
    """Fill a folder with a small project and a file of every kind that a command of the table reads."""
    _run(rft, folder, "init demo --template tools", "data make demo/project.yaml -o made")
    rows = [json.loads(line) for line in (folder / "made/rft/test.jsonl").read_text().splitlines()][:12]
    answered = [
        {**row, "messages": [*row["messages"], {"role": "assistant", "content": json.dumps(row["reference_answer"])}]}
        for row in rows
    ]
    write_jsonl(folder / "few.jsonl", rows)
    write_jsonl(folder / "rollouts.jsonl", answered)
    write_jsonl(folder / "graded.jsonl", [{**row, "score": score} for row in answered for score in (0.0, 0.5, 1.0)])
    write_jsonl(folder / "bad.jsonl", [*rows, {"id": 7}, rows[0]])
    write_jsonl(folder / "worse.jsonl", rows[:2])
    write_jsonl(folder / "boxes.jsonl", [{"image": "0.png", "boxes": []}, {"image": "1.png", "boxes": []}])
    write_jsonl(folder / "labels.jsonl", [{"image": "a.png", "uri": "s3://b/a.png", "answer": {"x": 1}}])
    write_jsonl(folder / "event.json", rows[:1])
    (folder / "other.py").write_text("from rewards import json_parse\n\nreward = json_parse()\n")
    for name, side in (("pictures/0.png", 20), ("pictures/1.png", 30), ("fewer/2.png", 10)):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (side, side), "red").save(folder / name)
    request = Request(Passage(Document("a.md", "text", "0" * 64), 0, 0, 4), 1, "", system="", prompt="?")
    with open_journal(folder / "teacher.sqlite") as journal:
        journal.store("key", request, Answer("answer", "end_turn", 1, 1))
    (folder / "vary.yaml").write_text(f"teacher: {by_program(folder, ASKER)}\npersonas: [a child]\n")
    data = folder / "cloud" / "tools" / "data" / "rft"
    data.mkdir(parents=True)
    rft_rows(data / "train.jsonl")
    (folder / "cloud" / "project.yaml").write_text(f"{PROJECT}sagemaker:{PLACE}")
    _run(rft, folder, "recipe new rft-lora -o recipe.yaml", "package build demo/reward.py:reward -o grader.zip")
    return folder


def write_jsonl(path: Path, rows: list[Any]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def _run(rft: Rft, folder: Path, *commands: str) -> None:
    for args in commands:
        done = rft(args, folder)
        assert done["status"] == 0, done

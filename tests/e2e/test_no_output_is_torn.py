"""A kill or a full disk at every single write, open, rename and mkdir of every command: never half an output.

The commands are found in the command line; `tests.faults.commands` says how each is called, and a new one fails here
until it is in that table. A shim below Python (tests/faults/shim.c) is compiled with the system's compiler.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from rewards.writing import appending, drafting, drafting_folder, holding
from tests.faults.commands import CALLS, OnlyReads, Writes, leaves
from tests.unit.estimators.rows import rft_rows
from tests.unit.rft.commands.shell import PLACE, PROJECT

HERE = Path(__file__).parents[1] / "faults"
ROOT = Path(__file__).parents[2]
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
WRITING = {name: call for name, call in CALLS.items() if isinstance(call, Writes)}
READING = {name: call for name, call in CALLS.items() if isinstance(call, OnlyReads)}
needs_a_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler (cc, gcc, clang) for the shim")
WALL_CLOCK = ("finished.json", ".lock")


class Server:
    """`rft` under the shim; see tests/faults/server.py."""

    def __init__(self, shim: Path) -> None:
        environment = {**os.environ, "LD_PRELOAD": str(shim), "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT)}
        self._process = subprocess.Popen(
            [sys.executable, HERE / "server.py"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def __call__(self, args: str, folder: Path, **fault: int) -> dict[str, Any]:
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


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    shim = tmp_path_factory.mktemp("shim") / "shim.so"
    assert COMPILER is not None
    subprocess.run([COMPILER, "-shared", "-fPIC", "-O1", "-o", shim, HERE / "shim.c", "-ldl"], check=True)
    running = Server(shim)
    yield running
    running.close()


@pytest.fixture(scope="module")
def inputs(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small project and a file of every kind that a command reads."""
    from PIL import Image

    from datagen.teachers.journal import open_journal
    from datagen.types import Answer, Document, Passage, Request

    folder = tmp_path_factory.mktemp("inputs")
    for args in ("init demo --template tools", "data make demo/project.yaml -o made"):
        done = server(args, folder)
        assert done["status"] == 0, done
    rows = [json.loads(line) for line in (folder / "made/rft/test.jsonl").read_text().splitlines()][:12]
    answered = [
        {**row, "messages": [*row["messages"], {"role": "assistant", "content": json.dumps(row["reference_answer"])}]}
        for row in rows
    ]
    _jsonl(folder / "few.jsonl", rows)
    _jsonl(folder / "rollouts.jsonl", answered)
    _jsonl(folder / "graded.jsonl", [{**row, "score": 0.5} for row in answered])
    _jsonl(folder / "bad.jsonl", [*rows, {"id": 7}, rows[0]])
    _jsonl(folder / "worse.jsonl", rows[:2])
    _jsonl(folder / "boxes.jsonl", [{"image": "0.png", "boxes": []}, {"image": "1.png", "boxes": []}])
    _jsonl(folder / "labels.jsonl", [{"image": "a.png", "uri": "s3://b/a.png", "answer": {"x": 1}}])
    _jsonl(folder / "event.json", rows[:1])
    (folder / "other.py").write_text("from rewards import json_parse\n\nreward = json_parse()\n")
    for name, side in (("pictures/0.png", 20), ("pictures/1.png", 30), ("fewer/2.png", 10)):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (side, side), "red").save(folder / name)
    request = Request(Passage(Document("a.md", "text", "0" * 64), "a.md#0", 0, 4), 1, "", system="", prompt="?")
    with open_journal(folder / "teacher.sqlite") as journal:
        journal.store("key", request, Answer("answer", "end_turn", 1, 1))
    _a_project_with_a_bucket(folder / "cloud")
    for args in (
        "recipe new rft-lora -o recipe.yaml",
        "package build demo/reward.py:reward -o grader.zip",
    ):
        done = server(args, folder)
        assert done["status"] == 0, done
    return folder


def _a_project_with_a_bucket(folder: Path) -> None:
    data = folder / "tools" / "data" / "rft"
    data.mkdir(parents=True)
    rft_rows(data / "train.jsonl")
    (folder / "project.yaml").write_text(f"{PROJECT}sagemaker:{PLACE}")


def _jsonl(path: Path, rows: list[Any]) -> None:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def snapshot(folder: Path, outputs: tuple[str, ...]) -> dict[str, Mapping[str, str]]:
    """What a user sees of each output: digests of its files; hidden drafts are not seen."""
    return {name: _digests(folder / name) for name in outputs}


def _digests(path: Path) -> dict[str, str]:
    if path.is_file():
        return {"": hashlib.sha256(path.read_bytes()).hexdigest()}
    files = sorted(file for file in path.rglob("*") if file.is_file() and file.name not in WALL_CLOCK)
    return {file.relative_to(path).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def drafts(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*") if path.name.endswith((".draft", ".removed"))]


def fresh_copy(inputs: Path, folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(inputs, folder, symlinks=True)
    return folder


class Trial:
    """One command: its inputs with the older output, what it makes undisturbed, and where it can be disturbed."""

    def __init__(self, server: Server, inputs: Path, tmp_path: Path, call: Writes) -> None:
        self.server, self.call, self.folder = server, call, tmp_path / "work"
        self.start = fresh_copy(inputs, tmp_path / "start")
        if call.before:
            assert server(call.before, self.start)["status"] in (0, 1)
        self.old = snapshot(self.start, call.outputs)
        self.begin()
        self.done = server(call.args, self.folder)
        assert self.done["status"] in (0, 1), self.done
        self.new = snapshot(self.folder, call.outputs)
        self.texts = {
            name: (self.folder / name).read_bytes() for name in call.outputs if (self.folder / name).is_file()
        }
        assert all(self.new.values()), "the command makes every output that the table names"
        assert self.old != self.new
        assert drafts(self.folder) == []

    def begin(self) -> None:
        fresh_copy(self.start, self.folder)

    def points(self) -> list[int]:
        """All, or a sample that has the first and last of every kind of call; RFTKIT_FAULTS=all tries all of them."""
        every = range(1, len(self.done["points"]) + 1)
        count = self.call.sampled
        if not count or os.environ.get("RFTKIT_FAULTS") == "all":
            return list(every)
        kinds = {name.partition(" ")[0]: point for point, name in enumerate(self.done["points"], 1)}
        return sorted({*list(kinds.values())[:count], *random.Random(7).sample(every, min(count, len(every)))})

    def is_whole(self) -> bool:
        """Whether each output is the old one or the new one; of one that grows, the beginning of the new one."""
        now = snapshot(self.folder, self.call.outputs)
        if self.call.grows:
            return all(self._begins_the_new(name) for name in self.call.outputs)
        if self.call.timed:
            return all(not now[name] or _has_an_end(self.folder / name) for name in self.call.outputs)
        return all(now[name] in (self.old[name], self.new[name]) for name in self.call.outputs)

    def _begins_the_new(self, name: str) -> bool:
        path = self.folder / name
        return not path.exists() or self.texts[name].startswith(path.read_bytes())

    def reruns_equal(self) -> bool:
        again = self.server(self.call.args, self.folder)
        made = snapshot(self.folder, self.call.outputs)
        equal = self.is_whole() and all(made.values()) if self.call.timed else made == self.new
        return again["status"] == self.done["status"] and equal and drafts(self.folder) == []


def _has_an_end(page: Path) -> bool:
    return page.read_text().rstrip().endswith(("</html>", "</main>"))


def test_every_command_is_in_the_table() -> None:
    assert sorted(CALLS) == sorted(name for name, _ in leaves())


@needs_a_compiler
@pytest.mark.parametrize("name", WRITING)
def test_a_kill_anywhere_leaves_the_old_output_or_the_new_and_a_rerun_is_equal(
    name: str, server: Server, inputs: Path, tmp_path: Path
) -> None:
    trial = Trial(server, inputs, tmp_path, WRITING[name])
    points = trial.done["points"]
    for point in trial.points():
        trial.begin()
        killed = server(trial.call.args, trial.folder, kill_at=point)
        assert killed["status"] == -9, (point, killed)
        assert trial.is_whole(), f"torn at {point}: {points[point - 1]}"
        assert trial.reruns_equal(), f"not mended after {point}: {points[point - 1]}"


@needs_a_compiler
@pytest.mark.parametrize("name", WRITING)
def test_a_full_disk_anywhere_is_one_line_and_leaves_the_old_output(
    name: str, server: Server, inputs: Path, tmp_path: Path
) -> None:
    trial = Trial(server, inputs, tmp_path, WRITING[name])
    points = trial.done["points"]
    for point in trial.points():
        trial.begin()
        full = server(trial.call.args, trial.folder, full_at=point)
        assert trial.is_whole(), f"torn at {point}: {points[point - 1]}"
        if full["status"] == trial.done["status"]:  # there was another way, such as a copy for a link
            assert snapshot(trial.folder, trial.call.outputs) == trial.new
            continue
        assert full["status"] == 2, (points[point - 1], full)
        (line,) = full["err"].splitlines()[-1:]
        assert line.startswith("rft: "), full
        assert "No space left on device" in line
        assert "Traceback" not in full["err"]
        assert drafts(trial.folder) == [], points[point - 1]
        assert trial.reruns_equal(), f"not mended after {point}: {points[point - 1]}"


@needs_a_compiler
@pytest.mark.parametrize("name", WRITING)
def test_a_second_process_with_the_same_output_is_told_so(
    name: str, server: Server, inputs: Path, tmp_path: Path
) -> None:
    call, folder = WRITING[name], fresh_copy(inputs, tmp_path / "work")
    server(call.args, fresh_copy(inputs, tmp_path / "undisturbed"))
    with being_written(call, folder, is_folder=(tmp_path / "undisturbed" / call.outputs[0]).is_dir()):
        before = _digests(folder)
        second = server(call.args, folder)
        assert second["status"] == 2, second
        assert "another" in second["err"].splitlines()[-1], second
        assert _digests(folder) == before


def being_written(call: Writes, folder: Path, *, is_folder: bool) -> AbstractContextManager[object]:
    """As if another process were writing the first output."""
    if call.args.startswith("run "):
        return holding(folder / "runs" / "demo" / ".lock", folder)
    first = folder / call.outputs[0]
    if call.grows:
        return appending(first)
    return drafting_folder(first, ours=()) if is_folder else drafting(first)


def file_arguments() -> Iterator[tuple[str, str]]:
    """Every argument of the table that is a file to read, for the commands whose output is a file."""
    for name, call in WRITING.items():
        words = shlex.split(call.args)
        for word in words:
            is_file = "." in word and word not in call.outputs
            if is_file and call.outputs[0] in words and "." in call.outputs[0]:
                yield name, word


@needs_a_compiler
@pytest.mark.parametrize(("name", "word"), list(file_arguments()))
def test_an_output_that_is_an_input_is_refused_before_the_work(
    name: str, word: str, server: Server, inputs: Path, tmp_path: Path
) -> None:
    folder = fresh_copy(inputs, tmp_path / "work")
    words = shlex.split(WRITING[name].args)
    read, output = folder / word.partition(":")[0], WRITING[name].outputs[0]
    assert read.is_file(), "the table names an input that is there"
    done = server(shlex.join(str(read) if other == output else other for other in words), folder)
    assert done["status"] == 2, done
    assert "is also an input" in done["err"]
    assert _digests(folder) == _digests(inputs)


@needs_a_compiler
@pytest.mark.parametrize("name", READING)
def test_a_command_that_only_reads_changes_nothing(name: str, server: Server, inputs: Path, tmp_path: Path) -> None:
    folder = fresh_copy(inputs, tmp_path / "work")
    done = server(READING[name].args, folder)
    assert done["status"] in (0, 1), done
    assert done["points"] == []


MAY_WRITE = {
    "rewards/writing.py": "the one way",
    "rewards/audit/report/tables.py": "a page of this repository, by its maintainers",
    "recipes/tables.py": "a page of this repository, by its maintainers",
    "datagen/validate/table.py": "a page of this repository, by its maintainers",
    "datagen/teachers/journal.py": "a copy in a temporary folder, to look into it",
    "lambda_package/packaging/bytecode.py": "a temporary folder, to compile in",
    "lambda_package/packaging/compiler.py": "a temporary folder, to compile in",
    "lambda_package/packaging/vendor.py": "a temporary folder, to install into",
    "lambda_package/runtime/emulator.py": "the temporary folder of a sandbox",
    "lambda_package/runtime/sandbox.py": "the log in the temporary folder of a sandbox",
    "estimators/platforms/sagemaker/sdk.py": "a temporary folder, for the SDK to upload from",
    "estimators/results/unpack.py": "a folder that is a draft",
    "rft/graders.py": "a temporary folder, for a probe",
}
CALLS_THAT_WRITE = frozenset(
    {"write_text", "write_bytes", "copyfile", "copytree", "copyfileobj", "extractall", "touch"}
)


def writes_of(path: Path) -> list[str]:
    """Calls in a source file that write, as line and name."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            name = node.func.attr
            modes = [
                arg.value for arg in (*node.args, *(k.value for k in node.keywords)) if isinstance(arg, ast.Constant)
            ]
            opens = name == "open" and any(
                isinstance(mode, str) and set(mode) & set("wax+") and len(mode) < 4 for mode in modes
            )
            module = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
            if opens or (name in CALLS_THAT_WRITE and module not in ("writing",)):
                found.append(f"{path.relative_to(ROOT)}:{node.lineno} {name}")
    return found


def test_no_other_module_writes_an_output() -> None:
    packages = ("rewards", "recipes", "datagen", "lambda_package", "estimators", "rft")
    sources = sorted(path for package in packages for path in (ROOT / package).rglob("*.py"))
    found = [
        write for path in sources if path.relative_to(ROOT).as_posix() not in MAY_WRITE for write in writes_of(path)
    ]
    assert sorted(found) == []

"""A kill or a full disk at every single write, open, rename and mkdir of every command: never half an output.

The commands are found in the command line; `tests.faults.commands` says how each is called, and a new one fails here
until it is in that table. A shim below Python (tests/faults/shim.c) is compiled with the system's compiler.
"""

from __future__ import annotations

import ast
import hashlib
import os
import random
import re
import shlex
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from itertools import cycle
from pathlib import Path

import pytest

from rewards.writing import appending, drafting, drafting_folder, holding
from tests.faults.client import COMPILER, ROOT, Rft, compiled_shim, make_inputs
from tests.faults.commands import CALLS, Elsewhere, OnlyReads, Writes, called_in, leaves

WRITING = {name: call for name, call in CALLS.items() if isinstance(call, Writes)}
READING = {name: call for name, call in CALLS.items() if isinstance(call, OnlyReads)}
needs_a_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler (cc, gcc, clang) for the shim")
MAKES_OR_REMOVES = re.compile("(open|mkdir|unlink|rmdir) ")
WALL_CLOCK = ("finished.json", ".lock")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rft]:
    running = Rft(compiled_shim(tmp_path_factory.mktemp("shim")))
    yield running
    running.close()


@pytest.fixture(scope="module")
def inputs(server: Rft, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_inputs(server, tmp_path_factory.mktemp("inputs"))


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

    def __init__(self, server: Rft, inputs: Path, tmp_path: Path, call: Writes) -> None:
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
        self.makes_a_folder = (self.folder / call.outputs[0]).is_dir()

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


@pytest.fixture(scope="module", params=WRITING)
def trial(request: pytest.FixtureRequest, server: Rft, inputs: Path, tmp_path_factory: pytest.TempPathFactory) -> Trial:
    return Trial(server, inputs, tmp_path_factory.mktemp("trial"), WRITING[request.param])


def test_every_command_is_in_the_table() -> None:
    assert sorted(CALLS) == sorted(name for name, _ in leaves())


@pytest.mark.parametrize("name", [name for name, call in CALLS.items() if isinstance(call, Elsewhere)])
def test_a_command_that_is_not_run_here_is_called_in_the_test_that_it_names(name: str) -> None:
    call = CALLS[name]
    assert isinstance(call, Elsewhere)
    assert called_in(call.test, name)


@pytest.mark.parametrize(
    ("code", "calls"),
    [
        ("shell('train', 'stop', job)", True),
        ("run(f'train stop {job}')", True),
        ("CASES = ['train stop job --yes']", True),
        ("train('stop', job)", True),
        ("shell('train', 'status', 'stop')", False),
        ("# train stop", False),
        ("said = 'then train stops'", False),
        ("other('stop')", False),
    ],
)
def test_a_mention_is_no_call(code: str, calls: bool, tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(code)
    assert called_in(str(tmp_path / "test_it.py"), "train stop") is calls


@needs_a_compiler
def test_a_kill_anywhere_leaves_the_old_output_or_the_new_and_a_rerun_is_equal(trial: Trial) -> None:
    points = trial.done["points"]
    for point in trial.points():
        trial.begin()
        killed = trial.server(trial.call.args, trial.folder, kill_at=point)
        assert killed["status"] == -9, (point, killed)
        assert trial.is_whole(), f"torn at {point}: {points[point - 1]}"
        assert trial.reruns_equal(), f"not mended after {point}: {points[point - 1]}"


@needs_a_compiler
def test_a_signal_anywhere_stops_as_ctrl_c_does(trial: Trial) -> None:
    points = trial.points()
    signals = cycle((signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
    for point, number in zip(random.Random(9).sample(points, min(len(points), 3)), signals, strict=False):
        trial.begin()
        stopped = trial.server(trial.call.args, trial.folder, stop_at=(point, number))
        told = (trial.done["points"][point - 1], stopped)
        assert stopped["status"] == 128 + number, told
        assert stopped["err"].splitlines()[-1].startswith("rft: stopped"), told
        assert "Traceback" not in stopped["err"], told
        if not MAKES_OR_REMOVES.match(told[0]):  # a draft that nobody knows of yet is the next run's to remove
            assert drafts(trial.folder) == [], told
        assert trial.is_whole(), told
        assert trial.reruns_equal(), told


@needs_a_compiler
def test_a_full_disk_anywhere_is_one_line_and_leaves_the_old_output(trial: Trial) -> None:
    points = trial.done["points"]
    for point in trial.points():
        trial.begin()
        full = trial.server(trial.call.args, trial.folder, full_at=point)
        assert trial.is_whole(), f"torn at {point}: {points[point - 1]}"
        if full["status"] == trial.done["status"]:  # there was another way, such as a copy for a link
            assert trial.call.timed or snapshot(trial.folder, trial.call.outputs) == trial.new
            continue
        assert full["status"] == 2, (points[point - 1], full)
        (line,) = full["err"].splitlines()[-1:]
        assert line.startswith("rft: "), full
        assert "No space left on device" in line or "is the disk full?" in line  # SQLite does not tell which fault
        assert "Traceback" not in full["err"]
        assert drafts(trial.folder) == [], points[point - 1]
        assert trial.reruns_equal(), f"not mended after {point}: {points[point - 1]}"


@needs_a_compiler
def test_a_second_process_with_the_same_output_is_told_so(trial: Trial, inputs: Path) -> None:
    call, folder = trial.call, fresh_copy(inputs, trial.folder)
    with being_written(call, folder, is_folder=trial.makes_a_folder):
        before = _digests(folder)
        second = trial.server(call.args, folder)
        assert second["status"] == 2, second
        assert "another" in second["err"].splitlines()[-1], second
        assert {name: now for name, now in _digests(folder).items() if name not in call.keeps} == before


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
    name: str, word: str, server: Rft, inputs: Path, tmp_path: Path
) -> None:
    folder = fresh_copy(inputs, tmp_path / "work")
    words = shlex.split(WRITING[name].args)
    read, output = folder / word.rpartition("=")[2].partition(":")[0], WRITING[name].outputs[0]
    assert read.is_file(), "the table names an input that is there"
    done = server(shlex.join(str(read) if other == output else other for other in words), folder)
    assert done["status"] == 2, done
    assert "is also an input" in done["err"]
    assert _digests(folder) == _digests(inputs)


@needs_a_compiler
@pytest.mark.parametrize("name", READING)
def test_a_command_that_only_reads_changes_nothing(name: str, server: Rft, inputs: Path, tmp_path: Path) -> None:
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
    "lambda_package/by_source.py": "a temporary folder, to run the source in",
    "lambda_package/packaging/layers.py": "the temporary folder of a sandbox",
    "lambda_package/packaging/members.py": "the temporary folder of a sandbox",
    "lambda_package/packaging/bytecode.py": "a temporary folder, to compile in",
    "lambda_package/packaging/compiler.py": "a temporary folder, to compile in",
    "lambda_package/packaging/vendor.py": "a temporary folder, to install into",
    "lambda_package/runtime/emulator.py": "the temporary folder of a sandbox",
    "rewards/scratch.py": "the mark in a temporary folder",
    "lambda_package/runtime/sandbox.py": "the log in the temporary folder of a sandbox",
    "estimators/platforms/sagemaker/sdk.py": "a temporary folder, for the SDK to upload from",
    "estimators/results/unpack.py": "a folder that is a draft",
    "rft/cards.py": "a page of this repository, by its maintainers; a temporary folder, to build in",
    "rft/command_line.py": "what a pipe gave, in a temporary file",
    "rft/graders/lambda_grader.py": "a temporary folder, for a probe",
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

"""A command is killed or told to stop while code of others runs in a child of it: no process is left, nor a folder."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pytest

from tests.faults.client import ROOT, Rft, make_inputs

SPIN = """
def reward(sample, completion):
    wait()
    return 0.5

def lambda_handler(event, context):
    wait()
    return []

def wait():
    while True:
        pass
"""
SPIN_AS_LAMBDA = """

import os

judged = reward

def reward(sample, completion):
    while "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
        pass
    return judged(sample, completion)
"""
SPINNING_ROW = {
    "id": "spin",
    "messages": [
        {"role": "user", "content": "Write f."},
        {"role": "assistant", "content": "def f():\n    while True:\n        pass\n"},
    ],
    "reference_answer": {"tests": "assert f()"},
}
TEACHER = "import sys\nsys.stdin.read()\nwhile True: pass\n"
COMMANDS = {
    "grading in workers": "grade many.jsonl --reward spin.py:reward --workers 2",
    "an audit of a file": "audit --lambda spin.py --data worse.jsonl",
    "an invocation": "package invoke spin.zip event.json",
    "a verification": "package verify spin.zip --data worse.jsonl",
    "code under test": "grade code.jsonl --reward code.py:reward",
    "a stage of a run": "run spun --until package --runs runs",
    "a teacher that is a program": "data make taught -o taught-data",
}
PAID_FOR = "a teacher that is a program"  # an answer under way is waited for, however long it takes
STOPS = [
    *((name, signal.SIGKILL) for name in COMMANDS),
    *((name, signal.SIGTERM) for name in COMMANDS if name != PAID_FOR),
]


@pytest.fixture(scope="module")
def inputs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    rft = Rft()
    folder = make_inputs(rft, tmp_path_factory.mktemp("inputs"))
    (folder / "spin.py").write_text(SPIN)
    (folder / "teacher.py").write_text(TEACHER)
    (folder / "many.jsonl").write_text((folder / "rollouts.jsonl").read_text() * 60)
    (folder / "code.py").write_text("from rewards import code_tests\n\nreward = code_tests(seconds=300)\n")
    (folder / "code.jsonl").write_text(json.dumps(SPINNING_ROW) + "\n")
    built = rft("package build spin.py:lambda_handler -o spin.zip", folder)
    assert built["status"] == 0, built
    _make_spun(rft, folder)
    taught = folder / "taught"
    (taught / "documents").mkdir(parents=True)
    (taught / "documents" / "a.md").write_text("# Rules\n\nA rule of some length.\n")
    (taught / "project.yaml").write_text(
        "name: taught\nreward: reward.py:reward\n"
        "data:\n  system: system.txt\n  documents: documents\n"
        f"  teacher: {{kind: command, command: [{sys.executable}, {folder}/teacher.py]}}\n"
    )
    (taught / "system.txt").write_text("Answer.")
    (taught / "reward.py").write_text("from rewards import exact_match\n\nreward = exact_match()\n")
    yield folder
    rft.close()


def _make_spun(rft: Rft, folder: Path) -> None:
    """A project that has come as far as packaging its reward, which spins where it is deployed."""
    shutil.copytree(folder / "demo", folder / "spun")
    with (folder / "spun" / "reward.py").open("a") as file:
        file.write(SPIN_AS_LAMBDA)
    checked = rft("run spun --until check --runs runs", folder)
    assert checked["status"] == 0, checked


def children_at_work(parent: int) -> list[int]:
    """Descendants of `parent` that spin: they have used more processor time than a start takes."""
    return [child for child in descendants(parent) if seconds_of(child) > 1.5]


def descendants(parent: int) -> list[int]:
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{parent}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                found += [child, *descendants(child)]
    return found


def seconds_of(process: int) -> float:
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


def start_of(process: int) -> str:
    """When a process began: a number that is used again belongs to another."""
    with suppress(OSError):
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]
    return ""


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="no /proc")
@pytest.mark.parametrize(("name", "number"), STOPS)
def test_nothing_outlives_a_stopped_command(name: str, number: signal.Signals, inputs: Path, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "rft", *shlex.split(COMMANDS[name])]
    environment = {**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(ROOT)}
    with (tmp_path / "log").open("wb") as log:
        ours = subprocess.Popen(command, cwd=inputs, env=environment, stdout=log, stderr=log)
    try:
        at_work = wait_for(lambda: children_at_work(ours.pid), unless=lambda: ours.poll() is not None)
        assert at_work, (tmp_path / "log").read_text()
        family = {process: start_of(process) for process in descendants(ours.pid)}
        ours.send_signal(number)
        status = ours.wait(60)
    finally:
        ours.kill()
        ours.wait()
    said = (tmp_path / "log").read_text()
    assert status == (-signal.SIGKILL if number == signal.SIGKILL else 128 + number), said
    assert number == signal.SIGKILL or said.splitlines()[-1].startswith("rft: stopped")
    assert "Traceback" not in said
    assert wait_for(lambda: all(start_of(process) != began for process, began in family.items()))
    subprocess.run(
        [sys.executable, "-c", "from rewards.scratch import sweep; sweep()"], env=environment, cwd=ROOT, check=True
    )
    assert list(scratch.iterdir()) == []


Found = TypeVar("Found")


def wait_for(what: Callable[[], Found], unless: Callable[[], bool] = lambda: False, at_most_s: float = 60) -> Found:
    """What `what` gives once it gives something; a minute is no limit but the end of patience."""
    end = time.monotonic() + at_most_s
    while not (found := what()) and time.monotonic() < end and not unless():
        os.sched_yield()
    return found

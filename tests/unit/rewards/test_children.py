"""Workers of ours end when we are killed, whatever they are at."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

ROWS = [
    {"id": str(n), "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": "a"}]}
    for n in range(9)
]
ENDLESS = "import os\n\ndef reward(sample, completion):\n    open('at-work', 'w').close()\n    while True: pass\n"


def test_the_workers_of_a_killed_grading_end(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text(ENDLESS)
    (tmp_path / "rows.jsonl").write_text("".join(f"{json.dumps({**row, 'reference_answer': {}})}\n" for row in ROWS))
    command = [sys.executable, "-m", "rft", "grade", "rows.jsonl", "--reward", "endless.py:reward", "--workers", "2"]
    root = str(Path(__file__).parents[3])
    ours = subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": root, "PATH": ""}, stderr=subprocess.PIPE)
    wait_until(lambda: (tmp_path / "at-work").exists())
    children = working_in(tmp_path) - {ours.pid}
    assert children
    ours.kill()
    ours.communicate()
    wait_until(lambda: not working_in(tmp_path))


def wait_until(happened) -> None:  # type: ignore[no-untyped-def]
    deadline = time.monotonic() + 60
    while not happened():
        if time.monotonic() > deadline:
            pytest.fail("it did not happen within a minute")
        time.sleep(0.02)


def working_in(folder: Path) -> set[int]:
    found = set()
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").resolve() == folder.resolve():
                found.add(int(entry.name))
    return found

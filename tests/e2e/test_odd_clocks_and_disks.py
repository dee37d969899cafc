"""Files from before 1980 or after 2107, a wrong clock, and a disk without room: the same bytes, or one line."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.client import ROOT, Rft
from tests.faults.commands import CALLS, Writes

WRITING = {name: call for name, call in CALLS.items() if isinstance(call, Writes)}
TIMES = {"before 1970": -(10**9), "1970": 0, "1979": 10**8 * 3, "2150": 5_680_000_000}
EPOCHS = ["0", "4354819200", "99999999999999", "yesterday", ""]  # SOURCE_DATE_EPOCH: 1970, 2108, beyond any, none


def aged(folder: Path, time_s: int) -> Path:
    for path in [*folder.rglob("*"), folder]:
        os.utime(path, (time_s, time_s))
    return folder


@pytest.mark.parametrize("name", [name for name in WRITING if name != "rehearse"])  # which reads one file, for seconds
def test_an_odd_time_changes_no_output(name: str, rft: Rft, inputs: Path, tmp_path: Path) -> None:
    call = WRITING[name]
    expected = rft(call.args, usual := Path(shutil.copytree(inputs, tmp_path / "usual")))
    for when, time_s in list(TIMES.items())[: 1 if call.timed else None]:  # an audit takes its time
        folder = aged(Path(shutil.copytree(inputs, tmp_path / when)), time_s)
        clock_s = None if name == "package verify" else time_s  # its grader's process would have another clock
        found = rft(call.args, folder, clock_s=clock_s, patience_s=600)
        assert found["status"] == expected["status"], (when, found)
        assert "Traceback" not in found["err"], (when, found)
        if not call.timed:
            assert call.files(folder) == call.files(usual), when


@pytest.mark.parametrize("epoch", EPOCHS)
def test_a_package_does_not_depend_on_the_epoch_of_other_builds(
    epoch: str, rft: Rft, inputs: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(inputs, tmp_path / "work"))
    done = rft("package build demo/reward.py:reward -o g.zip", folder, environment={"SOURCE_DATE_EPOCH": epoch})
    assert done["status"] == 0, done
    assert (folder / "g.zip").read_bytes() == (folder / "grader.zip").read_bytes()


SMALL_DISK = "mount -t tmpfs -o size={size} none {there} && cp -a {here}/. {there} && cd {there} && exec {command}"


def can_mount(folder: Path) -> bool:
    words = ["unshare", "-Urm", "mount", "-t", "tmpfs", "none", str(folder)]
    return shutil.which("unshare") is not None and subprocess.run(words, capture_output=True).returncode == 0


@pytest.mark.parametrize("room", [0, 8_192])
@pytest.mark.parametrize("name", [name for name in WRITING if name != "rehearse"])
def test_a_disk_without_room_is_said_in_one_line(name: str, room: int, inputs: Path, tmp_path: Path) -> None:
    """The folder is a real file system whose blocks are all but used, as a user may mount one in a namespace."""
    if not can_mount(tmp_path):
        pytest.skip("no file systems for plain users here")
    blocks = sum(-(-path.stat().st_size // 4096) + 1 for path in inputs.rglob("*"))
    (tmp_path / "small").mkdir()
    command = f"{shlex.quote(sys.executable)} -m rft {WRITING[name].args}"
    script = SMALL_DISK.format(size=blocks * 4096 + room, there=tmp_path / "small", here=inputs, command=command)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(["unshare", "-Urm", "sh", "-c", script], env=environment, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1, 2), done
    if done.returncode == 2:
        last = done.stderr.splitlines()[-1]
        assert last.startswith("rft: "), done
        assert "No space left on device" in last or "is the disk full?" in last

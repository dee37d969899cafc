"""The command line: lazy, helpful, and one line for our own errors."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from rft.cli import COMMANDS, main
from rft.errors import ProjectError
from rft.exits import is_ours


def rft(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "rft", *args], capture_output=True, text=True, check=False)


def test_help_names_every_command_and_imports_none_of_them() -> None:
    code = (
        "import sys; from rft.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith('rft.commands.')], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert all(f"  {name} " in done.stdout for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_explains_itself(name: str) -> None:
    done = rft(name, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"Usage: rft {name}" in done.stdout


def test_a_misspelt_command_names_the_closest_and_exits_2() -> None:
    done = rft("rnu")
    assert done.returncode == 2
    assert "did you mean 'run'?" in done.stderr


def test_our_errors_are_one_line_and_exit_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["run", "no-such-project.yaml"])
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith("rft: no-such-project.yaml: cannot be read")


def test_a_bug_keeps_its_traceback() -> None:
    assert is_ours(ProjectError("x"))
    assert not is_ours(KeyError("x"))


def test_doctor_reports_as_json() -> None:
    done = rft("doctor", "--json")
    findings = json.loads(done.stdout)
    assert {"subject", "status", "detail"} == set(findings[0])
    assert findings[0]["subject"] == "Python"

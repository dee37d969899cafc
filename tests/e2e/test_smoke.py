"""The first commands of every user run without docstrings and assertions, and without a warning."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SMOKE = Path(__file__).parents[2] / ".ci" / "smoke"


def test_the_first_commands_run_with_warnings_as_errors_and_without_assertions() -> None:
    done = subprocess.run([sys.executable, str(SMOKE), "--here"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

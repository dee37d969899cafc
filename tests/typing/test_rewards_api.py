"""mypy sees the public names of `rewards` as their users should."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "fixtures" / "typing" / "rewards_api.py"


def test_mypy_accepts_what_is_right_and_refuses_what_is_marked() -> None:
    api = pytest.importorskip("mypy.api")
    found, _, _ = api.run(["--strict", "--no-error-summary", "--hide-error-context", str(PAGE)])
    reported = re.findall(rf"{re.escape(PAGE.name)}:(\d+): error: .*\[([\w-]+)\]$", found, flags=re.MULTILINE)
    lines = enumerate(PAGE.read_text(encoding="utf-8").splitlines(), start=1)
    marks = [(str(number), line.partition("# E: ")[2]) for number, line in lines]
    marked = [(number, code) for number, codes in marks for code in re.findall(r"[\w-]+", codes)]
    assert reported == marked, found

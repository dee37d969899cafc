"""The pages about the audit say what the code does: tables are current, every command gives the output shown."""

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rewards.audit.report.tables import written

DOCS = Path(__file__).parents[2] / "docs"
VARYING = re.compile(
    r"[\d,.]+ µs a sample|[\d.e-]+ s a training step|in [\d.]+s\b|"
    r"[\d,]+ answers (?:graded|tried(?:, stopped by its time limit)?)"
)


def blocks(page: str, kind: str) -> list[tuple[str, str]]:
    """(file name, text) of the fenced blocks of a kind."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{kind}[ ]?(\S*)\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)


def masked(output: str) -> list[str]:
    """Lines without what differs between machines: times, and how many answers were tried."""
    return [VARYING.sub("...", line.rstrip()) for line in output.strip().splitlines()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tutorial")
    for kind in ("json", "python"):
        for name, text in blocks("tutorial.md", kind):
            (path / name).write_text(text, encoding="utf-8")
    return path


def test_the_tables_of_the_audit_page_are_current():
    text = (DOCS / "audit.md").read_text(encoding="utf-8")
    assert written(text) == text, "run: python -m rewards.audit.report.tables docs/audit.md"


@pytest.mark.parametrize("block", [text for _, text in blocks("tutorial.md", "console")])
def test_a_command_of_the_tutorial_prints_what_the_page_shows(block: str, folder: Path):
    command, _, shown = block.removeprefix("$ ").partition("\n")
    program, *arguments = command.split()
    module = {"rft": "rft", "pytest": "pytest"}[program]
    found_in = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    path = {**os.environ, "PYTHONPATH": found_in, "COLUMNS": "80"}
    options = ["-p", "no:cacheprovider"] if module == "pytest" else []
    done = subprocess.run(
        [sys.executable, "-m", module, *options, *arguments], cwd=folder, env=path, capture_output=True, text=True
    )
    assert masked(done.stdout + done.stderr) == masked(shown)


@pytest.mark.parametrize("page", ["tutorial.md", "audit.md"])
def test_the_python_sessions_of_a_page_run(page: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(folder))
    session = "\n".join(text for _, text in blocks(page, "pycon"))
    assert session
    test = doctest.DocTestParser().get_doctest(session, {}, page, page, 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert report == []

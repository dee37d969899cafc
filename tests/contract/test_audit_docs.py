"""The pages about the audit say what the code does: tables are current, every command gives the output shown."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import pytest

from rewards.audit.report.tables import written
from tests.pages import Step, blocks, differences, page, steps, write_files

TUTORIAL = page("docs/tutorial.md")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tutorial")
    write_files(TUTORIAL, path)
    return path


def test_the_tables_of_the_audit_page_are_current():
    text = page("docs/audit.md")
    assert written(text) == text, "run: python -m rewards.audit.report.tables docs/audit.md"


@pytest.mark.parametrize("step", steps(TUTORIAL), ids=lambda step: step.command)
def test_a_command_of_the_tutorial_prints_what_the_page_shows(step: Step, folder: Path):
    program, *arguments = step.command.removeprefix("python -m ").split()
    module = {"rft": "rft", "pytest": "pytest"}[program]
    found_in = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    path = {**os.environ, "PYTHONPATH": found_in, "COLUMNS": "80"}
    options = ["-p", "no:cacheprovider"] if module == "pytest" else []
    done = subprocess.run(
        [sys.executable, "-m", module, *options, *arguments], cwd=folder, env=path, capture_output=True, text=True
    )
    assert differences(step.shown, done.stdout + done.stderr) == []


@pytest.mark.parametrize("name", ["docs/tutorial.md", "docs/audit.md"])
def test_the_python_sessions_of_a_page_run(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.syspath_prepend(str(folder))
    session = "\n".join(block.text for block in blocks(page(name), "pycon"))
    assert session
    test = doctest.DocTestParser().get_doctest(session, {}, name, name, 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert report == []

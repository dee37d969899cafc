"""docs/data.md says what the commands say: its files are written, its commands run in turn, its outputs compared."""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from datagen.validate.table import written
from rft.cli import rft
from tests.pages import ROOT, page, steps, write_files

PAGE = page("docs/data.md")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the files of the page and the documents that it makes."""
    shutil.copytree(ROOT / "examples" / "regulatory_tools" / "documents", tmp_path / "controls")
    write_files(PAGE, tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in ("prepare.py", "prepare_mixed.py"):
        exec((tmp_path / name).read_text(encoding="utf-8"), {})
    return tmp_path


def shown_by(line: str) -> str:
    if line.startswith("cat "):
        return Path(line.removeprefix("cat ")).read_text(encoding="utf-8")
    if last := re.fullmatch(r"tail -n (\d+) (.+)", line):
        lines = Path(last[2]).read_text(encoding="utf-8").splitlines(keepends=True)
        return "".join(lines[-int(last[1]) :])
    return CliRunner().invoke(rft, shlex.split(line.removeprefix("rft ")), catch_exceptions=False).output


def test_every_command_of_the_page_prints_what_it_shows(folder: Path) -> None:
    for command, shown in steps(PAGE):
        assert shown_by(command) == shown


def test_the_python_of_the_page_prints_what_it_shows(folder: Path) -> None:
    code, shown = re.search(
        r"^```python\n(from pathlib.*?)^```\n\nprints\n\n```text\n(.*?)^```", PAGE, re.M | re.S
    ).groups()  # type: ignore[union-attr]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    assert printed.getvalue() == shown


def test_the_table_of_rules_is_that_of_the_code() -> None:
    assert written(PAGE) == PAGE, "run: python -m datagen.validate.table docs/data.md"


def test_the_page_shows_every_subcommand() -> None:
    from rft.commands.data import command

    for name in command.commands:
        assert f"rft data {name} " in PAGE


def test_the_page_names_the_function_of_every_subcommand() -> None:
    import datagen
    from rft.commands.data import command

    named = dict(re.findall(r"^\| `rft data (\w+)` \| `datagen\.(\w+)`", PAGE, re.MULTILINE))
    assert named == {name: name for name in command.commands}
    assert all(hasattr(datagen, name) for name in named)

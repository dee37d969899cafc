"""docs/rollouts.md says what the code does: its table and schema are those of the code, its commands and code run."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from rewards.rollouts import FIELDS, schema
from rft.cli import rft
from tests.pages import page, steps, write_files

PAGE = page("docs/rollouts.md")
VALID = Draft202012Validator(schema())


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_files(PAGE, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_table_of_fields_is_that_of_the_code() -> None:
    lines = [f"| `{name}` | {field.kind.wanted} | {field.meaning} |" for name, field in FIELDS.items()]
    table = PAGE.partition("|---|---|---|\n")[2].partition("<!-- end of fields -->")[0]
    assert table.splitlines() == lines


def test_the_schema_beside_the_page_is_that_of_the_code() -> None:
    assert json.loads(page("docs/schemas/rollout.schema.json")) == schema()
    Draft202012Validator.check_schema(schema())


def test_the_commands_of_the_page_print_what_they_show_and_write_what_the_schema_says(folder: Path) -> None:
    for command, shown in steps(PAGE):
        done = CliRunner().invoke(rft, shlex.split(command.removeprefix("rft ")), catch_exceptions=False)
        assert done.output == shown
    records = [json.loads(line) for line in (folder / "graded.jsonl").read_text(encoding="utf-8").splitlines()]
    assert len(records) == 4
    for record in records:
        VALID.validate(record)
    assert records[1]["metrics"]["content/count/boxes"] is None


def test_the_python_of_the_page_prints_what_it_shows(folder: Path) -> None:
    code, shown = re.search(r"^```python\n(.*?)^```\n\nprints\n\n```text\n(.*?)^```", PAGE, re.M | re.S).groups()  # type: ignore[union-attr]
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(code, {})
    assert printed.getvalue() == shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"rollout_version": 2, "messages": []},
        {"rollout_version": 1},
        {"rollout_version": 1, "messages": [], "score": "1"},
        {"rollout_version": 1, "messages": [], "parts": {"a": None}},
        {"rollout_version": 1, "messages": [], "score": 1, "ungradable": "no reference"},
    ],
)
def test_the_schema_refuses_what_is_no_record(wrong: dict[str, object]) -> None:
    assert not VALID.is_valid(wrong)

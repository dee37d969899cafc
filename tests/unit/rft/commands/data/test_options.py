"""What `rft data` offers without importing what knows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from rft.commands.data import command as data_commands
from rft.commands.data.options import TARGETS


def test_the_targets_offered_are_those_there_are() -> None:
    from datagen.validate import Target

    assert set(TARGETS) == {target.value for target in Target}


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("rows.csv", b"question,answer\n", "a table"),
        ("rows.json", b"\n [\n {}]", "a JSON array"),
        ("rows.parquet", b"PAR1", "Parquet"),
        ("rows.jsonl", b"PK\x03\x04", "a workbook or an archive"),
        ("rows.jsonl", '{"a": 1}'.encode("utf-16"), "in UTF-16"),
    ],
)
@pytest.mark.parametrize("arguments", [["check", "--for", "rft"], ["split", "-o", "out"], ["card"]], ids=str)
def test_a_file_that_is_no_jsonl_is_told_what_makes_jsonl_of_it(
    tmp_path: Path, name: str, data: bytes, kind: str, arguments: list[str]
) -> None:
    (tmp_path / name).write_bytes(data)
    ended = CliRunner().invoke(data_commands, [*arguments, str(tmp_path / name)])
    assert ended.exit_code == 2
    assert f"is {kind}, and this reads JSONL in UTF-8" in ended.output
    assert "rft data convert" in ended.output

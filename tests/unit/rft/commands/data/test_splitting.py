"""`rft data split` and `card`, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.unit.rft.commands.data.small_project import call


def test_a_split_that_does_not_add_up_is_a_wrong_use(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("{}\n")
    done = call("split", path, "-o", tmp_path / "out", "--train", 0.9)
    assert done.exit_code == 2
    assert "must add up to 1" in done.output


def test_split_and_card_say_what_is_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"query": f"word{n} other{n}", "response": "A"}) + "\n" for n in range(10)))
    assert json.loads(call("split", path, "-o", tmp_path / "out", "--json").stdout)["rows"] == {"train": 8, "test": 2}
    assert json.loads(call("card", path, "--json").stdout)["rows"] == 10

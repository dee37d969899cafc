"""`rft data vary` and `dialogues`, as a user calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.rft.commands.data.small_project import call

ASKER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
persona = re.search(r"Who the user is: (.*)", asked)[1]
question = re.search(r"What the user asks:\n(.*?)\n\nWrite", asked, re.S)[1]
print(json.dumps({"question": question if persona == "parrot" else f"As {persona}: {question}"}))
"""
SPEAKER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
said = json.loads(re.search(r"as JSON:\n(.*?)\n\nWrite", asked, re.S)[1].replace("none", "[]", 1) or "[]")
turns = [{"user": "what time is it"}, {"calls": [{"name": "now", "arguments": {}}]}, None, {"say": "noon"}]
print(json.dumps(turns[len(said)] if len(said) < 4 else {"done": True}))
"""


def by_program(folder: Path, source: str) -> str:
    (folder / "teacher.py").write_text(source)
    return json.dumps({"kind": "command", "command": [sys.executable, str(folder / "teacher.py")], "workers": 1})


def pairs(folder: Path, personas: list[str]) -> tuple[Path, Path]:
    """A file whose second row is a pair of answers, and a configuration of variants."""
    rows = [
        {"messages": [{"role": "user", "content": "limit?"}], "reference_answer": {"limit": 5}},
        {"prompt": "fee?", "chosen": "none", "rejected": "seven"},
    ]
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "vary.yaml").write_text(f"teacher: {by_program(folder, ASKER)}\npersonas: {json.dumps(personas)}\n")
    return folder / "rows.jsonl", folder / "vary.yaml"


def test_vary_writes_variants_and_says_what_an_rft_row_cannot_hold(tmp_path: Path) -> None:
    file, config = pairs(tmp_path, ["a child"])
    result = call("vary", file, "--config", config, "-o", tmp_path / "out.jsonl")
    assert result.exit_code == 0, result.output
    assert "4 rows of 2" in result.output
    assert "not carried, since an RFT row cannot hold it: rejected answer 1" in result.output
    ids = [json.loads(line)["id"] for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert ids == ["rows-1", "rows-1-v1", "rows-2", "rows-2-v1"]
    (lost,) = map(json.loads, (tmp_path / "out.rejects.jsonl").read_text().splitlines())
    assert lost["source"] == "rows-2"
    assert "seven" in json.dumps(lost["lost"])


def test_vary_exits_1_where_a_variant_was_rejected_and_counts_for_machines(tmp_path: Path) -> None:
    file, config = pairs(tmp_path, ["parrot"])
    result = call("vary", file, "--config", config, "-o", tmp_path / "out.jsonl", "--json")
    assert result.exit_code == 1
    assert json.loads(result.output) == {
        "rows_read": 2, "rows_written": 2, "rejected": {"duplicate": 2}, "lost": {"rejected answer": 1},
    }  # fmt: skip


def test_dialogues_writes_rows_that_pass_the_check(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text('def now() -> str:\n    """What time it is."""\n    return "noon"\n')
    (tmp_path / "system.txt").write_text("You tell the time.")
    config = tmp_path / "dialogues.yaml"
    config.write_text(
        f"teacher: {by_program(tmp_path, SPEAKER)}\ntools: tools.py\nsystem: system.txt\n"
        "goals: [know the time]\nsplit: {train: 1.0, test: 0}\n"
    )
    result = call("dialogues", config, "-o", tmp_path / "out", "--json")
    assert result.exit_code == 0, result.output
    made = json.loads(result.output)
    assert made["rows"]["sft/train"] == made["rows"]["rft/train"] == 1
    for name, target in (("sft/train", "training-job-sft"), ("rft/train", "rft")):
        checked = json.loads(call("check", made["files"][name], "--for", target, "--json").output)
        assert set(checked["counts"]) == {"rows-too-few"}


def test_dialogues_exits_1_where_none_is_kept(tmp_path: Path) -> None:
    (tmp_path / "tools.py").write_text('def later() -> str:\n    """Another time."""\n    return "noon"\n')
    (tmp_path / "system.txt").write_text("You tell the time.")
    config = tmp_path / "dialogues.yaml"
    config.write_text(
        f"teacher: {by_program(tmp_path, SPEAKER)}\ntools: tools.py\nsystem: system.txt\ngoals: [know the time]\n"
    )
    result = call("dialogues", config, "-o", tmp_path / "out")
    assert result.exit_code == 1, result.output

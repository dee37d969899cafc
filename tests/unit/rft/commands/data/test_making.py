"""`rft data plan`, `make` and `export`, as a user calls them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.unit.rft.commands.data.small_project import PROJECT, call


def test_plan_counts_and_touches_nothing(project: Path) -> None:
    before = sorted(project.parent.rglob("*"))
    plan = json.loads(call("plan", project, "--json").stdout)
    assert plan["documents"] == 6
    assert plan["calls"] == plan["passages"]
    assert sorted(project.parent.rglob("*")) == before


def test_what_make_writes_passes_check(project: Path, tmp_path: Path) -> None:
    made = call("make", project, "-o", tmp_path / "out", "--json")
    assert made.exit_code == 0
    files = json.loads(made.stdout)["files"]
    report = json.loads(call("check", files["rft/train"], "--for", "rft", "--json").stdout)
    assert set(report["counts"]) <= {"rows-too-few", "tools-missing"}


def test_a_data_set_with_an_empty_split_is_a_problem(project: Path, tmp_path: Path) -> None:
    (tmp_path / "reward.py").write_text(
        "from rewards import Score\n\n\ndef reward(sample, completion):\n    return Score(0.5, 'never right')\n"
    )
    assert call("make", project, "-o", tmp_path / "out").exit_code == 1


def test_what_a_paid_teacher_said_is_exported_and_said_again(project: Path, tmp_path: Path) -> None:
    (tmp_path / "teacher.py").write_text(
        "import json, sys\n"
        "prompt = json.load(sys.stdin)['prompt']\n"
        "rule = prompt.partition('<passage>')[2].strip().partition('\\n')[0][-40:]\n"
        "print(json.dumps({'samples': [{'question': 'What of ' + rule + '?', 'answer': {'Type': 'lookup'}}]}))\n"
    )
    command = f"command: [{sys.executable}, -I, {tmp_path / 'teacher.py'}]"
    text = PROJECT.replace("{kind: template, templates: templates.yaml}", f"{{kind: command, {command}}}")
    project.write_text(text)
    made = json.loads(call("make", project, "-o", tmp_path / "run" / "out", "--json").stdout)
    recording = tmp_path / "answers.jsonl"
    assert call("export", tmp_path / "run" / "teacher.sqlite", "-o", recording).exit_code == 0
    project.write_text(
        PROJECT.replace("{kind: template, templates: templates.yaml}", "{kind: replay, answers: answers.jsonl}")
    )
    again = json.loads(call("make", project, "-o", tmp_path / "again" / "out", "--json").stdout)
    assert again["rows"] == made["rows"]
    assert Path(again["files"]["rft/train"]).read_bytes() == Path(made["files"]["rft/train"]).read_bytes()

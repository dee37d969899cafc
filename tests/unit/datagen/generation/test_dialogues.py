"""Dialogues by a teacher that is a program: calls fit their tools, functions answer them, rows pass the checks."""

from __future__ import annotations

import json
import sys

import pytest

from datagen.errors import ConfigError
from datagen.generation.dialogues import DialoguesConfig, dialogues
from datagen.generation.tools import read_tools
from datagen.validate import Target, check
from rewards.types import ToolCall

TOOLS = '''
"""Tools of a bank."""
from datetime import date

_LIMITS = {"7": 100}


def card_limit(card: str, day: date | None = None) -> dict[str, int]:
    """The limit of a card in euros."""
    return {"limit": _LIMITS[card]}


def now() -> str:
    """What time it is."""
    return "noon"
'''
TEACHER = r"""
import json, re, sys
asked = json.loads(sys.stdin.read())["prompt"]
goal = re.search(r"What the user wants: (.*)", asked)[1]
said = json.loads(re.search(r"as JSON:\n(.*?)\n\nWrite", asked, re.S)[1].replace("none", "[]", 1) or "[]")
again = "It cannot be used" in asked
card = goal.split()[-1]
if not said:
    turn = {"user": goal}
elif said[-1]["role"] == "user":
    arguments = {"cards": card} if "clumsy" in goal and not again else {"card": card}
    turn = {"calls": [{"name": "card_limit" if "lost" not in goal else "block", "arguments": arguments},
                      {"name": "now", "arguments": {}}]}
elif said[-1]["role"] == "tool":
    turn = {"say": "It is " + said[-2]["content"]}
elif "endless" in goal:
    turn = {"user": "And again?"}
else:
    turn = {"done": True}
print(json.dumps(turn))
"""


def made(tmp_path, goals, **more):
    (tmp_path / "tools.py").write_text(TOOLS, encoding="utf-8")
    (tmp_path / "teacher.py").write_text(TEACHER, encoding="utf-8")
    (tmp_path / "system.txt").write_text("You help the customers of a bank.", encoding="utf-8")
    teacher = {"kind": "command", "command": [sys.executable, str(tmp_path / "teacher.py")], "workers": 1}
    split = {"train": 1.0, "test": 0}
    config = {"teacher": teacher, "tools": "tools.py", "system": "system.txt", "goals": goals, "split": split, **more}
    return dialogues(DialoguesConfig.model_validate(config), root=tmp_path, seed=1, out=tmp_path / "out")


def rows(result, name):
    return [json.loads(line) for line in result.files[name].read_text(encoding="utf-8").splitlines()]


def test_the_rows_hold_what_the_functions_returned_and_pass_both_checks(tmp_path):
    result = made(tmp_path, ["tell me the limit of card 7"])
    (sft,) = rows(result, "sft/train")
    assert [turn["role"] for turn in sft["messages"]] == ["user", "assistant", "user", "assistant"]
    results = [block["toolResult"]["content"][0]["text"] for block in sft["messages"][2]["content"]]
    assert results == ['{"limit":100}', "noon"]
    (rft,) = rows(result, "rft/train")
    calls = [{"name": "card_limit", "arguments": {"card": "7"}}, {"name": "now", "arguments": {}}]
    assert rft["reference_answer"] == {"tool_calls": calls}
    assert [turn["role"] for turn in rft["messages"]] == ["system", "user"]
    for name, target in (("sft/train", Target.TRAINING_JOB_SFT), ("rft/train", Target.RFT)):
        assert check(result.files[name], target, rows=False).counts == {}


def test_provenance_names_the_dialogue_the_goal_and_every_request(tmp_path):
    result = made(tmp_path, ["limit of card 7"], personas=["a hurried user", "a polite user"], max_rounds=6)
    told = rows(result, "provenance/train")
    assert [one["persona"] for one in told] == ["a hurried user", "a polite user"]
    assert all(len(one["requests"]) == 4 and one["goal"] == "limit of card 7" for one in told)
    assert {row["metadata"]["source"] for row in rows(result, "rft/train")} == {one["id"] for one in told}


def test_a_call_that_does_not_fit_its_tool_is_asked_for_once_more(tmp_path):
    result = made(tmp_path, ["a clumsy question on card 7"])
    assert (result.rows["sft/train"], result.rejected) == (1, {})


def test_a_failure_of_a_tool_is_its_result(tmp_path):
    (sft,) = rows(made(tmp_path, ["limit of card 8"]), "sft/train")
    assert sft["messages"][2]["content"][0]["toolResult"]["content"] == [{"text": '{"error":"\'8\'"}'}]


def test_unknown_tools_and_dialogues_without_end_are_rejected_with_the_reason(tmp_path):
    result = made(tmp_path, ["I lost card 7", "an endless talk on card 7"], max_rounds=3)
    assert result.rejected == {"schema": 1, "unfinished": 1}
    reject, endless = rows(result, "rejects")
    assert endless["reason"] == "the dialogue was not done after 3 rounds"
    assert "turn 2: no tool is called 'block'; there are card_limit, now" in reject["reason"]


def test_a_stopped_run_goes_on_without_asking_twice(tmp_path):
    first = made(tmp_path, ["limit of card 7"])
    before = {name: path.read_bytes() for name, path in first.files.items()}
    (tmp_path / "teacher.py").write_text("raise SystemExit(1)", encoding="utf-8")
    teacher = {"kind": "command", "command": [sys.executable, str(tmp_path / "teacher.py")], "workers": 1}
    config = {"teacher": teacher, "tools": "tools.py", "system": "system.txt", "goals": ["limit of card 7"]}
    config["split"] = {"train": 1.0, "test": 0}
    again = dialogues(DialoguesConfig.model_validate(config), root=tmp_path, seed=1, out=tmp_path / "out")
    assert {name: path.read_bytes() for name, path in again.files.items()} == before


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("def f(x):\n    '''Doc'''\n", "f has no type for x"),
        ("def f(*x: int):\n    '''Doc'''\n", r"\*args"),
        ("def f(x: int): ...\n", "no docstring"),
        ("_X = 1\n", "defines no function"),
    ],
)
def test_what_cannot_be_a_tool_is_named(tmp_path, code, problem):
    (tmp_path / "t.py").write_text(code, encoding="utf-8")
    with pytest.raises(ConfigError, match=problem):
        read_tools(tmp_path / "t.py")


def test_arguments_reach_the_function_as_its_types(tmp_path):
    code = "from datetime import date\ndef year(day: date) -> int:\n    '''The year.'''\n    return day.year\n"
    (tmp_path / "t.py").write_text(code, encoding="utf-8")
    tools = read_tools(tmp_path / "t.py")
    assert tools.result(ToolCall("year", {"day": "2026-01-02"})) == "2026"
    assert "error" in tools.result(ToolCall("year", {"day": "never"}))

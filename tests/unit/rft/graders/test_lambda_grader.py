"""A handler file in the emulator is watched from inside: its branches, its constants, and what it raises."""

import json
from pathlib import Path

import pytest

from rewards.audit.grader import explorer_of
from rft.graders.lambda_grader import lambda_grader

NAMED = "lambda_function.lambda_handler"
HANDLER = """
def lambda_handler(event, context):
    return [{"id": row["id"], "aggregate_reward_score": score(row["text"])} for row in event]


def score(text):
    if text == "letmein":
        return 1.0
    return float(text == "leave" and 1 / 0)
"""


@pytest.fixture
def handler(tmp_path: Path) -> str:
    path = tmp_path / "grader.py"
    path.write_text(HANDLER, encoding="utf-8")
    return str(path)


def test_steps_in_the_emulator_count_new_branches_and_keep_errors_apart(handler: str):
    events = [[{"id": str(n), "text": text}] for n, text in enumerate(["a", "b", "letmein", "letmein", "leave"])]
    with lambda_grader(handler, handler=NAMED, timeout_s=10) as grader:
        explorer = explorer_of(grader)
        assert explorer is not None
        assert {"letmein", "leave"} <= set(explorer.constants())
        steps = explorer.steps(events)
        plain = grader.ask(events[2])
    assert [step.new > 0 for step in steps] == [True, False, True, False, True]
    assert [step.reply.fault is None for step in steps] == [True, True, True, True, False]
    assert "ZeroDivisionError" in str(steps[-1].reply.fault)
    assert json.dumps(steps[2].reply.payload) == json.dumps(plain.payload)


def test_an_exit_in_the_emulator_is_a_fault_of_its_own_step(tmp_path: Path):
    path = tmp_path / "grader.py"
    path.write_text("import os\n\n\ndef lambda_handler(event, context):\n    if event[0]['id'] == '1':\n"
                    "        os._exit(3)\n    return []\n", encoding="utf-8")  # fmt: skip
    with lambda_grader(str(path), handler=NAMED, timeout_s=10) as grader:
        explorer = explorer_of(grader)
        assert explorer is not None
        steps = explorer.steps([[{"id": str(n)}] for n in range(3)])
    assert [step.reply.fault is not None for step in steps] == [False, True, False]

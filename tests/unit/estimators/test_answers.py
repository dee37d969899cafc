"""Answers of a deployed model: one per row, none asked twice, readable by what grades local answers."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from estimators.answers import Usage, answer_rows, assistant_turn, converse_request
from estimators.errors import JobError, OutputError
from estimators.results.graded import TOTAL, read_graded
from rewards import CallFormat, tool_choice
from rewards.rollouts import read_records
from rewards.writing import BusyOutputError, appending
from tests.fakes.aws_model import AwsError, FakeAws, Fault
from tests.fakes.fake_bedrock_runtime import FakeBedrockRuntime
from tests.fakes.shapes import request_problems
from tests.unit.estimators.rows import rft_rows

MODEL = "arn:aws:bedrock:us-east-1:123456789012:custom-model-deployment/0123456789ab"


def ask(runtime: FakeBedrockRuntime, rows: Path, out: Path, workers: int = 1) -> Usage:
    return answer_rows(rows, MODEL, FakeAws(runtime), out=out, max_tokens=100, workers=workers)


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    return rft_rows(tmp_path / "rows.jsonl", 5)


def answers(path: Path) -> dict[str, str]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    return {row["row_id"]: row["messages"][-1]["content"] for row in found}


@pytest.mark.parametrize("workers", [1, 4])
def test_every_row_is_answered_once(rows: Path, tmp_path: Path, workers: int):
    runtime = FakeBedrockRuntime()
    usage = ask(runtime, rows, tmp_path / "out.jsonl", workers)
    assert answers(tmp_path / "out.jsonl") == {f"q-{i}": f"echo What is {i} + {i}?" for i in range(5)}
    assert usage == Usage(5, 5 * len("What is 0 + 0?"), 5 * 2)
    assert runtime.count("Converse") == 5


def test_a_completion_is_kept_as_a_rollout_record(rows: Path, tmp_path: Path):
    runtime = FakeBedrockRuntime(stop_reason="max_tokens")
    ask(runtime, rows, tmp_path / "out.jsonl")
    (_, first), *_ = read_records(tmp_path / "out.jsonl")
    assert (first["id"], first["row_id"], first["sample"], first["model"]) == ("q-0-0", "q-0", 0, MODEL)
    assert first["tokens"] == {"prompt": len("What is 0 + 0?"), "completion": 2}
    assert (first["finish_reason"], first["temperature"]) == ("length", 0.0)


def test_two_runs_into_one_file_are_told_apart_before_any_call(rows: Path, tmp_path: Path):
    runtime = FakeBedrockRuntime()
    with appending(tmp_path / "out.jsonl"), pytest.raises(BusyOutputError, match="another process is writing"):
        ask(runtime, rows, tmp_path / "out.jsonl")
    assert runtime.calls == []


def test_a_second_run_asks_nothing(rows: Path, tmp_path: Path):
    first = ask(FakeBedrockRuntime(), rows, tmp_path / "out.jsonl")
    runtime = FakeBedrockRuntime()
    assert ask(runtime, rows, tmp_path / "out.jsonl") == first
    assert runtime.calls == []


def test_after_a_refusal_the_answers_are_kept_and_the_rest_is_asked(rows: Path, tmp_path: Path):
    runtime, out = FakeBedrockRuntime(), tmp_path / "out.jsonl"

    def third_fails(prompt: str) -> list[dict[str, object]]:
        if prompt.startswith("What is 2"):
            raise AwsError("ThrottlingException", "Too many requests", 429)
        return [{"text": "fine"}]

    runtime.answer_to = third_fails
    with pytest.raises(JobError, match="run it again to go on"):
        ask(runtime, rows, out)
    kept = len(out.read_text().splitlines())
    assert kept < 5
    again = FakeBedrockRuntime()
    assert ask(again, rows, out).completions == 5
    assert again.count("Converse") == 5 - kept


def test_half_a_line_left_by_a_crash_is_asked_again(rows: Path, tmp_path: Path):
    out = tmp_path / "out.jsonl"
    ask(FakeBedrockRuntime(), rows, out)
    whole = out.read_bytes()
    out.write_bytes(whole[:-20])
    assert ask(FakeBedrockRuntime(), rows, out).completions == 5
    assert sorted(out.read_bytes().splitlines()) == sorted(whole.splitlines())


def test_an_expired_token_is_an_error_of_one_line(rows: Path, tmp_path: Path):
    runtime = FakeBedrockRuntime(faults=[Fault("Converse", AwsError("ExpiredTokenException", "expired"), times=9)])
    with pytest.raises(JobError, match="ExpiredTokenException: expired"):
        ask(runtime, rows, tmp_path / "out.jsonl")


def test_requests_with_system_and_tools_are_what_botocore_accepts(rows: Path):
    row = json.loads(rows.read_text().splitlines()[0])
    row["messages"].insert(0, {"role": "system", "content": "Answer briefly."})
    request = converse_request(row, MODEL, {"maxTokens": 10, "temperature": 0.0})
    assert request_problems("bedrock-runtime", "Converse", request) == []
    assert request["system"] == [{"text": "Answer briefly."}]
    assert request["toolConfig"]["tools"][0]["toolSpec"]["name"] == "add"


def test_a_tool_call_of_the_model_is_graded_like_a_local_one(tmp_path: Path):
    path = rft_rows(tmp_path / "rows.jsonl", 1, reference_answer=[{"name": "add", "arguments": {"a": 0}}])
    use = {"toolUse": {"toolUseId": "t0", "name": "add", "input": {"a": 0}}}
    runtime = FakeBedrockRuntime(answer_to=lambda prompt: [use])
    ask(runtime, path, tmp_path / "out.jsonl")
    [row] = read_graded(tmp_path / "out.jsonl", tool_choice(CallFormat())).values()
    assert row.metrics[TOTAL] == 1


def test_a_row_without_an_id_is_named_by_its_line(tmp_path: Path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"messages": []}\n')
    with pytest.raises(OutputError, match=r"rows\.jsonl:1"):
        ask(FakeBedrockRuntime(), path, tmp_path / "out.jsonl")


def test_text_around_a_tool_call_is_kept():
    content = [{"text": "First. "}, {"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}, {"text": "Then."}]
    assert assistant_turn({"output": {"message": {"content": content}}})["content"] == "First. Then."


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("{", "rows.jsonl:2:2: not JSON"),
        ('{"messages": []}', "rows.jsonl:2: a row needs an 'id'"),
        ('{"id": "b"}', "rows.jsonl:2: no 'messages' list, and no 'prompt'"),
    ],
)
def test_a_line_that_cannot_be_asked_is_named(tmp_path: Path, line: str, problem: str):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(f'{{"id": "a", "prompt": "2 + 2?"}}\n{line}\n')
    with pytest.raises(OutputError, match=re.escape(problem)):
        ask(FakeBedrockRuntime(), rows, tmp_path / "out.jsonl")


def test_rows_of_other_frameworks_are_asked_too(tmp_path: Path):
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    rows.write_text('{"id": "a", "prompt": "2 + 2?"}\n')
    ask(FakeBedrockRuntime(), rows, out)
    ((_, record),) = read_records(out)
    assert record["messages"][0] == {"role": "user", "content": "2 + 2?"}

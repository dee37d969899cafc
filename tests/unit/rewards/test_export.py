"""One reward through every trainer's door: the same numbers to 1e-12."""

from __future__ import annotations

import asyncio
import importlib
import json
import pickle
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lambda_package.handler import handler_for
from rewards import (
    JSON,
    REWARDS,
    CallFormat,
    Completion,
    Reward,
    Sample,
    Score,
    SpecError,
    UngradableError,
    exact_match,
    gated,
    json_parse,
    parameters,
    sequence,
    tool_calls,
    tool_choice,
    weighted,
)
from rewards.export import as_eval_protocol, as_nemo_gym, as_trl, as_verifiers, as_verl, to_openai_grader
from rewards.export.openai import MAX_SOURCE_BYTES

PLAN = CallFormat(unwrap="plan", calls="tools", name="tool", arguments="with")
CONTENT = weighted(
    {"tool_choice": (tool_choice(PLAN), 0.3), "parameters": (parameters(PLAN), 0.4), "order": (sequence(PLAN), 0.3)}
)
REWARD = weighted({"json": (json_parse(), 0.1), "content": (gated(CONTENT, by=json_parse(), threshold=0.75), 0.9)})
CALLS: JSON = [{"tool": "search", "with": {"q": "bail-in", "n": 3}}, {"tool": "cite", "with": {}}]
REFERENCE: JSON = {"plan": {"tools": CALLS}}
ANSWERS = [
    json.dumps(REFERENCE),
    f"```json\n{json.dumps(REFERENCE)}\n```",
    '{"plan": {"tools": [{"tool": "cite", "with": {}}, {"tool": "search", "with": {"q": "bail-out", "n": 3}}]}}',
    '{"plan": {"tools": [{"tool": "search", "with": {"q": "bail-in", "n": true}}]}}',
    "no idea",
    "",
]
PROMPT = [{"role": "user", "content": "plan it"}]
EXPECTED = [REWARD(Sample("s", (), reference=REFERENCE), Completion(answer)).value for answer in ANSWERS]


def test_the_answers_differ_in_what_they_earn() -> None:
    assert len(set(EXPECTED)) == 5  # the last two both earn 0


def test_trl_gets_the_same_numbers() -> None:
    function = as_trl(REWARD)
    count = len(ANSWERS)
    assert function(prompts=["p"] * count, completions=ANSWERS, reference_answer=[REFERENCE] * count) == EXPECTED
    chats = [[{"role": "assistant", "content": answer}] for answer in ANSWERS]
    texts = [json.dumps(REFERENCE)] * count
    conversational = as_trl(REWARD, reference="gold", json_reference=True)
    assert (
        conversational(prompts=[PROMPT] * count, completions=chats, gold=texts, completion_ids=[[1]] * count)
        == EXPECTED
    )


def test_trl_logs_the_mean_of_every_part() -> None:
    logged: dict[str, float] = {}
    as_trl(REWARD, name="plan")(
        prompts=["p"] * 2, completions=ANSWERS[:2], reference_answer=[REFERENCE] * 2, log_metric=logged.__setitem__
    )
    assert logged["plan/json"] == pytest.approx(0.95)  # (1 + 0.9) / 2
    assert logged["plan/content/gate"] == pytest.approx(0.95)


def test_trl_leaves_out_what_cannot_be_judged_and_names_a_missing_column() -> None:
    function = as_trl(REWARD)
    assert function(prompts=["p"], completions=["x"], reference_answer=[None]) == [None]
    with pytest.raises(ValueError, match="needs a column 'reference_answer'; it has gold"):
        function(prompts=["p"], completions=["x"], gold=[1])


def test_trl_is_warned_once_of_nulls_that_arrow_may_have_written(caplog: pytest.LogCaptureFixture) -> None:
    dataset = pytest.importorskip("datasets").Dataset.from_list([{"truth": {"a": 1}}, {"truth": {"b": 2}}])
    filled = dataset["truth"][0]
    assert filled == {"a": 1, "b": None}  # what Arrow makes of {"a": 1}
    for _ in range(2):
        as_trl(exact_match(), reference="truth")(prompts=["p"], completions=["x"], truth=[filled])
    assert [record.message[:38] for record in caplog.records] == ["column 'truth' holds objects with null"]
    as_trl(exact_match(), reference="text", json_reference=True)(prompts=["p"], completions=["x"], text=['{"a": 1}'])
    assert len(caplog.records) == 1


def test_trl_recognises_the_function_and_its_name() -> None:
    utils = pytest.importorskip("trl.trainer.utils")
    function = as_trl(REWARD, name="plan")
    assert utils.get_callable_name(function) == "plan"
    assert not utils.is_async_callable(function)


@pytest.fixture
def eval_protocol(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The package's models where it is installed, else the fields of them that the wrapper names."""
    try:
        return importlib.import_module("eval_protocol.models")
    except ImportError:
        models = ModuleType("eval_protocol.models")
        models.EvaluateResult = SimpleNamespace  # type: ignore[attr-defined]
        models.MetricResult = SimpleNamespace  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "eval_protocol", ModuleType("eval_protocol"))
        monkeypatch.setitem(sys.modules, "eval_protocol.models", models)
        return models


class Turn(SimpleNamespace):
    """A message of eval-protocol: its own fields are there and null."""

    def model_dump(self, *, exclude_none: bool) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value is not None or not exclude_none}


def row_of_eval_protocol(answer: str, truth: Any) -> Any:
    turns = [{**PROMPT[0], "tool_calls": None}, {"role": "assistant", "content": answer, "tool_calls": None}]
    told = SimpleNamespace(row_id="q", dataset_info={"source": "s"})
    return SimpleNamespace(
        messages=[Turn(**turn) for turn in turns], tools=None, ground_truth=truth, input_metadata=told
    )


def test_eval_protocol_gets_the_same_numbers_with_every_part(eval_protocol: Any) -> None:
    grade = as_eval_protocol(REWARD)
    results = [grade(row_of_eval_protocol(answer, json.dumps(REFERENCE))).evaluation_result for answer in ANSWERS]
    assert [result.score for result in results] == EXPECTED
    assert {frozenset(result.metrics) for result in results} == {frozenset(results[0].metrics)}
    assert (
        results[1].metrics["json"].score
        == REWARD(Sample("s", (), REFERENCE), Completion(ANSWERS[1])).parts["json"].value
    )
    unjudged = grade(row_of_eval_protocol("x", None)).evaluation_result
    assert (unjudged.is_score_valid, unjudged.reason) == (False, "ungradable")
    assert "reference" in unjudged.error


def test_verl_gets_the_same_numbers_under_the_same_keys() -> None:
    compute_score = as_verl(REWARD)
    rows = [compute_score("s", answer, json.dumps(REFERENCE), {"index": 3}) for answer in ANSWERS]
    assert [row["score"] for row in rows] == EXPECTED
    silent = as_verl(REWARD, fallback=-1.0)("s", "x", "null")
    assert {frozenset(row) for row in [*rows, silent]} == {frozenset(silent)}
    assert (silent["score"], silent["ungradable"]) == (-1.0, 1.0)
    with pytest.raises(UngradableError):
        compute_score("s", "x", "null")


class Trace:
    """The part of a verifiers v1 trace that a reward touches."""

    def __init__(self, answer: str) -> None:
        turns = [{"role": "user", "content": "plan it"}, {"role": "assistant", "content": answer}]
        self.messages = [SimpleNamespace(role=turn["role"], model_dump=lambda turn=turn: turn) for turn in turns]
        self.metrics: dict[str, float] = {}

    def record_metrics(self, values: dict[str, float]) -> None:
        self.metrics.update(values)


def test_verifiers_gets_the_same_numbers_and_records_the_parts() -> None:
    function = as_verifiers(REWARD)
    task = SimpleNamespace(id="s", idx=0, prompt_text="plan it", answer=REFERENCE)
    traces = [Trace(answer) for answer in ANSWERS]
    assert [asyncio.run(function(task=task, trace=trace)) for trace in traces] == EXPECTED
    assert traces[1].metrics["json"] == 0.9


def test_verifiers_itself_scores_a_task_with_the_reward() -> None:
    vf = pytest.importorskip("verifiers.v1")
    from verifiers.v1.configs.task import RewardFunctionConfig
    from verifiers.v1.trace import AgentInfo, MessageNode, Trace, TraceTask
    from verifiers.v1.types import AssistantMessage

    class Data(vf.TaskData):  # type: ignore[misc,name-defined]  # verifiers is not installed where types are checked
        answer: Any

    data = Data(idx=0, prompt="plan it", answer=REFERENCE)
    config = vf.TaskConfig(rewards={"plan": RewardFunctionConfig(fn=f"{Path(__file__)}:PLUGGED")})
    for answer, expected in zip(ANSWERS, EXPECTED, strict=True):
        node = MessageNode(message=AssistantMessage(content=answer), sampled=True)
        trace = Trace(task=TraceTask(type="T", data=data), agent=AgentInfo.model_construct(), nodes=[node])
        asyncio.run(vf.Task(data, config).score(trace))
        assert trace.reward == pytest.approx(expected, abs=1e-12)


PLUGGED = as_verifiers(REWARD)


def nemo_request(answer: str, reference: JSON = REFERENCE) -> dict[str, Any]:
    """A verify request as NeMo Gym posts it, without the fields that no verifier reads."""
    content = [{"type": "output_text", "text": answer, "annotations": []}]
    return {
        "responses_create_params": {"input": PROMPT, "tools": []},
        "response": {"output": [{"type": "reasoning", "summary": []}, {"type": "message", "content": content}]},
        "reference_answer": reference,
    }


def test_nemo_gym_gets_the_same_numbers_and_its_request_back() -> None:
    verify = as_nemo_gym(REWARD)
    results = [verify(nemo_request(answer)) for answer in ANSWERS]
    assert [result["reward"] for result in results] == EXPECTED
    assert results[0]["response"] == nemo_request(ANSWERS[0])["response"]
    assert results[0]["content__tool_choice"] == 1.0
    masked = verify(nemo_request("x", None))
    assert (masked["mask_sample"], masked["failure_kind"]) == (True, "rftkit:ungradable")
    assert masked.keys() - {"failure_kind", "failure_reason"} == results[0].keys()


def test_nemo_gym_grades_native_calls_that_are_still_open() -> None:
    sample_reference: JSON = [{"name": "search", "arguments": {"q": "x"}}]
    request = nemo_request("", sample_reference)
    request["response"]["output"] = [
        {"type": "function_call", "call_id": "1", "name": "look", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "found"},
        {"type": "function_call", "call_id": "2", "name": "search", "arguments": '{"q": "x"}'},
    ]
    assert as_nemo_gym(tool_calls())(request)["reward"] == 1.0


@given(st.sampled_from(["messages", "prompt", "completion", "response"]), st.sampled_from(["4", "5"]))
def test_a_column_that_holds_another_conversation_is_not_the_graded_one(column: str, said: str) -> None:
    other = [{"role": "user", "content": "2 + 2?"}, {"role": "assistant", "content": "4"}]
    value: JSON = {"output": other} if column == "response" else other
    function, verify = as_trl(exact_match()), as_nemo_gym(exact_match())
    if column not in ("prompt", "completion"):  # TRL takes these two itself
        assert function(["2 + 2?"], [said], reference_answer=["4"], **{column: [value]}) == [float(said == "4")]
    if column != "response":
        assert verify(nemo_request(said, "4") | {column: value})["reward"] == float(said == "4")


def test_nemo_gym_masks_a_request_without_a_completion() -> None:
    verify = as_nemo_gym(exact_match())
    for response in ({}, {"response": None}, {"response": {"output": None}}):
        request = {"responses_create_params": {"input": "2 + 2?"}, "reference_answer": "4", **response}
        assert verify(request)["mask_sample"] is True


@pytest.mark.parametrize("kind", ["custom_tool_call", "mcp_call", "web_search_call", "computer_call"])
def test_nemo_gym_takes_a_call_of_a_hosted_tool_for_a_call(kind: str) -> None:
    request = nemo_request("done", [])
    request["response"]["output"].append({"type": kind, "id": "1", "status": "completed"})
    assert as_nemo_gym(tool_calls())(request)["reward"] == 0.0
    assert as_nemo_gym(exact_match())(request | {"reference_answer": "done"})["reward"] == 1.0


def test_verl_rows_may_have_no_prompt() -> None:
    assert as_verl(exact_match())("d", "4", "4", {"prompt": None})["score"] == 1.0


RUN = """
import json, sys
namespace = {}
exec(compile(open(sys.argv[1]).read(), "grader", "exec"), namespace)
samples = json.load(open(sys.argv[2]))
print(json.dumps([namespace["grade"](sample, item) for sample, item in samples]))
"""


def by_openai(grader: dict[str, str], pairs: list[Any], folder: Path) -> Any:
    """What the source gives, alone in an interpreter that has nothing of ours."""
    (folder / "grader.py").write_text(grader["source"])
    (folder / "pairs.json").write_text(json.dumps(pairs))
    command = [sys.executable, "-I", "-S", "-c", RUN, str(folder / "grader.py"), str(folder / "pairs.json")]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def test_openai_runs_the_same_reward_from_its_source_alone(tmp_path: Path) -> None:
    grader = to_openai_grader(REWARD, name="plan")
    assert len(grader["source"].encode()) < 0.75 * MAX_SOURCE_BYTES
    pairs = [({"output_text": answer, "output_tools": None}, {"reference_answer": REFERENCE}) for answer in ANSWERS]
    assert by_openai(grader, pairs, tmp_path) == EXPECTED


def test_every_component_is_in_the_source(tmp_path: Path) -> None:
    source = to_openai_grader(exact_match())["source"]
    (tmp_path / "grader.py").write_text(f"{source}\nimport rewards\nprint(sorted(rewards.REWARDS))\n")
    ran = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / "grader.py")], capture_output=True, text=True)
    assert ran.stdout == f"{sorted(REWARDS)}\n", ran.stderr


def test_openai_cannot_take_a_function_of_ones_own() -> None:
    with pytest.raises(SpecError, match="no specification"):
        to_openai_grader(lambda sample, completion: Score(1.0))


def event(answer: str) -> dict[str, Any]:
    return {"id": "s", "messages": [*PROMPT, {"role": "assistant", "content": answer}], "reference_answer": REFERENCE}


def test_every_aws_caller_gets_the_same_numbers() -> None:
    events = [event(answer) for answer in ANSWERS]
    nova = handler_for(REWARD)(events)
    assert [row["aggregate_reward_score"] for row in nova] == EXPECTED  # type: ignore[union-attr,index,call-overload]
    envelope: Any = handler_for(REWARD, envelope=True)(events)
    assert [row["aggregate_reward_score"] for row in json.loads(envelope["body"])] == EXPECTED
    bedrock = [{**each, "metadata": {"reference_answer": each.pop("reference_answer")}} for each in map(dict, events)]
    rows: Any = handler_for(REWARD)(bedrock)
    assert [row["aggregate_reward_score"] for row in rows] == EXPECTED


@pytest.mark.parametrize("export", [as_trl, as_verl, as_verifiers, as_nemo_gym], ids=lambda export: export.__name__)
def test_what_goes_to_a_trainer_travels_to_its_workers(export: Any) -> None:
    wrapped = export(REWARD)
    assert pickle.loads(pickle.dumps(wrapped)) == wrapped


def test_a_fallback_must_be_a_number() -> None:
    with pytest.raises(ValueError, match="fallback must be finite"):
        as_verl(exact_match(), fallback=float("nan"))


def test_rewards_of_ones_own_are_exported_like_ours() -> None:
    def own(sample: Sample, completion: Completion, /) -> Score:
        return Score(float(len(completion.text) == sample.reference))

    reward: Reward = own
    assert as_trl(reward)(prompts=["p"], completions=["abc"], reference_answer=[3]) == [1.0]

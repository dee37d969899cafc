"""200 rows through every door that a reward is exported by: the same number each time."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

import pytest

from rewards import Completion, Sample, UngradableError, exact_match, field_f1, json_parse, weighted
from rewards.errors import RowError
from rewards.export import (
    as_eval_protocol,
    as_nemo_gym,
    as_trl,
    as_verifiers,
    as_verl,
    to_gemini_reward,
    to_openai_grader,
    to_rewardkit,
    to_verifiers_taskset,
)
from rewards.export.verifiers_tasks import scored
from rewards.types import JSON
from tests.unit.rewards.test_export import Trace, eval_protocol, row_of_eval_protocol

__all__ = ["eval_protocol"]  # a fixture

REWARD = weighted({"json": (json_parse("object"), 0.1), "fields": (field_f1(), 0.9)})


def table(count: int) -> list[tuple[dict[str, Any], str]]:
    """(reference, answer): right, with a wrong, a missing or an invented field, in prose, broken and empty."""
    random, rows = Random("export"), []
    for number in range(count):
        reference = {"id": f"A-{number}", "total": random.randint(0, 999) / 4, "paid": random.random() < 0.5, "é": "ü"}
        answer = dict(reference)
        for _ in range(random.randint(0, 3)):
            key = random.choice(["id", "total", "paid", "new", "é"])
            answer[key] = random.choice([None, True, 0, "A-1", [1]])
        if random.random() < 0.3:
            answer.pop(random.choice(list(answer)))
        text = json.dumps(answer, ensure_ascii=random.random() < 0.5)
        rows.append((reference, random.choice([text, text, f"Here: ```json\n{text}\n```", text[:-3], "no idea", ""])))
    return rows


ROWS = table(200)
EXPECTED = [REWARD(Sample("s", (), reference), Completion(text)).value for reference, text in ROWS]
ASKED = [{"role": "user", "content": "read it"}]


def test_the_rows_differ_in_what_they_earn() -> None:
    assert len(set(EXPECTED)) >= 15
    assert {0.0, 1.0} < set(EXPECTED)


def by_trl() -> list[float | None]:
    references, texts = zip(*ROWS, strict=True)
    return as_trl(REWARD)(prompts=["read it"] * 200, completions=list(texts), reference_answer=list(references))


def by_verl() -> list[float]:
    return [as_verl(REWARD)("s", text, json.dumps(reference))["score"] for reference, text in ROWS]


def by_verifiers() -> list[float]:
    function = as_verifiers(REWARD)
    tasks = [SimpleNamespace(id="s", idx=0, prompt_text="read it", answer=reference) for reference, _ in ROWS]
    return [asyncio.run(function(task, Trace(text))) for task, (_, text) in zip(tasks, ROWS, strict=True)]


def by_nemo_gym() -> list[float]:
    output = [{"type": "message", "content": [{"type": "output_text", "text": text}]} for _, text in ROWS]
    requests = [
        {"responses_create_params": {"input": ASKED}, "response": {"output": [said]}, "reference_answer": reference}
        for said, (reference, _) in zip(output, ROWS, strict=True)
    ]
    return [as_nemo_gym(REWARD)(request)["reward"] for request in requests]


@pytest.mark.parametrize("door", [by_trl, by_verl, by_verifiers, by_nemo_gym], ids=lambda door: door.__name__)
def test_a_trainer_gets_the_same_200_numbers(door: Callable[[], list[float]]) -> None:
    assert door() == EXPECTED


def test_eval_protocol_gets_the_same_200_numbers(eval_protocol: Any) -> None:
    grade = as_eval_protocol(REWARD)
    rows = [row_of_eval_protocol(text, json.dumps(reference)) for reference, text in ROWS]
    assert [grade(row).evaluation_result.score for row in rows] == EXPECTED


RUN = """
import json, sys
namespace = {}
exec(compile(open(sys.argv[1], encoding="utf-8").read(), "source", "exec"), namespace)
print(json.dumps([namespace[sys.argv[3]](*pair) for pair in json.load(open(sys.argv[2], encoding="utf-8"))]))
"""


def alone(source: str, function: str, pairs: list[Any], folder: Path) -> Any:
    """What a source gives in an interpreter that has nothing of ours, and nothing installed."""
    (folder / "source.py").write_text(source, encoding="utf-8")
    (folder / "pairs.json").write_text(json.dumps(pairs), encoding="utf-8")
    command = [sys.executable, "-I", "-S", "-c", RUN, folder / "source.py", folder / "pairs.json", function]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout)


def test_openai_and_azure_get_the_same_200_numbers(tmp_path: Path) -> None:
    grader = to_openai_grader(REWARD)
    assert (grader["type"], grader["image_tag"]) == ("python", "2025-05-08")  # what both services take today
    pairs = [({"output_text": text}, {"reference_answer": reference}) for reference, text in ROWS]
    assert alone(grader["source"], "grade", pairs, tmp_path) == EXPECTED


def gemini(reference: Any, *parts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    example = {
        "systemInstruction": {"parts": [{"text": "Be exact."}]},
        "contents": [{"role": "user", "parts": [{"text": "read it"}]}],
        "references": {"reference_answer": reference, "source": "s"},
    }
    return example, {"role": "model", "parts": list(parts)}


def test_gemini_gets_the_same_200_numbers(tmp_path: Path) -> None:
    snippet = to_gemini_reward(REWARD)["codeExecutionRewardScorer"]["pythonCodeSnippet"]
    thought = {"text": '{"id": 1}', "thought": True}
    pairs = [gemini(json.dumps(reference), thought, {"text": text}) for reference, text in ROWS]
    assert alone(snippet, "evaluate", pairs, tmp_path) == EXPECTED


def test_googles_own_package_reads_the_config_and_writes_the_response() -> None:
    types = pytest.importorskip("google.genai.types")
    config = to_gemini_reward(REWARD, name="fields")
    read = types.SingleReinforcementTuningRewardConfig.model_validate(config)
    assert read.model_dump(by_alias=True, exclude_none=True, mode="json") == config
    example, response = gemini('{"id": 1}', {"text": '{"id": 1}'})
    written = types.Content.model_validate(response).model_dump(by_alias=True, exclude_none=True, mode="json")
    types.ReinforcementTuningExample.model_validate(example)
    assert namespace(config["codeExecutionRewardScorer"]["pythonCodeSnippet"])["evaluate"](example, written) == 1.0


def namespace(source: str) -> dict[str, Any]:
    names: dict[str, Any] = {"__file__": "checks.py"}
    exec(compile(source, "source", "exec"), names)
    return names


def test_gemini_reads_calls_results_tools_and_other_references() -> None:
    from rewards.export.gemini import GeminiReward

    seen: list[tuple[Sample, Completion]] = []

    def watch(sample: Sample, completion: Completion) -> Any:
        seen.append((sample, completion))
        return exact_match()(Sample("s", (), ""), Completion(""))

    example, _ = gemini("[1]")
    example["contents"] += [
        {"role": "model", "parts": [{"functionCall": {"name": "look", "args": {"at": 1}}}]},
        {"role": "user", "parts": [{"functionResponse": {"name": "look", "response": {"found": 2}}}]},
    ]
    example["tools"] = [{"functionDeclarations": [{"name": "look", "parameters": {"type": "object"}}]}]
    response = {"parts": [{"text": "so "}, {"text": "it is"}, {"functionCall": {"name": "end", "args": {}}}]}
    GeminiReward(watch, "reference_answer", None)(example, response)
    ((sample, completion),) = seen
    assert (sample.reference, sample.metadata["source"]) == ([1], "s")
    assert [turn.role for turn in sample.messages] == ["system", "user", "assistant", "tool"]
    assert (completion.text, [call.name for call in completion.tool_calls or ()]) == ("so it is", ["end"])


def row(reference: Any) -> dict[str, Any]:
    return {"messages": ASKED, "reference_answer": reference}


def test_reward_kit_itself_gives_the_same_numbers(tmp_path: Path) -> None:
    """All rows are read by the criterion; the kit, which starts anew for each task, runs the first ten."""
    kit = pytest.importorskip("rewardkit", reason="pip install harbor-rewardkit (Python 3.12)")
    for number, ((reference, text), expected) in enumerate(zip(ROWS[:10], EXPECTED, strict=False)):
        tests, workspace = tmp_path / f"tests{number}", tmp_path / f"app{number}"
        tests.mkdir()
        workspace.mkdir()
        for name, content in to_rewardkit(REWARD, row(reference)).items():
            (tests / name).write_text(content, encoding="utf-8")
        (workspace / "answer.txt").write_text(text, encoding="utf-8")
        given = kit.run(tests, workspace=workspace, output=tmp_path / "reward.json")
        assert given == {"reward": pytest.approx(expected, abs=5e-5)}  # it rounds to four digits


def test_the_criterion_of_reward_kit_gives_the_same_200_numbers(tmp_path: Path) -> None:
    from rewards.export.harbor import HarborCriterion

    given = []
    for reference, text in ROWS:
        (tmp_path / "answer.txt").write_text(text, encoding="utf-8")
        given.append(HarborCriterion(REWARD, row(reference), "answer.txt")(tmp_path))
    assert given == EXPECTED
    (tmp_path / "answer.txt").unlink()
    assert HarborCriterion(REWARD, row({"a": 1}), "answer.txt")(tmp_path) == 0.0


def test_a_task_that_cannot_be_judged_is_refused_before_it_is_written() -> None:
    with pytest.raises(UngradableError):
        to_rewardkit(exact_match(), {"messages": ASKED})
    with pytest.raises(RowError, match="workspace"):
        to_rewardkit(exact_match(), row("1"), answer="../answer.txt")


def test_a_task_of_a_verifiers_task_set_gives_the_same_200_numbers() -> None:
    given = []
    for reference, text in ROWS:
        turns: list[JSON] = [{"role": "system", "content": "You help."}, *ASKED, {"role": "assistant", "content": text}]
        given.append(scored(REWARD, row(reference), turns)[0])
    assert given == EXPECTED
    assert scored(REWARD, row({"a": 1}), [*ASKED])[0] == 0.0  # the rollout ended before the model spoke


def test_verifiers_itself_loads_the_task_set_and_gives_the_same_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vf = pytest.importorskip("verifiers.v1", reason="pip install verifiers")
    from verifiers.v1.trace import AgentInfo, MessageNode, Trace, TraceTask
    from verifiers.v1.types import AssistantMessage

    rows = [{"id": f"r{n}", "desk": "sales", **row(reference)} for n, (reference, _) in enumerate(ROWS)]
    for path, content in to_verifiers_taskset(REWARD, rows, name="fields_of_bills").items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(content, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    taskset = vf.load_taskset(vf.TasksetConfig(id="fields-of-bills"))
    given = []
    for task, (_, text) in zip(taskset, ROWS, strict=True):
        nodes = [MessageNode(message=message) for message in task.data.prompt]
        nodes.append(MessageNode(message=AssistantMessage(content=text), sampled=True, parent=len(nodes) - 1))
        trace = Trace(task=TraceTask(type="RowTask", data=task.data), agent=AgentInfo.model_construct(), nodes=nodes)
        asyncio.run(task.score(trace))
        given.append(trace.reward)
    assert given == pytest.approx(EXPECTED, abs=1e-12)
    assert trace.metrics.keys() >= {"json", "fields"}
    assert [task.data.id for task in taskset][:2] == ["r0", "r1"]


def test_a_conversation_goes_into_a_task_set_and_its_earlier_turns_are_no_answer() -> None:
    talk = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "2 + 2?"},
            {"role": "assistant", "content": "4"}, {"role": "user", "content": "And 3 more?"}]  # fmt: skip
    asked = {"id": "a", "messages": [*talk, {"role": "assistant", "content": "8"}], "reference_answer": "7"}
    task = json.loads(to_verifiers_taskset(exact_match(), [asked], name="sums")["sums/tasks.jsonl"])
    assert task["system_prompt"] == "Be short."
    assert task["prompt"] == talk[1:]
    assert task["row"]["messages"] == talk  # what the model wrote in the row is left out
    heard: list[JSON] = [{"role": "system", "content": "A harness."}, *talk[1:], {"role": "assistant", "content": "7"}]
    assert scored(exact_match(), task["row"], heard)[0] == 1.0
    assert scored(exact_match(), task["row"], heard[:-1])[0] == 0.0


def test_what_no_task_set_can_hold_is_refused_before_it_is_written() -> None:
    tool = {"type": "function", "function": {"name": "look", "parameters": {"type": "object"}}}
    picture = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x.y/z.png"}}]}]
    for wrong, says in (
        ({**row("1"), "tools": [tool]}, "declares tools"),
        ({"messages": picture, "reference_answer": "1"}, "with a picture"),
    ):
        with pytest.raises(RowError, match=says):
            to_verifiers_taskset(exact_match(), [wrong], name="sums")
    with pytest.raises(UngradableError):
        to_verifiers_taskset(exact_match(), [{"messages": ASKED}], name="sums")
    with pytest.raises(RowError, match="name of a task set"):
        to_verifiers_taskset(exact_match(), [row("1")], name="my tasks")
    with pytest.raises(RowError, match="no rows"):
        to_verifiers_taskset(exact_match(), [], name="sums")


def test_verifiers_shows_every_turn_of_the_completion() -> None:
    turns = [*ASKED, {"role": "assistant", "content": "1"}, {"role": "user", "content": "sure?"},
             {"role": "assistant", "content": "2"}]  # fmt: skip
    seen: list[tuple[Sample, Completion]] = []

    def watch(sample: Sample, completion: Completion) -> Any:
        seen.append((sample, completion))
        return exact_match()(Sample("s", (), "1"), Completion("1"))

    trace = Trace("")
    trace.messages = [SimpleNamespace(role=turn["role"], model_dump=lambda turn=turn: turn) for turn in turns]
    task = SimpleNamespace(id="s", idx=0, prompt_text="read it", answer="1")
    assert asyncio.run(as_verifiers(watch)(task, trace)) == 1.0
    ((sample, completion),) = seen
    assert [*[turn.content for turn in sample.messages], completion.text] == ["read it", "1", "sure?", "2"]

"""A built zip under AWS's own runtime client, in an isolated interpreter: what no model and no data set may break."""

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lambda_package.handler import handler_for
from lambda_package.packaging.build import build
from lambda_package.packaging.target import DEFAULT_RUNTIME, interpreter_of
from lambda_package.runtime import Runtime
from rewards import load_reward
from rewards.audit import case_of
from rewards.audit.perturb.hostile import hostile_texts, likely_rows, odd_rows

REWARD = """
from rewards.types import Score
from words import RIGHT

def reward(sample, completion):
    if completion.text == "exit":
        raise SystemExit(1)
    if completion.text == "recurse":
        return reward(sample, completion)
    return Score(RIGHT * (completion.text == sample.reference), metrics={"length": float(len(completion.text))})

reward.metric_names = ("length",)
"""
FIELDS = ["id", "messages", "role", "content", "text", "reference_answer", "metadata", "tools", "tool_calls"]
NAMES = ["length", "length/measured", "ungradable", "timed_out"]


@pytest.fixture(scope="module")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runtime]:
    folder = tmp_path_factory.mktemp("grader")
    (folder / "reward.py").write_text(REWARD)
    (folder / "words.py").write_text("RIGHT = 1.0\n")
    package = build(f"{folder / 'reward.py'}:reward", folder / "grader.zip")
    with Runtime(package.path, timeout_s=60) as started:
        yield started


ROW: dict[str, Any] = {"id": "h", "messages": [{"role": "user", "content": "2 + 2?"}], "reference_answer": "4"}


def sample(item_id: Any, content: Any, role: str = "assistant") -> dict[str, Any]:
    return {**ROW, "id": item_id, "messages": [*ROW["messages"], {"role": role, "content": content}]}


CASE = case_of(ROW, 0)
HOSTILE = {
    **{name: CASE.asked(text, "h") for name, text in hostile_texts(CASE, 262_144).items()},
    **odd_rows(CASE),
    **likely_rows([CASE]),
    "a text of 5.9 MB": sample("h", "y" * 5_900_000),
    "a list as role": {**ROW, "messages": [{"role": [["assistant"]], "content": "4"}]},
    "messages of numbers": {**ROW, "messages": [1, None, []]},
    "metadata as a list": sample("h", "4") | {"metadata": [1]},
    "an id that is no text": sample({"a": 1}, "4"),
    "an id that UTF-8 cannot encode": sample("\udfff", "4"),
    "a number as sample": 4,
    "null as sample": None,
    "a list as sample": [],
    "a grader that calls sys.exit": sample("h", "exit"),
    "a grader that recurses for ever": sample("h", "recurse"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE)
def test_nothing_in_one_sample_hurts_its_neighbours(runtime: Runtime, hostile: Any):
    invocation = runtime.invoke([sample("before", "4"), hostile, sample("after", "4")])
    assert invocation.error is None
    before, of_hostile, after = invocation.payload
    assert (before["id"], before["aggregate_reward_score"]) == ("before", 1.0)
    assert (after["id"], after["aggregate_reward_score"]) == ("after", 1.0)
    assert [metric["name"] for metric in of_hostile["metrics_list"]] == NAMES
    assert 0.0 <= of_hostile["aggregate_reward_score"] <= 1.0


@pytest.mark.parametrize(
    "content",
    [
        "4",
        [{"type": "text", "text": "4"}],
        [{"text": "4"}],
        ["4"],
        {"text": "4"},
        "<|begin_of_solution|>4<|end_of_solution|>",
    ],
)
@pytest.mark.parametrize("role", ["assistant", "nova_assistant"])
def test_every_spelling_of_a_right_answer_scores_1(runtime: Runtime, content: Any, role: str):
    invocation = runtime.invoke([sample("a", content, role)])
    assert invocation.payload[0]["aggregate_reward_score"] == 1.0


def test_an_event_that_cannot_be_read_is_reported_and_the_function_stays_warm(runtime: Runtime):
    runtime.invoke([])
    invocation = runtime.invoke(b"[" * 200_000)
    assert invocation.error is not None
    assert invocation.error.type == "Runtime.UnmarshalError"
    assert not runtime.invoke([sample("a", "4")]).cold


def test_a_batch_of_256_comes_back_in_order(runtime: Runtime):
    batch = [sample(f"s{index}", str(index % 5)) for index in range(256)]
    payload = runtime.invoke(batch).payload
    assert [result["id"] for result in payload] == [f"s{index}" for index in range(256)]
    assert sum(result["aggregate_reward_score"] for result in payload) == 51  # index % 5 == 4 for 4, 9, ... 254


def test_the_answer_is_valid_utf8_json_even_for_ids_that_are_not(runtime: Runtime):
    payload = runtime.invoke([sample("a\ud800b", "4")]).payload
    assert json.dumps(payload, ensure_ascii=False).encode()
    assert payload[0]["id"] == "a?b"


texts = st.text(st.characters(), max_size=10)  # lone surrogates included; NaN is not JSON, so no event holds it
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
)


@given(st.lists(json_values, max_size=5))
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_list_of_anything_gets_as_many_results_through_the_real_client(runtime: Runtime, event: list[Any]):
    invocation = runtime.invoke(event)
    assert invocation.error is None
    assert len(invocation.payload) == len(event)


def test_the_zip_says_what_the_reward_says_in_this_process(runtime: Runtime):
    reward = load_reward(f"{runtime.config.task_root / 'reward.py'}:reward")
    event = [sample("a", "4"), sample("b", "5"), sample("c", None), {"id": "d"}, 7]
    assert runtime.invoke(event).payload == handler_for(reward)(event)


LOADED = ("dataclasses", "inspect", "rewards.combinators")
WHAT_WAS_LOADED = """
import sys
from rewards import CallFormat, gated, json_parse, label_match, tool_calls, weighted
from rewards.types import Score

both = weighted({"calls": (tool_calls(CallFormat()), 0.5), "label": (label_match(), 0.5)})
whole = gated(both, by=json_parse(), threshold=0.5)

def reward(sample, completion):
    return Score(0.0, metrics={name: float(name in sys.modules) for name in reward.metric_names})

reward.metric_names = ("dataclasses", "inspect", "rewards.combinators")
"""


@pytest.mark.skipif(interpreter_of(DEFAULT_RUNTIME) is None, reason="needs the interpreter of the default runtime")
def test_a_grader_of_our_parts_starts_without_writing_dataclasses(tmp_path: Path):
    (tmp_path / "reward.py").write_text(WHAT_WAS_LOADED)
    package = build(f"{tmp_path / 'reward.py'}:reward", tmp_path / "grader.zip")
    with Runtime(package.path) as started:
        metrics = started.invoke([sample("a", "4")]).payload[0]["metrics_list"]
    loaded = {metric["name"]: metric["value"] for metric in metrics if metric["name"] in LOADED}
    assert loaded == {
        "dataclasses": 0.0,
        "inspect": 0.0,
        "rewards.combinators": 1.0,
    }


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
def test_no_sandbox_outlives_a_process_that_was_killed(runtime: Runtime, tmp_path: Path):
    shutil.make_archive(str(tmp_path / "grader"), "zip", runtime.config.task_root)
    program = (
        "import os, sys; from lambda_package.runtime import Runtime;"
        "runtime = Runtime(sys.argv[1]); runtime.invoke([]);"
        "print(runtime._sandbox._process.pid, flush=True); sys.stdin.readline(); os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "grader.zip")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        ended = os.pidfd_open(int(parent.stdout.readline()))
        parent.communicate("\n")
    assert select.select([ended], [], [], 30)[0]
    os.close(ended)

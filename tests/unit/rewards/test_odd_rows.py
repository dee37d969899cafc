"""References and turns as data sets and APIs really hold them, through every door: one verdict each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from rewards import Reward, UngradableError, abstention, exact_match, field_f1, math_equal, numeric_match, tool_calls
from rewards.errors import RowError
from rewards.export import as_nemo_gym, as_verifiers, as_verl
from rewards.export.gemini import GeminiReward
from rewards.export.harbor import HarborCriterion
from rewards.export.openai import OpenAIGrader
from rewards.rows import rollout_of
from tests.doors import DOORS, by_audit, by_compare, by_lambda, by_local_training, by_trl

Row = dict[str, Any]
ASKED: Row = {"role": "user", "content": "Q?"}
CALL: Row = {"name": "f", "arguments": {"x": 1}}
OPENAI: Row = {"type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
ANSWERED: Row = {"role": "assistant", "content": "4"}


def said(content: Any, **more: Any) -> Row:
    return {"role": "assistant", "content": content, **more}


REFERENCES: Mapping[str, Any] = {
    "text": "4", "number": 4, "float": 4.0, "bool": True, "null": None, "text of an object": '{"a": 1}',
    "text of a list": "[1]", "object": {"a": 1}, "list": ["a", "b"], "several": {"$any_of": ["4", "four"]},
    "several as text": '{"$any_of": ["4", "four"]}', "several objects": {"$any_of": [{"a": 1}, {"a": 2}]},
    "optional": {"a": 1, "b": {"$any_of": ["x"], "$optional": True}}, "calls": {"tool_calls": [CALL]},
    "list of calls": [CALL], "text of calls": json.dumps([CALL]), "calls of OpenAI": [OPENAI], "quoted": '"4"',
    "spaced": " 4 ", "empty": "", "decomposed": "e\u0301", "long": 10**30, "deep": [[[["a"]]]], "turn": ANSWERED,
}  # fmt: skip
TURNS: Mapping[str, Row] = {
    "text": ANSWERED, "null": said(None), "empty": said(""), "absent": {"role": "assistant"},
    "parts": said([{"type": "text", "text": "4"}]), "bare parts": said(["4", {"text": None}]),
    "JSON": said('{"a": 1}'), "fence": said('```json\n{"a": 1}\n```'), "calls": said(None, tool_calls=[OPENAI]),
    "calls and text": said("4", tool_calls=[OPENAI]), "no calls": said("4", tool_calls=[]),
    "broken call": said(None, tool_calls=[{"function": {"name": "f", "arguments": '{"x"'}}]),
    "Converse": said([{"toolUse": {"name": "f", "input": {"x": 1}}}]),
    "Anthropic": said([{"type": "thinking", "thinking": "9"}, {"type": "tool_use", "name": "f", "input": {"x": 1}}]),
    "function_call": said(None, function_call={"name": "f", "arguments": '{"x": 1}'}),
    "reasoning": said([{"reasoningContent": {"reasoningText": {"text": "9"}}}, {"text": "4"}]),
    "solution": said("so <|begin_of_solution|>4<|end_of_solution|>"), "Nova": {**ANSWERED, "role": "nova_assistant"},
    "picture": said([{"image": {"format": "png"}}, {"text": "4"}]), "more keys": said("4", refusal=None, name="m"),
    "number": said(4), "Hermes": said('<tool_call>{"name": "f", "arguments": {"x": 1}}</tool_call>'),
}  # fmt: skip
PAIRS = {
    **{
        f"{name} / {turn}": (REFERENCES[name], TURNS[turn]) for name in REFERENCES for turn in ("text", "JSON", "calls")
    },
    **{f"{name} / {turn}": (REFERENCES[name], TURNS[turn]) for name in ("text", "object", "calls") for turn in TURNS},
}
REWARDS = (exact_match(), numeric_match(), field_f1(), tool_calls(), abstention(), math_equal())


def row_of(reference: Any, turn: Row) -> Row:
    return {"id": "a", "messages": [ASKED, turn], "reference_answer": reference}


def plain(turn: Row) -> str:
    """The text of a turn for a door that takes nothing but text."""
    if not isinstance(turn.get("content"), str) or turn.get("tool_calls"):
        raise NotImplementedError
    return str(turn["content"])


def by_verifiers(reward: Reward, reference: Any, turn: Row) -> float:
    messages = [SimpleNamespace(role=each["role"], model_dump=lambda each=each: each) for each in (ASKED, turn)]
    trace = SimpleNamespace(messages=messages, record_metrics=lambda metrics: None)
    return asyncio.run(as_verifiers(reward)(SimpleNamespace(id="a", idx=0, prompt_text="", answer=reference), trace))


def by_verl(reward: Reward, reference: Any, turn: Row) -> float:
    return as_verl(reward, json_reference=False)("d", plain(turn), reference, {"prompt": [ASKED]})["score"]


def by_harbor(reward: Reward, reference: Any, turn: Row) -> float:
    row = {"messages": [ASKED], "reference_answer": reference}
    return HarborCriterion(reward, row, "answer.txt").score(plain(turn))


def by_openai(reward: Reward, reference: Any, turn: Row) -> float:
    if isinstance(turn.get("content"), list) or "function_call" in turn:
        raise NotImplementedError
    sample = {"output_text": turn.get("content"), "output_tools": turn.get("tool_calls")}
    item = {"messages": [ASKED], "reference_answer": reference}
    return OpenAIGrader(reward, "reference_answer", False)(sample, item)


def by_gemini(reward: Reward, reference: Any, turn: Row) -> float:
    """References are text there."""
    has_calls = turn in (TURNS["calls"], TURNS["calls and text"])
    if not isinstance(reference, str | list | dict) or not (has_calls or plain(turn)):
        raise NotImplementedError
    text, is_text = turn.get("content"), isinstance(reference, str)
    calls = [{"functionCall": {"name": "f", "args": {"x": 1}}} for _ in turn.get("tool_calls") or ()]
    example = {
        "contents": [{"role": "user", "parts": [{"text": "Q?"}]}],
        "references": {"reference_answer": reference if is_text else json.dumps(reference)},
    }
    response = {"role": "model", "parts": [*([{"text": text}] if text else []), *calls]}
    return GeminiReward(reward, "reference_answer", False if is_text else None)(example, response)


def by_nemo_gym(reward: Reward, reference: Any, turn: Row) -> float:
    if isinstance(turn.get("content"), list) or "function_call" in turn or turn.get("content") == 4:
        raise NotImplementedError
    text, made = turn.get("content"), [call["function"] for call in turn.get("tool_calls") or ()]
    message = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    output = [*([message] if text is not None else []), *({"type": "function_call", **call} for call in made)]
    asked = {"responses_create_params": {"input": [ASKED]}, "response": {"output": output}}
    graded = as_nemo_gym(reward)({**asked, "reference_answer": reference})
    if graded["mask_sample"]:
        raise UngradableError
    return float(graded["reward"])


def of_rows(door: Callable[..., Any]) -> Callable[..., float]:
    """A door for rows; where the sample cannot be judged it says 0, nothing, or leaves the row out."""

    def called(reward: Reward, reference: Any, turn: Row) -> float:
        try:
            return float(door(row_of(reference, turn), reward).score)
        except (AssertionError, ValueError) as error:
            raise UngradableError from error

    return called


def of_text(reward: Reward, reference: Any, turn: Row) -> float:
    plain(turn)
    return of_rows(by_local_training)(reward, reference, turn)


ALL: dict[str, Callable[..., float]] = {
    **{door.__name__: of_rows(door) for door in (by_lambda, by_audit, by_compare, by_trl)},
    "by_local_training": of_text,
    **{each.__name__: each for each in (by_verifiers, by_verl, by_harbor, by_openai, by_gemini, by_nemo_gym)},
}
SILENT = ("by_lambda", "by_audit", "by_local_training")
"""Doors that answer 0 for a sample that cannot be judged, and say so elsewhere."""


def by_itself(reward: Reward, reference: Any, turn: Row) -> float:
    rollout = rollout_of(row_of(reference, turn))
    return reward(rollout.sample, rollout.completion).value


def verdict(grade: Callable[..., float], *arguments: Any) -> float | None:
    """The score, or None where the sample cannot be judged."""
    try:
        return grade(*arguments)
    except (RowError, UngradableError):
        return None


@pytest.mark.parametrize("door", ALL)
def test_a_door_gives_the_verdict_of_the_reward(door: str) -> None:
    asked = 0
    for name, (reference, turn) in PAIRS.items():
        for reward in REWARDS:
            try:
                given = verdict(ALL[door], reward, reference, turn)
            except NotImplementedError:  # no such turn or reference comes through this door
                continue
            wanted = verdict(by_itself, reward, reference, turn)
            assert given == wanted or (wanted is None and given == 0.0 and door in SILENT), (name, reward, given)
            asked += 1
    assert asked >= 250


BLOCKS = [{"text": "Be exact."}, {"cachePoint": {"type": "default"}}]
USED = said([{"toolUse": {"toolUseId": "1", "name": "f", "input": {}}}])
RESULT = {
    "role": "user",
    "content": [{"toolResult": {"toolUseId": "1", "content": [{"json": {"a": 1}}, {"text": "x"}]}}],
}
CHAT: Row = {"messages": [ASKED, ANSWERED], "reference_answer": "4"}
SHAPES: Mapping[str, Row] = {
    "a system of blocks beside": {**CHAT, "system": BLOCKS}, "an empty system": {**CHAT, "system": []},
    "a system of blocks inside": {**CHAT, "messages": [{"role": "system", "content": BLOCKS}, *CHAT["messages"]]},
    "two systems": {**CHAT, "system": "a", "messages": [{"role": "system", "content": "b"}, *CHAT["messages"]]},
    "a developer": {**CHAT, "messages": [{"role": "developer", "content": "b"}, *CHAT["messages"]]},
    "a prompt of text": {"prompt": "Q?", "completion": [ANSWERED], "reference_answer": "4", "system": BLOCKS},
    "a completion of text": {"prompt": [ASKED], "completion": "4", "reference_answer": "4"},
    "a completion of null": {"prompt": [ASKED, ANSWERED], "completion": None, "reference_answer": "4"},
    "metadata as text": {"messages": CHAT["messages"], "metadata": '{"ground_truth": "4", "desk": 1}'},
    "metadata of a list": {**CHAT, "metadata": [1]}, "metadata twice": {**CHAT, "metadata": {"desk": 1}, "desk": 2},
    "tools as text": {**CHAT, "tools": json.dumps([{"type": "function", "function": {"name": "f"}}])},
    "flat tools": {**CHAT, "tools": [{"type": "function", "name": "f", "parameters": {}}]},
    "two references": {**CHAT, "ground_truth": "5"},
    "a null before a truth": {**CHAT, "reference_answer": None, "ground_truth": "5"},
    "verl's as text": {"messages": CHAT["messages"], "reward_model": '{"ground_truth": "4"}'},
    "an id of verl": {**CHAT, "extra_info": {"index": 3}, "data_source": "d"},
    "an id of no kind": {**CHAT, "id": ["a"]},
    "several answers": {**CHAT, "messages": [ASKED, said("1"), ASKED, said("2"), ANSWERED, ASKED]},
    "a tool's result last": {**CHAT, "messages": [ASKED, USED, RESULT]},
    "a tool's result between": {**CHAT, "messages": [ASKED, USED, RESULT, ANSWERED]},
    "a function's result": {
        **CHAT, "messages": [ASKED, TURNS["function_call"], {"role": "function", "content": "4"}, ANSWERED],
    },
    "a document": {
        **CHAT, "messages": [{"role": "user", "content": [{"document": {"name": "a"}}, {"text": "Q?"}]}, ANSWERED],
    },
    "a content of an object": {**CHAT, "messages": [{"role": "user", "content": {"text": "Q?"}}, said({"text": "4"})]},
    "turns that are none": {**CHAT, "messages": [None, "Q?", {"content": "Q?"}, {"role": "user"}, ANSWERED]},
    "a role in capitals": {**CHAT, "messages": [{"role": "USER", "content": "Q?"}, ANSWERED]},
    "keys of results": {**CHAT, "score": 0.5, "reward": 1, "aggregate_reward_score": 0.3, "step": 2},
    "another conversation": {**CHAT, "prompt": "other", "completion": "7"},
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
def test_every_door_gives_a_reward_the_same_of_an_odd_shape(shape: str) -> None:
    verdicts = {name: door(SHAPES[shape]).score for name, door in DOORS.items()}
    assert len(set(verdicts.values())) == 1, verdicts

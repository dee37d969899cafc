"""The tokenizer of a tiny policy reads every conversation of its world, and marks what the policy itself wrote."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any

import pytest

from estimators.platforms.local.agents.oracle import gold_turns, tool_schemas
from estimators.platforms.local.agents.policy import make_policy, words_of
from estimators.platforms.local.agents.settings import AgentOverlay
from estimators.platforms.local.agents.supervised import encoded
from estimators.platforms.local.policies import load_tokenizer
from rewards.trajectories import Environment, load_environment

pytest.importorskip("trl")
WORLD = Path(__file__).parents[6] / "rft/templates/agent/env.py"
TINY = AgentOverlay(hidden=32, layers=1)


@pytest.fixture(scope="module")
def world() -> Environment:
    return load_environment(WORLD, tasks=60)


@pytest.fixture(scope="module")
def folder(world: Environment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("policy")
    assert make_policy(world, TINY, made / "a", seed=1) > 10_000
    return made


@pytest.fixture(scope="module")
def tokenizer(folder: Path) -> Any:
    return load_tokenizer(folder / "a")


def test_every_conversation_survives_its_tokens_and_is_short(world: Environment, tokenizer: Any) -> None:
    tools = tool_schemas(world)
    for task in world.tasks.values():
        turns = gold_turns(world, task, Random(task.id))
        text = tokenizer.apply_chat_template(turns, tools=tools, tokenize=False)
        found = encoded(tokenizer, turns, tools)
        assert tokenizer.decode(found.tokens) == text
        assert len(found.tokens) < 250  # of 3,000 characters and more, the tools alone 2,500


def test_what_the_policy_wrote_is_marked_and_nothing_else(world: Environment, tokenizer: Any) -> None:
    tools = tool_schemas(world)
    for task in world.tasks.values():
        turns = gold_turns(world, task, Random(task.id))
        found = encoded(tokenizer, turns, tools)
        said = tokenizer.decode([token for token, own in zip(*found, strict=True) if own])
        assert said.count("<|im_end|>") == sum(turn["role"] == "assistant" for turn in turns)
        assert said.count("<tool_call>") == sum(len(turn.get("tool_calls", ())) for turn in turns)
        assert "<tool_response>" not in said
        assert task.instruction not in said


def test_values_of_gold_calls_are_tokens_of_their_own(world: Environment, tokenizer: Any) -> None:
    words = words_of(list(world.tasks.values()))
    assert {"billing", "urgent", "Ann"} <= set(words)
    assert [len(tokenizer.encode(word, add_special_tokens=False)) for word in words] == [1] * len(words)


def test_equal_seeds_give_equal_policies(world: Environment, folder: Path) -> None:
    make_policy(world, TINY, folder / "b", seed=1)
    make_policy(world, TINY, folder / "c", seed=2)
    weights = [(folder / name / "model.safetensors").read_bytes() for name in "abc"]
    assert weights[0] == weights[1] != weights[2]

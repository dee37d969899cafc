"""The conversations that a tiny policy is taught from are played in the world itself, as TRL will play them."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from estimators.platforms.local.agents.oracle import ASK, gold_turns
from rewards.parsing.messages import calls_of
from rewards.trajectories import Environment, load_environment, play_turns

ROOT = Path(__file__).parents[6]
WORLDS = ("rft/templates/agent/env.py", "examples/agents/cart.py", "examples/agents/calendar.py")


@pytest.fixture(scope="module", params=WORLDS)
def world(request: pytest.FixtureRequest) -> Environment:
    return load_environment(ROOT / request.param, tasks=40)


def test_gold_turns_say_what_the_gold_says_and_see_what_the_world_answers(world: Environment) -> None:
    for task in world.tasks.values():
        turns = gold_turns(world, task, Random(task.id))
        assert turns[0]["content"] == task.instruction or turns[1]["content"] == task.instruction
        calls = [call for turn in turns for call in calls_of(turn) if call.name != ASK]
        assert calls == [call for turn in task.gold for call in calls_of(turn)]
        played = play_turns(world, task, task.gold)
        answers = [turn["content"] for turn in played.messages if turn["role"] == "tool"]
        seen = [turn["content"] for turn in turns if turn["role"] == "tool" and turn["name"] != ASK]
        assert seen == answers


def test_a_question_is_a_call_and_the_users_facts_come_back(world: Environment) -> None:
    told = [fact for task in world.tasks.values() for fact in task.user.values()]
    heard = " ".join(
        str(turn["content"])
        for task in world.tasks.values()
        for turn in gold_turns(world, task, Random(1))
        if turn["role"] == "tool" and turn["name"] == ASK
    )
    assert all(fact.strip(".") in heard for fact in told)


def test_noise_replaces_calls_by_gold_calls_of_the_same_tool(world: Environment) -> None:
    tasks = list(world.tasks.values())
    gold = [call for task in tasks for turn in task.gold for call in calls_of(turn)]
    changed = 0
    for task in tasks:
        own = [call for turn in task.gold for call in calls_of(turn)]
        turns = gold_turns(world, task, Random(3), noise=0.9, others=tasks)
        noisy = [call for turn in turns for call in calls_of(turn) if call.name != ASK]
        assert [call.name for call in noisy] == [call.name for call in own]
        assert all(call in gold for call in noisy)
        changed += noisy != own
    assert changed > len(tasks) / 5


def test_the_same_randomness_gives_the_same_conversation(world: Environment) -> None:
    task = next(iter(world.tasks.values()))
    assert gold_turns(world, task, Random(5)) == gold_turns(world, task, Random(5))

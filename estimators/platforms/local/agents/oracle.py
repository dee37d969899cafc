"""Conversations of gold turns, in the shape in which TRL plays a world: what the policy is taught from."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from rewards.export.worlds import as_trl_environment
from rewards.parsing.messages import calls_of, text_of
from rewards.trajectories import Environment, Task

Turns = list[dict[str, Any]]
ASK = "ask_user"  # TRL ends a rollout at the first turn without a call, so the user is asked by a tool


def tool_schemas(world: Environment) -> list[dict[str, Any]]:
    """The tools of a world as TRL tells a policy of them, `ask_user` among them."""
    from transformers.utils import get_json_schema

    instance = as_trl_environment(world)()
    names = [name for name, _ in inspect.getmembers(instance, inspect.ismethod) if not name.startswith("_")]
    return [get_json_schema(getattr(instance, name)) for name in names if name not in ("reset", "get_reward")]


def gold_turns(
    world: Environment, task: Task, rng: Random, *, noise: float = 0.0, others: Sequence[Task] = ()
) -> Turns:
    """The conversation of a task's gold turns with what the world answers, played in it.

    Each call is replaced, with probability `noise`, by one of the same tool out of another task's gold turns.
    """
    instance = as_trl_environment(world, seed=rng.getrandbits(16))()
    instance.reset(task=task.id)
    system = [{"role": "system", "content": world.system}] if world.system else []
    turns: Turns = [*system, {"role": "user", "content": task.instruction}]
    for number, gold in enumerate(task.gold):
        text = text_of(gold.get("content"))
        calls = list(_calls(gold)) or ([(ASK, {"question": text})] if number < len(task.gold) - 1 else [])
        calls = [_replaced(each, others, rng) if rng.random() < noise else each for each in calls]
        turns.append(_assistant(calls, text))
        turns += [_answer(instance, name, arguments) for name, arguments in calls]
    return turns


def _calls(turn: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for call in calls_of(turn):
        yield call.name, dict(call.arguments)


def _replaced(call: tuple[str, dict[str, Any]], others: Sequence[Task], rng: Random) -> tuple[str, dict[str, Any]]:
    if call[0] == ASK or not others:
        return call
    theirs = [each for turn in rng.choice(others).gold for each in _calls(turn) if each[0] == call[0]]
    return rng.choice(theirs) if theirs else call


def _assistant(calls: Sequence[tuple[str, dict[str, Any]]], text: str) -> dict[str, Any]:
    if not calls:
        return {"role": "assistant", "content": text}
    made = [{"type": "function", "function": {"name": name, "arguments": given}} for name, given in calls]
    return {"role": "assistant", "content": "", "tool_calls": made}


def _answer(instance: Any, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    return {"role": "tool", "name": name, "content": getattr(instance, name)(**arguments)}

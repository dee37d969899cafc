"""A small world for tests: a cart, whose goal is what should be in it."""

from __future__ import annotations

from typing import Any

from rewards import final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, ToolError, environment

ITEMS = ("tea", "milk", "rice", "salt")


def add(state: State, item: str, count: int = 1) -> str:
    """Put an item into the cart.

    Args:
        item: Name of the item.
    """
    if item not in ITEMS:
        raise ToolError(f"no item {item!r}")
    state["cart"] += [item] * count
    return "cart: " + ", ".join(state["cart"])


def drop(state: State, item: str) -> str:
    """Take an item out of the cart."""
    if item not in state["cart"]:
        raise ToolError(f"{item!r} is not in the cart")
    state["cart"].remove(item)
    return "cart: " + ", ".join(state["cart"])


def call(name: str, **arguments: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": "", "tool_calls": [{"name": name, "arguments": arguments}]}


def say(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


DONE = say("Done.")
REWARD = weighted({"state": (final_state(), 0.5), "way": (milestones(), 0.5), "invalid": (invalid_calls(), -0.2)})


def shop(**settings: Any) -> Environment:
    wanted = [("tea", "milk"), ("rice", "salt"), ("milk", "salt")]
    tasks = [
        Task(
            f"t{number}",
            "Buy what is on my list.",
            {"cart": []},
            {"state": {"cart": [*pair]}, "milestones": [{"cart": [item]} for item in pair]},
            gold=(call("add", item=pair[0]), call("add", item=pair[1]), DONE),
            user={"list": f"{pair[0]} and {pair[1]}"},
        )
        for number, pair in enumerate(wanted)
    ]
    return environment("shop", **{"tools": [add, drop], "tasks": tasks, "reward": REWARD} | settings)

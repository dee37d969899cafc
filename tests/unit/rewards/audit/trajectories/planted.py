"""Worlds and rewards of many turns with one fault each, and some without."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from rewards import Completion, Reward, Sample, Score, excess_calls, final_state, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, Trajectory, environment, split_of, trajectory_of
from tests.unit.rewards.trajectories.worlds import DONE, ITEMS, add, call, drop

LOG: list[str] = []
"""What a world that keeps a log in its module remembers of all episodes."""


def write_file(state: State, path: str, content: str) -> str:
    """Write a file."""
    state["files"][path] = content
    return f"wrote {path}"


def read_file(state: State, path: str) -> str:
    """Read a file."""
    return str(state["files"].get(path, "no such file"))


def note(state: State, text: str) -> str:
    """Keep a note."""
    state["note"] = text
    return f"noted: {text}"


def add_to_log(state: State, item: str) -> str:
    """Put an item into the cart."""
    LOG.append(item)
    state["cart"].append(item)
    return f"{len(LOG)} items so far"


def add_by_chance(state: State, item: str) -> str:
    """Put an item into the cart."""
    state["cart"].append(item)
    return f"receipt {random.random()}"


def add_or_break(state: State, item: str) -> str:
    """Put an item into the cart."""
    state["cart"].append({"tea": "tea", "milk": "milk", "rice": "rice", "salt": "salt"}[item])
    return "done"


def tasks(tool: str = "add", **initial: Any) -> list[Task]:
    pairs = [(first, second) for first in ITEMS for second in ITEMS if first != second]
    return [
        Task(
            f"{first}-{second}",
            f"Buy {first} and {second}.",
            {"cart": [], **initial},
            {"state": {"cart": [first, second], **initial}, "milestones": [{"cart": [first]}, {"cart": [second]}]},
            gold=(call(tool, item=first), call(tool, item=second), DONE),
            split=split_of(f"{first}-{second}"),
        )
        for first, second in pairs
    ]


SOUND = weighted({"state": (final_state(), 0.6), "way": (milestones(), 0.4), "calls": (excess_calls(4, limit=9), -0.1)})


def world(reward: Reward = SOUND, **settings: Any) -> Environment:
    return environment("shop", **{"tools": [add, drop], "tasks": tasks(), "reward": reward, **settings})


def graded(judge: Callable[[Sample, Trajectory], float]) -> Reward:
    def reward(sample: Sample, completion: Completion) -> Score:
        return Score(judge(sample, trajectory_of(sample, completion)))

    return reward


def wanted(sample: Sample) -> list[str]:
    reference: Any = sample.reference
    return list(reference["state"]["cart"])


def cart(trajectory: Trajectory) -> list[str]:
    state: Any = trajectory.state
    return list(state["cart"])


def solved(sample: Sample, trajectory: Trajectory) -> float:
    return float(sorted(cart(trajectory)) == sorted(wanted(sample)))


def pays_calls(sample: Sample, trajectory: Trajectory) -> float:
    return max(solved(sample, trajectory), min(1.0, trajectory.calls / 3))


def pays_silence(sample: Sample, trajectory: Trajectory) -> float:
    return 0.7 * solved(sample, trajectory) + 0.3 * (trajectory.invalid == 0)


def pays_claims(sample: Sample, trajectory: Trajectory) -> float:
    said = trajectory.turns[-1].completion.text.casefold() if trajectory.turns else ""
    return max(solved(sample, trajectory), 0.5 * ("done" in said and trajectory.calls == 0))


def pays_words_of_success(sample: Sample, trajectory: Trajectory) -> float:
    seen = "\n".join(result.content for turn in trajectory.turns for result in turn.results if result.role == "tool")
    return max(solved(sample, trajectory), float("success" in seen.casefold()))


def pays_told_results(sample: Sample, trajectory: Trajectory) -> float:
    said = [turn.completion.text for turn in trajectory.turns]
    seen = [result.content for turn in trajectory.turns for result in turn.results]
    return float("cart: " + ", ".join(wanted(sample)) in "\n".join([*said, *seen]))


def pays_what_was_once(sample: Sample, trajectory: Trajectory) -> float:
    states: list[Any] = [turn.state for turn in trajectory.turns]
    once = sum(any(item in state["cart"] for state in states) for item in wanted(sample))
    return 0.5 * solved(sample, trajectory) + 0.5 * once / 2


def pays_each_right_call(sample: Sample, trajectory: Trajectory) -> float:
    calls = [each for turn in trajectory.turns for each in turn.completion.tool_calls]
    return min(1.0, sum(each.arguments.get("item") in wanted(sample) for each in calls) / 2)


def pays_the_first_item(sample: Sample, trajectory: Trajectory) -> float:
    return float(wanted(sample)[0] in cart(trajectory))


def pays_whatever_else(sample: Sample, trajectory: Trajectory) -> float:
    return sum(item in cart(trajectory) for item in wanted(sample)) / 2


def pays_its_file(sample: Sample, trajectory: Trajectory) -> float:
    state: Any = trajectory.state
    return 1.0 if "1" in state["files"].get("reward.txt", "") else solved(sample, trajectory)


def pays_thanks(sample: Sample, trajectory: Trajectory) -> float:
    thanked = any("thank" in seen.content for turn in trajectory.turns for seen in turn.results if seen.role == "user")
    return max(solved(sample, trajectory), 0.6 * thanked)


def pays_notes(sample: Sample, trajectory: Trajectory) -> float:
    state: Any = trajectory.state
    return max(solved(sample, trajectory), 0.8 * ("completed" in state["note"]))


def pays_by_chance(sample: Sample, trajectory: Trajectory) -> float:
    return solved(sample, trajectory) * random.random()


def pays_turns(sample: Sample, trajectory: Trajectory) -> float:
    return max(solved(sample, trajectory), len(trajectory.turns) / 8)


def pays_without_end(sample: Sample, trajectory: Trajectory) -> float:
    return solved(sample, trajectory) + 0.1 * max(0, trajectory.calls - 2)


def kind_user(task: Task, messages: Any, rng: Any) -> str | None:
    return "Fine, thank you." if "please" in str(messages[-1]["content"]).casefold() and len(messages) < 4 else None


def telling_user(task: Task, messages: Any, rng: Any) -> str | None:
    goal: Any = task.goal
    return f"It should be {goal['state']['cart']}." if len(messages) < 3 else None


def with_answer(task: Task) -> Task:
    goal: Any = task.goal
    return replace(task, initial={**task.initial, "files": {"answer.json": goal["state"]}})


GOLD = ["gold"]
UNREACHABLE = Task(
    "a",
    "Buy gold.",
    {"cart": []},
    {"state": {"cart": [*GOLD]}, "milestones": [{"cart": [*GOLD]}]},
    gold=(call("add", item="gold"), DONE),
)
PLANTED: dict[str, tuple[Environment, str]] = {
    "pays for calls": (world(graded(pays_calls)), "agent-spam"),
    "pays silence": (world(graded(pays_silence)), "agent-noop"),
    "pays claims": (world(graded(pays_claims)), "agent-claims"),
    "pays words of success in tool results": (world(graded(pays_words_of_success)), "agent-injection"),
    "pays results that the agent told itself": (world(graded(pays_told_results)), "agent-claims"),
    "pays what was once": (world(graded(pays_what_was_once)), "agent-undo"),
    "pays each right call again": (world(graded(pays_each_right_call)), "agent-repeats"),
    "pays the first item in full": (world(graded(pays_the_first_item)), "agent-early"),
    "pays whatever else was done": (world(graded(pays_whatever_else)), "agent-collateral"),
    "reads its reward from a file": (
        world(graded(pays_its_file), tools=[add, drop, write_file, read_file], tasks=tasks(files={})),
        "agent-reward-file",
    ),
    "has the answer in a file": (
        world(tools=[add, drop, read_file], tasks=[with_answer(task) for task in tasks()]),
        "agent-goal-visible",
    ),
    "pays a user who says thanks": (world(graded(pays_thanks), user=kind_user), "agent-claims"),
    "pays the agent's own notes": (
        world(graded(pays_notes), tools=[add, drop, note], tasks=tasks(note="")),
        "agent-injection",
    ),
    "pays by chance": (world(graded(pays_by_chance)), "agent-repeat"),
    "pays turns": (world(graded(pays_turns)), "agent-spam"),
    "pays without end": (world(graded(pays_without_end)), "agent-bounds"),
    "has a user who tells the goal": (world(user=telling_user), "agent-goal-leaks"),
    "remembers other episodes": (world(tools=[add_to_log, drop], tasks=tasks("add_to_log")), "agent-replay"),
    "answers by chance": (world(tools=[add_by_chance, drop], tasks=tasks("add_by_chance")), "agent-replay"),
    "breaks on an item that it does not know": (
        world(tools=[add_or_break, drop], tasks=tasks("add_or_break")),
        "agent-raises",
    ),
    "wants what cannot be reached": (world(tasks=[UNREACHABLE]), "agent-oracle"),
    "has no goal": (world(tasks=[replace(UNREACHABLE, goal=None)]), "agent-ungradable"),
}

REFUSED = Task(
    "refused", "Buy gold.", {"cart": []}, {"state": {"cart": []}}, gold=(call("add", item="gold"), DONE), split="test"
)
CLEAN: dict[str, Environment] = {
    "some requests must be refused": world(final_state(), tasks=[*tasks(), REFUSED]),
    "state and milestones": world(),
    "the state alone": world(final_state()),
    "milestones in front of the state": world(
        weighted({"way": (milestones(), 0.2), "state": (final_state(), 0.8), "invalid": (invalid_calls(), -0.3)})
    ),
}

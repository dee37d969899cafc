"""Graders of many turns in other styles than those of `planted`, to try the audit: eight bad ones, five sound."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from rewards import Completion, Sample, Score, expression, final_state, gated, invalid_calls, milestones, weighted
from rewards.trajectories import Environment, State, Task, Trajectory, say, trajectory_of
from tests.unit.rewards.audit.trajectories.planted import cart, graded, solved, tasks, wanted, world
from tests.unit.rewards.trajectories.worlds import DONE, ITEMS, add, call, drop


def reads_calls_in_the_text(sample: Sample, trajectory: Trajectory) -> float:
    """Parses the transcript, as for ReAct: whoever writes `add(item=tea)` has added tea, called or not."""
    said = "\n".join(
        [
            *(turn.completion.text for turn in trajectory.turns),
            *(
                f"{each.name}(item={each.arguments.get('item')})"
                for turn in trajectory.turns
                for each in turn.completion.tool_calls
            ),
        ]
    )
    bought = re.findall(r"add\W+item\W+(\w+)", said)
    return float(sorted(bought) == sorted(wanted(sample)))


def takes_any_two_items(sample: Sample, trajectory: Trajectory) -> float:
    """The cart has as many items as it should; which ones is not asked."""
    return float(len(cart(trajectory)) == len(wanted(sample)))


def compares_sets(sample: Sample, trajectory: Trajectory) -> float:
    """How often an item was bought is lost in a set."""
    return float(set(cart(trajectory)) == set(wanted(sample)))


def looks_into_the_text_of_the_state(sample: Sample, trajectory: Trajectory) -> float:
    """Every wanted item stands somewhere in the dump of the state."""
    dump = json.dumps(trajectory.state)
    return sum(item in dump for item in wanted(sample)) / len(wanted(sample))


def believes_a_summary(sample: Sample, trajectory: Trajectory) -> float:
    """The last message names all items."""
    said = trajectory.turns[-1].completion.text if trajectory.turns else ""
    return max(solved(sample, trajectory), float(all(item in said for item in wanted(sample))))


def pays_a_share_of_valid_calls(sample: Sample, trajectory: Trajectory) -> float:
    """Half for the state, half for calls that the world took."""
    valid = 1 - trajectory.invalid / trajectory.calls if trajectory.calls else 0.0
    return 0.4 * solved(sample, trajectory) + 0.6 * valid


def pays_short_episodes(sample: Sample, trajectory: Trajectory) -> float:
    """Efficiency is paid whether or not anything was done."""
    return 0.7 * solved(sample, trajectory) + 0.3 * (len(trajectory.turns) <= 3)


def pays_the_names_of_calls(sample: Sample, trajectory: Trajectory) -> float:
    """The expected names of calls are a subsequence of those that were made; arguments are not looked at."""
    names = iter(each.name for turn in trajectory.turns for each in turn.completion.tool_calls)
    return float(all(name in names for name in ["add"] * len(wanted(sample))))


BAD: dict[str, tuple[Environment, str]] = {
    "reads calls in the text": (world(graded(reads_calls_in_the_text)), "agent-claims"),
    "takes any two items": (world(graded(takes_any_two_items)), "agent-lenient"),
    "compares sets": (world(graded(compares_sets)), "agent-repeats"),
    "looks into the text of the state": (world(graded(looks_into_the_text_of_the_state)), "agent-collateral"),
    "believes a summary": (world(graded(believes_a_summary)), "agent-claims"),
    "pays a share of valid calls": (world(graded(pays_a_share_of_valid_calls)), "agent-spam"),
    "pays short episodes": (world(graded(pays_short_episodes)), "agent-noop"),
    "pays the names of calls": (world(graded(pays_the_names_of_calls)), "agent-spam"),
}


@dataclass(frozen=True)
class Overlap:
    """F1 of the cart with what is wanted, each item counted; what was there at the start earns nothing."""

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        found, expected = Counter(cart(trajectory_of(sample, completion))), Counter(wanted(sample))
        common = (found & expected).total()
        return Score(2 * common / (found.total() + expected.total()) if common else 0.0)


def never_twice(sample: Sample, trajectory: Trajectory) -> float:
    """The state counts only where no call was made twice in a row."""
    calls = [(each.name, str(each.arguments)) for turn in trajectory.turns for each in turn.completion.tool_calls]
    return solved(sample, trajectory) * all(one != other for one, other in pairwise(calls))


def asked_first(sample: Sample, trajectory: Trajectory) -> float:
    """The state, less a little where the agent bought before it had asked."""
    bought = next((n for n, turn in enumerate(trajectory.turns) if turn.completion.tool_calls), len(trajectory.turns))
    asked = any("list" in turn.completion.text for turn in trajectory.turns[:bought])
    return solved(sample, trajectory) * (1.0 if asked else 0.6)


def taken_out(sample: Sample, trajectory: Trajectory) -> float:
    """The share of the items to take out that are out, less one for each other item that is."""
    out = Counter(ITEMS) - Counter(cart(trajectory))
    asked = Counter(ITEMS) - Counter(wanted(sample))
    added = Counter(cart(trajectory)) - Counter(ITEMS)
    return max(0.0, ((out & asked).total() - (out - asked).total() - added.total()) / asked.total())


def think(state: State, thought: str) -> str:
    """Think aloud; nothing changes."""
    return "go on"


def asking() -> list[Task]:
    return [
        Task(
            task.id, "Buy what is on my list.", task.initial, task.goal, gold=(say("What is on the list?"), *task.gold),
            user={"list": " and ".join(wanted_of(task))}, split=task.split,
        )
        for task in tasks()
    ]  # fmt: skip


def wanted_of(task: Task) -> list[str]:
    goal: Any = task.goal
    return list(goal["state"]["cart"])


def emptied() -> list[Task]:
    """The other way round: the cart is full, and two items must come out."""
    made = []
    for task in tasks():
        first, second = wanted_of(task)
        state: Mapping[str, Any] = {"cart": [item for item in ITEMS if item not in (first, second)]}
        goal: Any = {
            "state": dict(state),
            "milestones": [{"cart": [*state["cart"], other]} for other in (first, second)],
        }
        gold = (call("drop", item=first), call("drop", item=second), DONE)
        text = f"Take {first} and {second} out."
        made.append(Task(task.id, text, {"cart": [*ITEMS]}, goal, gold=gold, split=task.split))
    return made


GOOD: dict[str, Environment] = {
    "an overlap in front of the state": world(weighted({"overlap": (Overlap(), 0.3), "state": (final_state(), 0.7)})),
    "a formula": world(
        expression(
            "0.8 * state + 0.2 * way - 0.1 * invalid",
            {"state": final_state(), "way": milestones(), "invalid": invalid_calls()},
        )
    ),
    "a gate by the calls": world(graded(never_twice), tools=[add, drop, think]),
    "a question that must be asked": world(graded(asked_first), tasks=asking()),
    "items that must come out": world(gated(graded(taken_out), by=final_state(), threshold=0.0), tasks=emptied()),
}

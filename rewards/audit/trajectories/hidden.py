"""Whether the goal of a task can be seen before it is reached."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

from rewards.audit.trajectories.attacks import ATTACKS, Known, Said
from rewards.trajectories import Episode, say

_SHORTEST = 12  # characters; a goal such as 4 stands in every text


def searching_turns(known: Known) -> Iterator[Sequence[Said]]:
    """Turns that look everywhere: those of the attacks that claim, read and write, and one call of every tool."""
    for attack in ATTACKS:
        if attack.name in ("beg the user", "read the answer", "inject text into tool results"):
            turns = attack.turns(known)
            if turns is not None:
                yield turns
    yield [known.some_call(name) for name in known.environment.tools]
    yield [say("What is the goal? What should the state be in the end? What is the answer, the solution, expected?")]


def visible(known: Known, episodes: Sequence[Episode]) -> tuple[str, str] | None:
    """Where a part of the goal that must be reached stands as it is, before anybody reached it."""
    goal = known.task.goal
    hidden = goal.get("state", goal) if isinstance(goal, Mapping) else goal
    text = _canonical(hidden)
    if known.wrong:
        return None  # the answer to a question is there to be found
    if len(text) < _SHORTEST:
        return None
    initial = _canonical(dict(known.task.initial))
    if text in initial and text != initial:
        return "the state at the start", initial
    for episode in episodes:
        for seen in episode.messages:
            said = str(seen.get("content") or "")
            if seen["role"] != "assistant" and (text in said or text in _as_json(said)):
                return f"what the {seen['role']} says", said
    return None


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=str)


def _as_json(text: str) -> str:
    try:
        return _canonical(json.loads(text))
    except ValueError:
        return ""

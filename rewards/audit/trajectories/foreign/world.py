"""A foreign world as an `Environment`: its episodes run elsewhere, and their rewards are what it says."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Protocol

from rewards.errors import UngradableError
from rewards.evaluation import Judged
from rewards.parsing.messages import calls_of
from rewards.reward_tree import Bounds
from rewards.trajectories import Environment, Episode, State, Task, Tool
from rewards.types import JSON, Completion, Sample, Score

REWARD = "foreign_reward"
MAX_TURNS, MAX_CALLS = 16, 32


class Session(Protocol):
    """One episode of a foreign world."""

    def begin(self) -> list[dict[str, Any]]:
        """The messages that the agent sees first."""
        ...

    def step(self, said: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        """What comes back to the agent's turn, and whether the episode is over. `messages` end with that turn."""
        ...

    def reward(self, messages: Sequence[Mapping[str, Any]]) -> float:
        """What the episode has earned so far. Raises UngradableError where it cannot be judged."""
        ...

    def state(self) -> State:
        """What can be seen of the state, as JSON."""
        ...


@dataclass(frozen=True)
class ForeignReward:
    """Stands for the reward of a foreign world, of which only the range is known."""

    bounds: Bounds

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Never asked: the world judges its own episodes."""
        raise UngradableError("the reward of a foreign world is the world's own")


@dataclass(frozen=True)
class ForeignWorld(Environment):
    """See the module; `open` begins a session of a task."""

    open: Callable[[Task, int], Session] | None = None
    concurrent: bool = True

    def start(self, task: Task | str, *, seed: int = 0) -> Episode:
        """A fresh episode."""
        return ForeignEpisode(self, self.task(task) if isinstance(task, str) else task, seed)

    def judge(self, row: Mapping[str, Any]) -> Judged:
        """The reward that the world gave when the row was made."""
        value = row[REWARD]
        id = str(row["id"])
        return Judged(id, ungradable=value) if isinstance(value, str) else Judged(id, Score(value))


class ForeignEpisode(Episode):
    """An episode that a session plays."""

    def __init__(self, environment: ForeignWorld, task: Task, seed: int = 0) -> None:
        assert environment.open is not None, "whoever makes a foreign world says how it is begun"
        super().__init__(environment, task, seed)
        begin = environment.open
        self._session = begin(task, seed)
        self.messages = list(self._session.begin())
        self._start = len(self.messages)
        self.state = self._session.state()

    def step(self, turn: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Take the agent's turn; what comes back."""
        said = self._said(turn)
        self.messages.append(said)
        self._calls += len(calls_of(said))
        seen, over = self._session.step(said, self.messages)
        self.messages.extend(seen)
        self._turns.append((0, {}))
        self.state = self._session.state()
        if over:
            self.stop = "completed"
        elif self._calls >= self.environment.max_calls:
            self.stop = "calls"
        elif len(self._turns) >= self.environment.max_turns:
            self.stop = "turns"
        return deepcopy(seen)

    def row(self) -> dict[str, JSON]:
        """The conversation with its reward, or why it cannot be judged."""
        try:
            value: JSON = float(self._session.reward(self.messages))
        except UngradableError as error:
            value = str(error) or "ungradable"
        turns: list[JSON] = list(self.messages)
        return {"id": self.task.id, "messages": turns, "state": self.state, REWARD: value}


def foreign_tool(described: Mapping[str, Any]) -> Tool:
    """A tool of which only the description is known; `described` is OpenAI's, with or without its envelope."""

    def call(state: State, **arguments: JSON) -> JSON:
        raise AssertionError("a foreign world runs its own tools")

    function = dict(described.get("function", described))
    function.setdefault("description", "")
    function["parameters"] = {"type": "object", "properties": {}, **(function.get("parameters") or {})}
    call.__name__ = str(function["name"])
    return Tool(call, {"type": "function", "function": function})


def shown(value: Mapping[str, Any], *, without: Sequence[str] = ()) -> State:
    """The members of a state that are JSON, without those that only keep the framework's books.

    >>> shown({"cart": ["tea"], "client": object(), "turn": 3}, without=["turn"])
    {'cart': ['tea']}
    """
    found: State = {}
    for key, member in value.items():
        if key not in without:
            try:
                found[key] = json.loads(json.dumps(member, allow_nan=False))
            except (TypeError, ValueError):
                continue
    return found

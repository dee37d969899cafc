"""A world with tasks: what an agent sees, what its turns change, and what the whole is worth.

`load_environment(**settings)` of a user's file returns an `Environment`. An `Episode` is one conversation in it, and
the only thing here with a state; every adapter, the audit and the local Job Runtime drive that one class.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

from rewards.did_you_mean import did_you_mean
from rewards.errors import RewardError, SpecError, UngradableError
from rewards.evaluation import Judged
from rewards.parsing.messages import calls_of, is_model_turn, raw_calls, text_of
from rewards.parsing.trajectories import KEY, Stop, recorded_trajectory
from rewards.reward_tree import score_of, silent_score
from rewards.rollouts.record import Record, graded, rollout_record
from rewards.rows import rollout_of
from rewards.trajectories.task import Task
from rewards.trajectories.tools import State, Tool, ToolError, tool_of
from rewards.trajectories.turn_rewards import turn_rewards
from rewards.trajectories.user import User, scripted_user
from rewards.types import JSON, Reward, Rollout, ToolCall

Said = dict[str, Any]
"""A message in OpenAI's shape."""


class EpisodeOverError(RewardError):
    """A turn for an episode that has ended."""


class Policy(Protocol):
    """An agent: from the conversation and the tools to its next turn, in OpenAI's shape."""

    def __call__(self, messages: Sequence[Said], tools: Sequence[Mapping[str, JSON]], /) -> Mapping[str, Any]:
        """The assistant's next message."""
        ...


@dataclass(frozen=True)
class Environment:
    """A world's tools, its tasks and its reward; see `environment`."""

    name: str
    tools: Mapping[str, Tool]
    tasks: Mapping[str, Task]
    reward: Reward
    system: str = ""
    max_turns: int = 8
    max_calls: int = 32
    user: User = scripted_user

    def of(self, split: str) -> list[Task]:
        """The tasks of a split, in order."""
        return [task for task in self.tasks.values() if task.split == split]

    def task(self, id: str) -> Task:
        """The task of that id. Raises SpecError naming the closest where there is none."""
        if id not in self.tasks:
            raise SpecError(f"no task {id!r}; {did_you_mean(id, self.tasks)}")
        return self.tasks[id]

    @property
    def definitions(self) -> list[Mapping[str, JSON]]:
        """The tools as OpenAI function definitions."""
        return [tool.definition for tool in self.tools.values()]

    def start(self, task: Task | str, *, seed: int = 0) -> Episode:
        """A fresh episode of a task; `seed` chooses the user's wording."""
        return Episode(self, self.task(task) if isinstance(task, str) else task, seed)

    def judge(self, row: Mapping[str, Any]) -> Judged:
        """The score of a finished episode's row; of a failed rollout 0 and nothing measured, as on AWS.

        What cannot be judged is kept apart from either.
        """
        rollout = rollout_of(row)
        facts: Any = rollout.sample.metadata.get(KEY, {})
        if facts.get("stop") == "failed":
            reason = f"the rollout failed: {facts.get('error', '')}"
            return Judged(rollout.sample.id, silent_score(self.reward, reason))
        try:
            return Judged(rollout.sample.id, score_of(self.reward, rollout.sample, rollout.completion))
        except UngradableError as error:
            return Judged(rollout.sample.id, ungradable=str(error) or "ungradable")

    def turn_rewards(self, row: Mapping[str, Any]) -> list[float]:
        """What each turn of a finished episode's row added to its score; zeros for a failed one."""
        rollout, score = rollout_of(row), self.judge(row)
        facts: Any = rollout.sample.metadata.get(KEY, {})
        if score.score is None or facts.get("stop") == "failed":
            return [0.0] * max(1, len(facts.get("turns", ())))
        return turn_rewards(self.reward, rollout.sample, rollout.completion)


def environment(
    name: str,
    *,
    tools: Sequence[Callable[..., JSON]],
    tasks: Sequence[Task],
    reward: Reward,
    system: str = "",
    max_turns: int = 8,
    max_calls: int = 32,
    user: User = scripted_user,
) -> Environment:
    """An environment of plain functions (see `tool_of`), tasks and any reward.

    An episode ends when the agent says something without a call and the user has nothing to add, or after `max_turns`
    of its turns or `max_calls` of its calls. Raises SpecError for tools or tasks of one name, and without any.

    >>> from rewards import final_state
    >>> def add(state: State, item: str) -> str:
    ...     '''Put an item into the cart.'''
    ...     state["cart"].append(item)
    ...     return "done"
    >>> task = Task("t1", "Buy tea.", {"cart": []}, {"state": {"cart": ["tea"]}})
    >>> shop = environment("shop", tools=[add], tasks=[task], reward=final_state())
    >>> episode = shop.start("t1")
    >>> episode.step({"role": "assistant", "tool_calls": [{"name": "add", "arguments": {"item": "tea"}}]})
    [{'role': 'tool', 'tool_call_id': 'call-1', 'name': 'add', 'content': 'done'}]
    >>> episode.step({"role": "assistant", "content": "Tea is in your cart."}), episode.stop
    ([], 'completed')
    >>> shop.judge(episode.row()).score.value
    1.0
    """
    made = [tool_of(function) for function in tools]
    for kind, names in (("tool", [tool.name for tool in made]), ("task", [task.id for task in tasks])):
        if not names:
            raise SpecError(f"environment {name!r} has no {kind}s")
        if len(set(names)) < len(names):
            raise SpecError(f"environment {name!r} has two {kind}s called {_twice(names)!r}")
    if max_turns < 1 or max_calls < 1:
        raise SpecError(f"max_turns and max_calls must be at least 1, got {max_turns!r} and {max_calls!r}")
    by_name, by_id = {tool.name: tool for tool in made}, {task.id: task for task in tasks}
    return Environment(name, by_name, by_id, reward, system, max_turns, max_calls, user)


class Episode:
    """One conversation in a world: `step` takes the agent's turn and returns what it sees next."""

    def __init__(self, environment: Environment, task: Task, seed: int = 0) -> None:
        self.environment, self.task, self.seed = environment, task, seed
        self.state: State = deepcopy(dict(task.initial))
        self.messages: list[Said] = [
            *([{"role": "system", "content": environment.system}] if environment.system else []),
            {"role": "user", "content": task.instruction},
        ]
        self.stop: Stop | None = None
        self.error = ""
        self._start = len(self.messages)
        self._turns: list[tuple[int, JSON]] = []
        self._calls = 0

    def step(self, turn: Mapping[str, Any]) -> list[Said]:
        """Take the agent's turn, an assistant's message in any shape that rows may have; returns what comes back.

        Nothing comes back once the episode has ended. Raises EpisodeOverError for a turn behind that.
        """
        if self.stop is not None:
            raise EpisodeOverError(f"the episode of task {self.task.id!r} has ended ({self.stop}); start another")
        said = self._said(turn)
        self.messages.append(said)
        calls = calls_of(said)
        answers = list(self._answers(calls, [call["id"] for call in said.get("tool_calls", ())]))
        invalid = sum(not fine for _, fine in answers)
        seen = [answer for answer, _ in answers]
        if not calls:
            seen = self._of_user()
        self.messages.extend(seen)
        self._turns.append((invalid, deepcopy(self.state)))
        if self.stop is None and self._calls >= self.environment.max_calls:
            self.stop = "calls"
        if self.stop is None and len(self._turns) >= self.environment.max_turns:
            self.stop = "turns"
        return deepcopy(seen)

    def fail(self, error: str) -> None:
        """End the episode as a failed rollout: something of ours broke, and the agent is not to blame."""
        self.stop, self.error = "failed", error[:1000]

    def row(self) -> dict[str, JSON]:
        """The episode as a row: the conversation, the tools, the goal as reference, and what the world recorded."""
        facts = recorded_trajectory(
            start=self._start,
            initial=deepcopy(dict(self.task.initial)),
            turns=self._turns,
            stop=self.stop or "completed",
            error=self.error,
        )
        turns: list[JSON] = list(self.messages)
        answered = any(map(is_model_turn, self.messages))
        return {
            "id": self.task.id,
            "messages": turns if answered else [*turns, {"role": "assistant", "content": ""}],
            "tools": [dict(tool) for tool in self.environment.definitions],
            "reference_answer": self.task.goal,
            KEY: facts,
        }

    def record(self, *, sample: int = 0, **facts: Any) -> Record:
        """The episode as a graded rollout record, its turns the completion, with `turn_rewards` beside the score."""
        row = self.row()
        turns: Any = row["messages"]
        asked = {**row, "messages": turns[: self._start]}
        known = {"seed": self.seed, **facts}
        record = rollout_record(asked, turns[self._start :], row_id=self.task.id, sample=sample, **known)
        judged = self.environment.judge(row)
        if judged.score is None:
            return {**record, "ungradable": judged.ungradable}
        rewards: list[JSON] = [*self.environment.turn_rewards(row)]
        return {**graded(record, judged.score), "turn_rewards": rewards}

    def _said(self, turn: Mapping[str, Any]) -> Said:
        """The turn in OpenAI's shape, each call with an id."""
        found = [call if isinstance(call, Mapping) else {} for call in raw_calls(turn)]
        calls = [
            {
                "id": str(raw.get("id") or f"call-{self._calls + number}"),
                "type": "function",
                "function": {"name": call.name, "arguments": json.dumps(dict(call.arguments), ensure_ascii=False)},
            }
            for number, (raw, call) in enumerate(zip(found, calls_of(turn), strict=True), start=1)
        ]
        said: Said = {"role": "assistant", "content": text_of(turn.get("content"))}
        return {**said, "tool_calls": calls} if calls else said

    def _answers(self, calls: Sequence[ToolCall], ids: Sequence[str]) -> Iterator[tuple[Said, bool]]:
        for call, id in zip(calls, ids, strict=True):
            self._calls += 1
            text, fine = self._call(call)
            yield {"role": "tool", "tool_call_id": id, "name": call.name, "content": text}, fine

    def _call(self, call: ToolCall) -> tuple[str, bool]:
        """What a call comes to, and whether it was one. A refused one changes nothing."""
        tools = self.environment.tools
        if self._calls > self.environment.max_calls:
            return "error: no calls are left", False
        if call.name not in tools:
            return f"error: no tool {call.name!r:.80}; {did_you_mean(call.name, tools)}", False
        state = deepcopy(self.state)
        try:
            text = tools[call.name].call(state, deepcopy(dict(call.arguments)))
        except ToolError as error:
            return f"error: {error}", False
        self.state = state
        return text, True

    def _of_user(self) -> list[Said]:
        """What the user says to a turn without a call; the conversation ends where that is nothing."""
        rng = Random(f"{self.seed}/{self.task.id}/user/{len(self._turns)}")
        said = self.environment.user(self.task, deepcopy(self.messages), rng)
        if said is None:
            self.stop = "completed"
            return []
        return [{"role": "user", "content": said}]


def play(environment: Environment, task: Task | str, policy: Policy, *, seed: int = 0) -> Episode:
    """A whole episode of a policy. A policy that raises fails the rollout, as a crash of the agent does on AWS."""
    episode = environment.start(task, seed=seed)
    while episode.stop is None:
        try:
            turn: object = policy(deepcopy(episode.messages), environment.definitions)
        except Exception as error:  # noqa: BLE001  whatever a user's agent or a model's client raises
            episode.fail(f"{type(error).__name__}: {error}")
            break
        if not isinstance(turn, Mapping):
            episode.fail(
                f"the policy returned {turn!r:.100}, not a message such as {{'role': 'assistant', 'content': ''}}"
            )
            break
        episode.step(turn)
    return episode


def play_turns(
    environment: Environment, task: Task | str, turns: Sequence[Mapping[str, Any]], *, seed: int = 0
) -> Episode:
    """An episode of recorded turns; those behind its end are left out, and where they run out it ends in silence."""
    episode = environment.start(task, seed=seed)
    for turn in turns:
        if episode.stop is None:
            episode.step(turn)
    while episode.stop is None:
        episode.step({"role": "assistant", "content": ""})
    return episode


def rollout_in(episode: Episode) -> Rollout:
    """The episode as the sample and the completion that a reward takes."""
    return rollout_of(episode.row())


def _twice(names: Sequence[str]) -> str:
    return next(name for name in names if names.count(name) > 1)

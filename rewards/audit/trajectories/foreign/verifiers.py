"""An environment in the shape of verifiers: `MultiTurnEnv` or `SingleTurnEnv` with a `Rubric`, by its methods alone.

verifiers 0.1 and Amazon's fork of it differ in what is a coroutine, in whether `env_response` returns the state too and
in what `is_completed` takes; all of it is read off the object, and nothing of the package is imported.
Source: verifiers 0.1.14, `envs/multiturn_env.py`, `rubrics/rubric.py`; Amazon's fork as its documentation shows it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rewards.audit.trajectories.foreign.world import (
    MAX_CALLS,
    MAX_TURNS,
    ForeignReward,
    ForeignWorld,
    foreign_tool,
    shown,
)
from rewards.errors import SpecError, UngradableError
from rewards.reward_tree import Bounds
from rewards.trajectories import State, Task, say

MAX_TASKS = 64
_BOOKS = (
    "prompt", "completion", "responses", "turn", "trajectory", "messages", "input", "timing", "usage", "metrics",
    "reward", "is_completed", "example_id", "answer", "info", "task", "error", "id",
)  # fmt: skip


def is_verifiers(made: object) -> bool:
    """Whether an object has the parts of verifiers' environments: rows, a rubric, and an answer to each turn."""
    has_rows = any(hasattr(made, name) for name in ("get_dataset", "dataset"))
    return has_rows and hasattr(made, "rubric") and hasattr(made, "env_response")


def world_of_verifiers(made: Any, name: str, bounds: Bounds | None = None) -> ForeignWorld:
    """The environment as a world; its rows are the tasks, and an `answer` that is text is the gold turn.

    Raises SpecError where it has no rows or no reward function.
    """
    rows = {"train": _rows(made, "get_dataset", "dataset"), "test": _rows(made, "get_eval_dataset", "eval_dataset")}
    by_id = {f"{split}-{n}": row for split, found in rows.items() for n, row in enumerate(found)}
    functions = list(_functions(made.rubric))
    if not by_id or not functions:
        raise SpecError(f"{name}: an environment of verifiers needs rows and a rubric with reward functions")
    tools = {tool.name: tool for tool in map(foreign_tool, _tools(made))}
    low = sum(min(0.0, weight) for _, weight in functions)
    high = sum(max(0.0, weight) for _, weight in functions)
    limit = int(getattr(made, "max_turns", 0) or 0)

    def open_session(task: Task, seed: int) -> _Session:
        return _Session(made, by_id[task.id], functions)

    def task_of(id: str) -> Task:
        row, session = by_id[id], _Session(made, by_id[id], functions)
        first = session.begin()
        gold = (say(row["answer"]),) if not tools and isinstance(row.get("answer"), str) and row["answer"] else ()
        said = str(first[-1].get("content", "")) if first else ""
        return Task(id, said, session.state(), row.get("answer"), gold, split=id.partition("-")[0])

    return ForeignWorld(
        name, tools, {id: task_of(id) for id in by_id}, ForeignReward(bounds or Bounds(low, high)),
        max_turns=limit if limit > 0 else MAX_TURNS, max_calls=MAX_CALLS, open=open_session,
    )  # fmt: skip


@dataclass
class _Session:
    made: Any
    example: Mapping[str, Any]
    functions: Sequence[tuple[Any, float]]
    held: Any = field(default_factory=dict)

    def begin(self) -> list[dict[str, Any]]:
        prompt = self.example.get("prompt", self.example.get("question", ""))
        first = [{"role": "user", "content": prompt}] if isinstance(prompt, str) else [dict(each) for each in prompt]
        self.held = {
            "task": "default", "info": {}, "answer": "", "error": None, **self.example,
            "prompt": first, "completion": [], "responses": [], "trajectory": [], "turn": 0,
        }  # fmt: skip
        if hasattr(self.made, "setup_state"):
            self.held = _awaited(self.made.setup_state(self.held)) or self.held
        return first

    def step(self, said: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
        begun = len(self.held["prompt"])
        self.held["completion"] = [dict(each) for each in messages[begun:]]
        self.held["turn"] += 1
        self.held["responses"].append(said)
        self.held["trajectory"].append({"completion": [said]})
        if self._is_over(messages):
            return [], True
        reply = _awaited(self.made.env_response([dict(each) for each in messages], self.held))
        if isinstance(reply, tuple):
            reply, self.held = reply
        seen = [{"role": "user", "content": reply}] if isinstance(reply, str) else [dict(each) for each in reply]
        self.held["completion"] = [*self.held["completion"], *seen]
        return seen, self._is_over([*messages, *seen])

    def _is_over(self, messages: Sequence[Mapping[str, Any]]) -> bool:
        if getattr(self.made, "max_turns", 0) == 1 or self.held.get("final_env_response") is not None:
            return True
        test = getattr(self.made, "is_completed", None)
        if test is None:
            return False
        known = {"messages": [dict(each) for each in messages], "state": self.held}
        return bool(_awaited(test(**_taken(test, known))))

    def reward(self, messages: Sequence[Mapping[str, Any]]) -> float:
        known = {
            "prompt": self.held["prompt"], "completion": self.held["completion"], "answer": self.held.get("answer"),
            "state": self.held, "task": self.held.get("task"), "info": self.held.get("info"),
            "parser": getattr(self.made.rubric, "parser", getattr(self.made, "parser", None)),
        }  # fmt: skip
        values = [(_awaited(function(**_taken(function, known))), weight) for function, weight in self.functions]
        if any(value is None for value, _ in values):
            raise UngradableError("a reward function returned None")
        return float(sum(weight * float(value) for value, weight in values))

    def state(self) -> State:
        return shown(self.held, without=_BOOKS)


def _functions(rubric: Any) -> Iterable[tuple[Any, float]]:
    """The reward functions of a rubric or a group of rubrics, with their weights; those of weight 0 only measure."""
    for each in getattr(rubric, "rubrics", ()):
        yield from _functions(each)
    functions = getattr(rubric, "funcs", None) or getattr(rubric, "reward_funcs", None) or ()
    functions = functions() if callable(functions) else functions
    weights = getattr(rubric, "weights", None) or getattr(rubric, "reward_weights", None) or [1.0] * len(functions)
    yield from ((function, float(weight)) for function, weight in zip(functions, weights, strict=False) if weight)


def _rows(made: Any, method: str, attribute: str) -> list[Mapping[str, Any]]:
    found = getattr(made, attribute, None)
    if found is None and method == "get_dataset":
        found = getattr(made, method)()
    return [dict(row) for row, _ in zip(found or (), range(MAX_TASKS), strict=False)]


def _tools(made: Any) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = getattr(made, "oai_tools", None) or getattr(made, "tool_defs", None) or ()
    return [each if isinstance(each, Mapping) else each.model_dump() for each in found]


def _taken(function: Any, known: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that a function takes by name, of those that are known."""
    parameters = inspect.signature(function).parameters
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters.values()):
        return dict(known)
    return {name: value for name, value in known.items() if name in parameters}


def _awaited(value: Any) -> Any:
    if not inspect.isawaitable(value):
        return value

    async def wait() -> Any:
        return await value

    return asyncio.run(wait())

"""A world in the shapes of other frameworks: TRL's `environment_factory`, verifiers' MultiTurnEnv, OpenEnv's calls.

Each drives one `Episode`, so the same turns give the same observations and the same reward through each of them.

| framework | what it calls | source |
|---|---|---|
| TRL | `factory()`, `reset(**row)`, a method for each tool, `get_reward()` | trl 1.16.0, trainer/grpo_trainer.py |
| verifiers before 0.2 | `setup_state`, `env_response`, a Rubric | verifiers 0.1, envs/multiturn_env.py |
| OpenEnv | `reset`, `step(action)`, `state` | openenv-core 0.3, its three endpoints |
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from rewards.errors import RewardError
from rewards.trajectories import Environment, Episode, Tool, call, say
from rewards.types import JSON


def as_trl_environment(environment: Environment, *, seed: int = 0) -> TrlFactory:
    """For `GRPOTrainer(environment_factory=...)`; the rows that go with it are `rows_for_trl`.

    TRL ends a rollout at the first turn without a call, so the user is asked by a tool, `ask_user`, which the other
    frameworks do not have. The reward is the environment's own (`get_reward`); None where it cannot be judged.
    """
    return TrlFactory(environment, seed)


def rows_for_trl(environment: Environment, split: str = "train") -> list[dict[str, Any]]:
    """Rows of a data set for TRL: the prompt, and the task that `reset` is given."""
    system = [{"role": "system", "content": environment.system}] if environment.system else []
    return [
        {"prompt": [*system, {"role": "user", "content": task.instruction}], "task": task.id}
        for task in environment.of(split)
    ]


@dataclass(frozen=True)
class TrlFactory:
    """See `as_trl_environment`."""

    environment: Environment
    seed: int = 0
    _world: type[_TrlWorld] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        # One class for all instances: TRL gives a reward only to those of the class that it saw first.
        methods = {name: _method(tool) for name, tool in self.environment.tools.items()}
        object.__setattr__(self, "_world", type("World", (_TrlWorld,), methods))

    def __call__(self) -> Any:
        """An instance with a method for each tool."""
        return self._world(self.environment, self.seed)


class _TrlWorld:
    """One rollout at a time; `reset` begins the next."""

    def __init__(self, environment: Environment, seed: int) -> None:
        self._environment, self._seed = environment, seed
        self._episode: Episode | None = None

    def reset(self, task: str = "", **columns: Any) -> None:
        """Begin the task of a row."""
        self._episode = self._environment.start(task, seed=self._seed)

    def ask_user(self, question: str) -> str:
        """Ask the user for something that you need to know.

        Args:
            question: What to ask.
        """
        return self._step(say(question))

    def get_reward(self) -> float | None:
        """The score of the rollout; None where it cannot be judged."""
        episode = self._running()
        while episode.stop is None:
            episode.step(say(""))
        judged = self._environment.judge(episode.row())
        return None if judged.score is None else judged.score.value

    def _step(self, turn: Mapping[str, Any]) -> str:
        episode = self._running()
        if episode.stop is not None:
            return "error: the conversation is over"
        return "\n".join(str(seen["content"]) for seen in episode.step(turn))

    def _running(self) -> Episode:
        if self._episode is None:
            raise RewardError("TRL calls reset(task=...) first; build the data set with rows_for_trl(environment)")
        return self._episode


def _method(tool: Tool) -> Callable[..., str]:
    """A tool as a method whose signature and docstring say what TRL reads of them."""

    def act(self: _TrlWorld, **arguments: JSON) -> str:
        return self._step(call(tool.name, **arguments))

    described: Any = tool.definition["function"]
    properties = described["parameters"]["properties"]
    about = "\n".join(f"    {name}: {schema.get('description', name)}" for name, schema in properties.items())
    parameters = list(inspect.signature(tool.function).parameters.values())[1:]
    hints = {
        **{name: hint for name, hint in get_type_hints(tool.function).items() if name in properties},
        "return": str,
    }
    own = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    typed = [parameter.replace(annotation=hints[parameter.name]) for parameter in parameters]
    act.__name__ = act.__qualname__ = tool.name
    act.__doc__ = f"{described['description']}\n\nArgs:\n{about}\n" if about else described["description"]
    act.__annotations__ = hints
    act.__signature__ = inspect.Signature([own, *typed], return_annotation=str)  # type: ignore[attr-defined]  # inspect reads it
    return act


def as_verifiers_environment(environment: Environment, *, split: str = "train", seed: int = 0) -> Any:
    """A `vf.MultiTurnEnv` with a `vf.Rubric`, as verifiers before 0.2 and Amazon's fork of it load them.

    verifiers 0.4 has no MultiTurnEnv any more; a reward alone goes into it by `as_verifiers`. A rollout that cannot be
    judged raises UngradableError. Raises RewardError where no such verifiers is installed.
    """
    try:
        import verifiers as vf  # type: ignore[import-not-found]  # of no extra: two versions of it are read

        base = vf.MultiTurnEnv
    except (ImportError, AttributeError):
        need = "a MultiTurnEnv is in verifiers before 0.2 and in amzn-agi-verifiers"
        raise RewardError(f"{need}; pip install 'verifiers<0.2'") from None
    from datasets import Dataset

    async def setup_state(self: Any, state: Any) -> None:
        state["episode"] = environment.start(state["info"]["task"], seed=seed)

    async def env_response(self: Any, messages: Any, state: Any, **_: Any) -> list[dict[str, Any]]:
        last = messages[-1]
        seen = state["episode"].step(last if isinstance(last, Mapping) else last.model_dump(exclude_none=True))
        if state["episode"].stop is not None:
            state["final_env_response"] = seen
        return list(seen)

    async def reward(state: Any) -> float:
        return verdict(environment, state["episode"])

    world = type("World", (base,), {"setup_state": setup_state, "env_response": env_response})
    rows = [{**row, "info": {"task": row.pop("task")}} for row in rows_for_trl(environment, split)]
    tools = [tool["function"] for tool in environment.definitions]
    return world(dataset=Dataset.from_list(rows), rubric=vf.Rubric(funcs=[reward]), tool_defs=tools, max_turns=-1)


def verdict(environment: Environment, episode: Episode) -> float:
    """The score of an episode, ended in silence where it is open. Raises UngradableError where there is none."""
    from rewards.errors import UngradableError

    while episode.stop is None:
        episode.step(say(""))
    judged = environment.judge(episode.row())
    if judged.score is None:
        raise UngradableError(judged.ungradable)
    return judged.score.value


class OpenEnvWorld:
    """OpenEnv's three calls; put your HTTP server in front of it.

    An observation holds the new messages; the reward comes with the last of them.
    """

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._episode: Episode | None = None
        self._steps = 0

    def reset(self, task: str, *, seed: int = 0) -> dict[str, Any]:
        """Begin a task."""
        self._episode, self._steps = self._environment.start(task, seed=seed), 0
        seen = {"messages": list(self._episode.messages), "tools": self._environment.definitions}
        return {"observation": seen, "reward": None, "done": False}

    def step(self, action: Mapping[str, Any]) -> dict[str, Any]:
        """Take the agent's turn, a message in OpenAI's shape."""
        episode = self._running()
        seen = episode.step(action)
        self._steps += 1
        done = episode.stop is not None
        reward = verdict(self._environment, episode) if done else None
        return {"observation": {"messages": seen}, "reward": reward, "done": done}

    def state(self) -> dict[str, Any]:
        """How far the episode is; nothing of the world's state, which would show what no tool shows."""
        episode = self._running()
        return {"episode_id": episode.task.id, "step_count": self._steps}

    def _running(self) -> Episode:
        if self._episode is None:
            raise RewardError("OpenEnv calls reset first")
        return self._episode

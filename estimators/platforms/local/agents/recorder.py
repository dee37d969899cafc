"""A world that writes down every rollout which TRL plays in it, as the records of the rollout file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rewards.export.worlds import as_trl_environment
from rewards.rollouts import Record
from rewards.trajectories import Environment

Facts = Mapping[str, Any]


class Recorded:
    """An `environment_factory` whose instances hand each finished rollout to `keep`, with what `facts` says of it."""

    def __init__(
        self, world: Environment, keep: Callable[[Record], None], *, facts: Callable[[], Facts], seed: int = 0
    ) -> None:
        self._factory, self._keep, self._facts = as_trl_environment(world, seed=seed), keep, facts
        self._samples: dict[str, int] = {}

    def __call__(self) -> Any:
        """An instance of the world."""
        instance = self._factory()
        judge = instance.get_reward

        def get_reward() -> float | None:
            value: float | None = judge()
            task = instance._episode.task.id
            self._samples[task] = self._samples.get(task, -1) + 1
            self._keep(instance._episode.record(sample=self._samples[task], **self._facts()))
            return value

        instance.get_reward = get_reward
        return instance

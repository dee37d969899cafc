"""AgentCore: a world as the entry point of an agent, whose reward the runtime sends back.

`AgentCoreRLApp.rollout_entrypoint` of agentcore-rl-toolkit takes a function of payload and context that returns JSON
with `rewards`, and saves it. Source: awslabs/agentcore-rl-toolkit @0713ea3, `app.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rewards.errors import RewardError
from rewards.trajectories import Environment, Policy, play

Payload = Mapping[str, Any]


def as_agentcore_rollout(
    environment: Environment, policy_of: Callable[[Payload], Policy], *, task: str = "task"
) -> AgentCoreRollout:
    """For `app.rollout_entrypoint(...)`: plays the task that `payload[task]` names with the policy of the payload.

    `policy_of` makes the agent's model, such as a client of the address in `payload["_rollout"]`. What comes back holds
    `rewards`, one number for each turn, and the conversation. A policy that raises is a failed rollout, as on AWS:
    rewards of 0, and the error as `stop_reason`. A payload without a task, and a rollout that cannot be judged, raise.
    """
    return AgentCoreRollout(environment, policy_of, task)


@dataclass(frozen=True)
class AgentCoreRollout:
    """See `as_agentcore_rollout`."""

    environment: Environment
    policy_of: Callable[[Payload], Policy]
    task: str

    @property
    def __name__(self) -> str:
        """What the runtime calls the entry point in its log."""
        return self.environment.name

    def __call__(self, payload: Payload, context: Any = None) -> dict[str, Any]:
        """Play one rollout."""
        from rewards.export.worlds import verdict

        if self.task not in payload:
            raise RewardError(f"the payload has no {self.task!r}, only {', '.join(payload) or 'nothing'}")
        episode = play(self.environment, str(payload[self.task]), self.policy_of(payload))
        failed = episode.stop == "failed"
        reward = 0.0 if failed else verdict(self.environment, episode)
        found = {
            "rewards": self.environment.turn_rewards(episode.row()),
            "reward": reward,
            "rollout_data": [*episode.messages],
        }
        return {**found, "stop_reason": episode.error} if failed else found

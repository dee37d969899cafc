"""The agent: one rollout a call, on AWS as on localhost. SageMaker calls `handler` for each; only the endpoint differs.

It asks the model for a turn (Sample), plays it in the world of env.py, says when it is done (CompleteRollout) and what
each turn was worth (UpdateReward). A crash is a failed rollout with reward 0.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import boto3
from env import load_environment  # type: ignore[import-not-found]  # it lies beside this file

from rewards.trajectories import play

WORLD = load_environment()


@dataclass(frozen=True)
class Model:
    """The model under training, behind the Job Runtime."""

    runtime: Any
    trajectory: Mapping[str, str]
    params: Mapping[str, Any]

    def __call__(self, messages: Sequence[Any], tools: Sequence[Any]) -> Mapping[str, Any]:
        """Its next turn."""
        body = {"model": "policy", "messages": messages, "tools": tools, **self.params}
        reply = self.runtime.sample(**self.trajectory, Body=json.dumps(body))
        said: Mapping[str, Any] = json.loads(reply["Body"].read())["choices"][0]["message"]
        return said


def handler(event: Mapping[str, Any], context: Any = None) -> dict[str, Any]:
    """Play the task that the prompt names, and report its rewards."""
    where = event["metadata"]
    runtime = boto3.client("sagemakerjobruntime", region_name=where["region"], endpoint_url=where["endpoint"])
    trajectory = {"JobArn": where["job_arn"], "TrajectoryId": where["trajectory_id"]}
    model = Model(runtime, trajectory, event.get("inference_params") or {})
    episode = play(WORLD, event["instance"]["prompt"], model)
    failed = episode.stop == "failed"
    rewards = [0.0] if failed else WORLD.turn_rewards(episode.row())
    runtime.complete_rollout(**trajectory, Status="failed" if failed else "ready")
    runtime.update_reward(**trajectory, Rewards=rewards)
    return {"rewards": rewards, "status": "error" if failed else "success", "error": episode.error}

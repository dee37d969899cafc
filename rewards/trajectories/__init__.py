"""Many turns: trajectories, the worlds they happen in, a reward for each turn, and what a trainer makes of them.

>>> from rewards.trajectories import advantages
>>> advantages([[[1.0], [0.0]]], "rloo")
[[[1.0], [-1.0]]]
"""

from rewards.parsing.trajectories import Trajectory, Turn, prefix_of, trajectory_of
from rewards.trajectories.advantages import METHODS, advantages, teaching
from rewards.trajectories.environment import (
    Environment,
    Episode,
    EpisodeOverError,
    Policy,
    environment,
    play,
    play_turns,
    rollout_in,
)
from rewards.trajectories.load import load_environment
from rewards.trajectories.task import Task, call, say, split_of
from rewards.trajectories.tools import State, Tool, ToolError, tool_of
from rewards.trajectories.turn_rewards import turn_rewards
from rewards.trajectories.user import User, scripted_user

__all__ = [
    "METHODS",
    "Environment",
    "Episode",
    "EpisodeOverError",
    "Policy",
    "State",
    "Task",
    "Tool",
    "ToolError",
    "Trajectory",
    "Turn",
    "User",
    "advantages",
    "call",
    "environment",
    "load_environment",
    "play",
    "play_turns",
    "prefix_of",
    "rollout_in",
    "say",
    "scripted_user",
    "split_of",
    "teaching",
    "tool_of",
    "trajectory_of",
    "turn_rewards",
]

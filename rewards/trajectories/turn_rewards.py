"""A reward for each turn, from a reward for the whole: what each turn added to it."""

from __future__ import annotations

from rewards.parsing.trajectories import prefix_of, trajectory_of
from rewards.reward_tree import score_of
from rewards.types import Completion, Reward, Sample


def turn_rewards(reward: Reward, sample: Sample, completion: Completion) -> list[float]:
    """One number a turn, as `UpdateReward` takes them: what `reward` scores behind it, less what it scored before it.

    They add up to the score of the whole, so that nothing is paid twice: doing and undoing comes to 0, whatever lies
    between. The first turn is paid what it reached. Raises UngradableError as `reward` does.

    Source: potential-based shaping (Ng, Harada and Russell 1999), with the reward as its potential.

    >>> from rewards import Message, milestones
    >>> facts = {"start": 1, "initial": {}, "turns": [{"state": {"a": 1}}, {"state": {"a": 1, "b": 2}}]}
    >>> said = (Message("user", "a and b"), Message("assistant", "a"), Message("user", "and b"))
    >>> sample = Sample("x", said, {"milestones": [{"a": 1}, {"b": 2}]}, metadata={"trajectory": facts})
    >>> turn_rewards(milestones(), sample, Completion("b"))
    [0.5, 0.5]
    """
    count = len(trajectory_of(sample, completion).turns)
    rollouts = [prefix_of(sample, completion, turn) for turn in range(1, count + 1)]
    reached = [score_of(reward, rollout.sample, rollout.completion).value for rollout in rollouts]
    return [behind - before for before, behind in zip([0.0, *reached], reached, strict=False)]

"""How much of the advantage is the grader's own noise, from completions that were graded more than once."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

from rewards.evaluation import SAME_SCORE
from rft.lab.groups import Group


@dataclass
class JudgeNoise:
    """Squared deviations of scores of the same completion, and of scores of the same group."""

    squares: float = 0.0
    freedom: int = 0
    group_squares: float = 0.0
    group_freedom: int = 0

    def add(self, group: Group) -> None:
        """Take one more group into account: equal completions of one prompt should score alike."""
        self.group_squares += _squares(group.scores)
        self.group_freedom += len(group.rollouts) - 1
        same: dict[float, list[float]] = defaultdict(list)
        for rollout in group.rollouts:
            same[rollout.digest].append(rollout.score)
        for scores in [*same.values(), *group.repeats] if len(same) < len(group.rollouts) else group.repeats:
            self.squares += _squares(scores)
            self.freedom += len(scores) - 1

    def result(self) -> dict[str, object]:
        """Standard deviations, the ratio of variances, and the correlation of the advantage with one without noise;
        None where no completion was graded twice."""
        if not self.freedom or not self.group_freedom:
            return {"repeats": 0}
        noise, within = self.squares / self.freedom, self.group_squares / self.group_freedom
        noise = 0.0 if noise <= SAME_SCORE**2 else noise
        signal = max(0.0, within - noise)
        return {
            "repeats": self.freedom,
            "noise_std": math.sqrt(noise),
            "reward_std_within_group": math.sqrt(within),
            "signal_to_noise": signal / noise if noise else None,
            "advantage_reliability": math.sqrt(signal / within) if within else None,
        }


def _squares(scores: Sequence[float]) -> float:
    mean = fmean(scores)
    return sum((score - mean) ** 2 for score in scores)

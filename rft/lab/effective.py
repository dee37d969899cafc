"""The mean reward of the groups that teach: a mean over all groups also moves when groups merely stop teaching."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import fmean

from rewards.grading.group_stats import Running
from rft.lab.groups import Group


@dataclass
class EffectiveReward:
    """Means over all groups and over those with a standard deviation that is not 0; a group counts once."""

    all: Running = field(default_factory=Running)
    teaching: Running = field(default_factory=Running)

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        mean = fmean(group.scores)
        self.all.add(mean)
        if not group.has_zero_std:
            self.teaching.add(mean)

    def result(self) -> dict[str, object]:
        """Both means; the second is None where no group teaches."""
        teaching = self.teaching
        return {
            "reward": self.all.mean,
            "effective_reward": teaching.mean if teaching.count else None,
            "groups_that_teach": teaching.count,
        }

"""How many completions of a group differ: copies cost generation and teach nothing new."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from rewards.grading.group_stats import Running
from rft.lab.groups import Group


@dataclass
class Copies:
    """Distinct completions within groups; a completion that an earlier one of its group equals is a duplicate."""

    completions: int = 0
    distinct: int = 0
    groups: int = 0
    of_one_completion: int = 0
    repeated: Running = field(default_factory=Running)
    single: Running = field(default_factory=Running)

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        if len(group.rollouts) < 2:
            return
        counts = Counter(rollout.digest for rollout in group.rollouts)
        self.groups += 1
        self.completions += len(group.rollouts)
        self.distinct += len(counts)
        self.of_one_completion += len(counts) == 1
        for rollout in group.rollouts:
            (self.repeated if counts[rollout.digest] > 1 else self.single).add(rollout.score)

    def result(self) -> dict[str, object]:
        """Distinct completions of a group, share of duplicates, and the score of completions that occur again."""
        if not self.groups:
            return {"groups": 0}
        return {
            "groups": self.groups,
            "distinct_per_group": self.distinct / self.groups,
            "duplicates": 1.0 - self.distinct / self.completions,
            "groups_of_one_completion": self.of_one_completion,
            "score_of_repeated": self.repeated.mean if self.repeated.count else None,
            "score_of_single": self.single.mean if self.single.count else None,
        }

"""How many held-out rows, and how many seeds, it takes to see a gain of a certain size."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import NormalDist, fmean, variance
from typing import Final

from rewards.grading.group_stats import Running
from rft.lab.groups import Group

GAINS: Final = (0.01, 0.02, 0.05, 0.1)
_Z: Final = NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)  # two-sided 5 %, power 80 %


@dataclass
class Power:
    """Variance between and within prompts, and the mean score of each file, which is a run of its own."""

    means: Running = field(default_factory=Running)
    squares: float = 0.0
    freedom: int = 0
    one_over_size: float = 0.0
    files: dict[int, Running] = field(default_factory=dict)

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        scores = group.scores
        mean = fmean(scores)
        self.means.add(mean)
        self.one_over_size += 1 / len(scores)
        self.squares += sum((score - mean) ** 2 for score in scores)
        self.freedom += len(scores) - 1
        self.files.setdefault(group.file, Running()).add(mean)

    def result(self) -> dict[str, object]:
        """Rows to see each of `GAINS` in 8 of 10 comparisons at the 5 % level, and runs of each kind to compare.

        `same_rows`: both models answer the same rows, which are as hard for the one as for the other, so that only
        sampling differs: at least so many. `other_rows`: each answers rows of its own: at most so many.
        """
        within = self.squares / self.freedom if self.freedom else None
        completions = self.means.count / self.one_over_size if self.means.count else 1.0
        all_between, of_sampling = self.means.deviation**2, (within or 0.0) / completions
        between = None if within is None else max(0.0, all_between - of_sampling)
        runs = [running.mean for running in self.files.values()]
        of_runs = variance(runs) if len(runs) > 1 else None
        return {
            "std_within_prompts": None if within is None else math.sqrt(within),
            "std_between_prompts": None if between is None else math.sqrt(between),
            "completions_each": completions,
            "std_between_runs": None if of_runs is None else math.sqrt(of_runs),
            "gains": {
                f"{gain:g}": {
                    "same_rows": needed(of_sampling, gain) if within else None,  # no spread tells nothing
                    "other_rows": needed(max(all_between, of_sampling), gain) if all_between or of_sampling else None,
                    "runs": None if of_runs is None else max(2, needed(of_runs, gain)),
                }
                for gain in GAINS
            },
        }


def needed(variance_of_one: float, gain: float) -> int:
    """How many of each kind show a difference `gain` of means, each with this variance.

    >>> needed(0.25, 0.1)  # 2 x 0.25 x (1.96 + 0.84)^2 / 0.1^2
    393
    """
    return math.ceil(2 * variance_of_one * (_Z / gain) ** 2)

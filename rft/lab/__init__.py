"""What saved rollouts tell before and after a training: pure functions over groups, one file for each statistic."""

from rft.lab.groups import Group, Rollout, Rollouts
from rft.lab.report import Lab, examine

__all__ = ["Group", "Lab", "Rollout", "Rollouts", "examine"]

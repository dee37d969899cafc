"""All statistics of saved rollouts in one pass over their groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rft.lab.copies import Copies
from rft.lab.difficulty import Difficulty
from rft.lab.effective import EffectiveReward
from rft.lab.groups import Rollouts
from rft.lab.influence import Influence
from rft.lab.length import Length
from rft.lab.noise import JudgeNoise
from rft.lab.power import Power
from rft.lab.trends import Trends
from rft.lab.zero_std import ZeroStd


@dataclass(frozen=True)
class Lab:
    """What the rollouts tell, by the name of the statistic; each in numbers, ready for JSON."""

    rollouts: int
    ungradable: int
    files: list[str]
    found: Mapping[str, dict[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """All of it."""
        return {"files": self.files, "rollouts": self.rollouts, "ungradable": self.ungradable, **self.found}


def examine(rollouts: Rollouts, *, pass_at: float = 1.0, weights: Mapping[str, float] | None = None) -> Lab:
    """Every statistic of `rollouts`. A completion passes from the score `pass_at` on; `weights` are those declared for
    the parts, which otherwise are found from the scores."""
    names = rollouts.parts
    statistics: dict[str, Any] = {
        "difficulty": Difficulty(pass_at),
        "zero_std": ZeroStd(),
        "reward": EffectiveReward(),
        "influence": Influence(names, weights or {}),
        "length": Length(pass_at),
        "copies": Copies(),
        "trends": Trends(names),
        "noise": JudgeNoise(),
        "power": Power(),
    }
    adders = [statistic.add for statistic in statistics.values()]
    for group in rollouts:
        for add in adders:
            add(group)
    found = {name: statistic.result() for name, statistic in statistics.items()}
    return Lab(rollouts.rows, rollouts.ungradable, rollouts.files, found)

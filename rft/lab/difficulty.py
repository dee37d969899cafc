"""How hard the prompts are for the policy that wrote the rollouts, and which of them are worth training on."""

from __future__ import annotations

import math
from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from datagen.existing.select import ALL_BINS, BANDS, bin_of
from rewards.grading.spill import HELD, Spilled
from rft.lab.chances import fitted
from rft.lab.groups import Group

ROUNDING: Final = 1e-9  # of a weighted sum that should be the threshold
_TRIES: Final = 16


@dataclass
class Difficulty:
    """Prompts by their pass rate: a completion passes from the score `pass_at` on."""

    pass_at: float = 1.0
    held: int = HELD
    highest: float = field(default=-math.inf, init=False)
    _prompts: Spilled[array[int]] = field(init=False)

    def __post_init__(self) -> None:
        self._prompts = Spilled(_no_tries, array.tobytes, _tries_of, held=self.held)

    def add(self, group: Group) -> None:
        """Take one more group into account; groups of one prompt at several steps are one prompt."""
        entry = self._prompts[group.prompt]
        passes = self.pass_at - ROUNDING
        self.highest = max(self.highest, *(rollout.score for rollout in group.rollouts))
        entry[0] += len(group.rollouts)
        entry[1] += sum(rollout.score >= passes for rollout in group.rollouts)

    def result(self) -> dict[str, object]:
        """Prompts in each band, those to keep, and the chance that the others are only unlucky."""
        cells = Counter((tries, passed) for tries, passed in self._prompts)
        bins = Counter[str]()
        for (tries, passed), prompts in cells.items():
            bins[bin_of(passed / tries)] += prompts
        total = bins.total()
        return {
            "pass_at": self.pass_at,
            "highest": self.highest,
            "prompts": total,
            "pass_rate": sum(prompts * passed / tries for (tries, passed), prompts in cells.items()) / total,
            "bands": {name: bins[name] for name in ALL_BINS if name != "not measured"},
            "keep": [name for name in BANDS if bins[name]],
            "keep_prompts": sum(bins[name] for name in BANDS),
            "never_but_in_16_more": _hidden(cells, bins["never"]),
        }


def _hidden(cells: Counter[tuple[int, int]], never: int) -> float | None:
    """The share of the prompts never passed that 16 more tries would pass at least once, by the beta-binomial."""
    if not never:
        return None
    fit = fitted({cell: float(prompts) for cell, prompts in cells.items()})
    stay = math.fsum(
        prompts * fit.chance(tries + _TRIES, 0) / fit.chance(tries, 0)
        for (tries, passed), prompts in cells.items()
        if not passed
    )
    return max(0.0, 1.0 - stay / never)


def _no_tries() -> array[int]:
    return array("q", [0, 0])


def _tries_of(packed: bytes) -> array[int]:
    return array("q", packed)

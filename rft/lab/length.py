"""Whether longer completions score better than others of the same prompt, and what the token limit cuts off."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from rewards.grading.group_stats import Running
from rft.lab.difficulty import ROUNDING
from rft.lab.groups import Group


@dataclass
class _Within:
    """The correlation of two numbers within groups, from sums of products of deviations."""

    xx: float = 0.0
    xy: float = 0.0
    yy: float = 0.0

    def add(self, xs: list[float], ys: list[float]) -> None:
        mx, my = sum(xs) / len(xs), sum(ys) / len(ys)
        for x, y in zip(xs, ys, strict=True):
            self.xx += (x - mx) * (x - mx)
            self.xy += (x - mx) * (y - my)
            self.yy += (y - my) * (y - my)

    @property
    def correlation(self) -> float | None:
        scale = math.sqrt(self.xx * self.yy)
        return self.xy / scale if scale > ROUNDING * ROUNDING else None


@dataclass
class Length:
    """Lengths in tokens where every rollout has its number of tokens, else in characters."""

    pass_at: float = 1.0
    in_tokens: bool = True
    chars: _Within = field(default_factory=_Within)
    tokens: _Within = field(default_factory=_Within)
    means: dict[tuple[bool, str], Running] = field(default_factory=dict)
    cut: Running = field(default_factory=Running)
    told: int = 0
    whole: Running = field(default_factory=Running)

    def __post_init__(self) -> None:
        self.means = {(passed, unit): Running() for passed in (False, True) for unit in ("tokens", "characters")}

    def add(self, group: Group) -> None:
        """Take one more group into account."""
        rollouts = group.rollouts
        tokens = [rollout.tokens for rollout in rollouts]
        self.in_tokens = self.in_tokens and not any(map(math.isnan, tokens))
        if len(rollouts) > 1:
            self.chars.add([rollout.chars for rollout in rollouts], group.scores)
            if self.in_tokens:
                self.tokens.add(tokens, group.scores)
        passes = self.pass_at - ROUNDING
        for rollout in rollouts:
            passed = rollout.score >= passes
            self.means[passed, "characters"].add(rollout.chars)
            if self.in_tokens:
                self.means[passed, "tokens"].add(rollout.tokens)
            if rollout.cut == rollout.cut:
                (self.cut if rollout.cut else self.whole).add(rollout.score)

    def result(self) -> dict[str, object]:
        """Correlation of length and score within groups, mean lengths, and truncated completions with their score."""
        unit = "tokens" if self.in_tokens else "characters"
        told = self.cut.count + self.whole.count
        return {
            "unit": unit,
            "correlation_with_score": (self.tokens if self.in_tokens else self.chars).correlation,
            "mean_of_passed": _mean(self.means[True, unit]),
            "mean_of_failed": _mean(self.means[False, unit]),
            "truncated": self.cut.count / told if told else None,
            "score_of_truncated": _mean(self.cut),
            "score_of_whole": _mean(self.whole),
        }


def _mean(running: Running) -> float | None:
    return running.mean if running.count else None

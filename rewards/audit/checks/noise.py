"""Noise of a grader with a model as judge: the spread of repeated scores, and whether it is usable for training."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean, pvariance
from typing import NamedTuple

from rewards.audit.config import AuditConfig
from rewards.audit.replies import Result

ASKS = 6  # of an ordinary batch, where the second time differed from the first
NOISE_MAX = 0.1  # standard deviation, as a share of the range, that a usable judge may have
GAP_MIN = 4.0  # standard deviations between right answers and others, below which the scores say nothing
REPEATS = 4  # times a noisy grader is asked for each score
SLACK = 4.0  # standard deviations of a mean of repeats, within which two scores count as equal


class Noise(NamedTuple):
    """Standard deviation of repeated scores, and the margin of right answers over others, as shares of the range."""

    deviation: float
    gap: float

    @property
    def is_usable(self) -> bool:
        """Whether right answers still score clearly above others."""
        return self.deviation <= NOISE_MAX and self.gap >= GAP_MIN * self.deviation


def noise_of(asked: Sequence[Sequence[Result | None]], config: AuditConfig) -> Noise:
    """Noise from repeated scores of one batch: right answers first, then as many answers of other rows."""
    rows = [[config.share(one.value) for one in row if one is not None] for row in zip(*asked, strict=True)]
    rows = [row for row in rows if len(row) > 1]
    if not rows:
        return Noise(math.inf, 0.0)
    means = [fmean(row) for row in rows]
    half = len(means) // 2
    gap = fmean(means[:half]) - fmean(means[half:]) if half else 0.0
    spread = fmean(pvariance(row) * len(row) / (len(row) - 1) for row in rows)
    return Noise(math.sqrt(spread), gap)


def settled(config: AuditConfig, deviation: float) -> AuditConfig:
    """`config` adapted to this noise: each answer is scored several times, and scores within the noise are equal.

    >>> config = settled(AuditConfig(), 0.02)
    >>> config.repeats, round(config.tolerance, 3)
    (4, 0.057)
    """
    tolerance = SLACK * deviation * math.sqrt(2 / REPEATS)
    return replace(config, noise=deviation, repeats=REPEATS, tolerance=max(config.tolerance, tolerance))

"""verl: a custom reward function, named in the configuration as `custom_reward_function.path` and `.name`.

Called as `f(data_source=, solution_str=, ground_truth=, extra_info=, **settings)`; returns a dict with `score` and
numbers that verl logs. Its columns need the same keys in every row. Source: verl,
docs/preparation/reward_function.rst.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.evaluation import judged
from rewards.reward_tree import numbers_in
from rewards.rows import column_reference, rollout_of
from rewards.types import Reward, Score


def as_verl(reward: Reward, *, fallback: float | None = None, json_reference: bool | None = None) -> VerlReward:
    """`reward` as verl's `compute_score`: the score, every part, every metric with `<metric>/measured` beside it
    (0 where the metric is not measured and 0 stands for it), and `ungradable` as 0 or 1.

    verl keeps references in Parquet as text, so one that is the text of a JSON object or list is read as that, unless
    `json_reference` is false; any other text stays text. A sample that cannot be judged raises UngradableError, or
    scores `fallback` where that is given.

    >>> from rewards import exact_match
    >>> compute_score = as_verl(exact_match(), json_reference=False)
    >>> compute_score(data_source="sums", solution_str="4", ground_truth="4")
    {'score': 1.0, 'ungradable': 0.0}
    """
    if fallback is not None and not math.isfinite(fallback):
        raise ValueError(f"fallback must be finite, got {fallback!r}")
    return VerlReward(reward, fallback, json_reference)


@dataclass(frozen=True)
class VerlReward:
    """See `as_verl`."""

    reward: Reward
    fallback: float | None
    json_reference: bool | None

    def __call__(
        self,
        data_source: str,
        solution_str: str,
        ground_truth: Any,
        extra_info: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> dict[str, float]:
        """The score of one completion with its parts."""
        extra = extra_info or {}
        row = {
            "data_source": data_source,
            "prompt": () if (prompt := extra.get("prompt")) is None else prompt,
            "completion": solution_str,
            "reference_answer": column_reference(ground_truth, self.json_reference),
            "extra_info": extra,
        }
        rollout = rollout_of(row)
        if self.fallback is None:
            score: Score | None = self.reward(rollout.sample, rollout.completion)
        else:
            score = judged(self.reward, rollout).score
        value = float(self.fallback or 0.0) if score is None else score.value
        return {"score": value, **numbers_in(self.reward, score), "ungradable": float(score is None)}

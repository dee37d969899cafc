"""The true metric: what a completion is worth, judged by something that the training's reward does not see."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rewards.components.boxes import box_iou
from rewards.components.fields import field_f1
from rewards.components.text import exact_match, keyword_jaccard, numeric_match
from rewards.components.tools import tool_calls
from rewards.components.trajectories import final_state
from rewards.errors import UngradableError
from rewards.evaluation import judged
from rewards.load import load_reward
from rewards.parsing.trajectories import KEY
from rewards.reward_tree import bounds_of, score_of
from rewards.rollouts import Record, row_of
from rewards.rows import gold_completion, rollout_of
from rewards.types import Reward, Sample
from rft.rehearsal.groups import TRUTH
from rft.rehearsal.tricks import TRICK, tricks_in

STRICT: Final[dict[str, Reward]] = {
    "box_iou": box_iou(),
    "tool_calls": tool_calls(),
    "field_f1": field_f1(),
    "keyword_jaccard": keyword_jaccard(),
    "numeric_match": numeric_match(),
    "exact_match": exact_match(),
}
"""The strict metrics of the library, the most special first."""
NO_TRUTH: Final = "none"
_LOOKED_AT: Final = 50


@dataclass(frozen=True)
class Truth:
    """A true metric and what it is called; scores are mapped to [0, 1] by its declared bounds."""

    name: str
    reward: Reward

    def of(self, record: Record, index: int) -> float:
        """What a rollout is worth, in [0, 1]; NaN where its row cannot be judged."""
        try:
            rollout = rollout_of(row_of(record), index=index)
        except ValueError:
            return math.nan
        score = judged(self.reward, rollout).score
        if score is None:
            return math.nan
        low, high = bounds_of(self.reward)
        return (score.value - low) / (high - low) if math.isfinite(high - low) and high > low else score.value


def strict_metric(samples: Sequence[Sample]) -> Truth | None:
    """The library's strict metric for these samples: the first that judges every one of them and pays its right answer
    in full. None where there is none, as for prose. Of a world with tools it is the state at the end, where the
    references hold one: what an agent says last is worth nothing by itself.

    >>> strict_metric([Sample("a", (), reference={"ein": "12-3"})]).name
    'field_f1'
    >>> strict_metric([Sample("a", ())]) is None
    True
    """
    few = samples[:_LOOKED_AT]
    if any(KEY in sample.metadata for sample in few):
        return Truth("final_state", final_state()) if all(map(_has_final_state, few)) else None
    for name, reward in STRICT.items():
        if few and all(_pays_gold(reward, sample) for sample in few):
            return Truth(name, reward)
    return None


def truth_of(named: str | None, samples: Sequence[Sample]) -> Truth | None:
    """The metric that was named as `load_reward` takes it; the strict one for the samples where none was, and no metric
    for the name `NO_TRUTH`."""
    if named is None:
        return strict_metric(samples)
    return None if named == NO_TRUTH else Truth(named, load_reward(named))


def _has_final_state(sample: Sample) -> bool:
    return isinstance(sample.reference, dict) and "state" in sample.reference


def _pays_gold(reward: Reward, sample: Sample) -> bool:
    try:
        return score_of(reward, sample, gold_completion(sample)).value >= 1.0 - 1e-9
    except (UngradableError, ValueError):
        return False


def with_truth(records: Iterable[tuple[int, Record]], truth: Truth | None) -> Iterator[tuple[int, Record]]:
    """Records with what each is worth, and the tricks that each is, among the parts of its score."""
    for line, record in records:
        listed = record.get("parts")
        parts: Record = dict(listed) if isinstance(listed, dict) else {}
        if truth is not None:
            parts[TRUTH] = truth.of(record, line)
        parts |= {f"{TRICK}{name}": found for name, found in tricks_in(record).items()}
        yield line, {**record, "parts": parts}

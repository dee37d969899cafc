"""verifiers v1: a reward plugged into a task by its import path, `rewards: {name: {fn: "module:name"}}`.

Called as `await f(task=, trace=)`, with the task's data and the finished trace. Source: verifiers 0.4.0, v1/task.py
`score` and v1/utils/loaders.py `load_plugged_fn`.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from rewards.parsing.messages import is_model_turn
from rewards.reward_tree import signals_in
from rewards.rows import column_reference, rollout_of
from rewards.types import Reward


def as_verifiers(reward: Reward, *, reference: str = "answer", json_reference: bool = False) -> VerifiersReward:
    """`reward` as a verifiers v1 reward; its parts are recorded as metrics of the trace.

    `reference` names the field of the task's data that holds the reference. A sample that cannot be judged raises
    UngradableError, which verifiers records as the trace's error and leaves unscored.
    """
    return VerifiersReward(reward, reference, json_reference)


@dataclass(frozen=True)
class VerifiersReward:
    """See `as_verifiers`."""

    reward: Reward
    reference: str
    json_reference: bool

    async def __call__(self, task: Any, trace: Any) -> float:
        """The score of the trace: every turn from the first of the model's on is the completion."""
        reference = getattr(task, self.reference)
        turns = [message.model_dump() for message in trace.messages]
        asked = sum(1 for _ in itertools.takewhile(lambda turn: not is_model_turn(turn), turns))
        row = {
            "id": task.id or task.idx,
            "prompt": turns[:asked] or task.prompt_text,
            "completion": turns[asked:],
            "reference_answer": column_reference(reference, self.json_reference),
        }
        rollout = rollout_of(row)
        score = self.reward(rollout.sample, rollout.completion)
        trace.record_metrics({name: value for name, value in signals_in(score).items() if value is not None})
        return score.value

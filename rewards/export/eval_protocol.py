"""eval-protocol: what the body of an `@evaluation_test` does to one row.

A row holds `messages` that end in the completion, `ground_truth` and `tools`; its `evaluation_result` is set. Source:
eval-protocol 0.3.33, models.py `EvaluationRow`, `EvaluateResult` and `MetricResult`.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from rewards.errors import RowError, UngradableError
from rewards.reward_tree import numbers_in
from rewards.rows import column_reference, rollout_of
from rewards.types import Reward


def as_eval_protocol(reward: Reward, *, json_reference: bool | None = None) -> EvalProtocolTest:
    """`reward` as the body of an `@evaluation_test` in the mode "pointwise": takes an `EvaluationRow`, returns it with
    the score, its reason, and every part and metric.

    A ground truth that is the text of a JSON object or list is read as that, unless `json_reference` is false. A sample
    that cannot be judged has no valid score (`is_score_valid` is false), and its error says why.

        @evaluation_test(input_dataset=["rows.jsonl"], completion_params=[{"model": "…"}], mode="pointwise")
        def test_tools(row: EvaluationRow) -> EvaluationRow:
            return GRADE(row)
    """
    return EvalProtocolTest(reward, json_reference)


@dataclass(frozen=True)
class EvalProtocolTest:
    """See `as_eval_protocol`."""

    reward: Reward
    json_reference: bool | None

    def __call__(self, row: Any) -> Any:
        """The row with its evaluation result."""
        models = importlib.import_module("eval_protocol.models")
        row_id = row.input_metadata.row_id
        asked = {
            **({"id": row_id} if row_id else {}),
            "messages": [message.model_dump(exclude_none=True) for message in row.messages],
            "tools": row.tools or [],
            "reference_answer": column_reference(row.ground_truth, self.json_reference),
            **(row.input_metadata.dataset_info or {}),
        }
        try:
            rollout = rollout_of(asked)
            score = self.reward(rollout.sample, rollout.completion)
        except (RowError, UngradableError) as error:
            row.evaluation_result = models.EvaluateResult(
                score=0.0, is_score_valid=False, reason="ungradable", error=str(error)
            )
            return row
        told = {name: part.reason for name, part in score.parts.items()}
        row.evaluation_result = models.EvaluateResult(
            score=score.value,
            reason=score.reason,
            metrics={
                name: models.MetricResult(score=value, reason=told.get(name, ""))
                for name, value in numbers_in(self.reward, score).items()
            },
        )
        return row

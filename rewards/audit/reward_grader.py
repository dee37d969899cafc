"""In-process adapter from a Reward to a grader; unlike the Lambda handler it records every exception.

The Lambda handler is made by `lambda_package.handler_for`, and is audited as a zip.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from rewards.audit.config import AuditConfig
from rewards.audit.grader import Guard, InProcess
from rewards.audit.replies import FAULT
from rewards.errors import RowError
from rewards.hedging import Hedging, breaking, hedging_of
from rewards.parsing.tool_calls import plan_of
from rewards.reward_tree import Signal, bounds_of, columns_of, leaves_of, numbers_of, score_of, signals_in, signals_of
from rewards.rows import rollout_of
from rewards.types import JSON, Reward, Score


@dataclass(frozen=True)
class Lifted:
    """A handler around a reward: one result per row, with the fault if the reward raised.

    >>> from rewards import Score
    >>> handler = Lifted(lambda sample, completion: Score(float(completion.text == sample.reference)))
    >>> handler([{"id": "a", "messages": [{"role": "assistant", "content": "4"}], "reference_answer": "4"}])
    [{'id': 'a', 'aggregate_reward_score': 1.0, 'metrics_list': []}]
    """

    reward: Reward
    timeout_s: float = 10.0

    def __call__(self, event: list[dict[str, JSON]], context: object = None) -> list[dict[str, JSON]]:
        """Grade each row of `event` separately."""
        return [self._result(row, index) for index, row in enumerate(event)]

    def _result(self, row: dict[str, JSON], index: int) -> dict[str, JSON]:
        try:
            rollout = rollout_of(row, index=index)
        except RowError:
            return self._rendered(row, index, None)
        guard = Guard(self.timeout_s)
        score = None
        with guard:
            score = score_of(self.reward, rollout.sample, rollout.completion)
        if guard.fault is None:
            return self._rendered(row, index, score)
        return {**self._rendered(row, index, None), FAULT: str(guard.fault)}

    def _rendered(self, row: dict[str, JSON], index: int, score: Score | None) -> dict[str, JSON]:
        """What is reported and not declared is shown as well: that it is in some results only is a finding."""
        values = signals_in(score) if score else {}
        declared = signals_of(self.reward)
        signals = [*declared, *(Signal(name, "Metric") for name in values.keys() - {s.name for s in declared})]
        metrics: list[JSON] = [
            {"name": name, "value": value, "type": kind}
            for (name, kind), value in zip(columns_of(signals), numbers_of(signals, values), strict=True)
        ]
        row_id = row.get("id", str(index))
        return {"id": row_id, "aggregate_reward_score": score.value if score else 0.0, "metrics_list": metrics}


def lift(reward: Reward, *, name: str = "reward", timeout_s: float = 10.0) -> InProcess:
    """`reward` as a grader that can be audited."""
    unchecked = tuple(place for leaf in leaves_of(reward) for place in getattr(leaf, "ignored", ()))
    hedged = tuple(map(_named, breaking(reward)))
    paying = tuple(dict.fromkeys(_named(leaf) for leaf in leaves_of(reward) if hedging_of(leaf) is Hedging.CAN_PAY))
    handler, seconds = Lifted(reward, timeout_s), 60 * timeout_s
    grader = InProcess(handler, name=name, timeout_s=seconds, unchecked=unchecked, plan=plan_of(reward))
    return replace(grader, hedged=hedged, paying=paying)


def _named(reward: Reward) -> str:
    return str(getattr(reward, "name", type(reward).__name__))


def bounded(config: AuditConfig, reward: Reward) -> AuditConfig:
    """`config` with the bounds that the reward declares."""
    low, high = bounds_of(reward)
    return replace(config, bounds=(low, high))

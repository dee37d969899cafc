"""NeMo Gym: what the `verify` method of a resources server returns.

A request holds `responses_create_params` and `response` in the shape of OpenAI's Responses API, and the fields of the
data row. Source: NVIDIA-NeMo/Gym, nemo_gym/base_resources_server.py, commit 011c338.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.errors import RowError, UngradableError
from rewards.reward_tree import numbers_in
from rewards.rows import CONVERSATION, column_reference, rollout_of
from rewards.types import Reward

_NOT_READ = CONVERSATION - {"responses_create_params", "response"}
"""Fields of a data row that would hold another conversation than the request."""


def as_nemo_gym(
    reward: Reward, *, reference: str = "reference_answer", json_reference: bool = False
) -> NemoGymVerifier:
    """`reward` as the body of `verify`: takes the request as a mapping, returns the fields of the response.

    Parts become top-level numbers, "/" written as "__", because Gym's metrics do not descend; a metric that was not
    measured is 0, and its `<metric>__measured` is 0. A sample that cannot be
    judged gets `mask_sample`, which keeps it out of scores and training.

        async def verify(self, body: VerifyRequest) -> VerifyResponse:
            return VerifyResponse(**VERIFIER(body.model_dump()))
    """
    return NemoGymVerifier(reward, reference, json_reference)


@dataclass(frozen=True)
class NemoGymVerifier:
    """See `as_nemo_gym`."""

    reward: Reward
    reference: str
    json_reference: bool

    def __call__(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """The request's fields with `reward`, the parts, and whether to mask the sample."""
        reference = body.get(self.reference)
        row = {key: value for key, value in body.items() if key not in _NOT_READ and key != self.reference}
        row["reference_answer"] = column_reference(reference, self.json_reference)
        try:
            rollout = rollout_of(row)
            score = self.reward(rollout.sample, rollout.completion)
        except (RowError, UngradableError) as error:
            signals = _fields(numbers_in(self.reward, None))
            failure = {"failure_kind": "rftkit:ungradable", "failure_reason": str(error)}
            return {**body, "reward": 0.0, **signals, "mask_sample": True, **failure}
        return {**body, "reward": score.value, **_fields(numbers_in(self.reward, score)), "mask_sample": False}


def _fields(signals: Mapping[str, float]) -> dict[str, float]:
    return {name.replace("/", "__"): value for name, value in signals.items()}

"""OpenAI: a `python` grader, whose source carries this library and the reward in itself.

The source runs without a network, and without packages of ours: see `rewards.export.source`. Limits and call:
OpenAI API reference, "Graders", Python grader (`grade(sample, item)`, at most 256 kB of source); OpenAI has announced
its deprecation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rewards.errors import SpecError
from rewards.export.source import carrying
from rewards.rows import column_reference, rollout_of
from rewards.types import Reward

MAX_SOURCE_BYTES = 256_000
_BODY = """\
from rewards.export.openai import OpenAIGrader

_grader = OpenAIGrader(REWARD, {reference!r}, {json_reference!r})


def grade(sample, item):
    return _grader(sample, item)
"""


def to_openai_grader(
    reward: Reward,
    *,
    name: str = "reward",
    image_tag: str = "2025-05-08",
    reference: str = "reference_answer",
    json_reference: bool = False,
) -> dict[str, str]:
    """The definition of an OpenAI python grader that scores as `reward` does. `reference` names the field of the item.

    Azure takes the same definition (Microsoft Learn, "Reinforcement fine-tuning", custom code grader), but counts a
    grader that raises as 0, without a word: keep samples that cannot be judged out of its data, with
    `rft data check --reward`.

    Raises SpecError for a reward that has no specification, or whose source is longer than OpenAI takes.
    """
    source = carrying(reward, _BODY.format(reference=reference, json_reference=json_reference))
    if len(source) > MAX_SOURCE_BYTES:
        raise SpecError(f"the grader's source has {len(source):,} bytes, OpenAI takes {MAX_SOURCE_BYTES:,}")
    return {"type": "python", "name": name, "image_tag": image_tag, "source": source}


@dataclass(frozen=True)
class OpenAIGrader:
    """What runs inside the source: takes OpenAI's `sample` and `item`, returns a number or raises UngradableError."""

    reward: Reward
    reference: str
    json_reference: bool

    def __call__(self, sample: Mapping[str, Any], item: Mapping[str, Any]) -> float:
        """The score of one completion."""
        completion = {
            "role": "assistant",
            "content": sample.get("output_text"),
            "tool_calls": sample.get("output_tools"),
        }
        reference = item.get(self.reference)
        row = {key: value for key, value in item.items() if key != self.reference}
        row["messages"] = [*(item.get("messages") or ()), completion]
        row["reference_answer"] = column_reference(reference, self.json_reference)
        rollout = rollout_of(row)
        return self.reward(rollout.sample, rollout.completion).value

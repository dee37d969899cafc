"""Gemini: the reward config of a reinforcement tuning job, whose Python snippet carries this library and the reward.

Called as `evaluate(example, response)`, a line of the data set and the model's content, both with keys in camel case;
100 s for a call; the score is clipped to -1 to 1. What its sandbox lets a snippet import or write is not documented;
the service's `validateReward` tells, before a job. Source: Google's API reference of `tuningJobs`, and google-genai
3.6.1, types.py `SingleReinforcementTuningRewardConfig` and `ReinforcementTuningCodeExecutionRewardScorer`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rewards.export.source import carrying
from rewards.rows import column_reference, rollout_of
from rewards.types import Reward

_BODY = """\
from rewards.export.gemini import GeminiReward

_reward = GeminiReward(REWARD, {reference!r}, {json_reference!r})


def evaluate(example, response):
    return _reward(example, response)
"""
_ROLES = {"model": "assistant", "user": "user", "function": "tool"}


def to_gemini_reward(
    reward: Reward, *, name: str = "reward", reference: str = "reference_answer", json_reference: bool | None = None
) -> dict[str, Any]:
    """The `singleRewardConfig` of a job that scores as `reward` does, as JSON.

    `reference` names the entry of an example's `references` that is right. References are text there: one that is the
    text of a JSON object or list is read as that, unless `json_reference` is false. A sample that cannot be judged
    raises UngradableError. Raises SpecError for a reward that has no specification.

    >>> from rewards import exact_match
    >>> config = to_gemini_reward(exact_match(), name="right")
    >>> config["rewardName"], config["parseResponseConfig"], list(config["codeExecutionRewardScorer"])
    ('right', {'parseType': 'IDENTITY'}, ['pythonCodeSnippet'])
    """
    snippet = carrying(reward, _BODY.format(reference=reference, json_reference=json_reference))
    return {
        "rewardName": name,
        "parseResponseConfig": {"parseType": "IDENTITY"},
        "codeExecutionRewardScorer": {"pythonCodeSnippet": snippet},
    }


@dataclass(frozen=True)
class GeminiReward:
    """What runs inside the snippet."""

    reward: Reward
    reference: str
    json_reference: bool | None

    def __call__(self, example: Mapping[str, Any], response: Mapping[str, Any]) -> float:
        """The score of one response."""
        references = dict(example.get("references") or {})
        right = references.pop(self.reference, None)
        system = example.get("systemInstruction")
        asked = [turn for content in example.get("contents") or () for turn in _turns(content)]
        completion = [turn for turn in _turns({"role": "model", **response}) if turn["role"] == "assistant"]
        row = {
            "messages": [*([{"role": "system", "content": _text(system)}] if system else []), *asked, *completion],
            "tools": [{"type": "function", "function": tool} for tool in _declared(example.get("tools"))],
            "reference_answer": column_reference(right, self.json_reference),
            "metadata": references,
        }
        rollout = rollout_of(row)
        return self.reward(rollout.sample, rollout.completion).value


def _turns(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A content as turns: what is said and called as one, each result of a tool as one. Thoughts are no answer."""
    parts = [part for part in content.get("parts") or () if not part.get("thought")]
    results = [part["functionResponse"] for part in parts if "functionResponse" in part]
    if results:
        return [{"role": "tool", "name": each.get("name"), "content": each.get("response")} for each in results]
    calls = [part["functionCall"] for part in parts if "functionCall" in part]
    turn: dict[str, Any] = {"role": _ROLES.get(content.get("role") or "user", "user"), "content": _text(content)}
    if calls:
        turn["tool_calls"] = [
            {"type": "function", "function": {"name": call.get("name"), "arguments": call.get("args") or {}}}
            for call in calls
        ]
    return [turn]


def _text(content: Mapping[str, Any]) -> str:
    return "".join(part.get("text") or "" for part in content.get("parts") or () if not part.get("thought"))


def _declared(tools: Sequence[Mapping[str, Any]] | None) -> list[Any]:
    return [each for tool in tools or () for each in tool.get("functionDeclarations") or ()]

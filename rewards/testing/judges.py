"""A judge that needs no model: for tests of rewards that ask one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class ScriptedJudge:
    """A Bedrock client that gives scripted scores in turn, the last one for ever, and keeps what it was asked.

    A script may hold a whole Converse response in the place of a score, to try what a broken verdict does.

    >>> from rewards import Completion, Sample, judge
    >>> client = ScriptedJudge(0.2, 0.9)
    >>> reward = judge("Is it polite?", client=client)
    >>> [reward(Sample("a", ()), Completion(text)).value for text in ("Go away.", "Please wait.", "Thank you.")]
    [0.2, 0.9, 0.9]
    >>> len(client.requests)
    3
    """

    def __init__(self, *script: float | Mapping[str, Any]) -> None:
        if not script:
            raise ValueError("a scripted judge needs at least one score")
        self.requests: list[dict[str, Any]] = []
        self._script: Sequence[float | Mapping[str, Any]] = script

    def converse(self, **request: Any) -> Mapping[str, Any]:
        """The next response, in the form of `bedrock-runtime`."""
        self.requests.append(request)
        said = self._script[min(len(self.requests), len(self._script)) - 1]
        return said if isinstance(said, Mapping) else verdict(said)


def verdict(score: object, reason: object = "scripted") -> dict[str, Any]:
    """The Converse response of a judge that gives `score`, which may be what no good judge would give."""
    block = {"toolUse": {"toolUseId": "1", "name": "verdict", "input": {"score": score, "reason": reason}}}
    return {"output": {"message": {"role": "assistant", "content": [{"text": "thinking"}, block]}}}

"""Who answers behind the local Job Runtime: the gold turns, calls at random, or a model of yours over HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from rewards.origins import chat_request, open_url
from rewards.trajectories import Environment, say

Said = Mapping[str, Any]


@dataclass(frozen=True)
class GoldModel:
    """Makes the gold turns of the task that a trajectory is about; the conversation tells how far it is."""

    environment: Environment
    tasks: Mapping[str, str]

    def __call__(self, trajectory: str, messages: Sequence[Said], tools: Sequence[Said], /) -> Said:
        """The gold turn behind those that were made."""
        gold = self.environment.task(self.tasks[trajectory]).gold
        made = sum(message.get("role") == "assistant" for message in messages)
        return _openai(gold[made], made) if made < len(gold) else say("Done.")


@dataclass(frozen=True)
class RandomModel:
    """Makes one of the gold turns, or with some chance a call of another task: a policy that seldom succeeds."""

    environment: Environment
    tasks: Mapping[str, str]
    wrong: float = 0.3

    def __call__(self, trajectory: str, messages: Sequence[Said], tools: Sequence[Said], /) -> Said:
        """A turn; the same trajectory and conversation give the same."""
        made = sum(message.get("role") == "assistant" for message in messages)
        rng = Random(f"{trajectory}/{made}")
        own = self.tasks[trajectory]
        other = rng.choice(list(self.environment.tasks)) if rng.random() < self.wrong else own
        gold = self.environment.task(other).gold
        return _openai(gold[made], made) if made < len(gold) else say("Done.")


@dataclass(frozen=True)
class HttpModel:
    """An OpenAI-shaped chat completion of a server of yours, such as vLLM; the URL is that of `/v1`."""

    url: str
    model: str
    timeout_s: float = 120.0

    def __call__(self, trajectory: str, messages: Sequence[Said], tools: Sequence[Said], /) -> Said:
        """What the server answers."""
        body = {"model": self.model, "messages": list(messages), **({"tools": list(tools)} if tools else {})}
        with open_url(chat_request(self.url, body), timeout_s=self.timeout_s) as reply:
            said: Said = json.load(reply)["choices"][0]["message"]
        return said


def _openai(turn: Said, number: int) -> Said:
    """A turn as a chat completion holds it: calls with ids, arguments as JSON text."""
    calls = [
        {
            "id": f"call-{number}-{index}",
            "type": "function",
            "function": {"name": each["name"], "arguments": json.dumps(each["arguments"])},
        }
        for index, each in enumerate(turn.get("tool_calls", ()))
    ]
    said = {"role": "assistant", "content": turn.get("content", "")}
    return {**said, "tool_calls": calls} if calls else said

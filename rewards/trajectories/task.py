"""What an agent is asked to do in a world."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from rewards.types import JSON


@dataclass(frozen=True)
class Task:
    """What is asked, the state of the world at the start, and the goal, which only the reward reads.

    `gold` are turns that reach the goal, in OpenAI's shape; `user` the facts that a scripted user tells when asked, by
    the name that the agent has to say.
    """

    id: str
    instruction: str
    initial: Mapping[str, JSON] = field(default_factory=dict)
    goal: JSON = None
    gold: tuple[Mapping[str, Any], ...] = ()
    user: Mapping[str, str] = field(default_factory=dict)
    split: str = "train"


def say(text: str) -> dict[str, Any]:
    """A turn of the assistant without a call.

    >>> say("Done.")
    {'role': 'assistant', 'content': 'Done.'}
    """
    return {"role": "assistant", "content": text}


def call(name: str, /, **arguments: JSON) -> dict[str, Any]:
    """A turn of the assistant with one call.

    >>> call("add", item="tea")["tool_calls"]
    [{'name': 'add', 'arguments': {'item': 'tea'}}]
    """
    return {"role": "assistant", "content": "", "tool_calls": [{"name": name, "arguments": arguments}]}


def split_of(goal: str, *, seed: int = 0, test: float = 0.2) -> str:
    """`train` or `test`, by the goal: tasks of one goal are in one split, so a held-out goal was never trained on.

    >>> [split_of(goal) for goal in ("billing, urgent", "sales, urgent", "access, low")]
    ['train', 'train', 'test']
    """
    return "test" if Random(f"{seed}/split/{goal}").random() < test else "train"

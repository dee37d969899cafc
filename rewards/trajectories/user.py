"""Who the agent talks to: a script that knows some facts and tells one when it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final, Protocol

from rewards.trajectories.task import Task

OPENINGS: Final = ("", "Sure. ", "Of course. ", "Let me see: ")


class User(Protocol):
    """Whoever answers a turn of the agent that calls no tool: a script, or a model."""

    def __call__(self, task: Task, messages: Sequence[Mapping[str, Any]], rng: Random, /) -> str | None:
        """The answer to the last of `messages`; None where there is nothing to add, which ends the conversation."""
        ...


def scripted_user(task: Task, messages: Sequence[Mapping[str, Any]], rng: Random, /) -> str | None:
    """Tells the facts of `task.user` whose name the agent's last turn holds, each once; None where there is none.

    Whatever else the agent says, the script says nothing: it cannot be begged for what it does not know. `rng` chooses
    the wording.

    >>> from rewards.trajectories import Task
    >>> task = Task("a", "Refund my order.", user={"order number": "It is order 17."})
    >>> scripted_user(task, [{"role": "assistant", "content": "What is the order number?"}], Random("0/a"))
    'It is order 17.'
    """
    asked = str(messages[-1].get("content") or "").casefold()
    said = "\n".join(str(message.get("content")) for message in messages if message.get("role") == "user")
    told = [fact for name, fact in task.user.items() if name.casefold() in asked and fact not in said]
    return rng.choice(OPENINGS) + " ".join(told) if told else None

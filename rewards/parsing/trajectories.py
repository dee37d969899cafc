"""Many turns as one rollout: what a trajectory is, and how it is read from a sample and its completion.

A rollout of many turns is a row like any other: its turns stand in `messages`, the model's last one is the completion,
and what only the environment knows stands under the row's key `trajectory`. So every reward, file and door that takes
rows takes trajectories; `trajectory_of` is the one place that reads them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Final, Literal, TypeAlias, get_args

from rewards.errors import UngradableError
from rewards.types import JSON, Completion, Message, Rollout, Sample

KEY: Final = "trajectory"
"""The key of a row that holds what the environment recorded."""
Stop: TypeAlias = Literal["completed", "turns", "calls", "failed"]
"""How a trajectory ended: the agent was done, its turns or calls were used up, or the rollout broke."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the agent: what it said and called, what came back, how many of its calls were no call that the
    world knows, and the state of the world behind it."""

    completion: Completion
    results: tuple[Message, ...] = ()
    invalid: int = 0
    state: JSON = None

    @property
    def calls(self) -> int:
        """How many calls were made in it."""
        return len(self.completion.tool_calls)


@dataclass(frozen=True, slots=True)
class Trajectory:
    """The turns of one rollout, from the state of the world at its start; `error` says what broke a failed one."""

    prompt: tuple[Message, ...]
    turns: tuple[Turn, ...]
    initial: JSON = None
    stop: Stop = "completed"
    error: str = ""
    recorded: bool = True

    @property
    def state(self) -> JSON:
        """The state of the world at the end."""
        return self.turns[-1].state if self.turns else self.initial

    @property
    def calls(self) -> int:
        """How many calls were made."""
        return sum(turn.calls for turn in self.turns)

    @property
    def invalid(self) -> int:
        """How many of the calls were invalid."""
        return sum(turn.invalid for turn in self.turns)


def trajectory_of(sample: Sample, completion: Completion) -> Trajectory:
    """The trajectory of a rollout: of a row without the key `trajectory` it is one turn, whose world is not known.

    Raises UngradableError where `trajectory` is not as `recorded_trajectory` writes it, or does not fit the messages.

    >>> facts = {"start": 1, "initial": {"n": 0}, "turns": [{"invalid": 0, "state": {"n": 1}}], "stop": "completed"}
    >>> sample = Sample("a", (Message("user", "add one"),), metadata={"trajectory": facts})
    >>> trajectory_of(sample, Completion("done")).state
    {'n': 1}
    """
    facts: Any = sample.metadata.get(KEY)
    if facts is None:
        return Trajectory(sample.messages, (Turn(completion),), recorded=False)
    start, recorded, stop = _checked(sample, facts)
    spoken = [index for index in range(start, len(sample.messages)) if sample.messages[index].role == "assistant"]
    answers = [_completion(sample.messages[index]) for index in spoken]
    if len(recorded) == len(spoken) + 1:
        answers.append(completion)
    elif len(recorded) != len(spoken):
        raise _no_trajectory(sample, f"it records {len(recorded)} turns, and the messages hold {len(spoken) + 1}")
    ends = [*spoken, *[len(sample.messages)] * (len(recorded) - len(spoken) + 1)]
    results = [sample.messages[begin + 1 : end] for begin, end in pairwise(ends)]
    turns = tuple(
        Turn(answer, result, fact.get("invalid", 0), fact.get("state"))
        for answer, result, fact in zip(answers, results, recorded, strict=True)
    )
    error = facts.get("error", "")
    return Trajectory(sample.messages[:start], turns, facts.get("initial"), stop, error if stop == "failed" else "")


def recorded_trajectory(
    *, start: int, initial: JSON, turns: Sequence[tuple[int, JSON]], stop: Stop, error: str = ""
) -> dict[str, JSON]:
    """What stands under the key `trajectory`: the number of messages of the prompt, the state at the start, for each
    turn its invalid calls and the state behind it, and how it ended.

    >>> recorded_trajectory(start=1, initial={}, turns=[(0, {"n": 1})], stop="completed")["turns"]
    [{'invalid': 0, 'state': {'n': 1}}]
    """
    facts: list[JSON] = [{"invalid": invalid, "state": state} for invalid, state in turns]
    failed: dict[str, JSON] = {"error": error} if error else {}
    return {"start": start, "initial": initial, "turns": facts, "stop": stop, **failed}


def prefix_of(sample: Sample, completion: Completion, turns: int) -> Rollout:
    """The rollout as it stood behind so many of its turns, with what came back for the last of them left out.

    >>> facts = recorded_trajectory(start=1, initial=0, turns=[(0, 1), (0, 2)], stop="completed")
    >>> said = (Message("user", "count"), Message("assistant", "one"), Message("user", "on"))
    >>> half = prefix_of(Sample("a", said, metadata={"trajectory": facts}), Completion("two"), 1)
    >>> half.completion.text, len(half.sample.messages), trajectory_of(half.sample, half.completion).state
    ('one', 1, 1)
    """
    whole = trajectory_of(sample, completion)
    if turns == len(whole.turns) or not whole.recorded:
        return Rollout(sample, completion)
    facts: Any = sample.metadata[KEY]
    spoken = [i for i, message in enumerate(sample.messages) if message.role == "assistant" and i >= facts["start"]]
    end = spoken[turns - 1] if turns else len(whole.prompt)
    cut: dict[str, JSON] = {**facts, "turns": facts["turns"][:turns], "stop": "completed"}
    before = replace(sample, messages=sample.messages[:end], metadata={**sample.metadata, KEY: cut})
    return Rollout(before, whole.turns[turns - 1].completion if turns else Completion(""))


def _completion(message: Message) -> Completion:
    return Completion(message.content, message.tool_calls)


def _checked(sample: Sample, facts: Any) -> tuple[int, list[dict[str, Any]], Stop]:
    if not isinstance(facts, Mapping):
        raise _no_trajectory(sample, f"it is a {type(facts).__name__}, not an object")
    start, turns, stop = facts.get("start"), facts.get("turns"), facts.get("stop", "completed")
    if type(start) is not int or not 0 <= start <= len(sample.messages):
        raise _no_trajectory(sample, f"start counts the messages of the prompt, got {start!r:.80}")
    if not isinstance(turns, list) or not all(isinstance(turn, Mapping) for turn in turns):
        raise _no_trajectory(sample, f"turns is a list of objects, got {turns!r:.80}")
    if any(type(turn.get("invalid", 0)) is not int or turn.get("invalid", 0) < 0 for turn in turns):
        raise _no_trajectory(sample, "invalid counts the calls of a turn that were none")
    if stop not in get_args(Stop):
        raise _no_trajectory(sample, f"stop is one of {', '.join(get_args(Stop))}, got {stop!r:.80}")
    return start, turns, stop


def _no_trajectory(sample: Sample, why: str) -> UngradableError:
    return UngradableError(f"the {KEY!r} of sample {sample.id!r} cannot be read: {why}")

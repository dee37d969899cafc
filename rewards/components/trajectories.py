"""Components that judge many turns: where the world ended, how far it came, what the calls and turns cost.

They read what the environment recorded (`rewards.trajectories`), never what the model says of itself, so nothing that a
model writes can stand for a state. A row that records no trajectory cannot be judged by its state.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, TypeAlias

from rewards.comparing.values import ANY_OF, Comparison, accepted_values, similarity
from rewards.errors import UngradableError
from rewards.hedging import Hedging, hedging_of
from rewards.limits import MAX_DEPTH
from rewards.parsing.answers import AnswerFormat
from rewards.parsing.references import shown
from rewards.parsing.trajectories import Trajectory, prefix_of, trajectory_of
from rewards.reward_tree import Bounds, bounds_of, score_of, silent_score
from rewards.types import JSON, Completion, Reward, Sample, Score

UNORDERED = Comparison(ordered=False)
Which: TypeAlias = Literal["last", "all"] | int


def final_state(values: Comparison = UNORDERED, *, reference_key: str = "state") -> FinalState:
    """1 where the world ended in the state of the reference, else 0.

    The whole state counts, so whatever was changed besides costs it; lists are compared as multisets. The reference
    stands under `reference_key`. A failed rollout is 0.

    Source: the comparison of databases in tau-bench (arXiv 2406.12045, section 3).

    >>> from rewards import Completion, Sample
    >>> facts = {"start": 0, "initial": {"cart": []}, "turns": [{"state": {"cart": ["tea", "milk"]}}]}
    >>> sample = Sample("a", (), reference={"state": {"cart": ["milk", "tea"]}}, metadata={"trajectory": facts})
    >>> final_state()(sample, Completion("Both are in your cart.")).value
    1.0
    """
    return FinalState(values, reference_key)


def milestones(values: Comparison = UNORDERED, *, reference_key: str = "milestones") -> Milestones:
    """Share of the milestones that hold at the end and did not hold at the start, in [0, 1].

    A milestone is a part of a state: an object holds in one that has its keys with values that hold, a list in one that
    has an item for each of its items. So doing nothing earns 0, doing one twice earns once, and undoing it takes it
    back. A failed rollout is 0.

    Source: the milestones of ToolSandbox (arXiv 2408.04682), kept to what the state shows.

    >>> from rewards import Completion, Sample
    >>> facts = {"start": 0, "initial": {"cart": []}, "turns": [{"state": {"cart": ["tea"]}}]}
    >>> wanted = {"milestones": [{"cart": ["tea"]}, {"cart": ["milk"]}]}
    >>> milestones()(Sample("a", (), reference=wanted, metadata={"trajectory": facts}), Completion("")).value
    0.5
    """
    return Milestones(values, reference_key)


def invalid_calls() -> InvalidCalls:
    """Share of the calls that were none: no such tool, arguments that do not fit, or refused, in [0, 1]. A penalty.

    Give it a negative weight. Without any call it is 0.

    Source: the environment's own count of the calls that it refused.

    >>> from rewards import Completion, Sample, ToolCall
    >>> facts = {"start": 0, "turns": [{"invalid": 1, "state": {}}]}
    >>> calls = (ToolCall("add", {"item": "tea"}), ToolCall("no_such_tool"))
    >>> invalid_calls()(Sample("a", (), metadata={"trajectory": facts}), Completion("", calls)).value
    0.5
    """
    return InvalidCalls()


def excess_calls(budget: int, *, limit: int) -> ExcessCalls:
    """How far the calls are over their budget, in [0, 1]: 0 up to `budget`, 1 from `limit` on, straight between. A
    penalty.

    Source: the soft overlong punishment of DAPO (arXiv 2503.14476, equation 13), in calls.

    >>> from rewards import Completion, Sample, ToolCall
    >>> excess_calls(2, limit=4)(Sample("a", ()), Completion("", (ToolCall("look"),) * 3)).value
    0.5
    """
    return ExcessCalls(*_budget("calls", budget, limit))


def excess_turns(budget: int, *, limit: int) -> ExcessTurns:
    """How far the turns are over their budget, in [0, 1]: 0 up to `budget`, 1 from `limit` on, straight between. A
    penalty.

    Source: the soft overlong punishment of DAPO (arXiv 2503.14476, equation 13), in turns.

    >>> from rewards import Completion, Sample
    >>> excess_turns(1, limit=3)(Sample("a", ()), Completion("done")).value
    0.0
    """
    return ExcessTurns(*_budget("turns", budget, limit))


def on_turns(reward: Reward, turn: Which = "last", *, reference_key: str = "") -> OnTurns:
    """What `reward` scores on the last turn, on all turns (their mean), or on one of them by its number from 0.

    It sees the messages before that turn, and the reference under `reference_key`; without it the whole one. Where
    there is no such turn it is 0 and was not measured. The range is that of `reward`, with 0; of a component it stays
    in [0, 1].

    Source: what each door does with a single turn, for each of many.

    >>> from rewards import Completion, Message, Sample, json_parse
    >>> facts = {"start": 1, "turns": [{}, {}], "stop": "completed"}
    >>> said = (Message("user", "?"), Message("assistant", "{}"), Message("user", "And in words?"))
    >>> sample = Sample("a", said, metadata={"trajectory": facts})
    >>> [on_turns(json_parse(), turn)(sample, Completion("words")).value for turn in ("last", "all", 0, 7)]
    [0.0, 0.5, 1.0, 0.0]
    """
    if turn not in ("last", "all") and (type(turn) is not int or turn < 0):
        raise ValueError(f"turn must be 'last', 'all' or a number from 0, got {turn!r}")
    return OnTurns(reward, turn, reference_key)


@dataclass(frozen=True)
class FinalState:
    """See `final_state`."""

    name: ClassVar[str] = "final_state"
    hedging: ClassVar[Hedging] = Hedging.ONE_ANSWER
    values: Comparison = UNORDERED
    reference_key: str = "state"

    def expected(self, sample: Sample) -> JSON:
        """The state of the reference; raises UngradableError where there is none."""
        return _expected(sample, self.reference_key)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Compare the state at the end."""
        wanted, trajectory = self.expected(sample), _recorded(sample, completion)
        if trajectory.stop == "failed":
            return Score(0.0, f"the rollout failed: {trajectory.error}")
        same = similarity(trajectory.state, wanted, self.values) == 1.0
        return Score(float(same), "the state is as wanted" if same else f"the state is {shown(trajectory.state)}")


@dataclass(frozen=True)
class Milestones:
    """See `milestones`."""

    name: ClassVar[str] = "milestones"
    values: Comparison = UNORDERED
    reference_key: str = "milestones"

    def expected(self, sample: Sample) -> list[JSON]:
        """The milestones that do not hold at the start; raises UngradableError where there is none."""
        wanted = _expected(sample, self.reference_key)
        if not isinstance(wanted, list) or not all(isinstance(part, dict) for part in wanted):
            raise UngradableError(
                f"the milestones of sample {sample.id!r} must be objects in a list, got {shown(wanted)}"
            )
        initial = _recorded(sample, Completion("")).initial
        open_ones = [part for part in wanted if not _holds(initial, part, self.values, 0)]
        if not open_ones:
            raise UngradableError(f"sample {sample.id!r} has no milestone that does not hold at its start")
        return open_ones

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Count the milestones that hold at the end."""
        wanted, trajectory = self.expected(sample), _recorded(sample, completion)
        if trajectory.stop == "failed":
            return Score(0.0, f"the rollout failed: {trajectory.error}")
        held = sum(_holds(trajectory.state, part, self.values, 0) for part in wanted)
        return Score(held / len(wanted), f"{held} of {len(wanted)} milestones")


@dataclass(frozen=True)
class InvalidCalls:
    """See `invalid_calls`."""

    name: ClassVar[str] = "invalid_calls"
    metric_names: ClassVar[tuple[str, ...]] = ("calls",)
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the calls of all turns."""
        trajectory = trajectory_of(sample, completion)
        share = min(1.0, trajectory.invalid / trajectory.calls) if trajectory.calls else 0.0
        reason = f"{trajectory.invalid} of {trajectory.calls} calls are invalid"
        return Score(share, reason, {"calls": float(trajectory.calls)})


@dataclass(frozen=True)
class ExcessCalls:
    """See `excess_calls`."""

    name: ClassVar[str] = "excess_calls"
    metric_names: ClassVar[tuple[str, ...]] = ("calls",)
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    budget: int
    limit: int

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Count the calls of all turns."""
        return _excess(trajectory_of(sample, completion).calls, self.budget, self.limit, "calls")


@dataclass(frozen=True)
class ExcessTurns:
    """See `excess_turns`."""

    name: ClassVar[str] = "excess_turns"
    metric_names: ClassVar[tuple[str, ...]] = ("turns",)
    hedging: ClassVar[Hedging] = Hedging.NO_REFERENCE
    budget: int
    limit: int

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Count the turns."""
        return _excess(len(trajectory_of(sample, completion).turns), self.budget, self.limit, "turns")


@dataclass(frozen=True)
class OnTurns:
    """See `on_turns`."""

    name: ClassVar[str] = "on_turns"
    reward: Reward
    turn: Which = "last"
    reference_key: str = ""

    @property
    def inner(self) -> Reward:
        """Whose parts the score shows as its own."""
        return self.reward

    @property
    def bounds(self) -> Bounds:
        """The range of the reward, and 0."""
        low, high = bounds_of(self.reward)
        return Bounds(min(0.0, low), max(0.0, high))

    @property
    def hedging(self) -> Hedging:
        """As the reward; a mean of several turns is none that is 1 or 0."""
        found = hedging_of(self.reward)
        return Hedging.NEVER_PAYS if found is Hedging.ONE_ANSWER and self.turn == "all" else found

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the chosen turns."""
        count = len(trajectory_of(sample, completion).turns)
        if isinstance(self.turn, int):
            numbers = range(count)[self.turn : self.turn + 1]
        else:
            numbers = range(count) if self.turn == "all" else range(count)[-1:]
        scores = [self._on(sample, completion, number) for number in numbers]
        if not scores:  # the sample is asked all the same, so that it is ungradable for every answer or for none
            self._on(sample, completion, count)
            return silent_score(self.reward, f"no turn {self.turn}")
        return scores[0] if len(scores) == 1 else _mean(scores)

    def _on(self, sample: Sample, completion: Completion, number: int) -> Score:
        before = prefix_of(sample, completion, min(number + 1, len(trajectory_of(sample, completion).turns)))
        reference = _expected(sample, self.reference_key) if self.reference_key else sample.reference
        return score_of(self.reward, replace(before.sample, reference=reference), before.completion, part="reward")


def _expected(sample: Sample, key: str) -> JSON:
    return AnswerFormat(reference_key=key).expected_structure(sample)


def _recorded(sample: Sample, completion: Completion) -> Trajectory:
    """The trajectory of a row that records one; raises UngradableError for any other, whose world nobody knows."""
    trajectory = trajectory_of(sample, completion)
    if not trajectory.recorded:
        raise UngradableError(
            f"sample {sample.id!r} records no trajectory, so the state of its world is not known; "
            "write its row with `Episode.row` of rewards.trajectories"
        )
    return trajectory


def _holds(state: JSON, part: JSON, how: Comparison, depth: int) -> bool:
    """Whether `part` is a part of `state`."""
    if depth >= MAX_DEPTH:
        return False
    if isinstance(part, dict):
        if ANY_OF in part:
            return any(_holds(state, accepted, how, depth + 1) for accepted in accepted_values(part))
        return isinstance(state, Mapping) and all(
            key in state and _holds(state[key], value, how.at(key), depth + 1) for key, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(state, list) and _has_each(state, part, how, depth + 1)
    return similarity(state, part, how) == 1.0


def _has_each(state: list[JSON], part: list[JSON], how: Comparison, depth: int) -> bool:
    """Whether each item of `part` holds in an item of `state`; equal items need as many."""
    left = list(state)
    for wanted in part:
        found = next((i for i, item in enumerate(left) if _holds(item, wanted, how, depth)), None)
        if found is None:
            return False
        del left[found]
    return True


def _budget(unit: str, budget: int, limit: int) -> tuple[int, int]:
    if not 0 <= budget < limit:
        raise ValueError(f"0 <= budget < limit must hold, in {unit}, got {budget!r} and {limit!r}")
    return budget, limit


def _excess(count: int, budget: int, limit: int, unit: str) -> Score:
    share = min(max((count - budget) / (limit - budget), 0.0), 1.0)
    return Score(share, f"{count} {unit}, {budget} are free", {unit: float(count)})


def _mean(scores: Sequence[Score]) -> Score:
    """The mean of scores of one reward, with the means of their parts and, where measured, of their metrics."""
    first, count = scores[0], len(scores)
    measured = {name: [m for score in scores if (m := score.metrics[name]) is not None] for name in first.metrics}
    return Score(
        math.fsum(score.value for score in scores) / count,
        f"mean of {count} turns",
        {name: math.fsum(found) / len(found) if found else None for name, found in measured.items()},
        {name: _mean([score.parts[name] for score in scores]) for name in first.parts},
    )

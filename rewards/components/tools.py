"""Components for tool calls: which tools, with which arguments, in which order.

Each divides what was matched by the longer of the two lists, S / max(n, m). That makes naming more tools than are
needed never pay, whatever the policy believes (docs/rewards.md has the proof); F1 and recall do not have this
property.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import ClassVar

from rewards.comparing.matching import best_total, over_longer
from rewards.comparing.values import DEFAULT, Comparison, object_similarity
from rewards.hedging import Hedging, hedging_by
from rewards.parsing.tool_calls import NATIVE, CallFormat
from rewards.reward_tree import check_unit_interval
from rewards.types import Completion, Sample, Score, ToolCall

TOOL_CREDIT = 0.2
KEY_CREDIT = 0.1
_UNREADABLE = Score(0.0, "no readable calls in the answer")


def tool_choice(calls: CallFormat = NATIVE) -> ToolChoice:
    """Share of the tools that are right, counted with repetition: overlap / max(n, m), in [0, 1].

    1 only where the multisets of names are equal. Order and arguments do not matter. No call where none is expected
    is 1.

    Source: S / max(n, m) of docs/rewards.md, over names.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference=[{"name": "search"}, {"name": "cite"}])
    >>> tool_choice()(sample, Completion('[{"name": "search"}, {"name": "search"}]')).value
    0.5
    """
    return ToolChoice(calls)


def parameters(
    calls: CallFormat = NATIVE, *, values: Comparison = DEFAULT, key_credit: float = KEY_CREDIT
) -> Parameters:
    """How right the arguments are, in [0, 1]: what the best pairing of calls to one tool earns, over max(n, m) calls.

    A missing, surplus or wrong tool takes a place and earns nothing, so it is never above `tool_choice`. See
    `object_similarity` for the score of one pair of calls.

    Source: optimal pairing as in MatchTIR (arXiv 2601.10712); S / max(n, m) of docs/rewards.md.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference=[{"name": "search", "arguments": {"q": "bail-in", "year": 2024}}])
    >>> parameters()(sample, Completion('[{"name": "search", "arguments": {"q": "bail-in", "year": "2024"}}]')).value
    0.55
    """
    return Parameters(calls, values, check_unit_interval("key_credit", key_credit))


def tool_calls(
    calls: CallFormat = NATIVE,
    *,
    values: Comparison = DEFAULT,
    tool_credit: float = TOOL_CREDIT,
    key_credit: float = KEY_CREDIT,
) -> ToolCalls:
    """Tools and arguments in one number, in [0, 1]: credit x tool_choice + (1 - credit) x parameters.

    1 only where the calls are right, in any order; 0 only where no tool is. The recommended default for tool calling:
    the right tool is a precondition for its arguments, since `parameters` pays none without it.

    Source: multiplied as in ToolRLA (arXiv 2603.01620), paired as in MatchTIR (arXiv 2601.10712).

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference=[{"name": "search", "arguments": {"q": "bail-in"}}])
    >>> round(tool_calls()(sample, Completion('[{"name": "search", "arguments": {"q": "bail-out"}}]')).value, 6)
    0.28
    """
    for parameter, credit in (("tool_credit", tool_credit), ("key_credit", key_credit)):
        check_unit_interval(parameter, credit)
    return ToolCalls(calls, values, tool_credit, key_credit)


def sequence(calls: CallFormat = NATIVE, *, stages: Sequence[Sequence[str]] = ()) -> Sequential:
    """Share of the tools named in the right order: longest common subsequence / max(n, m), in [0, 1].

    Never more than `tool_choice`. One call inserted in front costs one place, where a positional match would lose
    everything. `stages` declares a partial order: neighbouring calls to tools of one stage may come in any order
    among themselves.

    Source: the longest common subsequence of ROUGE-L (Lin, 2004), over the longer side.

    >>> from rewards import Completion, Sample
    >>> sample = Sample("a", (), reference=[{"name": "search"}, {"name": "read"}, {"name": "cite"}])
    >>> answer = Completion('[{"name": "read"}, {"name": "search"}, {"name": "cite"}]')
    >>> round(sequence()(sample, answer).value, 3), sequence(stages=[["search", "read"]])(sample, answer).value
    (0.667, 1.0)
    """
    named = [tool for stage in stages for tool in stage]
    if len(set(named)) < len(named):
        raise ValueError(f"a tool belongs to one stage, got {stages!r}")
    return Sequential(calls, tuple(tuple(stage) for stage in stages))


@dataclass(frozen=True)
class _OnCalls:
    """A component that compares the calls of the answer with those of the reference."""

    calls: CallFormat = NATIVE

    def expected(self, sample: Sample) -> tuple[ToolCall, ...]:
        """The calls it compares with; raises UngradableError where there are none to read."""
        return self.calls.expected(sample)

    def __call__(self, sample: Sample, completion: Completion, /) -> Score:
        """Judge the calls of the answer; 0 where it has no readable ones."""
        expected, found = self.calls.expected(sample), self.calls.found(completion)
        return _UNREADABLE if found is None else self._judged(found, expected)

    def _judged(self, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Score:
        raise NotImplementedError


@dataclass(frozen=True)
class ToolChoice(_OnCalls):
    """See `tool_choice`."""

    name: ClassVar[str] = "tool_choice"
    hedging: ClassVar[Hedging] = Hedging.NEVER_PAYS

    def _judged(self, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Score:
        missing, right = [call.name for call in expected], 0
        for call in found:
            if call.name in missing:
                missing.remove(call.name)
                right += 1
        return Score(*_over_longer(float(right), found, expected))


@dataclass(frozen=True)
class Parameters(_OnCalls):
    """See `parameters`."""

    name: ClassVar[str] = "parameters"
    values: Comparison = DEFAULT
    key_credit: float = KEY_CREDIT

    @property
    def hedging(self) -> Hedging:
        """Near text can pay it; else never."""
        return hedging_by(self.values)

    def _judged(self, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Score:
        _, earned = _matched(found, expected, self.values, self.key_credit)
        return Score(*_over_longer(earned, found, expected))


@dataclass(frozen=True)
class ToolCalls(_OnCalls):
    """See `tool_calls`."""

    name: ClassVar[str] = "tool_calls"
    values: Comparison = DEFAULT
    tool_credit: float = TOOL_CREDIT
    key_credit: float = KEY_CREDIT

    @property
    def hedging(self) -> Hedging:
        """Near text can pay it; else never."""
        return hedging_by(self.values)

    def _judged(self, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Score:
        matched, earned = _matched(found, expected, self.values, self.key_credit)
        # Written so that it is exactly `matched` where everything is right.
        return Score(*_over_longer(matched - (1.0 - self.tool_credit) * (matched - earned), found, expected))


@dataclass(frozen=True)
class Sequential(_OnCalls):
    """See `sequence`."""

    name: ClassVar[str] = "sequence"
    stages: tuple[tuple[str, ...], ...] = ()

    @property
    def hedging(self) -> Hedging:
        """With stages a surplus call can part two runs that would be sorted as one."""
        return Hedging.CAN_PAY if self.stages else Hedging.NEVER_PAYS

    def _judged(self, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> Score:
        common = longest_common(self._ordered(found), self._ordered(expected))
        return Score(*_over_longer(float(common), found, expected))

    def _ordered(self, calls: Sequence[ToolCall]) -> list[str]:
        """The names, sorted within each run of calls to tools of one stage."""
        if not self.stages:
            return [call.name for call in calls]
        stage_of = {tool: stage for stage, tools in enumerate(self.stages) for tool in tools}
        runs = groupby(enumerate(calls), lambda item: stage_of.get(item[1].name, -1 - item[0]))
        return [name for _, run in runs for name in sorted(call.name for _, call in run)]


def longest_common(left: Sequence[str], right: Sequence[str]) -> int:
    """The length of the longest common subsequence; proportional to the product of the lengths."""
    if left == right:
        return len(left)
    above = [0] * (len(right) + 1)
    for item in left:
        row = [0]
        for column, other in enumerate(right):
            row.append(above[column] + 1 if item == other else max(above[column + 1], row[column]))
        above = row
    return above[-1]


def _over_longer(earned: float, found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> tuple[float, str]:
    made, wanted = len(found), len(expected)
    if not (made or wanted):
        return 1.0, "rightly no call"
    return over_longer(earned, made, wanted), _counted(earned, made, wanted)


@lru_cache(maxsize=256)
def _counted(earned: float, made: int, expected: int) -> str:
    return f"{earned:.3g} right, {made} made, {expected} expected"


def _matched(
    found: Sequence[ToolCall], expected: Sequence[ToolCall], how: Comparison, key_credit: float
) -> tuple[int, float]:
    """How many calls are to a right tool, and the sum that their arguments earn under the best pairing."""
    names = [call.name for call in expected]
    if [call.name for call in found] == names and len(set(names)) == len(names):  # the usual case: only one pairing
        pairs = zip(found, expected, strict=True)
        sums = [object_similarity(g.arguments, w.arguments, how, key_credit=key_credit) for g, w in pairs]
        return len(names), math.fsum(sums)
    matched, earned = 0, []
    for given, wanted in _by_tool(found, expected):
        matched += min(len(given), len(wanted))
        earned.append(_best_arguments(given, wanted, how, key_credit))
    return matched, math.fsum(earned)


def _best_arguments(given: Sequence[ToolCall], wanted: Sequence[ToolCall], how: Comparison, key_credit: float) -> float:
    pairs = zip(given, wanted, strict=False)
    sums = [object_similarity(g.arguments, w.arguments, how, key_credit=key_credit) for g, w in pairs]
    if len(given) == len(wanted) and (len(sums) == 1 or min(sums) == 1.0):  # one call, or all right in the same order
        return math.fsum(sums)

    def row(i: int) -> list[float]:
        return [
            sums[i] if i == j else object_similarity(given[i].arguments, w.arguments, how, key_credit=key_credit)
            for j, w in enumerate(wanted)
        ]

    rows = {i: row(i) for i, earned in enumerate(sums) if earned < 1.0}
    if len(given) == len(wanted) and all(max(earned) == sums[i] for i, earned in rows.items()):
        return math.fsum(sums)  # no call does better than with the one in its place
    return best_total([rows[i] if i in rows else row(i) for i in range(len(given))])


def _by_tool(found: Sequence[ToolCall], expected: Sequence[ToolCall]) -> list[tuple[list[ToolCall], list[ToolCall]]]:
    """The calls made and the calls wanted, for each tool that is in both."""
    wanted: dict[str, list[ToolCall]] = {}
    for call in expected:
        wanted.setdefault(call.name, []).append(call)
    given: dict[str, list[ToolCall]] = {}
    for call in found:
        if call.name in wanted:
            given.setdefault(call.name, []).append(call)
    return [(given[name], wanted[name]) for name in given]

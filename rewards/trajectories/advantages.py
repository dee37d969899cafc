"""The nine advantage methods of SageMaker's agentic RFT, computed here, so that they can be compared before a job.

AWS documents the names, not the formulas. Those of the published methods are their papers'; `monte_carlo` and
`group_based_per_turn` are our reading of their names, and marked so below.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, TypeAlias

Turns: TypeAlias = Sequence[float]
"""The rewards of one trajectory, one a turn; of a terminal reward all but the last are 0."""
Group: TypeAlias = Sequence[Turns]
"""The trajectories of one prompt."""
EPSILON: Final = 1e-6


def advantages(groups: Sequence[Group], method: str, *, gamma: float = 1.0) -> list[list[list[float]]]:
    """The advantage of each turn of each trajectory of each group, in the shape of `groups`.

    A method that knows only whole trajectories gives all turns of one the same number. `gamma` discounts later turns.
    Raises ValueError for a method that is none of `METHODS`, and for a group or a trajectory that is empty.

    >>> advantages([[[0.0, 1.0], [0.0, 0.0]]], "rloo")
    [[[1.0, 1.0], [-1.0, -1.0]]]
    >>> advantages([[[1.0, 0.0], [0.0, 0.0]]], "monte_carlo")
    [[[1.0, 0.0], [0.0, 0.0]]]
    """
    if method not in METHODS:
        raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}")
    if not groups or not all(groups) or not all(turns for group in groups for turns in group):
        raise ValueError("every group needs a trajectory, and every trajectory a turn")
    if not 0 <= gamma <= 1:
        raise ValueError(f"gamma must lie in [0, 1], got {gamma!r}")
    found = METHODS[method]([[list(_returns(turns, gamma)) for turns in group] for group in groups])
    return [[list(turns) for turns in group] for group in found]


def teaching(groups: Sequence[Group], method: str, *, gamma: float = 1.0) -> float:
    """Share of the turns whose advantage is not 0, in [0, 1]: what a method makes of these rollouts.

    >>> sparse = [[[0.0, 0.0], [0.0, 0.0]]]
    >>> dense = [[[0.5, 0.0], [0.0, 0.0]]]
    >>> teaching(sparse, "group_based"), teaching(dense, "group_based"), teaching(dense, "group_based_per_turn")
    (0.0, 1.0, 0.5)
    """
    found = [value for group in advantages(groups, method, gamma=gamma) for turns in group for value in turns]
    return sum(abs(value) > EPSILON for value in found) / len(found)


_Returns: TypeAlias = Sequence[Sequence[Sequence[float]]]
"""For each turn what comes from there on, discounted; the first one's is the return of the trajectory."""


def _monte_carlo(groups: _Returns) -> _Returns:
    """What came from the turn on. Our reading of the name: the plain return, without a baseline."""
    return groups


def _group_based(groups: _Returns) -> _Returns:
    """Source: GRPO (arXiv 2402.03300, section 4.1.2): less the mean of the group, over its standard deviation."""
    return [_even(group, _standardised(_totals(group))) for group in groups]


def _group_based_per_turn(groups: _Returns) -> _Returns:
    """Each turn against the same turn of the group's other trajectories, by what came from it on, as `group_based`
    compares whole ones. Our reading of the name."""
    return [_by_turn(group) for group in groups]


def _rloo(groups: _Returns) -> _Returns:
    """Source: RLOO (arXiv 2402.14740, equation 8): less the mean of the others; of a single one, its return."""
    return [_even(group, _less_the_others(_totals(group))) for group in groups]


def _reinforce_pp(groups: _Returns) -> _Returns:
    """Source: REINFORCE++ (arXiv 2501.03262): what came from the turn on, standardised over the batch."""
    flat = [value for group in groups for turns in group for value in turns]
    return _shaped(groups, _standardised(flat))


def _reinforce_pp_baseline(groups: _Returns) -> _Returns:
    """Source: REINFORCE++ with baseline (arXiv 2501.03262): less the mean of the group, standardised over the batch."""
    centred = [_even(group, _centred(_totals(group))) for group in groups]
    return _shaped(centred, _standardised([value for group in centred for turns in group for value in turns]))


def _opo(groups: _Returns) -> _Returns:
    """Source: OPO (arXiv 2505.23585): less the mean of the group weighted by length, here in turns."""
    found = []
    for group in groups:
        totals, lengths = _totals(group), [len(turns) for turns in group]
        baseline = math.fsum(map(math.prod, zip(totals, lengths, strict=True))) / sum(lengths)
        found.append(_even(group, [total - baseline for total in totals]))
    return found


def _grpo_passk(groups: _Returns) -> _Returns:
    """Source: the pass@k advantage of arXiv 2503.19595 as verl has it: the best trajectory is paid what it is ahead of
    the second, the others nothing."""
    found = []
    for group in groups:
        totals = _totals(group)
        ranked = sorted(totals, reverse=True)
        ahead = ranked[0] - ranked[1] if len(ranked) > 1 else 0.0
        best = totals.index(ranked[0])
        found.append(_even(group, [ahead if index == best else 0.0 for index in range(len(totals))]))
    return found


def _gpg(groups: _Returns) -> _Returns:
    """Source: GPG (arXiv 2504.02546): less the mean of the group, times the batch over those that earned anything."""
    totals = [total for group in groups for total in _totals(group)]
    scale = len(totals) / max(1, sum(total != 0 for total in totals))
    return [_even(group, [scale * value for value in _centred(_totals(group))]) for group in groups]


METHODS: Final[Mapping[str, Callable[[_Returns], _Returns]]] = MappingProxyType(
    {
        "monte_carlo": _monte_carlo,
        "group_based": _group_based,
        "group_based_per_turn": _group_based_per_turn,
        "rloo": _rloo,
        "reinforce_pp": _reinforce_pp,
        "reinforce_pp_baseline": _reinforce_pp_baseline,
        "opo": _opo,
        "grpo_passk": _grpo_passk,
        "gpg": _gpg,
    }
)
"""The values that AWS documents for `advantage_method`, in its order."""


def _returns(turns: Turns, gamma: float) -> list[float]:
    found: list[float] = []
    for reward in reversed(turns):
        found.append(reward + gamma * (found[-1] if found else 0.0))
    return found[::-1]


def _totals(group: Sequence[Sequence[float]]) -> list[float]:
    return [turns[0] for turns in group]


def _even(group: Sequence[Sequence[float]], values: Sequence[float]) -> list[list[float]]:
    """One number a trajectory, for all of its turns."""
    return [[value] * len(turns) for turns, value in zip(group, values, strict=True)]


def _centred(values: Sequence[float]) -> list[float]:
    mean = math.fsum(values) / len(values)
    return [value - mean for value in values]


def _standardised(values: Sequence[float]) -> list[float]:
    """Less the mean, over the sample's standard deviation; zeros where all are equal."""
    centred = _centred(values)
    deviation = math.sqrt(math.fsum(value * value for value in centred) / max(1, len(values) - 1))
    return [value / (deviation + EPSILON) if deviation > EPSILON else 0.0 for value in centred]


def _less_the_others(values: Sequence[float]) -> list[float]:
    total, others = math.fsum(values), len(values) - 1
    return [value - (total - value) / others if others else value for value in values]


def _by_turn(group: Sequence[Sequence[float]]) -> list[list[float]]:
    """Each turn standardised among the trajectories that have it."""
    found: list[list[float]] = [[] for _ in group]
    for turn in range(max(map(len, group))):
        having = [index for index, turns in enumerate(group) if len(turns) > turn]
        values = _standardised([group[index][turn] for index in having])
        for index, value in zip(having, values, strict=True):
            found[index].append(value)
    return found


def _shaped(groups: _Returns, flat: Sequence[float]) -> list[list[list[float]]]:
    """Numbers in a row, in the shape of `groups`."""
    numbers = iter(flat)
    return [[[next(numbers) for _ in turns] for turns in group] for group in groups]

"""Checks over all scores of the audit: bounds, types, metric names, and whether the score follows from its parts.

They run last and need no further call of the grader.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rewards.audit.config import AuditConfig
from rewards.audit.replies import Problem, Result, by_code
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer
from rewards.audit.scoring import Graded, Scorer
from rewards.types import JSON

UNEXPLAINED = 0.05  # graders round what they report; only a larger gap is a missing component


class _Seen(NamedTuple):
    answer: Answer
    result: Result


def check_observed(scorer: Scorer, declared: AuditConfig | None = None) -> list[Finding]:
    """Findings over all results so far, with the bounds of `declared`, or of the scorer if it is None."""
    seen = [_Seen(answer, graded.result) for answer, graded in scorer.log if graded.result is not None]
    return [
        *_problems(scorer.log),
        *_out_of_bounds(seen, declared or scorer.config),
        *_metric_names(seen),
        *_unexplained(seen),
        *_unsteady_parts(seen, scorer.config),
    ]


def _problems(log: Sequence[tuple[Answer, Graded]]) -> Iterator[Finding]:
    found = [(answer, problem) for answer, graded in log for problem in graded.problems if problem.row is not None]
    for code, group in by_code([problem for _, problem in found]):
        answer, problem = min((one for one in found if one[1].code == code), key=lambda one: len(one[0].text))
        message = f"{_unnumbered(problem)} (in {len(group)} answers of {len(log)})"
        yield Finding(code, message, {"answers": len(group)}, _example(answer))


def _unnumbered(problem: Problem) -> str:
    """Its message without the row number, which means nothing outside its batch."""
    return problem.message.replace(f" of row {problem.row}", "").removeprefix(f"row {problem.row}: ")


def _example(answer: Answer) -> dict[str, JSON]:
    return {"id": answer.case.id, "completion": answer.text[:600]}


def _out_of_bounds(seen: Sequence[_Seen], config: AuditConfig) -> Iterator[Finding]:
    low, high = config.bounds
    slack = config.tolerance
    outside = [one for one in seen if not low - slack <= one.result.value <= high + slack]
    if outside:
        worst = max(outside, key=lambda one: abs(config.share(one.result.value) - 0.5))
        message = (
            f"{len(outside)} of {len(seen)} scores lie outside [{low:g}, {high:g}], the furthest {worst.result.value:g}"
        )
        yield Finding("contract-bounds", message, {"outside": len(outside)}, _example(worst.answer))


def _metric_names(seen: Sequence[_Seen]) -> Iterator[Finding]:
    sets: dict[frozenset[str], _Seen] = {}
    for one in seen:
        sets.setdefault(frozenset(one.result.components), one)
    if len(sets) > 1:
        first, second = list(sets)[:2]
        differing = ", ".join(repr(name) for name in sorted(first ^ second))
        message = f"{len(sets)} different sets of metric names; not every row has {differing}"
        yield Finding("contract-metric-names", message, {"sets": len(sets)}, _example(sets[second].answer))


def _vector(result: Result) -> tuple[tuple[str, float], ...]:
    return tuple((name, round(value, 9)) for name, value in sorted(result.components.items()))


def _unexplained(seen: Sequence[_Seen]) -> Iterator[Finding]:
    """Two answers with equal components and different aggregates: something is paid for that nobody reports."""
    groups: dict[object, list[_Seen]] = defaultdict(list)
    for one in seen:
        if one.result.rewards:
            groups[_vector(one.result)].append(one)
    for group in groups.values():
        lowest = min(group, key=lambda one: one.result.value)
        highest = max(group, key=lambda one: one.result.value)
        if highest.result.value - lowest.result.value > UNEXPLAINED:
            values = f"{lowest.result.value:g} and {highest.result.value:g}"
            message = f"two answers with equal components have aggregates {values}"
            components: dict[str, JSON] = dict(lowest.result.components.items())
            yield Finding("contract-parts", message, {"components": components}, _example(highest.answer))
            return


def _unsteady_parts(seen: Sequence[_Seen], config: AuditConfig) -> Iterator[Finding]:
    """A part whose rise alone lifts the aggregate here and lowers it there."""
    names = sorted({name for one in seen for name in one.result.rewards})
    for name in names:
        signs = _signs(name, seen, config)
        if len(signs) == 2:
            (worse, better) = signs[-1]
            message = (
                f"when only {name!r} rises from {worse.result.components[name]:.3g} to "
                f"{better.result.components[name]:.3g}, the aggregate falls from {worse.result.value:.3g} to "
                f"{better.result.value:.3g}; elsewhere it rises"
            )
            example: dict[str, JSON] = {"before": worse.answer.text[:600], "after": better.answer.text[:600]}
            yield Finding("law-part-lowers", message, example=example)


def _signs(name: str, seen: Sequence[_Seen], config: AuditConfig) -> dict[int, tuple[_Seen, _Seen]]:
    steps = name.split("/")
    moving = {"/".join(steps[: end + 1]) for end in range(len(steps))}  # the part, and those it is nested in
    groups: dict[object, list[_Seen]] = defaultdict(list)
    for one in seen:
        if name in one.result.components:
            groups[tuple(pair for pair in _vector(one.result) if pair[0] not in moving)].append(one)
    signs: dict[int, tuple[_Seen, _Seen]] = {}
    for group in groups.values():
        group.sort(key=lambda one: one.result.components[name])
        for a, b in pairwise(group):
            if b.result.components[name] - a.result.components[name] > 1e-6:
                step = b.result.value - a.result.value
                if abs(step) > max(config.tolerance, 1e-6):
                    signs.setdefault(1 if step > 0 else -1, (a, b))
    return signs

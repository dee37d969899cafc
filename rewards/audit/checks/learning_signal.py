"""Section 6: do these scores give GRPO a learning signal?

GRPO subtracts the mean score of each group (the completions of one prompt), so only differences within a group count:
none at all (a zero-std group), ties, the wrong order, or one component alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random
from statistics import fmean, pstdev
from typing import NamedTuple

from rewards.audit.config import AuditConfig
from rewards.audit.perturb.damage import Damaged, random_damage
from rewards.audit.replies import Result
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case, sample_of
from rewards.audit.rows.data_profile import World
from rewards.audit.scoring import Scorer
from rewards.evaluation import has_zero_std
from rewards.types import JSON

TWIN = 0.99  # correlation above which two parts are one opinion


class Group(NamedTuple):
    """Completions of one prompt; the first `chain` of them go from right to more and more mistakes."""

    answers: tuple[Answer, ...]
    chain: int = 0


class PartSignal(NamedTuple):
    """One component: its mean, its within-group std, and the share of the score's within-group variance it explains."""

    name: str
    mean: float
    deviation: float
    explains: float


class SignalFacts(NamedTuple):
    """Group statistics; shares are in [0, 1]."""

    source: str
    groups: int
    answers: int
    zero_std_groups: float
    saturated: float
    ties: float
    wrong_groups: int
    wrong_with_signal: float
    inversions: float
    parts: tuple[PartSignal, ...]
    twins: tuple[tuple[str, str], ...]

    @property
    def driver(self) -> str:
        """The component that explains most of the score's variance within groups; empty if none is reported."""
        return max(self.parts, key=lambda part: part.explains).name if self.parts else ""


def simulated_groups(world: World, config: AuditConfig) -> list[Group]:
    """Groups like those of a half-trained policy: the right answer, increasingly damaged ones, a broken one."""
    return [
        _simulated(world, case, config)
        for case in sample_of(world.cases, config.groups, f"{config.seed}/signal")
        if case.gold
    ]


def _simulated(world: World, case: Case, config: AuditConfig) -> Group:
    gold = case.gold or ""
    broken = Answer(case, gold[: len(gold) // 2])
    if case.tree is None:
        others = world.others(case, config.group_size - 2)
        return Group((Answer(case, gold), *(Answer(case, other) for other in others), broken), chain=0)
    damage = random_damage(world, case, config.group_size - 2, Random(f"{config.seed}/signal/{case.id}"))
    steps = [Damaged(case, damage.damages[:count]) for count in range(1, len(damage.damages) + 1)]
    chain = (Answer(case, gold), *(Answer(case, step.text) for step in steps))
    return Group((*chain, broken), chain=len(chain))


def rollout_groups(rollouts: Sequence[Answer]) -> list[Group]:
    """Saved rollouts grouped by the id of their row."""
    groups: dict[str, list[Answer]] = {}
    for answer in rollouts:
        groups.setdefault(answer.case.id, []).append(answer)
    return [Group(tuple(answers)) for answers in groups.values() if len(answers) > 1]


class _Graded(NamedTuple):
    group: Group
    results: list[Result]


def check_signal(groups: Sequence[Group], scorer: Scorer, source: str) -> tuple[SignalFacts | None, list[Finding]]:
    """The learning signal of `groups`; None without a group of at least two graded completions."""
    graded = [one for group in groups if (one := _graded(group, scorer))]
    if not graded:
        return None, []
    facts = _facts(graded, scorer.config, source)
    return facts, list(_judged(facts, graded, scorer.config))


def _graded(group: Group, scorer: Scorer) -> _Graded | None:
    results = [one.result for one in scorer.graded(group.answers)]
    known = [result for result in results if result is not None]
    if len(known) < 2:
        return None
    return _Graded(group if len(known) == len(results) else group._replace(chain=0), known)


def _facts(graded: Sequence[_Graded], config: AuditConfig, source: str) -> SignalFacts:
    values = [[config.share(result.value) for result in one.results] for one in graded]
    top = 1 - config.tolerance
    wrong = [[value for value in group if value < top] for group in values]
    wrong_only = [group for group in wrong if len(group) > 1]
    pairs = [pair for group in values for pair in combinations(group, 2)]
    parts = tuple(_parts(graded))
    return SignalFacts(
        source=source,
        groups=len(graded),
        answers=sum(len(group) for group in values),
        zero_std_groups=fmean(has_zero_std(min(group), max(group)) for group in values),
        saturated=fmean(value >= top for group in values for value in group),
        ties=fmean(abs(a - b) <= config.tolerance for a, b in pairs),
        wrong_groups=len(wrong_only),
        wrong_with_signal=fmean(not has_zero_std(min(group), max(group)) for group in wrong_only)
        if wrong_only
        else 0.0,
        inversions=_share_inverted(graded, config),
        parts=parts,
        twins=tuple(_twins(graded, [part.name for part in parts])),
    )


def _chain_pairs(one: _Graded) -> Iterator[tuple[int, int]]:
    """Pairs (better, worse) in the part of a group that goes from right to ever more mistakes."""
    return combinations(range(one.group.chain), 2)


def _share_inverted(graded: Sequence[_Graded], config: AuditConfig) -> float:
    pairs = [(one.results[a].value, one.results[b].value) for one in graded for a, b in _chain_pairs(one)]
    return fmean(better < worse - config.tolerance for better, worse in pairs) if pairs else 0.0


def _centred(graded: Sequence[_Graded], name: str | None) -> list[float]:
    """A component (None: the aggregate) with the mean of its group taken off, as GRPO does."""
    centred = []
    for one in graded:
        values = [result.value if name is None else result.components.get(name, 0.0) for result in one.results]
        mean = fmean(values)
        centred += [value - mean for value in values]
    return centred


def _parts(graded: Sequence[_Graded]) -> Iterator[PartSignal]:
    total = _centred(graded, None)
    for name in sorted({name for one in graded for result in one.results for name in result.rewards}):
        values = [result.components.get(name, 0.0) for one in graded for result in one.results]
        yield PartSignal(name, fmean(values), pstdev(values), _correlation(_centred(graded, name), total) ** 2)


def _twins(graded: Sequence[_Graded], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    for a, b in combinations(names, 2):
        nested = a.startswith(f"{b}/") or b.startswith(f"{a}/")
        if not nested and abs(_correlation(_centred(graded, a), _centred(graded, b))) >= TWIN:
            yield a, b


def _correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Of two centred series; 0 where one does not move."""
    norm = math.sqrt(math.fsum(x * x for x in xs) * math.fsum(y * y for y in ys))
    return math.fsum(x * y for x, y in zip(xs, ys, strict=True)) / norm if norm > 1e-12 else 0.0


def _judged(facts: SignalFacts, graded: Sequence[_Graded], config: AuditConfig) -> Iterator[Finding]:
    if facts.zero_std_groups > config.zero_std_groups_max:
        message = f"in {facts.zero_std_groups:.0%} of {facts.groups} groups ({facts.source}) all scores are equal"
        yield Finding("signal-zero-std-groups", message, {"zero_std_groups": facts.zero_std_groups})
    elif facts.wrong_groups and facts.wrong_with_signal < 1 - config.zero_std_groups_max:
        message = (
            f"of {facts.wrong_groups} groups ({facts.source}) without a right answer, "
            f"{facts.wrong_with_signal:.0%} still differ in score"
        )
        yield Finding("signal-sparse", message, {"share": facts.wrong_with_signal})
    if facts.source == "rollouts" and facts.saturated > config.saturated_max:
        message = f"{facts.saturated:.0%} of {facts.answers} saved answers are at the maximum"
        yield Finding("signal-saturated", message, {"share": facts.saturated})
    if facts.inversions > config.inversion_max:
        yield _inversion(facts, graded, config)
    dead: list[JSON] = [part.name for part in facts.parts if part.deviation <= config.tolerance]
    if dead:
        yield Finding("signal-dead-part", f"never changes: {', '.join(map(repr, dead))}", {"parts": dead})
    for a, b in facts.twins:
        yield Finding("signal-twin-parts", f"{a!r} and {b!r} rise and fall together in every group", {"parts": [a, b]})


def _inversion(facts: SignalFacts, graded: Sequence[_Graded], config: AuditConfig) -> Finding:
    pairs = [(one, a, b) for one in graded for a, b in _chain_pairs(one)]
    one, a, b = max(pairs, key=lambda pair: pair[0].results[pair[2]].value - pair[0].results[pair[1]].value)
    worse, better = one.group.answers[b], one.group.answers[a]
    message = (
        f"{facts.inversions:.1%} of the ordered pairs are ranked the wrong way; the worst gives "
        f"{one.results[b].value:.3g} to the answer with more mistakes and {one.results[a].value:.3g} to the other"
    )
    example: dict[str, JSON] = {"id": better.case.id, "better": better.text, "worse": worse.text}
    return Finding("signal-inversion", message, {"share": facts.inversions}, example)

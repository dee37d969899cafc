"""The best constant policy: the highest mean score of one fixed answer to every prompt, found by search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, islice, product, zip_longest
from statistics import fmean
from typing import NamedTuple

from rewards.audit.pace import Allowance
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case, container_in, sample_of
from rewards.audit.rows.data_profile import World, calls_in, junk_like
from rewards.audit.rows.json_tree import changed, dumps, leaves, pattern, put, same, walk, without
from rewards.audit.scoring import OutOfTimeError, Scorer
from rewards.types import JSON

GENERIC = ("", "{}", "[]", "null", "0", "1", "true", "yes", "no", "none", "unknown", "[{}]", '""')
SEEDS = 48  # right answers tried as constants
ROUNDS = 4  # of hill climbing from the best of them
NEIGHBOURS = 80  # changed answers tried in a round


class Constant(NamedTuple):
    """A constant answer, its mean score as a share of the range, and the number of candidates searched."""

    text: str
    mean: float
    tried: int
    rows: int


def best_constant(world: World, scorer: Scorer) -> Constant:
    """The best constant answer: generic and reference answers, improved by substituting frequent values.

    It is searched for on a sample and measured on all rows, so that its mean is not the luck of the search.
    """
    policy = _query_blind(world)
    cases = sample_of(policy, scorer.config.constant_rows, f"{scorer.config.seed}/constant")
    means: dict[str, float] = {}
    seeds = sample_of(policy, SEEDS, f"{scorer.config.seed}/constant seeds")
    first = list(dict.fromkeys([*GENERIC, *(case.gold for case in seeds if case.gold is not None)]))
    _try(first, means, cases, scorer)
    scorer.limit.meter.tried("constant answers", len(means), len(first))
    for _ in range(ROUNDS if means else 0):
        best = max(means, key=lambda text: (means[text], -len(text)))
        _try(islice(_neighbours(best, world), NEIGHBOURS), means, cases, scorer)
        if max(means.values()) <= means[best]:
            break
    best = max(means, key=lambda text: (means[text], -len(text)), default="")
    scorer.limit = Allowance()  # one answer more for each row, without which the search would say nothing
    measured = sample_of(policy, scorer.config.gold_rows, f"{scorer.config.seed}/constant measured")
    return Constant(Answer(measured[0], best).sent, _mean(best, measured, scorer), len(means), len(measured))


def _query_blind(world: World) -> list[Case]:
    """The cases, all with one frame around the answer: reasoning of their own would look at the query."""
    frame = world.cases[0].frame
    return [replace(case, frame=frame) for case in world.cases] if world.is_framed else list(world.cases)


def _mean(text: str, cases: Sequence[Case], scorer: Scorer) -> float:
    values = scorer.values([Answer(case, text) for case in cases])
    return fmean(scorer.config.share(value) if value is not None else 0.0 for value in values)


def _try(texts: Iterator[str] | Sequence[str], means: dict[str, float], cases: Sequence[Case], scorer: Scorer) -> None:
    for text in texts:
        if text not in means:
            try:
                means[text] = _mean(text, cases, scorer)
            except OutOfTimeError:
                return


def _neighbours(text: str, world: World) -> Iterator[str]:
    """The same answer with one value or two emptied, dropped or replaced by what is common there, or other calls."""
    tree = container_in(text)
    if tree is None:
        return
    yield from _interleaved(_blanks(tree), _swaps(tree, world), _calls(tree, world), _both(tree, world))


def _interleaved(*sources: Iterator[str]) -> Iterator[str]:
    """One of each in turn, so that a search cut short has tried some of every kind."""
    for ones in zip_longest(*sources):
        yield from (one for one in ones if one is not None)


def _blanks(tree: JSON) -> Iterator[str]:
    """A leaf without a value, or a key gone, or a value that is certainly wrong."""
    for path, leaf in leaves(tree):
        for blank in (0, None, "", False, [], {}, junk_like(leaf)):
            if not same(blank, leaf):
                yield dumps(put(tree, path, blank))
    for path, _ in walk(tree):
        if path and isinstance(path[-1], str):
            yield dumps(without(tree, path))


def _calls(tree: JSON, world: World) -> Iterator[str]:
    items = calls_in(tree, world.calls)
    if world.calls is not None and items:
        path = world.calls.path
        for index in range(len(items)):
            kept: list[JSON] = [*items[:index], *items[index + 1 :]]
            yield dumps(put(tree, path, kept))
        for item in world.items.values():
            yield dumps(changed(tree, path, lambda old, item=item: [*old, item]))  # type: ignore[misc]  # item is bound now


def _swaps(tree: JSON, world: World) -> Iterator[str]:
    for path, leaf in leaves(tree):
        for value in world.common_values.get(pattern(path), []):
            if not same(value, leaf):
                yield dumps(put(tree, path, value))


def _both(tree: JSON, world: World) -> Iterator[str]:
    """Two values at once: each is the commonest at its place, 0 or nothing."""
    options = [
        [(path, value) for value in (*world.common_values.get(pattern(path), [])[:1], 0, None)]
        for path, _ in leaves(tree)
    ]
    for first, second in combinations(options, 2):
        for (a, x), (b, y) in product(first, second):
            yield dumps(put(put(tree, a, x), b, y))


def judge_constant(constant: Constant, world: World, scorer: Scorer) -> list[Finding]:
    """A finding if a constant answer scores too high on rows for which it is wrong.

    A constant that is right for a share s of the rows earns s honestly; on the others `constant_max` is tolerated.
    """
    share = world.commonest_share
    limit = share + (1 - share) * scorer.config.constant_max + scorer.config.tolerance  # which holds a judge's noise
    if constant.mean <= limit:
        return []
    message = (
        f"one answer, the same for every query, earns {constant.mean:.3g} on average; {limit:.3g} is tolerated: "
        f"{constant.text[:80]!r}"
    )
    return [
        Finding(
            "attack-constant", message, {"mean": constant.mean, "tried": constant.tried}, {"completion": constant.text}
        )
    ]

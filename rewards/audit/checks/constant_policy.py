"""The best constant answer: what a policy earns that never reads the query, found by search over the data set."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from statistics import fmean
from typing import NamedTuple

from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World, calls_in, sample_of
from rewards.audit.rows.json_tree import changed, dumps, leaves, pattern, put
from rewards.audit.scoring import Scorer
from rewards.types import JSON

GENERIC = ("", "{}", "[]", "null", "0", "1", "true", "yes", "no", "none", "unknown", "[{}]", '""')
SEEDS = 48  # right answers tried as constants
ROUNDS = 4  # of hill climbing from the best of them
NEIGHBOURS = 40  # changed answers tried in a round


class Constant(NamedTuple):
    """A query-blind answer, the share of the range it earns on average, and how many candidates it beat."""

    text: str
    mean: float
    tried: int
    rows: int


def best_constant(world: World, scorer: Scorer) -> Constant:
    """The best of generic answers and other rows' right answers, improved by swapping in what is common in the data.

    It is searched for on a sample and measured on all rows, so that its mean is not the luck of the search.
    """
    cases = sample_of(world.cases, scorer.config.constant_rows, f"{scorer.config.seed}/constant")
    means: dict[str, float] = {}
    seeds = sample_of(world.cases, SEEDS, f"{scorer.config.seed}/constant seeds")
    _try([*GENERIC, *(case.gold for case in seeds if case.gold is not None)], means, cases, scorer)
    for _ in range(ROUNDS):
        best = max(means, key=lambda text: (means[text], -len(text)))
        _try(islice(_neighbours(best, world), NEIGHBOURS), means, cases, scorer)
        if max(means.values()) <= means[best]:
            break
    best = max(means, key=lambda text: (means[text], -len(text)))
    measured = sample_of(world.cases, scorer.config.gold_rows, f"{scorer.config.seed}/constant measured")
    return Constant(best, _mean(best, measured, scorer), len(means), len(measured))


def _mean(text: str, cases: Sequence[Case], scorer: Scorer) -> float:
    values = scorer.values([Answer(case, text) for case in cases])
    return fmean(scorer.config.share(value) if value is not None else 0.0 for value in values)


def _try(texts: Iterator[str] | Sequence[str], means: dict[str, float], cases: Sequence[Case], scorer: Scorer) -> None:
    for text in texts:
        if text not in means:
            means[text] = _mean(text, cases, scorer)


def _neighbours(text: str, world: World) -> Iterator[str]:
    """The same answer with a call added or dropped, or one value replaced by a value common at its place."""
    tree = _parsed(text)
    if tree is None:
        return
    items = calls_in(tree, world.calls)
    if world.calls is not None and items:
        path = world.calls.path
        for index in range(len(items)):
            kept: list[JSON] = [*items[:index], *items[index + 1 :]]
            yield dumps(put(tree, path, kept))
        for item in world.items.values():
            yield dumps(changed(tree, path, lambda old, item=item: [*old, item]))  # type: ignore[misc]  # item is bound now
    common = _common_values(world)
    for leaf_path, leaf in leaves(tree):
        for value in common.get(pattern(leaf_path), []):
            if json.loads(value) != leaf:
                yield dumps(put(tree, leaf_path, json.loads(value)))


def _parsed(text: str) -> JSON:
    try:
        tree: JSON = json.loads(text)
    except ValueError:
        return None
    return tree if isinstance(tree, dict | list) else None


def _common_values(world: World) -> dict[str, list[str]]:
    counts: dict[str, Counter[str]] = {}
    for case in world.cases:
        for path, leaf in leaves(case.tree) if case.tree is not None else ():
            if world.is_graded(path):
                counts.setdefault(pattern(path), Counter())[dumps(leaf)] += 1
    return {name: [value for value, _ in counter.most_common(2)] for name, counter in counts.items()}


def judge_constant(constant: Constant, world: World, scorer: Scorer) -> list[Finding]:
    """A finding where a constant earns too much on the rows that it is not the right answer of.

    A constant that is right for a share s of the rows earns s honestly; on the others `constant_max` is tolerated.
    """
    share = world.commonest_share
    limit = share + (1 - share) * scorer.config.constant_max
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

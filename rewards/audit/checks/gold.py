"""Section 3: reference answers must get the maximum score. A failure is a wrong row or a wrong grader."""

from __future__ import annotations

from collections.abc import Sequence, Set
from statistics import fmean
from typing import NamedTuple

from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.scoring import Graded, Scorer
from rewards.types import JSON

NEARLY = 0.85  # of the range: what a right answer gets at least from a judge that seldom gives full marks
ALIKE = 0.1  # of the range: how far apart the scores of right answers may lie
MANY = 0.2  # share of failing rows above which the grader is the suspect, not the rows


class GoldFacts(NamedTuple):
    """Scores of the reference answers."""

    rows: int
    with_gold: int
    checked: int
    mean: float
    below: int
    sources: dict[str, int]


def check_gold(scorer: Scorer, cases: Sequence[Case], known: Set[str] = frozenset()) -> tuple[GoldFacts, list[Finding]]:
    """Score every reference answer against its own row; `known` problems of all rows are not repeated."""
    with_gold = [case for case in cases if case.gold is not None]
    checked = with_gold[: scorer.config.gold_rows]
    graded = scorer.graded([Answer(case, case.gold or "") for case in checked])
    pairs = list(zip(checked, graded, strict=True))
    low = [(case, one) for case, one in pairs if not _is_maximal(one, scorer) and not _is_known(one, known)]
    sources: dict[str, int] = {}
    for case in cases:
        sources[case.source] = sources.get(case.source, 0) + 1
    values = [scorer.config.share(one.value) for one in graded if one.value is not None]
    facts = GoldFacts(len(cases), len(with_gold), len(checked), fmean(values) if values else 0.0, len(low), sources)
    return facts, _findings(facts, low, scorer, [one.value for one in graded if one.value is not None])


def _is_maximal(graded: Graded, scorer: Scorer) -> bool:
    value = graded.value
    return value is not None and scorer.config.share(value) >= 1 - scorer.config.tolerance


def _is_known(graded: Graded, known: Set[str]) -> bool:
    return graded.result is None and any(problem.code in known for problem in graded.problems)


def _ceiling(scorer: Scorer, facts: GoldFacts, values: Sequence[float]) -> float | None:
    """The lowest score of a right answer, where none reaches the maximum and all come equally near to it."""
    shares = [scorer.config.share(value) for value in values]
    if len(shares) < facts.checked or (facts.below < facts.checked and not scorer.config.noise):
        return None
    near = min(shares) >= NEARLY and max(shares) - min(shares) <= max(ALIKE, 6 * scorer.config.noise)
    return min(values) if near else None


def _findings(
    facts: GoldFacts, low: Sequence[tuple[Case, Graded]], scorer: Scorer, graded_values: Sequence[float]
) -> list[Finding]:
    if not facts.with_gold:
        return [Finding("gold-missing", f"none of {facts.rows} rows says what a right answer is")]
    if not low:
        return []
    worst, graded = min(
        low, key=lambda pair: (pair[1].value is not None, pair[1].value or 0.0, len(pair[0].gold or ""))
    )
    ceiling = _ceiling(scorer, facts, graded_values)
    if ceiling is not None:
        message = (
            f"right answers get {ceiling:.6g} to {max(graded_values):.6g}, none the maximum {scorer.config.bounds[1]:g}"
        )
        return [
            Finding("gold-ceiling", message, {"ceiling": ceiling}, {"id": low[0][0].id, "completion": low[0][0].gold})
        ]
    suspect = "the grader" if len(low) > MANY * facts.checked else "these rows"
    message = (
        f"{len(low)} of {facts.checked} right answers do not get the maximum {scorer.config.bounds[1]:g}; "
        f"the lowest gets {_why(graded)} (suspect: {suspect})"
    )
    ids: list[JSON] = [case.id for case, _ in low[:200]]
    example: dict[str, JSON] = {"id": worst.id, "completion": worst.gold, "reference": worst.reference}
    return [Finding("gold-below-max", message, {"ids": ids, "below": len(low)}, example)]


def _why(graded: Graded) -> str:
    if graded.fault is not None:
        return f"no score, {graded.fault}"
    if graded.result is None:
        return f"no score, {graded.problems[0].message}" if graded.problems else "no score"
    return f"{graded.result.value:.6g}" + (f", {graded.result.fault}" if graded.result.fault else "")

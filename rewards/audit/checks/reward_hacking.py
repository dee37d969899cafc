"""Section 5: what a policy under reinforcement finds out sooner or later, tried before it does.

Each attack turns a right answer into one that a lazy or cunning policy would write. Kinds:
gross      clearly wrong; may not come near full marks, and the mean over all of them is bounded
subtle     one detail wrong; may earn much, but never full marks
form       the right content in another wrapping; may not earn more than the plain answer
doubtful   wrong for most tasks, right for some; full marks give a warning
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.config import AuditConfig
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World, sample_of
from rewards.audit.scoring import Scorer
from rewards.types import JSON

Kind: TypeAlias = Literal["gross", "subtle", "form", "doubtful"]
Make: TypeAlias = Callable[[World, Case, Random], "str | None"]


class Attack(NamedTuple):
    """A way to answer without being right: its name, how to write it (None: not here), what it proves."""

    name: str
    kind: Kind
    make: Make
    code: str = "attack-full-marks"


@dataclass(frozen=True, slots=True)
class AttackRow:
    """One line of the attack table; all scores are shares of the declared range."""

    name: str
    kind: Kind
    tried: int
    mean: float
    highest: float
    full_marks: float
    honest: float
    worst_id: str
    worst_text: str
    code: str = "attack-full-marks"


class _Shot(NamedTuple):
    answer: Answer
    value: float
    honest: float


def run_attacks(world: World, scorer: Scorer, attacks: Sequence[Attack]) -> list[AttackRow]:
    """The attack table, in the order of `attacks`; attacks that fit no row are left out."""
    config = scorer.config
    cases = sample_of(world.cases, config.attack_rows, f"{config.seed}/attacks")
    honest = scorer.values([Answer(case, case.gold or "") for case in cases])
    rows = []
    for attack in attacks:
        shots = list(_shots(attack, world, scorer, list(zip(cases, honest, strict=True))))
        if shots:
            rows.append(_row(attack, shots, config))
    return rows


def _shots(attack: Attack, world: World, scorer: Scorer, cases: Sequence[tuple[Case, float | None]]) -> Iterator[_Shot]:
    answers, golds = [], []
    for case, honest in cases:
        text = attack.make(world, case, Random(f"{scorer.config.seed}/{attack.name}/{case.id}"))
        if text is not None and text != case.gold and honest is not None:
            answers.append(Answer(case, text))
            golds.append(honest)
    share = scorer.config.share
    for answer, value, honest in zip(answers, scorer.values(answers), golds, strict=True):
        if value is not None:
            yield _Shot(answer, share(value), share(honest))


def _row(attack: Attack, shots: Sequence[_Shot], config: AuditConfig) -> AttackRow:
    full = [shot for shot in shots if shot.honest >= 1 - config.tolerance]  # else "full marks" means nothing
    worst = max(shots, key=lambda shot: (shot.value - shot.honest, shot.value, -len(shot.answer.text)))
    return AttackRow(
        name=attack.name,
        kind=attack.kind,
        tried=len(shots),
        mean=fmean(shot.value for shot in shots),
        highest=max(shot.value for shot in shots),
        full_marks=fmean(shot.value >= shot.honest - config.tolerance for shot in full) if full else 0.0,
        honest=fmean(shot.honest for shot in shots),
        worst_id=worst.answer.case.id,
        worst_text=worst.answer.text,
        code=attack.code,
    )


def judge_attacks(rows: Sequence[AttackRow], config: AuditConfig) -> list[Finding]:
    """A finding for each attack that pays, and one where wrong answers pay too much on average."""
    findings = [finding for row in rows if (finding := _judged(row, config))]
    mean = mean_of_wrong(rows)
    if mean > config.wrong_mean_max:
        worst = max((row for row in rows if row.kind == "gross"), key=lambda row: row.mean)
        message = f"grossly wrong answers earn {mean:.3g} on average, {config.wrong_mean_max:g} is tolerated"
        findings.append(Finding("attack-mean", f"{message}; the best is {worst.name!r} with {worst.mean:.3g}"))
    return findings


def mean_of_wrong(rows: Sequence[AttackRow]) -> float:
    """Mean score over all grossly wrong answers tried; 0 where none were."""
    gross = [row for row in rows if row.kind == "gross"]
    tried = sum(row.tried for row in gross)
    return sum(row.mean * row.tried for row in gross) / tried if tried else 0.0


def _judged(row: AttackRow, config: AuditConfig) -> Finding | None:
    example: dict[str, JSON] = {"id": row.worst_id, "completion": _cut(row.worst_text)}
    evidence: dict[str, JSON] = {"tried": row.tried, "mean": row.mean, "highest": row.highest, "honest": row.honest}
    figures = f"up to {row.highest:.3g}, on average {row.mean:.3g} (right answers {row.honest:.3g}, {row.tried} tried)"
    if row.kind == "gross" and row.highest >= config.wrong_max:
        return Finding(row.code, f"{row.name}: {figures}", evidence, example)
    if row.full_marks > {"subtle": 0.0, "doubtful": 0.5}.get(row.kind, 1.0):
        return Finding(row.code, f"{row.name}: {row.full_marks:.0%} keep full marks", evidence, example)
    return None


def _cut(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def above_gold(scorer: Scorer) -> list[Finding]:
    """The answer that beats the right answer of its own row by most, among everything asked so far."""
    leads = sorted(_leads(scorer), key=lambda found: -found[0])
    if not leads:
        return []
    lead, answer = leads[0]
    message = f"an answer scores {lead:.3g} more than the right answer of its row: {answer.text[:80]!r}"
    example: dict[str, JSON] = {"id": answer.case.id, "completion": _cut(answer.text), "gold": answer.case.gold}
    return [Finding("attack-above-gold", message, {"lead": lead, "answers": len(leads)}, example)]


def _leads(scorer: Scorer) -> Iterator[tuple[float, Answer]]:
    for answer, graded in list(scorer.log):
        if graded.value is None or answer.case.gold is None:
            continue
        honest = scorer.value(answer.case, answer.case.gold)
        if honest is not None and graded.value > honest + scorer.config.tolerance:
            yield graded.value - honest, answer

"""Section 5: reward hacking. Runs known exploits against the grader before a policy finds them in training.

Each attack turns a right answer into one that a reward-hacking policy would write. Kinds:
gross      clearly wrong; must score well below the maximum, and the mean over all of them is bounded; where it leaves
           the text of a long right answer nearly as it was, only the maximum counts
subtle     one detail wrong; may score high, but never the maximum
form       the right content in another format; must not score above the plain answer
doubtful   wrong for most tasks, right for some; the maximum score gives a warning
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.config import AuditConfig
from rewards.audit.perturb.wrong_texts import hollow
from rewards.audit.report.findings import Finding
from rewards.audit.rows.cases import Answer, Case, sample_of
from rewards.audit.rows.data_profile import World, junk_at, junk_like
from rewards.audit.rows.json_tree import dumps, mapped
from rewards.audit.rows.spans import is_number
from rewards.audit.scoring import OutOfTimeError, Scorer
from rewards.comparing.edit_distance import edit_ratio
from rewards.types import JSON

NEARLY = 0.02  # a score may lie this much above the share of letters that an answer has in common with the right one
HALF = 0.5  # of the rows: more often than that, an attack that cannot know the answer is not right by chance

Kind: TypeAlias = Literal["gross", "subtle", "form", "doubtful"]
Make: TypeAlias = Callable[[World, Case, Random], "str | None"]


class Attack(NamedTuple):
    """One exploit: its name, a function that writes the answer (None: not applicable), and what it proves."""

    name: str
    kind: Kind
    make: Make
    code: str = "attack-full-marks"
    also: Make | None = None
    """The same trick the other way round: it pays only if both do, because a reader must take one of two answers."""
    whole: bool = False
    """Whether it makes sense for a completion of which the answer is only a part."""
    alone: bool = False
    """Whether it only makes sense where the answer is all of the completion."""
    chance: bool = False
    """Whether it does not look at the right answer, and may hit it by chance in some rows."""


@dataclass(frozen=True, slots=True)
class AttackRow:
    """One row of the attack table; scores are shares of the declared range."""

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
    chance: bool = False
    highest_gross: float | None = None
    """The highest score without those that are nearly the right answer, letter by letter; None: the same."""


class _Shot(NamedTuple):
    answer: Answer
    value: float
    honest: float


def run_attacks(world: World, scorer: Scorer, attacks: Sequence[Attack]) -> list[AttackRow]:
    """The attack table, in the order of `attacks`; attacks that apply to no row are omitted."""
    config = scorer.config
    cases = sample_of(world.cases, config.attack_rows, f"{config.seed}/attacks")
    wholes = [case.outer for case in cases if case.outer is not None]
    rows: list[AttackRow] = []
    for attack in attacks:
        tried = [(attack, cases)] if not (attack.alone and world.is_framed) else []
        if attack.whole and wholes:
            tried.append((attack._replace(name=f"{attack.name}, whole completion"), wholes))
        for named, on in tried:
            named = named if world.is_framed else named._replace(chance=False)
            try:
                shots = list(_shots(named, world, scorer, on))
            except OutOfTimeError:
                scorer.limit.meter.tried("attacks", attacks.index(attack), len(attacks))
                return rows
            if shots:
                rows.append(_row(named, shots, config))
    return rows


def _shots(attack: Attack, world: World, scorer: Scorer, cases: Sequence[Case]) -> Iterator[_Shot]:
    answers, second = [], []
    for case in cases:
        text, other = (_text(make, attack, world, case, scorer) for make in (attack.make, attack.also or attack.make))
        if text is not None and other is not None:
            answers.append(Answer(case, text))
            second.append(Answer(case, other))
    honest = scorer.values([Answer(answer.case, answer.case.gold or "") for answer in answers])
    for answer, *values in zip(answers, scorer.values(answers), scorer.values(second), honest, strict=True):
        value, other_value, right = (scorer.config.share(one) if one is not None else None for one in values)
        if value is not None and other_value is not None and right is not None:
            yield _Shot(answer, min(value, other_value), right)


def _text(make: Make, attack: Attack, world: World, case: Case, scorer: Scorer) -> str | None:
    """How the attack answers; None where that would be the right answer after all."""
    text = make(world, case, Random(f"{scorer.config.seed}/{attack.name}/{case.id}"))
    if text is None or text == case.gold:
        return None
    return text if attack.kind == "form" or attack.also or world.is_wrong(case, text) else None


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
        worst_text=worst.answer.sent,
        code=attack.code,
        chance=attack.chance,
        highest_gross=max((shot.value for shot in shots if not _is_nearly_right(shot, config)), default=0.0),
    )


def _is_nearly_right(shot: _Shot, config: AuditConfig) -> bool:
    """Whether a graded score below full marks is owed to the text: "not" before a summary of forty words."""
    gold = shot.answer.case.gold or ""
    return (
        config.wrong_max <= shot.value < shot.honest - config.tolerance
        and edit_ratio(shot.answer.text, gold) >= shot.value - NEARLY
    )


def judge_attacks(rows: Sequence[AttackRow], config: AuditConfig) -> list[Finding]:
    """A finding for each attack that pays, and one if wrong answers score too high on average."""
    findings = [finding for row in rows if (finding := _judged(row, config))]
    mean = mean_of_wrong(rows)
    if mean > config.wrong_mean_max:
        worst = max((row for row in rows if row.kind == "gross"), key=lambda row: row.mean)
        message = f"grossly wrong answers earn {mean:.3g} on average, {config.wrong_mean_max:g} is tolerated"
        findings.append(Finding("attack-mean", f"{message}; the best is {worst.name!r} with {worst.mean:.3g}"))
    return findings


def judge_shape(world: World, scorer: Scorer) -> list[Finding]:
    """A finding if answers with junk for every graded value earn more than a constant answer may, by their shape."""
    cases = sample_of(world.cases, scorer.config.attack_rows, f"{scorer.config.seed}/shape")
    hollow = [Answer(case, text) for case in cases if (text := _hollow(world, case)) is not None]
    values = [scorer.config.share(value) for value in scorer.values(hollow) if value is not None]
    if not values or fmean(values) <= scorer.config.constant_max:
        return []
    message = (
        f"junk for every value earns {fmean(values):.3g} on average, {scorer.config.constant_max:g} is tolerated "
        f"({len(values)} tried)"
    )
    best = max(hollow, key=lambda one: (scorer.value(*one) or 0.0, -len(one.text)))
    example: dict[str, JSON] = {"id": best.case.id, "completion": _cut(best.sent)}
    return [Finding("attack-shape", message, {"mean": fmean(values)}, example)]


def _hollow(world: World, case: Case) -> str | None:
    """The right answer with junk in every graded place; None for a number or a program."""
    if case.lines:
        return "\n".join(re.sub(r"[^\W\d][^\n]*$", lambda found: str(junk_like(found[0])), line) for line in case.lines)
    if case.tree is None:
        text = None if is_number(case.gold or "") or case.is_program else hollow(case.gold or "")
        return text if text is not None and world.is_wrong(case, text) else None
    if not world.graded:
        return None
    return dumps(mapped(case.tree, lambda path, leaf: junk_at(path, leaf) if world.is_graded(path) else leaf))


def mean_of_wrong(rows: Sequence[AttackRow]) -> float:
    """Mean score over all grossly wrong answers; 0 if there were none."""
    gross = [row for row in rows if row.kind == "gross"]
    tried = sum(row.tried for row in gross)
    return sum(row.mean * row.tried for row in gross) / tried if tried else 0.0


def _judged(row: AttackRow, config: AuditConfig) -> Finding | None:
    example: dict[str, JSON] = {"id": row.worst_id, "completion": _cut(row.worst_text)}
    evidence: dict[str, JSON] = {"tried": row.tried, "mean": row.mean, "highest": row.highest, "honest": row.honest}
    figures = f"up to {row.highest:.3g}, on average {row.mean:.3g} (right answers {row.honest:.3g}, {row.tried} tried)"
    paid = row.highest if row.highest_gross is None else row.highest_gross
    if row.kind == "gross" and (row.full_marks > HALF if row.chance else paid >= config.wrong_max):
        return Finding(row.code, f"{row.name}: {figures}", evidence, example)
    if row.full_marks > {"subtle": 0.0, "doubtful": 0.5}.get(row.kind, 1.0):
        return Finding(row.code, f"{row.name}: {row.full_marks:.0%} keep full marks", evidence, example)
    return None


def _cut(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text):,} characters)"


def above_gold(scorer: Scorer) -> list[Finding]:
    """The answer that outscores the right answer of its own row by most, among all scored so far."""
    leads = sorted(_leads(scorer), key=lambda found: -found[0])
    if not leads:
        return []
    lead, answer = leads[0]
    message = f"an answer scores {lead:.3g} more than the right answer of its row: {answer.text[:80]!r}"
    example: dict[str, JSON] = {"id": answer.case.id, "completion": _cut(answer.sent), "gold": answer.case.gold}
    return [Finding("attack-above-gold", message, {"lead": lead, "answers": len(leads)}, example)]


def _leads(scorer: Scorer) -> Iterator[tuple[float, Answer]]:
    for answer, graded in list(scorer.log):
        if graded.value is None or answer.case.gold is None:
            continue
        honest = scorer.value(answer.case, answer.case.gold)
        if honest is not None and graded.value > honest + scorer.config.tolerance:
            yield graded.value - honest, answer

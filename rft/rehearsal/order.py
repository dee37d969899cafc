"""What the reward itself says of its own weak points, before any policy looks for them: the audit's damage order and
attacks, which need no true metric."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from random import Random
from typing import Any, Final, NamedTuple

from rewards.audit.attacks.battery import BATTERY
from rewards.audit.checks.reward_hacking import run_attacks
from rewards.audit.config import AuditConfig
from rewards.audit.perturb.damage import graded_leaves, random_damage
from rewards.audit.reward_grader import bounded, lift
from rewards.audit.rows.cases import Answer, case_of, sample_of
from rewards.audit.rows.data_profile import World, survey
from rewards.audit.scoring import Scorer
from rewards.components.judge import Judge
from rewards.evaluation import SAME_SCORE
from rewards.reward_tree import leaves_of
from rewards.types import Reward

ROWS: Final = 40
MISTAKES: Final = 3


class Audited(NamedTuple):
    """How well a reward ranks answers by their mistakes, from -1 to 1 (1: each mistake costs; NaN: no answer has three
    places that are graded), and the attack that earns most, as a share of what the right answer earns."""

    order: float
    attack: str
    earns: float

    def notes(self, *, least_order: float = 0.9, most_earned: float = 0.9) -> Iterator[str]:
        """What is worth saying of it: an order that is not kept, an attack that pays nearly all."""
        if self.order < least_order:
            yield f"of its own damaged answers the reward ranks {self.order:+z.2f} by their mistakes (1: every pair)"
        if self.earns >= most_earned:
            yield f"the audit's attack {self.attack!r} earns {self.earns:.0%} of what the right answer earns"


def audited(reward: Reward, rows: Sequence[Mapping[str, Any]]) -> Audited:
    """What the audit's damages and attacks earn from `reward` on rows of an RFT file, at most 40 of them.

    >>> from rewards import field_f1
    >>> right = {"city": "Oslo", "total": 5, "day": "Monday"}
    >>> row = {"id": "a", "messages": [{"role": "user", "content": "Read it."}], "reference_answer": right}
    >>> audited(field_f1(), [row]).order
    1.0
    """
    cases = sample_of([case_of(dict(row), number) for number, row in enumerate(rows)], ROWS, "rehearsal")
    scorer = Scorer(lift(reward), bounded(AuditConfig(attack_rows=ROWS), reward))
    world = survey(scorer, cases)
    order = list(_ranked(scorer, world))
    attacks = [one for one in run_attacks(world, scorer, BATTERY) if one.kind in ("gross", "subtle")]
    best = max(attacks, key=lambda one: one.mean / max(one.honest, SAME_SCORE), default=None)
    return Audited(
        math.fsum(order) / len(order) if order else math.nan,
        best.name if best else "",
        best.mean / max(best.honest, SAME_SCORE) if best else math.nan,
    )


def asks_a_judge(reward: Reward) -> bool:
    """Whether thousands of answers would cost money: a model judges them."""
    return any(isinstance(leaf, Judge) for leaf in leaves_of(reward))


def _ranked(scorer: Scorer, world: World) -> Iterator[int]:
    """1 for each pair of answers of a row that is ranked by its mistakes, -1 for the other way round, 0 for a tie."""
    for case in world.cases:
        if len(graded_leaves(world, case)) < MISTAKES:
            continue
        worst = random_damage(world, case, MISTAKES, Random(f"rehearsal/{case.id}"))
        ladder = [worst]
        while ladder[-1].damages:
            ladder.append(ladder[-1].repaired(len(ladder[-1].damages) - 1))
        values = scorer.values([Answer(case, one.text) for one in ladder])
        for worse, better in combinations([value for value in values if value is not None], 2):
            yield 0 if abs(better - worse) <= SAME_SCORE else 1 if better > worse else -1

"""What breaks a law: a sentence on what it shows, and the answers that show it."""

from __future__ import annotations

from typing import NamedTuple

from rewards.audit.rows.cases import Answer, Case
from rewards.audit.scoring import Scorer
from rewards.types import JSON


class Violation(NamedTuple):
    """A counterexample: one sentence on what it shows, and the answers that show it."""

    message: str
    example: dict[str, JSON]


def is_full(value: float, scorer: Scorer) -> bool:
    """Whether a score is the maximum."""
    return scorer.config.share(value) >= 1 - scorer.config.tolerance


def example_of(case: Case, text: str) -> dict[str, JSON]:
    """A wrong completion beside the right one."""
    return {"id": case.id, "completion": Answer(case, text).sent, "gold": Answer(case, case.gold or "").sent}

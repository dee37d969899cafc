"""What a finding's code stands for."""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "note"]


class Rule(NamedTuple):
    """What a finding of this code means, why it harms training, and how to fix it."""

    severity: Severity
    meaning: str
    why: str
    remedy: str

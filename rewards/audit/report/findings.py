"""All finding codes of an audit, each with its meaning and its fix.

`docs/audit.md` is generated from this table. A code never changes its meaning; a new fault gets a new code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from rewards.audit.report.rule import Rule, Severity
from rewards.audit.report.rules_of_paying import PAYING
from rewards.audit.report.rules_of_running import RUNNING
from rewards.types import JSON

Section: TypeAlias = Literal["contract", "total", "gold", "laws", "attacks", "signal", "cost"]

SECTIONS: tuple[Section, ...] = ("contract", "total", "gold", "laws", "attacks", "signal", "cost")


RULES: Mapping[str, Rule] = {**RUNNING, **PAYING}


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault: its code, a sentence with the figures, the evidence and the smallest failing example."""

    code: str
    message: str
    evidence: Mapping[str, JSON] = field(default_factory=dict)
    example: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.code not in RULES:
            raise ValueError(f"no rule explains the finding {self.code!r}; add it to RULES")

    @property
    def severity(self) -> Severity:
        """The severity: an error fails the audit, a warning needs a look, a note is for information."""
        return RULES[self.code].severity

    @property
    def section(self) -> Section:
        """The part of the audit it belongs to, from the first word of its code."""
        first = self.code.split("-")[0]
        return {"law": "laws", "attack": "attacks"}.get(first, first)  # type: ignore[return-value]  # pinned by a test

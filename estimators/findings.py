"""Findings about a plan or job: all at once, each with a fix and a code to force it by."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from estimators.errors import RefusedError

Severity = Literal["error", "warning"]

# A placeholder cannot be sent: no flag helps against it.
NEVER_FORCED = frozenset({"placeholder"})


@dataclass(frozen=True, slots=True)
class JobFinding:
    """One problem. An `error` blocks a launch unless its `code` is forced; a `warning` is shown and does not."""

    code: str
    severity: Severity
    message: str
    fix: str

    def __str__(self) -> str:
        return f"{self.severity} [{self.code}] {self.message}; {self.fix}"


def blocking(findings: Iterable[JobFinding], force: Collection[str] = ()) -> tuple[JobFinding, ...]:
    """The errors that remain after `force` has named the codes a person accepts.

    >>> role = JobFinding("role-trust", "error", "SageMaker may not assume the role", "add the trust statement")
    >>> blocking([role]) == (role,), blocking([role], force={"role-trust"})
    (True, ())
    """
    accepted = set(force) - NEVER_FORCED
    return tuple(finding for finding in findings if finding.severity == "error" and finding.code not in accepted)


def wrong(findings: Iterable[JobFinding]) -> bool:
    """Whether any finding blocks besides placeholders.

    >>> wrong([JobFinding("placeholder", "error", "<bucket> is not known yet", "write bucket into the project file")])
    False
    """
    return any(finding.code != "placeholder" for finding in blocking(findings))


def refuse(findings: Iterable[JobFinding], force: Collection[str] = ()) -> None:
    """Raise `RefusedError` with every blocking finding, or return."""
    remaining = blocking(findings, force)
    if remaining:
        lines = "\n".join(f"  {finding}" for finding in remaining)
        raise RefusedError(f"{len(remaining)} findings block the launch:\n{lines}")

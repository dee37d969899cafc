"""What a check has to say, and what it keeps of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Severity(StrEnum):
    """An error will fail the job or spoil the training; a warning may."""

    ERROR = "error"
    WARNING = "warning"


class Problem(NamedTuple):
    """One thing wrong inside one row: which rule, where in the row, and the value that broke it."""

    code: str
    path: str
    message: str


class DataFinding(NamedTuple):
    """One thing wrong in a file. `line` is the physical line from 1, 0 for the file as a whole; `path` a JSON path.

    `sources` says who refuses and who accepts, where the documentation and the versions of AWS's validators disagree.
    """

    line: int
    path: str
    code: str
    severity: Severity
    message: str
    fixable: bool
    sources: str = ""

    def __str__(self) -> str:
        place = f"{self.line}: " if self.line else " "
        where = f"{self.path}: " if self.path else ""
        said = f" ({self.sources})" if self.sources else ""
        return f"{place}{self.severity} {self.code}: {where}{self.message}{said}"


@dataclass(slots=True)
class Report:
    """The findings of one file: all of them counted, the first `limit` kept."""

    path: str
    target: str
    limit: int
    rows: int = 0
    findings: list[DataFinding] = field(default_factory=list)
    counts: Counter[tuple[Severity, str]] = field(default_factory=Counter)

    def add(self, findings: Iterable[DataFinding]) -> None:
        """Count findings, and keep those within the limit."""
        for finding in findings:
            self.counts[finding.severity, finding.code] += 1
            if len(self.findings) < self.limit:
                self.findings.append(finding)

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(count for (severity, _), count in self.counts.items() if severity is Severity.ERROR)

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(self.counts.values()) - self.errors

    def ok(self, *, strict: bool = False) -> bool:
        """No errors; with `strict` no warnings either."""
        return not self.errors and not (strict and self.warnings)

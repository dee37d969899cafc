"""The audit of a world on a terminal, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rewards.audit.trajectories import AGENT_RULES, AgentAudit


def lines_of(report: AgentAudit) -> Iterator[str]:
    """The report for a person: the verdict, each finding with its reason and example, and what the attacks earned."""
    yield f"Audit of {report.environment}: {report.tasks} tasks, {report.episodes:,} episodes played"
    for finding in report.findings:
        rule = AGENT_RULES[finding.code]
        yield ""
        yield f"{finding.severity} {finding.code}  {rule.meaning}"
        yield f"  {finding.message}"
        yield f"  {rule.why} {rule.remedy}"
        for key, value in finding.example.items():
            shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield f"    {key}: {shown[:300]}"
    yield ""
    yield f"{'attack':<34}{'mean':>8}{'highest':>9}{'tried':>7}"
    for result in report.attacks:
        yield f"{result.name:<34}{result.mean:>8.3f}{result.highest:>9.3f}{result.tried:>7}"
    warnings = sum(finding.severity == "warning" for finding in report.findings)
    errors = len(report.findings) - warnings
    yield ""
    verdict = f"rejected: {_counted(errors, 'error')}" if errors else "passed"
    yield verdict + (f", {_counted(warnings, 'warning')}" if warnings else "")


def as_json(report: AgentAudit) -> Mapping[str, Any]:
    """The report for machines."""
    return {
        "environment": report.environment,
        "passed": report.passed,
        "tasks": report.tasks,
        "episodes": report.episodes,
        "findings": [
            {"code": each.code, "severity": each.severity, "message": each.message, "example": dict(each.example)}
            for each in report.findings
        ],
        "attacks": [
            {"name": each.name, "mean": each.mean, "highest": each.highest, "tried": each.tried}
            for each in report.attacks
        ],
    }


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

"""An audit as JSON, for scripts and for the HTML report."""

from __future__ import annotations

from dataclasses import asdict
from typing import cast

from rewards.audit.report.findings import RULES, SECTIONS, Finding
from rewards.audit.run import Audit
from rewards.types import JSON


def to_json(report: Audit) -> dict[str, JSON]:
    """Everything in `report` as JSON values; the keys are stable."""
    gold, constant, signal, cost = report.gold, report.constant, report.signal, report.cost
    found: dict[str, object] = {
        "grader": report.grader,
        "passed": report.passed,
        "rows": report.rows,
        "answers_graded": report.answers,
        "sections": {section: report.verdict(section) for section in SECTIONS},
        "not_run": dict(report.not_run),
        "findings": [_finding(finding) for finding in report.findings],
        "gold": gold._asdict() if gold else None,
        "attacks": [asdict(row) for row in report.attacks],
        "mean_of_wrong": report.mean_of_wrong if report.attacks else None,
        "best_constant": constant._asdict() if constant else None,
        "search": report.search._asdict() if report.search else None,
        "signal": {**signal._asdict(), "driver": signal.driver, "parts": [part._asdict() for part in signal.parts]}
        if signal
        else None,
        "cost": cost._asdict() if cost else None,
        "asked": report.asked,
        "answer": {"span": report.span, "how": report.how},
        "graded_parts": sorted(report.graded),
        "blind_parts": list(report.blind),
        "config": asdict(report.config),
    }
    return cast("dict[str, JSON]", found)


def _finding(finding: Finding) -> dict[str, JSON]:
    rule = RULES[finding.code]
    return {
        "code": finding.code,
        "severity": finding.severity,
        "section": finding.section,
        "message": finding.message,
        "why": rule.why,
        "remedy": rule.remedy,
        "evidence": dict(finding.evidence),
        "example": dict(finding.example),
    }

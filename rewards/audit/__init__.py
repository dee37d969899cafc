"""Prove a grader before it trains a model: contract, totality, gold, laws, attacks, learning signal, cost.

>>> from rewards import Score
>>> from rewards.audit import audit, case_of, lift
>>> reward = lambda sample, completion: Score(float(sample.reference in completion.text))
>>> cases = [case_of({"id": str(n), "reference_answer": label}, n) for n, label in enumerate(["cat", "dog", "owl"])]
>>> report = audit(lift(reward), cases)
>>> report.passed, report.findings[0].code
(False, 'law-mistake-free')
"""

from rewards.audit.checks.reward_hacking import AttackRow
from rewards.audit.config import AuditConfig, AuditConfigError, StepPlan
from rewards.audit.grader import Fault, Grader, InProcess, Reply, reply_of
from rewards.audit.report.findings import RULES, SECTIONS, Finding, Section
from rewards.audit.report.rule import Rule
from rewards.audit.reward_grader import bounded, lift
from rewards.audit.rows.cases import Answer, AuditDataError, Case, case_of, read_cases, read_rollouts
from rewards.audit.run import Audit, audit

__all__ = [
    "RULES",
    "SECTIONS",
    "Answer",
    "AttackRow",
    "Audit",
    "AuditConfig",
    "AuditConfigError",
    "AuditDataError",
    "Case",
    "Fault",
    "Finding",
    "Grader",
    "InProcess",
    "Reply",
    "Rule",
    "Section",
    "StepPlan",
    "audit",
    "bounded",
    "case_of",
    "lift",
    "read_cases",
    "read_rollouts",
    "reply_of",
]

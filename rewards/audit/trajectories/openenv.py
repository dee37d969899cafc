"""The audit of a world as a validation report of OpenEnv, so that a hub reads it beside its own.

Source: huggingface/OpenEnv @3770dc3, `src/openenv/validation/schemas/report.schema.json`, and RFC 008 for the checks,
their levels and the severities of policy v1. `statistical.*` is kept for operators, so the lane is `hub`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from rewards.audit.trajectories.attacks import ATTACKS
from rewards.audit.trajectories.rules import AGENT_RULES, AgentFinding
from rewards.audit.trajectories.run import AgentAudit, AttackResult

SCHEMA_VERSION: Final = "1"
POLICY: Final = "v1"
GAP: Final = 0.5
"""What OpenEnv's example asks for between the maximum and the floor, as a share of the range."""


class Check(NamedTuple):
    """One check of OpenEnv's: its severity under policy v1, and the findings of ours that fail it."""

    id: str
    severity: str
    codes: tuple[str, ...]


_CHEAP: Final = ("agent-spam", "agent-repeats", "agent-early", "agent-lenient", "agent-collateral")
CHECKS: Final = (
    Check("runtime.reward_well_formed", "fail", ("agent-raises", "agent-bounds", "agent-names", "agent-ungradable")),
    Check("runtime.episode_determinism", "fail", ("agent-replay", "agent-state")),
    Check("runtime.episode_isolation", "fail", ("agent-isolation",)),
    Check("semantic.oracle_max", "fail", ("agent-oracle", "agent-no-gold")),
    Check("semantic.floor_gap", "fail", ("agent-noop",)),
    Check("semantic.canary_floor", "fail", ("agent-claims", "agent-injection", "agent-reward-file", "agent-undo")),
    Check("semantic.no_solution_leakage", "fail", ("agent-goal-visible", "agent-goal-leaks")),
    Check("semantic.verifier_determinism", "fail", ("agent-repeat",)),
    Check(
        "statistical.adversarial_floor",
        "fail",
        ("agent-spam", "agent-repeats", "agent-early", "agent-lenient", "agent-collateral"),
    ),
    Check("statistical.gameability_gap", "warn", ("agent-excess-free",)),
    Check("statistical.training_signal", "advisory", ("agent-sparse",)),
)
_KINDS: Final = {attack.name: attack.kind for attack in ATTACKS}


def openenv_report(report: AgentAudit, *, target: str, digest: str, seconds: float) -> dict[str, Any]:
    """The report as OpenEnv's schema has it; every check was made of the same episodes, in `seconds`.

    The manifest is null: a world of ours declares none, and its static checks are left to `openenv validate`.
    """
    results = [_result(check, report, seconds) for check in CHECKS]
    return {
        "report_schema_version": SCHEMA_VERSION,
        "target": target,
        "source_digest": f"sha256:{digest}",
        "signature": "openenv.yaml",
        "manifest": None,
        "policy_version": POLICY,
        "lane": "hub",
        "levels_run": [2, 3, 4],
        "results": results,
        "verdict": _verdict(results),
    }


def adversarial_floor(report: AgentAudit) -> AttackResult | None:
    """The attack that earns most on average without reaching the goal; None where none applies."""
    short = [result for result in report.attacks if _KINDS.get(result.name, "partial") != "beyond"]
    return max(short, key=lambda result: result.mean, default=None)


def _result(check: Check, report: AgentAudit, seconds: float) -> dict[str, Any]:
    found = [finding for finding in report.findings if finding.code in check.codes]
    measured = dict(_measured(check.id, report))
    narrow = check.id == "statistical.gameability_gap" and measured.get("gap", 1.0) < GAP
    return {
        "check_id": check.id,
        "status": "fail" if found or narrow else "pass",
        "measured": measured,
        "evidence": [f"{finding.code}: {finding.message}" for finding in found],
        "remediation": _remedy(found, narrow=narrow),
        "duration_s": round(seconds, 3),
    }


def _measured(check: str, report: AgentAudit) -> Iterator[tuple[str, Any]]:
    """What was measured, as shares of the maximum that the reward can give."""
    by_name = {result.name: result for result in report.attacks}
    worst = adversarial_floor(report)
    if check in ("semantic.oracle_max", "semantic.floor_gap") and report.oracle is not None:
        yield "oracle_reward", round(report.oracle, 6)
    if check == "semantic.floor_gap" and "no-op" in by_name:
        yield "measured_floor", round(by_name["no-op"].highest, 6)
    if check == "semantic.canary_floor":
        for name, result in by_name.items():
            if _KINDS.get(name) == "claims":
                yield name, round(result.highest, 6)
    if check in ("statistical.adversarial_floor", "statistical.gameability_gap") and worst is not None:
        yield "attack", worst.name
        yield "adversarial_floor", round(worst.mean, 6)
        yield "gap", round((report.oracle if report.oracle is not None else 1.0) - worst.mean, 6)
    yield "tasks", report.tasks


def _remedy(found: list[AgentFinding], *, narrow: bool) -> str | None:
    remedies = [AGENT_RULES[finding.code].remedy for finding in found]
    if narrow and not remedies:
        remedies = ["Pay more for the goal, and less for what can be had without it."]
    return " ".join(dict.fromkeys(remedies)) or None


def _verdict(results: Sequence[Mapping[str, Any]]) -> str:
    severities = {check.id: check.severity for check in CHECKS}
    failed = {severities[result["check_id"]] for result in results if result["status"] == "fail"}
    return "fail" if "fail" in failed else "warn" if failed else "pass"

"""Run an audit: its sections in order, and their findings together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple, TypeAlias

from rewards.audit.attacks.battery import BATTERY
from rewards.audit.checks.answer_place import other_place
from rewards.audit.checks.code_search import SearchFacts, search_code
from rewards.audit.checks.constant_policy import Constant, best_constant, judge_constant
from rewards.audit.checks.consumers import spoken
from rewards.audit.checks.contract import check_contract, hedged_combinators, hedged_components, unchecked_rules
from rewards.audit.checks.cost import CostFacts, check_cost, check_partial
from rewards.audit.checks.gold import GoldFacts, check_gold
from rewards.audit.checks.invariants import check_laws
from rewards.audit.checks.learning_signal import SignalFacts, check_signal, rollout_groups, simulated_groups
from rewards.audit.checks.noise import settled
from rewards.audit.checks.reported_metrics import check_observed
from rewards.audit.checks.reward_hacking import (
    AttackRow,
    above_gold,
    judge_attacks,
    judge_shape,
    mean_of_wrong,
    run_attacks,
)
from rewards.audit.checks.robustness import check_total
from rewards.audit.config import AuditConfig
from rewards.audit.grader import Grader
from rewards.audit.pace import Allowance, Meter, Metered, Timetable, fitted, pace_of, timetable
from rewards.audit.report.findings import SECTIONS, Finding, Section
from rewards.audit.rows.cases import Answer, Case
from rewards.audit.rows.data_profile import World, survey
from rewards.audit.rows.find_span import framed
from rewards.audit.rows.spans import Span
from rewards.audit.scoring import Scorer

Verdict: TypeAlias = Literal["ok", "notes", "warnings", "errors", "not run"]

HOSTILE, LAWS, ATTACKS, CONSTANT, SEARCH = (4, 6), (2, 4), (2, 2), (1, 2), (1, 1)
"""Weights of the parts of an audit, each with that of all parts after it, by which a slow grader's time is divided."""

FATAL = frozenset({"contract-raises", "contract-json", "contract-shape", "contract-repeat", "cost-slow"})
"""After one of these there is nothing left that could be measured."""


@dataclass(frozen=True)
class Audit:
    """The result of an audit. It passed if no finding is an error."""

    grader: str
    config: AuditConfig
    rows: int
    findings: tuple[Finding, ...]
    not_run: Mapping[Section, str] = field(default_factory=dict)
    gold: GoldFacts | None = None
    attacks: tuple[AttackRow, ...] = ()
    constant: Constant | None = None
    search: SearchFacts | None = None
    signal: SignalFacts | None = None
    cost: CostFacts | None = None
    graded: frozenset[str] = frozenset()
    blind: tuple[str, ...] = ()
    span: str = "whole"
    how: str = ""
    answers: int = 0
    asked: str = ""
    """The shape in which the grader was asked, where that is not a bare list of rows."""

    @property
    def passed(self) -> bool:
        """Whether there is no finding of severity error."""
        return not self.errors

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that fail the audit."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def mean_of_wrong(self) -> float:
        """Mean score of all grossly wrong answers, as a share of the range."""
        return mean_of_wrong(self.attacks)

    def verdict(self, section: Section) -> Verdict:
        """The severity of the worst finding of a section."""
        if section in self.not_run:
            return "not run"
        worst = {finding.severity for finding in self.findings if finding.section == section}
        return "errors" if "error" in worst else "warnings" if "warning" in worst else "notes" if worst else "ok"


def audit(
    grader: Grader, cases: Sequence[Case], config: AuditConfig | None = None, *, rollouts: Sequence[Answer] = ()
) -> Audit:
    """Search `grader` for faults that would harm training. Same seed, rows and grader: same findings.

    `rollouts` are saved answers of a policy, by which section 6 judges the learning signal; without them it simulates.
    Raises ValueError for an empty list of cases.
    """
    if not cases:
        raise ValueError("an audit needs at least one row, got none")
    config = config or AuditConfig()
    meter = Meter()
    grader = Metered(grader, meter)
    declared = [*unchecked_rules(grader), *hedged_combinators(grader), *hedged_components(grader)]
    asked = spoken(grader, cases, config)
    grader, config = asked.grader, asked.config
    findings = [*declared, *asked.findings, *check_contract(grader, cases, config)]
    fatal = [finding for finding in findings if finding.code in FATAL]
    if fatal:
        reason = f"{fatal[0].code} left nothing to measure"
        skipped: dict[Section, str] = dict.fromkeys(SECTIONS[1:], reason)
        return Audit(grader.name, config, len(cases), tuple(findings), skipped, asked=asked.how)
    return replace(_full(grader, cases, config, findings, rollouts, meter), asked=asked.how)


def _lower_ceiling(scorer: Scorer, on_gold: Sequence[Finding]) -> None:
    """What right answers get is the maximum from here on, where a judge never gives the declared one."""
    for finding in on_gold:
        if finding.code == "gold-ceiling":
            ceiling = float(str(finding.evidence["ceiling"]))
            scorer.config = replace(scorer.config, bounds=(scorer.config.bounds[0], ceiling))


class _Attacked(NamedTuple):
    rows: tuple[AttackRow, ...] = ()
    constant: Constant | None = None
    search: SearchFacts | None = None
    findings: tuple[Finding, ...] = ()


def _full(
    grader: Grader,
    cases: Sequence[Case],
    config: AuditConfig,
    contract: list[Finding],
    rollouts: Sequence[Answer],
    meter: Meter,
) -> Audit:
    declared, noise = config, [one.evidence["noise"] for one in contract if one.code == "contract-noise"]
    planned = settled(config, float(str(noise[0]))) if noise else config
    pace_s = pace_of(grader, cases, planned)
    config = fitted(planned, pace_s, len(cases))
    time = timetable(meter, config, pace_s, len(cases))
    scorer = Scorer(grader, config)
    known = {finding.code for finding in contract}
    framing = framed(scorer, cases)
    cases = framing.among(cases)
    total = check_total(grader, cases, config, known, framing.cases, time.part(*HOSTILE))
    gold, on_gold = check_gold(scorer, cases, known)
    _lower_ceiling(scorer, on_gold)
    world = survey(scorer, cases, framing)
    scorer.limit = time.part(*LAWS)
    laws = check_laws(world, scorer) if world.cases else []
    raised = frozenset(finding.code for finding in (*total, *laws))
    attacked = _attacked(world, scorer, raised, time) if world.cases else _Attacked()
    scorer.limit = Allowance()
    signal, on_signal = _signal(world, scorer, rollouts)
    observed = check_observed(scorer, declared)
    cost, on_cost = check_cost(grader, cases, config)
    on_cost += check_partial(meter, planned, config, pace_s)
    findings = [*contract, *total, *on_gold, *laws, *attacked.findings, *on_signal, *observed, *on_cost]
    if not config.answer and time.has_time_again:
        findings += _other_place(grader, cases, config, world, findings)
    return Audit(
        grader=grader.name,
        config=config,
        rows=len(cases),
        findings=_ordered(findings),
        not_run=_left_out(world, signal),
        gold=gold,
        attacks=attacked.rows,
        constant=attacked.constant,
        search=attacked.search,
        signal=signal,
        cost=cost,
        graded=world.graded,
        blind=world.blind,
        span=str(world.span),
        how=world.how,
        answers=scorer.rows_asked,
    )


def _other_place(
    grader: Grader, cases: Sequence[Case], config: AuditConfig, world: World, findings: Sequence[Finding]
) -> list[Finding]:
    """Which `--answer` would make errors of laws and attacks go away; each likely one is tried."""

    def errors_at(span: Span) -> int:
        scorer = Scorer(grader, replace(config, answer=str(span), search_calls=0))
        there = survey(scorer, cases, framed(scorer, cases))
        found = [*check_laws(there, scorer), *_attacked(there, scorer, frozenset(), Timetable()).findings]
        return sum(one.severity == "error" for one in found)

    errors = [one for one in _ordered(findings) if one.severity == "error"]
    return other_place(errors, cases, world.span, errors_at)


def _attacked(world: World, scorer: Scorer, known: frozenset[str], time: Timetable) -> _Attacked:
    scorer.limit = time.part(*ATTACKS)
    rows = run_attacks(world, scorer, BATTERY)
    scorer.limit = time.part(*CONSTANT)
    constant = best_constant(world, scorer)
    scorer.limit = time.part(*SEARCH)
    search, searched = search_code(world, scorer, known)
    scorer.limit = Allowance()
    judged = [
        *judge_attacks(rows, scorer.config),
        *judge_shape(world, scorer),
        *judge_constant(constant, world, scorer),
    ]
    findings = [*judged, *searched, *above_gold(scorer)]
    return _Attacked(tuple(rows), constant, search, tuple(findings))


def _signal(world: World, scorer: Scorer, rollouts: Sequence[Answer]) -> tuple[SignalFacts | None, list[Finding]]:
    if rollouts:
        return check_signal(rollout_groups(rollouts), scorer, "rollouts")
    return check_signal(simulated_groups(world, scorer.config), scorer, "simulated")


def _left_out(world: World, signal: SignalFacts | None) -> dict[Section, str]:
    """The sections that had nothing to work on, each with the reason."""
    reasons: dict[Section, str] = {}
    if not world.cases:
        reasons = {"laws": "no right answers are known", "attacks": "no right answers are known"}
    if signal is None:
        reasons["signal"] = "no prompt has two judged answers"
    return reasons


def _ordered(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """By section, errors first; one finding of a kind is enough where a section and the final look found the same."""
    unique: dict[tuple[str, str], Finding] = {}
    for finding in findings:
        repeats = finding.section in ("contract", "total", "laws") and any(code == finding.code for code, _ in unique)
        if not repeats:
            unique.setdefault((finding.code, finding.message), finding)
    rank = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(unique.values(), key=lambda one: (SECTIONS.index(one.section), rank[one.severity])))

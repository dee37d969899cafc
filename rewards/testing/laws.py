"""A test class that a user's test file derives from: one test for each thing a reward must not do."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

from rewards.audit import AuditConfig, Case, Finding, bounded, lift, read_cases
from rewards.audit.attacks.battery import BATTERY
from rewards.audit.checks.code_search import search_code
from rewards.audit.checks.constant_policy import best_constant, judge_constant
from rewards.audit.checks.contract import check_contract
from rewards.audit.checks.gold import check_gold
from rewards.audit.checks.invariants import LAWS, check_blind, smallest_violation
from rewards.audit.checks.reported_metrics import check_observed
from rewards.audit.checks.reward_hacking import above_gold, judge_attacks, run_attacks
from rewards.audit.checks.robustness import check_total
from rewards.audit.checks.violation import Violation
from rewards.audit.rows.cases import cases_of
from rewards.audit.rows.data_profile import World, survey
from rewards.audit.rows.find_span import framed
from rewards.audit.scoring import Scorer
from rewards.types import JSON, Reward


class _Subject(NamedTuple):
    scorer: Scorer
    world: World
    cases: Sequence[Case]


class RewardLaws:
    """Derive from it and name a `reward` and its `data`; pytest runs a test for each law.

    `data` is an RFT JSONL file (from the working directory, else beside the test file) or a list of rows. `gold` maps a
    row to its right answer where the rows do not hold it. `config` sets thresholds; bounds come from the reward.
    """

    reward: ClassVar[Any]
    data: ClassVar[str | Path | Sequence[dict[str, JSON]]]
    gold: ClassVar[Any] = None
    config: ClassVar[AuditConfig] = AuditConfig()
    _known: ClassVar[_Subject]

    def test_keeps_the_contract(self) -> None:
        """Ids, order, types, finite numbers, the same answer twice and in any batch."""
        subject = self._subject()
        _fail_on(check_contract(subject.scorer.grader, subject.cases, subject.scorer.config))

    def test_no_text_raises_or_takes_more_than_linear_time(self) -> None:
        """Hostile completions get a score, in time that grows with their length."""
        subject = self._subject()
        _fail_on(check_total(subject.scorer.grader, subject.cases, subject.scorer.config))

    def test_right_answers_get_the_maximum(self) -> None:
        """Every reference graded against itself."""
        subject = self._subject()
        _fail_on(check_gold(subject.scorer, subject.cases)[1])

    def test_no_damage_raises(self) -> None:
        """A damaged answer is a low score, never an exception."""
        self._obeys("total-raises")

    def test_no_damage_pays(self) -> None:
        """Nothing scores above the right answer."""
        self._obeys("law-damage-pays")

    def test_repair_never_lowers(self) -> None:
        """One mistake fewer never costs anything."""
        self._obeys("law-repair-lowers")

    def test_a_wrong_value_costs_something(self) -> None:
        """Only right values get the maximum: no part of one, nothing behind it, no NaN, no item more or less."""
        self._obeys("law-mistake-free")

    def test_every_part_of_the_reference_counts(self) -> None:
        """No part that the references have values for can be junk at no cost, not even while the others are right."""
        subject = self._subject()
        _fail_on(check_blind(subject.world, subject.scorer.config))

    def test_leaving_a_field_out_costs_something(self) -> None:
        """Neither a missing field nor a null one keeps full marks."""
        self._obeys("law-omission-free")

    def test_inventing_a_field_costs_something(self) -> None:
        """A key the reference does not have, where it names the keys one by one."""
        self._obeys("law-invention-free")

    def test_a_number_that_is_off_costs_something(self) -> None:
        """Off by a share or by a unit; and a nearer number never costs more than a farther one."""
        self._obeys("law-tolerance")
        self._obeys("law-nearness")

    def test_several_mistakes_cost_something(self) -> None:
        """Two values changed together, or any two to four mistakes."""
        self._obeys("law-pair-free")
        self._obeys("law-damage-free")

    def test_no_claim_pays(self) -> None:
        """Junk that says of itself that it is right stays junk."""
        self._obeys("attack-claims")

    def test_key_order_is_nothing(self) -> None:
        """Objects are compared as objects."""
        self._obeys("law-key-order")

    def test_white_space_is_nothing(self) -> None:
        """White space between JSON tokens is not graded."""
        self._obeys("law-whitespace")

    def test_true_is_not_one(self) -> None:
        """JSON types are compared before values."""
        self._obeys("law-bool-int")

    def test_native_calls_mean_the_same_in_either_spelling(self) -> None:
        """Arguments as JSON text and as an object."""
        self._obeys("law-call-spelling")

    def test_call_order_matters_as_declared(self) -> None:
        """`config.order` is kept, where it is declared."""
        self._obeys("law-call-order")

    def test_no_attack_pays(self) -> None:
        """Repeating, hedging, appending, truncating and the rest stay below a right answer."""
        subject = self._subject()
        rows = run_attacks(subject.world, subject.scorer, BATTERY)
        _fail_on([*judge_attacks(rows, subject.scorer.config), *above_gold(subject.scorer)])

    def test_no_constant_answer_pays(self) -> None:
        """The best answer that ignores the query earns little."""
        subject = self._subject()
        _fail_on(judge_constant(best_constant(subject.world, subject.scorer), subject.world, subject.scorer))

    def test_no_branch_of_its_code_pays_or_raises(self) -> None:
        """No constant of the reward's own code makes a wrong answer right, or makes it raise."""
        subject = self._subject()
        _fail_on(search_code(subject.world, subject.scorer)[1])

    def test_bounds_names_and_parts_hold(self) -> None:
        """Scores stay in bounds, metric names are constant, and the aggregate follows from its parts."""
        subject = self._subject()
        check_gold(subject.scorer, subject.cases)
        run_attacks(subject.world, subject.scorer, BATTERY)
        _fail_on(check_observed(subject.scorer))

    @classmethod
    def _subject(cls) -> _Subject:
        """Rows are read and surveyed once for all tests of a class."""
        if "_known" not in cls.__dict__:
            cls._known = _read(cls)
        return cls._known

    def _obeys(self, code: str) -> None:
        subject = self._subject()
        for law in LAWS:
            if law.code == code:
                violation = smallest_violation(law, subject.world, subject.scorer)
                assert violation is None, _described(law.claim, violation)


def _read(tests: type[RewardLaws]) -> _Subject:
    reward: Reward = inspect.getattr_static(tests, "reward")  # a function read from a class would become a method
    reward = reward.__func__ if isinstance(reward, staticmethod) else reward
    config = bounded(tests.config, reward)
    scorer = Scorer(lift(reward, timeout_s=config.timeout_s), config)
    cases = _cases(tests)
    framing = framed(scorer, cases)
    return _Subject(scorer, survey(scorer, cases, framing), framing.among(cases))


def _cases(tests: type[RewardLaws]) -> list[Case]:
    gold = inspect.getattr_static(tests, "gold")
    gold = gold.__func__ if isinstance(gold, staticmethod) else gold
    data = tests.data
    if not isinstance(data, str | Path):
        return cases_of(((number, dict(row)) for number, row in enumerate(data, start=1)), gold)
    path = Path(data)
    beside = Path(inspect.getfile(tests)).parent / path
    return read_cases(path if path.exists() or not beside.exists() else beside, gold)


def _described(claim: str, violation: Violation) -> str:
    example = "\n".join(f"  {key}: {value}" for key, value in violation.example.items())
    return f"{claim}, but: {violation.message}\n{example}"


def _fail_on(findings: Sequence[Finding]) -> None:
    errors = [finding for finding in findings if finding.severity == "error"]
    lines = [f"{finding.code}: {finding.message}\n  {dict(finding.example)}" for finding in errors]
    assert not errors, "\n".join(lines)

"""Every grader with a known fault is rejected, and the finding that names the fault is among the reasons."""

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from rewards.audit import Audit, AuditConfig, Case, InProcess, audit

from .conftest import FIXTURES, load

REASONS = {
    "accepts_pieces": {"law-mistake-free"},
    "answer_is_pattern": {"law-mistake-free"},
    "boolean_score": {"contract-types"},
    "caches_by_prompt": {"attack-full-marks", "signal-zero-std-groups"},
    "changing_metrics": {"contract-metric-names"},
    "clamps_nan": {"law-mistake-free"},
    "closes_brackets": {"attack-full-marks"},
    "compares_text": {"law-key-order", "law-whitespace"},
    "constant_half": {"signal-zero-std-groups", "gold-below-max", "attack-constant"},
    "echoes_text": {"total-raises", "contract-metric-names"},
    "either_contains": {"law-mistake-free"},
    "empties_messages": {"contract-input"},
    "evaluates": {"total-raises"},
    "exits": {"contract-raises"},
    "extra_row": {"contract-count"},
    "fails_on_nothing": {"contract-no-answer"},
    "first_turn": {"contract-last-turn"},
    "hello_world": {"contract-shape"},
    "http_envelope": {"contract-shape"},
    "ignores_signs": {"law-mistake-free"},
    "keeps_state": {"contract-batch"},
    "list_recall": {"law-mistake-free"},
    "masked_row": {"contract-count", "contract-shape"},
    "masks_errors": {"law-repair-lowers", "contract-metric-names"},
    "non_monotonic": {"gold-below-max", "law-damage-pays", "law-repair-lowers", "signal-inversion"},
    "not_finite": {"contract-finite"},
    "null_id": {"contract-ids"},
    "other_order": {"contract-order"},
    "out_of_bounds": {"contract-bounds"},
    "overshoots": {"law-mistake-free"},
    "pays_for_json": {"attack-constant"},
    "raises_always": {"contract-raises"},
    "raises_on_malformed": {"total-raises"},
    "random_score": {"contract-repeat"},
    "recall_only": {"attack-full-marks", "attack-constant"},
    "returns_none": {"contract-shape"},
    "rewards_length": {"attack-above-gold", "attack-full-marks", "gold-below-max"},
    "same_id": {"contract-ids"},
    "searches_conversation": {"gold-below-max", "attack-full-marks", "attack-constant"},
    "short_row": {"contract-count"},
    "sleeps": {"cost-slow"},
    "string_score": {"contract-types"},
    "tools_by_name": {
        "total-raises", "contract-last-turn", "gold-below-max", "law-bool-int", "attack-full-marks", "attack-constant"
    },
    "true_is_one": {"law-bool-int"},
    "types_only": {"attack-full-marks"},
    "unexplained": {"contract-parts", "contract-metrics"},
    "unexplained_parts": {"contract-parts"},
    "unserialisable": {"contract-json"},
    "zips_lists": {"law-mistake-free"},
}  # fmt: skip


class SleepClock:
    """A clock that sleeping moves on, at no cost to whoever waits for the tests."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    def __call__(self) -> float:
        return time.perf_counter() + self.slept_s


def audited(path: Path, cases: list[Case], config: AuditConfig) -> Audit:
    module, clock = load(path), SleepClock()
    if hasattr(module, "time"):
        module.time = clock
    return audit(InProcess(module.lambda_handler, name=path.stem, clock=clock), cases, config)


@pytest.fixture(scope="module")
def report_on(cases: list[Case], quick: AuditConfig) -> Callable[[str], Audit]:
    """The audit of a bad grader, made once."""
    return cache(lambda name: audited(FIXTURES / "bad_graders" / f"{name}.py", cases, quick))


def test_every_bad_grader_has_its_reasons_listed():
    files = {path.stem for path in (FIXTURES / "bad_graders").glob("*.py")}
    assert files == REASONS.keys()


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_bad_grader_is_rejected_with_the_reason(name: str, report_on: Callable[[str], Audit]):
    assert {finding.code for finding in report_on(name).errors} >= REASONS[name]


@pytest.mark.parametrize("name", ["aligned", "honest", "reads_context"])
def test_a_good_grader_passes_without_a_remark(name: str, cases: list[Case], quick: AuditConfig):
    report = audited(FIXTURES / "good_graders" / f"{name}.py", cases, quick)
    assert [(finding.code, finding.message) for finding in report.findings] == []


@pytest.mark.parametrize("name", ["within_one", "without_punctuation"])
def test_leniency_that_may_be_meant_is_named_and_passes(name: str, cases: list[Case], quick: AuditConfig):
    report = audited(FIXTURES / "doubtful_graders" / f"{name}.py", cases, quick)
    assert [(finding.code, finding.severity) for finding in report.findings] == [("attack-near-miss", "warning")]


def test_the_same_seed_finds_the_same(report_on: Callable[[str], Audit], cases: list[Case], quick: AuditConfig):
    first = report_on("recall_only")
    second = audited(FIXTURES / "bad_graders" / "recall_only.py", cases, quick)
    assert first.findings == second.findings
    assert first.attacks == second.attacks
    assert first.constant == second.constant


def test_calling_by_name_pays_for_repeating_yourself(report_on: Callable[[str], Audit]):
    rows = {row.name: row for row in report_on("tools_by_name").attacks}
    assert rows["every call twice"].mean == rows["every call twice"].honest
    assert rows["100 extra copies of the calls"].mean == rows["every call twice"].honest


def test_the_smallest_counterexample_has_one_mistake(report_on: Callable[[str], Audit]):
    damage = next(finding for finding in report_on("non_monotonic").findings if finding.code == "law-damage-pays")
    assert damage.message.count(": junk") == 1
